"""A stage of a run: what it prepares, and that drawing with it leaves its training as it was."""

import numpy as np
from small_gan import small_config, values
from small_run import toy_pack

from t2i_utils.data import Batches
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.training.stage import Stage


def test_drawing_with_settled_statistics_changes_nothing_that_training_goes_on_with():
    pack = toy_pack()
    indices = pack.indices("zero-shot", "train")
    gan = StageGAN(small_config("modern", 1), pack.width)
    batches = Batches(
        pack, indices, batch_size=4, image_size=64, whitening=pack.whitening(indices), seed=0
    )
    stage = Stage(gan, batches, seed=0)
    stage.step = 2  # as if it had trained: statistics are taken over as many batches
    before = values(gan.state_variables)
    settled = []
    for _ in range(2):
        with stage.settled():
            settled.append(values(gan.averaged.variables))
        for value, variable in zip(before, gan.state_variables, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value, err_msg=variable.path)
    for one, two in zip(*settled, strict=True):
        np.testing.assert_array_equal(one, two)  # a function of the state and the seed
    moved = [
        (value != variable.numpy()).any()
        for value, variable in zip(settled[0], gan.averaged.variables, strict=True)
    ]
    trainable = [variable.trainable for variable in gan.averaged.variables]
    assert moved == [not kind for kind in trainable]  # the statistics alone, and all of them
