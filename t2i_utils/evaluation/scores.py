"""A score with everything needed to read it, and the scores that are computed from features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2i_utils.evaluation.alignment import NUM_WRONG, r_precision, shuffle_across_classes
from t2i_utils.evaluation.colour_words import score_colours
from t2i_utils.evaluation.diversity import mean_pairwise_distance, nearest_neighbours
from t2i_utils.evaluation.frechet import fit_gaussian, frechet_distance
from t2i_utils.evaluation.kernel import kernel_distance
from t2i_utils.evaluation.measurements import Measurements
from t2i_utils.evaluation.neighbourhoods import compare_neighbourhoods

NUM_NEAREST = 8  # pictures shown in the report, each beside its nearest training photograph
NEAR_QUANTILE = 0.05  # a picture nearer than this quantile of held-out photographs is a near copy


@dataclass(frozen=True)
class Score:
    """A measure of a generator, beside the same measure of real photographs.

    Attributes:
        measure: its name.
        value: of the generator's pictures.
        photographs: the same measure of held-out photographs: the ceiling. None if it cannot be
            measured on photographs.
        better: "higher" or "lower"; "neither" if the value of photographs is the best.
        n: how many pictures were scored.
        network: the network whose features were compared.
        compared_with: what the pictures were compared with, such as a set of photographs.
        standard_error: of `value`, or None if it is not known.
        shuffled: the same measure of the same pictures, with the captions of other birds.
        chance: the value that guessing would give.
        is_share: whether the values are shares of pictures, from 0 to 1.
    """

    measure: str
    value: float
    photographs: float | None
    better: str
    n: int
    network: str
    compared_with: str
    standard_error: float | None = None
    shuffled: float | None = None
    chance: float | None = None
    is_share: bool = True


def share_error(share: float, count: int) -> float:
    """The standard error of a share of `count` independent pictures.

    Half a picture is added to the successes and half to the failures (Agresti and Coull, 1998, for
    one standard error). So the error is never zero, not even for 0 of 500 pictures.
    """
    share = (share * count + 0.5) / (count + 1)
    return float(np.sqrt(share * (1 - share) / (count + 1)))


def score_realism(
    drawn: Measurements, real: Measurements, training: np.ndarray, network: str
) -> list[Score]:
    """Birdness, distances and neighbourhoods of generated pictures and held-out photographs.

    Args:
        drawn: of n generated pictures.
        real: of n held-out photographs.
        training: features (m, 1280) of training photographs in random order. The first n of them
            are compared with `real`: that is the ceiling.
        network: the ImageNet network's name.
    """
    birds, count = float(drawn.is_bird.mean()), len(drawn.is_bird)
    return [
        Score("birdness", birds, float(real.is_bird.mean()), "higher", count, network,
              "59 of 1,000 classes", share_error(birds, count)),
        *score_distances(drawn.features, real.features, training, network),
        *score_neighbourhoods(drawn.features, real.features, training, network),
    ]  # fmt: skip


def score_distances(
    drawn: np.ndarray, real: np.ndarray, training: np.ndarray, network: str
) -> list[Score]:
    """KID and FID of generated features against held-out photographs.

    Args:
        drawn: (n, width), of generated pictures.
        real: (n, width), of held-out photographs.
        training: (m, width), of training photographs in random order, as in `score_realism`.
        network: the network's name.
    """
    count, training = len(drawn), training[: len(drawn)]
    kernel, gaussian = kernel_distance(real, drawn), fit_gaussian(real)
    own, ceiling = (frechet_distance(gaussian, fit_gaussian(other)) for other in (drawn, training))
    held_out = f"{len(real)} held-out photographs"
    return [
        Score("KID x 1000", 1000 * kernel.value, 1000 * kernel_distance(real, training).value,
              "lower", count, network, held_out, 1000 * kernel.standard_error, is_share=False),
        Score("FID", own, ceiling, "lower", count, network, held_out, is_share=False),
    ]  # fmt: skip


def score_neighbourhoods(
    drawn: np.ndarray, real: np.ndarray, training: np.ndarray, network: str
) -> list[Score]:
    """Precision, recall, density and coverage: none where the pictures are too few for them.

    The arguments are those of `score_distances`.
    """
    own = compare_neighbourhoods(drawn, real)
    ceiling = compare_neighbourhoods(training[: len(drawn)], real)
    if own is None or ceiling is None:
        return []
    return [
        Score(name, value, best, "higher", len(drawn), network, f"{len(real)} held-out photographs",
              is_share=name != "density")
        for name, value, best in zip(own._fields, own, ceiling, strict=True)
    ]  # fmt: skip


def score_alignment(
    drawn: Measurements,
    real: Measurements,
    text_vectors: np.ndarray,
    captions: Sequence[str],
    class_ids: np.ndarray,
    seed: int,
) -> list[Score]:
    """R-precision and colour words of pictures, with their own captions and with those of others.

    Row i of every argument belongs to caption i; row i of `real` is the photograph that the caption
    was written for.
    """
    count = len(captions)
    other = shuffle_across_classes(class_ids, seed)
    wrong = min(NUM_WRONG, count - int(np.unique(class_ids, return_counts=True)[1].max()))
    own = r_precision(drawn.vectors, text_vectors, class_ids, wrong, seed)
    of_others = r_precision(drawn.vectors, text_vectors[other], class_ids[other], wrong, seed)
    of_photographs = r_precision(real.vectors, text_vectors, class_ids, wrong, seed)
    scores = [
        Score("R-precision", own, of_photographs, "higher", count, "matcher",
              f"{wrong} captions of other classes", share_error(own, count), of_others,
              1 / (1 + wrong))
    ]  # fmt: skip
    colours = score_colours(drawn.hues, captions)
    if colours is not None:
        shuffled = score_colours(drawn.hues, [captions[int(row)] for row in other])
        photographs = score_colours(real.hues, captions)
        assert shuffled is not None and photographs is not None  # the same captions
        scores.append(
            Score("colour word", colours.share, photographs.share, "higher", colours.count,
                  "none (hue of the middle)", "the median picture",
                  share_error(colours.share, colours.count), shuffled.share)
        )  # fmt: skip
    return scores


def score_diversity(
    samples: np.ndarray, photographs: np.ndarray, class_ids: np.ndarray, network: str
) -> Score:
    """Mean distance between pictures of one caption; for photographs, of one class.

    Args:
        samples: (captions, k, 1280): k pictures of each of some captions.
        photographs: (m, 1280), held out.
        class_ids: (m,), of the photographs.
        network: the ImageNet network's name.
    """
    num_captions, per_caption = samples.shape[:2]
    distances = [mean_pairwise_distance(group) for group in samples]
    groups = [np.flatnonzero(class_ids == name)[:per_caption] for name in np.unique(class_ids)]
    real = [mean_pairwise_distance(photographs[rows]) for rows in groups if len(rows) > 1]
    return Score(
        "diversity", float(np.mean(distances)),
        float(np.mean(real)) if real else None, "higher",
        num_captions * per_caption, network, f"{per_caption} pictures of one caption",
        float(np.std(distances, ddof=1) / np.sqrt(num_captions)), is_share=False,
    )  # fmt: skip


def score_copying(
    drawn: np.ndarray, photographs: np.ndarray, training: np.ndarray, network: str
) -> tuple[list[Score], tuple[np.ndarray, np.ndarray]]:
    """How near pictures are to training photographs, compared with held-out photographs.

    Everything is measured at 64 px, for both stages: a copy is a copy at any size.

    Args:
        drawn: (n, 1280), of generated pictures.
        photographs: (k, 1280), held out.
        training: (m, 1280), of all training photographs.
        network: the ImageNet network's name.

    Returns:
        The scores, and the nearest pairs: their rows in `drawn` and in `training`.
    """
    rows, distances = nearest_neighbours(drawn, training)
    _, usual = nearest_neighbours(photographs, training)
    near = np.quantile(usual, NEAR_QUANTILE)
    copies = float((distances < near).mean())
    count, among = len(drawn), f"{len(training)} training photographs, all at 64 px"
    scores = [
        Score("distance to the nearest training photograph", float(distances.mean()),
              float(usual.mean()), "neither", count, network, among,
              float(distances.std(ddof=1) / np.sqrt(count)), is_share=False),
        Score("nearer to one than 95 % of photographs are", copies, float((usual < near).mean()),
              "lower", count, network, among, share_error(copies, count)),
    ]  # fmt: skip
    nearest = np.argsort(distances)[:NUM_NEAREST]
    return scores, (nearest, rows[nearest])
