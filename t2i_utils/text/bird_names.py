"""Birds' names told in colours, for weights that know colours and parts, and hardly a name.

"a robin" becomes "a brown bird with an orange breast and a white belly". The table is
`bird_names.json`. Where the caption names colours itself, the name becomes "bird": "a brown owl" is
"a brown bird".
"""

import functools
import json
import re
from pathlib import Path

from t2i_utils.text.colours import COLOUR_WORD
from t2i_utils.text.languages import with_article
from t2i_utils.text.plain import plain

_FILE = Path(__file__).with_name("bird_names.json")
_COLOUR = re.compile(rf"\b{COLOUR_WORD}\b")


@functools.cache
def bird_names() -> dict[str, str]:
    """The table: an English name to what follows "a" or "an"."""
    return json.loads(_FILE.read_text(encoding="utf-8"))


@functools.cache
def _pattern() -> re.Pattern[str]:
    """An article, perhaps, and a name."""
    names = "|".join(sorted(bird_names(), key=len, reverse=True))  # "barn owl" before "owl"
    return re.compile(rf"\b(an? )?({names})\b(?!['-])")


def told_in_colours(caption: str) -> str:
    """Return the caption in plain form, its birds' names told in colours."""
    text = plain(caption)
    names_colours = _COLOUR.search(_pattern().sub("", text)) is not None

    def tell(match: re.Match[str]) -> str:
        phrase = "bird" if names_colours else bird_names()[match[2]]
        return with_article(phrase) if match[1] else phrase

    return _pattern().sub(tell, text)
