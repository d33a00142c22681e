"""What a run trains on: the training part of a pack, and what to say of it."""

import functools
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from t2i_utils.config import Config
from t2i_utils.data import Batches, Pack
from t2i_utils.data.feed import whitened_captions
from t2i_utils.errors import InputError
from t2i_utils.text.whitening import Whitening

LENGTH_SHARE = 99  # per cent of the training captions that are no longer than `length_limit`


class RunData:
    """The pictures and captions of a run.

    Attributes:
        pack: the packed data set.
        split: "zero-shot" or "official".
        seed: of the batches.
        typed: whether it trains on captions as people would type them, too.
        directions: how many of the whitened sentences' are kept; None: all.
        indices: rows of the training part.
        whitening: of its captions, or that of the weights which the run started from.
    """

    def __init__(
        self,
        pack: Pack,
        split: str,
        seed: int,
        typed: bool = False,
        directions: int | None = None,
        whitening: Whitening | None = None,
        known_classes: Sequence[str] = (),
    ) -> None:
        """Choose the training part of a split, and whiten its captions if no `whitening` is given.

        `directions` says how many of the largest are kept (None: all): see `whitening_of`.
        """
        self.pack, self.split, self.seed = pack, split, seed
        self.typed, self.directions = typed, directions
        self.indices = pack.indices(split, "train")
        self.whitening = whitening or pack.whitening(self.indices, typed, directions)
        self._known_classes = known_classes

    @property
    def identity(self) -> dict[str, Any]:
        """What must stay the same for as long as a run is resumed."""
        manifest = self.pack.manifest
        checksums = json.dumps(manifest["checksums"], sort_keys=True)
        return {
            "seed": self.seed,
            "split": self.split,
            "data": manifest["name"],
            "crop": manifest["crop"],
            "num_images": len(self.indices),
            "encoder": manifest["encoder"]["name"],
            "typed": self.typed,
            "text_directions": self.directions or 0,
            "pack": hashlib.sha256(checksums.encode()).hexdigest()[:16],
        }

    @property
    def card(self) -> dict[str, Any]:
        """What the card of the run's weights says of the data."""
        manifest = self.pack.manifest
        return {
            "data": manifest["name"],
            "caption_source": manifest["caption_source"],
            "split": f"{self.split} train",
            "crop": manifest["crop"],
            "num_images": len(self.indices),
            "train_classes": sorted(
                {*self.pack.class_names_of(self.indices), *self._known_classes}
            ),
            "encoder": manifest["encoder"],
            "seed": self.seed,
            "length_limit": self.length_limit,
        }

    @functools.cached_property
    def length_limit(self) -> float | None:
        """The greatest length of a whitened caption that the generators come to know.

        Drawing shortens what is longer: see `whitening.limit_length`. None where the run sees no
        typed captions: those that people type would all be shortened.
        """
        if not self.typed:
            return None
        lengths = [np.linalg.norm(captions, axis=-1) for captions in self._captions]
        return round(float(np.percentile(lengths, LENGTH_SHARE)), 1)

    @functools.cached_property
    def _captions(self) -> np.ndarray:
        return whitened_captions(self.pack, self.indices, self.whitening, self.typed)

    def batches(self, config: Config) -> Batches:
        """The feed of a stage; all stages share one table of captions."""
        return Batches(
            self.pack,
            self.indices,
            batch_size=config.batch_size,
            image_size=config.image_size,
            captions_per_image=config.captions_per_image,
            typed_share=config.typed_share,
            num_distractors=config.num_distractors,
            whitening=self.whitening,
            seed=self.seed,
            captions=self._captions,
        )


def choice_of_sentences(configs: Sequence[Config]) -> tuple[bool, int | None]:
    """What the stages of a run ask for together: `typed` and `directions` of `RunData`.

    Raises:
        InputError: they ask for different numbers of directions.
    """
    asked = {config.text_directions for config in configs}
    if len(asked) > 1:
        raise InputError(
            f"both stages read the same sentences, but text_directions is {min(asked)} in one and "
            f"{max(asked)} in the other: set it alike"
        )
    return any(config.typed_share for config in configs), max(asked) or None
