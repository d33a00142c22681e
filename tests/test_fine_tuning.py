"""Fine-tuning: settings for few pictures, and which step's weights are kept."""

import csv
import functools
import shutil
import signal

import numpy as np
import pytest
from small_run import built_once, configs, toy_pack, trained_run

from t2i_utils.cli import main
from t2i_utils.errors import InputError
from t2i_utils.evaluation import held_back
from t2i_utils.stackgan.recipes import build_generator, fine_tuning, make_config
from t2i_utils.stackgan.weights import load_weights, read_card
from t2i_utils.training.run import Run


def judge_by(distances):
    """A judge that gives these distances, one after the other."""
    waiting = iter(distances)
    return lambda generator, whitening: (next(waiting), 0.5)


def tuned(folder, distances, **options):
    options = options or {"init": trained_run()}
    return Run(folder, toy_pack(), configs(1), judge=judge_by(distances), **options)


def kept(folder):
    """The kept step by steps.csv, after checking that the card and the weights say the same."""
    with open(folder / "steps.csv", newline="") as file:
        (step,) = [int(row["step"]) for row in csv.DictReader(file) if row["kept"] == "1"]
    card = read_card(folder / "weights")
    assert card["chosen"]["step"] == step
    assert card["stages"]["1"]["steps"] == step
    return step


@functools.cache
def whole():
    """A run of four steps of which the second is the best. Do not change it."""

    def train(folder):
        tuned(folder, [3.0, 1.0, 2.0]).train(4, save_every=2, progress=False)

    return built_once("fine-tuned", train)


def test_the_best_step_is_kept_with_the_stage_2_that_the_weights_had():
    assert (whole() / "steps.csv").read_text() == (
        "step,kid,standard_error,kept\n0,3,0.5,0\n2,1,0.5,1\n4,2,0.5,0\n"
    )
    assert kept(whole()) == 2
    given, found = load_weights(trained_run()), load_weights(whole())
    for stage, same in ((1, False), (2, True)):
        pairs = zip(*(s.generators[stage].get_weights() for s in (given, found)), strict=True)
        assert all((one == other).all() for one, other in pairs) is same


def test_a_stop_is_no_candidate_and_a_resume_keeps_what_an_unbroken_run_keeps(
    tmp_path, monkeypatch
):
    run = tuned(tmp_path, [3.0, 1.0, 2.0])

    def update(*words):
        if run.stages[1].step == 2:
            signal.raise_signal(signal.SIGINT)
        Run._update(run, *words)

    monkeypatch.setattr(run, "_update", update)
    with pytest.raises(KeyboardInterrupt):
        run.train(4, save_every=2, progress=False)
    assert run.stages[1].step == 3 and kept(tmp_path) == 2
    tuned(tmp_path, [2.0], resume=True).train(4, save_every=2, progress=False)
    assert (tmp_path / "steps.csv").read_text() == (whole() / "steps.csv").read_text()
    for name in ("stage1.npz", "stage2.npz", "discriminator1.npz"):
        files = [np.load(folder / "weights" / name) for folder in (whole(), tmp_path)]
        for array in set(files[0].files) - {"note.json"}:
            np.testing.assert_array_equal(files[1][array], files[0][array])


def test_a_set_that_training_only_makes_worse_is_kept_as_it_was(tmp_path):
    tuned(tmp_path, [1.0, 2.0]).train(1, progress=False)
    assert kept(tmp_path) == 0
    given, found = (load_weights(name, (1,)).generators[1] for name in (trained_run(), tmp_path))
    for one, other in zip(given.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)

    with pytest.raises(InputError, match="chooses among its steps .* --resume --stage 1"):
        Run(tmp_path, toy_pack(), configs(1), resume=True)

    shutil.rmtree(tmp_path / "weights")  # the kept step is lost: the run chooses among the others
    tuned(tmp_path, [], resume=True).train(1, progress=False)
    assert kept(tmp_path) == 1


def test_the_judge_finds_trained_birds_nearer_to_held_back_ones(monkeypatch):
    monkeypatch.setattr(held_back, "NUM_PICTURES", 16)
    monkeypatch.setattr(held_back, "FEWEST", 2)
    judge = held_back.held_back_judge(toy_pack(), "zero-shot")
    assert judge is not None
    toy = load_weights("toy", (1,))
    untrained = build_generator(make_config("modern", "smoke", 1), toy_pack().width)
    trained = judge(toy.generators[1], toy.whitening)
    assert trained == judge(toy.generators[1], toy.whitening)
    assert trained[0] < judge(untrained, toy.whitening)[0] / 2


def test_too_few_held_back_pictures_judge_nothing(monkeypatch):
    monkeypatch.setattr(held_back, "FEWEST", 100)
    assert held_back.held_back_judge(toy_pack(), "official") is None


def test_init_alone_fine_tunes_and_its_last_line_says_what_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(held_back, "NUM_PICTURES", 16)
    monkeypatch.setattr(held_back, "FEWEST", 2)
    run = tmp_path / "run"
    words = ["train", "--recipe", "paper", "--data", str(toy_pack().folder), "--run", str(run)]
    begin = [*words, "--init", str(trained_run())]
    assert main([*begin, "--show-config"]) == 0
    shown = capsys.readouterr().out
    steps = fine_tuning("paper", len(toy_pack().indices("official")))["steps"]
    assert f"steps = {steps}\n" in shown and "[stage2]" not in shown
    assert main([*begin, "--steps", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith("KID x 1000 to the held-back pictures: step 0: ")
    assert lines[-1].startswith(f"done: step {kept(run)} of 1 is kept")
    card = read_card(run / "weights")
    assert card["split"] == "official train" and set(card["stages"]) == {"1", "2"}
    assert set(read_card(trained_run() / "weights")["train_classes"]) <= set(card["train_classes"])
    assert main([*words[:3], "--run", str(run), "--resume", "--steps", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == lines[-1]


def test_a_preset_or_another_stage_trains_as_from_nothing(capsys):
    for words in (["--preset", "cpu"], ["--stage", "both"]):
        assert main(["train", "--init", "birds", "--show-config", *words]) == 0
        shown = capsys.readouterr().out
        assert "steps = 4000" in shown and "[stage2]" in shown
