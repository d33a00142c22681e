"""Draw captions: `python generate.py "a red bird"` (the same as `t2i generate`)."""

import sys

from t2i_utils.cli import main

if __name__ == "__main__":
    sys.exit(main(door="generate"))
