"""Find the bird in a photograph and cut a square around it, as the captioner takes it.

A visitor's photograph has no box. The network that describes regions was trained to name what a
whole picture shows. Asked the same of each *place* of the picture, it says where the bird is (class
activation maps, Zhou et al., CVPR 2016, arXiv 1512.04150).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from t2i_utils.captioning.regions import (
    GLANCE_SIZE,
    IMAGE_SIZE,
    SIDE,
    RegionEncoder,
    RegionFeatures,
)
from t2i_utils.data.crops import Box, crop_window, read_picture

SPREADS = 1.4  # half of the box's side, in standard deviations of where the network sees birds
LONGEST_SIDE = 1024  # pixels kept of a large photograph


def read_photograph(path: Path) -> Image.Image:
    """A photograph upright, in RGB, over white where transparent, at most 1,024 px long.

    Raises:
        InputError: the file is missing, empty, truncated or no picture.
    """
    found = read_picture(path, "give another one", least_side=LONGEST_SIDE)
    picture = found.turned(found.image)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BICUBIC)
    return picture


def square(
    picture: Image.Image, window: tuple[float, float, float, float], side: int = IMAGE_SIZE
) -> np.ndarray:
    """A window (left, top, right, bottom) of a picture, stretched to (side, side, 3) uint8."""
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC, box=window))


def find_boxes(places: np.ndarray) -> np.ndarray:
    """Where the bird is, by the mean and the spread of the places that look like one.

    Args:
        places: (n, side, side), of `RegionEncoder`.

    Returns:
        (n, 4): x, y, width and height as shares of the picture's sides. The whole picture
        where no place looks like a bird.
    """
    side = places.shape[1]
    centres = (np.arange(side) + 0.5) / side
    boxes = np.tile(np.array([0.0, 0.0, 1.0, 1.0]), (len(places), 1))
    for box, seen in zip(boxes, places, strict=True):
        if not seen.any():
            continue
        for axis in (0, 1):  # x, then y
            weights = seen.sum(axis=axis) / seen.sum()
            mean = weights @ centres
            spread = np.sqrt(weights @ (centres - mean) ** 2)
            half = max(SPREADS * spread, 0.5 / side)  # a single place is not a point
            first, last = max(0.0, mean - half), min(1.0, mean + half)
            box[axis], box[axis + 2] = first, last - first
    return boxes


def look_closer(
    encoder: RegionEncoder, pictures: Sequence[Image.Image]
) -> tuple[RegionFeatures, list[Box]]:
    """Find the birds in photographs, and compute the features of the square around each.

    The window has StackGAN's rule: half side 0.75 times the longer side of the box. The
    probability of a bird is the higher one of the whole picture's and the square's.

    Returns:
        The features of n pictures, and the window (left, top, right, bottom) of each in pixels.
    """
    whole = encoder.glance(np.stack([square(p, (0, 0, *p.size), GLANCE_SIZE) for p in pictures]))
    windows = []
    for picture, share in zip(pictures, find_boxes(whole.places), strict=True):
        x, y, width, height = share * np.tile(picture.size, 2)
        if min(picture.size) < SIDE:  # too small to cut anything out
            x, y, width, height = 0, 0, *picture.size
        windows.append(crop_window(picture.size, (x, y, width, height), "paper"))
    closer = look_at(encoder, pictures, windows)
    return closer._replace(bird=np.maximum(whole.bird, closer.bird)), windows


def look_at(
    encoder: RegionEncoder, pictures: Sequence[Image.Image], windows: Sequence[Box]
) -> RegionFeatures:
    """The features of one window of each picture, stretched to a square."""
    return encoder(np.stack([square(*cut) for cut in zip(pictures, windows, strict=True)]))
