"""The feed on the accelerator gives the arrays of the feed on the host, bit for bit."""

import numpy as np
import pytest
from test_feed import make, pack  # noqa: F401  (a fixture)

from t2i_utils import backend
from t2i_utils.data import Batches
from t2i_utils.training.device_feed import DeviceFeed, fits_accelerator


@pytest.mark.parametrize("options", [
    {"num_distractors": 7},
    {"captions_per_image": 4, "num_distractors": 3, "image_size": 50},
    {"image_size": 76, "batch_size": 20},
])  # fmt: skip
def test_both_gathers_are_equal(pack, options):  # noqa: F811
    batches = make(pack, **options)
    whitened = Batches(
        pack,
        batches.indices,
        batch_size=batches.batch_size,
        image_size=batches.image_size,
        captions_per_image=batches.captions_per_image,
        num_distractors=batches.num_distractors,
        whitening=pack.whitening(batches.indices),
    )
    device = DeviceFeed(whitened)
    for step in range(3):
        plan = whitened.plan(step)
        host, found = whitened.gather(plan), backend.to_numpy(device.gather(plan))
        assert host.keys() == found.keys()
        for name, array in host.items():
            np.testing.assert_array_equal(found[name], array, err_msg=name)
            assert found[name].dtype == array.dtype, name


def test_without_an_accelerator_the_host_gathers(pack):  # noqa: F811
    assert fits_accelerator(make(pack)) == backend.has_accelerator()
