#!/usr/bin/env bash
# Train a stage on a machine that has JAX for its GPU, NumPy and Pillow, and no network:
#   tools/gpu/train.sh FOLDER OUT --stage 1 --seconds 290 --limit 215 [options of sprint.py]
# FOLDER is what prepare.sh filled. The same command goes on where the last one stopped while the
# machine is kept. OUT gets the weight set (float16) and the log. `birds` took 212 seconds of Stage I
# and 440 of Stage II.
set -euo pipefail
folder="$1" out="$2"
shift 2
export KERAS_BACKEND=jax PYTHONPATH="$PWD" JAX_COMPILATION_CACHE_DIR="$folder/compiled"
python -c "import keras" 2>/dev/null ||
  python -m pip install --quiet --no-index --no-deps "$folder"/wheels/*.whl
for part in "$folder"/part*.npz; do
  [ -e "$part.done" ] || { python tools/gpu/compact.py read "$part" "$folder/pack" && touch "$part.done"; }
done
python tools/gpu/sprint.py "$folder/pack" "$folder/work" "$out" "$@"
