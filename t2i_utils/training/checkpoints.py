"""Checkpoints: everything from which a stage's training goes on exactly.

Batches and noise are functions of (seed, step), so a checkpoint is the variables (weights,
optimiser moments, averages, BatchNorm statistics), the step, and the whole configuration. It is the
one truth about a stage: a resume takes its settings from here.
"""

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np

from t2i_utils.arrays import from_arrays, read_variables, to_arrays, write_arrays
from t2i_utils.config import Config
from t2i_utils.errors import InputError
from t2i_utils.stackgan.recipes import config_from_json
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.training.run_folder import check_same, read_checkpoint_note

_LOG = logging.getLogger(__name__)


def save_checkpoint(path: Path, gan: StageGAN, step: int, note: dict[str, Any]) -> None:
    """Write the state of a stage after `step` updates, atomically.

    Raises:
        InputError: the file cannot be written, or the state holds numbers that are not finite;
            the checkpoint before it stays.
    """
    note = {**note, "step": step, "config": gan.config.to_json()}
    arrays = to_arrays("state", gan.state_variables)
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(
                f"stage {gan.config.stage}, step {step}: numbers in {name} are not finite any "
                "more: start another --run with another --seed"
            )
    write_arrays(path, arrays, note)
    _LOG.info("stage %d, step %d: wrote %s", gan.config.stage, step, path)


def load_checkpoint(path: Path, gan: StageGAN, expected: dict[str, Any]) -> int:
    """Restore the state of a stage; return the number of updates done.

    Args:
        path: written by `save_checkpoint`.
        gan: the stage, built with the same configuration.
        expected: entries of the note that must be equal (seed, pack, encoder, ...).

    Raises:
        InputError: the file is missing, damaged, or of another configuration.
    """
    note = read_checkpoint_note(path)
    check_settings(path, note, gan.config, expected)
    read_variables(path, "state", gan.state_variables)
    return note["step"]


def check_settings(
    path: Path, note: dict[str, Any], config: Config, expected: dict[str, Any]
) -> None:
    """Refuse to go on from a checkpoint with other settings; only `steps` may change.

    Args:
        path: of the checkpoint.
        note: what it says of itself.
        config: the configuration that is asked for.
        expected: entries of the note that must be equal.

    Raises:
        InputError: a setting differs; it names both values.
    """
    check_same(path, note, expected)
    before = config_from_json(note["config"]).to_json()
    now = config.to_json()
    check_same(path, before, {name: now[name] for name in now if name != "steps"})


def copy_weights(source: keras.Model, target: keras.Model, where: Path) -> None:
    """Copy weights between two generators of one architecture (for `--init`).

    Raises:
        InputError: the architectures differ.
    """
    from_arrays("generator", target.variables, to_arrays("generator", source.variables), where)
