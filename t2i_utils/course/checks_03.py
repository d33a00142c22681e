"""Checks of the exercises in notebook 03 (Stage-I GAN)."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from t2i_utils.course.checks import as_array, call, is_blank, short, verdict
from t2i_utils.stackgan.losses import TEMPERATURE

# --- exercise 1 --------------------------------------------------------------------------------


def check_block_shapes(answer: Any, shapes: Sequence[tuple[int, int, int]]) -> bool:
    """Exercise 1: (height, width, channels) after each upsampling block of the generator.

    Args:
        answer: the learner's list of shapes.
        shapes: the right ones, taken from the model.
    """
    if is_blank(answer) or is_blank(list(answer) if isinstance(answer, tuple) else answer):
        return verdict(False, "replace each ... by the shape after a block, first to last")
    found = as_array(answer)
    right = np.array(shapes)
    if found is None or found.shape != right.shape:
        return verdict(
            False, f"{len(right)} shapes (height, width, channels) are wanted, got {short(answer)}"
        )
    if np.array_equal(found, right):
        return verdict(True, "height and width double, channels halve: " + _shapes(right))
    double, halved = right * (1, 1, 2), right // (2, 2, 1)
    for wrong, hint in (
        (double, "the gate halves the channels: one half is the value, one half opens or shuts it"),
        (right * (1, 1, 4), "glu_upsample gets channels // 2 and returns as many: no doubling"),
        (halved, "each block doubles first: after the first one, 4 px have become 8"),
        (halved * (1, 1, 2), "each block doubles height and width first: 4 px become 8"),
        (right[::-1], "from the first block (few pixels) to the last (many pixels)"),
        (np.concatenate([right[:, :2], right[::-1, 2:]], axis=1),
         "channels fall while the picture grows: few pixels know much, many know little"),
    ):  # fmt: skip
        if np.array_equal(found, wrong):
            return verdict(False, hint)
    if np.array_equal(found[:, :2], right[:, :2]):
        return verdict(
            False, f"the sizes are right, the channels are not: {_first_wrong(found, right)}"
        )
    return verdict(False, f"the first that is wrong: {_first_wrong(found, right)}")


def _shapes(shapes: np.ndarray) -> str:
    return ", ".join(f"({', '.join(map(str, shape))})" for shape in shapes.tolist())


def _first_wrong(found: np.ndarray, right: np.ndarray) -> str:
    index = int(np.flatnonzero((found != right).any(axis=1))[0])
    return f"block {index + 1}, for which you have {_shapes(found[index : index + 1])}"


# --- exercise 2 --------------------------------------------------------------------------------


def check_pair_loss(function: Callable[..., Any]) -> bool:
    """Exercise 2: the hinge loss of the discriminator over three kinds of pair."""
    rng = np.random.default_rng(0)
    # Logits on both sides of both margins. The last three cases show a term that is missing.
    cases = [tuple(rng.normal(0, 2, (3, 40)).astype("float32"))]
    cases += [tuple(np.full((3, 4), value, "float32")) for value in (0.0, 3.0, -3.0)]
    for logits in cases:
        answer, problem = call(function, *(values.copy() for values in logits))
        if problem:
            return verdict(False, problem)
        number = as_array(answer)
        if number is None or number.size != 1:
            return verdict(False, f"return one number, a mean over the batch; got {short(answer)}")
        value, right = float(number.reshape(())), _hinge(*logits)
        if not np.isclose(value, right, rtol=1e-4, atol=1e-5):
            return verdict(False, _pair_hint(value, logits))
    return verdict(True, "three margins, weighted 1, 1/2 and 1/2")


def _hinge(real: Any, wrong: Any, fake: Any, weight: float = 0.5) -> float:
    def mean(values: Any) -> float:
        return float(np.maximum(values, 0).mean())

    return mean(1 - real) + weight * (mean(1 + wrong) + mean(1 + fake))


def _pair_hint(value: float, logits: tuple[np.ndarray, ...]) -> str:
    real, wrong, fake = logits
    for mistake, hint in (
        (_hinge(real, wrong, fake, 1.0), "weigh the terms 1, 1/2 and 1/2, not 1, 1 and 1"),
        (_hinge(real, wrong, fake) / 2, "that is half of it: the weights are 1, 1/2 and 1/2"),
        (_hinge(real, wrong, fake, 1.0) / 3, "weigh the terms 1, 1/2 and 1/2; do not average them"),
        (_hinge(-real, -wrong, -fake), "the signs are turned round: a real pair should be above 1"),
        (_hinge(real, -wrong, fake), "a wrong text should get a logit below -1, not above 1"),
        (_hinge(real, wrong, -fake), "a generated picture should get a logit below -1"),
        (_hinge(real, fake, fake), "the wrong text is missing: that term is what makes it read"),
        (float(np.maximum(1 - real, 0).mean() + 0.5 * np.maximum(1 + fake, 0).mean()),
         "the wrong text is missing: that term is what makes it read"),
        (float(np.maximum(1 - real, 0).mean() + np.maximum(1 + fake, 0).mean()),
         "the wrong text is missing: that term is what makes it read"),
        (float((1 - real).mean() + 0.5 * ((1 + wrong).mean() + (1 + fake).mean())),
         "cut each logit's term at 0 with np.maximum *before* the mean: beyond its margin it "
         "costs nothing"),
        (float(np.maximum(-real, 0).mean()
               + 0.5 * (np.maximum(wrong, 0).mean() + np.maximum(fake, 0).mean())),
         "the margin is missing: 1 - real, 1 + wrong, 1 + fake"),
        (_hinge(real, wrong, fake) * real.size, "that is a sum: take the mean of each term"),
        (float(np.logaddexp(0, -real).mean()
               + 0.5 * (np.logaddexp(0, wrong).mean() + np.logaddexp(0, fake).mean())),
         "that is the paper's cross-entropy; the hinge is max(0, 1 - real) and so on"),
    ):  # fmt: skip
        if np.isclose(value, mistake, rtol=1e-4, atol=1e-5):
            return hint
    return (
        f"for logits of mean {real.mean():.2f} (real), {wrong.mean():.2f} (wrong) and "
        f"{fake.mean():.2f} (fake) expected {_hinge(real, wrong, fake):.4f}, got {value:.4f}"
    )


# --- exercise 3 --------------------------------------------------------------------------------


def check_contrastive(function: Callable[..., Any]) -> bool:
    """Exercise 3: the contrastive loss (InfoNCE) of pictures and sentences."""
    rng = np.random.default_rng(1)
    for pictures, sentences in ((6, 6), (5, 9)):
        images, texts = (_unit(rng.normal(size=(n, 16))) for n in (pictures, sentences))
        images = _unit(images + texts[:pictures])  # they match, but not perfectly
        answer, problem = call(function, images.copy(), texts.copy())
        if problem:
            more = " (there may be more sentences than pictures)" if sentences > pictures else ""
            return verdict(False, problem + more)
        number = as_array(answer)
        if number is None or number.size != 1:
            return verdict(False, f"return one number, a mean over the batch; got {short(answer)}")
        value = float(number.reshape(()))
        if not np.isclose(value, _info_nce(images @ texts.T / TEMPERATURE), rtol=1e-3, atol=1e-5):
            return verdict(False, _contrastive_hint(value, images @ texts.T))
    return verdict(True, "each picture finds its own sentence among all of them")


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _log_softmax(scores: np.ndarray, axis: int) -> np.ndarray:
    scores = scores - scores.max(axis=axis, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=axis, keepdims=True))


def _info_nce(scores: np.ndarray, axis: int = 1) -> float:
    return float(-np.diagonal(_log_softmax(scores, axis)).mean())


def _contrastive_hint(value: float, cosines: np.ndarray) -> str:
    scores = cosines / TEMPERATURE
    own = np.diagonal(_log_softmax(scores, 1))
    for mistake, hint in (
        (_info_nce(cosines), f"divide the similarities by the temperature, {TEMPERATURE}"),
        (_info_nce(cosines * TEMPERATURE), f"*divide* by the temperature {TEMPERATURE}"),
        (_info_nce(scores, 0), "each picture chooses among the sentences: softmax along axis 1"),
        (own.mean(), "the sign: the loss is *minus* the mean log probability"),
        (-own.sum(), "that is a sum: take the mean over the pictures"),
        (-_log_softmax(scores, 1).mean(), "take the diagonal: picture i belongs to sentence i"),
        (-np.exp(own).mean(), "take the logarithm of the probability"),
        (1 - np.exp(own).mean(), "take minus the logarithm of the probability, not 1 minus it"),
        (-np.diagonal(scores).mean(), "the softmax is missing: the others must count too"),
        (-np.diagonal(cosines).mean(), "temperature and softmax are missing: see the recipe above"),
        ((_info_nce(scores) + _info_nce(scores, 0)) / 2,
         "one direction is enough here: pictures choose sentences, not the reverse"),
    ):  # fmt: skip
        if np.isclose(value, float(mistake), rtol=1e-3, atol=1e-5):
            return hint
    return f"expected {_info_nce(scores):.4f}, got {value:.4f}: go through the recipe line by line"


# --- exercise 4 --------------------------------------------------------------------------------


def check_collapse_alarm(function: Callable[..., Any]) -> bool:
    """Exercise 4: the step at which a collapse is reported, or -1 if there is none.

    The learner's function is called with (diversity, diversity_real, share, patience).
    """
    for what, ratios, patience in (
        ("a healthy run", [0.8, 0.6, 0.7, 0.9, 0.8], 2),
        ("a run that collapses at once", [0.1] * 6, 3),
        ("a run that collapses late", [0.9, 0.8, 0.7, 0.1, 0.1, 0.1, 0.1], 3),
        ("a dip that is too short", [0.9, 0.1, 0.1, 0.8, 0.9, 0.8], 3),
        ("two short dips", [0.1, 0.1, 0.9, 0.1, 0.1, 0.9], 3),
        ("a dip, then a collapse", [0.1, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9], 3),
    ):
        diversity_real = np.linspace(0.4, 0.6, len(ratios))
        diversity = np.array(ratios) * diversity_real
        answer, problem = call(function, diversity.copy(), diversity_real.copy(), 0.25, patience)
        if problem:
            return verdict(False, f"{problem} ({what}; if it never rings, return -1)")
        number = as_array(answer)
        if number is None or number.size != 1 or number.dtype.kind not in "iu":
            return verdict(False, f"return a step as a whole number, or -1; got {short(answer)}")
        value, right = int(number.reshape(())), _alarm(np.array(ratios) < 0.25, patience)
        if value != right:
            return verdict(False, f"{what}: {_alarm_hint(value, right, ratios, patience)}")
    return verdict(True, "it rings for a collapse, and sleeps through a dip")


def _alarm(alike: np.ndarray, patience: int) -> int:
    in_a_row = 0
    for step, is_alike in enumerate(alike):
        in_a_row = in_a_row + 1 if is_alike else 0
        if in_a_row == patience:
            return step
    return -1


def _alarm_hint(value: int, right: int, ratios: list[float], patience: int) -> str:
    alike = np.array(ratios) < 0.25
    listed = ", ".join(f"{ratio:g}" for ratio in ratios)
    given = f"diversity is {listed} of diversity_real, patience {patience}"
    total = np.flatnonzero(np.cumsum(alike) == patience)
    if right == -1 and not alike.any():
        return f"compare with share * diversity_real, picture by picture ({given})"
    if len(total) and value == total[0] and value != right:
        return f"the steps must be *in a row*: start to count anew when one is fine ({given})"
    if right >= 0 and value == right - patience + 1:
        return f"that is where it begins; the alarm rings at the last of the {patience} ({given})"
    if right >= 0 and value == right + 1:
        return f"one too late: it rings at the step that completes the {patience} ({given})"
    if right >= 0 and value == -1:
        return f"it never rang, and should at step {right} ({given})"
    return f"expected {right}, got {value} ({given})"
