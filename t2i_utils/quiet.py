"""Load Keras and its backend without their log lines."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

_LOG_LINE = re.compile(rb"[IWE]\d{4} \d\d:\d\d:\d|WARNING: All log messages before absl")


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
