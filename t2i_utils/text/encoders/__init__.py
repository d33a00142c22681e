"""Sentence encoders by name. Each file in this folder is one: it ends with `register(...)`.

The course uses Google's Universal Sentence Encoder multilingual v3: 16 languages, sentences in,
vectors out. Another encoder is one new file, here or in a program of yours: an object with a
`name`, a `width` and an `encode` method, and one call of `register`. Such a file imports what is
slow to import inside its functions.

Reference: Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval", 2019,
https://arxiv.org/abs/1907.04307.
"""

import importlib
import os
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from t2i_utils.errors import InputError

ENVIRONMENT_VARIABLE = "T2I_ENCODER"


class SentenceEncoder(Protocol):
    """Anything that turns captions into vectors of one length.

    An encoder may also have `knows(caption: str) -> bool`: whether it knows at least one word of a
    caption. Where it does not, people are told that the picture says nothing about their words.

    Attributes:
        name: Names the network and its version; packs and weights carry it. Two encoders of one
            name give the same vectors.
        width: Length of a vector. Nothing else in the library states it.
    """

    @property
    def name(self) -> str:
        """The network and its version."""
        ...

    @property
    def width(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, captions: Sequence[str]) -> np.ndarray:
        """Encode n captions as float32 (n, width), each row of length 1 (L2).

        Captions are brought into plain form first (see `plain`): punctuation and case must not
        differ between training and drawing.
        """
        ...


class _Entry(NamedTuple):
    full_name: str
    load: Callable[..., SentenceEncoder]


_registered: dict[str, _Entry] = {}


def register(name: str, full_name: str, load: Callable[[], SentenceEncoder]) -> None:
    """Make an encoder known; an earlier one of that name is replaced.

    Args:
        name: What people call it: `--encoder NAME`.
        full_name: The `name` of the encoder itself, by which packs and weights find it again.
        load: Called when the encoder is first needed.
    """
    _registered[name] = _Entry(full_name, load)


def encoder_names() -> list[str]:
    """Short names of all encoders: the files of this folder, and what was registered elsewhere."""
    return sorted({module.name for module in pkgutil.iter_modules(__path__)} | set(_registered))


def load_encoder(name: str = "auto") -> SentenceEncoder:
    """Return the sentence encoder that `name` stands for.

    "auto" never tries the network. A download that works on one day and fails on the next would
    otherwise change the encoder, and with it what trained weights draw.

    Args:
        name: One of
            "auto": what the environment variable T2I_ENCODER says, else "package";
            "package": the network from the Python package index. Offline, fast, no TensorFlow;
            "hub": the TF-Hub module, by `hub.load`. Downloads about 250 MB once;
            another name that was registered;
            the full name of one of these, as packs and weights have it;
            a path: a folder that holds a TF2 SavedModel, such as `export_saved_model` writes;
            an address that begins with "https://": another TF-Hub handle.

    Raises:
        InputError: The name stands for nothing, or its encoder cannot be loaded.
    """
    source = ""
    if name == "auto":
        name = os.environ.get(ENVIRONMENT_VARIABLE) or "package"
        source = f" (from ${ENVIRONMENT_VARIABLE})"
    if name == "auto":
        name = "package"
    if entry := _find(name):
        return entry.load()
    hub = _find("hub")
    if hub and (name.startswith("https://") or Path(name).is_dir()):
        return hub.load(name if name.startswith("https://") else Path(name))
    names = ", ".join(f'"{known}"' for known in encoder_names())
    raise InputError(
        f'unknown encoder "{name}"{source}: use one of {names}, the path of a SavedModel folder, '
        "or import the module that registers it"
    )


def load_encoder_of(full_name: str) -> SentenceEncoder:
    """Return the encoder that a pack or a set of weights names.

    A SavedModel folder or another TF-Hub handle cannot be found by the name of its content:
    T2I_ENCODER says where it is, and the caller compares the names.

    Raises:
        InputError: As `load_encoder`.
    """
    return load_encoder(full_name if _find(full_name) else "auto")


def _find(name: str) -> _Entry | None:
    """The registered encoder of a short or a full name."""
    for known in encoder_names():
        if known not in _registered:
            module = importlib.import_module(f"{__name__}.{known}")
            if known not in _registered:
                raise InputError(f"{module.__file__} registers no {known!r}: give it this name")
        if name in (known, _registered[known].full_name):
            return _registered[known]
    return None
