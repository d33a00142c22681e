"""Reads the parts of a bird: the probability of each claim, and where each part was looked for.

Several networks that were trained apart read each picture, and the mean of their log odds counts
(deep ensembles, Lakshminarayanan et al., NeurIPS 2017): where one errs, the others seldom do.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from t2i_utils import backend
from t2i_utils.arrays import load_network, read_note, to_arrays
from t2i_utils.captioning.caption_metrics import COLOURS
from t2i_utils.captioning.claims import Claim
from t2i_utils.captioning.facts import Facts
from t2i_utils.captioning.part_network import PartNetwork, part_network
from t2i_utils.captioning.regions import DEEP, DEEPEST
from t2i_utils.errors import InputError
from t2i_utils.vision import imagenet_weights

BATCH_SIZE = 32
ROUNDING = 0.6  # of the spread of what an array has moved, to which this is rounded in a file
MOST_CLAIMS, MOST_NETWORKS = 1000, 8  # that a file may ask for
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
    """Networks that read parts, and what makes probabilities of their log odds.

    Attributes:
        claims: what it reads, sorted by part.
        parts: the parts, in the order of their claims.
        networks: one or more, whose log odds are averaged.
        calibration: of "true", "named" and "colours": (2, n), by which the logits are multiplied,
            and what is added.
        colour_shares: (15,), of the training pictures, those of which three people name a colour.
        presence: weights of `t2i_utils.captioning.no_bird`.
    """

    def __init__(self, claims: Sequence[Claim], networks: Sequence[PartNetwork]) -> None:
        """Put networks together that read the same claims, `in_order`."""
        self.claims, self.networks = in_order(claims), tuple(networks)
        self.parts = tuple(dict.fromkeys(claim.part for claim in self.claims))
        numbers = {"true": len(claims), "named": len(claims), "colours": len(COLOURS)}
        self.calibration = {name: np.outer([1.0, 0.0], np.ones(n)) for name, n in numbers.items()}
        self.colour_shares = np.full(len(COLOURS), 0.5)
        self.presence = ALWAYS
        variables = [w for network in self.networks for w in network.model.variables]
        self._read = backend.compile_function(self._mean, variables)

    def _mean(self, maps: Any) -> list[Any]:
        """The mean of what the networks say of maps, but for their features."""
        found = [network.model(maps)[:4] for network in self.networks]
        return [sum(outputs) / len(found) for outputs in zip(*found, strict=True)]

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
        """Every weight, network by network."""
        return [weight for network in self.networks for weight in network.weights]

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays, float16 but for the calibration, and the note of their file.

        Of blocks that were tuned, what they have moved since ImageNet is kept, rounded to so few
        values that the file packs it to a third.
        """
        others = {f"calibration/{name}": array for name, array in self.calibration.items()}
        others |= {"colour_shares": self.colour_shares, "presence": self.presence}
        arrays = {name: array.astype("float32") for name, array in others.items()}
        note = {
            "claims": [list(claim) for claim in self.claims],
            "tuned": [network.trunk is not None for network in self.networks],
        }
        weights = to_arrays("reader", self.weights, "float16")
        names = dict(zip(map(id, self.weights), weights, strict=True))
        for variable, start in self._tuned():
            moved = np.asarray(variable.numpy(), "float32") - start
            step = max(ROUNDING * float(moved.std()), 1e-8)
            weights[names[id(variable)]] = (step * np.round(moved / step)).astype("float16")
        return {**weights, **arrays}, note

    def _tuned(self) -> Iterator[tuple[Any, np.ndarray]]:
        """Each weight of blocks that were tuned, with its value in ImageNet's network."""
        for network in self.networks:
            if network.trunk:
                yield from zip(network.trunk.weights, imagenet_weights(network.trunk), strict=True)

    @classmethod
    def load(cls, file: Path) -> "PartReader":
        """Read what `to_arrays` gave from its file.

        Raises:
            InputError: the file is damaged, or holds something else.
        """
        try:
            note = read_note(file)
            claims = in_order([Claim(str(slot), str(value)) for slot, value in note["claims"]])
            tuned = [bool(own) for own in note.get("tuned", [False])]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{file} is damaged or no reader of parts: restore it") from error
        for what, number, most in (
            ("claims", len(claims), MOST_CLAIMS),
            ("networks", len(tuned), MOST_NETWORKS),
        ):
            if not 0 < number <= most:
                raise InputError(f"{file} has {number} {what}, expected 1 to {most}")
        widths = {"true": len(claims), "named": len(claims), "colours": len(COLOURS)}
        others = {f"calibration/{name}": (2, width) for name, width in widths.items()}
        others |= {"colour_shares": (len(COLOURS),), "presence": ALWAYS.shape}
        reader, found = load_network(
            file,
            "reader",
            lambda: cls(claims, [part_network(claims, own) for own in tuned]),
            lambda built: built.weights,
            others,
        )
        for variable, start in reader._tuned():
            variable.assign(np.asarray(variable.numpy(), "float32") + start)
        reader.calibration = {name: found[f"calibration/{name}"] for name in widths}
        reader.colour_shares, reader.presence = found["colour_shares"], found["presence"]
        return reader


def in_order(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Claims sorted by part, then by slot and value."""
    return tuple(sorted(claims, key=lambda claim: (claim.part, claim)))


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
