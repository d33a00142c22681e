"""Birds of two colours: data for a GAN that learns in two minutes (notebook 03).

Body and wings each have one of eight colours. Eight of the 64 pairs of colours are held out, each
body colour and each wing colour once: what is drawn for their captions was never shown. All birds
have one posture and stand before a plain, greyish blue background. They face right unless asked
otherwise.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from t2i_utils.data.captions import with_article
from t2i_utils.data.toy.drawing import PALETTE, Pose, bird_bounds, paint_bird, tones

# Body colours, and the wing colour that each one is never shown with.
HELD_OUT = {
    "red": "black",
    "orange": "blue",
    "yellow": "green",
    "green": "white",
    "blue": "yellow",
    "purple": "orange",
    "black": "red",
    "white": "purple",
}
COLOURS = tuple(HELD_OUT)
SIZE = 64  # height and width of a picture in pixels
_SUPERSAMPLE = 2
_MOST_TILT = 9.0  # degrees
_LEGS = {tone: (96, 76, 70) for tone in ("base", "shade", "light")}
_EYE = {"base": (28, 22, 30), "light": (252, 250, 244)}


@dataclass(frozen=True)
class TwoColourBirds:
    """Pictures and captions of pairs of colours.

    Attributes:
        images: uint8 (pairs, pictures, 64, 64, 3).
        captions: one list of captions, all of them true, for each pair.
    """

    images: np.ndarray
    captions: list[list[str]]


def two_colour_birds(
    num_images: int = 16, held_out: bool = False, mirrored: bool = False, seed: int = 0
) -> TwoColourBirds:
    """Draw birds of all pairs of colours that training may see, or of the others.

    Args:
        num_images: pictures of each pair.
        held_out: draw the eight pairs that training never sees.
        mirrored: let half of the birds face left.
        seed: of poses and backgrounds.
    """
    random = np.random.default_rng([seed, held_out])
    pairs = [
        (body, wing) for body in COLOURS for wing in COLOURS if (HELD_OUT[body] == wing) == held_out
    ]
    images = [[_paint(*pair, mirrored, random) for _ in range(num_images)] for pair in pairs]
    captions = [_captions(*pair) for pair in pairs]
    return TwoColourBirds(np.array(images), captions)


def _captions(body: str, wing: str) -> list[str]:
    """Three wordings of one meaning."""
    return [
        f"{with_article(body)} bird with {wing} wings",
        f"this bird is {body} and has {wing} wings",
        f"a small {body} bird whose wings are {wing}",
    ]


def _paint(body: str, wing: str, mirrored: bool, random: np.random.Generator) -> np.ndarray:
    """One bird (64, 64, 3) uint8, of random tilt, size and place."""
    side = SIZE * _SUPERSAMPLE
    tilt, fold = random.uniform(-1, 1, 2) * _MOST_TILT
    pose = Pose("small", "cone", "rounded", "perched", tilt, fold)
    left, top, right, bottom = bird_bounds(pose)
    scale = side * random.uniform(0.82, 0.95) / max(right - left, bottom - top)
    facing = -1 if mirrored and random.random() < 0.5 else 1
    middle = side / 2 + random.uniform(-0.03, 0.03, 2) * side
    offset = middle - (facing * scale * (left + right) / 2, scale * (top + bottom) / 2)
    sky = random.integers(135, 195) + np.array([-25, 0, 15])
    image = Image.new("RGB", (side, side), tuple(sky.tolist()))
    parts = {"crown": body, "back": body, "belly": body, "wing": wing, "beak": "grey"}
    inks = {part: tones(PALETTE[colour]) for part, colour in parts.items()}
    inks |= {"leg": _LEGS, "eye": _EYE}
    paint_bird(
        ImageDraw.Draw(image),
        pose,
        lambda part, tone: inks[part][tone],
        (facing * scale, scale),
        tuple(offset),
    )
    return np.asarray(image.reduce(_SUPERSAMPLE))
