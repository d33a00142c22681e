"""Where each part of the panel stands; its style and its script are in files of their own."""

from collections.abc import Sequence
from importlib import resources

import ipywidgets as widgets
from IPython.display import Javascript, display

from t2i_utils.data.toy.drawing import PALETTE
from t2i_utils.studio.blend import Blend
from t2i_utils.studio.caption_controls import CaptionControls
from t2i_utils.studio.describe import Describe
from t2i_utils.studio.history import History
from t2i_utils.studio.noise import Noise

_TITLE = """<h2>Caption studio</h2><div class="t2i-palette" aria-hidden="true"></div>
<p class="t2i-about">Type a sentence or move a slider, and the bird follows. A network draws every
picture; none is a photograph.</p>"""


def arrange(
    caption_controls: CaptionControls,
    noise: Noise,
    blend: Blend,
    history: History,
    describe: Describe | None,
    *,
    picture: widgets.Widget,
    saving: Sequence[widgets.Widget],
) -> list[widgets.Widget]:
    """The children of the panel, top to bottom.

    Args:
        caption_controls: the part with the caption.
        noise: the part with the choices beside it.
        blend: the part with the walk.
        history: the part with the last pictures.
        describe: the part that describes pictures; None where there is no captioner.
        picture: shows what was drawn.
        saving: what stands below the picture, the button first.
    """
    picture.add_class("t2i-view")
    for button in (saving[0], blend.buttons["strip"]):
        button.add_class("t2i-first")
    left = [
        caption_controls.caption,
        _box("t2i-examples", widgets.HTML("<span>Try:</span>"), *caption_controls.examples),
        picture,
        _box("t2i-actions", *saving),
        blend.strip,
    ]
    right = [
        _card("The bird", *caption_controls.controls.values()),
        _card(
            "The drawing",
            _box("t2i-line", noise.seed, noise.another),
            noise.lock,
            noise.samples,
            noise.truncation,
            noise.shown,
            noise.weights,
        ),
        _card(
            "Blend into another bird",
            blend.amount,
            blend.way,
            blend.to_caption,
            blend.to_seed,
            blend.steps,
            _box("t2i-actions", *blend.buttons.values(), blend.status, blend.files),
        ),
    ]
    past = [history.pictures, _box("t2i-pasts", *history.buttons)]
    below = [_card("History", *past)]
    if describe is not None:
        hint = widgets.HTML('<p class="t2i-hint">JPEG, PNG or WebP, up to 9 MB.</p>')
        buttons = _box("t2i-actions", describe.upload, describe.drawn, hint, describe.status)
        below.append(
            _card("Describe a picture", buttons, describe.result).add_class("t2i-describe")
        )
    columns = {"t2i-left": left, "t2i-right": right, "t2i-below": below}
    return [
        widgets.HTML(f"<style>{_file('studio.css')} {_painted_tracks()}</style>"),
        widgets.HTML(_TITLE),
        _box("t2i-main", *(_box(name, *children) for name, children in columns.items())),
    ]


def show_script() -> None:
    """Show the script that names sliders for screen readers; the panel works without it."""
    display(Javascript(_file("studio.js")))


def _painted_tracks() -> str:
    """The colours as gradients: of the title, and of sliders that stand in a stripe's middle."""
    colours = [f"rgb{colour}" for colour in PALETTE.values()]
    return (
        f".t2i-studio {{--t2i-palette: {_stripes(colours, 0)}; "
        f"--t2i-track: {_stripes(['var(--card)', *colours], 0.5)}}}"
    )


def _stripes(colours: list[str], cut: float) -> str:
    """A gradient of hard stops; a share `cut` of the first and last stripe lies outside."""
    width = 100 / (len(colours) - 2 * cut)
    stops = [
        f"{colour} {(number - cut) * width:.2f}% {(number + 1 - cut) * width:.2f}%"
        for number, colour in enumerate(colours)
    ]
    return f"linear-gradient(to right, {', '.join(stops)})"


def _file(name: str) -> str:
    return resources.files("t2i_utils.studio").joinpath(name).read_text(encoding="utf-8")


def _card(title: str, *children: widgets.Widget) -> widgets.Box:
    return _box("t2i-card", widgets.HTML(f"<h3>{title}</h3>"), *children)


def _box(name: str, *children: widgets.Widget) -> widgets.Box:
    return widgets.Box(children).add_class(name)
