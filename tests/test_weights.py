"""Weight sets: written, checked, found."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_run import configs, copy_of_run, trained_run

from t2i_utils.arrays import read_note, write_arrays
from t2i_utils.drawing.synthesizer import draw_arrays
from t2i_utils.errors import InputError
from t2i_utils.files import file_checksum
from t2i_utils.stackgan.recipes import build_generator
from t2i_utils.stackgan.weights import StageToSave, find_weights, load_weights, save_weights
from t2i_utils.text import Whitening

WIDTH = 12


def save_small(folder: Path, value: float = 0.5) -> list[np.ndarray]:
    """Write a set of one stage; return its generator's weights."""
    (config,) = configs(1)
    generator = build_generator(config, WIDTH)
    card = {"encoder": {"name": "test", "width": WIDTH}, "data": "x"}
    whitening = Whitening(np.full(WIDTH, value, "float32"), 2 * np.eye(WIDTH, dtype="float32"))
    save_weights(folder, [StageToSave(generator, config, {"steps": 3})], whitening, card)
    return generator.get_weights()


def test_weights_come_back_as_float32_rounded_to_float16(tmp_path):
    expected = save_small(tmp_path)
    weights = load_weights(tmp_path)
    assert weights.generators.keys() == {1}
    for array, found in zip(expected, weights.generators[1].get_weights(), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, array.astype("float16").astype("float32"))
    np.testing.assert_array_equal(weights.whitening.mean, 0.5)
    np.testing.assert_array_equal(weights.whitening.matrix, 2 * np.eye(WIDTH))
    assert weights.card["data"] == "x" and weights.card["stages"]["1"]["steps"] == 3


def test_writing_one_stage_leaves_the_other(tmp_path):
    run = copy_of_run(tmp_path / "run")
    folder = run / "weights"
    before = json.loads((folder / "card.json").read_text())
    content = {path.name: path.read_bytes() for path in folder.glob("*.npz")}
    save_small(folder)
    after = json.loads((folder / "card.json").read_text())
    assert after["stages"]["2"] == before["stages"]["2"]
    assert after["stages"]["1"]["sha256"] != before["stages"]["1"]["sha256"]
    changed = {
        path.name for path in folder.glob("*.npz") if path.read_bytes() != content[path.name]
    }
    assert changed == {"stage1.npz"}
    assert {path.name for path in folder.iterdir()} == {"card.json", *content}


def test_only_the_stages_asked_for_are_loaded():
    assert load_weights(trained_run(), (1,)).generators.keys() == {1}
    assert load_weights(trained_run()).generators.keys() == {1, 2}


def test_a_changed_byte_is_a_wrong_checksum(tmp_path):
    save_small(tmp_path)
    content = bytearray((tmp_path / "stage1.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "stage1.npz").write_bytes(content)
    with pytest.raises(InputError, match="stage1.npz has a wrong checksum"):
        load_weights(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    save_small(tmp_path)
    (tmp_path / "stage1.npz").unlink()
    with pytest.raises(InputError, match="stage1.npz is missing: restore it"):
        load_weights(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "stages": {"1": {}}}'])
def test_a_damaged_card_is_named(tmp_path, text):
    save_small(tmp_path)
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(InputError, match="card.json is damaged: restore it"):
        load_weights(tmp_path)


def with_config(folder: Path, **changes: Any) -> None:
    """Change the configuration in a set's file, and mend its card."""
    with np.load(folder / "stage1.npz") as archive:
        arrays = {name: archive[name] for name in archive.files if name != "note.json"}
    note = read_note(folder / "stage1.npz")
    note["config"] = {**note["config"], **changes}
    write_arrays(folder / "stage1.npz", arrays, note)
    card = json.loads((folder / "card.json").read_text())
    card["stages"]["1"]["sha256"] = file_checksum(folder / "stage1.npz")
    card["stages"]["1"]["config"] = note["config"]
    (folder / "card.json").write_text(json.dumps(card))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"generator_width": 2000}, "generator_width 2000 is not a whole number from 2 to 256"),
        ({"condition_size": 10**6}, "condition_size 1000000 is not a whole number from 1 to 1024"),
        ({"generator_width": 256}, "expected .*: it was written for another model or preset"),
        ({"noise_size": True}, "noise_size True is not a whole number"),
        ({"noise_size": "x" * 5000}, "noise_size 'xxx"),
        ({"kl_weight": float("inf")}, "kl_weight inf is not a number"),
        ({"kl_weight": [1]}, r"kl_weight \[1\] is not a number"),
        ({"recipe": ["paper"]}, "a configuration names no recipe"),
        ({"recipe": "../paper"}, "unknown recipe '../paper'"),
        ({"stage": 2}, "stage1.npz holds no Stage 1"),
        ({"colour": 1}, "unknown fields colour"),
    ],
)
def test_a_configuration_is_checked_before_a_network_is_built(tmp_path, changes, expected):
    save_small(tmp_path)
    with_config(tmp_path, **changes)
    with pytest.raises(InputError, match=expected) as caught:
        load_weights(tmp_path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_a_card_of_another_configuration_than_its_file_is_refused(tmp_path):
    save_small(tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    card["stages"]["1"]["config"]["generator_width"] = 16
    (tmp_path / "card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="stage1.npz and its card differ"):
        load_weights(tmp_path)


def test_a_network_that_would_take_all_memory_is_not_built(tmp_path, monkeypatch):
    save_small(tmp_path)
    monkeypatch.setattr("t2i_utils.arrays.LARGEST_NETWORK", 10_000)
    with pytest.raises(InputError, match="describes a network of .* million numbers, more than"):
        load_weights(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"stages": [1]},
        {"stages": {"1": 5}},
        {"stages": {"seven": {}}},
        {"encoder": "use"},
        {"encoder": {"name": "x", "width": 10**9}},
        {"encoder": {"name": ["x"], "width": 16}},
        {"train_classes": [5]},
        {"crop": {}},
        {"version": "2"},
    ],
)
def test_a_card_whose_entries_are_of_another_kind_is_damaged(tmp_path, changes):
    save_small(tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps({**card, **changes}))
    with pytest.raises(InputError, match="card.json is damaged: restore it"):
        load_weights(tmp_path)


def test_weights_that_draw_no_numbers_say_so(tmp_path):
    """Each weight is finite; what comes of them is not."""
    weights = load_weights(trained_run(), (1,))
    for variable in weights.generators[1].trainable_variables:
        variable.assign(np.full(variable.shape, 6e4, "float32"))
    with pytest.raises(InputError, match="draw no pictures, only numbers that are not finite"):
        draw_arrays(weights.generators, np.full((1, 512), 1e30, "float32"), np.ones((1, 100)))


def test_a_set_of_another_version_is_refused(tmp_path):
    save_small(tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps({**card, "version": 9}))
    with pytest.raises(InputError, match="has version 9, expected 2"):
        load_weights(tmp_path)


def test_a_set_without_the_stage_is_refused(tmp_path):
    save_small(tmp_path)
    with pytest.raises(InputError, match="holds no weights of stage 2"):
        load_weights(tmp_path, (2,))


def test_the_old_set_stays_when_the_new_card_cannot_be_written(tmp_path):
    save_small(tmp_path)
    before = (tmp_path / "stage1.npz").read_bytes()
    (tmp_path / "card.json.partial").mkdir()  # blocks the way, even for root
    with pytest.raises(InputError, match="cannot write .*card.json"):
        save_small(tmp_path, 0.25)
    assert (tmp_path / "stage1.npz").read_bytes() == before
    assert (load_weights(tmp_path).whitening.mean == 0.5).all()


def test_a_run_folder_and_a_set_folder_both_name_weights():
    assert find_weights(trained_run()) == trained_run() / "weights"
    assert find_weights(str(trained_run() / "weights")) == trained_run() / "weights"


def test_no_weights_says_what_can_be_named(tmp_path):
    with pytest.raises(InputError, match="no weights at 'nowhere': name a training run's folder"):
        find_weights("nowhere")
    with pytest.raises(InputError, match="no weights at"):
        find_weights(Path("birds"))  # a folder, never a shipped set


def test_a_path_is_never_taken_for_a_shipped_name(tmp_path, monkeypatch):
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    monkeypatch.setattr("t2i_utils.stackgan.weights.PRETRAINED", shipped)
    save_small(shipped / "birds")
    save_small(own / "birds")
    monkeypatch.chdir(own)
    assert find_weights("birds") == shipped / "birds"
    assert find_weights(f".{os.sep}birds").resolve() == own / "birds"
