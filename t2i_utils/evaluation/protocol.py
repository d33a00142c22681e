"""The protocol of an evaluation: which generator, which captions, which networks.

A score means nothing without it, so each report prints the protocol beside its scores.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from t2i_utils.config import IMAGE_SIZES
from t2i_utils.data import Pack
from t2i_utils.drawing.request import Request
from t2i_utils.drawing.synthesizer import Synthesizer, draw, draw_in_chunks
from t2i_utils.errors import InputError
from t2i_utils.evaluation.alignment import shuffle_across_classes
from t2i_utils.evaluation.features import RESIZE, FeatureExtractor
from t2i_utils.evaluation.inception import InceptionV3
from t2i_utils.evaluation.matcher import Matcher
from t2i_utils.evaluation.photographs import shuffled_rows
from t2i_utils.pictures import resize
from t2i_utils.stackgan.weights import Weights

FEWEST = 20  # pictures, below which no score means anything


@dataclass(frozen=True)
class EvaluationProtocol:
    """A generator, the held-out captions that it draws, and the networks that measure the result.

    Row i of every array belongs to caption i.

    Attributes:
        synthesizer: the generator.
        pack: photographs and captions, cropped and encoded as the generator was trained.
        extractor: the ImageNet network; Lite2 for any score that is to be reported.
        matcher: the image-text matcher, trained on the pack's training part.
        stage: 1 (64 px) or 2 (256 px).
        split: "zero-shot" or "official": its test part is drawn.
        count: captions to draw, one of each photograph; at most as many as there are.
        seed: of the choice of captions, of the noise and of shuffling.
        inception: the literature's network, for KID and FID once more; None does without.
        best_of: noises that are tried for each picture; the generator's discriminator chooses.
    """

    synthesizer: Synthesizer
    pack: Pack
    extractor: FeatureExtractor
    matcher: Matcher
    stage: int = 1
    split: str = "zero-shot"
    count: int = 500
    seed: int = 0
    inception: InceptionV3 | None = None
    best_of: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be judged: see `check_judgeable`."""
        weights = self.synthesizer.weights
        check_judgeable(weights, self.pack, self.stage, self.split, self.count)

    @cached_property
    def rows(self) -> np.ndarray:
        """The pack's rows whose captions are drawn, int64 (n,)."""
        return shuffled_rows(self.pack, self.split, "test")[: self.count]

    @cached_property
    def _columns(self) -> np.ndarray:
        """Which of its photograph's captions each row takes."""
        return np.random.default_rng(self.seed).integers(self.pack.num_captions[self.rows])

    @cached_property
    def captions(self) -> list[str]:
        """The sentences that are drawn."""
        places = zip(self.rows, self._columns, strict=True)
        return [self.pack.captions[row][column] for row, column in places]

    @property
    def class_ids(self) -> np.ndarray:
        """The class of each row's photograph, (n,)."""
        return self.pack.class_ids[self.rows]

    def draw(self, places: np.ndarray, stage: int, variation: int = 0) -> np.ndarray:
        """Draw the captions at some places (k,), as (k, size, size, 3) uint8.

        A caption's noise depends on the seed, `count`, its place and `variation` alone.
        """
        return draw(self.synthesizer, self._requests(places, stage, variation))[stage]

    def _requests(self, places: np.ndarray, stage: int, variation: int = 0) -> list[Request]:
        first = variation * self.count
        name = str(self.synthesizer.weights.folder)
        return [
            Request(
                self.captions[place],
                name,
                stage,
                self.seed,
                first + int(place),
                best_of=self.best_of,
            )
            for place in places
        ]

    def drawn(self, stage: int) -> Iterator[np.ndarray]:
        """All captions drawn, in chunks, enlarged to the judged stage's size if need be."""
        requests = self._requests(np.arange(len(self.rows)), stage)
        for pictures in draw_in_chunks(self.synthesizer, requests):
            yield resize(pictures, IMAGE_SIZES[self.stage])

    def about(self) -> dict[str, Any]:
        """What must be said beside every score, as a JSON object."""
        card, manifest = self.synthesizer.weights.card, self.pack.manifest
        trained = card["stages"][str(self.stage)]
        size = IMAGE_SIZES[self.stage]
        stored = self.pack.images_for(size).shape[1]
        return {
            "weights": card.get("name", str(self.synthesizer.weights.folder)),
            "stage": self.stage,
            "size": size,
            "recipe": trained.get("config", {}).get("recipe"),
            "steps": trained.get("steps"),
            "images_seen": trained.get("images_seen"),
            "trained_on": f"{card['data']}, {card['split']}",
            "data": manifest["name"],
            "split": f"{self.split} test",
            "n": len(self.rows),
            "classes": len(np.unique(self.class_ids)),
            "crop": f"{manifest['crop']}, stretched to {stored} px"
            + (f", its middle {size} px" if stored > size else ""),
            "resize": f"to {self.extractor.image_size} px"
            + (f" ({self.inception.name}: {self.inception.image_size})" if self.inception else "")
            + f", {RESIZE}",
            "network": f"EfficientNet-{self.extractor.name.title()}, ImageNet",
            "matcher": self.matcher.about,
            "encoder": self.synthesizer.encoder.name,
            "captions": f"{manifest['caption_source']}, one per photograph, drawn by the seed",
            "best_of": self.best_of,
            "seed": self.seed,
        }


def check_judgeable(weights: Weights, pack: Pack, stage: int, split: str, count: int) -> None:
    """Refuse what cannot be judged, before the long work.

    Raises:
        InputError: the generator was trained on pictures that it would be judged by, the pack
            does not fit it, it lacks the stage, or there are too few test pictures, or most of
            them are of one class.
    """
    check_fit(weights.card, pack, split)
    if stage not in weights.generators:
        raise InputError(f"{weights.folder} has no Stage {stage}: train it, or take 1")
    rows = shuffled_rows(pack, split, "test")[:count]
    if len(rows) < FEWEST:
        raise InputError(
            f"{len(rows)} pictures to judge by ({split} test part of {pack.folder}): {FEWEST} are "
            "needed"
        )
    shuffle_across_classes(pack.class_ids[rows])  # raises where one class has most


def check_fit(card: dict[str, Any], pack: Pack, split: str) -> None:
    """Refuse to judge a generator by pictures or classes that it was trained on.

    Args:
        card: of the generator's weights.
        pack: of the photographs.
        split: whose test part is to be used.

    Raises:
        InputError: there is an overlap, or crop or encoder are not those of the training. Whole
            pictures do for any crop, since some have no boxes; that is said.
    """
    trained_split = card["split"].removesuffix(" train")
    trained, judged = pack.indices(trained_split, "train"), pack.indices(split, "test")
    seen = len(np.intersect1d(trained, judged))
    if split == "zero-shot" and not seen:
        own = pack.class_names_of(trained) if trained_split != split else []
        known = {
            *own,
            *card.get("train_classes", []),
        }  # as the card has them: the data may have changed since
        names = pack.manifest["class_names"]
        seen = sum(names[str(number)] in known for number in pack.class_ids[judged])
    if seen:
        raise InputError(
            f"the generator was trained on the {card['split']} part, which shares {seen} pictures "
            f"or their classes with the {split} test part: "
            + (
                f"use --split {trained_split}"
                if trained_split != split
                else f"{pack.folder} is not as it was then; judge with the data of that time"
            )
        )
    crop = pack.manifest["crop"]
    if crop == "whole" != card["crop"]:
        print(
            f"the generator was trained on crop {card['crop']!r}, and is judged by whole pictures",
            file=sys.stderr,
        )
    for what, of_card, of_pack in (
        ("crop", card["crop"] if crop != "whole" else crop, crop),
        ("sentence encoder", card["encoder"]["name"], pack.manifest["encoder"]["name"]),
    ):
        if of_card != of_pack:
            raise InputError(
                f"the generator was trained with {what} {of_card!r}, pack {pack.folder} has "
                f"{of_pack!r}: pack the data again with the former"
            )
