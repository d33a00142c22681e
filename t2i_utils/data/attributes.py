"""Captions for a CUB that has none: from the 312 attributes that people ticked.

Both download sources hold attributes and no sentences. The best file is
`attributes/image_attribute_labels.txt` (what was seen in each picture); without it
`class_attribute_labels_continuous.txt` serves (per cent of the people who saw it in pictures of the
class). The sentences are made by the grammar of `t2i_utils.data.captions`.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from t2i_utils.data.captions import describe_attributes
from t2i_utils.data.records import read_text
from t2i_utils.errors import InputError

NUM_CAPTIONS = 10
# How sure the annotator was (1 not visible, 2 guessing, 3 probably, 4 definitely), as a per cent.
CERTAINTY = {"2": 50.0, "3": 75.0, "4": 100.0}


def captions_from_attributes(
    base: Path, files: dict[int, str], classes: dict[int, int]
) -> dict[int, tuple[str, ...]]:
    """Ten sentences for each image, always the same ones.

    Args:
        base: the folder that holds `images.txt` and `attributes/`.
        files: image id to file name.
        classes: image id to class id.

    Raises:
        InputError: if there are no attributes either, or a line of them cannot be read.
    """
    names = attribute_names(base)
    per_image = base / "attributes" / "image_attribute_labels.txt"
    per_class = base / "attributes" / "class_attribute_labels_continuous.txt"
    if names and per_image.is_file():
        values = read_image_attributes(per_image, names, files)
    elif names and per_class.is_file():
        of_class = read_class_attributes(per_class, names)
        unknown = set(classes.values()) - set(of_class)
        if unknown:
            raise InputError(
                f"{per_class} has no line for class {min(unknown)}; copy the file anew"
            )
        values = {image_id: of_class[class_id] for image_id, class_id in classes.items()}
    else:
        raise InputError(
            f"no captions for {base}: neither text_c10 nor attributes are there; give --captions "
            f"DIR"
        )
    return {
        image_id: tuple(describe_attributes(values[image_id], NUM_CAPTIONS, seed=image_id))
        for image_id in files
    }


def read_image_attributes(
    path: Path, names: dict[int, str], image_ids: Iterable[int]
) -> dict[int, dict[str, float]]:
    """What was seen in each picture: image id -> attribute name -> per cent (of certainty).

    Lines are `<image id> <attribute id> <present> <certainty> <seconds>`; some lines of the
    official file have further columns, so only the first four count.

    Raises:
        InputError: for a line that cannot be read.
    """
    values: dict[int, dict[str, float]] = {image_id: {} for image_id in image_ids}
    with open(path, encoding="latin-1") as file:
        for number, line in enumerate(file, start=1):
            columns = line.split(maxsplit=4)
            if not columns:
                continue
            try:
                image_id, attribute, present, certainty = columns[:4]
                if present == "1" and certainty in CERTAINTY and int(image_id) in values:
                    values[int(image_id)][names[int(attribute)]] = CERTAINTY[certainty]
            except (ValueError, KeyError) as error:
                raise InputError(
                    f"{path}, line {number}: cannot read {line.strip()[:60]!r}; copy the file anew"
                ) from error
    return values


def read_class_attributes(path: Path, names: dict[int, str]) -> dict[int, dict[str, float]]:
    """What people saw in pictures of each class: class id -> attribute name -> per cent.

    Raises:
        InputError: if a line does not have one number an attribute.
    """
    values = {}
    for class_id, line in enumerate(read_text(path).splitlines(), start=1):
        try:
            numbers = np.array(line.split(), dtype=float)
        except ValueError:
            numbers = np.empty(0)
        if len(numbers) != len(names):
            raise InputError(
                f"{path}, line {class_id}: expected {len(names)} numbers, one an attribute; "
                "copy the file anew"
            )
        values[class_id] = dict(zip(names.values(), numbers.tolist(), strict=True))
    return values


def attribute_names(base: Path) -> dict[int, str]:
    """Attribute id to name, ids ascending; empty where no file names them.

    The official archive has the file beside its folder.

    Raises:
        InputError: a line of it cannot be read.
    """
    for path in (base / "attributes" / "attributes.txt", base.parent / "attributes.txt"):
        if not path.is_file():
            continue
        lines = (line.split(maxsplit=1) for line in read_text(path).splitlines() if line.strip())
        try:
            return dict(sorted((int(number), name.strip()) for number, name in lines))
        except ValueError as error:
            raise InputError(f"{path}: expected lines '<id> <name>'; copy it anew") from error
    return {}
