"""Words of the glossary: a page's first use links there and shows the meaning as a hover text."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

GLOSSARY = "glossary"
_PLAIN = (nodes.reference, nodes.literal, nodes.title, nodes.literal_block, nodes.raw, nodes.term)


def _meanings(app: Sphinx) -> dict[str, tuple[str, str]]:
    """Each word in lower case: its place in the glossary, and what it means."""
    found = {}
    for item in app.env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        term = next(item.findall(nodes.term))
        meaning = next(item.findall(nodes.definition)).astext()
        found[term.astext().lower()] = term["ids"][0], meaning
    return found


def _link(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Turn the first use of each word into a link."""
    if page == GLOSSARY:
        return
    meanings = _meanings(app)
    longest = sorted(meanings, key=len, reverse=True)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, longest))})\b", re.IGNORECASE)
    target = app.builder.get_relative_uri(page, GLOSSARY)
    seen: set[str] = set()
    for paragraph in list(doctree.findall(nodes.paragraph)):
        for text in [part for part in paragraph.findall(nodes.Text) if _is_prose(part)]:
            pieces: list[Any] = []
            end = 0
            for match in pattern.finditer(text):
                word = match[0].lower()
                if word in seen:
                    continue
                seen.add(word)
                place, meaning = meanings[word]
                link = nodes.reference(
                    "", match[0], refuri=f"{target}#{place}", internal=True, reftitle=meaning
                )
                link["classes"].append("glossary-word")
                pieces += [nodes.Text(text[end : match.start()]), link]
                end = match.end()
            if pieces:
                text.parent.replace(text, [*pieces, nodes.Text(text[end:])])


def _is_prose(text: nodes.Text) -> bool:
    parent = text.parent
    while parent is not None and not isinstance(parent, nodes.paragraph):
        if isinstance(parent, _PLAIN):
            return False
        parent = parent.parent
    return parent is not None


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-resolved", _link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
