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
    """The network, as two Keras models, for training. `stepping` decodes with the same layers.

    Attributes:
        config: sizes.
        encoder: standardised regions (b, 49, region_width) to memory (b, 49, width).
        decoder: [memory, words (b, max_words)] to logits (b, max_words, vocabulary) of the word
            that follows each; no position attends to later words.
        seeing: the encoder's layers.
        words: the vectors of words, for input and output.
        places: the vectors of a word's place.
        blocks: the decoder's layers.
        last_norm: before the output.
    """

    def __init__(self, config: CaptionerConfig) -> None:
        """Build the models; initial weights come from Keras's random state."""
        self.config = config
        with backend.precision(config.precision):
            self.words = layers.ReversibleEmbedding(
                config.vocabulary_size, config.width, reverse_dtype="float32", name="word_vectors"
            )
            self.places = layers.Embedding(config.max_words, config.width, name="place_vectors")
            self.blocks = [DecoderBlock(config) for _ in range(config.num_blocks)]
            self.last_norm = layers.LayerNormalization()
            self.seeing = EncoderLayers(config)
            self._drop = layers.Dropout(config.dropout)
            self.encoder = self._build_encoder()
            self.decoder = self._build_decoder()

    @property
    def weights(self) -> list[Any]:
        """Every weight once, without the state of random number generators."""
        return [*self.encoder.weights, *self.decoder.weights]

    def _build_encoder(self) -> keras.Model:
        config, own = self.config, self.seeing
        regions = keras.Input((NUM_REGIONS, config.region_width), name="regions")
        x = own.dense(layers.Dropout(config.dropout)(regions))
        places = ops.zeros_like(x[..., 0], "int32") + np.arange(NUM_REGIONS, dtype="int32")
        x = layers.add([x, own.places(places)])
        normed = own.norm(x)
        x = x + self._drop(own.look(normed, *own.look.keys_and_values(normed))[0])
        x = x + self._drop(own.feed_forward(x))
        return keras.Model(regions, own.last_norm(x), name="caption_encoder")

    def _build_decoder(self) -> keras.Model:
        config = self.config
        memory = keras.Input((NUM_REGIONS, config.width), name="memory")
        words = keras.Input((config.max_words,), dtype="int32", name="words")
        places = ops.zeros_like(words) + np.arange(config.max_words, dtype="int32")
        x = self._drop(self.words(words) + self.places(places))
        later = FAR * np.triu(np.ones((config.max_words, config.max_words), "float32"), 1)
        for block in self.blocks:
            normed = block.self_norm(x)
            keys, values = block.self_look.keys_and_values(normed)
            x = x + self._drop(block.self_look(normed, keys, values, later)[0])
            keys, values = block.cross_look.keys_and_values(memory)
            x = x + self._drop(block.cross_look(block.cross_norm(x), keys, values)[0])
            x = x + self._drop(block.feed_forward(x))
        logits = self.words(self.last_norm(x), reverse=True)
        return keras.Model([memory, words], logits, name="caption_decoder")


class EncoderLayers:
    """The layers of the encoder."""

    def __init__(self, config: CaptionerConfig) -> None:
        """Make them."""
        self.dense = layers.Dense(config.width)
        self.places = layers.Embedding(NUM_REGIONS, config.width)
        self.norm, self.last_norm = (layers.LayerNormalization() for _ in range(2))
        self.look, self.feed_forward = Attention(config), FeedForward(config)


class DecoderBlock:
    """The layers of one decoder block."""

    def __init__(self, config: CaptionerConfig) -> None:
        """Make them."""
        self.self_norm, self.cross_norm = (layers.LayerNormalization() for _ in range(2))
        self.self_look, self.cross_look = (Attention(config) for _ in range(2))
        self.feed_forward = FeedForward(config)


class Attention:
    """Multi-head attention whose keys and values can be kept between steps.

    Attributes:
        heads: their number.
        layers: for queries, keys, values and the output.
    """

    def __init__(self, config: CaptionerConfig) -> None:
        """Make the layers."""
        self._width, self.heads = config.width, config.num_heads
        self.layers = [layers.Dense(config.width) for _ in range(4)]

    def keys_and_values(self, x: Any) -> tuple[Any, Any]:
        """The keys and the values of a sequence (b, places, width), each of the same shape."""
        _, keys, values, _ = self.layers
        return keys(x), values(x)

    def __call__(self, x: Any, keys: Any, values: Any, mask: Any = None) -> tuple[Any, Any]:
        """Attend from each position of x (b, queries, width) to keys and values (b, places, width).

        `mask` is added to the scores (b, heads, queries, places). Returns (b, queries, width) and
        the attention weights of each head, (b, heads, queries, places), float32.
        """
        query, _, _, output = self.layers
        queries, keys, values = (self._split(y) for y in (query(x), keys, values))
        scores = ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2)))
        scores = ops.cast(scores, "float32") / (self._width // self.heads) ** 0.5
        looks = ops.softmax(scores if mask is None else scores + mask, axis=-1)
        found = ops.matmul(ops.cast(looks, values.dtype), values)
        found = ops.reshape(ops.transpose(found, (0, 2, 1, 3)), (-1, x.shape[1], self._width))
        return output(found), looks

    def _split(self, x: Any) -> Any:
        x = ops.reshape(x, (-1, x.shape[1], self.heads, self._width // self.heads))
        return ops.transpose(x, (0, 2, 1, 3))  # (b, heads, places, width / heads)


class FeedForward:
    """Normalise, then two dense layers: to four times the width and back."""

    def __init__(self, config: CaptionerConfig) -> None:
        """Make the layers."""
        self.norm = layers.LayerNormalization()
        self.wide = layers.Dense(4 * config.width, activation="gelu")
        self.narrow = layers.Dense(config.width)

    def __call__(self, x: Any) -> Any:
        """(b, places, width) to the same."""
        return self.narrow(self.wide(self.norm(x)))
