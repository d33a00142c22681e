"""A walk from one bird to another: a slider between two captions or two noises, a strip, a GIF."""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from t2i_utils.config import LARGEST_SEED
from t2i_utils.drawing.request import Request
from t2i_utils.studio.drawn import draw_requests
from t2i_utils.studio.html import download_html, file_name, gif, strip_html
from t2i_utils.studio.latest_worker import LatestWorker
from t2i_utils.studio.requests import BLENDS, requests_of
from t2i_utils.studio.status import Status

FRAMES = 16  # of a GIF, on the way there
SECOND_CAPTION = "a small bird with a grey back and a red belly"
SECOND_SEED = 4


def walk(values: Mapping[str, Any], steps: int) -> list[Request]:
    """The requests of a walk, from the first bird to the second.

    Args:
        values: as `requests_of` takes them; one sample, and every amount from 0 to 1.
        steps: at least 2.
    """
    amounts = [step / (steps - 1) for step in range(steps)]
    return [
        request
        for amount in amounts
        for request in requests_of(**{**values, "samples": 1, "amount": amount})
    ]


class Blend:
    """The part of the panel.

    Attributes:
        way: what the walk changes, a name in `BLENDS`.
        to_caption: where the caption leads.
        to_seed: where the noise leads.
        amount: the slider; the large picture follows it.
        steps: of the strip.
        strip: shows it.
        files: the link to what was saved last.
        status: of this part.
        buttons: what they do by name: "strip", "png", "gif".
    """

    def __init__(self, values: Callable[[], dict[str, Any]]) -> None:
        """Lay out.

        Args:
            values: gives what all controls say.
        """
        self._values = values
        self.way = widgets.Dropdown(options=list(BLENDS), description="change")
        self.to_caption = widgets.Text(SECOND_CAPTION, description="to caption")
        self.to_seed = widgets.BoundedIntText(SECOND_SEED, max=LARGEST_SEED, description="to seed")
        self.amount = widgets.FloatSlider(
            0.0, min=0, max=1, step=0.02, description="blend", readout_format=".0%"
        )
        self.steps = widgets.IntSlider(7, min=3, max=11, description="steps")
        self.strip, self.files, self.status = widgets.HTML(), widgets.HTML(), Status()
        self.buttons = {
            "strip": widgets.Button(description="draw the strip", icon="film"),
            "png": widgets.Button(description="save strip (PNG)", icon="download"),
            "gif": widgets.Button(description="save walk (GIF)", icon="download"),
        }
        self._jobs: LatestWorker[tuple[str, list[Request]]] = LatestWorker(self._work, self._failed)
        for name, button in self.buttons.items():
            button.on_click(self.status.guarded(lambda _, name=name: self._ask(name)))
        self.way.observe(self._open_fields, "value")
        self._open_fields()

    def close(self) -> None:
        """End the worker."""
        self._jobs.close()

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is worked on."""
        return self._jobs.settle(timeout)

    def _open_fields(self, change: Any = None) -> None:
        """Close the fields that the walk does not use."""
        caption, noise = BLENDS[self.way.value]
        self.to_caption.disabled, self.to_seed.disabled = not caption, not noise

    def _ask(self, name: str) -> None:
        requests = walk(self._values(), FRAMES if name == "gif" else self.steps.value)
        self._busy(True)
        self.status.working("drawing the walk")
        self._jobs.ask((name, requests))

    def _work(self, job: tuple[str, list[Request]]) -> None:
        name, requests = job
        drawn = draw_requests(requests)
        if name == "gif":
            self._save(gif(drawn.last), "image/gif", file_name(requests[0], "-walk.gif"))
        else:
            self.strip.value = strip_html(drawn.requests, drawn.last)
            self.status.done(f"{len(requests)} steps")
        if name == "png":
            self._save(drawn.png(), "image/png", file_name(requests[0], "-walk.png"))
        self._busy(False)

    def _save(self, content: bytes, kind: str, name: str) -> None:
        self.files.value = download_html(content, kind, name)
        self.status.done("saved:")

    def _failed(self, error: Exception) -> None:
        self._busy(False)
        self.status.failed(error)

    def _busy(self, busy: bool) -> None:
        for button in self.buttons.values():
            button.disabled = busy
