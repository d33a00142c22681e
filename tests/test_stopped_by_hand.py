"""A reader stops notebook 03's training cell and runs it again: it goes on where it was."""

import signal
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from small_gan import new_gan, small_batch, values

from t2i_utils.training.stopping import DeferredInterrupt

NOTEBOOK = Path(__file__).resolve().parent.parent / "notebooks" / "03_stage1_gan.ipynb"


def notebooks_play(batch_of: Any) -> Any:
    """The function that the notebook trains with, from the notebook's own cell."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    (cell,) = [cell.source for cell in cells if cell.source.startswith("def play(")]
    names = {"batch_of": batch_of, "DeferredInterrupt": DeferredInterrupt}
    exec(cell, names)
    return names["play"]


class Player:
    """What the notebook trains: a history, and a step."""

    def __init__(self) -> None:
        self.gan, self.history = new_gan("modern", 1), []

    def step(self, batch: dict[str, np.ndarray]) -> Any:
        return self.gan.update(batch, len(self.history))


def test_a_stopped_training_cell_says_so_and_goes_on_when_run_again(capsys):
    stopped, whole, shown = Player(), Player(), []
    presses = [1]

    def batch_of(step: int) -> dict[str, np.ndarray]:
        if step == 1 and presses:  # while this batch is made, the reader presses the stop button
            presses.pop()
            signal.raise_signal(signal.SIGINT)
        return small_batch(stopped.gan, seed=step)

    play = notebooks_play(batch_of)
    play(stopped, 3, shown.append)
    assert len(stopped.history) == 2, "the step in hand is finished, no other is begun"
    assert shown == [2], "what there is by then is shown"
    assert "run the cell again to go on" in capsys.readouterr().out
    play(stopped, 3, shown.append)
    assert len(stopped.history) == 3
    play(whole, 3)
    for one, two in zip(values(stopped.gan.state_variables), values(whole.gan.state_variables),
                        strict=True):  # fmt: skip
        np.testing.assert_allclose(one, two, atol=1e-6)
