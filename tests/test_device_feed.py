"""The feed on the accelerator gives the arrays of the feed on the host, bit for bit."""

import numpy as np
import pytest
from test_feed import make, pack, pack_of_two_colours  # noqa: F401  (fixtures)

from t2i_utils import backend
from t2i_utils.data import Batches
from t2i_utils.data.feed import NONE
from t2i_utils.training.device_feed import DeviceFeed, fits_accelerator


@pytest.mark.parametrize("options", [
    {"num_distractors": 7},
    {"captions_per_image": 4, "num_distractors": 3, "image_size": 50},
    {"image_size": 76, "batch_size": 20},
])  # fmt: skip
def test_both_gathers_are_equal(pack, options):  # noqa: F811
    check_gathers(pack, **options)


def test_both_gathers_give_exchanged_captions(pack_of_two_colours):  # noqa: F811
    found = check_gathers(
        pack_of_two_colours, image_size=8, typed_share=0.3, exchanged_share=0.5, num_distractors=24
    )
    assert (found["distractor_class_ids"] == NONE).any()


def check_gathers(pack, **options):  # noqa: F811
    """Compare the two; give the arrays of the last step."""
    batches = make(pack, **options)
    whitened = Batches(
        pack,
        batches.indices,
        batch_size=batches.batch_size,
        image_size=batches.image_size,
        captions_per_image=batches.captions_per_image,
        typed_share=batches.typed_share,
        exchanged_share=batches.exchanged_share,
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
    return found


def test_without_an_accelerator_the_host_gathers(pack):  # noqa: F811
    assert fits_accelerator(make(pack)) == backend.has_accelerator()
