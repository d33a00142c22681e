"""Simple ways to describe a picture, which a captioner must beat.

The commonest caption, the caption of the most similar training picture, and a template.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from t2i_utils.captioning.vocabulary import words
from t2i_utils.data.captions import describe_attributes

NEIGHBOURS = 10  # training pictures that vote for a class


def most_frequent(captions: Sequence[str], count: int) -> list[str]:
    """Repeat the commonest caption of the training set for each of `count` pictures."""
    counts = Counter(" ".join(words(text)) for text in captions)
    return [max(sorted(counts), key=lambda text: counts[text])] * count


def nearest_rows(regions: np.ndarray, training: np.ndarray, count: int = 1) -> np.ndarray:
    """The most similar training pictures, by the cosine of features averaged over the regions.

    Args:
        regions: (n, 49, width), standardised.
        training: (m, 49, width), likewise.
        count: how many for each picture, the nearest first.

    Returns:
        (n, count) places in `training`.
    """
    own, theirs = (
        _unit(np.asarray(array, "float32").mean(axis=1)) for array in (regions, training)
    )
    return np.argsort(-own @ theirs.T, axis=1, kind="stable")[:, :count]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def predicted_classes(neighbours: np.ndarray, class_ids: np.ndarray) -> list[int]:
    """For each picture, the commonest class among its nearest training pictures.

    Args:
        neighbours: (n, k), of `nearest_rows`.
        class_ids: (m,) of the training pictures.
    """
    return [Counter(row.tolist()).most_common(1)[0][0] for row in class_ids[neighbours]]


def class_templates(
    classes: Sequence[int], attributes: Mapping[int, Mapping[str, float]]
) -> list[str]:
    """For each class, the sentence that the caption grammar makes of its attributes."""
    sentences = {
        class_id: describe_attributes(attributes[class_id], 1, seed=class_id)[0]
        for class_id in set(classes)
    }
    return [sentences[class_id] for class_id in classes]
