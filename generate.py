"""Draw captions, describe pictures: `python generate.py "a red bird"`, or `... photo.jpg`."""

import sys

from t2i_utils.cli import main

if __name__ == "__main__":
    sys.exit(main(door="generate"))
