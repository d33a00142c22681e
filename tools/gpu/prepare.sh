#!/usr/bin/env bash
# Fill a folder with what a rented GPU needs besides the tracked files:
#   tools/gpu/prepare.sh PACK FOLDER
# FOLDER gets wheels of Keras and what it needs (for Linux, CPython 3.12), and the pack, made small:
# part1.npz (64 px and embeddings), part2.npz (256 px, for Stage II alone).
set -euo pipefail
pack="$1" folder="$2"
mkdir -p "$folder/wheels"
python -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.12 \
  --platform manylinux_2_28_x86_64 --platform any --dest "$folder/wheels" \
  keras==3.15.1 namex optree absl-py rich tqdm markdown-it-py mdurl pygments packaging
python tools/gpu/compact.py write "$pack" "$folder/part1.npz"
python tools/gpu/compact.py write "$pack" "$folder/part2.npz" --size 256 --quality 80 --pictures-only
du -sh "$folder"/*
