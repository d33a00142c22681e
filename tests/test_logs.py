"""What a run writes for people: log.csv, TensorBoard events, warnings."""

import csv
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from t2i_utils.errors import InputError
from t2i_utils.training.logs import COLUMNS, PATIENCE, RunLog


def metrics(**changes: float) -> dict[str, np.float32]:
    names = COLUMNS[4:]
    values = {**dict.fromkeys(names, 0.5), **changes}
    return {name: np.float32(value) for name, value in values.items()}


def steps(path: Path) -> list[tuple[int, int]]:
    with open(path, newline="") as file:
        return [(int(row["stage"]), int(row["step"])) for row in csv.DictReader(file)]


def write_log(folder: Path, last: int) -> Path:
    with RunLog(folder, {}) as log:
        for step in range(1, last + 1):
            for stage in (1, 2):
                log.add(stage, step, 1.0, 0.25, metrics(d_loss=step / 8))
    return log.path


def test_rows_hold_what_was_added_and_appear_at_the_flush(tmp_path):
    log = RunLog(tmp_path, {})
    log.add(1, 1, 0.5, 0.25, metrics(g_loss=2.125))
    assert steps(log.path) == []
    assert log.flush() == []
    with open(log.path, newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["g_loss"] == "2.125" and row["seconds"] == "0.25"
    assert row["learning_rate_factor"] == "0.5"
    assert "stage 1" in log.latest and "g 2.12" in log.latest
    log.close()


def test_a_resumed_log_drops_rows_after_the_checkpoint_of_each_stage(tmp_path):
    path = write_log(tmp_path, 4)
    RunLog(tmp_path, {1: 3, 2: 1}).close()
    assert steps(path) == [(1, 1), (2, 1), (1, 2), (1, 3)]


def test_rows_of_a_stage_that_does_not_train_now_stay(tmp_path):
    path = write_log(tmp_path, 2)
    RunLog(tmp_path, {2: 0}).close()
    assert steps(path) == [(1, 1), (1, 2)]


def test_half_a_row_at_the_end_is_dropped(tmp_path):
    path = write_log(tmp_path, 2)
    path.write_text(path.read_text()[:-20])
    RunLog(tmp_path, {1: 9, 2: 9}).close()
    assert steps(path) == [(1, 1), (2, 1), (1, 2)]


@pytest.mark.parametrize("damage", ["x,y\n", "\x00\x01\n", ",,\n"])
def test_a_damaged_line_is_named_and_the_file_stays(tmp_path, damage):
    path = write_log(tmp_path, 1)
    path.write_text(path.read_text() + damage)
    before = path.read_bytes()
    with pytest.raises(InputError, match="log.csv, line 4 is damaged: mend it, or move"):
        RunLog(tmp_path, {1: 1, 2: 1})
    assert path.read_bytes() == before


def test_tensorboard_reads_the_same_numbers(tmp_path):
    write_log(tmp_path, 3)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    found = [
        (event.step, event.tensor_proto.float_val[0]) for event in events.Tensors("stage2/d_loss")
    ]
    assert found == [(1, 0.125), (2, 0.25), (3, 0.375)]


def test_pictures_that_stay_alike_give_one_warning(tmp_path):
    log = RunLog(tmp_path, {})
    alike, varied = metrics(diversity=0.1, diversity_real=0.5), metrics(diversity=0.2)
    for step in range(1, PATIENCE):
        log.add(1, step, 1.0, 0.1, alike)
    assert log.flush() == []
    log.add(1, PATIENCE, 1.0, 0.1, alike)
    log.add(1, PATIENCE + 1, 1.0, 0.1, alike)
    (warning,) = log.flush()
    assert f"stage 1, step {PATIENCE}" in warning and "collapse" in warning
    log.add(1, PATIENCE + 2, 1.0, 0.1, varied)
    log.add(1, PATIENCE + 3, 1.0, 0.1, alike)
    assert log.flush() == []
    log.close()


@pytest.mark.parametrize("bad", [{"g_loss": np.nan}, {"d_loss": np.inf}])
def test_losses_that_are_no_numbers_stop_the_run_and_are_logged(tmp_path, bad):
    log = RunLog(tmp_path, {})
    log.add(2, 7, 1.0, 0.1, metrics(**bad))
    with pytest.raises(InputError, match="stage 2, step 7: the losses are no finite numbers"):
        log.flush()
    assert steps(log.path) == [(2, 7)]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write .*file"):
        RunLog(tmp_path / "file", {})
