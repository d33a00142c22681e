"""Load Keras and its backend without their log lines."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

from t2i_utils.environment import backend_name

_LOG_LINE = re.compile(rb"[IWE]\d{4} \d\d:\d\d:\d|WARNING: All log messages before absl")


@contextlib.contextmanager
def without_jax() -> Iterator[None]:
    """Keep TensorFlow from importing JAX for its Lite converter, which takes 0.7 s and nobody asks.

    Only where JAX is not the backend, and only inside the block: later it can be imported as ever.
    """
    if "jax" in sys.modules or backend_name() == "jax":
        yield
        return
    sys.modules["jax"] = None  # pyright: ignore[reportArgumentType]  # an import of it fails
    try:
        yield
    finally:
        del sys.modules["jax"]


@contextlib.contextmanager
def quiet_import() -> Iterator[None]:
    """Hold back what TensorFlow's libraries say about themselves while they are imported.

    ``TF_CPP_MIN_LOG_LEVEL=3`` silences them from then on, but the first lines are written while
    the libraries load, before any setting counts. Lines of another form are passed on, and all are
    when the user has set ``TF_CPP_MIN_LOG_LEVEL`` to another value.
    """
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        yield
        return
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        standard_error = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
            held.seek(0)
            for line in held:
                if not _LOG_LINE.match(line):
                    os.write(2, line)
