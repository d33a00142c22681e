"""Folders of pictures in the shapes that people keep them in, for notebook 07."""

import contextlib
import csv
import io
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

SHAPES = ("captions.csv", "metadata.jsonl", "texts", "folders")


def write_shape(place: Path, shape: str, root: Path, captions: Mapping[str, Sequence[str]]) -> Path:
    """Write pictures with their captions in one of four shapes.

    Args:
        place: the folder to write; what it held before is removed.
        shape: one of `SHAPES`; for "folders", the captions are lost, and the first word of a file's
            name ("red" of red_blue_07.png) makes its class.
        root: where the pictures are.
        captions: names of pictures, counted from `root`, to their captions.

    Returns:
        The folder.
    """
    if shape not in SHAPES:
        raise ValueError(f"{shape!r} is no shape of a folder; expected one of {', '.join(SHAPES)}")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    own = {Path(name).name: list(sentences) for name, sentences in captions.items()}
    for name in captions:
        file = Path(name).name
        folder = place / f"{file.split('_')[0]} bird" if shape == "folders" else place
        folder.mkdir(exist_ok=True)
        shutil.copy(root / name, folder / file)
        if shape == "texts":
            (place / file).with_suffix(".txt").write_text("\n".join(own[file]), encoding="utf-8")
    if shape == "captions.csv":
        with (place / shape).open("w", encoding="utf-8", newline="") as table:
            writer = csv.writer(table)
            writer.writerow(["file", "caption"])
            writer.writerows([name, text] for name, texts in own.items() for text in texts)
    if shape == "metadata.jsonl":
        lines = [json.dumps({"file_name": name, "text": texts}) for name, texts in own.items()]
        (place / shape).write_text("\n".join(lines), encoding="utf-8")
    return place


def with_notes(
    function: Callable[..., Any], *arguments: Any, **options: Any
) -> tuple[Any, list[str]]:
    """Call a function, and catch the lines that it prints as notes, without progress bars.

    Returns:
        What the function returns, and the lines.
    """
    with contextlib.redirect_stderr(io.StringIO()) as notes:
        found = function(*arguments, **options)
    return found, [
        line for line in notes.getvalue().splitlines() if line.strip() and "%|" not in line
    ]
