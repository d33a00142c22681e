"""The names that a notebook's cells define, for tools that go on from the middle of a notebook."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat


def names_before(notebook: Path, marker: str, replaced: Mapping[str, str] | None = None) -> dict:
    """Run a notebook's cells, on toy birds and in its folder, up to the one with `marker`.

    Args:
        notebook: the file.
        marker: a text that stands in one code cell; that cell is not run.
        replaced: texts of the cells, each in one of them, and what stands there instead.

    Raises:
        SystemExit: a text does not stand in one cell: the notebook has changed.
    """
    os.environ.pop("T2I_CUB_DIR", None)
    os.chdir(notebook.parent)
    replaced = replaced or {}
    cells = nbformat.read(notebook, 4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    for text in (marker, *replaced):
        if sum(text in source for source in sources) != 1:
            raise SystemExit(f"error: {notebook} has changed: {text!r} is not in one cell of it")
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in sources:
        if marker in source:
            break
        for text, other in replaced.items():
            source = source.replace(text, other)
        exec(source, names)
    return names
