"""Claims of descriptions against ten people's."""

import numpy as np
import pytest

from t2i_utils.captioning.caption_metrics import COLOURS
from t2i_utils.captioning.claim_scores import Labels, calibration_of, draw_calibration, score_claims
from t2i_utils.captioning.claims import Claim
from t2i_utils.errors import InputError

RED, WHITE = Claim("belly colour", "red"), Claim("belly colour", "white")
BARS, LONG = Claim("wing pattern", "barred"), Claim("tail length", "long")
PEOPLE = ["a bird with a red belly"] * 2 + ["it has black wings"] + ["a bird"] * 7


def test_true_false_and_unknown_are_told_apart():
    found = score_claims([{RED, WHITE, BARS}], [PEOPLE])
    assert (found["said"], found["true"], found["false"]) == (3, 1, 1)  # nobody speaks of bars
    assert found["precision"] == 0.5 and found["recall"] == 1  # only the belly is said twice
    assert found["parts"]["belly"] == {"precision": 0.5, "said": 2}


def test_who_says_nothing_is_never_wrong_and_recalls_nothing():
    found = score_claims([set()], [PEOPLE])
    assert found["true"] == found["false"] == found["recall"] == 0


def test_labels_know_what_people_left_open():
    labels = Labels([PEOPLE], [RED, WHITE, BARS, LONG])
    assert labels.true.tolist() == [[True, False, False, False]]
    # The wings are spoken of, and nobody sees bars; nobody speaks of the tail.
    assert labels.known.tolist() == [[True, True, True, False]]
    assert labels.named.tolist() == [[True, False, False, False]]
    assert not labels.colours.any()
    two = Labels([["a red bird"] * 3, ["a black bird"] * 3], [RED])
    named = [[COLOURS[place] for place in np.flatnonzero(row)] for row in two.colours]
    assert named == [["red"], ["black"]]
    assert two.of(np.array([1])).colours.tolist() == two.colours[1:].tolist()


def test_calibration_compares_probability_and_truth_where_truth_is_known(tmp_path):
    labels = Labels([PEOPLE], [RED, WHITE, LONG])
    found = calibration_of(np.array([[0.9, 0.3, 0.5]]), labels)
    assert found["error"] == pytest.approx((0.1 + 0.3) / 2)
    assert [one["count"] for one in found["bins"]] == [1, 1]
    draw_calibration(found["bins"], "two", tmp_path / "report" / "c.png")
    assert (tmp_path / "report" / "c.png").stat().st_size > 1000
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot write"):
        draw_calibration(found["bins"], "two", tmp_path / "file" / "c.png")
