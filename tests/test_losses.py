"""The losses, against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from t2i_utils import backend
from t2i_utils.stackgan import losses

RANDOM = np.random.default_rng(0)


def softplus(x: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(x))


def unit(*shape: int) -> np.ndarray:
    vectors = RANDOM.standard_normal(shape).astype("float32")
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_bce_is_that_of_probabilities():
    real, wrong, fake = RANDOM.standard_normal((3, 5)).astype("float32")
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    expected = -np.log(sigmoid(real)).mean() - 0.5 * (
        np.log(1 - sigmoid(wrong)).mean() + np.log(1 - sigmoid(fake)).mean()
    )
    found = float(losses.discriminator_loss("bce", real, wrong, fake))
    assert found == pytest.approx(expected, rel=1e-5)
    assert float(losses.generator_loss("bce", fake)) == pytest.approx(
        -np.log(sigmoid(fake)).mean(), rel=1e-5
    )


def test_bce_stays_finite_for_extreme_logits():
    logits = np.array([1e4, -1e4], "float32")
    assert float(losses.generator_loss("bce", logits)) == pytest.approx(5e3)
    assert np.isfinite(float(losses.discriminator_loss("bce", logits, logits, logits)))


def test_hinge_is_zero_beyond_the_margin():
    ones = np.ones(4, "float32")
    assert float(losses.discriminator_loss("hinge", 2 * ones, -2 * ones, -ones)) == 0
    assert float(losses.discriminator_loss("hinge", -ones, -2 * ones, -2 * ones)) == 2
    assert float(losses.generator_loss("hinge", 3 * ones)) == -3


def test_a_loss_that_does_not_exist_is_an_error_and_no_hinge():
    logits = np.zeros((2, 1), "float32")
    for loss in (
        lambda: losses.generator_loss("wgan", logits),
        lambda: losses.discriminator_loss("wgan", logits, logits, logits),
    ):
        with pytest.raises(KeyError, match="wgan"):
            loss()


def test_kl_is_that_of_the_textbook():
    mu, log_sigma = RANDOM.standard_normal((2, 6, 8)).astype("float32")
    sigma = np.exp(log_sigma)
    expected = (0.5 * (sigma**2 + mu**2 - 1) - np.log(sigma)).mean()
    assert float(losses.kl_divergence(mu, log_sigma)) == pytest.approx(expected, rel=1e-5)
    zeros = np.zeros((2, 3), "float32")
    assert float(losses.kl_divergence(zeros, zeros)) == 0


def mean(values) -> float:
    return float(np.mean(values))


def test_contrastive_loss_wants_each_picture_nearest_to_its_own_sentence():
    texts = unit(6, 16)
    own = np.arange(6)
    matched = mean(losses.contrastive_loss(texts, texts, own, own, own))
    swapped = mean(losses.contrastive_loss(texts[::-1], texts, own, own, own))
    assert matched < 0.1 < np.log(6) < swapped
    same = np.repeat(texts[:1], 6, 0)
    chance = mean(losses.contrastive_loss(same, same, own, own, own))
    assert chance == pytest.approx(np.log(6), rel=1e-5)


def test_contrastive_loss_leaves_out_other_sentences_of_the_same_class():
    same, own = np.repeat(unit(1, 16), 6, 0), np.arange(6)
    classes = np.array([0, 0, 0, 1, 2, 3])
    loss = mean(losses.contrastive_loss(same, same, own, classes, classes))
    # Three pictures choose among 4 sentences (their own and those of 3 classes), three among 6.
    assert loss == pytest.approx((np.log(4) + np.log(6)) / 2, rel=1e-5)


def test_contrastive_loss_takes_several_pictures_of_one_sentence():
    texts = unit(4, 16)
    places = np.array([0, 1, 0, 1])
    own = np.arange(4)
    assert mean(losses.contrastive_loss(texts[places], texts, places, places, own)) < 0.2
    assert mean(losses.contrastive_loss(texts[places], texts, own, own, own)) > 1


def test_drawn_pictures_should_match_as_well_as_photographs_and_no_better():
    def both(real, fake):
        found = losses.matching_losses(np.array(real, "float32"), np.array(fake, "float32"))
        return tuple(float(loss) for loss in found)

    assert both([1.0, 2.0], [1.5, 1.5]) == (1.5, 0)
    assert both([1.5], [4.0]) == (1.5, 2.5), "matched badly: the generator's work"
    assert both([1.5], [1.0]) == (2.0, 0), "matched too surely: the discriminator's"
    # One picture that is matched too surely is not made good by another that is not at all.
    assert both([1.5], [0.5, 9.5]) == (2.0, 4.0)


def test_the_discriminator_does_not_match_photographs_worse_to_be_surer_of_drawn_ones():
    real = keras.Variable([1.5])
    _, _, [[gradient]] = backend.gradients(
        lambda: (losses.matching_losses(real, ops.convert_to_tensor([1.0]))[:1], None), [real]
    )
    assert gradient == 1


def test_diversity_loss_asks_for_the_difference_of_two_photographs():
    real = [RANDOM.standard_normal((4, 3, 3, 2)).astype("float32")]
    fake = RANDOM.standard_normal((2, 3, 3, 2)).astype("float32")
    alike = np.repeat(fake, 2, axis=0)

    def loss(drawn):
        return float(losses.diversity_loss(drawn, real, 0.6))

    assert loss([alike]) == 1
    assert loss(real) == pytest.approx(0, abs=1e-6)
    assert loss([3 * real[0]]) == 0
    enough = 0.6 * real[0]
    assert loss([enough]) == pytest.approx(0, abs=1e-6)
    assert loss([enough / 4]) == pytest.approx(0.75, rel=1e-5)
