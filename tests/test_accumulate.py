"""A batch that is computed in parts: one update, by the mean of the parts' gradients."""

from typing import Any

import numpy as np
import pytest
from small_gan import new_gan, restored, shared_gan, small_batch, values

from t2i_utils.config import Config
from t2i_utils.errors import InputError
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.stackgan.update import StageGAN

HALVES = (slice(0, 2), slice(2, 4))  # of a batch of four


def rows_of(batch: dict[str, np.ndarray], rows: slice) -> dict[str, np.ndarray]:
    return {n: v if n.startswith("distractor") else v[rows] for n, v in batch.items()}


def gradients(gan: StageGAN) -> np.ndarray:
    """The first update's, of both players: Adam's momentum is half of them."""
    optimizers = (gan.discriminator_optimizer, gan.generator_optimizer)
    moments = [v for one in optimizers for v in one.variables if v.name.endswith("momentum")]
    assert len(moments) > 50
    return 2 * np.concatenate([value.ravel() for value in values(moments)])


def close(one: np.ndarray, two: np.ndarray) -> bool:
    return bool(np.linalg.norm(one - two) < 1e-5 * np.linalg.norm(two))


@pytest.fixture(scope="module")
def gan() -> StageGAN:
    return new_gan("paper", 1, accumulate=2)


def train_in_parts(gan: StageGAN, batch: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    before = values(gan.generator.trainable_variables)
    found = [gan.update(rows_of(batch, HALVES[0]), 0, ends_batch=False)]
    for value, variable in zip(before, gan.generator.trainable_variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    found.append(gan.update(rows_of(batch, HALVES[1]), 0))
    assert int(gan.generator_optimizer.iterations) == 1
    return found


def test_gradients_are_the_mean_of_those_of_the_parts(gan):
    batch, by_half = small_batch(gan), []
    for rows in HALVES:
        with restored(shared_gan("paper", 1)) as whole:
            whole.update(rows_of(batch, rows), 0)
            by_half.append(gradients(whole))
    assert not close(by_half[0], by_half[1])
    with restored(gan):
        train_in_parts(gan, batch)
        assert close(gradients(gan), np.mean(by_half, axis=0))


def test_parts_with_the_statistics_of_the_batch_make_its_update(gan):
    """BatchNorm normalises a part by its own mean and variance: here they are the batch's."""
    half = rows_of(small_batch(gan), HALVES[0])
    batch = {n: v if n.startswith("distractor") else np.tile(v, (2,) + (1,) * (v.ndim - 1))
             for n, v in half.items()}  # fmt: skip
    with restored(shared_gan("paper", 1)) as whole:
        losses = [float(whole.update(batch, 0)[name]) for name in ("d_loss",)]
        expected = gradients(whole)
    with restored(gan):
        for metrics in train_in_parts(gan, batch):
            assert [float(metrics["d_loss"])] == pytest.approx(losses, rel=1e-5)
        assert close(gradients(gan), expected)


@pytest.mark.parametrize(
    ("recipe", "accumulate", "message"),
    [("paper", 5, "a batch of 8 has no 5 equal parts"), ("modern", 8, "1 pictures at once")],
)
def test_parts_that_cannot_be_are_refused(recipe, accumulate, message):
    with pytest.raises(InputError, match=message):
        make_config(recipe, "smoke", 1, accumulate=accumulate)


def test_configurations_of_old_checkpoints_have_one_part():
    fields = make_config("paper", "smoke", 1).to_json()
    del fields["accumulate"]
    assert Config.from_json(fields).accumulate == 1
