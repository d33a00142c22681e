"""The note in a saved picture: which requests draw it again.

It goes into the PNG's text metadata: `caption`, `seed` and `weights` for people, and `t2i` (JSON)
with all requests, their order on the picture and the checksums of the weights.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.drawing.request import Request
from t2i_utils.errors import InputError
from t2i_utils.pictures import captioned_sheet, grid
from t2i_utils.stackgan.weights import Weights, read_card

KEY, VERSION = "t2i", 1
MOST_TRIES = 500  # noises drawn for one picture, best-of included: some ten seconds
_GIVEN = "give a PNG that the studio or generate.py saved"


@dataclass(frozen=True)
class Saved:
    """What a note says.

    Attributes:
        requests: in reading order, all of one stage and of one weight set.
        samples: 0 where the pictures stand in a row; on a captioned sheet, those of each caption.
        checksums: {stage: SHA-256} of the weights.
    """

    requests: tuple[Request, ...]
    samples: int
    checksums: dict[int, str]


def compose(
    requests: Sequence[Request], pictures: Mapping[int, np.ndarray], samples: int = 0
) -> np.ndarray:
    """Lay drawn requests out as one picture.

    Args:
        requests: n of them.
        pictures: what `draw` gave for them.
        samples: 0 lays the pictures of the last stage in a row. Another number makes a captioned
            sheet of every stage: so many requests follow each other for each caption.

    Returns:
        (height, width, 3) uint8.
    """
    if not samples:
        return grid(pictures[max(pictures)], columns=len(requests))
    blocks = range(0, len(requests), samples)
    rows = [
        [picture for drawn in pictures.values() for picture in drawn[first : first + samples]]
        for first in blocks
    ]
    return captioned_sheet([requests[first].caption for first in blocks], rows)


def to_note(requests: Sequence[Request], weights: Weights, samples: int = 0) -> dict[str, str]:
    """The note of a picture that `draw` and `compose` made of these requests, all in one batch."""
    captions = [text for one in requests for text in (one.caption, one.to_caption) if text]
    seeds = [str(seed) for one in requests for seed in (one.seed, one.to_seed) if seed is not None]
    last = requests[0].stage
    whole = {
        "version": VERSION,
        "samples": samples,
        "checksums": {str(stage): _checksum(weights.card, stage) for stage in range(1, last + 1)},
        "requests": [dataclasses.asdict(request) for request in requests],
    }
    return {
        "caption": "\n".join(dict.fromkeys(captions)),
        "seed": ", ".join(dict.fromkeys(seeds)),
        "weights": requests[0].weights,
        KEY: json.dumps(whole, ensure_ascii=False),
    }


def from_note(note: Mapping[str, str]) -> Saved:
    """Read a note; it may come from anybody's picture, so every value is checked.

    Raises:
        InputError: there is none, or it is damaged or of another version.
    """
    if KEY not in note:
        if {"captions", "samples"} <= note.keys():
            raise InputError("the picture's note is of an older kind that lacks much: draw it anew")
        raise InputError(f"the picture has no note of how it was drawn: {_GIVEN}")
    try:
        whole = json.loads(note[KEY])
        if whole["version"] != VERSION:
            raise InputError(f"its note has version {whole['version']!r:.60}, expected {VERSION}")
        requests = tuple(Request(**fields) for fields in whole["requests"][: MOST_TRIES + 1])
        if sum(request.best_of for request in requests) > MOST_TRIES:
            raise InputError(f"its note tries more than {MOST_TRIES} birds")
        samples = whole["samples"]
        if type(samples) is not int or samples < 0 or samples and len(requests) % samples:
            raise InputError(f"its note counts {samples!r:.60} samples of {len(requests)} pictures")
        if len({(request.stage, request.weights) for request in requests}) != 1:
            raise InputError("its note mixes stages or weights, or holds no request")
        checksums = {
            stage: whole["checksums"][str(stage)] for stage in range(1, requests[0].stage + 1)
        }
    except InputError as error:
        raise InputError(f"the picture cannot be drawn again: {error}; {_GIVEN}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"the picture's note is damaged: {_GIVEN}") from error
    return Saved(requests, samples, checksums)


def check_weights(saved: Saved, folder: Path) -> None:
    """Refuse to draw with other weights than the picture's.

    Args:
        saved: what its note says.
        folder: of the weights to draw with.

    Raises:
        InputError: a checksum differs, or the card is damaged.
    """
    name, card = saved.requests[0].weights, read_card(folder)
    for stage, expected in saved.checksums.items():
        if _checksum(card, stage) != expected:
            raise InputError(
                f"the picture was drawn with other weights than those in {folder} (Stage "
                f"{stage} differs): say with --weights where those called {name!r} then lie now"
            )


def _checksum(card: Mapping[str, Any], stage: int) -> str:
    """As the card has it; loading compares it with the file's."""
    return card["stages"].get(str(stage), {}).get("sha256", "")
