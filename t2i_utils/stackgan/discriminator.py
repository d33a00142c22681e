"""What a discriminator is: a trunk that sees pictures, and a head that also reads the text.

The trunk knows no text, so one pass of it over a real picture serves the right and the wrong text.
It gives one feature map or more; a vector will do where no loss compares maps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from t2i_utils.errors import InputError

NO_TOWERS = "contrastive_weight needs a discriminator with towers: set it to 0, or build them"


@dataclass(frozen=True)
class Discriminator:
    """Two models and the way from a picture to a logit.

    Attributes:
        trunk: images to a list of feature maps; frozen where `trunk.trainable` is False.
        head: [*feature maps, embedding] to logits (batch, n), float32.
    """

    trunk: keras.Model
    head: keras.Model

    @property
    def trained_models(self) -> list[keras.Model]:
        """The models that the discriminator's optimiser changes."""
        return [self.trunk, self.head] if self.trunk.trainable else [self.head]

    @property
    def frozen_variables(self) -> list[Any]:
        """What training never changes."""
        return [] if self.trunk.trainable else self.trunk.variables

    @property
    def state_variables(self) -> list[Any]:
        """What training changes: weights, BatchNorm statistics, vectors of spectral norms."""
        return [variable for model in self.trained_models for variable in model.variables]

    @property
    def trainable_variables(self) -> list[Any]:
        """What the optimiser changes."""
        return [v for model in self.trained_models for v in model.trainable_variables]

    def features(self, images: Any, uniforms: Any = None, blur: Any = 1.0) -> list[Any]:
        """Feature maps of pictures, in training mode.

        Args:
            images: (batch, size, size, 3) in [-1, 1].
            uniforms: random numbers of the batch. A discriminator that augments what it sees
                decides by them; this one sees pictures as they are.
            blur: how much its view is blurred, likewise.
        """
        return keras.tree.flatten(self.trunk(images, training=True))

    def image_vectors(self, features: list[Any]) -> Any:
        """Pictures in the space where a contrastive loss compares them with sentences.

        Raises:
            InputError: this discriminator has no such space.
        """
        raise InputError(NO_TOWERS)

    def text_vectors(self, embeddings: Any) -> Any:
        """Sentences in that space; raises as `image_vectors`."""
        raise InputError(NO_TOWERS)

    def score(self, images: Any, embeddings: Any) -> Any:
        """How real pictures are and how well they match their sentences: the mean logit (batch,).

        Unlike `judge`, this changes nothing.

        Args:
            images: (batch, size, size, 3) in [-1, 1].
            embeddings: (batch, width), whitened.
        """
        logits = self._logits(self._still_features(images), [embeddings], training=False)
        return ops.mean(logits[0], axis=-1)

    def match(self, images: Any, embeddings: Any) -> Any:
        """How much a picture's own sentence adds to its mean logit, (batch,).

        What it is compared with is the mean sentence of training: zeros, once whitened. How real a
        picture is, apart from what it should show, drops out. This changes nothing, either.

        Args:
            images: (batch, size, size, 3) in [-1, 1].
            embeddings: (batch, width), whitened.
        """
        sentences = [embeddings, ops.zeros_like(embeddings)]
        own, mean = self._logits(self._still_features(images), sentences, training=False)
        return ops.mean(own - mean, axis=-1)

    def _still_features(self, images: Any) -> list[Any]:
        """Feature maps of pictures as they are, which change nothing."""
        return keras.tree.flatten(self.trunk(images, training=False))

    def judge(self, features: list[Any], embeddings: Any) -> Any:
        """Logits (batch, n) of features with sentences (batch, width)."""
        return self.judge_each(features, [embeddings])[0]

    def judge_each(self, features: list[Any], sentences: Sequence[Any]) -> list[Any]:
        """Logits of the same features with each of several arrays of sentences."""
        return self._logits(features, sentences, training=True)

    def _logits(self, features: list[Any], sentences: Sequence[Any], training: bool) -> list[Any]:
        return [
            self.head([*features, ops.convert_to_tensor(embeddings)], training=training)
            for embeddings in sentences
        ]
