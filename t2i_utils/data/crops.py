"""From a stored photograph to a square: the two crops, by name.

`paper`: a window around the box's centre whose half side is R = 0.75 x the longer box side, clipped
to the picture and stretched to a square (StackGAN, ICCV 2017, section 4.1, and its released code).
It shows the bird with some context, and needs a picture that has context.
`box`: the box itself, stretched to a square. `whole`: the whole picture, for sets without boxes.
"""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from t2i_utils.errors import InputError

CROPS = ("paper", "box", "whole")
# Sides at which a pack stores a crop, in pixels. The paper's has context to spare: it is stored a
# little larger, and training cuts a random window of it. A window of a box would cut off heads.
STORED_SIZES = {"paper": (76, 304), "box": (64, 256), "whole": (64, 256)}
Box = tuple[float, float, float, float]


def crop_window(image_size: tuple[int, int], box: Box | None, crop: str) -> Box:
    """The window to cut out, as (left, top, right, bottom) in pixels of the stored picture.

    Args:
        image_size: (width, height) of the picture.
        box: (x, y, width, height) around the bird, or None for the whole picture.
        crop: "paper", "box" or "whole".

    Raises:
        InputError: for an unknown crop, or a box that covers nothing of the picture.
    """
    if crop not in CROPS:
        raise InputError(f"unknown crop {crop!r}: choose one of {', '.join(CROPS)}")
    image_width, image_height = image_size
    if box is None or crop == "whole":
        return 0.0, 0.0, float(image_width), float(image_height)
    x, y, width, height = box
    if crop == "paper":
        half_side = 0.75 * max(width, height)
        centre_x, centre_y = x + width / 2, y + height / 2
        left, top = centre_x - half_side, centre_y - half_side
        right, bottom = centre_x + half_side, centre_y + half_side
    else:
        left, top, right, bottom = x, y, x + width, y + height
    left, top = max(left, 0.0), max(top, 0.0)
    right, bottom = min(right, float(image_width)), min(bottom, float(image_height))
    usable = width > 0 and height > 0 and all(map(math.isfinite, box))
    if not usable or right - left < 1 or bottom - top < 1:
        raise InputError(
            f"box {box} covers nothing of a picture of {image_width} x {image_height} pixels; "
            "mend its line in "
            "bounding_boxes.txt"
        )
    return left, top, right, bottom


def read_squares(
    path: Path, box: Box | None, crop: str, sizes: tuple[int, ...]
) -> list[np.ndarray]:
    """Decode a picture once and cut its crop at each size.

    The box counts pixels as they are stored, so the window is cut first and EXIF's rotation comes
    after. Each size is resampled from the photograph itself, bicubic with antialiasing.

    Returns:
        One uint8 array (size, size, 3) for each of `sizes`, RGB.

    Raises:
        InputError: if the file is missing, empty, truncated or no picture, or if its box lies
            outside it.
    """
    with opened(path) as stored:
        try:
            window = crop_window(stored.size, box, crop)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        exif = stored.getexif()
        colour = to_rgb(stored)
    squares = []
    for size in sizes:
        square = colour.resize((size, size), Image.Resampling.BICUBIC, box=window)
        square.getexif().update({ORIENTATION: exif.get(ORIENTATION, 1)})
        squares.append(np.asarray(ImageOps.exif_transpose(square), dtype=np.uint8))
    return squares


@contextlib.contextmanager
def opened(path: Path, otherwise: str = "take it out of the list") -> Iterator[Image.Image]:
    """A picture file, open; decode it inside the block.

    Args:
        path: of the file.
        otherwise: what a person can do but put a good file there; ends the message.

    Raises:
        InputError: the file is missing, empty, truncated or no picture.
    """
    try:
        with Image.open(path) as stored:
            yield stored
    except InputError:  # raised inside the block, and said well enough
        raise
    except FileNotFoundError as error:
        raise InputError(f"picture {path} is missing: put it back, or {otherwise}") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = (
            "empty" if path.is_file() and path.stat().st_size == 0 else "truncated, or no picture"
        )
        raise InputError(f"picture {path} is {reason}: copy it anew, or {otherwise}") from error


ORIENTATION = 0x0112  # the EXIF tag that says how the camera was held


def to_rgb(image: Image.Image) -> Image.Image:
    """RGB, with transparent parts over white; 16-bit grey keeps its tones."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) // 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")
