"""Pictures that a file lists: `captions.csv`, or the `metadata` of Hugging Face's imagefolder.

A row names a picture, gives it a caption and, if you like, a class. A picture may have several
rows, one a caption. In a table the separator is a comma, a semicolon or a tab, and a first line
names the columns; without one they are the picture and its caption. In `metadata.jsonl` each line
is a JSON object, whose caption may be a list. A list in the folders `train` and `test` counts from
there.

Source: https://huggingface.co/docs/datasets/image_dataset
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from t2i_utils.data.readers import Reader, register
from t2i_utils.data.records import Dataset, picture_name, read_text
from t2i_utils.data.rows import PARTS, Row, dataset_of
from t2i_utils.errors import InputError
from t2i_utils.files import PICTURE_SUFFIXES

LISTS = ("captions.csv", "captions.tsv", "metadata.csv", "metadata.jsonl")
SEPARATORS = ",;\t"
# What people call the columns, the first that is there counts.
COLUMNS = {
    "file": ("file", "file_name", "filename", "image"),
    "caption": ("caption", "captions", "text", "prompt"),
    "class": ("class", "label"),
}

# Line number, file, captions and class of one row.
Cells = tuple[int, str, list[str], str]


def find_lists(root: Path) -> list[Path]:
    """The lists of a folder: one in it, or one in each part of its split."""
    for name in LISTS:
        if (root / name).is_file():
            return [root / name]
        if found := sorted(path for path in root.glob(f"*/{name}") if path.parent.name in PARTS):
            return found
    return []


def recognises(root: Path) -> bool:
    """Whether a folder has a list of its pictures."""
    return bool(find_lists(root))


def read_listed(root: Path, elsewhere: Path | None = None) -> Dataset:
    """Read the lists of a folder; see `t2i_utils.data.read_dataset`.

    Raises:
        InputError: with the line's number, for a missing column, picture, caption or a class that
            changes; or if captions from `elsewhere` are asked for.
    """
    lists = find_lists(root)
    if elsewhere is not None:
        raise InputError(
            f"{lists[0]} already has the captions of its pictures: leave --captions out"
        )
    rows = [row for path in lists for row in _read_list(root, path)]
    return dataset_of(root, rows, lists[0].name)


def _read_list(root: Path, path: Path) -> list[Row]:
    """The rows of a list, joined by picture."""
    captions: dict[str, list[str]] = {}
    classes: dict[str, str] = {}
    cells = _json_cells if path.suffix == ".jsonl" else _table_cells
    for line, file, sentences, class_name in cells(path):
        where = f"{path}, line {line}"
        if not file:
            raise InputError(f"{where}: no file name; write file,caption on every line")
        if not sentences:
            raise InputError(f"{where}: no caption for {file}; write one, or remove the line")
        try:
            file = picture_name(file.replace("\\", "/"))
            exists = (path.parent / file).is_file()
        except ValueError as error:
            raise InputError(f"{where}: {file[:60]}: {error}; move the picture into it") from error
        except OSError:  # a name that is too long, a folder that may not be read
            exists = False
        if not exists:
            raise InputError(
                f"{where}: no picture {file[:60]} in {path.parent}; the name counts from that "
                "folder"
            )
        class_name = class_name or classes.get(file, "")
        if classes.setdefault(file, class_name) != class_name:
            raise InputError(
                f"{where}: {file} was of class {classes[file]!r} before; give it one class"
            )
        captions.setdefault(file, []).extend(sentences)
    if not captions:
        raise InputError(f"{path} names no picture: write a line file,caption for each")
    place = path.parent.relative_to(root)
    return [
        Row((place / file).as_posix(), tuple(sentences), classes[file])
        for file, sentences in captions.items()
    ]


def _table_cells(path: Path) -> Iterator[Cells]:
    """The rows of a table that are not blank.

    A cell may not hold a line break: nearly always, a quote was forgotten, and what follows is
    read as a part of the caption.
    """
    text = read_text(path)
    line = 1
    try:
        separator, columns = _layout(path, text)
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
        )
        if columns is None:
            columns = ["file", "caption"]
        else:
            next(reader)
        file, caption, class_name = (_place(columns, kind) for kind in COLUMNS)
        line = reader.line_num + 1
        for row in reader:
            if any("\n" in cell or "\r" in cell for cell in row):
                raise InputError(
                    f"{path}, line {line}: a quote opens here and closes in line "
                    f"{reader.line_num}; close it in its own line"
                )
            if len(row) > len(columns):
                raise InputError(
                    f"{path}, line {reader.line_num}: too many columns; put a caption that has a "
                    "comma in double quotes"
                )
            if row:
                row += [""] * (len(columns) - len(row))
                sentence = " ".join(row[caption].split())
                label = "" if class_name is None else row[class_name].strip()
                yield reader.line_num, row[file].strip(), [sentence] if sentence else [], label
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}, line {line}: {error}; close each quote in its own line, and save the file as "
            "plain CSV"
        ) from error


def _layout(path: Path, text: str) -> tuple[str, list[str] | None]:
    """The separator of a table and its columns, None where its first line is a row already."""
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    read = [
        next(csv.reader([first], delimiter=separator, skipinitialspace=True), [])
        for separator in SEPARATORS
    ]
    for separator, cells in zip(SEPARATORS, read, strict=True):
        columns = [cell.strip().lower() for cell in cells]
        if _place(columns, "file") is not None and _place(columns, "caption") is not None:
            return separator, columns
    for separator, cells in zip(SEPARATORS, read, strict=True):
        if len(cells) > 1 and cells[0].strip().lower().endswith(PICTURE_SUFFIXES):
            return separator, None
    raise InputError(
        f"{path}, line 1: expected the columns file,caption[,class], got {first.strip()[:60]!r}"
    )


def _place(columns: Sequence[str], kind: str) -> Any:
    """Where the column of a kind stands; None where there is none."""
    return next((columns.index(name) for name in COLUMNS[kind] if name in columns), None)


def _json_cells(path: Path) -> Iterator[Cells]:
    """The rows of a `metadata.jsonl`."""
    for line, text in enumerate(read_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = None
        cells = row if isinstance(row, dict) else {"file": None}
        file, caption, class_name = (
            next((cells[name] for name in names if name in cells), "") for names in COLUMNS.values()
        )
        sentences: list[Any] = caption if isinstance(caption, list) else [caption]
        if not isinstance(file, str) or not all(isinstance(each, str) for each in sentences):
            raise InputError(
                f'{path}, line {line}: expected an object such as {{"file_name": "a.png", "text": '
                f'"a red bird"}}, got {text.strip()[:60]!r}'
            )
        joined = [" ".join(each.split()) for each in sentences]
        yield line, file.strip(), [each for each in joined if each], str(class_name).strip()


register(Reader("listed", ", ".join(LISTS), recognises, read_listed))
