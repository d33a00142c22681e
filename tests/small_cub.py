"""A data set of flat colours in CUB's layout, small enough to check every row of it."""

from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = ("red", "green", "blue", "yellow", "white", "black", "pink", "brown")


def flat_colour(image_id: int, class_id: int) -> tuple[int, int, int]:
    """A colour that no two images share, so that a picture says which image it is."""
    return (image_id * 5) % 256, class_id * 25, 90


def write_small_cub(
    root: Path, num_classes: int = 4, images_per_class: int = 3, num_captions: int = 3
) -> Path:
    """Write `root/CUB_200_2011` and `root/text_c10`; every file lists the images in another order.

    Image ids are not consecutive, captions name their image, the last class is the zero-shot test
    class, and every third image is in the official test part.
    """
    base = root / "CUB_200_2011"
    random = np.random.default_rng(3)
    rows = []
    for class_id in range(1, num_classes + 1):
        for number in range(images_per_class):
            image_id = 3 + 2 * len(rows)
            name = f"{class_id:03d}.Class_{class_id}/bird_{97 - image_id:03d}.png"
            rows.append((image_id, class_id, name, number))
            path = base / "images" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (60, 40), flat_colour(image_id, class_id)).save(path)
            text = (root / "text_c10" / name).with_suffix(".txt")
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text("\n".join(caption(image_id, k) for k in range(num_captions)) + "\n")

    def write(file: str, line) -> None:
        order = random.permutation(len(rows))
        (base / file).write_text("".join(f"{line(*rows[i])}\n" for i in order))

    write("images.txt", lambda image_id, class_id, name, number: f"{image_id} {name}")
    write("image_class_labels.txt", lambda image_id, class_id, *_: f"{image_id} {class_id}")
    write("bounding_boxes.txt", lambda image_id, *_: f"{image_id} 10.0 5.0 40.0 30.0")
    write("train_test_split.txt", lambda *row: f"{row[0]} {int(row[3] % 3 < 2)}")
    write(
        "zero_shot_split.txt",
        lambda image_id, class_id, *_: (
            f"{image_id} {'test' if class_id == num_classes else 'train'}"
        ),
    )
    (base / "classes.txt").write_text(
        "".join(
            f"{class_id} {class_id:03d}.Class_{class_id}\n"
            for class_id in range(1, num_classes + 1)
        )
    )
    return root


def caption(image_id: int, number: int) -> str:
    """The caption with this number; no other image and no other number has the same."""
    return f"a {COLOURS[number]} bird that sits on post {image_id}"


def write_attributes(root: Path, num_classes: int, colours: dict[int, str], beside: bool) -> None:
    """Write class attributes; `beside` puts their names where the official archive has them."""
    folder = root / "CUB_200_2011" / "attributes"
    folder.mkdir()
    names = [f"has_wing_color::{colour}" for colour in COLOURS]
    listing = root / "attributes.txt" if beside else folder / "attributes.txt"
    listing.write_text("".join(f"{i} {name}\n" for i, name in enumerate(names, start=1)))
    lines = [
        " ".join("95.0" if colour == colours[class_id] else "1.0" for colour in COLOURS)
        for class_id in range(1, num_classes + 1)
    ]
    (folder / "class_attribute_labels_continuous.txt").write_text("\n".join(lines) + "\n")
