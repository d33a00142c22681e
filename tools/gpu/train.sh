#!/usr/bin/env bash
# Train on a machine that has JAX for its GPU, NumPy and Pillow, and no network:
#   tools/gpu/train.sh FOLDER SECONDS OUT [options of train.py]
# FOLDER is what prepare.sh filled. Training stops by itself after SECONDS and is resumed by the same
# command while the machine is kept; on another, `--preset gpu --init` with the weights that came back
# goes on with generator and discriminator. OUT gets the weight set (float16), the log, the last
# sample sheet and table.md: pictures a second, seconds of the first compile.
set -euo pipefail
folder="$1" seconds="$2" out="$3"
shift 3
export KERAS_BACKEND=jax PYTHONPATH="$PWD" XLA_PYTHON_CLIENT_MEM_FRACTION=.9
export JAX_COMPILATION_CACHE_DIR="$folder/compiled"
python -c "import keras" 2>/dev/null ||
  python -m pip install --quiet --no-index --no-deps "$folder"/wheels/*.whl
for part in "$folder"/part*.npz; do
  [ -e "$part.done" ] || { python tools/gpu/compact.py read "$part" "$folder/pack" && touch "$part.done"; }
done
run="$folder/run" options=("$@")
if ls "$run"/checkpoints/*.npz >/dev/null 2>&1; then
  options=(--resume)
  while [ $# -gt 0 ]; do
    case "$1" in
      --init) shift ;; # the run remembers what it began with
      *) options+=("$1") ;;
    esac
    shift
  done
fi
status=0
timeout --signal=TERM "$seconds" python train.py --data "$folder/pack" --run "$run" \
  "${options[@]}" || status=$?
[ "$status" = 0 ] || [ "$status" = 124 ] || [ "$status" = 143 ] || exit "$status"
mkdir -p "$out"
cp "$run"/weights/* "$run/log.csv" "$out"
cp "$(ls "$run"/samples/*.png | tail -n 1)" "$out"
python tools/gpu/table.py "$run/log.csv" | tee "$out/table.md"
