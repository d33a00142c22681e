"""From rows to a data set: what the readers of people's own folders have in common.

Such a folder has no boxes, often no classes and seldom a split. Without classes a picture is a
class of its own, together with those that have the same captions: a wrong text is then one of
another picture, and never a right one.
"""

import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from t2i_utils.data.records import Dataset, Record, split_by_class

# Names of folders that are the parts of a split, and the part.
PARTS = {
    "train": "train",
    "test": "test",
    "val": "test",
    "valid": "test",
    "validation": "test",
}


class Row(NamedTuple):
    """A picture: its name counts from the data set's folder, and "" is no class."""

    file: str
    captions: tuple[str, ...]
    class_name: str


def dataset_of(root: Path, rows: Iterable[Row], source: str) -> Dataset:
    """The data set of a folder's rows, one a picture.

    Pictures in folders `train` and `test` keep that split. Else every tenth class or so is held
    back ("zero-shot"), and every tenth picture ("official"), always the same ones.

    Args:
        root: the folder.
        rows: in any order.
        source: where the captions come from.
    """
    rows = sorted(rows)
    has_classes = len({row.class_name for row in rows}) > 1
    if not has_classes:
        print(
            f"{root.resolve().name} has no classes, or only one: a picture's wrong captions come "
            "from any picture with other captions",
            file=sys.stderr,
        )
    parts = _parts_by_folder(rows)
    first: dict[object, str] = {}  # pictures with the same captions, and their first file
    names = [
        (has_classes and row.class_name) or first.setdefault((part, row.captions), row.file)
        for row, part in zip(rows, parts or [""] * len(rows), strict=True)
    ]
    class_ids = {name: number for number, name in enumerate(sorted({*names}), start=1)}
    held_back = split_by_class({*class_ids.values()})
    by_class = ["test" if class_ids[name] in held_back else "train" for name in names]
    if parts is None and has_classes:
        held_back = split_by_class({*range(len(rows))})
        parts = ["test" if number in held_back else "train" for number in range(len(rows))]
    official = parts or by_class
    zero_shot = by_class if has_classes else official
    records = tuple(
        Record(number, root / row.file, class_ids[name], None, row.captions, unseen, part)
        for number, (row, name, unseen, part) in enumerate(
            zip(rows, names, zero_shot, official, strict=True), start=1
        )
    )
    class_names = {number: name for name, number in class_ids.items()}
    return Dataset(root.resolve().name, root, class_names, records, source)


def _parts_by_folder(rows: list[Row]) -> list[str] | None:
    """The part of each row, where folders name both; else None."""
    parts = [PARTS.get(PurePosixPath(row.file).parts[0].lower(), "") for row in rows]
    return parts if {*parts} == {"train", "test"} else None
