"""The program that trains on a GPU, run whole on a processor: it trains, stops, goes on, saves."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from t2i_utils.stackgan.weights import load_discriminator, load_weights
from tests.small_run import toy_pack

ROOT = Path(__file__).parent.parent
SMALL = {"generator_width": 8, "discriminator_width": 8, "feature_size": 64, "batch_size": 2}
CALL = 20  # steps
# No time at all: one call that compiles, one that is timed, and the training is over.
OVER = ["--seconds", "1e-6", "--limit", "600", "--moments", "1"]


def sprint(folder: Path, *options: str) -> str:
    """What it says."""
    cache = {"JAX_COMPILATION_CACHE_DIR": str(folder / "compiled")}
    jax = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT), **cache}
    small = [word for item in SMALL.items() for word in ("--set", "{}={}".format(*item))]
    words = ["--stage", "1", *small, "--set", 'precision="float32"', "--set", "num_distractors=64"]
    files = [str(toy_pack().folder), str(folder / "work"), str(folder / "out")]
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "gpu" / "sprint.py"), *files, *words, *options],
        env={**os.environ, **jax},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_trains_goes_on_where_it_stopped_and_keeps_moments(tmp_path):
    assert "on from step" not in sprint(tmp_path, *OVER)
    out = tmp_path / "out"
    first, moment = (load_weights(path, (1,)) for path in (out, out / "moments" / "stage1-1"))
    assert first.card["stages"]["1"]["steps"] == moment.card["stages"]["1"]["steps"] == 2 * CALL
    trained = [
        [variable.numpy() for variable in weights.generators[1].trainable_variables]
        for weights in (first, moment)
    ]
    for one, other in zip(*trained, strict=True):  # only BatchNorm is settled at the end
        np.testing.assert_array_equal(one, other)
    load_discriminator(out, 1)

    assert f"on from step {2 * CALL}" in sprint(tmp_path, "--seconds", "1e3", "--limit", "1e-6")
    again = load_weights(out, (1,))
    assert again.card["stages"]["1"]["steps"] == 2 * CALL
    for one, other in zip(trained[0], again.generators[1].trainable_variables, strict=True):
        np.testing.assert_array_equal(one, other.numpy())
