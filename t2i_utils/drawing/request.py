"""A request: all that one picture depends on, in one small value. Nothing here loads Keras."""

from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from pathlib import Path

from t2i_utils.config import IMAGE_SIZES, LARGEST_SEED
from t2i_utils.errors import InputError
from t2i_utils.text import check_caption

LARGEST_BEST_OF = 64
LARGEST_TRUNCATION = 2.0  # beyond, the noise is longer than any that training showed


@dataclass(frozen=True)
class Request:
    """One picture to draw. Its values are checked here, once; whoever has a request can draw it.

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
        best_of: so many noises are tried, and the one is drawn whose small picture shows the
            caption best, as the discriminator sees it; 1 tries one. Not on a walk.
        called: what an error message calls the caption; not kept.

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
    best_of: int = 1
    called: InitVar[str] = "the caption"

    def __post_init__(self, called: str) -> None:
        """Check every value, and trim the captions."""
        object.__setattr__(self, "caption", check_caption(self.caption, called))
        if self.to_caption is not None:
            second = check_caption(self.to_caption, "the second caption")
            object.__setattr__(self, "to_caption", second)
        if not isinstance(self.weights, str) or not self.weights:
            raise InputError(
                f"weights {self.weights!r:.60}: name a set, such as 'birds', or a folder"
            )
        if self.stage not in IMAGE_SIZES:
            raise InputError(
                f"there is no stage {self.stage!r:.60}: choose 1 (64 px) or 2 (256 px)"
            )
        _check_whole("seed", self.seed)
        _check_whole("sample", self.sample)
        if self.to_seed is not None:
            _check_whole("seed", self.to_seed)
        _check_between("truncation", self.truncation, LARGEST_TRUNCATION)
        _check_between("amount", self.amount, 1.0)
        if type(self.best_of) is not int or not 1 <= self.best_of <= LARGEST_BEST_OF:
            raise InputError(
                f"best of {self.best_of!r}: give a whole number from 1 to {LARGEST_BEST_OF}"
            )
        if self.amount and self.best_of > 1:
            raise InputError("on a walk there is nothing to choose: take best of 1")
        if self.amount and self.to_caption is None and self.to_seed is None:
            raise InputError(f"amount {self.amount} leads nowhere: give a second caption or seed")

    @property
    def mirrored(self) -> bool:
        """Whether the picture is shown the other way round, as every second one of a caption is.

        In training a photograph is mirrored as often as not. A generator nevertheless settles on
        one side for a caption: without this, two noises of it mostly drew birds that face one way.
        All pictures of a walk are shown the same way.
        """
        return (self.seed + self.sample) % 2 == 1


def requests_for(
    captions: str | Sequence[str],
    weights: str | Path = "birds",
    stage: int = 2,
    seed: int = 0,
    samples: int = 1,
    best_of: int = 1,
    names: Sequence[str] | None = None,
) -> list[Request]:
    """Requests for a list of captions, each drawn `samples` times with noise of its own.

    Picture number i takes row i of the seed's noise.

    Args:
        captions: one or several.
        weights: a set's name or folder.
        stage: 1 or 2.
        seed: of the noise.
        samples: pictures of each caption.
        best_of: noises tried for each picture.
        names: what messages call each caption; None counts them from 1.

    Raises:
        InputError: there is no caption, or a value that cannot be drawn.
    """
    captions = [captions] if isinstance(captions, str) else list(captions)
    if not captions:
        raise InputError("no caption given: write at least one, such as 'a small red bird'")
    return [
        Request(
            caption,
            str(weights),
            stage,
            seed,
            row * samples + sample,
            best_of=best_of,
            called=names[row] if names else f"caption {row + 1}",
        )
        for row, caption in enumerate(captions)
        for sample in range(samples)
    ]


def _check_whole(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_SEED:
        raise InputError(f"{name} {value!r:.60} is not a whole number from 0 to {LARGEST_SEED}")


def _check_between(name: str, value: float, largest: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= largest:
        raise InputError(f"{name} {value!r:.60} is not a number from 0 to {largest:g}")
