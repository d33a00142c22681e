"""A user's own pictures: any folder with a `captions.csv`.

The file has a header and the columns `file,caption` and, if you like, `class`. A picture may have
several rows, one a caption. Without a class every picture is a class of its own, so that each has
pictures with another text. There are no boxes (whole pictures are used) and no split: every tenth
class or so is held back, always the same ones.
"""

import csv
import io
from pathlib import Path

from t2i_utils.data.records import Dataset, Record, read_text, split_by_class
from t2i_utils.errors import InputError

CSV_NAME = "captions.csv"


def read_folder(root: Path) -> Dataset:
    """Read `root/captions.csv`; see `t2i_utils.data.read_dataset`.

    Raises:
        InputError: with the line's number, for a missing column, picture, caption or a class that
            changes.
    """
    path = root / CSV_NAME
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), skipinitialspace=True)
    captions: dict[str, list[str]] = {}
    classes: dict[str, str] = {}
    try:
        columns = [(name or "").strip() for name in reader.fieldnames or ()]
        if not {"file", "caption"} <= set(columns):
            raise InputError(
                f"{path}, line 1: expected the columns file,caption[,class], got "
                f"{','.join(columns)!r}"
            )
        reader.fieldnames = columns
        for row in reader:
            file, caption = (row["file"] or "").strip(), " ".join((row["caption"] or "").split())
            where = f"{path}, line {reader.line_num}"
            if not file:
                raise InputError(f"{where}: no file name; write file,caption on every line")
            if not caption:
                raise InputError(f"{where}: no caption for {file}; write one, or remove the line")
            if None in row:
                raise InputError(
                    f"{where}: too many columns; put a caption that has a comma in double quotes"
                )
            if not (root / file).is_file():
                raise InputError(
                    f"{where}: no picture {file} in {root}; the name counts from that folder"
                )
            class_name = (row.get("class") or "").strip() or classes.get(file) or file
            if classes.setdefault(file, class_name) != class_name:
                raise InputError(
                    f"{where}: {file} was of class {classes[file]!r} before; give it one class"
                )
            captions.setdefault(file, []).append(caption)
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}: {error}; save the file as plain CSV"
        ) from error
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
