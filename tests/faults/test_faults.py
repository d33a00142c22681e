"""The quick part of the campaign: some kills, some spoilt files of each kind.

`make faults` runs all of it.
"""

import sys
from pathlib import Path

import pytest
from small_run import toy_pack, trained_run

sys.path.insert(0, str(Path(__file__).parent))
import kills  # noqa: E402
import mutations  # noqa: E402

COUNTS = {"picture": 40, "captions": 4, "note": 5, "table": 3, "pack": 12, "weights": 5,
          "captioner": 3, "checkpoint": 4}  # fmt: skip


@pytest.mark.parametrize("kind", mutations.KINDS)
def test_spoilt_files_are_opened_or_refused_in_one_line(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(mutations, "RUN", trained_run())
    found = [mutations.attempt(kind, number, tmp_path, seed=1) for number in range(COUNTS[kind])]
    assert [one for one in found if one.result not in ("done", "refused")] == []
    assert any(one.result == "refused" for one in found), "nothing was spoilt"


def test_a_kill_loses_nothing_that_was_saved(tmp_path):
    assert kills.kill(tmp_path, toy_pack().folder, "paper", "tensorflow", count=3, seed=1) == []
