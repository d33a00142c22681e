"""Scores that the course quotes are those of the model card and of the ablation."""

import pytest

from t2i_utils.course.scores import ablation_score, card_kid, learned_by_heart
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
    assert ablation_score("none: the recipe") < ablation_score("plain discriminator")
    assert ablation_score("no augmentation") == (111, 4)  # bold in the table
    seed_1, later = ("none: the recipe", "KID", "1"), ("the recipe", "KID", "as written")
    assert [ablation_score(*row)[0] for row in (seed_1, later)] == [163, 172]
    assert ablation_score("text at the first layer only", "diversity") == (9.5, 0.3)
    assert ablation_score("the recipe", "R-precision", "plain") == (10.4, 1.4)
    for row in (("no such change",), ("the recipe", "R-precision", "as written")):
        with pytest.raises(KeyError, match=row[0]):
            ablation_score(*row)
    with pytest.raises(KeyError, match="no beauty"):
        ablation_score("not averaged", "beauty")
