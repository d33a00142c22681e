"""Captions as people type them: does the picture show the colour, a bird, and no noise?

`typed_captions.csv` has short captions, odd ones (typos, capitals, single words), long ones, and
short ones in 15 other languages. All were written by hand. No pattern of another language but
the plainest ("a red bird") is among those that training sentences are made of.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.evaluation.colour_words import hue_and_vividness
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.pictures import resize
from t2i_utils.text.caption_facts import COLOURS
from t2i_utils.text.whitening import limit_length

_FILE = Path(__file__).with_name("typed_captions.csv")
# A picture shows a colour clearly when more of its middle has it than in 80 % of real pictures
# whose captions do not name it (see `least_amounts`), and at least so much:
LEAST_SHARE = {"photographs": 0.02, "toy": 0.05}  # a toy bird's crown alone is not enough
# Of 2,400 photographs (CUB, boxes, 64 px) and 400 toy birds. Of the photographs whose captions
# agree on the bird's colour these pass: orange 100 %, yellow 94, red and blue 92, black 84, green
# 78, brown 76, white 73, grey 63; pink and purple are too rare to say.
LEAST_AMOUNTS = {
    "photographs": {
        "red": 0.02, "orange": 0.02, "yellow": 0.02, "green": 0.052, "blue": 0.02, "purple": 0.02,
        "brown": 0.139, "black": 0.19, "white": 0.053, "grey": 0.268, "pink": 0.02,
    },
    "toy": {
        "red": 0.05, "orange": 0.05, "yellow": 0.05, "green": 0.05, "blue": 0.05, "purple": 0.05,
        "brown": 0.05, "black": 0.05, "white": 0.304, "grey": 0.05, "pink": 0.05,
    },
}  # fmt: skip
# How restless real pictures are (see `restlessness`): 1 % are calmer than the first number, 1 %
# wilder than the second. Calmer is blurred, wilder is noise.
RESTLESSNESS = {"photographs": (3.1, 14.7), "toy": (3.8, 6.8)}


class TypedCaption(NamedTuple):
    """A caption, and what its picture should show.

    Attributes:
        caption: as typed.
        language: a code such as "en" or "zh-Hant".
        kind: "short", "odd" or "long".
        colour: of `COLOURS`, or "" where it names none.
        part: what has the colour: "bird", or a part of it.
    """

    caption: str
    language: str
    kind: str
    colour: str
    part: str


class TypedScore(NamedTuple):
    """Shares of the pictures of one group of captions.

    Attributes:
        group: of captions: a kind or a language.
        count: captions.
        coloured: captions that name a colour.
        colour: share of these whose picture shows it clearly; NaN where there is none.
        birdness: share in which the ImageNet network sees a bird.
        noise: share that is more restless than real pictures.
        blurred: share that is less restless than real pictures.
    """

    group: str
    count: int
    coloured: int
    colour: float
    birdness: float
    noise: float
    blurred: float


def read_typed_captions() -> list[TypedCaption]:
    """The captions of `typed_captions.csv`, whose columns are those of `TypedCaption`."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return [TypedCaption(**row) for row in csv.DictReader(file)]


def draw_typed(
    synthesizer: Synthesizer,
    captions: Sequence[str],
    limit: float | None = None,
    seed: int = 0,
    stage: int = 1,
) -> np.ndarray:
    """One picture of each caption, (n, size, size, 3) uint8.

    Args:
        synthesizer: of the weights.
        captions: sentences.
        limit: of the length of whitened embeddings; None leaves them as they are.
        seed: of the noise; caption i gets noise i.
        stage: 1 (64 px) or 2 (256 px).
    """
    embeddings, _ = limit_length(synthesizer.embed(captions), limit)
    return synthesizer.draw(embeddings, synthesizer.noise(len(captions), seed), stage)[stage]


def colour_amounts(pictures: np.ndarray) -> np.ndarray:
    """The share of pixels of each colour in the middle quarter of the area of pictures.

    Args:
        pictures: (n, size, size, 3) uint8.

    Returns:
        (n, 11) float32, in the order of `COLOURS`. A pixel may have two colours, or none.
    """
    margin = pictures.shape[1] // 4
    rgb = pictures[:, margin:-margin, margin:-margin].astype("float32") / 255
    hue, _ = hue_and_vividness(rgb)
    bright = rgb.max(axis=-1)
    saturation = (bright - rgb.min(axis=-1)) / np.maximum(bright, 1e-6)
    vivid = (saturation >= 0.3) & (bright >= 0.25)

    def between(first: float, last: float) -> np.ndarray:
        return (hue - first) % 360 < last - first

    masks = {
        "red": between(-25, 14) & vivid & (saturation >= 0.45),
        "orange": between(14, 40) & vivid & (saturation >= 0.5) & (bright >= 0.5),
        "yellow": between(40, 70) & vivid & (saturation >= 0.4) & (bright >= 0.45),
        "green": between(65, 170) & (saturation >= 0.3) & (bright >= 0.25),
        "blue": between(170, 260) & vivid,
        "purple": between(255, 320) & (saturation >= 0.2) & (bright >= 0.15),
        "brown": between(-10, 45) & (saturation >= 0.25) & (bright >= 0.15) & (bright < 0.65),
        "black": bright < 0.25,
        "white": (saturation < 0.2) & (bright > 0.75),
        "grey": (saturation < 0.18) & (bright >= 0.25) & (bright <= 0.75),
        "pink": between(300, 365) & (saturation >= 0.15) & (saturation < 0.6) & (bright >= 0.6),
    }
    return np.stack([masks[colour].mean(axis=(1, 2)) for colour in COLOURS], 1).astype("float32")


def least_amounts(amounts: np.ndarray, named: Sequence[set[str]], floor: float) -> dict[str, float]:
    """How much of a colour a picture must show, so that it shows it clearly.

    Args:
        amounts: (n, 11), of `colour_amounts` of real pictures.
        named: for each of them the words of all its captions.
        floor: the least of all: see `LEAST_SHARE`.

    Returns:
        Colour to share: 80 % of the pictures whose captions do not name it show less.
    """
    least = {}
    for column, colour in enumerate(COLOURS):
        without = amounts[[colour not in words for words in named], column]
        amount = float(np.quantile(without, 0.8)) if without.size else 0.0
        least[colour] = max(floor, round(amount, 3))
    return least


def restlessness(pictures: np.ndarray) -> np.ndarray:
    """How much neighbouring pixels of pictures (n, size, size, 3) uint8 differ at 64 px.

    Returns:
        (n,) float32: the mean difference of a pixel from its four neighbours' mean, in levels of
        0 to 255.
    """
    colours = resize(pictures, 64).astype("float32")
    inner = colours[:, 1:-1, 1:-1]
    around = colours[:, :-2, 1:-1] + colours[:, 2:, 1:-1]
    around = around + colours[:, 1:-1, :-2] + colours[:, 1:-1, 2:]
    return np.abs(inner - around / 4).mean(axis=(1, 2, 3))


def score_typed(
    pictures: np.ndarray,
    captions: Sequence[TypedCaption],
    extractor: FeatureExtractor,
    real: str = "photographs",
) -> list[TypedScore]:
    """Score pictures of captions, by kind and by language.

    Args:
        pictures: (n, size, size, 3) uint8, one a caption.
        captions: (n,).
        extractor: the ImageNet network; Lite2 for any score that is to be reported.
        real: what the weights were trained on: "photographs" or "toy".
    """
    least, (calm, wild) = LEAST_AMOUNTS[real], RESTLESSNESS[real]
    amounts = colour_amounts(resize(pictures, 64))
    shown = np.array([
        float(amount[COLOURS.index(row.colour)] > least[row.colour]) if row.colour else np.nan
        for amount, row in zip(amounts, captions, strict=True)
    ])  # fmt: skip
    is_bird = extractor.sees_bird(extractor(pictures))
    restless = restlessness(pictures)
    groups: dict[str, list[int]] = {}
    for place, row in enumerate(captions):
        english = row.language == "en"
        names = [f"{row.kind}, English"] if english else ["15 languages", row.language]
        for name in names:
            groups.setdefault(name, []).append(place)
    return [
        TypedScore(
            name,
            len(places),
            int(np.isfinite(shown[places]).sum()),
            float(np.nanmean(shown[places])) if np.isfinite(shown[places]).any() else np.nan,
            float(is_bird[places].mean()),
            float((restless[places] > wild).mean()),
            float((restless[places] < calm).mean()),
        )
        for name, places in groups.items()
    ]


def typed_table(scores: Sequence[TypedScore]) -> list[str]:
    """Lines of a Markdown table."""
    lines = [
        "| captions | n | named colour shown | birdness | noise | blurred |",
        "| --- " * 6 + "|",
    ]
    for score in scores:
        colour = f"{100 * score.colour:.0f} % of {score.coloured}" if score.coloured else ""
        lines.append(
            f"| {score.group} | {score.count} | {colour} | {100 * score.birdness:.0f} % | "
            f"{100 * score.noise:.0f} % | {100 * score.blurred:.0f} % |"
        )
    return lines
