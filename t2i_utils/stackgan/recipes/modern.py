"""`modern`: the same two stages, better pictures in less time.

A projected discriminator on frozen ImageNet features (Sauer et al., NeurIPS 2021, arXiv
2111.01007), hinge losses (DF-GAN, arXiv 2008.05865), a contrastive image-text loss (XMC-GAN, arXiv
2101.04702), a loss that makes noise count (mode seeking, arXiv 1903.05628), pictures of what lies
between two sentences (Reed et al., ICML 2016, arXiv 1605.05396), a discriminator that sees blurred
pictures first (StyleGAN-XL, arXiv 2202.00273) and an averaged generator.
"""

import functools
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from t2i_utils.config import Config, whole
from t2i_utils.errors import InputError
from t2i_utils.stackgan import losses
from t2i_utils.stackgan.augment import UNIFORMS
from t2i_utils.stackgan.generators import generator_around
from t2i_utils.stackgan.layers import (
    BackProjection,
    ModulatedBatchNorm,
    TiledConcatenate,
    convolve_normalised,
    glu_convolve,
    glu_upsample,
    residual_block,
    small_uniform,
    to_rgb,
)
from t2i_utils.stackgan.projected import ProjectedDiscriminator, build_projected_discriminator
from t2i_utils.stackgan.recipe import Players, Recipe, diversity
from t2i_utils.stackgan.recipes import register

RESIDUAL_BLOCKS = 4  # of Stage II
START_BLUR = 6.0  # how many times wider than sharp the first pictures' filter is


@dataclass(frozen=True)
class ModernConfig(Config):
    """The fields that this recipe adds."""

    feature_size: int = whole(128, 32, 512)  # pixels at which EfficientNet-Lite0 sees pictures
    initial_log_sigma: float = -2.0  # of the condition, before training
    contrastive_weight: float = 0.0  # of the image-text loss; 0 builds no towers
    diversity_weight: float = 0.0  # Stage I: two pictures of one caption must differ
    difference: float = 0.75  # so much, of what two photographs do
    mixed_share: float = 0.0  # of the drawn sentences: mixed of two
    blur_steps: int = whole(0)  # the discriminator's view sharpens over so many first steps
    hidden_square: float = 0.0  # side of what the discriminator is not shown, of the picture's
    convolutions: int = whole(1, 1, 4)  # Stage I: of each block

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.diversity_weight and self.part_size % 2:
            raise InputError(
                f"{self.part_size} pictures at once make no pairs, and two of one caption are "
                "compared: change batch_size or accumulate, or set diversity_weight to 0"
            )


def _falling(steps: int) -> dict[str, int]:
    """A length; in its second half the learning rates fall to a tenth."""
    return {"steps": steps, "decay_from": steps // 2, "decay_until": steps}


class ModernRecipe(Recipe):
    """What this project trains its own weights with."""

    name = "modern"
    config_class = ModernConfig
    defaults = {
        "generator_width": 48,
        "discriminator_width": 64,
        "kl_weight": 0.1,
        "contrastive_weight": 2.5,
        "hidden_square": 0.5,  # against learning few photographs by heart
        "typed_share": 0.3,
        "num_distractors": 4096,
        "generator_learning_rate": 6e-4,
        "discriminator_learning_rate": 5e-4,
        "beta_1": 0.0,
        "beta_2": 0.99,
        "average_decay": 0.998,
    }
    _smoke = {
        "generator_width": 8,
        "discriminator_width": 16,
        "feature_size": 64,
        "num_distractors": 512,
    }
    _stage1 = {"diversity_weight": 2.0, "blur_steps": 800}
    _mixed = {"mixed_share": 0.5, "text_directions": 64}  # many passes: see the card of `birds`
    changes = {
        ("smoke", 1): {**_stage1, **_smoke},
        ("smoke", 2): _smoke,
        ("cpu", 1): {**_stage1, "steps": 4000},
        ("cpu", 2): {"generator_width": 16, "batch_size": 16, "steps": 1500},
        ("gpu", 1): {
            **_stage1,
            "convolutions": 2,
            **_mixed,
            "contrastive_weight": 0.4,
            "hidden_square": 0.25,
            "difference": 0.85,
            "batch_size": 96,
            "generator_learning_rate": 5e-4,
            "discriminator_learning_rate": 3e-4,
            "average_decay": 0.9995,
            **_falling(21800),
        },
        ("gpu", 2): {
            **_mixed,
            "generator_width": 20,
            "contrastive_weight": 0.5,
            "batch_size": 32,
            "generator_learning_rate": 4e-4,
            "discriminator_learning_rate": 3e-4,
            "average_decay": 0.999,
            **_falling(30300),
        },
    }
    fine_tuning = {  # at three times these rates, the first `birds` lost their heads
        "generator_learning_rate": 2e-4,
        "discriminator_learning_rate": 2e-4,
        "blur_steps": 0,
        "average_decay": 0.995,  # the weights before count to the end: an eighth after 410 steps
    }

    def build_generator(self, config: Config, embedding_width: int) -> keras.Model:
        """Build the generator of a stage.

        Stage II has no tanh: its pictures may pass -1 and 1 a little, and are clipped where they
        are shown.
        """
        assert isinstance(config, ModernConfig)
        body = self.stage1_body if config.stage == 1 else self.stage2_body
        if config.stage == 1 and config.convolutions > 1:
            body = functools.partial(body, convolutions=config.convolutions)
        log_sigma = config.initial_log_sigma
        return generator_around(body, config, embedding_width, small_uniform(), log_sigma)

    def stage1_body(self, latent: Any, width: int, convolutions: int = 1) -> Any:
        """Four upsampling blocks; condition and noise modulate each convolution of them.

        A block's first convolution upsamples; what further ones find is added to it.
        """

        def modulate(maps: Any) -> Any:
            return ModulatedBatchNorm()([maps, latent])

        x = layers.Dense(4 * 4 * 8 * width, kernel_initializer=small_uniform())(latent)
        x = layers.Reshape((4, 4, 8 * width))(x)
        for channels in (8 * width, 4 * width, 2 * width, width):  # of 8, 16, 32 and 64 px
            x = glu_upsample(x, channels // 2, modulate)
            for _ in range(convolutions - 1):
                x = layers.add([x, glu_convolve(x, channels // 2, modulate)])
        return to_rgb(x, small_uniform())

    def stage2_body(self, small: Any, condition: Any, width: int) -> Any:
        """Encode to 16 px, residual blocks, upsample with skips, and add to the enlarged Stage I.

        The last convolution, at 128 px, gives each place four pixels (Shi et al., CVPR 2016, arXiv
        1609.05158): layers at 256 px took more time than all others together. It starts at zero: an
        untrained Stage II shows Stage I, enlarged. What is drawn is kept near Stage I's picture.
        """
        widths = (2 * width, 4 * width, 8 * width)  # at 64, 32 and 16 px
        x = small
        skips = []
        for index, channels in enumerate(widths):
            strides = 2 if index else 1
            x = convolve_normalised(x, channels, 3, strides, activation="leaky_relu")
            skips.append(x)
        x = TiledConcatenate()([x, condition])
        x = convolve_normalised(x, 8 * width, 3)
        for _ in range(RESIDUAL_BLOCKS):
            x = residual_block(x)  # (batch, 16, 16, 8 * width)
        for channels, skip in (
            (4 * width, skips[1]),  # 32 px
            (2 * width, skips[0]),  # 64 px
            (width, None),  # 128 px
        ):
            x = glu_upsample(x, channels, lambda maps: ModulatedBatchNorm()([maps, condition]))
            x = layers.Concatenate()([x, skip]) if skip is not None else x
        change = layers.Conv2D(12, 3, padding="same", kernel_initializer="zeros", dtype="float32")(
            x
        )
        change = ops.depth_to_space(change, 2)  # 256 px
        enlarged = layers.UpSampling2D(4, interpolation="bilinear", dtype="float32")(small)
        large = layers.add([enlarged, change], dtype="float32")
        return BackProjection(dtype="float32", name="images")([large, small])

    def build_discriminator(self, config: Config, embedding_width: int) -> ProjectedDiscriminator:
        """Build the discriminator of a stage."""
        assert isinstance(config, ModernConfig)
        return build_projected_discriminator(
            embedding_width,
            stage=config.stage,
            width=config.discriminator_width,
            feature_size=config.feature_size,
            hidden_square=config.hidden_square,
            has_towers=config.contrastive_weight > 0,
            precision=config.precision,
        )

    def draw_noise(
        self, config: Config, random: np.random.Generator, batch_size: int
    ) -> dict[str, np.ndarray]:
        """As ever, and what decides how pictures are augmented and sentences are mixed.

        "mix" (batch,): an angle from 0 (the sentence itself) to pi / 2 (another in its place).
        """
        assert isinstance(config, ModernConfig)
        drawn = {
            name: random.random((batch_size, UNIFORMS)).astype("float32")
            for name in ("augment_real", "augment_fake")
        }
        drawn |= super().draw_noise(config, random, batch_size)
        if config.mixed_share:  # last: without it, a seed gives what it gave before
            mixed, share = random.random((2, batch_size))
            angles = np.where(mixed < config.mixed_share, share * np.pi / 2, 0)
            drawn["mix"] = angles.astype("float32")
        return drawn

    def scalars(self, config: Config, step: int) -> dict[str, float]:
        """How much the discriminator's view is blurred: START_BLUR at first, 1 (sharp) at last.

        Coarse shapes and colours are learned before textures (StyleGAN-XL, arXiv 2202.00273).
        """
        assert isinstance(config, ModernConfig)
        left = max(0.0, 1 - step / config.blur_steps) if config.blur_steps else 0.0
        return {"blur": 1 + (START_BLUR - 1) * left}

    def compute_losses(
        self, gan: Players, batch: dict[str, Any]
    ) -> tuple[tuple[Any, Any], dict[str, Any]]:
        """Three pairs, matching, diversity and KL: see `Recipe.compute_losses`."""
        config, discriminator = gan.config, gan.discriminator
        assert isinstance(config, ModernConfig)
        texts, images = batch["embeddings"], batch["images"]
        blur = batch.get("blur", 1.0)  # without a step: as sharp as can be
        own = places = ops.arange(texts.shape[0])  # which sentence of the batch each picture shows
        if config.diversity_weight:  # draw half of the captions, each twice with its own noise
            places = own // 2 * 2
            texts = ops.take(texts, places, axis=0)
        if config.mixed_share:
            texts = _mix(texts, ops.take(batch["mix"], places))
        fake, mu, log_sigma = gan.generator(gan.generator_inputs(texts, batch), training=True)
        fake_features = discriminator.features(fake, batch["augment_fake"], blur)
        real_features = discriminator.features(images, batch["augment_real"], blur)
        d_loss, g_loss, metrics = self.judge_pairs(gan, batch, real_features, fake_features, texts)
        kl = losses.kl_divergence(mu, log_sigma)
        g_loss += config.kl_weight * kl
        metrics |= {"kl": kl, "diversity": diversity(fake), "diversity_real": diversity(images)}
        if config.contrastive_weight:
            sentences = [batch["embeddings"], batch["distractors"]]
            vectors = discriminator.text_vectors(ops.concatenate(sentences))
            match_real = self._match(gan, batch, real_features, vectors, own)
            if config.mixed_share:  # the drawn sentences take the place of the photographs'
                mixed = discriminator.text_vectors(texts)
                vectors = ops.concatenate([mixed, vectors[texts.shape[0] :]])
            match_fake = self._match(gan, batch, fake_features, vectors, places)
            d_match, g_match = losses.matching_losses(match_real, match_fake)
            d_loss += config.contrastive_weight * d_match
            g_loss += config.contrastive_weight * g_match
            metrics |= {"match_real": ops.mean(match_real), "match_fake": ops.mean(match_fake)}
        if config.diversity_weight:
            sameness = losses.diversity_loss(fake_features, real_features, config.difference)
            g_loss += config.diversity_weight * sameness
            metrics["sameness"] = sameness
        return (d_loss, g_loss), metrics

    def _match(
        self, gan: Players, batch: dict[str, Any], features: list[Any], vectors: Any, places: Any
    ) -> Any:
        """Contrastive losses (batch,) of pictures whose sentences are at `places` of the batch.

        `vectors` are those of the batch's sentences and of the distractors.
        """
        classes = batch["class_ids"]
        return losses.contrastive_loss(
            gan.discriminator.image_vectors(features),
            vectors,
            places,
            ops.take(classes, places),
            ops.concatenate([classes, batch["distractor_class_ids"]]),
        )


def _mix(texts: Any, angles: Any) -> Any:
    """Between each sentence and the last but one before it: two of one caption stay alike.

    Along an arc, not the straight line: whitened captions of different pictures are nearly at right
    angles, and their mean is shorter than any caption.

    Args:
        texts: (batch, width), whitened.
        angles: (batch,), from 0 to pi / 2.
    """
    angles = angles[:, None]
    return ops.cos(angles) * texts + ops.sin(angles) * ops.roll(texts, 2, axis=0)


register(ModernRecipe())
