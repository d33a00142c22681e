"""Pictures as arrays and files: conversion, grids, captioned sheets."""

import contextlib
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from t2i_utils.errors import InputError


def to_uint8(images: Any) -> np.ndarray:
    """Float pictures in [-1, 1] (clipped) to uint8 in [0, 255], of the same shape."""
    return np.round((np.clip(np.asarray(images), -1, 1) + 1) * 127.5).astype(np.uint8)


def grid(images: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Lay pictures (n, height, width, 3) uint8 out row by row on white."""
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def captioned_sheet(
    captions: Sequence[str], rows: Sequence[Sequence[np.ndarray]], size: int = 256
) -> np.ndarray:
    """One column a caption: its pictures (each enlarged to `size` px) above the wrapped words.

    Args:
        captions: one a column.
        rows: for each caption, its pictures (height, width, 3) uint8, from top to bottom.
        size: height and width at which each picture is shown; smaller ones keep square pixels.

    Returns:
        (height, width, 3) uint8.
    """
    margin, line = 12, max(15, size // 14)
    font = _font(line - 2)
    wrapped = [_wrap(caption, font, size) for caption in captions]
    text_height = max(len(lines) for lines in wrapped) * (line + 2) + margin
    num_rows = max(len(column) for column in rows)
    width = len(captions) * (size + margin) + margin
    height = num_rows * (size + margin) + margin + text_height
    sheet = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(sheet)
    for column, (lines, pictures) in enumerate(zip(wrapped, rows, strict=True)):
        left = margin + column * (size + margin)
        for row, picture in enumerate(pictures):
            shown = Image.fromarray(picture)
            if shown.width != size:
                shown = shown.resize((size, size), Image.Resampling.NEAREST)
            sheet.paste(shown, (left, margin + row * (size + margin)))
        top = margin + num_rows * (size + margin)
        for number, text in enumerate(lines):
            draw.text((left, top + number * (line + 2)), text, fill="#222222", font=font)
    return np.asarray(sheet)


def save_png(path: str | Path, image: np.ndarray, note: dict[str, str] | None = None) -> Path:
    """Write (height, width, 3) uint8 as PNG; `note` goes into its text metadata.

    Raises:
        InputError: the file cannot be written.
    """
    path = Path(path)
    information = PngInfo()
    for key, value in (note or {}).items():
        information.add_itxt(key, value)
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(partial, format="PNG", pnginfo=information)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        reason = error.strerror or str(error)
        raise InputError(
            f"cannot write {path}: {reason}; choose another file with --out"
        ) from error
    return path


def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def _wrap(text: str, font: Any, width: int) -> list[str]:
    """Break text so that every line fits `width` pixels; at most six lines."""
    average = max(1.0, font.getlength("abcdefghijklmnopqrstuvwxyz ") / 27)
    lines = textwrap.wrap(text, max(8, int(width / average)))
    return [*lines[:5], lines[5] + " ..."] if len(lines) > 6 else lines
