"""Check of exercise 5 in notebook 03: the contrastive loss."""

from collections.abc import Callable
from typing import Any

import numpy as np

from t2i_utils.course.checks import call, one_number, short, verdict
from t2i_utils.stackgan.losses import TEMPERATURE


def ready_contrastive(images: np.ndarray, texts: np.ndarray) -> float:
    """A right answer: the notebook measures with it until the learner's own is right."""
    return _info_nce(images @ texts.T / TEMPERATURE)


def check_contrastive(function: Callable[..., Any]) -> bool:
    """Exercise 5: the contrastive loss (InfoNCE) of pictures and sentences."""
    rng = np.random.default_rng(1)
    for pictures, sentences in ((6, 6), (5, 9)):
        images, texts = (_unit(rng.normal(size=(n, 16))) for n in (pictures, sentences))
        images = _unit(images + texts[:pictures])  # they match, but not perfectly
        answer, problem = call(function, images.copy(), texts.copy())
        if problem:
            more = " (there may be more sentences than pictures)" if sentences > pictures else ""
            return verdict(False, problem + more)
        value = one_number(answer)
        if value is None:
            return verdict(False, f"return one number, a mean over the batch; got {short(answer)}")
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
