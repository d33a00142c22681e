"""Scores that the course quotes are those of the model card and of the ablation."""

import pytest

from t2i_utils.course.scores import ablation_kid, card_kid, learned_by_heart
from t2i_utils.stackgan.weights import load_weights


def test_the_card_of_birds_gives_each_table_in_order():
    folder = load_weights("birds").folder
    assert len(card_kid(folder, 1)) == 1
    stage2, sketches = card_kid(folder, 2)
    assert stage2[0] < sketches[0] and stage2[2] == sketches[2]
    assert 0 < card_kid(folder, 1)[0][1] < 2


def test_the_paper_is_farther_from_photographs():
    (modern, _, photographs), (paper, *_) = (
        card_kid(load_weights(name).folder, 1)[0] for name in ("birds", "birds-paper")
    )
    assert 0 < photographs < modern < paper


def test_the_short_trainings_of_birds():
    found = learned_by_heart(load_weights("birds").folder)
    assert found.shape == (4, 2)
    assert (found["unseen classes"] > found["training classes"]).all()


def test_the_ablation_knows_its_rows():
    assert ablation_kid("none: the recipe") < ablation_kid("plain discriminator")
    assert ablation_kid("no augmentation") == 111  # bold in the table
    runs = [ablation_kid("none: the recipe", "1"), ablation_kid("the recipe", "as written")]
    assert runs == [163, 172]
    with pytest.raises(KeyError, match="no such change"):
        ablation_kid("no such change")
