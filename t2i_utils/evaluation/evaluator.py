"""Judge a generator: draw the captions of held-out photographs, measure and score."""

import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.config import IMAGE_SIZES
from t2i_utils.data.toy.drawing import PALETTE
from t2i_utils.evaluation.alignment import shuffle_across_classes
from t2i_utils.evaluation.caption_parts import named_parts, swap_colours
from t2i_utils.evaluation.features import WIDTH
from t2i_utils.evaluation.inception import InceptionV3
from t2i_utils.evaluation.measurements import Measurements, measure
from t2i_utils.evaluation.part_colours import PICTURE, part_colours, share_in_colour
from t2i_utils.evaluation.photographs import (
    fill,
    photograph_features,
    photographs,
    shuffled_rows,
)
from t2i_utils.evaluation.protocol import EvaluationProtocol
from t2i_utils.evaluation.scores import (
    Score,
    score_alignment,
    score_copying,
    score_distances,
    score_diversity,
    score_realism,
    share_error,
)
from t2i_utils.files import mapped_zeros
from t2i_utils.pictures import resize

NUM_CAPTIONS, PER_CAPTION = 25, 8  # of the diversity score
NUM_PARTS = 200  # toy birds whose parts are looked at


@dataclass(frozen=True)
class Evaluation:
    """The scores of one stage, what they were taken on, and pairs of pictures for the report.

    Attributes:
        about: everything that must be said beside every score.
        scores: of the generator.
        enlarged: of Stage I's pictures at Stage II's size; empty where Stage I itself is judged.
        pairs: (k, 2, 64, 64, 3) uint8: the pictures nearest to a training photograph, each
            with that photograph.
        seconds: that each part of the work took.
    """

    about: dict[str, Any]
    scores: list[Score]
    enlarged: list[Score]
    pairs: np.ndarray
    seconds: dict[str, float]


def evaluate(protocol: EvaluationProtocol) -> Evaluation:
    """Judge one stage of a generator; memory does not grow with the number of pictures.

    Raises:
        InputError: the pack's folder or the temporary one cannot be written.
    """
    pack, stage, name = protocol.pack, protocol.stage, protocol.extractor.name
    count, seconds = len(protocol.rows), {}
    started = time.perf_counter()

    def finish(part: str) -> None:
        seconds[part] = round(time.perf_counter() - started - sum(seconds.values()), 1)

    held_out = _photographs(protocol, "test", stage)
    small_training = _photographs(protocol, "train", 1)
    training = small_training if stage == 1 else _photographs(protocol, "train", stage, count)
    small_held_out = held_out if stage == 1 else _photographs(protocol, "test", 1)
    finish("features of photographs, kept for the next time")
    with tempfile.TemporaryDirectory(prefix="t2i-evaluation-") as scratch:
        folder, networks = Path(scratch), (protocol.extractor, protocol.matcher)
        chunks = photographs(pack, protocol.rows, stage)
        real = measure(chunks, count, *networks, folder, "photographs", held_out[:count])
        drawn = measure(protocol.drawn(stage), count, *networks, folder, "pictures")
        finish("pictures")
        scores = score_realism(drawn, real, training, name)
        if protocol.inception is not None:
            scores += _score_by_inception(protocol, protocol.inception, folder)
            finish(protocol.inception.name)
        texts = _text_vectors(protocol, protocol.captions)
        scores += score_alignment(
            drawn, real, texts, protocol.captions, protocol.class_ids, protocol.seed
        )
        scores += [*_score_part_colour(protocol, drawn, real, texts), *_score_toy_parts(protocol)]
        classes = pack.class_ids[shuffled_rows(pack, protocol.split, "test")]
        scores.append(score_diversity(_samples(protocol), held_out, classes, name))
        small = drawn.features if stage == 1 else _shrunk_features(protocol, folder)
        copying, pairs = score_copying(small, small_held_out[:count], small_training, name)
        scores += copying
        finish("scores")
        enlarged: list[Score] = []
        if stage == 2:
            first = measure(protocol.drawn(1), count, *networks, folder, "pictures of stage 1")
            enlarged = score_realism(first, real, training, name)
            finish("Stage I enlarged")
    return Evaluation(protocol.about(), scores, enlarged, _show(protocol, *pairs), seconds)


def _photographs(
    protocol: EvaluationProtocol, part: str, stage: int, limit: int | None = None
) -> np.ndarray:
    return photograph_features(
        protocol.pack, protocol.split, part, stage, protocol.extractor, limit
    )


def _shrunk_features(protocol: EvaluationProtocol, folder: Path) -> np.ndarray:
    """Features of the pictures at 64 px: copies are looked for at that size in both stages."""
    store = mapped_zeros(folder / "shrunk.npy", np.float32, (len(protocol.rows), WIDTH))
    chunks = (resize(chunk, IMAGE_SIZES[1]) for chunk in protocol.drawn(protocol.stage))
    fill(store, chunks, protocol.extractor, "pictures at 64 px")
    return store


def _score_by_inception(
    protocol: EvaluationProtocol, network: InceptionV3, folder: Path
) -> list[Score]:
    """KID and FID on the literature's network."""

    def features(name: str, chunks: Iterable[np.ndarray], count: int) -> np.ndarray:
        path, shape = folder / f"inception_{name}.npy", (count, network.width)
        store = mapped_zeros(path, np.float32, shape)
        fill(store, chunks, network, f"{network.name}, {name}")
        return store

    pack, stage, count = protocol.pack, protocol.stage, len(protocol.rows)
    training = shuffled_rows(pack, protocol.split, "train")[:count]
    return score_distances(
        features("pictures", protocol.drawn(stage), count),
        features("photographs", photographs(pack, protocol.rows, stage), count),
        features("training", photographs(pack, training, stage), len(training)),
        network.name,
    )


def _text_vectors(protocol: EvaluationProtocol, captions: Sequence[str]) -> np.ndarray:
    """What the matcher makes of sentences, (k, 128)."""
    return protocol.matcher.text_vectors(protocol.synthesizer.encoder.encode(captions))


def _samples(protocol: EvaluationProtocol) -> np.ndarray:
    """Features (captions, k, 1280) of k pictures of each of the first captions."""
    places = np.arange(min(NUM_CAPTIONS, len(protocol.rows)))
    features = np.empty((len(places), PER_CAPTION, WIDTH), np.float32)
    for variation in range(PER_CAPTION):
        pictures = protocol.draw(places, protocol.stage, variation)
        features[:, variation] = protocol.extractor(pictures)
    return features


def _score_part_colour(
    protocol: EvaluationProtocol, drawn: Measurements, real: Measurements, texts: np.ndarray
) -> list[Score]:
    """Whether a picture matches its caption better than the same one with another colour."""
    swapped = swap_colours(protocol.captions, protocol.seed)
    places = np.array([place for place, text in enumerate(swapped) if text is not None], int)
    if not len(places):
        return []
    wrong_texts = _text_vectors(protocol, [text for text in swapped if text is not None])
    margin = texts[places] - wrong_texts  # (k, 128)
    other = shuffle_across_classes(protocol.class_ids, protocol.seed)
    own, photographs, shuffled = (
        float(((vectors * margin).sum(axis=1) > 0).mean())
        for vectors in (drawn.vectors[places], real.vectors[places], drawn.vectors[other[places]])
    )
    return [
        Score("colour of a part", own, photographs, "higher", len(places), "matcher",
              "the caption with another colour for one part", share_error(own, len(places)),
              shuffled)
    ]  # fmt: skip


def _score_toy_parts(protocol: EvaluationProtocol) -> list[Score]:
    """The share of named parts that have their colour.

    It is exact, because toy birds are drawn by rule; other birds, and other crops, give no score.
    """
    manifest = protocol.pack.manifest
    if not is_toy(manifest) or manifest["crop"] != "box":
        return []
    named = [named_parts(caption) for caption in protocol.captions]
    places = np.array([place for place, parts in enumerate(named) if parts], int)[:NUM_PARTS]
    if not len(places):
        return []
    parts = [named[place] for place in places]
    drawn = part_colours(resize(protocol.draw(places, protocol.stage), PICTURE))
    real = part_colours(np.concatenate([*photographs(protocol.pack, protocol.rows[places], 1)]))
    other = shuffle_across_classes(protocol.class_ids, protocol.seed)[places]
    own, error = share_in_colour(drawn, parts)
    photographs_share, _ = share_in_colour(real, parts)
    shuffled, _ = share_in_colour(drawn, [named[place] for place in other])
    return [
        Score("parts in their colour", own, photographs_share, "higher", len(places),
              "none (shapes and colours)", f"{sum(map(len, parts))} parts that captions name",
              error, shuffled, 1 / len(PALETTE))
    ]  # fmt: skip


def is_toy(manifest: dict[str, Any]) -> bool:
    """Whether a pack holds toy birds: their classes are named by the colours of three parts."""
    names = manifest["class_names"].values()
    return all("_crowned_" in name and "_winged_" in name for name in names)


def _show(protocol: EvaluationProtocol, places: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Drawn pictures at some places beside training photographs, (k, 2, 64, 64, 3)."""
    rows = shuffled_rows(protocol.pack, protocol.split, "train")[rows]
    pictures = resize(protocol.draw(places, protocol.stage), IMAGE_SIZES[1])
    originals = np.concatenate([*photographs(protocol.pack, rows, 1)])
    return np.stack([pictures, originals], axis=1)
