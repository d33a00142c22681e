"""From regions to sentences: greedy, beam search and nucleus sampling, all with kept keys.

Nucleus sampling: Holtzman et al., The Curious Case of Neural Text Degeneration (ICLR 2020, arXiv
1904.09751).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    return _one_by_one(captioner, regions, lambda scores, *_: scores.argmax())


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
    uniforms = random.random((captioner.config.max_words, copies))

    def choose(scores: np.ndarray, place: int, rows: np.ndarray) -> np.ndarray:
        scores = scores if bias is None else scores + bias[rows[0] // copies]
        return draw_word(scores / temperature, uniforms[place, rows % copies], nucleus)

    return _one_by_one(captioner, regions, choose, copies)


def draw_word(scores: np.ndarray, uniform: Any, nucleus: float) -> Any:
    """The word at `uniform` in [0, 1) of the nucleus of some log scores (vocabulary,).

    Many numbers `uniform` draw as many words.
    """
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    # Words below this bound have less than 1 - nucleus together: the nucleus needs none of them.
    likely = np.flatnonzero((chances > 0) & (chances >= (1 - nucleus) / len(chances)))
    order = likely[np.argsort(-scores[likely], kind="stable")]
    reached = np.cumsum(chances[order])
    inside = np.searchsorted(reached, nucleus) + 1  # the first ones
    place = np.searchsorted(reached[:inside], uniform * reached[:inside][-1], side="right")
    return order[np.minimum(place, min(inside, len(order)) - 1)]


def _one_by_one(
    captioner: Captioner,
    regions: np.ndarray,
    choose: Callable[[np.ndarray, int, np.ndarray], Any],
    copies: int = 1,
) -> list[Sentence]:
    """Let `choose` take the next words, until all sentences end.

    Sentences of a picture that begin alike are one row, as long as they do.

    Args:
        captioner: the network.
        regions: (n, 49, region_width), standardised.
        choose: log probabilities (vocabulary,), the place and the numbers of the sentences with
            this beginning, to the next word of each.
        copies: sentences of each picture.
    """
    steps = Steps(captioner, regions)
    count, longest = len(regions) * copies, captioner.config.max_words
    said, total = np.full((count, longest), END), np.zeros(count)
    looked = np.zeros((count, longest, regions.shape[1]), "float32")
    going = np.arange(count)  # sentences that have not ended
    rows, words = going // copies, np.full(len(regions), START)
    while len(going) and steps.place < longest:
        place = steps.place
        scores, looks = steps.say(words)
        if steps.place == longest:  # no room for another word
            scores = _only_end(scores)
        chosen = np.empty(len(going), int)
        for row, own in enumerate(scores):
            chosen[rows == row] = choose(own, place, going[rows == row])
        total[going] += scores[rows, chosen]
        said[going, place], looked[going, place] = chosen, looks[rows]
        left = chosen != END
        going = going[left]
        pairs, rows = np.unique(np.stack([rows, chosen])[:, left], axis=1, return_inverse=True)
        steps.keep(pairs[0])
        words = pairs[1]
    return [
        _sentence(row, score, looks) for row, score, looks in zip(said, total, looked, strict=True)
    ]


def _only_end(scores: np.ndarray) -> np.ndarray:
    ended = np.full_like(scores, NEVER)
    ended[..., END] = 0
    return ended


def _sentence(row: np.ndarray, score: float, looks: np.ndarray) -> Sentence:
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
