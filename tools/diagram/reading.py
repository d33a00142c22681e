"""Diagrams of the way back from pictures to words, and of the measures."""

import numpy as np

from tools.diagram import shapes
from tools.diagram.bird import draw_bird
from tools.diagram.kit import NORMAL, Box, Diagram, shape_text

SAID = ("<start>", "this", "bird", "is", "red")


def captioner() -> Diagram:
    """From regions to the next word."""
    reader = shapes.captioner()
    regions, width = reader.regions[0], reader.memory[1]
    d = Diagram(
        "captioner",
        "The captioner, from regions to words",
        f"""Left: a frozen image network describes {regions} regions of the picture,
        {shape_text(reader.regions)}. An encoder block lets regions look at each other and gives the
        memory, {shape_text(reader.memory)}. Right: words said so far become vectors. Each of
        {reader.blocks} decoder blocks has self-attention with a causal mask, so that no place sees
        later words, cross-attention to the memory, and a feed-forward part. A score for each of
        {reader.vocabulary} words follows at every place: the next word.""",
        618,
    )
    d.text(112, 34, "What it sees", size=NORMAL + 1, bold=True)
    picture = draw_bird(d, 80, 48, 64)
    eyes = d.box(24, 134, 176, 50, "Image network", "frozen", role="frozen")
    d.arrow(picture.bottom, eyes.top, kind="maps")
    grid = Box(78, 206, 68, 68)
    step = grid.width / reader.side
    for place in range(regions):
        row, column = divmod(place, reader.side)
        d.rectangle(Box(grid.x + column * step, grid.y + row * step, step, step), "maps", radius=1)
    d.arrow(eyes.bottom, grid.top, kind="maps")
    d.shape(112, 290, reader.regions)
    encoder = d.box(
        24,
        318,
        176,
        84,
        "Encoder block",
        f"dense to {width}, + place,",
        "regions see regions,",
        "feed-forward",
    )
    d.arrow((112, 295), encoder.top, kind="maps")
    d.text(112, 442, "memory", bold=True)
    d.shape(112, 458, reader.memory)
    d.arrow(encoder.bottom, (112, 428), kind="maps")

    d.text(404, 34, "What was said so far", size=NORMAL + 1, bold=True)
    _chips(d, 48, SAID)
    vectors = d.box(244, 96, 320, 34, "", "word vector + place vector", role="text")
    d.arrow((404, 76), vectors.top, kind="text")
    d.rectangle(Box(228, 148, 352, 276), "plain", radius=10)
    d.text(
        566, 171, f"{reader.blocks} decoder blocks of {reader.heads} heads", anchor="end", bold=True
    )
    parts = (
        ("Self-attention", "to this and earlier words", "text"),
        ("Cross-attention", f"to all {regions} regions", "maps"),
        ("Feed-forward", f"{width} → {4 * width} → {width}", "plain"),
    )
    boxes = [
        d.box(244, 188 + 78 * number, 216, 50, title, note, role=role)
        for number, (title, note, role) in enumerate(parts)
    ]
    d.arrow((300, 130), (300, 188), kind="text")
    for before, after in zip(boxes, boxes[1:], strict=False):
        d.arrow((300, before.bottom[1]), (300, after.y), kind="text")
    d.arrow((150, 438), (214, 438), (214, 291), boxes[1].left, kind="maps")
    _mask(d, 496, 180, 62)
    d.text(527, 256, "the mask", ink="soft")
    _looks(d, 496, 268, 62, reader.side)
    d.text(527, 344, "one look", ink="soft")
    d.text(520, 366, "each part is", "added to what", "came in", ink="soft")

    d.box(
        244,
        446,
        320,
        34,
        "",
        f"a score for each of {reader.vocabulary} words, at each place",
        role="text",
    )
    d.arrow((300, 394), (300, 446), kind="text")
    _chips(d, 506, (*SAID[1:], "<end>"))
    d.arrow((404, 480), (404, 506), kind="text")
    d.text(404, 554, "the next word at each place", bold=True)
    d.text(
        300,
        584,
        "Training does all places in one go. Describing says one word, puts it into",
        f"the row above, and asks again: {reader.words} places at most.",
        ink="soft",
    )
    return d


def _chips(d: Diagram, y: float, words: tuple[str, ...]) -> None:
    for number, word in enumerate(words):
        d.box(244 + 65 * number, y, 60, 27, "", word, role="text")


def _mask(d: Diagram, x: float, y: float, side: float) -> None:
    """Row by row, the places that each place may see."""
    count = len(SAID)
    step = side / count
    for row in range(count):
        for column in range(count):
            role = "text" if column <= row else "plain"
            box = d.rectangle(Box(x + column * step, y + row * step, step, step), role, radius=1)
            if column <= row:
                d.rectangle(Box(box.x + step / 2 - 2, box.y + step / 2 - 2, 4, 4), "dot", radius=2)


def _looks(d: Diagram, x: float, y: float, side: float, count: int) -> None:
    """The grid of regions, some of them looked at."""
    step = side / count
    for row in range(count):
        for column in range(count):
            looked = (row - 3) ** 2 + (column - 3) ** 2 <= 2
            box = d.rectangle(
                Box(x + column * step, y + row * step, step, step),
                "maps" if looked else "plain",
                radius=1,
            )
            if looked:
                d.rectangle(Box(box.x + step / 2 - 2, box.y + step / 2 - 2, 4, 4), "dot-maps", 2)


SEES, PARTLY, BLIND = 2, 1, 0
ASPECTS = ("realism", "text", "diversity", "copying")
MEASURES = (
    ("KID and FID", "two clouds of features", (SEES, BLIND, PARTLY, BLIND)),
    ("Precision and recall", "wrong pictures, missing pictures", (SEES, BLIND, PARTLY, BLIND)),
    ("R-precision", "own caption against 99 others", (BLIND, SEES, BLIND, BLIND)),
    ("Colours", "of the parts that a caption names", (BLIND, SEES, BLIND, BLIND)),
    ("Spread in a caption", "pictures of one caption, by pairs", (BLIND, BLIND, SEES, BLIND)),
    ("Nearest training picture", "beside held-out real pictures", (BLIND, BLIND, BLIND, SEES)),
    ("Your eyes", "pictures chosen by chance", (SEES, SEES, PARTLY, PARTLY)),
)


def measures() -> Diagram:
    """Which measure sees what."""
    words = {SEES: "sees", PARTLY: "sees in part", BLIND: "is blind to"}
    told = " ".join(
        f"{name}: "
        + ", ".join(f"{words[mark]} {aspect}" for aspect, mark in zip(ASPECTS, marks, strict=True))
        + "."
        for name, _, marks in MEASURES
    )
    top, step = 66, 50
    bottom = top + step * len(MEASURES)
    d = Diagram("measures", "What each measure sees", told, bottom + 92)
    columns = [320, 388, 464, 544]
    d.text(24, 42, "Measure", size=NORMAL, anchor="start", bold=True)
    for x, aspect in zip(columns, ASPECTS, strict=True):
        d.text(x, 42, aspect, size=NORMAL, bold=True)
    for number, (name, note, marks) in enumerate(MEASURES):
        y = top + step * number
        if number % 2 == 0:
            d.rectangle(Box(14, y - 4, 572, step), "stripe", radius=6)
        d.text(24, y + 17, name, size=NORMAL, anchor="start", bold=True)
        d.text(24, y + 35, note, anchor="start", ink="soft")
        for x, mark in zip(columns, marks, strict=True):
            _mark(d, x, y + 21, mark)
    y = bottom + 24
    for x, mark, word in (
        (36, SEES, "sees it"),
        (146, PARTLY, "in part"),
        (252, BLIND, "is blind to it"),
    ):
        _mark(d, x, y, mark)
        d.text(x + 18, y + 5, word, anchor="start", ink="soft")
    d.text(
        24,
        y + 36,
        "In part: the first two see that a whole set is too uniform, and not that each",
        "caption has one bird only. Eyes need many pictures side by side.",
        anchor="start",
        ink="soft",
    )
    return d


def _mark(d: Diagram, x: float, y: float, amount: int, radius: float = 9) -> None:
    """A full, a half or an empty circle."""
    d.element("circle", cx=x, cy=y, r=radius, **{"class": "empty"})
    if amount == SEES:
        d.element("circle", cx=x, cy=y, r=radius, **{"class": "dot"})
    elif amount == PARTLY:
        half = f"M{x} {y - radius}A{radius} {radius} 0 0 0 {x} {y + radius}Z"
        d.element("path", d=half, **{"class": "dot"})


NEAREST = 3  # a ball reaches to the third nearest fellow, as in the notebook
# Places on a sheet of 240 x 180 units: most drawn ones are crowded, four lie where nothing real is.
REAL = ((44, 62), (60, 100), (72, 64), (94, 88), (98, 46), (118, 108), (126, 70), (150, 92),
        (150, 134), (174, 116), (182, 146), (204, 128))  # fmt: skip
DRAWN = ((56, 74), (64, 84), (72, 74), (78, 86), (62, 64), (86, 72), (82, 60), (92, 78),
         (196, 30), (208, 40), (212, 24), (200, 46))  # fmt: skip


def balls() -> Diagram:
    """Precision and recall in two dimensions: who lies in whose balls."""
    real, drawn = np.array(REAL, float), np.array(DRAWN, float)
    precise, recalled = _inside(drawn, real), _inside(real, drawn)
    counts = [f"{inside.sum()} of {len(inside)}" for inside in (precise, recalled)]
    d = Diagram(
        "balls",
        "Precision and recall in two dimensions",
        f"""Two clouds of points, real ones as circles and drawn ones as squares. Left, balls around
        the real points: {counts[0]} drawn points lie in one, and this is the precision. Right,
        balls around the drawn points: {counts[1]} real points lie in one, and this is the recall.
        Most drawn points are crowded together, so their balls are small and reach few.""",
        344,
    )
    panels = (
        (30, "Precision", "balls around real pictures", real, precise, "drawn"),
        (330, "Recall", "balls around drawn pictures", drawn, recalled, "real"),
    )
    for left, title, note, cloud, inside, name in panels:
        d.text(left + 120, 34, title, size=NORMAL + 1, bold=True)
        d.text(left + 120, 54, note, ink="soft")
        role = "text" if cloud is real else "maps"
        for (x, y), radius in zip(cloud, _radii(cloud), strict=True):
            d.element("circle", cx=left + x, cy=84 + y, r=radius, opacity=0.45, **{"class": role})
        _points(d, left, real, "dot", np.ones(len(real), bool) if cloud is real else inside)
        _points(d, left, drawn, "dot-maps", np.ones(len(drawn), bool) if cloud is drawn else inside)
        share = f"{inside.sum()} of {len(inside)} {name} ones are covered: {inside.mean():.0%}"
        d.text(left + 120, 286, share, bold=True)
    for x, kind, word in ((130, "dot", "real"), (206, "dot-maps", "drawn")):
        _points(d, x, np.array([[0.0, 232.0]]), kind, np.ones(1, bool))
        d.text(x + 14, 320, word, anchor="start", ink="soft")
    d.text(330, 320, "hollow: in no ball, so not covered", anchor="start", ink="soft")
    return d


def _distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.linalg.norm(first[:, None] - second, axis=-1)


def _radii(cloud: np.ndarray) -> np.ndarray:
    """How far each point's ball reaches."""
    return np.sort(_distances(cloud, cloud), axis=1)[:, NEAREST]


def _inside(points: np.ndarray, cloud: np.ndarray) -> np.ndarray:
    """Which points lie in the ball of some point of the cloud."""
    return (_distances(points, cloud) <= _radii(cloud)).any(axis=1)


def _points(d: Diagram, left: float, places: np.ndarray, kind: str, inside: np.ndarray) -> None:
    """Real points as circles, drawn ones as squares; hollow what lies in no ball."""
    for (x, y), covered in zip(places, inside, strict=True):
        x, y = left + x, 84 + y
        if kind == "dot":
            d.element("circle", cx=x, cy=y, r=4.5, **{"class": kind if covered else "empty"})
        else:
            d.rectangle(Box(x - 4, y - 4, 8, 8), kind if covered else "maps", radius=1)
