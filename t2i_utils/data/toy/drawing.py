"""Toy birds, drawn: the shapes of a bird with known parts, and how they are painted.

A bird is a list of `Shape`s in bird coordinates (x to the right, y down, the body about one unit
long, beak to the right). The same list paints a picture, in `paint_bird`, and the map of which
pixel belongs to which part, which `t2i_utils.evaluation.part_colours` measures colours with.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import ImageDraw

RGB = tuple[int, int, int]

PALETTE: dict[str, RGB] = {
    "red": (214, 38, 42),
    "orange": (247, 132, 28),
    "yellow": (253, 214, 48),
    "green": (58, 160, 72),
    "blue": (40, 104, 208),
    "purple": (124, 62, 170),
    "brown": (122, 76, 42),
    "black": (36, 36, 42),
    "white": (250, 249, 245),
    "grey": (146, 150, 157),
    "pink": (250, 152, 188),
}
BODY_PARTS = ("crown", "back", "wing", "belly", "beak")
SIZES = ("small", "medium", "large")
BEAK_SHAPES = ("cone", "long", "hooked")
TAIL_SHAPES = ("forked", "rounded", "long")
POSTURES = ("level", "perched", "upright", "fluttering")

_TILT = {"level": 6.0, "perched": 27.0, "upright": 48.0, "fluttering": 20.0}
_HEAD_RADIUS = {"small": 0.31, "medium": 0.26, "large": 0.22}
_NECK = {"small": 0.05, "medium": 0.11, "large": 0.19}
_BODY_LENGTH = {"small": 0.92, "medium": 1.06, "large": 1.2}
_SAMPLES = 10  # points that a spline draws between two of its control points


class Shape(NamedTuple):
    """A filled polygon (`width` 0) or a line of `width` bird units, in a part's tone.

    `part` is one of `BODY_PARTS`, or "eye" or "leg"; `tone` is "base", "shade", "light" or "line".
    """

    part: str
    tone: str
    points: np.ndarray  # (n, 2)
    width: float = 0.0


@dataclass(frozen=True)
class Pose:
    """What decides a bird's outline: everything but its colours.

    `tilt` (degrees) and `fold` (how far the tail droops, degrees) vary a posture a little.
    """

    size: str = "medium"
    beak_shape: str = "cone"
    tail_shape: str = "rounded"
    posture: str = "perched"
    tilt: float = 0.0
    fold: float = 0.0


@lru_cache(maxsize=1)
def _catmull_rom() -> np.ndarray:
    t = np.arange(_SAMPLES)[:, None] / _SAMPLES
    basis = [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]
    return 0.5 * np.concatenate(basis, axis=1)  # (samples, 4)


def smooth(points: Sequence | np.ndarray, closed: bool = True) -> np.ndarray:
    """Return a Catmull-Rom curve through `points` (n, 2), ten points for each control point."""
    controls = np.asarray(points, dtype=float)
    if closed:
        padded = np.concatenate([controls[-1:], controls, controls[:2]])
    else:
        padded = np.concatenate([controls[:1], controls, controls[-1:]])
    windows = np.stack([padded[i : i + len(padded) - 3] for i in range(4)])  # (4, segments, 2)
    curve = np.einsum("sk,knd->nsd", _catmull_rom(), windows).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, controls[-1:]])


def _turned(points: Sequence | np.ndarray, degrees: float, centre=(0.0, 0.0)) -> np.ndarray:
    """Turn points anticlockwise on the picture (the beak's side goes up)."""
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return (np.asarray(points, dtype=float) - centre) @ matrix + centre


def _blend(start: RGB, end: RGB, amount: float) -> RGB:
    red, green, blue = (round(s + (e - s) * amount) for s, e in zip(start, end, strict=True))
    return red, green, blue


@lru_cache(maxsize=64)
def tones(colour: RGB) -> dict[str, RGB]:
    """Return the four tones that a flat colour is shaded with: base, shade, light and line."""
    luminance = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]
    white, ink = (255, 255, 255), (38, 24, 44)
    if luminance < 60:  # black is shaded with lighter tones, or its feathers would not be seen
        shade, line = _blend(colour, (0, 0, 0), 0.4), _blend(colour, (150, 155, 180), 0.38)
        return {"base": colour, "shade": shade, "light": _blend(colour, white, 0.13), "line": line}
    if luminance > 235:
        shade, line = _blend(colour, (120, 135, 175), 0.2), _blend(colour, (90, 96, 120), 0.5)
        return {"base": colour, "shade": shade, "light": white, "line": line}
    return {
        "base": colour,
        "shade": _blend(colour, ink, 0.17),
        "light": _blend(colour, white, 0.2),
        "line": _blend(colour, ink, 0.42),
    }


@lru_cache(maxsize=4096)
def bird_shapes(pose: Pose) -> tuple[Shape, ...]:
    """Return the shapes of a bird, from the back to the front."""
    tilt = _TILT[pose.posture] + pose.tilt
    length, radius = _BODY_LENGTH[pose.size], _HEAD_RADIUS[pose.size]

    def body(*points: tuple[float, float]) -> np.ndarray:
        return _turned(np.array(points) * (length, 1.0), tilt)

    head = body((0.45, -0.12))[0] + (0.05, -0.05 - _NECK[pose.size])

    def on_head(*polar: tuple[float, float]) -> np.ndarray:
        """Points given as (angle anticlockwise from the beak, distance in head radii)."""
        turns = np.radians([angle for angle, _ in polar])
        distance = radius * np.array([[far] for _, far in polar])
        return head + distance * np.stack([np.cos(turns), -np.sin(turns)], axis=1)

    outline_controls = np.concatenate([
        on_head((8, 1), (-38, 1.0)),
        body((0.46, 0.12), (0.32, 0.30), (0.04, 0.38), (-0.28, 0.27), (-0.52, 0.04)),
        body((-0.44, -0.13), (-0.14, -0.27)),
        on_head((192, 1.0), (150, 1.0), (105, 1.0), (55, 1.0)),
    ])  # fmt: skip
    outline = smooth(outline_controls)

    def along(first: int, last: int) -> np.ndarray:
        """The outline from control point `first` to control point `last`."""
        return outline[first * _SAMPLES : last * _SAMPLES + 1]

    shapes = [*_legs(body), *_tail(pose, body)]
    shapes.append(Shape("back", "base", outline))
    shapes.append(Shape("back", "light", _strip(along(8, 9))))

    inner = np.concatenate([
        on_head((-8, 0.62), (-80, 0.55)),
        body((0.24, 0.0), (0.06, 0.17), (-0.24, 0.18)),
    ])  # fmt: skip
    belly = np.concatenate([along(0, 6)[3:-4], smooth(inner, closed=False)[::-1]])
    shapes.append(Shape("belly", "base", belly))
    shapes.append(Shape("belly", "shade", _crescent(along(3, 6)[:-6], body((0.0, 0.0))[0], 0.16)))
    for x, y in ((0.38, 0.10), (0.30, 0.2), (0.41, -0.02), (0.2, 0.26), (0.32, 0.04)):
        shapes.append(Shape("belly", "shade", _tick(body((x, y))[0], tilt), 0.016))

    shapes += _wing(pose, body, tilt)
    shapes += _crown(on_head, outline)
    shapes += _beak(pose, head, radius)
    shapes += _eye(head + radius * np.array([0.40, -0.04]), 0.045 + 0.17 * radius)
    return tuple(shapes)


def _strip(edge: np.ndarray) -> np.ndarray:
    """A thin band of light just under an edge."""
    return np.concatenate([edge, (edge + np.array([0.12, 0.35]) * 0.07)[::-1]])


def _crescent(edge: np.ndarray, centre: np.ndarray, depth: float) -> np.ndarray:
    """A crescent of shade between an edge and its copy drawn towards `centre`."""
    swell = np.sin(np.linspace(0, math.pi, len(edge)))[:, None]
    return np.concatenate([edge, (edge + (centre - edge) * depth * 2 * swell)[::-1]])


def _tick(at: np.ndarray, tilt: float) -> np.ndarray:
    """A small feather mark like a smile."""
    return at + _turned([(-0.025, -0.01), (0.0, 0.014), (0.025, -0.01)], tilt - 60)


def _legs(body: Callable) -> list[Shape]:
    shapes = []
    hips = body((0.10, 0.33), (-0.10, 0.30))
    ground = float(hips[:, 1].max()) + 0.20
    for hip, lean in zip(hips, (0.05, 0.02), strict=True):
        foot = np.array([hip[0] + lean, ground])
        shapes.append(Shape("leg", "base", np.array([hip - (0, 0.06), foot]), 0.036))
        for toe in ((0.085, 0.022), (0.045, 0.04), (-0.055, 0.026)):
            shapes.append(Shape("leg", "base", np.array([foot, foot + toe]), 0.028))
    return shapes


def _tail(pose: Pose, body: Callable) -> list[Shape]:
    """The tail, in the back's colour, under the body."""
    root = body((-0.44, -0.02))[0]
    tilt = _TILT[pose.posture] + pose.tilt
    if pose.tail_shape == "forked":
        blade = [(0.08, 0.09), (-0.3, 0.13), (-0.62, 0.24), (-0.44, 0.03), (-0.36, 0.0),
                 (-0.44, -0.03), (-0.66, -0.17), (-0.3, -0.11), (0.08, -0.09)]  # fmt: skip
        veins = [[(-0.1, 0.05), (-0.52, 0.18)], [(-0.1, -0.05), (-0.54, -0.12)]]
    elif pose.tail_shape == "rounded":
        blade = [(0.08, 0.1), (-0.2, 0.19), (-0.38, 0.2), (-0.47, 0.1), (-0.5, 0.0),
                 (-0.47, -0.1), (-0.38, -0.18), (-0.2, -0.15), (0.08, -0.09)]  # fmt: skip
        veins = [[(-0.1, y * 0.4), (-0.44, y)] for y in (0.12, 0.04, -0.04, -0.11)]
    else:
        blade = [(0.08, 0.08), (-0.3, 0.1), (-0.7, 0.1), (-0.92, 0.05), (-0.95, -0.01),
                 (-0.9, -0.06), (-0.7, -0.09), (-0.3, -0.09), (0.08, -0.08)]  # fmt: skip
        veins = [[(-0.1, 0.02), (-0.86, 0.03)], [(-0.1, -0.02), (-0.8, -0.03)]]
    turn = tilt * 0.75 + 4 - pose.fold

    def place(points):
        return _turned(points, turn) + root

    shapes = [Shape("back", "base", place(smooth(blade)))]
    lower = smooth(blade[:4], closed=False)
    shapes.append(Shape("back", "shade", place(_crescent(lower, np.array([-0.2, 0.0]), 0.18))))
    shapes += [Shape("back", "line", place(vein), 0.014) for vein in veins]
    return shapes


def _wing(pose: Pose, body: Callable, tilt: float) -> list[Shape]:
    """A wing of three rows of feathers, folded or raised."""
    blade = [(0.24, -0.07), (0.22, 0.08), (0.06, 0.20), (-0.2, 0.20), (-0.42, 0.13),
             (-0.72, 0.04), (-0.42, -0.05), (-0.1, -0.12), (0.12, -0.14)]  # fmt: skip
    shoulder = body((0.17, -0.02))[0]

    def place(points) -> np.ndarray:
        placed = body(*[tuple(point) for point in points])
        return _turned(placed, -76, shoulder) if pose.posture == "fluttering" else placed

    edge = smooth(blade)
    shapes = [Shape("wing", "base", place(edge))]
    flight = smooth([(-0.22, 0.20), (-0.42, 0.13), (-0.72, 0.04), (-0.42, -0.05), (-0.2, -0.1),
                     (-0.13, 0.05)])  # fmt: skip
    shapes.append(Shape("wing", "shade", place(flight)))
    covert = smooth([(0.22, -0.06), (0.2, 0.07), (0.08, 0.15), (0.02, 0.03), (0.08, -0.11)])
    shapes.append(Shape("wing", "light", place(covert)))
    for y in (0.13, 0.07, 0.01):
        vein = smooth([(-0.16, y * 0.9), (-0.36, y * 0.75), (-0.62, 0.03 + y * 0.1)], closed=False)
        shapes.append(Shape("wing", "line", place(vein), 0.013))
    rows = ((-0.12, -0.085, 0.185, 4), (0.02, -0.11, 0.185, 4), (0.13, -0.1, 0.13, 3))
    for x, low, high, count in rows:
        bounds = np.linspace(low, high, count + 1)
        for top, bottom in zip(bounds[:-1], bounds[1:], strict=True):
            turns = np.linspace(0, math.pi, 7)
            middle, half = (top + bottom) / 2, (bottom - top) / 2
            scallop = np.stack([x - 0.05 * np.sin(turns), middle - half * np.cos(turns)], axis=1)
            shapes.append(Shape("wing", "line", place(scallop), 0.012))
    shapes.append(Shape("wing", "line", place(np.concatenate([edge, edge[:1]])), 0.015))
    return shapes


def _crown(on_head: Callable, outline: np.ndarray) -> list[Shape]:
    """A cap over the top of the head, with a tuft."""
    top = outline[10 * _SAMPLES - 4 :]  # nape to beak, over the top of the head
    brow = on_head((6, 0.94), (14, 0.70), (50, 0.20), (150, 0.35), (172, 0.75), (176, 0.98))
    cap = np.concatenate([top, smooth(brow, closed=False)])
    tuft = smooth(on_head((70, 0.9), (92, 1.16), (118, 1.36), (128, 1.40), (122, 1.2), (134, 1.27),
                          (146, 1.25), (140, 1.07), (150, 0.9), (110, 0.6)))  # fmt: skip
    shine = on_head((40, 0.80), (65, 0.86), (95, 0.86), (88, 0.70), (62, 0.68))
    quill = smooth(on_head((105, 0.85), (118, 1.06), (125, 1.28)), closed=False)
    return [
        Shape("crown", "base", tuft),
        Shape("crown", "base", cap),
        Shape("crown", "light", smooth(shine)),
        Shape("crown", "line", quill, 0.012),
    ]


def _beak(pose: Pose, head: np.ndarray, radius: float) -> list[Shape]:
    if pose.beak_shape == "cone":
        upper = [(0.80, -0.36), (1.25, -0.24), (1.72, 0.10), (1.2, 0.12), (0.82, 0.08)]
        lower = [(0.82, 0.02), (1.2, 0.08), (1.60, 0.12), (1.25, 0.30), (0.84, 0.36)]
    elif pose.beak_shape == "long":
        upper = [(0.82, -0.26), (1.4, -0.16), (2.35, 0.10), (1.6, 0.10), (0.86, 0.06)]
        lower = [(0.84, 0.0), (1.5, 0.06), (2.25, 0.12), (1.5, 0.24), (0.86, 0.28)]
    else:
        upper = [(0.78, -0.42), (1.25, -0.42), (1.62, -0.14), (1.62, 0.42), (1.42, 0.16),
                 (0.82, 0.12)]  # fmt: skip
        lower = [(0.82, 0.04), (1.2, 0.10), (1.42, 0.16), (1.2, 0.36), (0.84, 0.36)]
    shapes = []
    for points, tone in ((lower, "shade"), (upper, "base")):
        blade = head + radius * smooth(points)
        shapes.append(Shape("beak", tone, blade))
    ridge = head + radius * smooth(upper[-2:] + [(0.82, 0.1)], closed=False)
    shapes.append(Shape("beak", "line", ridge, 0.014))
    nostril = head + radius * np.array([(1.02, -0.12), (1.12, -0.09)])
    shapes.append(Shape("beak", "line", nostril, 0.018))
    return shapes


def _eye(centre: np.ndarray, size: float) -> list[Shape]:
    turns = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return [
        Shape("eye", "light", centre + circle * size),
        Shape("eye", "base", centre + circle * size * 0.78),
        Shape("eye", "light", centre + size * np.array([0.26, -0.26]) + circle * size * 0.26),
    ]


def bird_bounds(pose: Pose) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a bird, in bird coordinates."""
    points = np.concatenate([shape.points for shape in bird_shapes(pose)])
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def feet_level(pose: Pose) -> float:
    """Return the height, in bird coordinates, of the ground that a bird stands on."""
    return max(float(s.points[:, 1].max()) for s in bird_shapes(pose) if s.part == "leg") - 0.02


def paint_bird(
    draw: ImageDraw.ImageDraw,
    pose: Pose,
    ink: Callable[[str, str], object],
    scale: tuple[float, float],
    offset: tuple[float, float],
) -> None:
    """Paint a bird's shapes.

    `ink(part, tone)` gives the colour, or None to leave a shape out. A point (x, y) of the bird
    lands on pixel (x * scale[0] + offset[0], y * scale[1] + offset[1]); a negative scale[0] makes
    it face left.
    """
    stretch = math.sqrt(abs(scale[0] * scale[1]))
    for shape in bird_shapes(pose):
        colour = ink(shape.part, shape.tone)
        if colour is None:
            continue
        points = (shape.points * scale + offset).ravel().tolist()
        if shape.width:
            width = max(1, round(shape.width * stretch))
            draw.line(points, fill=colour, width=width, joint="curve")  # type: ignore[arg-type]
        else:
            draw.polygon(points, fill=colour)  # type: ignore[arg-type]
