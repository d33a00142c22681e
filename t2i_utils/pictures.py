"""Pictures as arrays and files: conversion, grids, captioned sheets."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from t2i_utils.errors import InputError
from t2i_utils.files import replace_file, unreadable
from t2i_utils.fonts import font_for

_ACROSS = 4  # pictures side by side on a sheet
_MARGIN, _GAP = 12, 4  # pixels between blocks, and between the pictures of a block
_MAX_LINES = 6  # of a caption


def to_uint8(images: Any) -> np.ndarray:
    """Float pictures in [-1, 1] (clipped) to uint8 in [0, 255], of the same shape."""
    return np.round((np.clip(np.asarray(images), -1, 1) + 1) * 127.5).astype(np.uint8)


def from_uint8(pictures: np.ndarray) -> np.ndarray:
    """The inverse of `to_uint8`: pictures in [0, 255] to float32 in [-1, 1]."""
    return pictures.astype("float32") / np.float32(127.5) - 1


def resize(pictures: np.ndarray, size: int) -> np.ndarray:
    """Pictures (n, height, width, 3) uint8 at another size, bicubic with antialiasing."""
    if pictures.shape[1:3] == (size, size):
        return pictures
    resized = [
        np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC))
        for picture in pictures
    ]
    return np.stack(resized) if resized else np.empty((0, size, size, 3), np.uint8)


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
    """Lay out one block per caption: its pictures, and the caption below them.

    Within a block, pictures of one size form a row (at most four side by side), the smallest size
    first. All are shown at the same size, so that one sees what more pixels add. Where there are
    several sizes, the first block names them.

    Args:
        captions: one per block; words beyond six lines are left out.
        rows: for each caption, its pictures (height, width, 3) uint8; the same number and sizes
            for each.
        size: height and width at which each picture is shown; smaller ones keep square pixels.

    Returns:
        (height, width, 3) uint8.
    """
    blocks = [
        _block(caption, list(images), size, names_sizes=place == 0)
        for place, (caption, images) in enumerate(zip(captions, rows, strict=True))
    ]
    per_line = max(1, _ACROSS * size // blocks[0].width)
    num_lines = -(-len(blocks) // per_line)
    per_line = -(-len(blocks) // num_lines)  # 5 blocks: 3 and 2 rather than 4 and 1
    lines = [blocks[start : start + per_line] for start in range(0, len(blocks), per_line)]
    width = _MARGIN + per_line * (blocks[0].width + _MARGIN)
    height = _MARGIN + sum(max(block.height for block in line) + _MARGIN for line in lines)
    sheet = Image.new("RGB", (width, height), "white")
    top = _MARGIN
    for line in lines:
        for column, block in enumerate(line):
            sheet.paste(block, (_MARGIN + column * (block.width + _MARGIN), top))
        top += max(block.height for block in line) + _MARGIN
    return np.asarray(sheet)


def _block(caption: str, images: list[np.ndarray], size: int, names_sizes: bool) -> Image.Image:
    """The pictures of one caption, and the caption below them."""
    by_size: dict[int, list[np.ndarray]] = {}
    for image in sorted(images, key=lambda image: image.shape[1]):
        by_size.setdefault(image.shape[1], []).append(image)
    columns = min(_ACROSS, max(map(len, by_size.values())))
    width = columns * (size + _GAP) - _GAP
    text_size, label_size = max(12, size // 15), max(9, size // 20)
    font, label_font = font_for(caption, text_size), ImageFont.load_default(label_size)
    text = _wrap(caption, font, width)
    label_height = label_size + 5 if len(by_size) > 1 else 0
    line_height = round(text_size * 1.3)
    picture_lines = sum(-(-len(group) // columns) for group in by_size.values())
    height = len(by_size) * label_height + picture_lines * (size + _GAP) + 4
    block = Image.new("RGB", (width, height + len(text) * line_height), "white")
    draw = ImageDraw.Draw(block)
    top = 0
    for pixels, group in by_size.items():
        if label_height and names_sizes:
            draw.text((0, top), f"{pixels} px", fill="#777777", font=label_font)
        top += label_height
        for index, image in enumerate(group):
            shown = Image.fromarray(image)
            if shown.size != (size, size):
                shown = shown.resize((size, size), Image.Resampling.NEAREST)
            line, column = divmod(index, columns)
            block.paste(shown, (column * (size + _GAP), top + line * (size + _GAP)))
        top += -(-len(group) // columns) * (size + _GAP)
    for number, words in enumerate(text):
        draw.text((0, top + 4 + number * line_height), words, fill="#222222", font=font)
    return block


def png_bytes(image: np.ndarray, note: Mapping[str, str] | None = None) -> bytes:
    """(height, width, 3) uint8 as a PNG file; `note` goes into its text metadata."""
    information = PngInfo()
    for key, value in (note or {}).items():
        information.add_itxt(key, value)
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG", pnginfo=information)
    return file.getvalue()


def read_note(path: str | Path) -> dict[str, str]:
    """The text metadata of a PNG.

    Raises:
        InputError: no such file, or it is no PNG.
    """
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            picture.load()  # the file may hold text after the pixels
            return {str(key): text for key, text in picture.info.items() if isinstance(text, str)}
    except FileNotFoundError as error:
        raise InputError(f"picture {path} is missing: give a PNG's path") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(f"picture {path}", error, "give a PNG's path") from error
        raise InputError(f"{path} is no PNG, or it is damaged: give one that was saved") from error


def save_png(path: str | Path, image: np.ndarray, note: Mapping[str, str] | None = None) -> Path:
    """Write (height, width, 3) uint8 as PNG; `note` goes into its text metadata.

    Raises:
        InputError: the file cannot be written.
    """
    path = Path(path)
    content = png_bytes(image, note)
    replace_file(path, lambda file: file.write(content), "name another --out or --run")
    return path


def _wrap(text: str, font: Any, width: int) -> list[str]:
    """Break text so that every line fits `width` pixels; at most six lines."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".lstrip()
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:  # in scripts without spaces a "word" may be longer than a line
            if lines[-1] and font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
        if len(lines) > _MAX_LINES:
            break
    if len(lines) <= _MAX_LINES:
        return lines
    last = lines[_MAX_LINES - 1]
    while last and font.getlength(last + " ...") > width:
        last = last[:-1]
    return [*lines[: _MAX_LINES - 1], last.rstrip() + " ..."]
