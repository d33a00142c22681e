"""The discriminator of a stage: a trunk that sees pictures, and a head that also reads text.

The trunk knows no text, so one pass of it over a real picture serves the right and the wrong text.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.stackgan.augment import augment, augment_window
from t2i_utils.stackgan.layers import (
    TiledConcatenate,
    convolve_normalised,
    residual_bottleneck,
    small_normal,
)
from t2i_utils.stackgan.projected import (
    build_image_tower,
    build_projected_heads,
    build_projected_trunk,
    build_text_tower,
)


@dataclass(frozen=True)
class Discriminator:
    """Two models and the way from a picture to a logit.

    Attributes:
        config: of the stage.
        trunk: images to a list of feature maps.
        head: [feature maps, embedding] to logits.
        image_tower: feature maps to a vector of unit length (with a contrastive loss only).
        text_tower: an embedding to a vector of unit length (with a contrastive loss only).
    """

    config: Config
    trunk: keras.Model
    head: keras.Model
    image_tower: keras.Model | None = None
    text_tower: keras.Model | None = None

    @property
    def frozen_variables(self) -> list[Any]:
        """What never changes: the ImageNet network and its fixed mixing (modern recipe)."""
        return self.trunk.variables if self.config.recipe == "modern" else []

    @property
    def state_variables(self) -> list[Any]:
        """What training changes: weights and BatchNorm statistics."""
        trunk = [] if self.config.recipe == "modern" else self.trunk.variables
        return [*trunk, *(v for model in self._trained for v in model.variables)]

    @property
    def trainable_variables(self) -> list[Any]:
        """What the discriminator's optimiser changes."""
        trained = [v for model in self._trained for v in model.trainable_variables]
        return [*self.trunk.trainable_variables, *trained]

    @property
    def _trained(self) -> list[keras.Model]:
        towers = (self.image_tower, self.text_tower)
        return [self.head, *(tower for tower in towers if tower is not None)]

    def features(self, images: Any, uniforms: Any, blur: Any = 1.0) -> list[Any]:
        """Feature maps of pictures (batch, size, size, 3) in [-1, 1], in training mode.

        Args:
            images: the pictures.
            uniforms: (batch, UNIFORMS) in [0, 1], which decide the augmentation (modern only).
            blur: at least 1, how much the pictures are blurred first (modern only).
        """
        if self.config.recipe == "modern":
            settings = (self.config.feature_size, uniforms, blur, self.config.hidden_square)
            views = [augment(images, *settings)]
            if self.config.stage == 2:
                views.append(augment_window(images, *settings))
            features = [keras.tree.flatten(self.trunk(view, training=True)) for view in views]
            return [maps for view in features for maps in view]
        return keras.tree.flatten(self.trunk(images, training=True))

    def judge(self, features: list[Any], embeddings: Any) -> Any:
        """Logits of features with sentences."""
        return self.head([*features, ops.convert_to_tensor(embeddings)], training=True)

    def image_vectors(self, features: list[Any]) -> Any:
        """Where the matching space has pictures: (batch, VECTOR_SIZE) of unit length."""
        assert self.image_tower is not None
        return self.image_tower(features[: len(self.image_tower.inputs)], training=True)

    def text_vectors(self, embeddings: Any) -> Any:
        """Where it has sentences: (batch, VECTOR_SIZE) of unit length."""
        assert self.text_tower is not None
        return self.text_tower(embeddings, training=True)


def build_discriminator(config: Config, embedding_width: int) -> Discriminator:
    """Build the discriminator of a stage and recipe, for embeddings of a width."""
    if config.recipe == "modern":
        trunk, heads = build_projected_trunk(config), build_projected_heads(config, embedding_width)
        if not config.contrastive_weight:
            return Discriminator(config, trunk, heads)
        towers = build_image_tower(config), build_text_tower(embedding_width)
        return Discriminator(config, trunk, heads, *towers)
    with backend.precision(config.precision):
        return Discriminator(config, *_paper_discriminator(config, embedding_width))


def _paper_discriminator(config: Config, embedding_width: int) -> tuple[keras.Model, keras.Model]:
    """Released code: 4x4 convolutions of stride 2 down to 4 px, one residual block, text, logit."""
    width, size = config.discriminator_width, config.image_size
    halvings = int(math.log2(size // 4))
    images = keras.Input((size, size, 3), name="images")
    x = layers.Conv2D(
        width, 4, strides=2, padding="same", use_bias=False, kernel_initializer=small_normal()
    )(images)
    x = layers.LeakyReLU(0.2)(x)
    for index in range(1, halvings):
        linear = config.stage == 1 and index > 1  # as in the released code
        x = convolve_normalised(
            x, width * 2**index, 4, strides=2, activation=None if linear else "leaky_relu"
        )
    if config.stage == 2:  # back to 8 * width channels at 4 px
        x = convolve_normalised(x, 16 * width, 1, activation="leaky_relu")
        x = convolve_normalised(x, 8 * width, 1, activation=None)
    x = residual_bottleneck(x, 2 * width, activation="leaky_relu")  # (batch, 4, 4, 8 * width)
    trunk = keras.Model(images, [x], name="paper_trunk")

    maps = keras.Input(tuple(x.shape[1:]), name="maps")
    embedding = keras.Input((embedding_width,), name="embedding")
    text = layers.Dense(config.condition_size, kernel_initializer=small_normal())(embedding)
    text = layers.LeakyReLU(0.2)(text)
    x = TiledConcatenate()([maps, text])
    x = convolve_normalised(x, 8 * width, 1, activation="leaky_relu")
    x = layers.Conv2D(1, 4, use_bias=False, kernel_initializer=small_normal())(x)
    logits = layers.Flatten(dtype="float32", name="logits")(x)
    return trunk, keras.Model([maps, embedding], [logits], name="paper_head")
