"""What a discriminator is: a trunk that sees pictures, and a head that also reads the text.

The trunk knows no text, so one pass of it over a real picture serves the right and the wrong text.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops


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

    def features(self, images: Any) -> list[Any]:
        """Feature maps of pictures (batch, size, size, 3) in [-1, 1], in training mode."""
        return keras.tree.flatten(self.trunk(images, training=True))

    def score(self, images: Any, embeddings: Any) -> Any:
        """How real pictures are and how well they match their sentences: the mean logit (batch,).

        Unlike `judge`, this changes nothing.

        Args:
            images: (batch, size, size, 3) in [-1, 1].
            embeddings: (batch, width), whitened.
        """
        return self._score(keras.tree.flatten(self.trunk(images, training=False)), embeddings)

    def _score(self, features: list[Any], embeddings: Any) -> Any:
        logits = self.head([*features, ops.convert_to_tensor(embeddings)], training=False)
        return ops.mean(logits, axis=-1)

    def judge(self, features: list[Any], embeddings: Any) -> Any:
        """Logits (batch, n) of features with sentences (batch, width)."""
        return self.head([*features, ops.convert_to_tensor(embeddings)], training=True)
