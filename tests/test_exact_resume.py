"""A run that was stopped, in whichever way, and resumed equals an unbroken one bit for bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_run import toy_pack

TESTS = Path(__file__).parent
ONE_THREAD = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # compiles faster
}


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("recipe", ["paper", "modern"])
def test_checkpoints_and_weights_are_equal_after_every_kind_of_stop(backend, recipe, tmp_path):
    environment = {
        **os.environ,
        **ONE_THREAD,
        "KERAS_BACKEND": backend,
        "PYTHONPATH": str(TESTS.parent),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    done = subprocess.run(
        [sys.executable, TESTS / "exact_resume.py", recipe, toy_pack().folder, tmp_path / "runs"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    other = found.pop("in turn against side by side")
    assert len(other) > 100  # the comparison can tell two runs apart
    assert found == {"killed": [], "ctrl_c": [], "sigterm": []}
