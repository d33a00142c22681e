"""Arrays in files: room that is taken at once, and an error where there is none."""

import numpy as np
import pytest
from test_bad_input import largest_file

from t2i_utils.errors import InputError
from t2i_utils.mapped import mapped_zeros


def test_what_is_written_into_the_map_is_in_the_file(tmp_path):
    path = tmp_path / "a.npy"
    store = mapped_zeros(path, np.float32, (1000, 3))
    assert path.stat().st_blocks * 512 >= 12_000  # not sparse
    store[7] = 1, 2, 3
    store.flush()
    found = np.load(path)
    assert found.dtype == np.float32 and found.sum() == 6
    np.testing.assert_array_equal(found[7], [1, 2, 3])


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path):
    with largest_file(4096), pytest.raises(InputError, match="a.npy: .*; free some space"):
        mapped_zeros(tmp_path / "a.npy", np.float32, (1000, 3))
    assert list(tmp_path.iterdir()) == []
