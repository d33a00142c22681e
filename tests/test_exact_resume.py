"""A run that was stopped, in whichever way, and resumed equals an unbroken one bit for bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from quick_jax import FLAGS, QUICK_JAX
from small_run import toy_pack

TESTS = Path(__file__).parent
ONE_THREAD = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    **QUICK_JAX,
    "XLA_FLAGS": f"{FLAGS} --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
RECIPES = ("paper", "modern")


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def differing(request, tmp_path_factory):
    """What differs after each kind of stop, of each recipe: one process a backend."""
    folder = tmp_path_factory.mktemp("resumed")
    environment = {
        **os.environ,
        **ONE_THREAD,
        "KERAS_BACKEND": request.param,
        "PYTHONPATH": str(TESTS.parent),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    done = subprocess.run(
        [sys.executable, TESTS / "exact_resume.py", toy_pack().folder, folder / "runs", *RECIPES],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("recipe", RECIPES)
def test_checkpoints_and_weights_are_equal_after_every_kind_of_stop(differing, recipe):
    found = dict(differing[recipe])
    other = found.pop("in turn against side by side")
    assert len(other) > 100  # the comparison can tell two runs apart
    assert found == {"killed": [], "ctrl_c": [], "sigterm": []}
