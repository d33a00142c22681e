"""TensorFlow and JAX make the same of the same weights, batch and noise, in float32.

Each backend runs in a process of its own (parity.py); what they write is compared here. Gradients
are compared by the length of their difference, as a share of their own length.

Losses agree to 1e-4 everywhere. Gradients, and weights after a step, agree to 1e-4 where every ReLU
is rounded off ("smooth"; 2e-4 in Stage II). With the kinks they agree to 5e-2, because a unit whose
input lies within rounding of its kink passes a gradient in one backend and none in the other:
measured 2e-6 (paper) and 2e-3 (modern) in Stage I, 1e-3 (modern) and 1.4e-2 (paper) in Stage II.
The last is the largest since TensorFlow's BatchNorm adds up 262,144 pixels one after the other:
its output is off by 4e-5 at 256 px (JAX: 5e-8, both against float64), so more units flip.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from parity import RATE, draw_weights
from quick_jax import QUICK_JAX
from small_gan import ALL

TESTS = Path(__file__).parent
KINDS = ["", "smooth_"]


def tolerance(kind: str, stage: int) -> float:
    return {1: 1e-4, 2: 2e-4}[stage] if kind else 5e-2


def start(backend: str, folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, TESTS / "parity.py", folder / "weights.npz", folder / f"{backend}.npz"],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            **QUICK_JAX,
            "JAX_NUM_CPU_DEVICES": "4",
            "PYTHONPATH": str(TESTS.parent),
        },
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parity")
    np.savez(folder / "weights.npz", **draw_weights())
    processes = {name: start(name, folder) for name in ("tensorflow", "jax")}
    found = []
    for name, process in processes.items():
        errors = process.communicate()[1]
        assert process.returncode == 0, errors[-3000:]
        with np.load(folder / f"{name}.npz") as arrays:
            found.append(dict(arrays))
    return found


def select(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name: array for name, array in arrays.items() if name.startswith(prefix)}


def flat(arrays: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([array.ravel().astype("float64") for array in arrays.values()])


@pytest.mark.parametrize(("recipe", "stage"), ALL)
@pytest.mark.parametrize("kind", KINDS)
def test_losses_and_metrics_agree(both, kind, recipe, stage):
    tensorflow, jax = (
        {
            name: float(array)
            for name, array in select(arrays, f"{kind}{recipe}{stage}/").items()
            if "loss" in name or "metric" in name
        }
        for arrays in both
    )
    assert len(tensorflow) >= 8
    # A mean of logits may lie near 0; what it is rounded by goes with the logits, of about 1.
    assert jax == pytest.approx(tensorflow, rel=1e-4, abs=5e-5)


@pytest.mark.parametrize(("recipe", "stage"), ALL)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("player", ["d", "g"])
def test_gradients_agree(both, kind, recipe, stage, player):
    prefix = f"{kind}{recipe}{stage}/{player}_gradient/"
    tensorflow, jax = (select(arrays, prefix) for arrays in both)
    assert list(tensorflow) == list(jax)
    length = np.linalg.norm(flat(tensorflow))
    assert length > 0.1
    assert np.linalg.norm(flat(jax) - flat(tensorflow)) < tolerance(kind, stage) * length


@pytest.mark.parametrize(("recipe", "stage"), ALL)
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_of_plain_descent_ends_in_the_same_variables(both, kind, recipe, stage):
    prefix = f"{kind}{recipe}{stage}/"
    tensorflow, jax = (select(arrays, f"{prefix}after/") for arrays in both)
    assert list(tensorflow) == list(jax)
    gradients = [flat(select(both[0], f"{prefix}{player}_gradient/")) for player in "dg"]
    step = RATE * np.linalg.norm(np.concatenate(gradients))
    # As far apart as the gradients were, and BatchNorm's statistics by rounding.
    apart = np.linalg.norm(flat(jax) - flat(tensorflow))
    assert apart < tolerance(kind, stage) * step
    if kind:
        for name, array in tensorflow.items():
            np.testing.assert_allclose(
                jax[name], array, rtol=1e-4, atol=2e-5 if stage == 2 else 1e-6, err_msg=name
            )


@pytest.mark.parametrize("recipe", ["paper", "modern"])
def test_four_devices_compute_what_one_does(both, recipe):
    """Kinks are rounded off: with them, losses were as near, gradients up to 4e-3 apart."""
    smooth = select(both[1], f"smooth_{recipe}1/").items()
    one = {name.removeprefix("smooth_"): array for name, array in smooth}
    four = {name.removeprefix("four_"): array for name, array in both[1].items() if "four_" in name}
    for name, array in one.items():
        if "loss" in name or "metric" in name:
            np.testing.assert_allclose(four[name], array, rtol=1e-5, atol=1e-6, err_msg=name)
    for kind in ("d_gradient", "g_gradient", "after"):
        flat_one, flat_four = (flat(select(found, f"{recipe}1/{kind}")) for found in (one, four))
        assert np.linalg.norm(flat_four - flat_one) < 1e-5 * np.linalg.norm(flat_one), kind
