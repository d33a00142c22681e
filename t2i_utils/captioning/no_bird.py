"""Tell birds from what the ImageNet network never saw: noise, patterns, text and drawings.

ImageNet's classes are photographs. Of other pictures the network says anything; noise it takes for
a bird. So a logistic regression on its deepest map, averaged over the picture, learns to tell
birds from pictures that are drawn here by chance.
"""

import numpy as np
from PIL import Image, ImageDraw

from t2i_utils.captioning.regions import IMAGE_SIZE

LEAST_BIRD = 0.15  # below this probability of a bird, a description comes with a warning
PENALTY = 1e-3  # on the squared weights, of standardised features
STEPS = 400
LETTERS = "etaoin shrdlu ETAOINSHRDLU 0123456789"


def without_birds(random: np.random.Generator, count: int) -> np.ndarray:
    """Noise, patterns, text and drawings, in turn: (count, 224, 224, 3) uint8."""
    kinds = (_noise, _pattern, _text, _drawing)
    return np.stack([kinds[place % len(kinds)](random) for place in range(count)])


def fit_presence(birds: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression on means of `mean_of`, the offset last.

    Args:
        birds: (n, width), means of pictures of birds.
        others: (m, width), of pictures without.

    Returns:
        (width + 1,) float32.
    """
    features = np.concatenate([birds, others]).astype("float64")
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-3
    features = np.c_[(features - mean) / scale, np.ones(len(features))]
    label = np.r_[np.ones(len(birds)), np.zeros(len(others))]
    each = np.r_[np.full(len(birds), 0.5 / len(birds)), np.full(len(others), 0.5 / len(others))]
    weights = np.zeros(features.shape[1])
    rate = 4 / (each @ (features**2).sum(axis=1))  # below 1 / curvature
    for _ in range(STEPS):
        error = each * (1 / (1 + np.exp(-features @ weights)) - label)
        weights -= rate * (features.T @ error + PENALTY * weights)
    weights[:-1] /= scale
    weights[-1] -= weights[:-1] @ mean
    return weights.astype("float32")


def _tone(random: np.random.Generator) -> tuple[int, ...]:
    return tuple(random.integers(0, 256, 3).tolist())


def _blend(share: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Two colours, mixed by shares (height, width) or (height, width, 3)."""
    first, second = np.array(_tone(random)), np.array(_tone(random))
    share = share[..., None] if share.ndim == 2 else share
    return (first + share * (second - first)).astype(np.uint8)


def _noise(random: np.random.Generator) -> np.ndarray:
    """Grains of any size, grey or coloured, on top of any two colours."""
    side = int(random.choice([4, 8, 16, 32, 64, 112, 224]))
    grains = random.random((side, side, int(random.choice([1, 3])))) ** random.uniform(0.5, 2)
    grains = np.broadcast_to(grains, (side, side, 3))
    picture = (255 * grains).astype(np.uint8)
    if random.random() < 0.5:
        picture = _blend(grains, random)
    how = random.choice([Image.Resampling.NEAREST, Image.Resampling.BICUBIC])
    return np.asarray(
        Image.fromarray(picture).resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling(how))
    )


def _pattern(random: np.random.Generator) -> np.ndarray:
    """A gradient, stripes, or a chequered board."""
    rows, columns = np.mgrid[:IMAGE_SIZE, :IMAGE_SIZE] / IMAGE_SIZE
    turn = random.uniform(0, np.pi)
    along, across = (
        rows * np.cos(turn + quarter) + columns * np.sin(turn + quarter)
        for quarter in (0, np.pi / 2)
    )
    times = random.uniform(1, 20)
    kind = random.integers(4)
    if kind == 0:
        return _blend(np.full(rows.shape, random.random()), random)
    if kind == 1:
        return _blend((along - along.min()) / np.ptp(along), random)
    stripes = (along * times).astype(int) + (kind == 3) * (across * times).astype(int)
    return _blend((stripes % 2).astype(float), random)


def _canvas(random: np.random.Generator) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    paper = (255, 255, 255) if random.random() < 0.6 else _tone(random)
    image = Image.new("RGB", (IMAGE_SIZE, IMAGE_SIZE), paper)
    return image, ImageDraw.Draw(image)


def _text(random: np.random.Generator) -> np.ndarray:
    image, pen = _canvas(random)
    size = int(random.integers(8, 48))
    ink = (0, 0, 0) if random.random() < 0.6 else _tone(random)
    for top in range(int(random.integers(0, 20)), IMAGE_SIZE, int(1.4 * size)):
        line = "".join(random.choice(list(LETTERS), int(random.integers(3, 60))))
        pen.text((int(random.integers(0, 30)), top), line, fill=ink, font_size=size)
    return np.asarray(image)


def _drawing(random: np.random.Generator) -> np.ndarray:
    """Lines, ellipses, boxes and polygons, filled or not."""
    image, pen = _canvas(random)
    for _ in range(int(random.integers(1, 15))):
        corners = random.integers(0, IMAGE_SIZE, (int(random.integers(2, 6)), 2))
        ink, width = _tone(random), int(random.integers(1, 8))
        fill = _tone(random) if random.random() < 0.5 else None
        box = [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]
        kind = random.integers(4)
        if kind == 0:
            pen.line([tuple(corner) for corner in corners.tolist()], ink, width)
        elif kind == 1:
            pen.ellipse(box, fill, ink, width)
        elif kind == 2:
            pen.rectangle(box, fill, ink, width)
        elif len(corners) > 2:
            pen.polygon([tuple(corner) for corner in corners.tolist()], fill, ink)
    return np.asarray(image)
