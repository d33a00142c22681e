"""Toy birds: a drawn data set whose every attribute is known, written in CUB's own layout.

A class is one combination of colours (crown, back, wing, belly, beak), beak shape, tail shape and
size; the images of a class differ in pose, in the way the bird faces and in the place. The classes
of the zero-shot test part have a (crown, wing, belly) triple of colours that no training class of
any toy set has, whatever its seed: see `is_held_out`.
"""

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from t2i_utils.data.captions import toy_captions
from t2i_utils.data.toy.drawing import (
    BEAK_SHAPES,
    BODY_PARTS,
    PALETTE,
    POSTURES,
    RGB,
    SIZES,
    TAIL_SHAPES,
    Pose,
    bird_bounds,
    feet_level,
    paint_bird,
    tones,
)
from t2i_utils.data.toy.scenery import BACKGROUNDS, paint_scenery
from t2i_utils.errors import InputError
from t2i_utils.files import put_in_place

COLOURS = tuple(PALETTE)
BOX_MARGIN = 0.02  # of the bird's width and height, on each side: drawn by hand, nearly tight
_SIDE = 320
_SUPERSAMPLE = 2
_FILL = {"small": (0.56, 0.64), "medium": (0.64, 0.72), "large": (0.72, 0.80)}
_LEG_COLOURS = {"base": (116, 92, 84), "shade": (96, 76, 70), "light": (140, 116, 104)}
_EYE_COLOURS = {"base": (28, 22, 30), "light": (252, 250, 244)}
_SIZE_ATTRIBUTES = {
    "small": "small_(5_-_9_in)", "medium": "medium_(9_-_16_in)", "large": "large_(16_-_32_in)",
}  # fmt: skip
_NOUNS = ("finch", "warbler", "tanager", "robin", "wren", "jay", "sparrow", "thrush", "bunting")


@dataclass(frozen=True)
class ToyBird:
    """What a class of toy birds looks like. `colours` follows the order of `BODY_PARTS`."""

    colours: tuple[str, ...]
    beak_shape: str
    tail_shape: str
    size: str

    @property
    def parts(self) -> dict[str, str]:
        """Part to colour."""
        return dict(zip(BODY_PARTS, self.colours, strict=True))


def is_held_out(parts: dict[str, str]) -> bool:
    """Say whether a (crown, wing, belly) triple of colours is kept for the zero-shot test.

    A fixed rule for one triple in five: every pair of colours still occurs in training, the
    triple never does.
    """
    crown, wing, belly = (COLOURS.index(parts[part]) for part in ("crown", "wing", "belly"))
    return (crown + 2 * wing + 3 * belly) % 5 == 0


def random_bird(rng: np.random.Generator) -> ToyBird:
    """Draw a bird with independent attributes, each value as likely as any other."""
    colours = tuple(COLOURS[i] for i in rng.integers(len(COLOURS), size=len(BODY_PARTS)))
    shapes = [
        options[int(rng.integers(len(options)))] for options in (BEAK_SHAPES, TAIL_SHAPES, SIZES)
    ]
    return ToyBird(colours, *shapes)


def draw_toy_bird(
    bird: ToyBird, rng: np.random.Generator
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """Draw one picture of a bird: pose, way it faces and place are drawn from `rng`.

    Returns:
        A 320 x 320 RGB picture and the bird's box (x, y, width, height) in pixels.
    """
    posture = POSTURES[int(rng.choice(len(POSTURES), p=[0.28, 0.34, 0.24, 0.14]))]
    pose = Pose(bird.size, bird.beak_shape, bird.tail_shape, posture,
                float(rng.integers(-2, 3)) * 2.0, float(rng.integers(-1, 2)) * 5.0)  # fmt: skip
    facing = -1 if rng.random() < 0.5 else 1
    place = BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))]

    side = _SIDE * _SUPERSAMPLE
    left, top, right, bottom = bird_bounds(pose)
    width, height = right - left, bottom - top
    scale = side * rng.uniform(*_FILL[bird.size]) / max(width, height)
    room_x, room_y = side - scale * width, side - scale * height
    x0 = room_x * rng.uniform(0.35, 0.65)
    y0 = room_y * rng.uniform(0.4, 0.62)
    origin_x = x0 - scale * left if facing > 0 else x0 + scale * right
    feet = y0 + scale * (feet_level(pose) - top)

    image = paint_scenery(place, side, feet, rng)
    inks = {part: tones(PALETTE[colour]) for part, colour in bird.parts.items()}
    inks |= {"leg": _LEG_COLOURS, "eye": _EYE_COLOURS}

    def ink(part: str, tone: str) -> RGB:
        return inks[part][tone]

    origin = (origin_x, y0 - scale * top)
    paint_bird(ImageDraw.Draw(image), pose, ink, (facing * scale, scale), origin)
    margin_x, margin_y = BOX_MARGIN * scale * width, BOX_MARGIN * scale * height
    edges = np.array([x0 - margin_x, y0 - margin_y,
                      x0 + scale * width + margin_x, y0 + scale * height + margin_y])  # fmt: skip
    edges = np.clip(edges / _SUPERSAMPLE, 0, _SIDE).round(1)
    box = (edges[0], edges[1], round(edges[2] - edges[0], 1), round(edges[3] - edges[1], 1))
    return image.reduce(_SUPERSAMPLE), tuple(float(value) for value in box)  # type: ignore[return-value]


def choose_birds(num_classes: int, seed: int) -> list[ToyBird]:
    """Return `num_classes` birds that differ in colours, a fifth of them held out, shuffled."""
    rng = np.random.default_rng([seed, 1])
    wanted = {True: max(1, round(num_classes * 0.2))}
    wanted[False] = num_classes - wanted[True]
    birds: dict[tuple[str, ...], ToyBird] = {}
    while len(birds) < num_classes:
        bird = random_bird(rng)
        held_out = is_held_out(bird.parts)
        if bird.colours not in birds and wanted[held_out] > 0:
            wanted[held_out] -= 1
            birds[bird.colours] = bird
    return list(birds.values())


def write_toy_birds(
    root: Path | str,
    num_classes: int = 300,
    images_per_class: int = 4,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a data set of toy birds in CUB-200-2011's layout and return `root`.

    `root` gets `CUB_200_2011/` (images, boxes, classes, both splits, attributes) and `text_c10/`
    (ten captions an image). The same arguments write the same bytes, given the same Pillow.
    The set appears under its names only when it is whole.

    Args:
        root: Folder that will hold `CUB_200_2011/` and `text_c10/`.
        num_classes: Number of classes, at least 5; about a fifth is the zero-shot test part.
        images_per_class: Images of each class, at least 1.
        seed: Any whole number from 0.
        progress: Called with (images written, images in all) after each image.

    Raises:
        InputError: For numbers out of range, a root that already holds a data set, or one that
            cannot be written.
    """
    root = Path(root)
    if not 5 <= num_classes <= 20000 or images_per_class < 1 or seed < 0:
        raise InputError(
            f"toy birds: {num_classes} classes x {images_per_class} images, seed {seed}: need 5 to"
            " 20000 classes, 1 image or more a class and a seed of 0 or more"
        )
    unfinished = root / ".unfinished-toy-birds"
    if (unfinished / "CUB_200_2011").is_dir() and not (root / "CUB_200_2011").exists():
        with contextlib.suppress(OSError):  # a kill came between the two renames below
            (root / "text_c10").rename(unfinished / "text_c10")
    if any((root / name).exists() for name in ("CUB_200_2011", "text_c10")):
        raise InputError(f"toy birds: {root} already holds a data set; name a new folder")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        _write_set(unfinished, num_classes, images_per_class, seed, progress)
        for name in ("text_c10", "CUB_200_2011"):
            put_in_place(unfinished / name, root / name)
        unfinished.rmdir()
    except OSError as error:
        raise InputError(f"toy birds: cannot write to {root}: {error.strerror}") from error
    return root


def _write_set(
    root: Path,
    num_classes: int,
    images_per_class: int,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    base = root / "CUB_200_2011"
    (base / "attributes").mkdir(parents=True)
    birds = choose_birds(num_classes, seed)
    folders = [_folder(number, bird) for number, bird in enumerate(birds, start=1)]
    lines: dict[str, list[str]] = {
        name: []
        for name in ("images", "image_class_labels", "bounding_boxes", "train_test_split",
                     "zero_shot_split")
    }  # fmt: skip
    image_id = 0
    for class_id, (bird, folder) in enumerate(zip(birds, folders, strict=True), start=1):
        (base / "images" / folder).mkdir(parents=True)
        (root / "text_c10" / folder).mkdir(parents=True)
        split = "test" if is_held_out(bird.parts) else "train"
        for number in range(1, images_per_class + 1):
            image_id += 1
            name = f"{folder}/Toy_{class_id:04d}_{number:02d}"
            rng = np.random.default_rng([seed, 2, class_id, number])
            image, box = draw_toy_bird(bird, rng)
            image.save(base / "images" / f"{name}.jpg", quality=92)
            captions = toy_captions(bird.parts, size=bird.size, beak_shape=bird.beak_shape,
                                    tail_shape=bird.tail_shape,
                                    seed=[seed, 3, class_id, number])  # fmt: skip
            _write(root / "text_c10" / f"{name}.txt", captions)
            lines["images"].append(f"{image_id} {name}.jpg")
            lines["image_class_labels"].append(f"{image_id} {class_id}")
            lines["bounding_boxes"].append(f"{image_id} {' '.join(map(str, box))}")
            is_train = int(number <= (images_per_class + 1) // 2)
            lines["train_test_split"].append(f"{image_id} {is_train}")
            lines["zero_shot_split"].append(f"{image_id} {split}")
            if progress:
                progress(image_id, num_classes * images_per_class)
    for name, rows in lines.items():
        _write(base / f"{name}.txt", rows)
    _write(base / "classes.txt", [f"{i} {folder}" for i, folder in enumerate(folders, start=1)])
    _write_attributes(base / "attributes", birds)


def _question(part: str) -> str:
    return f"has_{'bill' if part == 'beak' else part}_color"


def _attribute_names() -> list[str]:
    names = [f"{_question(part)}::{colour}" for part in BODY_PARTS for colour in COLOURS]
    names += [f"has_bill_shape::{shape}" for shape in BEAK_SHAPES]
    names += [f"has_tail_shape::{shape}_tail" for shape in TAIL_SHAPES]
    return names + [f"has_size::{_SIZE_ATTRIBUTES[size]}" for size in SIZES]


def _write_attributes(folder: Path, birds: list[ToyBird]) -> None:
    names = _attribute_names()
    _write(folder / "attributes.txt", [f"{i} {name}" for i, name in enumerate(names, start=1)])
    rows = []
    for bird in birds:
        shown = {f"{_question(part)}::{colour}" for part, colour in bird.parts.items()}
        shown |= {
            f"has_bill_shape::{bird.beak_shape}",
            f"has_tail_shape::{bird.tail_shape}_tail",
            f"has_size::{_SIZE_ATTRIBUTES[bird.size]}",
        }
        rows.append(" ".join("100.0" if name in shown else "0.0" for name in names))
    _write(folder / "class_attribute_labels_continuous.txt", rows)


def _folder(class_id: int, bird: ToyBird) -> str:
    crown, _, wing, belly, _ = bird.colours
    noun = _NOUNS[class_id % len(_NOUNS)].title()
    return f"{class_id:03d}.{crown.title()}_crowned_{wing.title()}_winged_{belly.title()}_{noun}"


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
