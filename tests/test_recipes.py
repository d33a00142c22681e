"""Recipes: the registry, and a recipe that a stranger writes."""

import dataclasses
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers
from small_gan import BATCH, WIDTH, new_gan, small_batch, values

from t2i_utils.errors import InputError
from t2i_utils.stackgan import recipes
from t2i_utils.stackgan.discriminator import Discriminator
from t2i_utils.stackgan.layers import SpectralConv2D, TiledConcatenate
from t2i_utils.stackgan.recipes import (
    config_from_json,
    get_recipe,
    make_config,
    recipe_names,
    register,
)
from t2i_utils.stackgan.recipes.modern import ModernRecipe
from t2i_utils.stackgan.recipes.paper import PaperRecipe
from t2i_utils.stackgan.update import StageGAN


class PlainRecipe(PaperRecipe):
    """A stranger's: the paper's generator against a small spectrally normalised discriminator."""

    name = "plain"
    loss = "hinge"

    def build_discriminator(self, config, embedding_width):
        width, size = config.discriminator_width, config.image_size
        images = keras.Input((size, size, 3))
        x = images
        while x.shape[1] > 4:
            x = layers.LeakyReLU(0.2)(SpectralConv2D(width, 4, strides=2)(x))
        maps = keras.Input(tuple(x.shape[1:]))
        embedding = keras.Input((embedding_width,))
        y = TiledConcatenate()([maps, layers.Dense(width)(embedding)])
        y = SpectralConv2D(1, 4, padding="valid")(
            layers.LeakyReLU(0.2)(SpectralConv2D(width, 3)(y))
        )
        head = keras.Model([maps, embedding], layers.Flatten(dtype="float32")(y))
        return Discriminator(keras.Model(images, [x]), head)


@pytest.fixture(autouse=True, scope="module")
def registry():
    """Forget afterwards what the tests here register."""
    before = dict(recipes._registered)
    yield
    recipes._registered.clear()
    recipes._registered.update(before)


@pytest.fixture(scope="module")
def plain(registry):
    register(PlainRecipe())
    return make_config("plain", "smoke", 1, batch_size=BATCH, generator_width=8)


def test_a_recipe_from_outside_the_package_trains(plain):
    gan = StageGAN(plain, WIDTH)
    before = values([*gan.generator.trainable_variables, *gan.discriminator.trainable_variables])
    for step in range(2):
        metrics = gan.update(small_batch(gan, step), step)
    after = values([*gan.generator.trainable_variables, *gan.discriminator.trainable_variables])
    # A discriminator's last bias is pulled up by the photograph as much as it is pushed down.
    moved = [
        not np.array_equal(a, b) or a.shape == (1,) for a, b in zip(before, after, strict=True)
    ]
    assert all(moved)
    assert np.isfinite([float(value) for value in metrics.values()]).all()


def test_any_discriminator_serves_the_modern_recipe_but_for_its_contrastive_loss(registry):
    class Swapped(ModernRecipe):
        name = "swapped"
        build_discriminator = PlainRecipe.build_discriminator

    register(Swapped())
    config = make_config("swapped", "smoke", 1, batch_size=BATCH, generator_width=8)
    gan = StageGAN(dataclasses.replace(config, contrastive_weight=0.0), WIDTH)
    metrics = gan.update(small_batch(gan), 0)
    assert np.isfinite([float(value) for value in metrics.values()]).all()
    assert "sameness" in metrics
    gan = StageGAN(config, WIDTH)
    with pytest.raises(InputError, match="contrastive_weight needs a discriminator with towers"):
        gan.update(small_batch(gan), 0)


def test_it_is_known_by_its_name(plain):
    assert {"modern", "paper", "plain"} <= set(recipe_names())
    assert config_from_json(plain.to_json()) == plain
    assert plain.kl_weight == make_config("paper", "smoke", 1).kl_weight


def test_a_recipe_may_have_settings_of_its_own_and_no_others():
    config = make_config("modern", "smoke", 1, hidden_square=0.25)
    assert config_from_json(config.to_json()) == config
    with pytest.raises(InputError, match="recipe 'paper' has no setting hidden_square"):
        make_config("paper", "smoke", 1, hidden_square=0.25)


def test_configurations_of_older_weights_are_read():
    """Cards once named the fields of all recipes, whatever the recipe."""
    fields = {**make_config("paper").to_json(), "hidden_square": 0.0, "blur_steps": 0}
    assert config_from_json(fields) == make_config("paper")


def test_the_view_sharpens_over_the_first_steps():
    recipe = get_recipe("modern")
    config = make_config("modern", "smoke", 1, blur_steps=10)
    blurs = [recipe.scalars(config, step)["blur"] for step in range(12)]
    assert blurs[0] == 6 and blurs[10] == blurs[11] == 1
    assert all(np.diff(blurs[:11]) < 0)
    assert recipe.scalars(make_config("modern", "smoke", 2), 0) == {"blur": 1}


@pytest.mark.parametrize("stage", [1, 2])
def test_mixed_sentences_lie_between_two_of_the_batch(stage):
    gan = new_gan("modern", stage, contrastive_weight=1.0, mixed_share=0.5)
    seen = []
    generator_inputs = gan.generator_inputs
    gan.generator_inputs = lambda texts, batch: (
        seen.append(np.array(texts)) or generator_inputs(texts, batch)
    )
    batch = small_batch(gan)
    pairs = gan.config.diversity_weight > 0  # two pictures of one sentence
    own = batch["embeddings"][np.arange(BATCH) // 2 * 2] if pairs else batch["embeddings"]
    other = np.roll(own, 2, axis=0)
    for angle, expected in ((0, own), (np.pi / 2, other), (np.pi / 4, (own + other) / 2**0.5)):
        losses, metrics = gan.compute_losses({**batch, "mix": np.full(BATCH, angle, "float32")})
        np.testing.assert_allclose(seen[-1], expected, atol=1e-5)
        assert np.isfinite([float(loss) for loss in losses]).all()
        assert float(metrics["match_fake"]) > 0


def test_so_many_sentences_are_mixed():
    config = make_config("modern", "smoke", 1, mixed_share=0.3)
    angles = ModernRecipe().draw_noise(config, np.random.default_rng(0), 5000)["mix"]
    assert angles.dtype == np.float32 and angles.shape == (5000,)
    assert angles.max() <= np.pi / 2
    assert (angles > 0).mean() == pytest.approx(0.3, abs=0.02)
    assert angles[angles > 0].mean() == pytest.approx(np.pi / 4, rel=0.03)
    assert "mix" not in ModernRecipe().draw_noise(
        make_config("modern", "smoke", 1, mixed_share=0.0), np.random.default_rng(0), 8
    )


def test_drawn_sentences_are_matched_among_themselves_when_mixed():
    """A picture of a mixed sentence must show that one, not the photograph's beside it."""
    gan = new_gan("modern", 2, contrastive_weight=1.0, mixed_share=0.5)
    batch = small_batch(gan)
    whole = {**batch, "mix": np.full(BATCH, np.pi / 2, "float32")}
    rolled = {
        **{name: batch[name] for name in batch if name != "mix"},
        "embeddings": np.roll(batch["embeddings"], 2, axis=0),
        "class_ids": batch["class_ids"],
        "mix": np.zeros(BATCH, "float32"),
    }
    found = [float(gan.compute_losses(each)[1]["match_fake"]) for each in (whole, rolled)]
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_a_changed_body_is_one_method():
    class Concatenated(ModernRecipe):
        name = "concatenated"

        def stage1_body(self, latent, width):
            x = layers.Reshape((4, 4, width))(layers.Dense(16 * width)(latent))
            return layers.UpSampling2D(16)(layers.Conv2D(3, 1, dtype="float32")(x))

    register(Concatenated())
    model = get_recipe("concatenated").build_generator(make_config("concatenated", "smoke"), WIDTH)
    assert model.outputs[0].shape == (None, 64, 64, 3)


def test_names_are_known_without_keras():
    script = (
        "import sys; from t2i_utils.stackgan.recipes import recipe_names; "
        "assert {'modern', 'paper'} <= {*recipe_names()}, recipe_names(); "
        "assert 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
