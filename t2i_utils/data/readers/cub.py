"""The layout of Caltech-UCSD Birds-200-2011, with the captions that Reed et al. collected.

The toy birds are written in the same layout, so this one reader reads both.

Files: `images.txt`, `image_class_labels.txt`, `classes.txt`, `bounding_boxes.txt`,
`train_test_split.txt` (the official split), `zero_shot_split.txt` (ours, optional),
`images/<class>/<image>.jpg`, `attributes/`, and `text_c10/<class>/<image>.txt` inside the folder or
beside it.

Sources: Wah et al., "The Caltech-UCSD Birds-200-2011 Dataset", CNS-TR-2011-001; Reed et al.,
"Learning Deep Representations of Fine-Grained Visual Descriptions", CVPR 2016 (captions and the
150/50 class split).
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from t2i_utils.data.attributes import (
    attribute_names,
    captions_from_attributes,
    read_class_attributes,
)
from t2i_utils.data.readers import Reader, register
from t2i_utils.data.records import Dataset, Record, picture_name, read_text, split_by_class
from t2i_utils.errors import InputError

# The 50 classes that no text-to-image paper trains on (Reed et al.; the StackGAN release has the
# same ones).
ZERO_SHOT_TEST_CLASSES = frozenset({
    1, 4, 6, 8, 9, 14, 23, 29, 31, 33, 34, 35, 36, 37, 38, 43, 49,
    51, 53, 66, 72, 79, 83, 84, 86, 91, 95, 96, 98, 101, 102, 103, 112, 114,
    119, 121, 130, 135, 138, 147, 156, 163, 165, 166, 180, 183, 185, 186, 187, 197,
})  # fmt: skip
FOLDER_NAME = "CUB_200_2011"
CAPTION_FOLDERS = ("text_c10", "text", "cvpr2016_cub/text_c10")

Value = TypeVar("Value")


def find_layout(root: Path) -> Path | None:
    """The folder that holds `images.txt`: `root`, or one or two levels below (as Kaggle has it)."""
    for folder in (root, root / FOLDER_NAME, root / FOLDER_NAME / FOLDER_NAME):
        if (folder / "images.txt").is_file():
            return folder
    return None


def recognises(root: Path) -> bool:
    """Whether a folder has CUB's layout."""
    return find_layout(root) is not None


def read_cub(root: Path, captions: Path | None = None) -> Dataset:
    """Read a folder in CUB's layout; see `t2i_utils.data.read_dataset` for arguments and errors."""
    base = find_layout(root)
    if base is None:
        raise InputError(f"no CUB in {root}: expected images.txt or {FOLDER_NAME}/images.txt in it")
    files = read_table(base / "images.txt", picture_name)
    if not files:
        raise InputError(
            f"{base / 'images.txt'} is empty: it should name the pictures, '<id> <file>' a line"
        )
    classes = read_table(base / "image_class_labels.txt", int, files)
    class_names = read_table(base / "classes.txt", str)
    boxes = {}
    if (base / "bounding_boxes.txt").is_file():
        boxes = read_table(base / "bounding_boxes.txt", _box)
    for image_id, class_id in classes.items():
        if class_id not in class_names:
            raise InputError(
                f"{base / 'classes.txt'} has no class {class_id}, which image {image_id} is of"
            )
    zero_shot = _zero_shot_split(base, classes, class_names)
    official = zero_shot
    if (base / "train_test_split.txt").is_file():
        official = read_table(base / "train_test_split.txt", _official_part, files)
    sentences, caption_source = _captions(base, root, files, classes, captions)
    records = tuple(
        Record(
            image_id=image_id,
            path=base / "images" / file,
            class_id=classes[image_id],
            box=boxes.get(image_id),
            captions=sentences[image_id],
            zero_shot=zero_shot[image_id],
            official=official[image_id],
        )
        for image_id, file in sorted(files.items())
    )
    return Dataset(root.resolve().name, root, class_names, records, caption_source)


def read_table(
    path: Path, parse: Callable[[str], Value], needed: dict[int, str] | None = None
) -> dict[int, Value]:
    """Read a file of `<id> <value>` lines.

    Args:
        path: the file.
        parse: turns what follows the id into the value; a ValueError of it becomes a message with
            the line.
        needed: ids that must all be present.

    Raises:
        InputError: for a missing file, a line that cannot be read, an id twice, or a needed id that
            is absent.
    """
    table: dict[int, Value] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        key, _, value = line.strip().partition(" ")
        try:
            identity, parsed = int(key), parse(value.strip())
        except ValueError as error:
            raise InputError(
                f"{path}, line {number}: cannot read {line.strip()[:60]!r}; copy the file anew"
            ) from error
        if identity in table:
            raise InputError(
                f"{path}, line {number}: id {identity} appears twice; remove one of the lines"
            )
        table[identity] = parsed
    absent = [identity for identity in needed or () if identity not in table]
    if absent:
        raise InputError(
            f"{path} has no line for image {absent[0]} ({len(absent)} missing); copy the file anew"
        )
    return table


def read_captions(folder: Path, image_file: str) -> tuple[str, ...]:
    """The captions of one image: the lines of `folder/<class>/<image>.txt` that are not blank.

    Raises:
        InputError: if the file is missing or holds no sentence.
    """
    path = (folder / image_file).with_suffix(".txt")
    lines = (" ".join(line.split()) for line in read_text(path).splitlines())
    sentences = tuple(line for line in lines if line)
    if not sentences:
        raise InputError(f"{path} holds no caption: write one sentence a line into it")
    return sentences


def _box(value: str) -> tuple[float, float, float, float]:
    x, y, width, height = (float(number) for number in value.split())
    return x, y, width, height


def _official_part(value: str) -> str:
    return {"1": "train", "0": "test"}[value] if value in ("0", "1") else _part(value)


def _part(value: str) -> str:
    if value not in ("train", "test"):
        raise ValueError(f"expected train or test, got {value!r}")
    return value


def _zero_shot_split(
    base: Path, classes: dict[int, int], class_names: dict[int, str]
) -> dict[int, str]:
    """Which images may be trained on when the test classes must stay unseen."""
    path = base / "zero_shot_split.txt"
    if path.is_file():
        return read_table(path, _part, {image_id: "" for image_id in classes})
    is_real_cub = len(class_names) == 200 and class_names.get(1) == "001.Black_footed_Albatross"
    held_back = ZERO_SHOT_TEST_CLASSES if is_real_cub else split_by_class(set(classes.values()))
    return {
        image_id: "test" if class_id in held_back else "train"
        for image_id, class_id in classes.items()
    }


def _captions(
    base: Path, root: Path, files: dict[int, str], classes: dict[int, int], given: Path | None
) -> tuple[dict[int, tuple[str, ...]], str]:
    """Captions by image id, and where they come from."""
    if given is not None:
        candidates = [given, *(given / name for name in CAPTION_FOLDERS)]
        folder = _first_with(candidates, files)
        if folder is None:
            raise InputError(
                f"no captions in {given}: expected files such as <class>/<image>.txt in it"
            )
    else:
        places = [base, root] + ([base.parent] if base.name == FOLDER_NAME else [])
        names = ("text_c10", "cvpr2016_cub/text_c10")
        folders = (place / name for place in places for name in names)
        folder = next(filter(Path.is_dir, folders), None)
    if folder is not None:
        return {
            image_id: read_captions(folder, file) for image_id, file in files.items()
        }, "text_c10"

    print(
        f"No text_c10 in {root}: captions are made from the birds' attributes "
        "(give --captions DIR for the sentences that people wrote)",
        file=sys.stderr,
    )
    return captions_from_attributes(base, files, classes), "attributes"


def _first_with(candidates: list[Path], files: dict[int, str]) -> Path | None:
    """The first folder that has a caption file for some image."""
    for folder in candidates:
        if folder.is_dir() and any(
            (folder / file).with_suffix(".txt").is_file() for file in files.values()
        ):
            return folder
    return None


def class_attributes(root: Path) -> dict[int, dict[str, float]] | None:
    """What people saw in pictures of each class of a folder in CUB's layout, None without it.

    Raises:
        InputError: a file of attributes cannot be read.
    """
    base = find_layout(root)
    if base is None:
        return None
    file = base / "attributes" / "class_attribute_labels_continuous.txt"
    names = attribute_names(base)
    return read_class_attributes(file, names) if names and file.is_file() else None


register(Reader("cub", f"images.txt, {FOLDER_NAME}/images.txt", recognises, read_cub))
