"""What a sentence encoder is, and how to get one by name.

The course uses Google's Universal Sentence Encoder multilingual v3: 16 languages, sentences in,
vectors out. Any other encoder with a `name`, a `width` and an `encode` method can take its place.

Reference: Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval", 2019,
https://arxiv.org/abs/1907.04307.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from t2i_utils.errors import InputError

ENVIRONMENT_VARIABLE = "T2I_ENCODER"


class SentenceEncoder(Protocol):
    """Anything that turns captions into vectors of one length.

    Attributes:
        name: Names the network and its version. Two encoders of one name give the same vectors.
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

        In plain form (see `plain`): training and drawing must not differ in punctuation or case.
        """
        ...


def load_encoder(name: str = "auto") -> SentenceEncoder:
    """Return the sentence encoder that `name` stands for.

    "auto" is predictable rather than clever: it never tries the network, because a handle that
    answers on one day and not on the next would silently change the encoder under your weights.

    Args:
        name: One of
            "auto": what the environment variable T2I_ENCODER says, else "package";
            "package": the network from the Python package index. Offline, fast, no TensorFlow;
            "hub": the TF-Hub module, by `hub.load`. Downloads about 250 MB once;
            a path: a folder that holds a TF2 SavedModel, such as `export_saved_model` writes;
            an address that begins with "https://": another TF-Hub handle.

    Raises:
        InputError: The name stands for nothing, or its encoder cannot be loaded.
    """
    from t2i_utils.text import hub, package

    source = ""
    if name == "auto":
        name = os.environ.get(ENVIRONMENT_VARIABLE) or "package"
        source = f" (from ${ENVIRONMENT_VARIABLE})"
    if name in ("auto", "package"):
        return package.load_package_encoder()
    if name == "hub":
        return hub.HubEncoder(hub.HANDLE)
    if name.startswith("https://"):
        return hub.HubEncoder(name)
    if Path(name).is_dir():
        return hub.HubEncoder(Path(name))
    raise InputError(
        f'unknown encoder "{name}"{source}: use "package", "hub" or the path of a SavedModel folder'
    )
