"""All that a picture depends on, in one small value; and the pictures of such values.

The studio's sliders make requests, a saved picture carries its own, and
`t2i generate --like PICTURE.png` draws them again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2i_utils.config import IMAGE_SIZES
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.drawing.walks import slerp
from t2i_utils.errors import InputError
from t2i_utils.text import check_captions

LARGEST_SEED = 2**32 - 1
LARGEST_SAMPLE = 2**20
LARGEST_TRUNCATION = 2.0  # beyond, the noise is longer than any that training showed


@dataclass(frozen=True)
class Request:
    """One picture to draw.

    Attributes:
        caption: free text; its white space is made single.
        weights: a shipped set, or a folder, as `load_weights` takes it.
        stage: 1 (64 px) or 2 (256 px).
        seed: of the noise.
        sample: which row of the seed's noise: 0, 1, 2, ... are different birds.
        truncation: the noise is multiplied by it: 0 is the mean bird, 1 as trained.
        to_caption: a second caption to go to, or None.
        to_seed: a second noise to go to (of the same row), or None.
        amount: how far to go there: 0 is the first, 1 the second.

    Raises:
        InputError: a value that cannot be drawn.
    """

    caption: str
    weights: str = "birds"
    stage: int = 2
    seed: int = 0
    sample: int = 0
    truncation: float = 1.0
    to_caption: str | None = None
    to_seed: int | None = None
    amount: float = 0.0

    def __post_init__(self) -> None:
        """Check every value, and trim the captions."""
        object.__setattr__(self, "caption", check_captions([self.caption])[0])
        if self.to_caption is not None:
            object.__setattr__(self, "to_caption", check_captions([self.to_caption])[0])
        if not isinstance(self.weights, str) or not self.weights:
            raise InputError(f"weights {self.weights!r}: name a set, such as 'birds', or a folder")
        if self.stage not in IMAGE_SIZES:
            raise InputError(f"there is no stage {self.stage!r}: choose 1 (64 px) or 2 (256 px)")
        _check_whole("seed", self.seed, LARGEST_SEED)
        _check_whole("sample", self.sample, LARGEST_SAMPLE)
        if self.to_seed is not None:
            _check_whole("seed", self.to_seed, LARGEST_SEED)
        _check_between("truncation", self.truncation, LARGEST_TRUNCATION)
        _check_between("amount", self.amount, 1.0)
        if self.amount and self.to_caption is None and self.to_seed is None:
            raise InputError(f"amount {self.amount} leads nowhere: give a second caption or seed")


def _check_whole(name: str, value: int, largest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise InputError(f"{name} {value!r} is not a whole number from 0 to {largest}")


def _check_between(name: str, value: float, largest: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= largest:
        raise InputError(f"{name} {value!r} is not a number from 0 to {largest:g}")


def draw(synthesizer: Synthesizer, requests: Sequence[Request]) -> dict[int, np.ndarray]:
    """Draw requests in one batch; a caption that was drawn lately is not encoded again.

    Args:
        synthesizer: with the weights that the requests name; the caller sees to that.
        requests: one or more, all of one stage.

    Returns:
        Every stage up to theirs: {1: (n, 64, 64, 3)} or with {2: (n, 256, 256, 3)}, uint8.

    Raises:
        InputError: no request, requests of several stages, or a stage that the weights lack.
    """
    stages = {request.stage for request in requests}
    if len(stages) != 1:
        raise InputError(f"draw takes requests of one stage at a time, not of {len(stages)}")
    embeddings = np.stack([_embedding(synthesizer, request) for request in requests])
    noise = np.stack([_noise(synthesizer, request) for request in requests])
    return synthesizer.draw(embeddings, noise, stages.pop())


def _embedding(synthesizer: Synthesizer, request: Request) -> np.ndarray:
    start = synthesizer.embed_one(request.caption)
    if request.to_caption is None:
        return start
    return _between(start, synthesizer.embed_one(request.to_caption), request.amount)


def _noise(synthesizer: Synthesizer, request: Request) -> np.ndarray:
    noise = synthesizer.noise(1, request.seed, request.sample)[0]
    if request.to_seed is not None:
        end = synthesizer.noise(1, request.to_seed, request.sample)[0]
        noise = _between(noise, end, request.amount)
    return noise * np.float32(request.truncation)


def _between(start: np.ndarray, end: np.ndarray, amount: float) -> np.ndarray:
    """A point of the walk; its ends are the given ones, bit by bit."""
    if amount in (0, 1):
        return end if amount else start
    return slerp(start, end, [amount])[0]
