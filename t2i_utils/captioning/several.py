"""Notice a second bird, and look at the larger one of them.

The reader looks for each part of a bird wherever it may be. Where there are two birds, it looks for
all of them in two places, with a gap between: two hills and a valley, on the map of its looks.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from t2i_utils.captioning.bird_finder import find_boxes, look_at
from t2i_utils.captioning.no_bird import LEAST_BIRD
from t2i_utils.captioning.reader import PartReader, Reading
from t2i_utils.captioning.regions import RegionEncoder, RegionFeatures
from t2i_utils.data.crops import Box, crop_window

SOFTEN = 0.2  # power of the looks, so that second choices are seen beside the first
FLOOR = 1e-6  # of a look, which is 0.005 where it is spread over all places
APART = 4.0  # places between two summits at least, of 14 along a side
# Depth of the valley between two birds at least, as a share of the higher summit. With a look at
# each hill alone, 0.5 % of 600 photographs of one bird, of training classes, are taken for two, and
# 65 of 100 pairs of photographs side by side.
LEAST_DEPTH = 0.19


def look_at_larger(
    encoder: RegionEncoder,
    reader: PartReader,
    pictures: Sequence[Image.Image],
    windows: Sequence[Box],
    seen: RegionFeatures,
    reading: Reading,
) -> tuple[RegionFeatures, Reading, np.ndarray]:
    """Look again, at the larger bird alone, where there are several.

    Where the map of looks has two hills, each is looked at alone. Two birds are two hills of which
    each looks like a bird. One bird's head and tail, or a bird and a branch, seldom do.

    Args:
        encoder: the eyes.
        reader: of parts.
        pictures: n of them.
        windows: where each was looked at, (left, top, right, bottom) in pixels.
        seen: what was seen there.
        reading: what was read there.

    Returns:
        `seen` and `reading`, of the larger bird where there are several, and (n,) bool, where
        there are. The probability of a bird stays that of the first look, or becomes higher.
    """
    depths, hills = two_hills(reading.looks)
    rows = np.flatnonzero(depths > LEAST_DEPTH)
    several = np.zeros(len(depths), bool)
    if not len(rows):
        return seen, reading, several
    shares = find_boxes(hills[rows].reshape(-1, *hills.shape[2:])).reshape(-1, 2, 4)
    seen = RegionFeatures(*(array.copy() for array in seen))
    reading = Reading(*(array.copy() for array in reading))
    for row, own in zip(rows.tolist(), shares, strict=True):  # two at a time: compiled once
        cuts = [_window_around(pictures[row].size, windows[row], share) for share in own]
        both = look_at(encoder, [pictures[row]] * 2, cuts)
        if both.bird.min() < LEAST_BIRD:
            continue
        several[row] = True
        larger = RegionFeatures(*(array[:1] for array in both))
        larger = larger._replace(bird=np.maximum(larger.bird, seen.bird[row]))
        read = reader(larger.low, larger.regions)
        for whole, part in [*zip(seen, larger, strict=True), *zip(reading, read, strict=True)]:
            whole[row] = part[0]
    return seen, reading, several


def _window_around(size: tuple[int, int], window: Box, share: np.ndarray) -> Box:
    """The window around a box (x, y, width, height), in shares of an earlier window's sides."""
    left, top, right, bottom = window
    across, down = right - left, bottom - top
    x, y, width, height = share * (across, down, across, down)
    return crop_window(size, (left + x, top + y, width, height), "paper")


def two_hills(looks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How deep the valley is between two places where parts are looked for.

    From the highest place of the map, the height that a walk to each other place cannot but
    come down to is found by reconstruction (Vincent, IEEE Trans. Image Processing 2(2), 1993).

    Args:
        looks: (n, parts, side, side), of `Reading`.

    Returns:
        (n,), the depth below the lower summit as a share of the higher one, in [0, 1]; and
        (n, 2, side, side), the larger hill and the other one, as far as they rise above the
        valley; 0 elsewhere.
    """
    hills = _smooth((np.maximum(looks, FLOOR).astype("float32") ** SOFTEN).mean(axis=1))
    n, side = hills.shape[:2]
    rows, columns = np.mgrid[:side, :side]
    first = hills.reshape(n, -1).argmax(axis=1)
    reached = _reached(hills, first)
    far = np.hypot(rows - first[:, None, None] // side, columns - first[:, None, None] % side)
    below = np.where(far >= APART, hills - reached, 0).reshape(n, -1)
    second = below.argmax(axis=1)
    depth = below.max(axis=1) / hills.max(axis=(1, 2))
    valley = reached.reshape(n, -1)[np.arange(n), second]
    rise = np.maximum(hills - valley[:, None, None], 0)
    nearer = _reached(hills, second) > reached  # to the second summit
    both = np.stack([rise * ~nearer, rise * nearer], axis=1)
    order = np.argsort(-both.sum(axis=(2, 3)), axis=1, kind="stable")
    return depth, np.sqrt(both[np.arange(n)[:, None], order])


def _smooth(maps: np.ndarray) -> np.ndarray:
    """Each place mixed with its neighbours, by 1, 2, 1 along each axis."""
    for axis in (1, 2):
        width = [(0, 0), (0, 0), (0, 0)]
        width[axis] = (1, 1)
        padded = np.moveaxis(np.pad(maps, width, "edge"), axis, 0)
        maps = np.moveaxis((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4, 0, axis)
    return maps


def _reached(hills: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The lowest height on the best walk from a start (n,) to each place, (n, side, side)."""
    n, side = hills.shape[:2]
    reached = np.zeros((n, side + 2, side + 2), hills.dtype)
    inside = reached[:, 1:-1, 1:-1]
    inside[np.arange(n), starts // side, starts % side] = hills.reshape(n, -1)[np.arange(n), starts]
    while True:
        across = np.maximum(np.maximum(reached[:, :-2], reached[:, 2:]), reached[:, 1:-1])
        best = np.maximum(np.maximum(across[..., :-2], across[..., 2:]), across[..., 1:-1])
        found = np.minimum(hills, best)
        if (found == inside).all():
            return found
        inside[:] = found
