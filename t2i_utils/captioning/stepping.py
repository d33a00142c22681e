"""The captioner one word at a time, in NumPy, so that nothing is compiled before the first word.

Every word looks at the regions and at all words before it. Their keys and values are computed once
and kept.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from t2i_utils import backend
from t2i_utils.captioning.decoder import Attention, Captioner, DecoderBlock, FeedForward
from t2i_utils.captioning.vocabulary import END, PADDING, START, UNKNOWN
from t2i_utils.errors import InputError

NEVER = -1e9  # the score of a word that is not to be said


class Steps:
    """Sentences that grow by a word at a time, a row each."""

    def __init__(self, captioner: Captioner, regions: np.ndarray, copies: int = 1) -> None:
        """Begin `copies` sentences for each picture.

        Args:
            captioner: the network.
            regions: (n, 49, region_width), standardised.
            copies: sentences of a picture; they lie in neighbouring rows.
        """
        memory = _encode(captioner, np.asarray(regions, "float32"))
        self.place = 0  # of the next word
        self._pictures = np.repeat(np.arange(len(regions)), copies)  # of each row
        self._words, self._places = _values(captioner.words)[0], _values(captioner.places)[0]
        self._to_logits = backend.matmul_by(self._words.T)
        rows, longest = len(self._pictures), captioner.config.max_words
        self._blocks = [_Block(block, memory, rows, longest) for block in captioner.blocks]
        self._last_norm = _norm(captioner.last_norm)

    def say(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Add a word to each row.

        Args:
            words: (rows,) int.

        Returns:
            Log probabilities of the word that follows (rows, vocabulary), and where the last
            block looked for it (rows, 49). Padding, start and unknown words have none, nor has
            the end of a sentence without words.
        """
        x, looks = self._words[words] + self._places[self.place], np.empty(0)
        for block in self._blocks:
            x, looks = block(x, self.place, self._pictures)
        logits = self._to_logits(self._last_norm(x))
        if not np.isfinite(logits).all():
            raise InputError("the captioner gives numbers that are not finite: take another one")
        if self.place == 0:
            logits[:, END] = NEVER
        self.place += 1
        return log_probabilities(logits), looks

    def keep(self, rows: np.ndarray) -> None:
        """Go on with these rows; one may be taken twice. A picture's rows stay neighbours."""
        if np.array_equal(rows, np.arange(len(self._pictures))):
            return
        self._pictures = self._pictures[rows]
        for block in self._blocks:
            block.keep(rows, self.place)


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Of words that may be said, (..., vocabulary); the others get `NEVER`."""
    logits = np.array(logits, "float64")
    logits[..., [PADDING, START, UNKNOWN]] = NEVER
    top = logits.max(axis=-1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(axis=-1, keepdims=True))


class _Block:
    """A decoder block, with the keys and values that it keeps."""

    def __init__(self, block: DecoderBlock, memory: np.ndarray, rows: int, longest: int) -> None:
        self._own, self._cross = _Look(block.self_look), _Look(block.cross_look)
        self._self_norm, self._cross_norm = _norm(block.self_norm), _norm(block.cross_norm)
        self._forward = _feed_forward(block.feed_forward)
        self._regions = self._cross.keys_and_values(memory)
        heads = self._own.heads
        shape = (rows, heads, longest, memory.shape[-1] // heads)
        self._said = [np.empty(shape, "float32") for _ in range(2)]  # keys and values of words

    def __call__(
        self, x: np.ndarray, place: int, pictures: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Words (rows, width) to the same, and where each looked (rows, 49)."""
        normed = self._self_norm(x)[:, None]
        for kept, new in zip(self._said, self._own.keys_and_values(normed), strict=True):
            kept[:, :, place] = new[:, :, 0]
        found, _ = _attend(
            self._own.queries(normed), *(kept[:, :, : place + 1] for kept in self._said)
        )
        x = x + self._own.output(found)[:, 0]
        # The rows of a picture become the queries of one sequence.
        slots = np.arange(len(pictures)) - np.searchsorted(pictures, pictures)
        queries = self._cross.queries(self._cross_norm(x)[:, None])[:, :, 0]
        keys, values = self._regions
        packed = np.zeros((*keys.shape[:2], slots.max() + 1, keys.shape[3]), "float32")
        packed[pictures, :, slots] = queries
        found, looks = (y[pictures, :, slots] for y in _attend(packed, keys, values))
        x = x + self._cross.output(found[:, :, None])[:, 0]
        return x + self._forward(x), looks.mean(axis=1)

    def keep(self, rows: np.ndarray, place: int) -> None:
        """Go on with these rows."""
        for number, kept in enumerate(self._said):
            self._said[number] = np.empty((len(rows), *kept.shape[1:]), "float32")
            self._said[number][:, :, :place] = kept[rows, :, :place]


class _Look:
    """The layers of an attention. It splits into (b, heads, places, width / heads)."""

    def __init__(self, look: Attention) -> None:
        self.heads = look.heads
        self._query, self._keys, self._values, self._output = map(_dense, look.layers)

    def queries(self, x: np.ndarray) -> np.ndarray:
        """Of a sequence (b, places, width)."""
        return self._split(self._query(x))

    def keys_and_values(self, x: np.ndarray) -> list[np.ndarray]:
        """Of a sequence (b, places, width)."""
        return [self._split(y) for y in (self._keys(x), self._values(x))]

    def output(self, found: np.ndarray) -> np.ndarray:
        """What all heads found, (b, places, width)."""
        found = found.swapaxes(1, 2)
        return self._output(found.reshape(*found.shape[:2], -1))

    def _split(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(*x.shape[:2], self.heads, -1).swapaxes(1, 2)


def _attend(
    queries: np.ndarray, keys: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What queries (..., n, width) find in keys and values (..., m, width); weights (..., n, m)."""
    scores = queries @ keys.swapaxes(-1, -2) / np.float32(queries.shape[-1] ** 0.5)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ values, weights


def _encode(captioner: Captioner, regions: np.ndarray) -> np.ndarray:
    """Regions (n, 49, region_width) to memory (n, 49, width)."""
    layers = captioner.seeing
    x = _dense(layers.dense)(regions) + _values(layers.places)[0]
    normed, look = _norm(layers.norm)(x), _Look(layers.look)
    x = x + look.output(_attend(look.queries(normed), *look.keys_and_values(normed))[0])
    return _norm(layers.last_norm)(x + _feed_forward(layers.feed_forward)(x))


def _values(layer: Any) -> list[np.ndarray]:
    """The weights of a layer, float32."""
    return [np.asarray(weight.numpy(), "float32") for weight in layer.weights]


def _dense(layer: Any) -> Callable[[np.ndarray], np.ndarray]:
    kernel, bias = _values(layer)
    product = backend.matmul_by(kernel)
    return lambda x: (product(x.reshape(-1, len(kernel))) + bias).reshape(*x.shape[:-1], -1)


def _norm(layer: Any) -> Callable[[np.ndarray], np.ndarray]:
    scale, offset = _values(layer)

    def norm(x: np.ndarray) -> np.ndarray:
        x = x - x.mean(axis=-1, keepdims=True)
        variance = (x**2).mean(axis=-1, keepdims=True)
        return x / np.sqrt(variance + np.float32(layer.epsilon)) * scale + offset

    return norm


def _feed_forward(layers: FeedForward) -> Callable[[np.ndarray], np.ndarray]:
    norm, wide, narrow = _norm(layers.norm), _dense(layers.wide), _dense(layers.narrow)
    return lambda x: narrow(_gelu(wide(norm(x))))


def _gelu(x: np.ndarray) -> np.ndarray:
    """The exact one: x times the normal distribution's share below x, to 1e-7.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
    """
    y = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * y)
    above = np.zeros_like(x)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        above = (above + np.float32(factor)) * t
    above *= np.float32(0.5) * np.exp(-y * y)  # the share above |x|
    return x * np.where(x > 0, 1 - above, above)
