"""TensorFlow and JAX say the same of the same pictures, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from small_captioner import describer_folder, toy_pictures

TESTS = Path(__file__).parent


def start(backend: str, folder: Path) -> subprocess.Popen:
    words = ["caption_parity.py", describer_folder(), folder / "p.npy", folder / f"{backend}.json"]
    return subprocess.Popen(
        [sys.executable, TESTS / words[0], *words[1:]],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "JAX_PLATFORMS": "cpu",
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # compiles in half the time
            "PYTHONPATH": str(TESTS.parent),
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_backends_say_the_same_of_49_of_50_pictures(tmp_path):
    np.save(tmp_path / "p.npy", np.stack([np.asarray(p) for p in toy_pictures(50)]))
    processes = {name: start(name, tmp_path) for name in ("tensorflow", "jax")}
    said = []
    for name, process in processes.items():
        errors = process.communicate()[1]
        assert process.returncode == 0, errors[-3000:]
        found = json.loads((tmp_path / f"{name}.json").read_text())
        assert found["backend"] == name
        said.append(found["said"])
    same = [own == other for own, other in zip(*said, strict=True)]
    assert len(same) == 50 and sum(same) >= 49
    assert len(set(said[0])) >= 10  # else there would be little to disagree about
