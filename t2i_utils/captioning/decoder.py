"""A Transformer that turns the regions of a picture into a sentence, word by word.

Vaswani et al., Attention Is All You Need (NeurIPS 2017, arXiv 1706.03762), with normalisation
before each sublayer (Xiong et al., ICML 2020, arXiv 2002.04745). One encoder block has
self-attention over the regions. The decoder blocks attend to the words so far and to the regions.
"""

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.captioning.regions import NUM_REGIONS
from t2i_utils.config import POLICIES, check_fields, whole
from t2i_utils.errors import InputError

FAR = -1e9  # added to the attention score of a position that is masked


@dataclass(frozen=True)
class CaptionerConfig:
    """All that a captioner's architecture depends on; widths are numbers of channels."""

    vocabulary_size: int = whole(..., 4, 50_000)
    region_width: int = whole(..., 1, 4096)
    width: int = whole(192, 1, 512)
    num_heads: int = whole(4, 1, 64)
    num_blocks: int = whole(3, 1, 12)
    max_words: int = whole(32, 2, 256)  # of a sentence, its start or end mark included
    dropout: float = 0.2
    precision: str = "float32"

    def __post_init__(self) -> None:
        check_fields(self)
        if self.width % self.num_heads or not 0 <= self.dropout < 1:
            raise InputError(
                f"a captioner of width {self.width} cannot have {self.num_heads} heads and dropout "
                f"{self.dropout:g}: choose others"
            )
        if self.precision not in POLICIES.values():
            allowed = ", ".join(POLICIES.values())
            raise InputError(f"unknown precision {self.precision!r:.60}: choose one of {allowed}")

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Any) -> "CaptionerConfig":
        """Rebuild from `to_json`; anything else raises `InputError`."""
        try:
            return cls(**fields)
        except TypeError as error:
            raise InputError(
                f"the captioner's configuration does not fit: {str(error)[:100]}"
            ) from error


class Captioner:
    """The network, as four Keras models that share their weights.

    Attributes:
        config: sizes.
        encoder: standardised regions (b, 49, region_width) to memory (b, 49, width).
        decoder: [memory, words (b, max_words)] to logits (b, max_words, vocabulary) of the word
            that follows each; no position attends to later words. Used in training, for whole
            sentences.
        keeper: memory to its keys and values, which every step needs,
            (b, blocks, 2, 49, width).
        stepper: [word (b,), place (b,), kept words (b, blocks, 2, max_words, width), kept regions]
            to [logits (b, vocabulary), kept words with this one, attention of the last block
            (b, 49)]. Used in decoding, one word at a time.
        keep: `encoder` and `keeper`, compiled: regions to their keys and values.
        step: `stepper`, compiled.
    """

    def __init__(self, config: CaptionerConfig) -> None:
        """Build the models; initial weights come from Keras's random state."""
        self.config = config
        with backend.precision(config.precision):
            self._words = layers.ReversibleEmbedding(
                config.vocabulary_size, config.width, reverse_dtype="float32", name="word_vectors"
            )
            self._places = layers.Embedding(config.max_words, config.width, name="place_vectors")
            self._blocks = [_DecoderBlock(config) for _ in range(config.num_blocks)]
            self._last_norm = layers.LayerNormalization()
            self._drop = layers.Dropout(config.dropout)
            self.encoder = self._build_encoder()
            self.decoder = self._build_decoder()
            self.keeper = self._build_keeper()
            self.stepper = self._build_stepper()
        self.keep = backend.compile_function(
            lambda regions: self.keeper(self.encoder(regions)),
            [*self.encoder.variables, *self.keeper.variables],
        )
        self.step = backend.compile_function(lambda x: self.stepper(x), self.stepper.variables)

    @property
    def weights(self) -> list[Any]:
        """Every weight once, without the state of random number generators."""
        return [*self.encoder.weights, *self.decoder.weights]

    def _build_encoder(self) -> keras.Model:
        config = self.config
        regions = keras.Input((NUM_REGIONS, config.region_width), name="regions")
        x = layers.Dense(config.width)(layers.Dropout(config.dropout)(regions))
        places = ops.zeros_like(x[..., 0], "int32") + np.arange(NUM_REGIONS, dtype="int32")
        x = layers.add([x, layers.Embedding(NUM_REGIONS, config.width)(places)])
        normed = layers.LayerNormalization()(x)
        look = _Attention(config)
        x = x + self._drop(look(normed, *look.keys_and_values(normed))[0])
        x = x + self._drop(_FeedForward(config)(x))
        return keras.Model(regions, layers.LayerNormalization()(x), name="caption_encoder")

    def _build_decoder(self) -> keras.Model:
        config = self.config
        memory = keras.Input((NUM_REGIONS, config.width), name="memory")
        words = keras.Input((config.max_words,), dtype="int32", name="words")
        places = ops.zeros_like(words) + np.arange(config.max_words, dtype="int32")
        x = self._drop(self._words(words) + self._places(places))
        later = FAR * np.triu(np.ones((config.max_words, config.max_words), "float32"), 1)
        for block in self._blocks:
            normed = block.self_norm(x)
            keys, values = block.self_look.keys_and_values(normed)
            x = x + self._drop(block.self_look(normed, keys, values, later)[0])
            keys, values = block.cross_look.keys_and_values(memory)
            x = x + self._drop(block.cross_look(block.cross_norm(x), keys, values)[0])
            x = x + self._drop(block.feed_forward(x))
        return keras.Model([memory, words], self._to_logits(x), name="caption_decoder")

    def _build_keeper(self) -> keras.Model:
        memory = keras.Input((NUM_REGIONS, self.config.width), name="memory")
        kept = [
            ops.stack(block.cross_look.keys_and_values(memory), axis=1) for block in self._blocks
        ]
        return keras.Model(memory, ops.stack(kept, axis=1), name="caption_keeper")

    def _build_stepper(self) -> keras.Model:
        config = self.config
        word = keras.Input((), dtype="int32", name="word")
        place = keras.Input((), dtype="int32", name="place")
        shape = (config.num_blocks, 2, config.max_words, config.width)
        kept_words = keras.Input(shape, name="kept_words")
        shape = (config.num_blocks, 2, NUM_REGIONS, config.width)
        kept_regions = keras.Input(shape, name="kept_regions")
        x = ops.expand_dims(self._words(word) + self._places(place), 1)  # (b, 1, width)
        here = ops.expand_dims(ops.one_hot(place, config.max_words), -1)
        places = np.arange(config.max_words, dtype="int32")
        later = FAR * ops.cast(ops.greater(places, ops.expand_dims(place, -1)), "float32")
        later = ops.reshape(later, (-1, 1, 1, config.max_words))
        kept, looks = [], None
        for index, block in enumerate(self._blocks):
            normed = block.self_norm(x)
            new = ops.stack(block.self_look.keys_and_values(normed), axis=1)  # (b, 2, 1, width)
            kept.append(kept_words[:, index] + ops.expand_dims(here, 1) * new)
            x = x + block.self_look(normed, kept[-1][:, 0], kept[-1][:, 1], later)[0]
            regions = kept_regions[:, index]
            looked, looks = block.cross_look(block.cross_norm(x), regions[:, 0], regions[:, 1])
            x = x + looked
            x = x + block.feed_forward(x)
        outputs = [self._to_logits(x)[:, 0], ops.stack(kept, axis=1), ops.mean(looks, (1, 2))]
        inputs = [word, place, kept_words, kept_regions]
        return keras.Model(inputs, outputs, name="caption_stepper")

    def _to_logits(self, x: Any) -> Any:
        return self._words(self._last_norm(x), reverse=True)


class _DecoderBlock:
    """The layers of one decoder block."""

    def __init__(self, config: CaptionerConfig) -> None:
        self.self_norm, self.cross_norm = (layers.LayerNormalization() for _ in range(2))
        self.self_look, self.cross_look = (_Attention(config) for _ in range(2))
        self.feed_forward = _FeedForward(config)


class _Attention:
    """Multi-head attention whose keys and values can be kept between steps."""

    def __init__(self, config: CaptionerConfig) -> None:
        self._width, self._heads = config.width, config.num_heads
        self._query, self._keys, self._values, self._output = (
            layers.Dense(config.width) for _ in range(4)
        )

    def keys_and_values(self, x: Any) -> tuple[Any, Any]:
        """The keys and the values of a sequence (b, places, width), each of the same shape."""
        return self._keys(x), self._values(x)

    def __call__(self, x: Any, keys: Any, values: Any, mask: Any = None) -> tuple[Any, Any]:
        """Attend from each position of x (b, queries, width) to keys and values (b, places, width).

        `mask` is added to the scores (b, heads, queries, places). Returns (b, queries, width) and
        the attention weights of each head, (b, heads, queries, places), float32.
        """
        queries, keys, values = (self._split(y) for y in (self._query(x), keys, values))
        scores = ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2)))
        scores = ops.cast(scores, "float32") / (self._width // self._heads) ** 0.5
        looks = ops.softmax(scores if mask is None else scores + mask, axis=-1)
        found = ops.matmul(ops.cast(looks, values.dtype), values)
        found = ops.reshape(ops.transpose(found, (0, 2, 1, 3)), (-1, x.shape[1], self._width))
        return self._output(found), looks

    def _split(self, x: Any) -> Any:
        x = ops.reshape(x, (-1, x.shape[1], self._heads, self._width // self._heads))
        return ops.transpose(x, (0, 2, 1, 3))  # (b, heads, places, width / heads)


class _FeedForward:
    """Normalise, then two dense layers: to four times the width and back."""

    def __init__(self, config: CaptionerConfig) -> None:
        self._norm = layers.LayerNormalization()
        self._wide = layers.Dense(4 * config.width, activation="gelu")
        self._narrow = layers.Dense(config.width)

    def __call__(self, x: Any) -> Any:
        return self._narrow(self._wide(self._norm(x)))
