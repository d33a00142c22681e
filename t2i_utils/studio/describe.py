"""The panel's part that describes a picture: an uploaded one, or the one that was drawn."""

import functools
import html
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from PIL import Image

from t2i_utils.captioning.bird_finder import read_photograph
from t2i_utils.captioning.captioners import available_captioners
from t2i_utils.captioning.describer import Description, load_describer
from t2i_utils.captioning.facts import LEAST_SURE, Facts
from t2i_utils.data.crops import PictureError
from t2i_utils.errors import InputError
from t2i_utils.studio.html import image_tag
from t2i_utils.studio.latest_worker import LatestWorker
from t2i_utils.studio.status import Status

CAPTIONER = "captioner"
SENTENCES = 3
_SHOWN = 256  # pixels of the longer side


def is_available() -> bool:
    """Whether pictures can be described here."""
    return CAPTIONER in available_captioners()


def read_upload(content: bytes) -> Image.Image:
    """A photograph of bytes that somebody gave.

    Raises:
        InputError: they are no picture.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uploaded"
        path.write_bytes(content)
        try:
            return read_photograph(path)
        except PictureError as error:
            raise InputError(
                f"that file is no picture that can be read ({error.fault}): try another one"
            ) from error


def description_html(picture: Image.Image, description: Description) -> str:
    """The picture and what is said of it, in the captioner's own words.

    Colours that its reader of parts is sure of are underlined; dotted lines are doubts.
    """
    small = picture.copy()
    small.thumbnail((_SHOWN, _SHOWN))
    first, *others = (
        marked(sentence, description.facts) if description.facts else html.escape(sentence)
        for sentence in description.sentences
    )
    more = "".join(f"<li>{sentence}</li>" for sentence in others)
    more = f"<p>It might also be:</p><ul>{more}</ul>" if more else ""
    warning = description.warning
    doubt = f"<p>{html.escape(warning[0].upper() + warning[1:])}.</p>" if warning else ""
    image = image_tag(np.asarray(small), f"The described picture: {description.sentences[0]}")
    return (
        f'<div class="t2i-described">{image}<div><p class="t2i-sentence">{first}</p>'
        f"{doubt}{more}</div></div>"
    )


def marked(sentence: str, facts: Facts) -> str:
    """The sentence as HTML, its colours underlined as the reader is sure of them or in doubt."""
    return " ".join(
        html.escape(word)
        if chance is None
        else f'<span class="t2i-{"sure" if chance >= LEAST_SURE else "doubt"}" '
        f'title="{chance:.0%} sure">{html.escape(word)}</span>'
        for word, chance in facts.chances(sentence)
    )


class Describe:
    """The part of the panel.

    Attributes:
        upload: takes a picture from the visitor's disk; the script lets it be dropped.
        drawn: a button that takes the drawn picture.
        result: the picture and its sentences.
        status: of this part.
    """

    def __init__(self, drawn: Callable[[], np.ndarray]) -> None:
        """Lay out.

        Args:
            drawn: gives the picture (height, width, 3) uint8 that was drawn last.
        """
        self._drawn = drawn
        self.upload = widgets.FileUpload(accept="image/*", description="choose or drop a picture")
        self.drawn = widgets.Button(description="describe the drawn bird", icon="eye")
        self.result, self.status = widgets.HTML(), Status()
        self._jobs: LatestWorker[bytes | np.ndarray] = LatestWorker(self._work, self.status.failed)
        self.upload.observe(self.status.guarded(self._uploaded), "value")
        self.drawn.on_click(self.status.guarded(lambda _: self._ask(self._drawn())))

    def close(self) -> None:
        """End the worker."""
        self._jobs.close()

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is worked on."""
        return self._jobs.settle(timeout)

    @functools.cached_property
    def _describer(self) -> Any:
        return load_describer(CAPTIONER)

    def _uploaded(self, change: Any) -> None:
        if self.upload.value:
            content = bytes(self.upload.value[0]["content"])
            self.upload.value = ()  # the picture is not kept
            self._ask(content)

    def _ask(self, picture: bytes | np.ndarray) -> None:
        self.status.working("looking at the picture")
        self._jobs.ask(picture)

    def _work(self, given: bytes | np.ndarray) -> None:
        picture = read_upload(given) if isinstance(given, bytes) else Image.fromarray(given)
        (description,) = self._describer.describe([picture], SENTENCES)
        self.result.value = description_html(picture, description)
        self.status.done("described")
