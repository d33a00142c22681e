"""Train the two-stage GAN: `python train.py --help` (the same as `t2i train`)."""

import sys

from t2i_utils.cli import main

if __name__ == "__main__":
    sys.exit(main(door="train"))
