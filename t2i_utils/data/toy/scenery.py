"""The places that toy birds stand in: a few soft landscapes, painted behind and under the bird."""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from t2i_utils.data.toy.drawing import RGB, smooth

BACKGROUNDS = ("branch", "meadow", "lake", "autumn", "snow", "dusk")

_SKIES: dict[str, list[tuple[RGB, RGB]]] = {
    "branch": [((170, 214, 234), (226, 240, 232)), ((190, 224, 208), (238, 242, 216))],
    "meadow": [((150, 206, 238), (224, 240, 236)), ((178, 214, 232), (250, 236, 206))],
    "lake": [((168, 208, 232), (232, 238, 230)), ((196, 206, 234), (248, 224, 214))],
    "autumn": [((206, 220, 222), (246, 232, 204)), ((232, 216, 190), (250, 238, 214))],
    "snow": [((176, 196, 220), (222, 230, 240)), ((192, 200, 226), (236, 226, 234))],
    "dusk": [((92, 96, 152), (232, 168, 160)), ((70, 88, 140), (206, 170, 190))],
}
_HILLS: dict[str, tuple[RGB, RGB]] = {
    "branch": ((176, 212, 190), (150, 196, 168)),
    "meadow": ((158, 204, 156), (128, 184, 120)),
    "lake": ((150, 184, 196), (128, 172, 160)),
    "autumn": ((226, 190, 140), (206, 160, 112)),
    "snow": ((206, 216, 232), (232, 238, 246)),
    "dusk": ((120, 104, 152), (88, 80, 128)),
}
_GROUND: dict[str, RGB] = {
    "meadow": (112, 170, 92), "lake": (190, 174, 140), "snow": (238, 242, 248),
}  # fmt: skip
_LEAVES: dict[str, tuple[RGB, RGB]] = {
    "branch": ((108, 168, 96), (138, 190, 112)),
    "autumn": ((222, 134, 62), (232, 176, 82)),
    "dusk": ((74, 98, 104), (96, 120, 116)),
}
_FLOWERS: tuple[RGB, ...] = ((250, 240, 220), (244, 196, 208), (250, 220, 130), (206, 190, 236))


@lru_cache(maxsize=32)
def _sky(top: RGB, bottom: RGB, side: int) -> Image.Image:
    ramp = np.linspace(np.array(top), np.array(bottom), 256).round().astype(np.uint8)
    return Image.fromarray(ramp[:, None]).resize((side, side), Image.Resampling.BILINEAR)


def paint_scenery(place: str, side: int, feet: float, rng: np.random.Generator) -> Image.Image:
    """Return a (side, side) RGB landscape with a perch or ground at height `feet` (pixels)."""
    skies = _SKIES[place]
    image = _sky(*skies[int(rng.integers(len(skies)))], side).copy()
    draw = ImageDraw.Draw(image)
    if place == "dusk":
        _moon(draw, side, rng)
    else:
        _clouds(draw, side, rng, (250, 252, 252) if place != "autumn" else (254, 248, 236))
    for depth, colour in enumerate(_HILLS[place]):
        _hill(draw, side, side * (0.60 + 0.14 * depth), 0.05 + 0.02 * depth, colour, rng)
    if place == "lake":
        _water(draw, side, min(0.68 * side, feet - 0.16 * side), rng)
    if place in _GROUND:
        _ground(draw, place, side, feet, rng)
    else:
        _branch(draw, place, side, feet, rng)
    return image


def _ellipse(draw: ImageDraw.ImageDraw, x: float, y: float, rx: float, ry: float, fill) -> None:
    draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=fill)


def _clouds(draw, side: int, rng: np.random.Generator, colour: RGB) -> None:
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0.05, 0.95) * side, rng.uniform(0.06, 0.4) * side
        size = rng.uniform(0.04, 0.075) * side
        for shift, rise, grow in ((-1.3, 0.25, 0.7), (0, 0, 1.0), (1.2, 0.2, 0.75), (2, 0.4, 0.5)):
            _ellipse(draw, x + shift * size, y + rise * size, grow * size * 1.2, grow * size * 0.8,
                     colour)  # fmt: skip


def _moon(draw, side: int, rng: np.random.Generator) -> None:
    x, y = rng.uniform(0.12, 0.88) * side, rng.uniform(0.1, 0.28) * side
    _ellipse(draw, x, y, 0.075 * side, 0.075 * side, (252, 240, 206))
    for _ in range(22):
        star, size = rng.uniform(0, 1, 2) * (side, side * 0.5), rng.uniform(1.2, 2.6) * side / 640
        _ellipse(draw, star[0], star[1], size, size, (250, 236, 222))


def _hill(draw, side: int, level: float, swell: float, colour: RGB, rng) -> None:
    x = np.linspace(0, side, 30)
    phase, waves = rng.uniform(0, 2 * math.pi), rng.uniform(0.7, 1.6)
    y = level + side * swell * np.sin(phase + waves * 2 * math.pi * x / side)
    ridge = np.stack([x, y], axis=1).ravel().tolist()
    draw.polygon([*ridge, side, side, 0, side], fill=colour)


def _water(draw, side: int, top: float, rng: np.random.Generator) -> None:
    draw.rectangle((0, top, side, side), fill=(140, 190, 210))
    for _ in range(14):
        x, y = rng.uniform(0, side), rng.uniform(top + 0.01 * side, side)
        width = rng.uniform(0.03, 0.1) * side
        draw.line((x - width, y, x + width, y), fill=(182, 216, 228), width=max(1, side // 160))


def _ground(draw, place: str, side: int, feet: float, rng: np.random.Generator) -> None:
    colour = _GROUND[place]
    top = feet - 0.025 * side
    x = np.linspace(0, side, 24)
    y = top + 0.012 * side * np.sin(rng.uniform(0, 6) + x / side * 5)
    draw.polygon([*np.stack([x, y], axis=1).ravel().tolist(), side, side, 0, side], fill=colour)
    shade = tuple(int(value * 0.88) for value in colour)
    _ellipse(draw, side / 2, feet + 0.012 * side, 0.24 * side, 0.022 * side, shade)
    if place == "meadow":
        for _ in range(46):
            x0, y0 = rng.uniform(0, side), rng.uniform(top, side)
            lean, height = rng.uniform(-0.012, 0.012) * side, rng.uniform(0.02, 0.05) * side
            blade = (x0 - side / 160, y0, x0 + lean, y0 - height, x0 + side / 160, y0)
            draw.polygon(blade, fill=((88, 148, 78), (136, 190, 104))[int(rng.integers(2))])
        for _ in range(9):
            x0, y0 = rng.uniform(0, side), rng.uniform(top + 0.02 * side, side)
            _flower(draw, x0, y0, side / 75, _FLOWERS[int(rng.integers(len(_FLOWERS)))])
    else:
        for _ in range(16):
            x0, y0 = rng.uniform(0, side), rng.uniform(feet, side)
            size = rng.uniform(0.006, 0.018) * side
            _ellipse(draw, x0, y0, size * 1.5, size, shade)


def _flower(draw, x: float, y: float, size: float, colour: RGB) -> None:
    for turn in range(5):
        angle = turn * 2 * math.pi / 5
        _ellipse(draw, x + size * math.cos(angle), y + size * math.sin(angle), size * 0.7,
                 size * 0.7, colour)  # fmt: skip
    _ellipse(draw, x, y, size * 0.55, size * 0.55, (226, 160, 60))


def _branch(draw, place: str, side: int, feet: float, rng: np.random.Generator) -> None:
    wood = (122, 96, 80) if place != "dusk" else (70, 58, 78)
    slope = rng.uniform(-0.03, 0.03) * side
    thick = rng.uniform(0.028, 0.04) * side
    x = np.linspace(-0.05, 1.05, 12)
    bend = 0.008 * side * np.sin(rng.uniform(0, 6) + 7 * x)
    middle = feet + thick * 0.5 + slope * (x - 0.5) * 2 + bend - bend[5]
    upper = smooth(np.stack([x * side, middle - thick * 0.6], axis=1), closed=False)
    lower = smooth(np.stack([x * side, middle + thick * 0.6], axis=1), closed=False)
    leaf = _leaf_painter(draw, _LEAVES[place], rng)
    for _ in range(int(rng.integers(8, 14))):
        at = rng.uniform(0, 1)
        y = float(np.interp(at, x, middle))
        leaf(at * side, y, rng.uniform(0.05, 0.085) * side)
    draw.polygon(np.concatenate([upper, lower[::-1]]).ravel().tolist(), fill=wood)
    light = tuple(min(255, value + 26) for value in wood)
    draw.line((upper + (0, thick * 0.3)).ravel().tolist(), fill=light, width=max(1, side // 160))


def _leaf_painter(draw, colours: tuple[RGB, RGB], rng: np.random.Generator) -> Callable:
    def leaf(x: float, y: float, size: float) -> None:
        angle = rng.uniform(0.2, math.pi - 0.2) * (1 if rng.random() < 0.75 else -1)
        along = np.array([math.cos(angle), -math.sin(angle)]) * size
        across = np.array([-along[1], along[0]]) * 0.36
        start = np.array([x, y])
        controls = [start, start + along * 0.5 + across, start + along * 1.2,
                    start + along * 0.5 - across]  # fmt: skip
        colour = colours[int(rng.integers(2))]
        draw.polygon(smooth(controls).ravel().tolist(), fill=colour)
        vein = tuple(int(value * 0.82) for value in colour)
        draw.line([*start, *(start + along)], fill=vein, width=2)

    return leaf
