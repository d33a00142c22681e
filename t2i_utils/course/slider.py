"""Two captions and a slider between them: the picture follows (notebook 05)."""

import html
from typing import Any

import ipywidgets as widgets
import numpy as np

from t2i_utils.config import IMAGE_SIZES
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.drawing.walks import lerp
from t2i_utils.errors import InputError
from t2i_utils.pictures import png_bytes

STEP = 0.05  # of the slider from 0, the first caption, to 1, the second
SEEDS = 9  # birds to choose from


def draw_between(
    synthesizer: Synthesizer, start: str, end: str, amount: float, seed: int = 0, stage: int = 2
) -> np.ndarray:
    """Draw the picture that lies between two captions, with one noise.

    Args:
        synthesizer: the generator.
        start: the caption at 0.
        end: the caption at 1.
        amount: how far to go, from 0 to 1.
        seed: of the noise: another number is another bird.
        stage: 1 (64 px) or 2 (256 px).

    Returns:
        (size, size, 3) uint8.

    Raises:
        InputError: a caption is empty or too long, or there is no such stage.
    """
    first, last = synthesizer.embed([start, end])
    blend = lerp(first, last, [amount])
    return synthesizer.draw(blend, synthesizer.noise(1, seed), stage)[stage][0]


class CaptionSlider(widgets.VBox):
    """Two captions, a slider between them, a choice of birds, and the picture.

    A caption that cannot be drawn is explained in a line under the picture, which stays. Any other
    error is shown there too, and raised: widgets would hide it from the reader otherwise.

    Attributes:
        start: text field of the caption at 0.
        end: text field of the caption at 1.
        amount: the slider.
        seed: which noise.
        picture: a PNG.
        message: empty, or what is wrong.
    """

    def __init__(self, synthesizer: Synthesizer, start: str, end: str, stage: int = 2) -> None:
        """Lay the widgets out and draw the first picture.

        Args:
            synthesizer: the generator.
            start: the first caption; it can be changed in its field.
            end: the second caption, likewise.
            stage: 1 (64 px) or 2 (256 px); both are shown at 256 px.
        """
        self._synthesizer, self._stage = synthesizer, stage
        wide = {"layout": {"width": "560px"}, "style": {"description_width": "60px"}}
        late = {"continuous_update": False}  # a caption is drawn when it has been typed
        self.start = widgets.Text(start, description="from", **late, **wide)
        self.end = widgets.Text(end, description="to", **late, **wide)
        self.amount = widgets.FloatSlider(0, min=0, max=1, step=STEP, description="amount", **wide)
        self.seed = widgets.IntSlider(0, min=0, max=SEEDS, description="bird", **wide)
        side = f"{IMAGE_SIZES[2]}px"
        self.picture = widgets.Image(format="png", layout={"width": side, "height": side})
        self.message = widgets.HTML()
        self._inputs = (self.start, self.end, self.amount, self.seed)
        super().__init__([*self._inputs, self.picture, self.message])
        self.redraw()
        for control in self._inputs:
            control.observe(self.redraw, "value")

    def redraw(self, change: Any = None) -> None:
        """Draw what the widgets say now; called on every change of one of them."""
        start, end, amount, seed = (control.value for control in self._inputs)
        try:
            drawn = draw_between(self._synthesizer, start, end, amount, seed, self._stage)
        except InputError as error:
            self._say(str(error))
            return
        except Exception as error:
            self._say(f"the picture could not be drawn: {type(error).__name__}: {error}")
            raise
        self.picture.value = png_bytes(drawn)
        self._say("")

    def _say(self, sentence: str) -> None:
        self.message.value = html.escape(sentence)
