"""Checkpoints: everything from which a stage's training goes on exactly.

Batches and noise are functions of (seed, step), so a checkpoint is the variables (weights,
optimiser moments, averages, BatchNorm statistics) and the step.
"""

from pathlib import Path
from typing import Any

import keras

from t2i_utils.arrays import from_arrays, read_arrays, to_arrays, write_arrays
from t2i_utils.errors import InputError
from t2i_utils.stackgan.update import StageGAN

# What a resumed run must have in common with the run that it continues.
_FIXED = ("recipe", "preset", "stage", "batch_size", "generator_width", "discriminator_width")


def save_checkpoint(path: Path, gan: StageGAN, step: int, note: dict[str, Any]) -> None:
    """Write the state of a stage after `step` updates, atomically.

    Raises:
        InputError: the file cannot be written; the checkpoint before it stays.
    """
    note = {**note, "step": step, "config": gan.config.to_json()}
    write_arrays(path, to_arrays("state", gan.state_variables), note)


def load_checkpoint(path: Path, gan: StageGAN, expected: dict[str, Any]) -> int:
    """Restore the state of a stage; return the number of updates done.

    Args:
        path: written by `save_checkpoint`.
        gan: the stage, built with the same configuration.
        expected: entries of the note that must be equal (seed, pack, encoder, ...).

    Raises:
        InputError: the file is missing, damaged, or of another configuration.
    """
    arrays, note = read_arrays(path)
    saved = {**{key: note.get("config", {}).get(key) for key in _FIXED}, **note}
    wanted = {**{key: getattr(gan.config, key) for key in _FIXED}, **expected}
    for key, value in wanted.items():
        if saved.get(key) != value:
            raise InputError(
                f"{path} was trained with {key} {saved.get(key)!r}, not {value!r}: "
                "resume with the same settings, or start another --run"
            )
    from_arrays("state", gan.state_variables, arrays, path)
    return int(note["step"])


def copy_weights(source: keras.Model, target: keras.Model, where: Path) -> None:
    """Copy weights between two generators of one architecture (for `--init`).

    Raises:
        InputError: the architectures differ.
    """
    from_arrays("generator", target.variables, to_arrays("generator", source.variables), where)
