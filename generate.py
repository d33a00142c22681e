"""Draw captions, describe pictures: `python generate.py "a red bird"`, or `... photo.jpg`."""

import contextlib
import os
import sys

from t2i_utils.cli import main

if __name__ == "__main__":
    status = main(door="generate")
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)  # everything is written: do not spend a second on taking TensorFlow apart
