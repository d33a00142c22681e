"""Training that goes wrong ends with one line, which names the last good checkpoint."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_run import configs, toy_pack

from t2i_utils.data import load_pack
from t2i_utils.errors import InputError
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.training.logs import _LOSSES, _PICTURES
from t2i_utils.training.run import Run

METRICS = dict.fromkeys([*_LOSSES, *_PICTURES], np.float32(1))


def exhausted_on_tensorflow() -> Exception:
    import tensorflow as tf

    return tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nwith shape")


def exhausted_on_jax() -> Exception:
    import jax

    return jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 5 bytes.")


def train(folder: Path, monkeypatch, third: Callable[[Run], dict]) -> str:
    """A run that saves at step 2, and whose third update is as told; the line that ends it."""
    pack = load_pack(shutil.copytree(toy_pack().folder, folder / "pack"))
    run = Run(folder / "run", pack, configs(1))

    def update(gan: StageGAN, batch: dict, step: int, *_: object, **__: object) -> dict:
        return third(run) if step == 2 else METRICS

    monkeypatch.setattr(StageGAN, "update", update)  # no device has to be exhausted
    with pytest.raises(InputError) as caught:
        run.train(4, save_every=2, progress=False)
    return str(caught.value)


@pytest.mark.parametrize(
    "error", [MemoryError, exhausted_on_tensorflow, exhausted_on_jax], ids=lambda e: e.__name__
)
def test_memory_that_is_used_up(tmp_path, monkeypatch, error):
    def third(run: Run) -> dict:
        raise error()

    line = train(tmp_path, monkeypatch, third)
    assert line == (
        "training stage 1, step 3: the memory of the device is used up: end other programs on it, "
        f"or train smaller networks; the last good checkpoint is in {tmp_path / 'run'} (stage 1 at "
        "step 2)"
    )


def test_losses_that_become_infinite(tmp_path, monkeypatch):
    line = train(tmp_path, monkeypatch, lambda run: {**METRICS, "d_loss": np.float32(np.inf)})
    assert line.startswith("stage 1, step 3: the losses are no finite numbers any more")
    assert "the last good checkpoint is in" in line and line.endswith("(stage 1 at step 2)")


def test_weights_that_become_infinite_while_the_losses_are_not_yet(tmp_path, monkeypatch):
    def third(run: Run) -> dict:
        run.stages[1].gan.generator.variables[0].assign(
            np.full(run.stages[1].gan.generator.variables[0].shape, np.nan)
        )
        return METRICS

    line = train(tmp_path, monkeypatch, third)
    assert line.startswith("stage 1, step 4: numbers in state/") and "are not finite" in line
    assert line.endswith("(stage 1 at step 2)")
    Run(tmp_path / "run", load_pack(tmp_path / "pack"), configs(1), resume=True)  # it goes on


def test_a_data_folder_that_vanishes(tmp_path, monkeypatch):
    """What is mapped stays while it is used; what is opened later is missed."""

    def third(run: Run) -> dict:
        shutil.rmtree(tmp_path / "pack")
        run.data.pack.__dict__.pop("captions", None)  # as before they were first read
        return METRICS

    line = train(tmp_path, monkeypatch, third)
    assert "captions.json is missing: pack the data again" in line
    assert line.endswith("(stage 1 at step 4)"), "what was trained is saved first"


def test_a_run_folder_that_vanishes(tmp_path, monkeypatch):
    def third(run: Run) -> dict:
        shutil.rmtree(run.folder)
        return METRICS

    line = train(tmp_path, monkeypatch, third)
    assert "cannot write" in line and "log.csv" in line
    assert line.endswith("nothing had been saved before")
