"""Checkpoints: a run goes on as if it had never stopped, and bad files are refused."""

import numpy as np
import pytest
from small_gan import new_gan, restored, shared_gan, small_batch, values

from t2i_utils.arrays import write_arrays
from t2i_utils.errors import InputError
from t2i_utils.training.checkpoints import copy_weights, load_checkpoint, save_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "stage1.npz"
    save_checkpoint(path, shared_gan("paper", 1), 7, {"seed": 3, "data": "toy"})
    return path


def test_a_checkpoint_holds_the_whole_state(checkpoint):
    gan = shared_gan("paper", 1)
    with np.load(checkpoint) as arrays:
        assert len(arrays.files) == len(gan.state_variables) + 1  # and the note
    with restored(gan):
        before = values(gan.state_variables)
        gan.update(small_batch(gan), 0)
        assert load_checkpoint(checkpoint, gan, {"seed": 3, "data": "toy"}) == 7
        for old, variable in zip(before, gan.state_variables, strict=True):
            np.testing.assert_array_equal(variable.numpy(), old, err_msg=variable.path)


@pytest.mark.parametrize(
    ("changes", "expected", "message"),
    [
        ({}, {"seed": 4}, "was trained with seed 3, not 4"),
        ({}, {"data": "birds"}, "was trained with data 'toy', not 'birds'"),
        ({"generator_width": 16}, {}, "was trained with generator_width 8, not 16"),
        ({"batch_size": 8}, {}, "was trained with batch_size 4, not 8"),
    ],
)
def test_a_run_is_resumed_with_its_own_settings_only(checkpoint, changes, expected, message):
    gan = new_gan("paper", 1, **changes)
    before = values(gan.state_variables)
    with pytest.raises(InputError, match=message) as caught:
        load_checkpoint(checkpoint, gan, expected)
    assert "\n" not in str(caught.value)
    for old, variable in zip(before, gan.state_variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)


def test_damaged_or_foreign_files_are_refused(checkpoint, tmp_path):
    gan = shared_gan("paper", 1)
    cut = tmp_path / "cut.npz"
    cut.write_bytes(checkpoint.read_bytes()[:-500])
    with pytest.raises(InputError, match="damaged"):
        load_checkpoint(cut, gan, {})
    write_arrays(tmp_path / "other.npz", {"a": np.zeros(3)}, {"step": 3})
    with pytest.raises(InputError, match="other.npz is no checkpoint of a stage"):
        load_checkpoint(tmp_path / "other.npz", gan, {})
    with pytest.raises(InputError, match="is not there"):
        load_checkpoint(tmp_path / "none.npz", gan, {})


def test_weights_are_copied_between_equal_generators_only(tmp_path):
    source, target = new_gan("paper", 1, 1).generator, new_gan("paper", 1, 2).generator
    copy_weights(source, target, tmp_path)
    for one, two in zip(source.get_weights(), target.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    wider = new_gan("paper", 1, generator_width=16).generator
    with pytest.raises(InputError, match="expected"):
        copy_weights(source, wider, tmp_path)
