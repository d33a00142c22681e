"""Sentence encoders that are TF-Hub modules or TF2 SavedModel folders, loaded by `hub.load`.

`hub.load` works eagerly and inside `tf.data.Dataset.map`. `hub.KerasLayer` is not used: it is made
for Keras 2 and fails in Keras 3. TensorFlow is imported inside functions only.
"""

import contextlib
import hashlib
import importlib
import socket
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import file_checksum
from t2i_utils.text import reference
from t2i_utils.text.encoders import register
from t2i_utils.text.plain import plain_captions

HANDLE = "https://tfhub.dev/google/universal-sentence-encoder-multilingual/3"
_BATCH = 256  # captions a call: keeps memory flat
_TIMEOUT = 20  # seconds that the network may stay silent
_GO_ON = (
    "go on with the same network offline: T2I_ENCODER=package, or T2I_ENCODER=FOLDER after "
    "t2i_utils.text.export_saved_model('FOLDER')"
)


class HubEncoder:
    """A TF-Hub module or SavedModel folder as a sentence encoder.

    When it is loaded, it encodes eight reference sentences. Their mean cosine with stored vectors
    is printed to standard error. Below 0.98 a warning advises to pack the data again: this
    encoder's vectors mean something else than those that shipped weights were trained on.

    Args:
        source: A handle ("https://tfhub.dev/...") or the path of a folder that holds a SavedModel
            which maps strings (n,) to floats (n, width).

    Attributes:
        name: The handle's last parts, or for a folder a digest of what it holds.
        width: Length of a vector, as the module reports it.
        reference_cosine: Mean cosine with the stored reference vectors, in [-1, 1]; None where
            the width differs from theirs.

    Raises:
        InputError: TensorFlow's parts are missing, the handle cannot be reached, or what lies
            there is no such SavedModel.
    """

    def __init__(self, source: str | Path = HANDLE) -> None:
        self._tensorflow, self._module = load_module(source, _GO_ON)
        self.name = _name(source)
        try:
            vectors = self._call(plain_captions(reference.REFERENCE_SENTENCES))
        except Exception as error:  # a module may raise anything when it is called
            raise InputError(
                f"{source} is no sentence encoder: expected strings (n,) -> floats (n, width), "
                f"got {first_line(error)}"
            ) from error
        self.width: int = vectors.shape[1]
        self.reference_cosine = self._compare(vectors)

    def encode(self, captions: Sequence[str]) -> np.ndarray:
        """Encode n captions, in plain form, as float32 (n, width), each row of length 1 (L2).

        Raises:
            InputError: `captions` is one string, or holds something that is not a string.
        """
        captions = plain_captions(captions)
        vectors = np.empty((len(captions), self.width), np.float32)
        for start in range(0, len(captions), _BATCH):
            batch = captions[start : start + _BATCH]
            vectors[start : start + len(batch)] = self._call(batch)
        return vectors

    def _call(self, captions: Sequence[str]) -> np.ndarray:
        output = self._module(self._tensorflow.constant(list(captions)))
        vectors = np.asarray(output, np.float32)
        if vectors.ndim != 2 or len(vectors) != len(captions):
            raise ValueError(f"an output of shape {vectors.shape} for {len(captions)} captions")
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(norms, 1e-12)

    def _compare(self, vectors: np.ndarray) -> float | None:
        stored_width = reference.reference_vectors().shape[1]
        if self.width != stored_width:
            warnings.warn(
                f"{self.name} gives vectors of length {self.width}, not {stored_width}: shipped "
                "weights cannot be used with it; pack the captions and train with it",
                stacklevel=3,
            )
            return None
        cosine = reference.mean_cosine(vectors)
        print(f"{self.name}: mean cosine with the reference {cosine:.4f}", file=sys.stderr)
        if cosine < reference.MINIMUM_COSINE:
            warnings.warn(
                f"{self.name} differs from the encoder that shipped weights were trained with "
                f"(mean cosine {cosine:.3f}, below {reference.MINIMUM_COSINE}): embed the captions "
                "again (t2i data pack) and train with it, or use the encoder 'package'",
                stacklevel=3,
            )
        return cosine


def load_module(source: str | Path, go_on: str) -> tuple[Any, Any]:
    """Load a TF-Hub handle, or a folder that holds a SavedModel.

    Args:
        source: a handle ("https://tfhub.dev/...") or a folder.
        go_on: ends each error: what to do without it.

    Returns:
        The tensorflow module, and what `hub.load` gives.

    Raises:
        InputError: a package is missing, the handle cannot be reached, or the folder is none.
    """
    tensorflow, tensorflow_hub, _ = import_tensorflow(
        "tensorflow", "tensorflow_hub", "tensorflow_text", go_on=go_on
    )
    if isinstance(source, Path):
        if not (source / "saved_model.pb").is_file():
            raise InputError(f"{source} holds no saved_model.pb; {go_on}")
    else:
        print(f"Loading {source} (downloaded once, then cached) ...", file=sys.stderr)
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT)  # hub.load has none of its own and would wait for ever
    try:
        return tensorflow, tensorflow_hub.load(str(source))
    except Exception as error:  # urllib, tarfile and TensorFlow each have errors of their own
        hint = (
            "the folder is damaged"
            if isinstance(source, Path)
            else "not reachable, or half downloaded ($TFHUB_CACHE_DIR, else the temporary folder's "
            "tfhub_modules: delete it and try again)"
        )
        raise InputError(f"cannot load {source}: {first_line(error)}: {hint}; {go_on}") from error
    finally:
        socket.setdefaulttimeout(timeout)


def import_tensorflow(*names: str, go_on: str = _GO_ON) -> list[Any]:
    """Import TensorFlow and its companions by name, or say how to install them.

    `tensorflow_text` must be among them: importing it registers the SentencePiece operations.
    `go_on` ends the error.

    Raises:
        InputError: One of them is not installed.
    """
    try:
        with warnings.catch_warnings():  # tensorflow_hub 0.16 imports it; setuptools is pinned
            warnings.filterwarnings("ignore", "pkg_resources is deprecated")
            modules = [importlib.import_module(name) for name in names]
    except ImportError as error:
        raise InputError(
            f"a TF-Hub module needs tensorflow, tensorflow-hub, tensorflow-text and "
            f"setuptools<81 ({first_line(error)}): run pip install -r requirements.txt; {go_on}"
        ) from error
    import keras

    if keras.config.backend() != "tensorflow":
        # The accelerator belongs to the other backend, and TensorFlow would take all its memory.
        with contextlib.suppress(RuntimeError):  # it runs already, with the devices that it has
            modules[0].config.set_visible_devices([], "GPU")
    return modules


def _name(source: str | Path) -> str:
    if isinstance(source, str):
        return source.removeprefix("https://tfhub.dev/google/").replace("/", "-") + "/hub"
    digest = hashlib.sha256()
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        digest.update(path.relative_to(source).as_posix().encode())
        digest.update(bytes.fromhex(file_checksum(path)))
    return f"saved-model/{digest.hexdigest()[:16]}"


def first_line(error: BaseException) -> str:
    """Return an error's first line, at most 200 characters, or its type when it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


register("hub", _name(HANDLE), HubEncoder)
