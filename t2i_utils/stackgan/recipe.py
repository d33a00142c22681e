"""What a recipe is: everything in which one way of training a stage differs from another.

A new recipe is one new file in `stackgan/recipes`, or a class registered from anywhere:

    class Wide(ModernRecipe):
        name = "wide"

        def build_discriminator(self, config, embedding_width):
            return Discriminator(trunk, head)  # any two models, see `discriminator`

    register(Wide())

Of the modern recipe's losses, the contrastive one asks for towers (see `projected`): set
`contrastive_weight` to 0 for a discriminator without them.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops

from t2i_utils.config import Config
from t2i_utils.stackgan import losses
from t2i_utils.stackgan.discriminator import Discriminator

# What a preset sets for every recipe.
_MACHINES: dict[str, dict[str, Any]] = {
    "smoke": {"batch_size": 8, "steps": 20},
    "cpu": {"precision": "auto"},
    "gpu": {"precision": "auto"},
}


class Players(Protocol):
    """What a recipe may use of a stage that trains, which is a `StageGAN`."""

    config: Any
    generator: keras.Model
    discriminator: Any

    def generator_inputs(self, embeddings: Any, batch: dict[str, Any]) -> list[Any]:
        """What the generator takes to draw sentences."""
        ...


class Recipe:
    """Generators, discriminator, losses, noise and presets of one way of training.

    The methods here are a plain matching-aware GAN; a recipe overrides what it does otherwise.

    Attributes:
        name: what `--recipe` and model cards call it.
        config_class: `Config`, or a subclass with fields of the recipe's own.
        loss: "bce" or "hinge", see `losses.discriminator_loss`.
        defaults: fields of the configuration, whatever the stage and preset.
        changes: {(preset, stage): fields that differ there}.
        fine_tuning: fields of Stage I that differ where a run goes on from trained weights with few
            pictures; its length and schedule are every recipe's, see `recipes.fine_tuning`.
    """

    name: str
    config_class: type[Config] = Config
    loss = "hinge"
    defaults: Mapping[str, Any] = {}
    changes: Mapping[tuple[str, int], Mapping[str, Any]] = {}
    fine_tuning: Mapping[str, Any] = {}

    def settings(self, preset: str, stage: int) -> dict[str, Any]:
        """The fields of the configuration that this recipe sets for a preset and a stage."""
        return {**self.defaults, **_MACHINES[preset], **self.changes.get((preset, stage), {})}

    def build_generator(self, config: Config, embedding_width: int) -> keras.Model:
        """Build the generator of `config.stage`: see `generators` for its inputs and outputs."""
        raise NotImplementedError

    def build_discriminator(self, config: Config, embedding_width: int) -> Discriminator:
        """Build the discriminator of `config.stage`."""
        raise NotImplementedError

    def draw_noise(
        self, config: Config, random: np.random.Generator, batch_size: int
    ) -> dict[str, np.ndarray]:
        """Draw all random numbers of one update, so that it is a pure function of its inputs.

        Returns:
            "epsilon" (batch, condition_size) and "noise" (batch, noise_size), standard normal; in
            Stage II "stage1_epsilon" too, for the Stage I that feeds it. float32.
        """
        sizes = {"epsilon": config.condition_size, "noise": config.noise_size}
        if config.stage == 2:
            sizes["stage1_epsilon"] = config.condition_size
        return {
            name: random.standard_normal((batch_size, size)).astype("float32")
            for name, size in sizes.items()
        }

    def scalars(self, config: Config, step: int) -> dict[str, float]:
        """Numbers that change from step to step and enter the losses as `batch[name]`."""
        return {}

    def compute_losses(
        self, gan: Players, batch: dict[str, Any]
    ) -> tuple[tuple[Any, Any], dict[str, Any]]:
        """Compute the losses of both players on one batch.

        Args:
            gan: the stage, with its generator and discriminator.
            batch: tensors; the fields of `Batches.at`, with images (batch, size, size, 3) in
                [-1, 1], and those of `draw_noise` and `scalars`.

        Returns:
            ((the discriminator's loss, the generator's loss), metrics), all of them scalars.
        """
        texts, images = batch["embeddings"], batch["images"]
        fake, mu, log_sigma = gan.generator(gan.generator_inputs(texts, batch), training=True)
        fake_features = gan.discriminator.features(fake)
        real_features = gan.discriminator.features(images)
        d_loss, g_loss, metrics = self.judge_pairs(gan, batch, real_features, fake_features, texts)
        kl = losses.kl_divergence(mu, log_sigma)
        metrics |= {"kl": kl, "diversity": diversity(fake), "diversity_real": diversity(images)}
        return (d_loss, g_loss + gan.config.kl_weight * kl), metrics

    def judge_pairs(
        self,
        gan: Players,
        batch: dict[str, Any],
        real_features: list[Any],
        fake_features: list[Any],
        texts: Any,
    ) -> tuple[Any, Any, dict[str, Any]]:
        """Show the discriminator its three pairs (StackGAN, section 3.2).

        A photograph with its own sentence, the same photograph with a sentence of another class,
        and a generated picture with the sentence that it was made from.

        Args:
            gan: the stage.
            batch: see `compute_losses`.
            real_features: of `batch["images"]`, by `Discriminator.features`.
            fake_features: of the generated pictures.
            texts: (batch, width), the sentences that the generated pictures were made from.

        Returns:
            (the discriminator's loss, the generator's adversarial loss, the mean logits).
        """
        sentences = [batch["embeddings"], batch["wrong_embeddings"]]
        real, wrong = gan.discriminator.judge_each(real_features, sentences)
        fake = gan.discriminator.judge(fake_features, texts)
        d_loss = losses.discriminator_loss(self.loss, real, wrong, fake)
        g_loss = losses.generator_loss(self.loss, fake)
        means = {"d_real": ops.mean(real), "d_wrong": ops.mean(wrong), "d_fake": ops.mean(fake)}
        return d_loss, g_loss, means


def diversity(images: Any) -> Any:
    """Mean standard deviation of a pixel over the batch: near 0 when all pictures are one."""
    return ops.mean(ops.std(images, axis=0))
