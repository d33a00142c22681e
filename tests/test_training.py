"""Training runs: stopped, resumed, killed, started from weights."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from small_run import (
    configs,
    copy_of_run,
    pack_birds,
    read_checkpoint,
    toy_pack,
    trained_run,
)

from t2i_utils import training
from t2i_utils.arrays import to_arrays
from t2i_utils.config import Config
from t2i_utils.data import load_pack
from t2i_utils.data.toy.birds import write_toy_birds
from t2i_utils.errors import InputError
from t2i_utils.stackgan.weights import load_weights
from t2i_utils.training.run import Run, training_phases
from t2i_utils.training.stage import learning_rate_factor

ROOT = Path(__file__).parent.parent


def logged(folder: Path) -> list[dict[str, str]]:
    with open(folder / "log.csv", newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def steps(folder: Path, stage: int) -> list[int]:
    return [int(row["step"]) for row in logged(folder) if row["stage"] == str(stage)]


def assert_same_state(one: Path, other: Path, tolerance: float = 0.0) -> None:
    for stage in (1, 2):
        expected, found = read_checkpoint(one, stage), read_checkpoint(other, stage)
        assert expected.keys() == found.keys()
        for name, array in expected.items():
            np.testing.assert_allclose(found[name], array, rtol=0, atol=tolerance, err_msg=name)


def assert_equal_weights(one: keras.Model, other: keras.Model) -> None:
    for array, expected in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(array, expected)


def averaged_configs() -> list[Config]:
    return configs(1, 2, average_decay=0.5)


def run_python(script: str, environment: dict[str, str] | None = None, expected: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})},
        capture_output=True,
        text=True,
    )
    assert done.returncode == expected, done.stderr[-2000:]
    return done.stdout


def without_discriminators(folder):
    """A copy of the small run's weights as older versions wrote them."""
    shutil.copytree(trained_run() / "weights", folder)
    card = json.loads((folder / "card.json").read_text())
    for stage, entry in card["stages"].items():
        (folder / entry.pop("discriminator")["file"]).unlink()
        assert (folder / f"stage{stage}.npz").is_file()
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def test_a_discriminator_that_weights_lack_warms_up_first(tmp_path, monkeypatch):
    monkeypatch.setattr(training.stage, "WARM_UP", 2)
    small = {"generator_width": 16, "discriminator_width": 16}
    init = without_discriminators(tmp_path / "old")
    given = load_weights(init, (1,)).generators[1].get_weights()
    run = Run(tmp_path / "run", toy_pack(), configs(1, **small), init=init)
    gan = run.stages[1].gan
    judge = [np.array(v.numpy()) for v in gan.discriminator.trainable_variables]
    kernels = [np.array(v.numpy()) for v in gan.generator.trainable_variables]
    for expected, found in zip(given, gan.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    run.train(2, progress=False)
    for before, variable in zip(kernels, gan.generator.trainable_variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), before)
    now = [np.array(v.numpy()) for v in gan.discriminator.trainable_variables]
    assert any((before != after).any() for before, after in zip(judge, now, strict=True))

    # A run that is resumed within the warm-up goes on with it: run.json remembers.
    about = json.loads((tmp_path / "run" / "run.json").read_text())
    assert about["from_weights"] == [1] and about["init"] == str(init)
    run.train(3, progress=False)
    moved = [
        (before != variable.numpy()).any()
        for before, variable in zip(kernels, gan.generator.trainable_variables, strict=True)
    ]
    assert any(moved)
    assert Run(tmp_path / "run", toy_pack(), configs(1, **small), resume=True).stages[1].warm_up


def test_a_run_from_weights_goes_on_with_their_discriminator_and_whitening(tmp_path):
    other = tmp_path / "other"
    pack_birds(write_toy_birds(tmp_path / "birds", 5, 3, seed=5), other)
    small = {"generator_width": 16, "discriminator_width": 16}  # the weights have 8
    run = Run(tmp_path / "run", load_pack(other), configs(1, **small), init=trained_run())
    gan = run.stages[1].gan
    with np.load(trained_run() / "weights" / "discriminator1.npz") as given:
        found = to_arrays("discriminator", gan.discriminator.state_variables)
        for name, values in found.items():
            np.testing.assert_array_equal(values, given[name].astype("float32"))
    kernels = [np.array(v.numpy()) for v in gan.generator.trainable_variables]
    run.train(1, progress=False)
    moved = [
        (before != variable.numpy()).any()
        for before, variable in zip(kernels, gan.generator.trainable_variables, strict=True)
    ]
    assert any(moved)  # at once: nothing warms up

    # The new data's captions have other statistics; the generator keeps reading by its own.
    theirs = load_weights(trained_run(), (1,)).whitening
    assert (theirs.mean != load_pack(other).whitening(run.data.indices).mean).any()
    shutil.rmtree(other / "evaluation", ignore_errors=True)
    resumed = Run(tmp_path / "run", load_pack(other), configs(1, **small), resume=True)
    for found in (run.data.whitening, resumed.data.whitening, load_weights(run.folder).whitening):
        np.testing.assert_array_equal(found.mean, theirs.mean)
        np.testing.assert_array_equal(found.matrix, theirs.matrix)


def test_weights_of_another_encoder_are_no_start(tmp_path):
    folder = Path(shutil.copytree(trained_run() / "weights", tmp_path / "weights"))
    card = json.loads((folder / "card.json").read_text())
    card["encoder"]["name"] = "hashed words"
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="'hashed words'.*pack the data with --encoder"):
        Run(tmp_path / "run", toy_pack(), configs(1), init=folder)


def test_stage_2_alone_takes_stage_1_from_the_folder_and_leaves_it(tmp_path):
    folder = Path(shutil.copytree(trained_run(), tmp_path / "run"))
    (folder / "checkpoints" / "stage2.npz").unlink()
    weights = (folder / "weights" / "stage1.npz").read_bytes()
    checkpoint = (folder / "checkpoints" / "stage1.npz").read_bytes()
    run = Run(folder, toy_pack(), configs(2))  # a stage that is new here needs no resume
    assert run.stages[2].gan.stage1 is not None
    before = [array.copy() for array in run.stages[2].gan.stage1.get_weights()]
    run.train(1, progress=False)
    for array, after in zip(before, run.stages[2].gan.stage1.get_weights(), strict=True):
        np.testing.assert_array_equal(after, array)
    assert (folder / "weights" / "stage1.npz").read_bytes() == weights
    assert (folder / "checkpoints" / "stage1.npz").read_bytes() == checkpoint
    assert json.loads((folder / "weights" / "card.json").read_text())["stages"]["2"]["steps"] == 1
    assert steps(folder, 1) == [1, 2] and steps(folder, 2) == [1]


def test_stage_2_alone_from_weights_draws_with_their_stage_1_and_carries_it(tmp_path):
    folder = tmp_path / "run"
    small = {"generator_width": 4, "discriminator_width": 4}
    run = Run(folder, toy_pack(), configs(2, **small), init=trained_run())
    given = load_weights(trained_run())
    assert run.stages[2].gan.config.generator_width == 8  # of the weights, not of the preset
    assert_equal_weights(run.stages[2].gan.generator, given.generators[2])
    run.train(1, progress=False)
    drawn = load_weights(folder)  # both stages: the folder draws by itself
    assert_equal_weights(drawn.generators[1], given.generators[1])
    assert drawn.card["stages"]["1"]["steps"] == 2 and drawn.card["stages"]["2"]["steps"] == 1

    resumed = Run(folder, toy_pack(), configs(2, **small), resume=True)  # at another width
    assert resumed.stages[2].step == 1 and resumed.stages[2].gan.config.generator_width == 8


def test_a_folder_has_one_stage_1_whatever_its_run_began_with(tmp_path):
    folder = tmp_path / "run"
    Run(folder, toy_pack(), configs(1), init=trained_run()).train(1, progress=False)
    own = load_weights(folder, (1,)).generators[1]
    run = Run(folder, toy_pack(), configs(2))
    assert_equal_weights(run.stages[2].gan.stage1, own)
    assert not run.stages[2].from_weights  # --init was said of Stage I


def test_in_turn_stage_2_begins_on_the_stage_1_that_is_drawn_with(tmp_path, monkeypatch):
    folder, seen = tmp_path / "run", []
    run = Run(folder, toy_pack(), averaged_configs())

    def update(number, batch, log):
        if number == 2:
            assert run.stages[1].step == 3
            seen.append([array.copy() for array in run.stages[2].gan.stage1.get_weights()])
        Run._update(run, number, batch, log)

    monkeypatch.setattr(run, "_update", update)
    run.train({1: 3, 2: 2}, save_every=1, progress=False, in_turn=True)
    for before, array in zip(seen[0], seen[1], strict=True):
        np.testing.assert_array_equal(array, before)
    drawn = load_weights(folder, (1,)).generators[1].get_weights()
    for array, at_drawing in zip(seen[0], drawn, strict=True):
        np.testing.assert_array_equal(array.astype("float16"), at_drawing.astype("float16"))
    assert not (folder / "samples" / "stage2_000000.png").exists()


def test_saving_more_often_changes_nothing(tmp_path):
    """Stage I ends first; Stage II goes on with the same Stage I, however often it is saved."""
    for name, often in (("often", 1), ("seldom", 100)):
        run = Run(tmp_path / name, toy_pack(), averaged_configs())
        run.train({1: 2, 2: 4}, save_every=often, progress=False)
    assert_same_state(tmp_path / "often", tmp_path / "seldom")


def test_a_run_that_is_far_enough_says_so_and_changes_nothing(tmp_path):
    said: list[str] = []
    folder = Path(shutil.copytree(trained_run(), tmp_path / "run"))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    small = {"generator_width": 16, "discriminator_width": 16, "batch_size": 8}
    Run(folder, toy_pack(), configs(1, **small), resume=True, say=said.append).train(2)
    assert "stage 1 at step 2" in said[0] and "--steps" in said[0]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_sample_sheets_are_of_captions_that_training_does_not_see():
    pack = toy_pack()
    held_back = {pack.captions[row][0] for row in pack.indices("zero-shot", "test")}
    samples = trained_run() / "samples"
    captions = (samples / "captions.txt").read_text().splitlines()
    assert len(captions) == training.samples.SAMPLES and set(captions) <= held_back
    assert {path.name for path in samples.glob("*.png")} == {
        "stage1_000002.png",
        "stage2_000002.png",
    }


def test_the_card_says_how_the_weights_were_made():
    card = json.loads((trained_run() / "weights" / "card.json").read_text())
    assert card["split"] == "zero-shot train" and card["seed"] == 0
    assert card["num_images"] == len(toy_pack().indices("zero-shot", "train"))
    assert card["stages"]["2"]["steps"] == 2 and card["stages"]["2"]["images_seen"] == 16
    assert str(ROOT) not in json.dumps(card)  # no path of this machine


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"seed": 1}, "seed 0, not 1"),
        ({"split": "official"}, "split 'zero-shot', not 'official'"),
    ],
)
def test_a_run_is_resumed_with_its_own_settings_only(settings, words):
    with pytest.raises(InputError, match=words):
        Run(trained_run(), toy_pack(), configs(1), resume=True, **settings)


@pytest.mark.parametrize(
    ("field", "value"),
    [("kl_weight", 0.5), ("beta_1", 0.9), ("generator_learning_rate", 1e-3), ("accumulate", 2)],
)
def test_a_run_is_resumed_with_its_whole_configuration_only(field, value):
    changes = {"generator_width": 16, "discriminator_width": 16, "batch_size": 8, field: value}
    with pytest.raises(InputError, match=f"with {field} .*, not {value}: resume with the same"):
        Run(trained_run(), toy_pack(), configs(1, **changes), resume=True)


def test_a_run_is_resumed_with_its_own_pack_only(tmp_path):
    pack = Path(shutil.copytree(toy_pack().folder, tmp_path / "pack"))
    manifest = json.loads((pack / "manifest.json").read_text())
    manifest["checksums"]["images_64.npy"] = "0" * 64
    (pack / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="was trained with pack '"):
        Run(trained_run(), load_pack(pack), configs(1), resume=True)


@pytest.mark.parametrize("damage", ["older", "missing", "changed"])
def test_a_resume_writes_weights_again_that_are_not_of_its_checkpoint(tmp_path, damage):
    """A stop after the checkpoints and before the weights; or weights that someone spoilt."""
    run = copy_of_run(tmp_path / "run")
    weights = run / "weights"
    with np.load(weights / "stage1.npz") as archive:
        expected = {name: archive[name] for name in archive.files}
    if damage == "older":
        card = json.loads((weights / "card.json").read_text())
        card["stages"]["1"]["steps"] = 1
        (weights / "card.json").write_text(json.dumps(card))
    elif damage == "missing":
        shutil.rmtree(weights)
    else:
        (weights / "stage1.npz").write_bytes(b"other bytes")
    small = {"generator_width": 16, "discriminator_width": 16, "batch_size": 8, "steps": 2}
    said: list[str] = []
    Run(run, toy_pack(), configs(1, **small), resume=True, say=said.append).train(2)
    assert "again" in said[0]
    assert load_weights(run, (1,)).card["stages"]["1"]["steps"] == 2
    with np.load(weights / "stage1.npz") as archive:
        for name, array in expected.items():
            np.testing.assert_array_equal(archive[name], array)


def test_a_run_that_another_process_took_further_is_not_overwritten(tmp_path):
    run = copy_of_run(tmp_path / "run")
    small = {"generator_width": 16, "discriminator_width": 16, "batch_size": 8}
    stale = Run(run, toy_pack(), configs(1, **small), resume=True)
    stale.stages[1].step = 1  # as if the checkpoint had moved on to step 2 meanwhile
    with pytest.raises(InputError, match="is of step 2, and this run at step 1: start it again"):
        stale.train(3)


def test_stages_train_together_where_they_are_at_the_same_step():
    both = {1: 0, 2: 0}
    assert training_phases(both, {1: 3, 2: 3}, False) == [([1, 2], range(3))]
    assert training_phases(both, {1: 2, 2: 4}, False) == [([1, 2], range(2)), ([2], range(2, 4))]
    assert training_phases(both, {1: 2, 2: 4}, True) == [([1], range(2)), ([2], range(4))]
    late = training_phases({1: 2, 2: 0}, {1: 4, 2: 4}, False)
    assert late == [([2], range(2)), ([1, 2], range(2, 4))]
    assert training_phases({1: 3, 2: 3}, {1: 3, 2: 3}, False) == []


def test_a_learning_rate_falls_to_a_tenth():
    config = configs(1, halve_every_epochs=0, decay_from=10, decay_until=20)[0]
    factors = [learning_rate_factor(config, step, 40) for step in (0, 10, 15, 20, 99)]
    np.testing.assert_allclose(factors, [1, 1, 0.1**0.5, 0.1, 0.1])


def test_learning_rates_halve_by_epochs_for_the_paper_only():
    config = configs(1, halve_every_epochs=2, batch_size=10)[0]
    factors = [learning_rate_factor(config, step, 40) for step in (0, 7, 8, 15, 16)]
    assert factors == [1.0, 1.0, 0.5, 0.5, 0.25]
    assert learning_rate_factor(configs(1, halve_every_epochs=0)[0], 10**6, 40) == 1.0
