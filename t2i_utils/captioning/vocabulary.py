"""Words to numbers and back: the captioner's vocabulary, kept as a list of words."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

PADDING, START, END, UNKNOWN = range(4)
SPECIAL = ("<padding>", "<start>", "<end>", "<unknown>")
LEAST_COUNT = 5  # a word that fewer training captions use is unknown
# One spelling, the commoner one, for words that people spell in two ways.
SPELLINGS: dict[str, str] = {
    "gray": "grey",
    "grayish": "greyish",
    "colour": "color",
    "coloured": "colored",
}


def words(caption: str) -> list[str]:
    """The words of a sentence, in lower case, one spelling each, without punctuation."""
    found: list[str] = re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", caption.lower().replace("’", "'"))
    return [SPELLINGS.get(word, word) for word in found]


class Vocabulary:
    """The words that the captioner can say; a word's place in the list is its number."""

    def __init__(self, known: Sequence[str]) -> None:
        """Take the words in the order of their numbers, the four special ones first."""
        if not all(isinstance(word, str) for word in known):
            raise ValueError("a vocabulary is made of words")
        if tuple(known[: len(SPECIAL)]) != SPECIAL:
            raise ValueError(f"a vocabulary begins with {SPECIAL}, got {tuple(known[:4])}")
        self.words = tuple(known)
        self._numbers = {word: number for number, word in enumerate(known)}

    @classmethod
    def of(cls, captions: Iterable[str], least_count: int = LEAST_COUNT) -> "Vocabulary":
        """The words that at least `least_count` captions use, the most frequent first."""
        counts = Counter(word for caption in captions for word in set(words(caption)))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return cls([*SPECIAL, *(word for word, count in ranked if count >= least_count)])

    def with_words_of(self, other: "Vocabulary") -> "Vocabulary":
        """These words under their numbers, then the other's further ones."""
        return Vocabulary([*self.words, *(word for word in other.words if word not in self.words)])

    def __len__(self) -> int:
        """The number of words, special ones included."""
        return len(self.words)

    def encode(self, captions: Sequence[str], length: int) -> np.ndarray:
        """Numbers of the words of captions: start, words, end, padding.

        Args:
            captions: sentences.
            length: of a row; longer sentences lose their end, and say so by having no end mark.

        Returns:
            (n, length) int32.
        """
        rows = np.full((len(captions), length), PADDING, np.int32)
        for row, caption in zip(rows, captions, strict=True):
            numbers = [self._numbers.get(word, UNKNOWN) for word in words(caption)]
            numbers = [START, *numbers, END][:length]
            row[: len(numbers)] = numbers
        return rows

    def decode(self, numbers: Iterable[int]) -> str:
        """The sentence that a row of numbers means, up to its end mark."""
        said = []
        for number in numbers:
            if number == END:
                break
            if number >= len(SPECIAL):
                said.append(self.words[number])
        return " ".join(said)
