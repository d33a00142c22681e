"""A user's own pictures: any folder with a `captions.csv`.

The file has a header and the columns `file,caption` and, if you like, `class`. A picture may have
several rows, one a caption. Without a class every picture is a class of its own, so that each has
pictures with another text. There are no boxes (whole pictures are used) and no split: every tenth
class or so is held back, always the same ones.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from t2i_utils.data.readers import Reader, register
from t2i_utils.data.records import Dataset, Record, picture_name, read_text, split_by_class
from t2i_utils.errors import InputError

CSV_NAME = "captions.csv"


def recognises(root: Path) -> bool:
    """Whether a folder has a `captions.csv`."""
    return (root / CSV_NAME).is_file()


def read_folder(root: Path, elsewhere: Path | None = None) -> Dataset:
    """Read `root/captions.csv`; see `t2i_utils.data.read_dataset`.

    Raises:
        InputError: with the line's number, for a missing column, picture, caption or a class that
            changes; or if captions from `elsewhere` are asked for.
    """
    path = root / CSV_NAME
    if elsewhere is not None:
        raise InputError(f"{path} already has the captions of its pictures: leave --captions out")
    captions: dict[str, list[str]] = {}
    classes: dict[str, str] = {}
    for line, (file, caption, class_name) in _rows(path):
        where = f"{path}, line {line}"
        if not file:
            raise InputError(f"{where}: no file name; write file,caption on every line")
        if not caption:
            raise InputError(f"{where}: no caption for {file}; write one, or remove the line")
        try:
            file = picture_name(file)
            exists = (root / file).is_file()
        except ValueError as error:
            raise InputError(f"{where}: {file[:60]}: {error}; move the picture into it") from error
        except OSError:  # a name that is too long, a folder that may not be read
            exists = False
        if not exists:
            raise InputError(
                f"{where}: no picture {file[:60]} in {root}; the name counts from that folder"
            )
        class_name = class_name or classes.get(file) or file
        if classes.setdefault(file, class_name) != class_name:
            raise InputError(
                f"{where}: {file} was of class {classes[file]!r} before; give it one class"
            )
        captions.setdefault(file, []).append(caption)
    if not captions:
        raise InputError(f"{path} names no picture: write a line file,caption for each")
    class_ids = {name: number for number, name in enumerate(sorted(set(classes.values())), start=1)}
    held_back = split_by_class(set(class_ids.values()))
    records = []
    for number, file in enumerate(sorted(captions), start=1):
        class_id = class_ids[classes[file]]
        part = "test" if class_id in held_back else "train"
        records.append(
            Record(number, root / file, class_id, None, tuple(captions[file]), part, part)
        )
    names = {number: name for name, number in class_ids.items()}
    return Dataset(root.resolve().name, root, names, tuple(records), CSV_NAME)


def _rows(path: Path) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """Line number and (file, caption, class) of each row that is not blank.

    A cell may not hold a line break: nearly always, a quote was forgotten, and what follows is
    read as a part of the caption.
    """
    text = read_text(path)
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    line = 1
    try:
        columns = [(name or "").strip() for name in reader.fieldnames or ()]
        if not {"file", "caption"} <= set(columns):
            raise InputError(
                f"{path}, line 1: expected the columns file,caption[,class], got "
                f"{','.join(columns)!r}"
            )
        reader.fieldnames = columns
        line = reader.line_num + 1
        for row in reader:
            cells = [row.get(name) or "" for name in ("file", "caption", "class")]
            if any("\n" in cell or "\r" in cell for cell in cells):
                raise InputError(
                    f"{path}, line {line}: a quote opens here and closes in line "
                    f"{reader.line_num}; close it in its own line"
                )
            if None in row:
                raise InputError(
                    f"{path}, line {reader.line_num}: too many columns; put a caption that has a "
                    "comma in double quotes"
                )
            file, caption, class_name = cells
            yield reader.line_num, (file.strip(), " ".join(caption.split()), class_name.strip())
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}, line {line}: {error}; close each quote in its own line, and save the file as "
            "plain CSV"
        ) from error


register(Reader("folder", CSV_NAME, recognises, read_folder))
