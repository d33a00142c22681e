"""Pictures without a list: a `.txt` beside each has its captions, or its folder's name is one.

Folders, where there are two or more, are classes; folders `train` and `test` around them are a
split.
"""

import re
import sys
from itertools import islice
from pathlib import Path

from t2i_utils.data.readers import Reader, register
from t2i_utils.data.readers.cub import read_captions
from t2i_utils.data.records import Dataset
from t2i_utils.data.rows import PARTS, Row, dataset_of
from t2i_utils.errors import InputError
from t2i_utils.files import PICTURE_SUFFIXES

LEVELS = ("*", "*/*", "*/*/*")  # as deep as pictures are looked for: train/robin/1.jpg


def find_pictures(root: Path) -> list[Path]:
    """The pictures in a folder, counted from it, sorted; hidden ones are left out."""
    found = [path.relative_to(root) for level in LEVELS for path in root.glob(level)]
    return sorted(
        path
        for path in found
        if path.suffix.lower() in PICTURE_SUFFIXES
        and not any(part.startswith(".") for part in path.parts)
    )


def _class_of(picture: Path) -> str:
    """The folder of a picture below those of a split; "" for none."""
    folders = picture.parts[:-1]
    if folders and folders[0].lower() in PARTS:
        folders = folders[1:]
    return "/".join(folders)


def _has_text(root: Path, pictures: list[Path]) -> list[bool]:
    return [(root / picture).with_suffix(".txt").is_file() for picture in pictures]


def _is_sorted(pictures: list[Path]) -> bool:
    """Whether every picture lies in a folder of its class, and there are two."""
    classes = {_class_of(picture) for picture in pictures}
    return len(classes) > 1 and "" not in classes


def recognises(root: Path) -> bool:
    """Whether a picture has a text beside it, or all lie in folders of classes."""
    pictures = find_pictures(root)
    return _is_sorted(pictures) or any(_has_text(root, pictures))


def read_unlisted(root: Path, captions: Path | None = None) -> Dataset:
    """Read pictures with texts, or in folders; see `t2i_utils.data.read_dataset`.

    Raises:
        InputError: some pictures have a text and others have none, or a text is empty.
    """
    pictures = find_pictures(root)
    folder = captions or root
    with_text = _has_text(folder, pictures)
    if any(with_text) or captions is not None:
        missing = [picture for picture, has in zip(pictures, with_text, strict=True) if not has]
        if missing:
            raise InputError(
                f"{len(missing)} of {len(pictures)} pictures have no text in {folder}, such as "
                f"{missing[0]}: write its captions into {missing[0].with_suffix('.txt')}, one a "
                "line, or move it away"
            )
        rows = [
            Row(file.as_posix(), read_captions(folder, str(file)), _class_of(file))
            for file in pictures
        ]
        return dataset_of(root, rows, ".txt files")
    rows = [
        Row(file.as_posix(), (_spoken(file.parent.name),), _class_of(file)) for file in pictures
    ]
    names = dict.fromkeys(row.captions[0] for row in rows)
    examples = ", ".join(repr(name) for name in islice(names, 2))
    print(
        f"{root.resolve().name} has no captions: the names of its folders are taken, {examples}",
        file=sys.stderr,
    )
    return dataset_of(root, rows, "folder names")


def _spoken(name: str) -> str:
    """A folder's name as a caption: "001.Black_footed_Albatross" is "black footed albatross"."""
    words = re.sub(r"^\d+[._-]*(?=\D)", "", name)
    return " ".join(re.split(r"[\s_-]+", words.strip(" _-"))).lower() or name


register(
    Reader("unlisted", "a .txt beside each picture, or a folder a class", recognises, read_unlisted)
)
