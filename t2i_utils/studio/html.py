"""Drawn pictures as HTML, with alternative text; what a visitor typed is escaped."""

import base64
import html
import io
import re
import secrets
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from t2i_utils.drawing.request import Request

# Jupyter Server passes on 1 MB per second and drops the rest. So the panel shows JPEGs of some
# 25 kB while a slider moves; what is saved is the picture itself.
_JPEG = {"format": "JPEG", "quality": 90, "subsampling": 0}
_GIF_PAUSE = 90  # milliseconds between two frames
_LONGEST_NAME = 50  # letters of a file's name
_LONGEST_ALT = 300  # letters of alternative text: longer captions stand beside it anyway


def jpeg(picture: np.ndarray) -> bytes:
    """A picture (height, width, 3) uint8, small enough to be sent many times a second."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, **_JPEG)
    return file.getvalue()


def gif(frames: np.ndarray) -> bytes:
    """Pictures (n, height, width, 3) uint8 as an endless film that runs forward, then back."""
    images = [Image.fromarray(frame) for frame in [*frames, *frames[-2:0:-1]]]
    file = io.BytesIO()
    images[0].save(
        file, format="GIF", save_all=True, append_images=images[1:], duration=_GIF_PAUSE, loop=0
    )
    return file.getvalue()


def data_address(content: bytes, kind: str) -> str:
    """A file of a MIME type as an address of its own."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def image_tag(picture: np.ndarray, alt: str, css_class: str = "") -> str:
    """An `<img>` with alternative text (escaped here)."""
    source = data_address(jpeg(picture), "image/jpeg")
    height, width, _ = picture.shape
    return (
        f'<img class="{css_class}" width="{width}" height="{height}" '
        f'alt="{html.escape(alt)}" src="{source}">'
    )


def summary_of(request: Request) -> str:
    """What a request draws, in one line of plain text."""
    if not request.amount:
        return request.caption
    share = f"{request.amount:.0%} of the way from"
    if request.to_caption is None:
        return f"{request.caption}, {share} bird {request.seed} to bird {request.to_seed}"
    return f"{share} \u201c{request.caption}\u201d to \u201c{request.to_caption}\u201d"


def pictures_html(
    requests: Sequence[Request], pictures: Mapping[int, np.ndarray], stages: Sequence[int]
) -> str:
    """The pictures of some stages, sample by sample.

    Args:
        requests: one per sample.
        pictures: {stage: (samples, size, size, 3)}.
        stages: which of them to show.
    """
    figures = []
    for row, request in enumerate(requests):
        number = f", sample {row + 1} of {len(requests)}" if len(requests) > 1 else ""
        for stage in stages:
            size = pictures[stage].shape[1]
            alt = _shortened(f"Drawn bird, {size} px{number}: {summary_of(request)}", _LONGEST_ALT)
            label = f"{size} px" + (f" &middot; Stage {'I' * stage}" if len(requests) == 1 else "")
            image = image_tag(pictures[stage][row], alt, f"t2i-stage{stage}")
            figures.append(f"<figure>{image}<figcaption>{label}</figcaption></figure>")
    columns = _columns(len(requests), len(stages))
    summary = html.escape(_shortened(summary_of(requests[0]), 2 * _LONGEST_ALT))
    return (
        f'<div class="t2i-pictures t2i-columns{columns}">{"".join(figures)}</div>'
        f'<p class="t2i-said" dir="auto">{summary}</p>'
    )


def _columns(samples: int, stages: int) -> int:
    """How many pictures stand side by side: the sizes of a sample always do."""
    if stages > 1:
        return 2 if samples == 1 else 4
    return {1: 1, 2: 2, 4: 2}.get(samples, 3)


def strip_html(requests: Sequence[Request], pictures: np.ndarray) -> str:
    """A row of pictures (n, size, size, 3), each with how far it is."""
    figures = [
        f"<figure>{image_tag(picture, _shortened(summary_of(request), _LONGEST_ALT))}"
        f"<figcaption>{request.amount:.0%}</figcaption></figure>"
        for request, picture in zip(requests, pictures, strict=True)
    ]
    return (
        '<div class="t2i-strip" tabindex="0" role="group" aria-label="Steps of the walk">'
        f"{''.join(figures)}</div>"
    )


def file_name(request: Request, ending: str) -> str:
    """A name for a picture's file, of its caption's letters and its seed."""
    words = re.sub(r"[^\w]+", "-", request.caption.lower()).strip("-_")[:_LONGEST_NAME].strip("-_")
    return f"{words or 'bird'}-{request.seed}{ending}"


def download_html(content: bytes, kind: str, name: str) -> str:
    """A link to a file that comes with it; the panel's script follows it once."""
    return (
        f'<a class="t2i-download" download="{html.escape(name)}" '
        f'data-once="{secrets.token_hex(8)}" href="{data_address(content, kind)}">'
        f"{html.escape(name)}</a>"
    )


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length].rstrip()} ..."
