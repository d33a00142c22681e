"""R-precision, shuffled captions, diversity, nearest neighbours."""

import numpy as np
import pytest

from t2i_utils.errors import InputError
from t2i_utils.evaluation import (
    diversity,
    mean_pairwise_distance,
    nearest_neighbours,
    r_precision,
    shuffle_across_classes,
)


def unit_vectors(seed: int, count: int, size: int = 32) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, size))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("float32")


def test_pictures_that_match_their_captions_score_one_and_strangers_score_chance():
    texts, strangers = unit_vectors(0, 2000), unit_vectors(1, 2000)
    classes = np.arange(2000) // 5
    assert r_precision(texts, texts, classes) == 1.0
    found = r_precision(strangers, texts, classes, num_wrong=9)
    assert abs(found - 0.1) < 3 * np.sqrt(0.1 * 0.9 / 2000)


def test_a_picture_that_is_always_the_same_scores_chance():
    texts = unit_vectors(0, 1000)
    same = np.repeat(unit_vectors(1, 1), 1000, axis=0)
    found = r_precision(same, texts, np.arange(1000), num_wrong=9)
    assert abs(found - 0.1) < 0.03


def test_a_tie_is_no_success():
    vectors = np.ones((10, 4), np.float32)
    assert r_precision(vectors, vectors, np.arange(10), num_wrong=3) == 0


def test_captions_of_the_same_class_are_no_wrong_captions():
    # Within a class all captions are one; only other classes may compete.
    texts = unit_vectors(0, 4).repeat(10, axis=0)
    assert r_precision(texts, texts, np.arange(40) // 10, num_wrong=30) == 1.0
    with pytest.raises(InputError, match="10 of them of one class, leave fewer than 31"):
        r_precision(texts, texts, np.arange(40) // 10, num_wrong=31)


@pytest.mark.parametrize("sizes", [[3, 3], [5, 1, 4], [1] * 7, [10, 2, 3, 5]])
def test_shuffling_gives_every_row_one_of_another_class(sizes):
    classes = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    for seed in range(20):
        shuffled = shuffle_across_classes(classes, seed)
        assert sorted(shuffled) == list(range(len(classes)))
        assert not np.any(classes[shuffled] == classes)
    assert (shuffle_across_classes(classes, 3) == shuffle_across_classes(classes, 3)).all()


def test_shuffling_a_set_of_mostly_one_class_is_refused():
    with pytest.raises(InputError, match="4 of 6 pictures are of one class"):
        shuffle_across_classes(np.array([1, 1, 1, 1, 2, 3]))


def test_nearest_neighbours_are_those_of_all_pairs(monkeypatch):
    monkeypatch.setattr(diversity, "CHUNK", 7)
    queries, references = unit_vectors(0, 20), unit_vectors(1, 33)
    rows, distances = nearest_neighbours(queries, references)
    apart = np.linalg.norm(queries[:, None] - references[None], axis=-1)
    assert rows.tolist() == apart.argmin(axis=1).tolist()
    np.testing.assert_allclose(distances, apart.min(axis=1), rtol=1e-5)


def test_a_copy_is_found_at_no_distance():
    references = unit_vectors(0, 30)
    rows, distances = nearest_neighbours(references[[4, 9]], references)
    assert rows.tolist() == [4, 9]
    np.testing.assert_allclose(distances, 0, atol=1e-3)
    with pytest.raises(InputError, match="nothing to compare with"):
        nearest_neighbours(references, references[:0])


def test_pairwise_distance_is_a_mean_over_pairs():
    corners = np.array([[0, 0], [3, 0], [0, 4]], np.float32)
    assert mean_pairwise_distance(corners) == pytest.approx((3 + 4 + 5) / 3)
    assert mean_pairwise_distance(corners[[1, 1]]) == 0
    with pytest.raises(InputError, match="draw 2 or more"):
        mean_pairwise_distance(corners[:1])
