"""Captions become vectors: the sentence encoder, its TF-Hub module and the cache.

Importing this package imports neither TensorFlow nor JAX.
"""

from t2i_utils.text.cache import EmbeddingCache
from t2i_utils.text.checks import (
    MAX_CHARACTERS,
    MAX_WORDS,
    check_captions,
    unknown_words_note,
)
from t2i_utils.text.encoder import SentenceEncoder, load_encoder
from t2i_utils.text.export import export_saved_model
from t2i_utils.text.hub import HubEncoder
from t2i_utils.text.package import PackageEncoder
from t2i_utils.text.plain import plain
from t2i_utils.text.typed import typed_captions
from t2i_utils.text.whitening import Whitening, limit_length, whitening_of

__all__ = [
    "MAX_CHARACTERS",
    "MAX_WORDS",
    "EmbeddingCache",
    "HubEncoder",
    "PackageEncoder",
    "SentenceEncoder",
    "Whitening",
    "check_captions",
    "export_saved_model",
    "limit_length",
    "load_encoder",
    "plain",
    "typed_captions",
    "unknown_words_note",
    "whitening_of",
]
