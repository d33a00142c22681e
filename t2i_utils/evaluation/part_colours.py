"""Did the picture do what the caption said? The colours of a toy bird's parts, read off its pixels.

Analysis by synthesis: `data.toy.drawing` paints a map of the parts for every pose, size and shape.
The map that cuts a picture into the most uniform regions (Otsu's criterion, for many regions) says
where each part is. The part's median colour, in CIELAB, gets the name of the nearest colour of the
palette. Nothing is trained, and the caption is not looked at.

The pictures are boxes stretched to 64 px, flipped or not. A drawn bird may be a few pixels larger,
smaller or to the side, so each map is painted in a frame of 76 px with the box in its middle, and
every place of the picture in that frame is tried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from t2i_utils.data.toy.drawing import (
    BEAK_SHAPES,
    BODY_PARTS,
    PALETTE,
    POSTURES,
    SIZES,
    TAIL_SHAPES,
    Pose,
    bird_bounds,
    paint_bird,
)
from t2i_utils.errors import InputError

UNSEEN = "unseen"  # the name for a part that the crop left out
PICTURE, BOX = 64, 76  # pixels: what is judged, and the frame in which it may lie
MARGIN = 0.12  # of the bird's width and height, on each side, in that frame
_FINER = 4  # a map is drawn four times finer than its pixels
_REGIONS = {part: index + 1 for index, part in enumerate(BODY_PARTS)}  # 0 is the background
_REGIONS |= {"leg": 6, "eye": 7}
_EYE_WHITE = 8
_NUM_REGIONS = 12  # the nine above, and three more bands of background
_CANDIDATES = 12  # poses that the coarse search hands to the fine one
_FINALISTS = 3  # of them, the ones whose tilt is tried
_TILTS = (-3.0, 0.0, 3.0)


def rgb_to_lab(pixels: np.ndarray) -> np.ndarray:
    """Convert sRGB (..., 3) in 0..255 to CIELAB (..., 3), white point D65, as float32."""
    linear = np.asarray(pixels, dtype=np.float32) / 255
    linear = np.where(linear > 0.04045, ((linear + 0.055) / 1.055) ** 2.4, linear / 12.92)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722],
                       [0.0193, 0.1192, 0.9505]], dtype=np.float32)  # fmt: skip
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089], dtype=np.float32)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    lab = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
    return lab.astype(np.float32)


class _Map(NamedTuple):
    """Which region each pixel of a box belongs to, and which pixels show a part's own tone."""

    regions: np.ndarray  # (BOX, BOX) uint8
    pure: np.ndarray  # (BOX, BOX) uint8: the part where every sub-pixel has its base tone, else 0


def _painted(pose: Pose, ink) -> np.ndarray:
    """Paint a box with `ink` and return it as (BOX * _FINER,) * 2."""
    left, top, right, bottom = bird_bounds(pose)
    side = BOX * _FINER
    scale_x = side / ((right - left) * (1 + 2 * MARGIN))
    scale_y = side / ((bottom - top) * (1 + 2 * MARGIN))
    offset = (side / 2 - scale_x * (left + right) / 2, side / 2 - scale_y * (top + bottom) / 2)
    image = Image.new("L", (side, side), 0)
    paint_bird(ImageDraw.Draw(image), pose, ink, (scale_x, scale_y), offset)
    return np.asarray(image)


@lru_cache(maxsize=2048)
def _map_of(pose: Pose) -> _Map:
    def region(part: str, tone: str) -> int:
        return _EYE_WHITE if (part, tone) == ("eye", "light") else _REGIONS[part]

    fine = _painted(pose, region).reshape(BOX, _FINER, BOX, _FINER).swapaxes(1, 2)
    fine = fine.reshape(BOX, BOX, -1)
    counts = np.stack([(fine == index).sum(axis=-1) for index in range(_EYE_WHITE + 1)])
    base = _painted(pose, lambda part, tone: _REGIONS[part] if tone == "base" else 255)
    base = base.reshape(BOX, _FINER, BOX, _FINER).swapaxes(1, 2).reshape(BOX, BOX, -1)
    pure = np.where((base == base[..., :1]).all(axis=-1), base[..., 0], 0)
    pure[pure > len(BODY_PARTS)] = 0
    return _Map(counts.argmax(axis=0).astype(np.uint8), pure.astype(np.uint8))


@lru_cache(maxsize=1)
def _poses() -> tuple[Pose, ...]:
    return tuple(Pose(*choice) for choice in product(SIZES, BEAK_SHAPES, TAIL_SHAPES, POSTURES))


def _with_bands(windows: np.ndarray) -> np.ndarray:
    """Split the background of (n, side, side) region maps into four bands of height."""
    side = windows.shape[1]
    band = np.array([0, 9, 10, 11], dtype=np.uint8)[np.arange(side) * 4 // side]
    return np.where(windows == 0, band[None, :, None], windows)


def _coarse(lab: np.ndarray) -> np.ndarray:
    """Rate every pose, way of facing and shift at half the resolution.

    Args:
        lab: (n, 64, 64, 3) pictures.

    Returns:
        The best `_CANDIDATES` as (n, _CANDIDATES, 4) of (pose, facing left, row, column), where
        row and column are the crop's place in the box, in pixels of the box.
    """
    half = lab.reshape(len(lab), PICTURE // 2, 2, PICTURE // 2, 2, 3).mean(axis=(2, 4))
    both = np.stack([half, half[:, :, ::-1]])  # (2, n, 32, 32, 3)
    pixels = np.ascontiguousarray(both.reshape(2 * len(lab), -1, 3).transpose(1, 0, 2))
    pixels = pixels.reshape(len(pixels), -1)  # (1024, 2 * n * 3)
    shifts = list(product(range(0, (BOX - PICTURE) // 2 + 1, 2), repeat=2))
    ratings = []
    for pose in _poses():
        regions = _map_of(pose).regions[::2, ::2]
        side = PICTURE // 2
        windows = np.stack([regions[row : row + side, col : col + side] for row, col in shifts])
        labels = _with_bands(windows).reshape(len(shifts), -1)
        members = (labels[:, None] == np.arange(_NUM_REGIONS)[:, None]).astype(np.float32)
        sums = members.reshape(-1, members.shape[-1]) @ pixels
        sums = sums.reshape(len(shifts), _NUM_REGIONS, 2, len(lab), 3)
        weight = 1 / np.maximum(members.sum(axis=-1), 1)  # (shifts, regions)
        energy = (sums**2).sum(axis=-1) * weight[:, :, None, None]
        ratings.append(energy.sum(axis=1).transpose(2, 1, 0))
    rating = np.stack(ratings, axis=1)  # (n, poses, 2, shifts)
    # Neighbouring shifts of one pose rate alike: keep the best shift of each pose and facing.
    shift = rating.argmax(axis=-1).reshape(len(lab), -1)
    best = rating.max(axis=-1).reshape(len(lab), -1)
    order = np.argsort(-best, axis=1)[:, :_CANDIDATES]
    place = 2 * np.array(shifts)[np.take_along_axis(shift, order, axis=1)]
    return np.concatenate([np.stack([order // 2, order % 2], axis=-1), place], axis=-1)


class _Fit(NamedTuple):
    """A pose laid over a picture: how well it explains it, and where its parts are."""

    rating: float
    pose: Pose
    mirrored: bool
    row: int
    column: int


def _best_place(pixels: np.ndarray, mirrored: bool, pose: Pose, row: int, column: int,
                step: int) -> _Fit:  # fmt: skip
    """Try the nine places `step` pixels around (row, column) and return the best.

    `pixels` (4096, 3) is the picture, mirrored already where it faces left.
    """
    room = range(BOX - PICTURE + 1)
    places = [
        (r, c)
        for r in (row - step, row, row + step)
        for c in (column - step, column, column + step)
        if r in room and c in room
    ]
    regions = _map_of(pose).regions
    windows = np.stack([regions[r : r + PICTURE, c : c + PICTURE] for r, c in places])
    labels = _with_bands(windows).reshape(len(places), -1)
    keys = (labels + _NUM_REGIONS * np.arange(len(places))[:, None]).ravel()
    size = _NUM_REGIONS * len(places)
    count = np.maximum(np.bincount(keys, minlength=size), 1)
    energy = np.zeros(size)
    for channel in pixels.T:
        energy += np.bincount(keys, np.tile(channel, len(places)), size) ** 2 / count
    rating = energy.reshape(len(places), -1).sum(axis=1)
    top = int(rating.argmax())
    return _Fit(float(rating[top]), pose, mirrored, *places[top])


def _fine(lab: np.ndarray, candidates: np.ndarray) -> _Fit:
    """Settle one picture's pose at full resolution, its tilt included."""
    facing = [np.ascontiguousarray(side.reshape(-1, 3)) for side in (lab, lab[:, ::-1])]
    fits = [
        _best_place(facing[mirrored], bool(mirrored), _poses()[pose], row, column, step=2)
        for pose, mirrored, row, column in candidates
    ]
    fits = sorted(fits, key=lambda fit: -fit.rating)[:_FINALISTS]
    tilted = [
        _best_place(facing[fit.mirrored], fit.mirrored, replace(fit.pose, tilt=tilt), fit.row,
                    fit.column, step=1)
        for fit in fits
        for tilt in _TILTS
    ]  # fmt: skip
    return max(tilted, key=lambda fit: fit.rating)


def part_colours(pictures: np.ndarray) -> list[dict[str, str]]:
    """Name the colour of each part of the toy birds in some pictures.

    Args:
        pictures: (n, 64, 64, 3) uint8: the bird's box stretched to a square, flipped or not, and
            at most 6 px off its place.

    Returns:
        For each picture, part (of `BODY_PARTS`) to colour (a name of `PALETTE`, or "unseen").

    Raises:
        InputError: For pictures of another shape or type.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or pictures.shape[1:] != (PICTURE, PICTURE, 3):
        raise InputError(
            f"part colours: pictures of shape {pictures.shape}; "
            f"expected (n, {PICTURE}, {PICTURE}, 3)"
        )
    if pictures.dtype != np.uint8:
        raise InputError(f"part colours: pictures are {pictures.dtype}; expected uint8 (0 to 255)")
    named: list[dict[str, str]] = []
    for start in range(0, len(pictures), 100):  # memory stays flat
        lab = rgb_to_lab(pictures[start : start + 100])
        for picture, candidates in zip(lab, _coarse(lab), strict=True):
            named.append(_read_colours(picture, _fine(picture, candidates)))
    return named


def _read_colours(lab: np.ndarray, fit: _Fit) -> dict[str, str]:
    """Name the median colour of each part, from its own tone where enough pixels show it."""
    pixels = lab[:, ::-1] if fit.mirrored else lab
    window = (slice(fit.row, fit.row + PICTURE), slice(fit.column, fit.column + PICTURE))
    regions, pure = (layer[window] for layer in _map_of(fit.pose))
    names = list(PALETTE)
    palette = rgb_to_lab(np.array(list(PALETTE.values())))
    colours = {}
    for part in BODY_PARTS:
        seen = pixels[pure == _REGIONS[part]]
        if len(seen) < 3:
            seen = pixels[regions == _REGIONS[part]]
        if not len(seen):
            colours[part] = UNSEEN
            continue
        distance = np.linalg.norm(palette - np.median(seen, axis=0), axis=1)
        colours[part] = names[int(distance.argmin())]
    return colours


def share_in_colour(
    found: Sequence[Mapping[str, str]], named_parts: Sequence[Mapping[str, str]]
) -> tuple[float, float]:
    """The share of the parts that captions name which were found in their colour; its error.

    The parts of one picture go together: pictures, not parts, are independent.

    Args:
        found: of each picture, the colours of its parts, as `part_colours` gives them.
        named_parts: For each picture, the part to colour pairs that its caption names; any subset
            of the parts.

    Raises:
        InputError: When the lengths differ, nothing is named, or a part or colour is unknown.
    """
    if len(found) != len(named_parts):
        raise InputError(
            f"part colours: {len(found)} pictures but {len(named_parts)} captions; need as many"
        )
    pairs = [pair for named in named_parts for pair in named.items()]
    if not pairs:
        raise InputError("part colours: no caption names a part; nothing to score")
    for part, colour in pairs:
        if part not in BODY_PARTS or colour not in PALETTE:
            raise InputError(
                f"part colours: {part!r} in {colour!r} is not known; parts are "
                f"{', '.join(BODY_PARTS)}, colours {', '.join(PALETTE)}"
            )
    right = np.array([
        sum(seen[part] == colour for part, colour in named.items())
        for seen, named in zip(found, named_parts, strict=True)
    ])  # fmt: skip
    parts = np.array([len(named) for named in named_parts])
    share = right.sum() / parts.sum()
    return float(share), float(np.sqrt(((right - share * parts) ** 2).sum()) / parts.sum())
