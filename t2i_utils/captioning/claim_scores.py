"""How many claims of descriptions are true, against what ten people say of each picture.

A claim is true where somebody makes it, and false where nobody makes it and somebody gives its
slot another value (see `t2i_utils.captioning.claims`). The others count as neither.
"""

import copy
from collections import Counter
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from t2i_utils.captioning.caption_metrics import COLOURS, NAMED_BY, PART_NAMED_BY, colours_of
from t2i_utils.captioning.claims import Claim, claims_of
from t2i_utils.files import replace_file

BINS = 10  # of the probabilities, where calibration is measured


class Labels:
    """What ten people say of n pictures, as a reader learns it.

    Attributes:
        true: (n, claims) bool, whether one of them makes the claim.
        known: (n, claims) bool, whether any of them speaks of its slot.
        named: (n, claims) bool, whether two of them make it.
        colours: (n, 15) bool, whether three of them name a colour.
    """

    def __init__(self, captions: Sequence[Sequence[str]], claims: Sequence[Claim]) -> None:
        """Read the captions of n pictures."""
        said = [[claims_of(caption) for caption in own] for own in captions]
        count = np.array(
            [[sum(claim in one for one in own) for claim in claims] for own in said], int
        )
        people = np.array([[min(len(own), 10) / 10] for own in said])
        slots = [{claim.slot for one in own for claim in one} for own in said]
        parts = [{claim.part for one in own for claim in one} for own in said]
        self.true = count >= 1
        self.known = np.array([
            [c.part in part if c.silence_speaks else c.slot in slot for c in claims]
            for slot, part in zip(slots, parts, strict=True)
        ])  # fmt: skip
        self.named = count >= PART_NAMED_BY * people
        named = np.array([
            [sum(colour in colours_of(text) for text in own) for colour in COLOURS]
            for own in captions
        ])  # fmt: skip
        self.colours = named >= NAMED_BY * people

    def of(self, rows: np.ndarray) -> "Labels":
        """The labels of some of the pictures."""
        some = copy.copy(self)
        some.true, some.known = self.true[rows], self.known[rows]
        some.named, some.colours = self.named[rows], self.colours[rows]
        return some


def score_claims(said: Sequence[Set[Claim]], references: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Precision and recall of the claims of n descriptions.

    Args:
        said: the claims of each description.
        references: of each picture, its captions.

    Returns:
        "precision": of true and false claims, the share of true ones; "recall": of the claims that
        two of ten people make, the share that is said; "said", "true" and "false": claims a
        picture; "parts": precision and "said" of each part.
    """
    counts: Counter[tuple[str, str]] = Counter()
    right = wanted = 0
    for own, captions in zip(said, references, strict=True):
        votes = Counter(claim for text in captions for claim in claims_of(text))
        slots = {claim.slot for claim in votes}
        for claim in own:
            truth = "true" if claim in votes else "false" if claim.slot in slots else "unknown"
            counts[claim.part, truth] += 1
        least = PART_NAMED_BY * min(len(captions), 10) / 10
        often = {claim for claim, count in votes.items() if count >= least}
        right, wanted = right + len(often & own), wanted + len(often)
    totals = {truth: sum(n for (_, t), n in counts.items() if t == truth) for truth in _TRUTHS}
    parts = sorted({part for part, _ in counts})
    return {
        "precision": _precision(totals["true"], totals["false"]),
        "recall": round(right / max(1, wanted), 4),
        "said": round(sum(totals.values()) / len(said), 3),
        "true": round(totals["true"] / len(said), 3),
        "false": round(totals["false"] / len(said), 3),
        "parts": {
            part: {
                "precision": _precision(counts[part, "true"], counts[part, "false"]),
                "said": sum(counts[part, truth] for truth in _TRUTHS),
            }
            for part in parts
        },
    }


_TRUTHS = ("true", "false", "unknown")


def _precision(true: int, false: int) -> float:
    return round(true / max(1, true + false), 4)


def calibration_of(chances: np.ndarray, labels: Labels) -> dict[str, Any]:
    """How often claims of some probability are true.

    Args:
        chances: (n, claims) in [0, 1].
        labels: of the same pictures and claims.

    Returns:
        "error": the mean distance between probability and truth, weighted by the number of claims
        (expected calibration error, Naeini et al., AAAI 2015); "bins": each with the mean
        "probability", the share that is "true" and the "count".
    """
    chance, true = chances[labels.known], labels.true[labels.known]
    which = np.minimum((chance * BINS).astype(int), BINS - 1)
    bins = [
        {
            "probability": round(float(chance[which == number].mean()), 4),
            "true": round(float(true[which == number].mean()), 4),
            "count": int((which == number).sum()),
        }
        for number in range(BINS)
        if (which == number).any()
    ]
    distance = sum(one["count"] * abs(one["probability"] - one["true"]) for one in bins)
    return {"error": round(distance / max(1, len(chance)), 4), "bins": bins}


def draw_calibration(bins: Sequence[dict[str, float]], title: str, path: Path) -> None:
    """Draw the share of true claims over their probability, and write it as a PNG.

    Raises:
        InputError: the file cannot be written.
    """
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="#cccccc", zorder=1)
    chances, shares = ([one[key] for one in bins] for key in ("probability", "true"))
    sizes = [10 + 190 * one["count"] / max(one["count"] for one in bins) for one in bins]
    axes.plot(chances, shares, color="#3b6fb6", zorder=2)
    axes.scatter(chances, shares, s=sizes, color="#3b6fb6", zorder=3)
    axes.set(xlabel="probability that the reader gives", ylabel="share of true claims")
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    replace_file(path, lambda file: figure.savefig(file, format="png", dpi=110))
