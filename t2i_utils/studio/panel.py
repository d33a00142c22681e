"""The caption studio: a caption, sliders and a bird that follows them, as one widget."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as widgets
import numpy as np

from t2i_utils.drawing.loaded import LOADED
from t2i_utils.drawing.request import Request
from t2i_utils.errors import InputError
from t2i_utils.pictures import resize
from t2i_utils.stackgan.weights import BEST_OF, find_weights
from t2i_utils.studio import describe
from t2i_utils.studio.blend import Blend
from t2i_utils.studio.caption_controls import CaptionControls
from t2i_utils.studio.describe import Describe
from t2i_utils.studio.drawn import Drawn, best_seed, draw_requests
from t2i_utils.studio.history import Entry, History
from t2i_utils.studio.html import download_html, file_name, pictures_html, summary_of
from t2i_utils.studio.latest_worker import LatestWorker
from t2i_utils.studio.layout import arrange, show_script
from t2i_utils.studio.noise import Noise, another_seed
from t2i_utils.studio.requests import SIZES, requests_of
from t2i_utils.studio.status import Status

# Jupyter Server drops what a kernel sends above 1 MB per second (its iopub_data_rate_limit). A fast
# machine draws more than that while a slider moves.
BYTES_PER_SECOND = 700_000
THUMB = 64  # pixels of a picture in the history


class Job(NamedTuple):
    """What to draw and show, and what the controls said."""

    requests: list[Request]
    stages: tuple[int, ...]
    values: dict[str, Any]


class Studio(widgets.VBox):
    """A panel for JupyterLab, Colab and Voila: make it a cell's last line.

    Nothing that is typed or moved waits for a picture: a thread draws, always what the controls
    say last.

    Attributes:
        caption_controls: caption, examples and the sliders that write it.
        noise: which bird, how many, which weights.
        blend: the walk to another bird.
        history: the last pictures.
        describe: reads pictures; None where there is no captioner.
        picture: HTML of what was drawn.
        status: of the drawing.
        save: a button; `files` then holds the link.
        inputs: the widgets that decide the picture, by their names in `requests_of`.
    """

    _parts: Sequence["LatestWorker | Blend | Describe"] = ()  # those with threads of their own

    def __init__(self, weights: str | Path = "birds") -> None:
        """Lay out and begin the first picture.

        Args:
            weights: a shipped set, or the folder of a set or of a training run.

        Raises:
            InputError: no such weights.
        """
        weights = str(weights)
        find_weights(weights)
        self._quiet = False
        self._drawn: Drawn | None = None
        self._wanted: Job | None = None  # what the controls say now, if it can be drawn
        self.picture, self.files, self.status = widgets.HTML(), widgets.HTML(), Status()
        self.save = widgets.Button(description="save picture", icon="download")
        self.caption_controls, self.noise = CaptionControls(weights), Noise(weights)
        self.blend = Blend(self.values)
        self.history = History(self.status.guarded(self.return_to))
        self.describe = Describe(self.last_picture) if describe.is_available() else None
        self.inputs: dict[str, Any] = {
            "caption": self.caption_controls.caption,
            "weights": self.noise.weights,
            "shown": self.noise.shown,
            "seed": self.noise.seed,
            "samples": self.noise.samples,
            "truncation": self.noise.truncation,
            "way": self.blend.way,
            "to_caption": self.blend.to_caption,
            "to_seed": self.blend.to_seed,
            "amount": self.blend.amount,
        }
        self._pictures: LatestWorker[Job] = LatestWorker(
            self._draw, self.status.failed, self._remember
        )
        self._choices: LatestWorker[Request] = LatestWorker(self._take_another, self.status.failed)
        self._saves: LatestWorker[Drawn] = LatestWorker(self._save, self.status.failed)
        own = (self._choices, self._pictures, self._saves, self.blend)
        self._parts = (*own, self.describe) if self.describe else own
        super().__init__(
            arrange(
                self.caption_controls,
                self.noise,
                self.blend,
                self.history,
                self.describe,
                picture=self.picture,
                saving=(self.save, self.status, self.files),
            )
        )
        self.add_class("t2i-studio")
        for name, control in self.inputs.items():
            changed = self._changed_caption if name == "caption" else self._changed
            control.observe(self.status.guarded(changed), "value")
        self.noise.weights.observe(
            lambda change: self.caption_controls.offer(change["new"]), "value"
        )
        self.noise.another.on_click(
            self.status.guarded(lambda _: self._choices.ask(requests_of(**self.values())[0]))
        )
        self.save.on_click(self.status.guarded(lambda _: self._saves.ask(self._last())))
        self.status.guarded(self._changed)()

    def values(self) -> dict[str, Any]:
        """What the controls say, as `requests_of` takes it."""
        return {name: control.value for name, control in self.inputs.items()}

    def return_to(self, values: dict[str, Any]) -> None:
        """Set the controls to earlier values, and draw them."""
        with self._together():
            for name, value in values.items():
                self.inputs[name].value = value
        self._changed()

    def last_picture(self) -> np.ndarray:
        """What was drawn last: its first picture (height, width, 3) uint8.

        Raises:
            InputError: there is none yet.
        """
        return self._last().last[0]

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is drawn, saved or described; say whether that came to pass."""
        return all(part.settle(timeout) for part in self._parts)

    def close(self) -> None:
        """Close the widgets and end the workers."""
        for part in self._parts:
            part.close()
        super().close()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Show the panel, and its script once with it."""
        show_script()
        return super()._repr_mimebundle_(**options)

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        """Change several controls without a picture of each step."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def _changed_caption(self, change: Any) -> None:
        """A new caption: the walk starts anew, and so does the noise unless it is locked."""
        if self._quiet:
            return
        with self._together():
            self.blend.amount.value = 0
            if not self.noise.lock.value:
                self.noise.seed.value = another_seed(self.noise.seed.value)
        self._changed()

    def _changed(self, change: Any = None) -> None:
        if self._quiet:
            return
        self._wanted = None
        values = self.values()
        requests = requests_of(**values)
        new = not LOADED.has(values["weights"])
        self.status.working("loading the weights" if new else "drawing")
        self._wanted = Job(requests, SIZES[values["shown"]], values)
        self._pictures.ask(self._wanted)

    def _take_another(self, request: Request) -> None:
        """In the worker: the best of some birds, as the discriminator sees them."""
        seeds = [another_seed(request.seed) for _ in range(BEST_OF)]
        self.noise.seed.value = best_seed(request, seeds)

    def _draw(self, job: Job) -> None:
        """In the worker: draw and show."""
        self._drawn = drawn = draw_requests(job.requests)
        stages = [stage for stage in job.stages if stage in drawn.pictures] or [1]
        self.picture.value = pictures_html(drawn.requests, drawn.pictures, stages)
        if job is self._wanted:  # else a newer one says how it went
            less = drawn.requests != job.requests
            note = "These weights have no Stage II: 64 px." if less else None
            self.status.done(f"drawn in {1000 * drawn.seconds:.0f} ms", note)
        time.sleep(max(0.0, len(self.picture.value) / BYTES_PER_SECOND - drawn.seconds))

    def _remember(self, job: Job) -> None:
        """In the worker: the controls rest, so this is a picture to return to."""
        drawn = self._last()
        request, thumb = drawn.requests[0], resize(drawn.last[:1], THUMB)[0]
        self.history.add(Entry(job.values, summary_of(request), thumb))
        (note,) = LOADED.get(request.weights).notes([request.caption])
        if note and job is self._wanted:
            self.status.done(note)

    def _save(self, drawn: Drawn) -> None:
        """In the worker: the picture as it is, with all that it depends on."""
        name = file_name(drawn.requests[0], ".png")
        self.files.value = download_html(drawn.png(), "image/png", name)
        self.status.done("saved:")

    def _last(self) -> Drawn:
        if self._drawn is None:
            raise InputError("there is no picture yet: wait for the first")
        return self._drawn
