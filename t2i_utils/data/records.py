"""A captioned picture set, whatever its files look like on disk.

Every reader turns a folder into the same `Dataset`: one `Record` a picture, in the order of the
picture ids. Captions, box and class are fields of the record, so that no two lists can be in
different orders.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from t2i_utils.errors import InputError

SPLITS = ("zero-shot", "official")
SPLIT_PARTS = ("train", "test")


@dataclass(frozen=True)
class Record:
    """One picture with everything that is known of it.

    `box` is (x, y, width, height) in pixels of the stored picture, or None when nobody drew one.
    `zero_shot` and `official` are each "train" or "test": the part that the picture has in that
    split.
    """

    image_id: int
    path: Path
    class_id: int
    box: tuple[float, float, float, float] | None
    captions: tuple[str, ...]
    zero_shot: str
    official: str


@dataclass(frozen=True)
class Dataset:
    """Captioned pictures, read but not decoded.

    `caption_source` says where the sentences come from: "text_c10" (people wrote them),
    "attributes" (made by the grammar of `t2i_utils.data.captions`), or the user's own, such as
    "captions.csv".
    """

    name: str
    root: Path
    class_names: dict[int, str]
    records: tuple[Record, ...]
    caption_source: str


def read_text(path: Path) -> str:
    """The text of a file, UTF-8 (with or without a byte order mark), else Latin-1.

    Raises:
        InputError: if the file is missing or cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}; put the file there or give another folder"
        ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def picture_name(text: str) -> str:
    """A picture's name in the one spelling of it: "birds/0.png" for "./birds//0.png".

    Raises:
        ValueError: it leads out of the data set's folder.
    """
    path = Path(text)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("it leads out of the folder")
    return path.as_posix()


def split_by_class(class_ids: set[int]) -> set[int]:
    """A tenth of the classes, held back for testing when a data set names none: always the same.

    Two classes must stay for training (a "wrong" text is one of another class), so a data set of
    one or two classes holds nothing back.
    """
    if len(class_ids) < 3:
        return set()
    order = np.random.default_rng(0).permutation(sorted(class_ids))
    return {int(class_id) for class_id in order[: max(1, len(order) // 10)]}
