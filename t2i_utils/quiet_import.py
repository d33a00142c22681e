"""Load Keras and its backend without their log lines."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

# What the filter process runs: it passes on all lines but those of TensorFlow's log.
_FILTER = r"""
import os, re, sys
log = re.compile(rb"[IWE]\d{4} \d\d:\d\d:\d|WARNING: All log messages before absl")
for line in sys.stdin.buffer:
    if not log.match(line):
        os.write(2, line)
"""
_PATIENCE = 5  # seconds for the filter to pass on the last lines


@contextlib.contextmanager
def quiet_import() -> Iterator[None]:
    """Drop what TensorFlow's libraries log to standard error while they are imported.

    ``TF_CPP_MIN_LOG_LEVEL=3`` silences them from then on, but the first lines are written while
    the libraries load, before any setting counts. Lines of another form are passed on, and all are
    when the user has set ``TF_CPP_MIN_LOG_LEVEL`` to another value.

    A process of its own does the filtering. Where a library ends this process at once, because it
    does not fit the processor for instance, its last words still reach the user.
    """
    is_loaded = "tensorflow" in sys.modules
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3" or is_loaded:
        yield
        return
    sys.stderr.flush()
    standard_error = os.dup(2)
    # In a session of its own, so that a Ctrl-C for this process does not end the filter.
    log_filter = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _FILTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert log_filter.stdin is not None
    os.dup2(log_filter.stdin.fileno(), 2)
    log_filter.stdin.close()
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(standard_error, 2)
        os.close(standard_error)
        with contextlib.suppress(subprocess.TimeoutExpired):  # a child process may hold the pipe
            log_filter.wait(_PATIENCE)
