"""A reader stops notebook 03's training cell and runs it again: it goes on where it was."""

import signal
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from small_gan import new_gan, small_batch, values

from t2i_utils.training.stopping import DeferredInterrupt

NOTEBOOK = Path(__file__).resolve().parent.parent / "notebooks" / "03_stage1_gan.ipynb"


def notebooks_play() -> Any:
    """The function that the notebook trains with, from the notebook's own cell."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    (cell,) = [cell.source for cell in cells if cell.source.startswith("def play(")]
    names = {"np": np, "DeferredInterrupt": DeferredInterrupt}
    exec(cell, names)
    return names["play"]


class StoppingBatches:
    """Batches of one GAN; while that of step 1 is made, the reader presses the stop button."""

    def __init__(self, gan: Any) -> None:
        self.gan, self.presses = gan, 1

    def at(self, step: int) -> dict[str, np.ndarray]:
        if step == 1 and self.presses:
            self.presses = 0
            signal.raise_signal(signal.SIGINT)
        return small_batch(self.gan, seed=step)


def test_a_stopped_training_cell_says_so_and_goes_on_when_run_again(capsys):
    play, history, shown = notebooks_play(), [], []
    gan, whole = new_gan("modern", 1), new_gan("modern", 1)
    batches = StoppingBatches(gan)
    play(gan, batches, 3, history, shown.append)
    assert len(history) == 2, "the step in hand is finished, no other is begun"
    assert shown == [2], "what there is by then is shown"
    assert "run the cell again to go on" in capsys.readouterr().out
    play(gan, batches, 3, history, shown.append)
    assert len(history) == 3
    play(whole, batches, 3, [])
    for stopped, straight in zip(values(gan.state_variables), values(whole.state_variables),
                                 strict=True):  # fmt: skip
        np.testing.assert_allclose(stopped, straight, atol=1e-6)
