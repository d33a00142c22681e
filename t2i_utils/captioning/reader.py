"""Reads the parts of a bird: the probability of each claim, and where each part was looked for.

It sees what the frozen ImageNet network does. A query for each part looks for it on a grid of
28 x 28 places (attention pooling), and reads there what the deep maps and the shallow ones hold:
the deep ones find a crown, the shallow ones know its colour. What a colour looks like is learnt
from all parts together: few birds have an orange beak, but many have something orange.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.arrays import load_network, read_note, to_arrays
from t2i_utils.captioning.caption_metrics import COLOURS
from t2i_utils.captioning.claims import Claim
from t2i_utils.captioning.facts import Facts
from t2i_utils.captioning.regions import (
    AT16,
    AT32,
    DEEP,
    DEEPEST,
    GRID,
    LOW_WIDTH,
    NUM_REGIONS,
    SIDE,
)
from t2i_utils.errors import InputError

WIDTH = 192
LOOKS = 14  # places along a side of the maps that say where a part was read
DROPOUT = 0.4
BATCH_SIZE = 32
MOST_CLAIMS = 1000
ALWAYS = np.r_[np.zeros(DEEPEST.stop - DEEPEST.start), 20.0]  # of presence: everything is a bird
EVIDENCE = (-3.0, 3.0)  # limits of the evidence for a colour, in log odds
RARITY = 0.75  # power of the inverse document frequency by which colours count
SHARES = (0.02, 0.9)  # limits of the share of pictures that have a colour, where rarity is computed


class Reading(NamedTuple):
    """What is read in n pictures.

    Attributes:
        true: (n, claims) float32, the calibrated probability that one of ten people makes the
            claim, if any of them speaks of its slot.
        named: (n, claims), the probability that two of ten people make it.
        colours: (n, 15), the probability that three of ten people name each colour of `COLOURS`.
        looks: (n, parts, 14, 14), where each part was read; each map sums to 1.
    """

    true: np.ndarray
    named: np.ndarray
    colours: np.ndarray
    looks: np.ndarray


class PartReader:
    """The network.

    Attributes:
        claims: what it reads, sorted by part.
        parts: the parts, in the order of their claims.
        model: [low, deep] maps to [true, named, colours, looks, whole, parts]: logits, where it
            looked, and the features of the whole and of each part, for further tasks.
        calibration: of "true", "named" and "colours": (2, n), by which the logits are multiplied,
            and what is added.
        colour_shares: (15,), of the training pictures, those of which three people name a colour.
        presence: weights of `t2i_utils.captioning.no_bird`.
    """

    def __init__(self, claims: Sequence[Claim], precision: str = "float32") -> None:
        """Build it with random weights."""
        self.claims = tuple(sorted(claims, key=lambda claim: (claim.part, claim)))
        self.parts = tuple(dict.fromkeys(claim.part for claim in self.claims))
        numbers = {"true": len(claims), "named": len(claims), "colours": len(COLOURS)}
        self.calibration = {name: np.outer([1.0, 0.0], np.ones(n)) for name, n in numbers.items()}
        self.colour_shares = np.full(len(COLOURS), 0.5)
        self.presence = ALWAYS
        with backend.precision(precision):
            self.model, self.normalise = self._build()
        self._read = backend.compile_function(lambda x: self.model(x)[:4], self.model.variables)

    def __call__(self, low: np.ndarray, regions: np.ndarray) -> Reading:
        """Read pictures by their maps: see `t2i_utils.captioning.regions.RegionFeatures`."""
        found = self.logits(low, regions[..., DEEP])
        chances = [
            1 / (1 + np.exp(-logits * scale - offset))
            for logits, (scale, offset) in zip(found, self.calibration.values(), strict=False)
        ]
        return Reading(chances[0], chances[1], chances[2], found.looks)

    def logits(self, low: np.ndarray, deep: np.ndarray) -> Reading:
        """The same before calibration, as log odds, by the low and the deep maps."""
        found = []
        for start in range(0, len(low), BATCH_SIZE):
            rows = slice(start, start + BATCH_SIZE)
            maps = [np.asarray(x[rows], "float32") for x in (low, deep)]
            found.append(backend.to_numpy(self._read(maps)))
        return Reading(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    def facts(self, reading: Reading) -> list[Facts]:
        """The same, picture by picture and by name."""
        evidence = np.clip(_log_odds(reading.colours) - _log_odds(self.colour_shares), *EVIDENCE)
        rarity: dict[str, float] = dict(
            zip(COLOURS, rarity_of(self.colour_shares).tolist(), strict=True)
        )
        return [
            Facts(
                dict(zip(COLOURS, colours.tolist(), strict=True)),
                dict(zip(self.claims, true.tolist(), strict=True)),
                dict(zip(self.claims, named.tolist(), strict=True)),
                dict(zip(COLOURS, odds.tolist(), strict=True)),
                rarity,
            )
            for true, named, colours, odds in zip(*reading[:3], evidence, strict=True)
        ]

    @property
    def weights(self) -> list[Any]:
        """Every weight."""
        return [w for w in self.model.weights if "seed_generator" not in w.path]

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays, float16 but for the calibration, and the note of their file."""
        others = {f"calibration/{name}": array for name, array in self.calibration.items()}
        others |= {"colour_shares": self.colour_shares, "presence": self.presence}
        arrays = {name: array.astype("float32") for name, array in others.items()}
        note = {"claims": [list(claim) for claim in self.claims]}
        return {**to_arrays("reader", self.weights, "float16"), **arrays}, note

    @classmethod
    def load(cls, file: Path) -> "PartReader":
        """Read what `to_arrays` gave from its file.

        Raises:
            InputError: the file is damaged, or holds something else.
        """
        try:
            claims = [Claim(str(slot), str(value)) for slot, value in read_note(file)["claims"]]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{file} is damaged or no reader of parts: restore it") from error
        if not 0 < len(claims) <= MOST_CLAIMS:
            raise InputError(f"{file} has {len(claims)} claims, expected 1 to {MOST_CLAIMS}")
        widths = {"true": len(claims), "named": len(claims), "colours": len(COLOURS)}
        others = {f"calibration/{name}": (2, width) for name, width in widths.items()}
        others |= {"colour_shares": (len(COLOURS),), "presence": ALWAYS.shape}
        reader, found = load_network(
            file, "reader", lambda: cls(claims), lambda network: network.weights, others
        )
        reader.calibration = {name: found[f"calibration/{name}"] for name in widths}
        reader.colour_shares, reader.presence = found["colour_shares"], found["presence"]
        return reader

    def _build(self) -> tuple[keras.Model, Any]:
        count = len(self.parts)
        low = keras.Input((GRID, GRID, LOW_WIDTH), name="low")
        deep = keras.Input((NUM_REGIONS, DEEP.stop - DEEP.start), name="deep")
        normalise = layers.BatchNormalization(center=False, scale=False, trainable=False)
        shallow = layers.Reshape((GRID * GRID, LOW_WIDTH))(normalise(low))
        at16, at32 = _by_stride(deep)
        x = layers.UpSampling2D(2, interpolation="nearest")(layers.Dense(WIDTH)(at32))
        x = layers.UpSampling2D(2, interpolation="bilinear")(x + layers.Dense(WIDTH)(at16))
        x = layers.Reshape((GRID * GRID, WIDTH))(x) + layers.Dense(WIDTH)(shallow)
        x = layers.Activation("gelu")(layers.LayerNormalization()(x))
        scores = layers.Permute((2, 1))(layers.Dense(count, dtype="float32")(x))
        looks = ops.softmax(scores, axis=-1)  # (b, parts, 784)
        values = layers.Concatenate()([layers.Dense(WIDTH)(x), shallow])
        found = ops.matmul(ops.cast(looks, values.dtype), values)  # (b, parts, width)
        whole = layers.Dense(WIDTH, activation="gelu")(layers.GlobalAveragePooling2D()(at32))
        whole = layers.Dropout(DROPOUT)(whole)
        of_parts = layers.Dense(WIDTH)(found) + ops.expand_dims(layers.Dense(WIDTH)(whole), 1)
        places = ops.zeros_like(scores[..., 0], "int32") + np.arange(count, dtype="int32")
        of_parts = of_parts + layers.Embedding(count, WIDTH)(places)
        of_parts = layers.Activation("gelu")(layers.LayerNormalization()(of_parts))
        of_parts = layers.Dropout(DROPOUT)(of_parts)
        # One layer names the colours of all parts: orange is on a beak what it is on a crown.
        seen = layers.Activation("gelu")(layers.LayerNormalization()(layers.Dense(WIDTH)(found)))
        palette = layers.Dense(len(COLOURS), dtype="float32")(layers.Dropout(DROPOUT)(seen))
        palette = layers.Flatten()(palette)
        which = [
            [(claim.slot, claim.value) == (f"{part} colour", colour) for claim in self.claims]
            for part in self.parts for colour in COLOURS
        ]  # fmt: skip
        named_alike = ops.matmul(palette, np.array(which, "float32"))
        numbers = [sum(claim.part == part for claim in self.claims) for part in self.parts]
        true, named = (
            named_alike + layers.Concatenate(dtype="float32")([
                layers.Dense(number)(of_parts[:, place]) for place, number in enumerate(numbers)
            ])
            for _ in range(2)
        )  # fmt: skip
        colours = layers.Dense(len(COLOURS), dtype="float32")(
            layers.Concatenate()([whole, layers.Flatten()(of_parts), palette])
        )
        looks = ops.reshape(looks, (-1, count, LOOKS, GRID // LOOKS, LOOKS, GRID // LOOKS))
        looks = ops.sum(looks, axis=(3, 5))
        outputs = [true, named, colours, looks, whole, of_parts]
        return keras.Model([low, deep], outputs, name="part_reader"), normalise


def _by_stride(deep: Any) -> tuple[Any, Any]:
    """The maps at strides 16 and 32 of regions (b, 49, 768)."""
    at16 = ops.reshape(deep[..., :-AT32], (-1, SIDE, SIDE, 2, 2, AT16))
    at16 = ops.reshape(ops.transpose(at16, (0, 1, 3, 2, 4, 5)), (-1, 2 * SIDE, 2 * SIDE, AT16))
    return at16, ops.reshape(deep[..., -AT32:], (-1, SIDE, SIDE, AT32))


def rarity_of(shares: np.ndarray) -> np.ndarray:
    """How much each colour counts, by the share of the pictures that have it.

    What a rare colour tells grows with the logarithm of 1 / share (inverse document frequency,
    Sparck Jones 1972). A power below 1 keeps common colours, which are most of what people say.
    The mean over all colours of all pictures is 1.
    """
    rarity = np.log(1 / np.clip(shares, *SHARES)) ** RARITY
    return rarity * shares.sum() / max(1e-6, shares @ rarity)


def _log_odds(chances: np.ndarray) -> np.ndarray:
    chances = np.clip(chances, 1e-3, 1 - 1e-3)
    return np.log(chances / (1 - chances))
