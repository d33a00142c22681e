"""Weight sets that stay in memory: whoever draws with one of them again does not wait."""

import threading
from pathlib import Path

from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.pretrained import CARD
from t2i_utils.stackgan.weights import find_weights

CAPACITY = 3  # sets


class LoadedSets:
    """The weight sets used last. Several threads may ask.

    A set is known by its folder and its card. The card holds the checksums, so a set whose weights
    have changed, as those of a run that trains on do, is loaded anew.
    """

    def __init__(self) -> None:
        """Load nothing yet."""
        self._lock = threading.Lock()
        self._sets: dict[tuple[Path, bytes], Synthesizer] = {}  # the one used last is the last

    def get(self, weights: str | Path) -> Synthesizer:
        """The synthesizer of a set, loaded if need be.

        Args:
            weights: a shipped set, or the folder of a set or of a training run.

        Raises:
            InputError: no such weights, damaged ones, or another encoder than theirs.
        """
        folder = find_weights(weights).resolve()
        with self._lock:
            card = (folder / CARD).read_bytes()
            found = self._sets.pop((folder, card), None) or Synthesizer(folder)
            self._sets[folder, card] = found
            while len(self._sets) > CAPACITY:
                self._sets.pop(next(iter(self._sets)))
            return found

    def has(self, weights: str | Path) -> bool:
        """Whether a set is loaded, so that drawing begins at once; it does not wait for a lock."""
        folder = find_weights(weights).resolve()
        return any(loaded == folder for loaded, _ in list(self._sets))


LOADED = LoadedSets()  # of the process
