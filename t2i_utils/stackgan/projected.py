"""A projected discriminator: frozen ImageNet features, fixed random mixing, small trained heads.

Source: Sauer et al., Projected GANs Converge Faster, NeurIPS 2021 (arXiv 2111.01007). The text
enters each head as an inner product with the features of each place (Miyato and Koyama, cGANs with
Projection Discriminator, arXiv 1802.05637): concatenated, as in StackGAN, it was hardly read.
Spectral normalisation after Miyato et al. (arXiv 1802.05957).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.stackgan.augment import UNCHANGED, augment, augment_window
from t2i_utils.stackgan.discriminator import Discriminator
from t2i_utils.stackgan.fixed_weights import fixed_uniform
from t2i_utils.stackgan.layers import SpectralConv2D, small_uniform
from t2i_utils.vision import load_features

MIXED_CHANNELS = (64, 64, 128, 256)  # at strides 4, 8, 16 and 32
VECTOR_SIZE = 256  # of the image and text vectors that the contrastive loss compares
NUM_PARTS = 16  # part detectors of the image tower
MIXING_SEED = 4321  # the mixing is random but always the same


@dataclass(frozen=True)
class ProjectedDiscriminator(Discriminator):
    """A discriminator that sees pictures through a frozen network, augmented.

    Attributes:
        stage: in Stage II it also sees a window of each picture at full resolution.
        feature_size: height and width at which pictures are shown, in pixels.
        hidden_square: side of what it is not shown, as a share of the picture's.
        image_tower: feature maps to a vector of unit length, for a contrastive loss.
        text_tower: an embedding to a vector of unit length, likewise.
    """

    stage: int
    feature_size: int
    hidden_square: float
    image_tower: keras.Model | None = None
    text_tower: keras.Model | None = None

    @property
    def trained_models(self) -> list[keras.Model]:
        """The heads, and the towers where there are any."""
        towers = (self.image_tower, self.text_tower)
        return [self.head, *(tower for tower in towers if tower is not None)]

    def features(self, images: Any, uniforms: Any = None, blur: Any = 1.0) -> list[Any]:
        """Feature maps of augmented pictures.

        Args:
            images: (batch, size, size, 3) in [-1, 1].
            uniforms: (batch, UNIFORMS) in [0, 1], which decide the augmentation; None: there is
                none.
            blur: at least 1: how much wider than sharp the filter is that resizes the pictures.
        """
        if uniforms is None:
            uniforms = ops.tile(ops.convert_to_tensor([UNCHANGED], "float32"), (images.shape[0], 1))
        settings = (self.feature_size, uniforms, blur, self.hidden_square)
        views = [augment(images, *settings)]
        if self.stage == 2:
            views.append(augment_window(images, *settings))
        return [maps for view in views for maps in keras.tree.flatten(self.trunk(view))]

    def _still_features(self, images: Any) -> list[Any]:
        return self.features(images)

    def _logits(self, features: list[Any], sentences: Sequence[Any], training: bool) -> list[Any]:
        """The head sees a picture once, however many sentences it is judged with."""
        texts = ops.stack([ops.convert_to_tensor(x) for x in sentences], axis=1)
        return ops.unstack(self.head([*features, texts], training=training), axis=-1)

    def image_vectors(self, features: list[Any]) -> Any:
        """Where the matching space has pictures: (batch, VECTOR_SIZE) of unit length."""
        assert self.image_tower is not None
        return self.image_tower(features[: len(self.image_tower.inputs)], training=True)

    def text_vectors(self, embeddings: Any) -> Any:
        """Where it has sentences: (batch, VECTOR_SIZE) of unit length."""
        assert self.text_tower is not None
        return self.text_tower(embeddings, training=True)


def build_projected_discriminator(
    embedding_width: int,
    *,
    stage: int,
    width: int,
    feature_size: int = 128,
    hidden_square: float = 0.0,
    has_towers: bool = True,
    precision: str = "float32",
) -> ProjectedDiscriminator:
    """Build trunk, heads and, with `has_towers`, what a contrastive loss compares.

    Args:
        embedding_width: length of the sentence embedding.
        stage: 1, or 2 for two views of each picture.
        width: channels of a head.
        feature_size: height and width at which pictures are shown, in pixels.
        hidden_square: side of what it is not shown, as a share of the picture's.
        has_towers: whether to build the towers.
        precision: Keras's name of a dtype policy.
    """
    towers = {}
    # Gradients through so many layers stay in float32 where the policy is float16, of narrow range.
    with backend.precision("float32" if precision == "mixed_float16" else precision):
        trunk = build_projected_trunk(feature_size)
    with backend.precision(precision):
        head = build_projected_heads(embedding_width, stage, width, feature_size)
        if has_towers:
            towers["image_tower"] = build_image_tower(width, feature_size)
            towers["text_tower"] = build_text_tower(embedding_width)
    return ProjectedDiscriminator(trunk, head, stage, feature_size, hidden_square, **towers)


def build_projected_trunk(feature_size: int) -> keras.Model:
    """Build the frozen part: pictures to four mixed feature maps.

    Returns:
        A model from images (batch, feature_size, feature_size, 3) in [-1, 1] to maps at strides
        4, 8, 16 and 32 with `MIXED_CHANNELS` channels. It has no trainable weight.
    """
    network = load_features("lite0", feature_size)
    images = keras.Input((feature_size, feature_size, 3), name="images")
    maps = [
        _fixed(channels, 1, index)(features)
        for index, (channels, features) in enumerate(
            zip(MIXED_CHANNELS, network(images, training=False), strict=True)
        )
    ]
    mixed = [maps[-1]]
    for index in (2, 1, 0):  # top down: coarse features are added to finer ones
        coarse = layers.UpSampling2D(interpolation="bilinear")(mixed[0])
        coarse = _fixed(MIXED_CHANNELS[index], 3, 10 + index)(coarse)
        mixed.insert(0, layers.add([maps[index], coarse]))
    model = keras.Model(images, mixed, name="projected_trunk")
    model.trainable = False
    return model


def build_projected_heads(
    embedding_width: int, stage: int, width: int, feature_size: int
) -> keras.Model:
    """Build the heads that tell real from fake: feature maps and a sentence to logits.

    Returns:
        A model from [maps at four strides (of two views in Stage II), sentences (batch, n,
        embedding_width)] to logits (batch, heads * places, n), float32.
    """
    maps = [x for view in range(stage) for x in _map_inputs(feature_size, f"view{view}_")]
    sentences = keras.Input((None, embedding_width), name="embedding")
    smallest = feature_size // 32
    logits = []
    for x in maps:
        if x.shape[1] == smallest:
            x = SpectralConv2D(width, 3)(x)
            x = layers.LeakyReLU(0.2)(x)
        while x.shape[1] > smallest:
            x = SpectralConv2D(width, 4, strides=2)(x)
            x = layers.LeakyReLU(0.2)(x)
        x = SpectralConv2D(width, 3)(x)
        x = layers.LeakyReLU(0.2)(x)  # (batch, 4, 4, width) of feature_size 128
        realness = layers.Reshape((-1, 1), dtype="float32")(SpectralConv2D(1, 3)(x))
        texts = layers.Dense(width, kernel_initializer=small_uniform())(sentences)
        match = layers.Dot(axes=2, dtype="float32")([layers.Reshape((-1, width))(x), texts])
        logits.append(layers.add([realness, match], dtype="float32"))  # (batch, places, n)
    joined = layers.Concatenate(axis=1, dtype="float32")(logits)
    return keras.Model([*maps, sentences], joined, name="projected_heads")


def build_image_tower(width: int, feature_size: int) -> keras.Model:
    """Build the picture's side of the contrastive loss: part detectors that read features.

    Each of `NUM_PARTS` learned softmax maps looks at one kind of place (a crown, a wing), wherever
    it is in the picture and whichever way the bird faces, and the features there are averaged.

    Returns:
        A model from maps at four strides (the first view's) to (batch, VECTOR_SIZE), float32, of
        unit length.
    """
    maps = _map_inputs(feature_size, "")
    side = feature_size // 8
    joined = []
    for x in maps:
        if x.shape[1] > side:
            x = layers.Conv2D(width // 2, 4, strides=2, padding="same")(x)
            x = layers.LeakyReLU(0.2)(x)
        joined.append(layers.UpSampling2D(side // x.shape[1])(x) if x.shape[1] < side else x)
    x = layers.Concatenate()(joined)
    for _ in range(2):
        x = layers.Conv2D(3 * width // 2, 3, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)  # (batch, side, side, 1.5 * width)
    places = layers.Reshape((-1, NUM_PARTS))(layers.Conv2D(NUM_PARTS, 3, padding="same")(x))
    places = layers.Softmax(axis=1, dtype="float32")(places)
    values = layers.Reshape((-1, width))(layers.Conv2D(width, 1)(x))
    parts = layers.Dot(axes=1, dtype="float32")([places, values])  # (batch, parts, width)
    vector = layers.Dense(VECTOR_SIZE, dtype="float32")(layers.Flatten()(parts))
    return keras.Model(maps, layers.UnitNormalization(dtype="float32")(vector), name="image_tower")


def build_text_tower(embedding_width: int) -> keras.Model:
    """Build the sentence's side: one linear map (batch, width) to unit (batch, VECTOR_SIZE)."""
    embedding = keras.Input((embedding_width,), name="embedding")
    vector = layers.Dense(VECTOR_SIZE, dtype="float32")(embedding)
    vector = layers.UnitNormalization(dtype="float32")(vector)
    return keras.Model(embedding, vector, name="text_tower")


def _map_inputs(feature_size: int, prefix: str) -> list[Any]:
    return [
        keras.Input(
            (feature_size // stride, feature_size // stride, channels), name=f"{prefix}{stride}"
        )
        for stride, channels in zip((4, 8, 16, 32), MIXED_CHANNELS, strict=True)
    ]


def _fixed(channels: int, kernel_size: int, seed: int) -> layers.Layer:
    """A convolution with fixed random weights."""
    return layers.Conv2D(
        channels,
        kernel_size,
        padding="same",
        use_bias=False,
        kernel_initializer=lambda shape, dtype=None: fixed_uniform(
            shape, MIXING_SEED + seed, math.prod(shape[:-1]) ** -0.5
        ),
        trainable=False,
        name=f"mixing{seed}",
    )
