"""Captions become vectors: sentence encoders, checks, plain form, whitening.

Importing this package imports neither TensorFlow nor JAX.
"""

from t2i_utils.text.checks import (
    MAX_CHARACTERS,
    MAX_WORDS,
    check_caption,
    check_captions,
    unknown_words_note,
)
from t2i_utils.text.encoders import SentenceEncoder, load_encoder, load_encoder_of
from t2i_utils.text.encoders.hub import HubEncoder
from t2i_utils.text.encoders.package import PackageEncoder
from t2i_utils.text.export import export_saved_model
from t2i_utils.text.plain import plain
from t2i_utils.text.whitening import Whitening, limit_length, whitening_of

__all__ = [
    "MAX_CHARACTERS",
    "MAX_WORDS",
    "HubEncoder",
    "PackageEncoder",
    "SentenceEncoder",
    "Whitening",
    "check_caption",
    "check_captions",
    "export_saved_model",
    "limit_length",
    "load_encoder",
    "load_encoder_of",
    "plain",
    "unknown_words_note",
    "whitening_of",
]
