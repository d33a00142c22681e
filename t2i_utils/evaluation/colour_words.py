"""Does a picture have the colour that its caption names? A rough measure for any pictures.

A caption that names exactly one vivid colour should give a picture with more of that hue in its
middle than the median picture has. For toy birds there is an exact measure: `part_colours`.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from t2i_utils.text.colours import without_compounds

# Where each hue begins and ends, in degrees of the colour circle.
HUES = {"red": (-20, 14), "orange": (14, 40), "yellow": (40, 70), "green": (70, 165),
        "blue": (165, 265)}  # fmt: skip
LEAST_SATURATION = 0.3
LEAST_BRIGHTNESS = 0.15
CHUNK = 256  # pictures looked at together


class ColourScore(NamedTuple):
    """The share of pictures that follow their one colour word, and how many captions have one."""

    share: float
    count: int


def one_colour(captions: Sequence[str]) -> list[str | None]:
    """The colour that each caption names, where it names exactly one of `HUES`.

    A compound has no single hue: "orange-red" is neither orange nor red, "blue-grey" is not blue.
    """
    return [_one_colour(caption.lower()) for caption in captions]


def _one_colour(text: str) -> str | None:
    named, single = _hue_words(text), _hue_words(without_compounds(text))
    return single.pop() if named == single and len(single) == 1 else None


def _hue_words(text: str) -> set[str]:
    return set(re.findall(rf"\b({'|'.join(HUES)})\b", text))


def hue_amounts(pictures: np.ndarray) -> np.ndarray:
    """How much of each hue lies in the middle of pictures.

    Args:
        pictures: (n, size, size, 3) uint8.

    Returns:
        (n, 5) float32, in the order of `HUES`: the share of vivid pixels of that hue in the
        middle quarter of the area.
    """
    amounts = np.zeros((len(pictures), len(HUES)), "float32")
    margin = pictures.shape[1] // 4
    for start in range(0, len(pictures), CHUNK):
        middle = pictures[start : start + CHUNK, margin:-margin, margin:-margin]
        hue, vivid = hue_and_vividness(middle.astype("float32") / 255)
        for column, (first, last) in enumerate(HUES.values()):
            inside = (hue - first) % 360 < last - first
            amounts[start : start + CHUNK, column] = (inside & vivid).mean(axis=(1, 2))
    return amounts


def hue_and_vividness(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hue in degrees, and whether a pixel is vivid enough to have one, of (..., 3) in [0, 1]."""
    most, least = rgb.max(axis=-1), rgb.min(axis=-1)
    chroma = most - least
    red, green, blue = np.moveaxis(rgb, -1, 0)
    safe = np.where(chroma > 0, chroma, 1)
    hue = np.select(
        [most == red, most == green],
        [(green - blue) / safe, (blue - red) / safe + 2],
        (red - green) / safe + 4,
    )
    vivid = (chroma >= LEAST_SATURATION * most) & (most >= LEAST_BRIGHTNESS)
    return 60 * hue % 360, vivid


def score_colours(amounts: np.ndarray, captions: Sequence[str]) -> ColourScore | None:
    """The share of pictures with more of their caption's colour than the median picture has.

    Args:
        amounts: (n, 5), of `hue_amounts`.
        captions: (n,); only those that name exactly one of the five colours count.

    Returns:
        The score, or None where no caption counts.
    """
    medians = np.median(amounts, axis=0)
    columns = {colour: column for column, colour in enumerate(HUES)}
    followed = [
        row[columns[colour]] > medians[columns[colour]]
        for row, colour in zip(amounts, one_colour(captions), strict=True)
        if colour is not None
    ]
    return ColourScore(float(np.mean(followed)), len(followed)) if followed else None
