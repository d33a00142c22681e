"""How the panel is laid out; its colours and its script are in files of their own."""

from importlib import resources
from typing import TYPE_CHECKING

import ipywidgets as widgets
from IPython.display import Javascript, display

from t2i_utils.data.toy_drawing import PALETTE

if TYPE_CHECKING:
    from t2i_utils.studio.panel import Studio


def arrange(studio: "Studio") -> list[widgets.Widget]:
    """The children of the panel, top to bottom."""
    words, noise, blend = studio.words, studio.noise, studio.blend
    for button in (studio.save, blend.buttons["strip"]):
        button.add_class("t2i-first")
    studio.picture.add_class("t2i-view")
    left = [
        words.caption,
        _box("t2i-examples", widgets.HTML("<span>Try:</span>"), *words.examples),
        studio.picture,
        _box("t2i-actions", studio.save, studio.status, studio.files),
    ]
    controls = [
        _box("t2i-card t2i-attributes", _heading("The bird"), *words.controls.values()),
        _box(
            "t2i-card",
            _heading("The drawing"),
            _box("t2i-line", noise.seed, noise.another),
            noise.lock,
            noise.samples,
            noise.truncation,
            noise.shown,
            noise.weights,
        ),
    ]
    history = [
        studio.history.pictures,
        _heading("History"),
        _box("t2i-pasts", *studio.history.buttons),
    ]
    below = [
        _box(
            "t2i-card t2i-blend",
            _heading("Blend into another bird"),
            blend.amount,
            blend.way,
            blend.to_caption,
            blend.to_seed,
            blend.steps,
            blend.strip,
            _box("t2i-actions", *blend.buttons.values(), blend.status, blend.files),
        )
    ]
    if (describe := studio.describe) is not None:
        below.append(
            _box(
                "t2i-card t2i-describe",
                _heading("Describe a picture"),
                _box("t2i-actions", describe.upload, describe.drawn, describe.status),
                describe.result,
            )
        )
    return [
        widgets.HTML(f"<style>{_file('studio.css')} {_painted_tracks()}</style>"),
        widgets.HTML('<h2>Caption studio</h2><div class="t2i-palette" aria-hidden="true"></div>'),
        _box("t2i-main", _box("t2i-left", *left), _box("t2i-right", *controls)),
        _box("t2i-history", *history),
        _box("t2i-below", *below),
    ]


def show_script() -> None:
    """Show the script that names sliders for screen readers; the panel works without it."""
    display(Javascript(_file("studio.js")))


def _painted_tracks() -> str:
    """The colours as gradients: of the title, and of sliders that stand in a stripe's middle."""
    colours = [f"rgb{colour}" for colour in PALETTE.values()]
    step = 100 / len(colours)
    track = ["var(--card) 0", f"var(--card) {step / 2:.2f}%"]
    for number, colour in enumerate(colours, start=1):  # the handle stands at number * step
        track += [
            f"{colour} {(number - 0.5) * step:.2f}%",
            f"{colour} {(number + 0.5) * step:.2f}%",
        ]
    return (
        f".t2i-studio {{--t2i-palette: linear-gradient(to right, {', '.join(colours)}); "
        f"--t2i-track: linear-gradient(to right, {', '.join(track)})}}"
    )


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _heading(text: str) -> widgets.HTML:
    return widgets.HTML(f"<h3>{text}</h3>")


def _box(classes: str, *children: widgets.Widget) -> widgets.Box:
    box = widgets.Box(children)
    for name in classes.split():
        box.add_class(name)
    return box
