"""One update of the GAN: who learns, from what, and how fast."""

import numpy as np
import pytest
from keras import ops
from small_gan import ALL, new_gan, restored, shared_gan, small_batch, small_config, values

from t2i_utils.stackgan.augment import UNIFORMS
from t2i_utils.stackgan.update import StageGAN


def changed(before: list[np.ndarray], variables: list) -> list[bool]:
    pairs = zip(before, values(variables), strict=True)
    return [not np.array_equal(one, two) for one, two in pairs]


@pytest.mark.parametrize(("recipe", "stage"), ALL)
def test_an_update_moves_every_weight_of_both_players(recipe, stage):
    gan = shared_gan(recipe, stage)
    players = (gan.generator, gan.discriminator)
    with restored(gan):
        before = [values(player.trainable_variables) for player in players]
        frozen = values(gan.discriminator.frozen_variables)
        for step in range(2):  # a fresh modern Stage II passes no gradient back at its first step
            metrics = gan.update(small_batch(gan, step), step)
        for player, old in zip(players, before, strict=True):
            moved = zip(changed(old, player.trainable_variables), old, strict=True)
            # While no logit is beyond the hinge, real pulls at a logit's bias as wrong and fake do.
            assert all(one or (recipe == "modern" and value.shape == (1,)) for one, value in moved)
        assert not any(changed(frozen, gan.discriminator.frozen_variables))
    assert {"d_loss", "g_loss", "d_real", "d_wrong", "d_fake", "kl", "diversity"} <= set(metrics)
    assert np.isfinite([float(value) for value in metrics.values()]).all()


def test_the_same_batch_gives_the_same_update():
    gan = shared_gan("paper", 1)
    found = []
    for _ in range(2):
        with restored(gan):
            gan.update(small_batch(gan), 0)
            found.append(values(gan.state_variables))
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_losses_of_the_paper_are_those_of_its_logits():
    gan = shared_gan("paper", 1)
    with restored(gan):
        m = {name: float(value) for name, value in gan.update(small_batch(gan), 0).items()}
    # Jensen: a mean of softplus lies above the softplus of the mean, by little for four pictures.
    softplus = lambda x: np.log1p(np.exp(x))  # noqa: E731
    d_loss = softplus(-m["d_real"]) + 0.5 * (softplus(m["d_wrong"]) + softplus(m["d_fake"]))
    assert d_loss <= m["d_loss"] < 3 * d_loss
    assert softplus(-m["d_fake"]) <= m["g_loss"] - 2 * m["kl"] < 3 * softplus(-m["d_fake"])


def test_warm_up_leaves_the_generator_alone():
    gan = new_gan("paper", 1)
    generator = values(gan.generator.trainable_variables)
    discriminator = values(gan.discriminator.trainable_variables)
    gan.update(small_batch(gan), 0, train_generator=False)
    assert not any(changed(generator, gan.generator.trainable_variables))
    assert all(changed(discriminator, gan.discriminator.trainable_variables))


def test_the_learning_rate_scales_the_first_step():
    gan = shared_gan("paper", 1)
    moves = []
    for factor in (1.0, 0.25):
        with restored(gan):
            before = values(gan.generator.trainable_variables)
            gan.update(small_batch(gan), 0, learning_rate_factor=factor)
            after = values(gan.generator.trainable_variables)
            moves.append(max(np.abs(a - b).max() for a, b in zip(after, before, strict=True)))
            assert float(gan.generator_optimizer.learning_rate.numpy()) == pytest.approx(
                2e-4 * factor
            )
    assert moves[0] == pytest.approx(2e-4, rel=0.01)  # Adam's first step is its learning rate
    assert moves[1] == pytest.approx(0.5e-4, rel=0.01)


@pytest.mark.parametrize("trained_before", [False, True])
def test_averaged_weights_follow_slowly_and_statistics_at_once(trained_before):
    gan = shared_gan("modern", 1)
    assert gan.averaged is not None and gan.drawing_generator is gan.averaged
    with restored(gan):
        old = values(gan.averaged.variables)
        step = 5
        gan.update(small_batch(gan), step, trained_before=trained_before)
        decay = gan.config.average_decay
        if not trained_before:
            decay = min(decay, (1 + step) / (10 + step))
        new = zip(gan.averaged.variables, gan.generator.variables, old, strict=True)
        for average, current, before in new:
            expected = current.numpy()
            if current.trainable:
                expected = decay * before + (1 - decay) * expected
            np.testing.assert_allclose(average.numpy(), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("stage", [1, 2])
def test_settled_averaged_weights_draw_as_they_do_by_the_batch_itself(stage):
    gan = shared_gan("modern", stage)
    assert gan.averaged is not None
    with restored(gan):
        for step in range(3):
            gan.update(small_batch(gan, step), step)
        batch = small_batch(gan, 9)
        inputs = gan.generator_inputs(batch["embeddings"], batch)
        weights = values(gan.averaged.trainable_variables)
        inputs = [ops.convert_to_tensor(values) for values in inputs]
        by_batch = np.asarray(gan.averaged(inputs, training=True)[0])
        if stage == 2:  # what is drawn is kept near Stage I's picture, what is trained is not
            by_batch = np.asarray(gan.averaged.get_layer("images")([by_batch, inputs[0]]))
        lent = np.asarray(gan.averaged(inputs, training=False)[0])
        gan.settle_average([batch] * 150)
        own = np.asarray(gan.averaged(inputs, training=False)[0])
        assert not any(changed(weights, gan.averaged.trainable_variables))
    assert np.abs(own - by_batch).mean() < 0.1 * np.abs(lent - by_batch).mean()


def test_the_paper_draws_with_the_weights_it_trains():
    gan = shared_gan("paper", 1)
    assert gan.averaged is None and gan.drawing_generator is gan.generator
    with restored(gan):
        before = values(gan.generator.variables)
        gan.settle_average([small_batch(gan)])
        assert not any(changed(before, gan.generator.variables))


def test_noise_has_its_shapes_and_distributions():
    for recipe, stage in ALL:
        gan = shared_gan(recipe, stage)
        noise = gan.draw_noise(np.random.default_rng(0), 500)
        shapes = {"epsilon": 128, "noise": 100}
        if recipe == "modern":
            shapes |= {"augment_real": UNIFORMS, "augment_fake": UNIFORMS}
        shapes |= {"stage1_epsilon": 128} if stage == 2 else {}
        assert {name: array.shape[1] for name, array in noise.items()} == shapes
        assert {array.dtype for array in noise.values()} == {np.dtype("float32")}
        assert noise["noise"].std() == pytest.approx(1, rel=0.02)
        if recipe == "modern":
            assert 0 <= noise["augment_real"].min() < noise["augment_real"].max() <= 1
        # The released code cuts epsilon at two sigma, which leaves a standard deviation of 0.88.
        farthest = np.abs(noise["epsilon"]).max()
        assert farthest <= 2 if recipe == "paper" else farthest > 3
        expected = 0.88 if recipe == "paper" else 1
        assert noise["epsilon"].std() == pytest.approx(expected, rel=0.02)


def test_the_seed_decides_the_initial_weights():
    weights = [new_gan("paper", 1, seed).generator.get_weights() for seed in (1, 1, 2)]
    assert all(np.array_equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not np.array_equal(weights[0][0], weights[2][0])


def test_stage_2_needs_stage_1():
    with pytest.raises(ValueError, match="Stage II needs a Stage-I generator"):
        StageGAN(small_config("paper", 2), 16)
    with pytest.raises(ValueError, match="Stage I takes none"):
        StageGAN(small_config("paper", 1), 16, shared_gan("paper", 1).generator)
