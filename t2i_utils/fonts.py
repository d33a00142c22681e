"""Find a font that has the letters of a caption, in any script."""

import functools
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import ImageFont

_PLAIN = frozenset(map(chr, range(32, 127)))  # every version of Pillow's own font has these
_STYLES = ("bold", "italic", "oblique", "mono", "light", "thin", "black", "condensed", "emoji")


def font_for(text: str, size: int) -> Any:
    """A Pillow font of `size` px that has the letters of `text`, or else most of them.

    Letters that English lacks are looked for in DejaVu Sans, which comes with Matplotlib, and then
    in the fonts of the system.
    """
    file = _choose(_letters(text))[0]
    return ImageFont.load_default(size) if file is None else ImageFont.truetype(str(file), size)


def missing_letters(texts: Iterable[str]) -> str:
    """The letters in the texts that no font of `font_for` has, each once."""
    missing = [_choose(_letters(text))[1] for text in texts]
    return "".join(sorted(frozenset().union(*missing)))


def _letters(text: str) -> frozenset[str]:
    """The visible characters of a text: no spaces and no combining or control characters."""
    return frozenset(
        letter
        for letter in text
        if unicodedata.category(letter) not in ("Cc", "Cf", "Mn", "Zs", "Zl", "Zp")
    )


@functools.lru_cache(maxsize=1024)
def _choose(letters: frozenset[str]) -> tuple[Path | None, frozenset[str]]:
    """The file of the font with most of the letters (None: Pillow's own), and what it lacks."""
    if letters <= _PLAIN:
        return None, frozenset()
    best: tuple[Path | None, frozenset[str]] = None, letters - _PLAIN
    for file in _files():
        lacking = frozenset(letter for letter in letters if ord(letter) not in _characters(file))
        if len(lacking) < len(best[1]):
            best = file, lacking
        if not lacking:
            break
    return best


@functools.cache
def _files() -> list[Path]:
    """Upright fonts that Pillow can open: DejaVu Sans first, then the system's."""
    from matplotlib import font_manager, get_data_path

    dejavu = Path(get_data_path(), "fonts/ttf/DejaVuSans.ttf")
    system = sorted(map(Path, font_manager.findSystemFonts()))
    return [dejavu, *(f for f in system if not any(style in f.name.lower() for style in _STYLES))]


@functools.cache
def _characters(file: Path) -> frozenset[int]:
    """The code points that a font draws; empty where it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        ImageFont.truetype(str(file), 16)
        return frozenset(FT2Font(str(file)).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()
