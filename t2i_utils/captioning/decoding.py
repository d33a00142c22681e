"""From regions to sentences: greedy, beam search and nucleus sampling, all with kept keys.

Nucleus sampling: Holtzman et al., The Curious Case of Neural Text Degeneration (ICLR 2020, arXiv
1904.09751).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from t2i_utils.captioning.decoder import Captioner
from t2i_utils.captioning.stepping import NEVER, Steps
from t2i_utils.captioning.vocabulary import END, START

LENGTH_POWER = 0.7  # a sentence's score is its log probability / words ** this


@dataclass(frozen=True)
class Sentence:
    """One description as numbers of words, without marks.

    Attributes:
        words: numbers in the vocabulary.
        log_probability: of the whole sentence, its end mark included.
        looks: (words, 49), where the last block looked as it said each.
    """

    words: tuple[int, ...]
    log_probability: float
    looks: np.ndarray

    @property
    def score(self) -> float:
        """The log probability, so divided that long sentences have a chance."""
        return self.log_probability / (len(self.words) + 1) ** LENGTH_POWER


def greedy(captioner: Captioner, regions: np.ndarray) -> list[Sentence]:
    """The likeliest word at each place; one sentence a picture.

    Args:
        captioner: the network.
        regions: (n, 49, region_width), standardised.
    """
    return _one_by_one(captioner, regions, lambda scores, *_: scores.argmax(axis=-1))


def sample(
    captioner: Captioner,
    regions: np.ndarray,
    random: np.random.Generator,
    nucleus: float = 0.9,
    temperature: float = 1.0,
    copies: int = 1,
    bias: np.ndarray | None = None,
) -> list[Sentence]:
    """Draw each word among the likeliest ones that have `nucleus` of the probability together.

    All pictures meet the same random numbers, so that what is said of one does not depend on the
    others.

    Args:
        captioner: the network.
        regions: (n, 49, region_width), standardised.
        random: the same state gives the same sentences.
        nucleus: in (0, 1]; near 0 is greedy.
        temperature: above 0; below 1 likely words become likelier.
        copies: sentences of each picture; they are neighbours in the list.
        bias: (n, vocabulary), added to the log probabilities of each picture's words.
    """
    uniforms = np.tile(random.random((captioner.config.max_words, copies)), len(regions))

    def choose(scores: np.ndarray, place: int, rows: np.ndarray) -> np.ndarray:
        scores = scores if bias is None else scores + bias[rows // copies]
        return np.array([
            draw_word(row / temperature, uniform, nucleus)
            for row, uniform in zip(scores, uniforms[place, rows], strict=True)
        ])  # fmt: skip

    return _one_by_one(captioner, regions, choose, copies)


def draw_word(scores: np.ndarray, uniform: float, nucleus: float) -> int:
    """The word at `uniform` in [0, 1) of the nucleus of some log scores (vocabulary,)."""
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    # Words below this bound have less than 1 - nucleus together: the nucleus needs none of them.
    likely = np.flatnonzero((chances > 0) & (chances >= (1 - nucleus) / len(chances)))
    order = likely[np.argsort(-scores[likely], kind="stable")]
    reached = np.cumsum(chances[order])
    inside = np.searchsorted(reached, nucleus) + 1  # the first ones
    place = np.searchsorted(reached[:inside], uniform * reached[:inside][-1], side="right")
    return int(order[min(place, inside - 1, len(order) - 1)])


def _one_by_one(
    captioner: Captioner,
    regions: np.ndarray,
    choose: Callable[[np.ndarray, int, np.ndarray], np.ndarray],
    copies: int = 1,
) -> list[Sentence]:
    """Let `choose` take the next words, by log probabilities, place and rows, until all end."""
    steps = Steps(captioner, regions, copies)
    count, longest = len(regions) * copies, captioner.config.max_words
    said, total = np.full((count, longest), END), np.zeros(count)
    looked = np.zeros((count, longest, regions.shape[1]), "float32")
    going = np.arange(count)  # the rows of sentences that have not ended
    words = np.full(count, START)
    while len(going) and steps.place < longest:
        place = steps.place
        scores, looks = steps.say(words)
        if steps.place == longest:  # no room for another word
            scores = _only_end(scores)
        words = choose(scores, place, going)
        total[going] += scores[np.arange(len(going)), words]
        said[going, place], looked[going, place] = words, looks
        if (words == END).any():
            left = np.flatnonzero(words != END)
            steps.keep(left)
            going, words = going[left], words[left]
    return [
        _sentence(row, score, looks) for row, score, looks in zip(said, total, looked, strict=True)
    ]


def _only_end(scores: np.ndarray) -> np.ndarray:
    ended = np.full_like(scores, NEVER)
    ended[..., END] = 0
    return ended


def _sentence(row: Sequence[int], score: float, looks: np.ndarray) -> Sentence:
    numbers = [int(number) for number in row]
    length = numbers.index(END) if END in numbers else len(numbers)
    return Sentence(tuple(numbers[:length]), float(score), looks[:length])


def beam_search(captioner: Captioner, regions: np.ndarray, width: int = 5) -> list[list[Sentence]]:
    """The likeliest sentences of each picture, the best score first.

    Args:
        captioner: the network.
        regions: (n, 49, region_width), standardised.
        width: sentences kept at each place, and given back.
    """
    steps = Steps(captioner, regions, width)
    count, longest = len(regions), captioner.config.max_words
    words = np.full(count * width, START)
    totals = np.tile(np.where(np.arange(width) == 0, 0, NEVER), (count, 1))  # first: one beam
    said = np.zeros((count, width, 0), int)
    looked = np.zeros((count, width, 0, regions.shape[1]))
    finished: list[list[Sentence]] = [[] for _ in range(count)]
    while steps.place < longest:
        scores, looks = steps.say(words)
        if steps.place == longest:
            scores = _only_end(scores)
        vocabulary = scores.shape[-1]
        reached = (totals[:, :, None] + scores.reshape(count, width, vocabulary)).reshape(count, -1)
        best = np.argsort(-reached, axis=1, kind="stable")[:, : 2 * width]
        parents, chosen = best // vocabulary, best % vocabulary
        looks = looks.reshape(count, width, 1, -1)
        rows = np.zeros((count, width), int)
        new_words = np.zeros((count, width), int)
        for picture in range(count):
            going = 0
            for parent, word in zip(parents[picture], chosen[picture], strict=True):
                total = reached[picture, parent * vocabulary + word]
                if word == END:
                    if len(finished[picture]) < width and going < width and total > NEVER / 2:
                        trail = said[picture, parent]
                        seen = np.concatenate([looked[picture, parent], looks[picture, parent]])
                        finished[picture].append(_sentence(trail, total, seen))
                elif going < width:
                    rows[picture, going], new_words[picture, going] = parent, word
                    going += 1
        pictures = np.arange(count)[:, None]
        totals = reached[pictures, rows * vocabulary + new_words]
        said = np.concatenate([said[pictures, rows], new_words[..., None]], axis=2)
        looked = np.concatenate([looked[pictures, rows], looks[pictures, rows]], axis=2)
        steps.keep((pictures * width + rows).ravel())
        words = new_words.ravel()
        if all(len(ends) == width for ends in finished):
            break
    return [sorted(ends, key=lambda s: -s.score)[:width] for ends in finished]
