"""What a cell prints stays where it was printed: between the pictures, without empty lines.

MyST-NB's `nb_merge_streams` would bring all of it to the first place. And where a kernel sent the
end of a line by itself, it would put an empty line.
"""

from myst_nb.core import render
from nbformat import NotebookNode
from sphinx.application import Sphinx


def merge_neighbours(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs of a cell; what was printed without anything in between is one of them."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else {"output_type": None}
        kinds = {(one["output_type"], one.get("name")) for one in (last, output)}
        if output["output_type"] == "stream" and len(kinds) == 1:
            merged[-1] = NotebookNode({**last, "text": last["text"] + output["text"]})
        else:
            merged.append(output)
    return merged


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    render.coalesce_streams = merge_neighbours
    return {"parallel_read_safe": True, "parallel_write_safe": True}
