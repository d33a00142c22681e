"""What a captioner must beat."""

import numpy as np

from t2i_utils.captioning.baselines import (
    class_templates,
    most_frequent,
    nearest_rows,
    predicted_classes,
)


def test_the_commonest_caption_is_counted_without_capitals_and_points():
    captions = ["A red bird.", "a blue bird", "a red  bird", "a blue bird with wings", "A Red Bird"]
    assert most_frequent(captions, 3) == ["a red bird"] * 3
    assert most_frequent(["b b", "a a"], 1) == ["a a"]  # of two, always the same


def test_the_nearest_picture_is_the_one_of_the_smallest_angle():
    random = np.random.default_rng(0)
    directions = random.standard_normal((5, 8))
    training = np.repeat(directions[:, None], 49, axis=1) + random.normal(0, 0.1, (5, 49, 8))
    order = [3, 0, 4]
    regions = 7 * directions[order][:, None] + random.normal(0, 0.1, (3, 49, 8))  # longer, alike
    found = nearest_rows(regions, training, 5)
    assert found.shape == (3, 5) and found[:, 0].tolist() == order
    means, others = regions.mean(axis=1), training.mean(axis=1)
    cosines = np.array([
        [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in others] for a in means
    ])  # fmt: skip
    np.testing.assert_array_equal(found, np.argsort(-cosines, axis=1))
    np.testing.assert_array_equal(nearest_rows(regions, training), found[:, :1])


def test_a_picture_without_features_has_neighbours_too():
    found = nearest_rows(np.zeros((1, 49, 4)), np.ones((3, 49, 4)), 2)
    assert found.tolist() == [[0, 1]]


def test_neighbours_vote_for_a_class():
    class_ids = np.array([7, 7, 9, 9, 9, 3])
    neighbours = np.array([[0, 1, 2], [5, 2, 3], [2, 0, 5]])
    # Of three classes with a vote each, the nearest picture's wins.
    assert predicted_classes(neighbours, class_ids) == [7, 9, 9]


def test_a_template_says_the_attributes_of_its_class():
    attributes = {
        1: {"has_wing_color::red": 95.0, "has_crown_color::blue": 90.0},
        2: {"has_wing_color::yellow": 95.0, "has_crown_color::black": 90.0},
    }
    found = class_templates([2, 1, 2], attributes)
    assert found[0] == found[2] != found[1]
    assert "yellow" in found[0] and "red" not in found[0]
    assert "red" in found[1] and "yellow" not in found[1]
