"""From a stored photograph to a square: the two crops, by name.

`paper`: a window around the box's centre whose half side is R = 0.75 x the longer box side, clipped
to the picture and stretched to a square (StackGAN, ICCV 2017, section 4.1, and its released code).
It shows the bird with some of its surroundings.
`box`: the box itself, stretched to a square. `whole`: the whole picture, for sets without boxes.
"""

import contextlib
import math
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image

from t2i_utils.errors import InputError

CROPS = ("paper", "box", "whole")
# Sides at which a pack stores a crop, in pixels. The paper's crop is stored a little larger than
# the pictures that are trained on (64 and 256), because training cuts a random window out of it.
# A window out of a box would cut off heads.
STORED_SIZES = {"paper": (76, 304), "box": (64, 256), "whole": (64, 256)}
# A picture of so many pixels takes up to 0.8 GB while it is decoded and made RGB.
MOST_PIXELS = 50_000_000
_warnings_lock = threading.Lock()  # the filters of `warnings` belong to all threads
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by EXIF's number for how the camera was held
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
            "mend its line in bounding_boxes.txt"
        )
    return left, top, right, bottom


def read_squares(
    path: Path, box: Box | None, crop: str, sizes: tuple[int, ...]
) -> list[np.ndarray]:
    """Decode a picture once and cut its crop at each size.

    The box counts pixels as they are stored, so the window is cut first and the picture is turned
    upright after. Each size is resampled from the photograph itself, bicubic with antialiasing.

    Returns:
        One uint8 array (size, size, 3) for each of `sizes`, RGB.

    Raises:
        InputError: as `read_picture`, or if the box lies outside the picture.
    """
    picture = read_picture(path)
    try:
        window = crop_window(picture.stored_size, box, crop)
    except InputError as error:
        raise PictureError(path, str(error), f"{path}: {error}") from error
    across = picture.image.width / picture.stored_size[0]  # 1 but for huge pictures
    down = picture.image.height / picture.stored_size[1]
    left, top, right, bottom = window
    window = (left * across, top * down, right * across, bottom * down)
    squares = []
    for size in sizes:
        square = picture.image.resize((size, size), Image.Resampling.BICUBIC, box=window)
        squares.append(np.asarray(picture.turned(square), dtype=np.uint8))
    return squares


class PictureError(InputError):
    """A picture that cannot be used.

    Attributes:
        path: of its file.
        fault: what is wrong with it, in a few words.
    """

    def __init__(self, path: Path, fault: str, message: str) -> None:
        """Take the one line that says all of it."""
        super().__init__(message)
        self.path, self.fault = path, fault


class Picture(NamedTuple):
    """A decoded picture.

    Attributes:
        image: RGB, as it is stored: not turned upright yet.
        stored_size: (width, height) of the file; the image is smaller where it was decoded so.
        turn: what turns the image upright, by its EXIF data; None where it is upright.
    """

    image: Image.Image
    stored_size: tuple[int, int]
    turn: Image.Transpose | None

    def turned(self, image: Image.Image) -> Image.Image:
        """The picture, or a part cut out of it, upright."""
        return image if self.turn is None else image.transpose(self.turn)


def read_picture(
    path: Path, otherwise: str = "take it out of the list", least_side: int | None = None
) -> Picture:
    """Decode a picture file of any kind that Pillow reads.

    A JPEG file of more than 50 million pixels (`MOST_PIXELS`) is decoded at a half, a quarter or an
    eighth of its sides, so that memory stays below a gigabyte. Other formats have no such way, and
    a larger picture is refused.

    Args:
        path: of the file.
        otherwise: what a person can do other than put a good file there; ends the message.
        least_side: pixels. A JPEG file may be decoded smaller, with both sides at least so long.

    Raises:
        InputError: the file is missing, may not be read, is empty, truncated, too large or no
            picture.
    """
    try:
        with _no_warnings():
            stored = Image.open(path)  # reads the header alone
        with stored:
            size = stored.size
            if least_side is not None:
                stored.draft("RGB", (least_side, least_side))
            for share in (2, 4, 8):
                if stored.width * stored.height > MOST_PIXELS:
                    stored.draft("RGB", (size[0] // share, size[1] // share))
            if stored.width * stored.height <= MOST_PIXELS:
                return Picture(to_rgb(stored), size, _turn(stored))
        fault = (
            f"too large ({size[0]:,} x {size[1]:,} pixels, {MOST_PIXELS // 10**6} million at most)"
        )
        mend, cause = "make it smaller", None
    except Image.DecompressionBombError as error:
        fault, mend, cause = "too large (over 178 million pixels)", "make it smaller", error
    except FileNotFoundError as error:
        fault, mend, cause = "missing", "put it back", error
    except IsADirectoryError as error:
        fault, mend, cause = "a folder", "name the files in it", error
    except PermissionError as error:
        fault, mend, cause = "not readable for you", "change its permissions", error
    except Exception as error:  # on a broken file, Pillow's readers raise many kinds
        cause, mend = error, "copy it anew"
        if isinstance(error, OSError) and error.errno is not None:
            fault = f"not readable ({error.strerror})"
        else:
            empty = path.is_file() and path.stat().st_size == 0
            fault = "empty" if empty else "truncated, or no picture"
    raise PictureError(path, fault, f"picture {path} is {fault}: {mend}, or {otherwise}") from cause


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    """Hold Pillow's warnings back: of large pictures (we have a limit) and of broken EXIF data."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _turn(stored: Image.Image) -> Image.Transpose | None:
    """How to turn a picture upright; broken EXIF data say nothing, and the picture stays."""
    try:
        with _no_warnings():
            return _TURNS.get(stored.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow's reader raises many kinds on broken data
        return None


def to_rgb(image: Image.Image) -> Image.Image:
    """RGB, with transparent parts over white; 16-bit grey keeps its tones."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) // 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")
