"""A training as a film: a slider moves through the pictures of its steps, beside its curves."""

import base64
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template

import numpy as np
from PIL import Image

from t2i_utils.course.style import PALETTE

Curve = Mapping[int, float]  # step to value
Curves = Mapping[str, Curve]  # by name
MOST_POINTS = 250  # of a curve: neighbours are averaged until no more are left


def show_film(
    captions: Sequence[str],
    frames: Mapping[int, np.ndarray],
    charts: Mapping[str, Curves],
) -> None:
    """Display a film that needs neither Python nor a network once it is shown.

    Args:
        captions: n words for n pictures.
        frames: step to pictures (n, height, width, 3) uint8, from the first step to the last.
        charts: title to curves; a curve's name to its values.
    """
    from IPython.display import HTML, display

    display(HTML(film_page(captions, frames, charts)))


def film_page(
    captions: Sequence[str],
    frames: Mapping[int, np.ndarray],
    charts: Mapping[str, Curves],
) -> str:
    """The film as HTML that stands alone: see `show_film`."""
    steps = list(frames)
    sprite = _sprite(np.stack(list(frames.values())))
    template = files("t2i_utils.course").joinpath("film.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        id=f"film-{hashlib.sha256(sprite).hexdigest()[:8]}",
        sprite=f"data:image/webp;base64,{base64.b64encode(sprite).decode()}",
        across=len(captions),
        width=100 * len(captions),
        height=100 * len(steps),
        last=len(steps) - 1,
        steps=json.dumps(steps),
        pictures="".join(
            f'<figure><div role="img" aria-label="drawn: {escape(caption)}"></div>'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
            for caption in captions
        ),
        charts="".join(_chart(title, curves, steps[-1]) for title, curves in charts.items()),
    )


def _sprite(pictures: np.ndarray) -> bytes:
    """All pictures (frames, n, height, width, 3) as one WebP: a row per frame."""
    frames, count, height, width, _ = pictures.shape
    sheet = pictures.transpose(0, 2, 1, 3, 4).reshape(frames * height, count * width, 3)
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, format="WEBP", quality=90)
    return file.getvalue()


def _chart(title: str, curves: Curves, last: int) -> str:
    """Curves over the steps, with the lowest and the highest value at the left."""
    points = {name: _thinned(curve) for name, curve in curves.items()}
    values = np.concatenate([found[:, 1] for found in points.values()])
    low, high = values.min(), values.max()
    lines, names = "", ""
    for (name, found), colour in zip(points.items(), PALETTE, strict=False):
        x = 100 * found[:, 0] / last
        y = 100 * (high - found[:, 1]) / max(high - low, 1e-9)
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        lines += f'<polyline points="{path}" style="--colour:{colour}"/>'
        names += f'<span><i style="--colour:{colour}"></i>{escape(name)}</span>'
    label = escape(f"{title}: {', '.join(curves)}, over the steps")
    return (
        f'<div class="chart"><span class="title">{escape(title)}</span>'
        f'<span class="axis"><span>{high:.2g}</span><span>{low:.2g}</span></span>'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f'{lines}<line x1="100" x2="100" y1="0" y2="100"/></svg>'
        f'<span class="names">{names}</span></div>'
    )


def _thinned(curve: Curve) -> np.ndarray:
    """Points (at most MOST_POINTS, 2) of step and value, neighbours averaged."""
    points = np.array(list(curve.items()), dtype=float)
    return np.stack(
        [part.mean(axis=0) for part in np.array_split(points, min(len(points), MOST_POINTS))]
    )
