"""The caption box, examples, and a slider for each attribute; all say the same."""

from typing import Any

import ipywidgets as widgets

from t2i_utils.data.toy.drawing import PALETTE
from t2i_utils.studio.caption_parser import CONTROLS, caption_of, choices_of

OPEN = "any"  # a control that says nothing
NO_COLOUR = (31, 138, 163)  # of the handle of a slider that says a size or a shape
# For each set of weights, captions that it draws well; one is not English.
EXAMPLES = {
    "birds": (
        "a small bird with a grey back and a yellow belly",
        "a small bird with a blue back, blue wings and a white belly",
        "a bright red bird with black wings",
        "un petit oiseau bleu au ventre blanc",
    ),
    "toy": (
        "a small bird with a blue crown, blue wings and a yellow belly",
        "a small bird with a red crown, a red back, black wings and a white belly",
        "a large bird with a green back, green wings and a pink belly",
        "a bird with purple wings, a yellow belly and a long orange beak",
    ),
}


def examples_for(weights: str) -> tuple[str, ...]:
    """Captions to click. Weights without examples of their own show those of `birds`."""
    return EXAMPLES.get(weights, EXAMPLES["birds"])


class CaptionControls:
    """The part of the panel that says what the bird looks like.

    Attributes:
        caption: the text field.
        controls: a slider for each name in `CONTROLS`.
        examples: buttons, each with a caption.
    """

    def __init__(self, weights: str) -> None:
        """Start with the first example for some weights."""
        self.caption = widgets.Textarea(
            examples_for(weights)[0],
            description="Caption",
            placeholder="describe a bird, in English or another language",
            rows=2,
        )
        self.caption.add_class("t2i-caption")
        self.controls = {name: _control(name) for name in CONTROLS}
        self.examples = [widgets.Button() for _ in examples_for(weights)]
        for button in self.examples:
            button.on_click(self._take_example)
        self.offer(weights)
        self._reading = False
        self._read()
        self.caption.observe(self._read, "value")
        for control in self.controls.values():
            control.observe(self._write, "value")

    def offer(self, weights: str) -> None:
        """Show the examples for some weights."""
        for button, caption in zip(self.examples, examples_for(weights), strict=True):
            button.description = button.tooltip = caption

    def _take_example(self, button: widgets.Button) -> None:
        self.caption.value = button.description

    def _read(self, change: Any = None) -> None:
        """Set the controls to what the caption says."""
        said = choices_of(self.caption.value)
        self._reading = True
        try:
            for name, control in self.controls.items():
                control.value = said.get(name, OPEN)
                control.style.handle_color = _handle_colour(control.value)
        finally:
            self._reading = False

    def _write(self, change: Any) -> None:
        """Write the caption that the controls say."""
        if not self._reading:
            chosen = {name: control.value for name, control in self.controls.items()}
            self.caption.value = caption_of(
                {name: value for name, value in chosen.items() if value != OPEN}
            )


def _handle_colour(value: str) -> str | None:
    """Of a slider that says a colour, or something else; of an open one the style's own."""
    if value == OPEN:
        return None
    return "#{:02x}{:02x}{:02x}".format(*PALETTE.get(value, NO_COLOUR))


def _control(name: str) -> widgets.SelectionSlider:
    label = "wings" if name == "wing" else name
    control = widgets.SelectionSlider(options=[OPEN, *CONTROLS[name]], description=label)
    control.add_class("t2i-control")
    if CONTROLS[name] == tuple(PALETTE):
        control.add_class("t2i-colours")  # its track is painted with them
    return control
