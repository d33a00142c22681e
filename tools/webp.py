"""Figures that show pictures, as WebP: a quarter of a PNG's size, and to the eye the same.

    python tools/webp.py figures/gallery.png [...]     writes figures/gallery.webp in its place

Every clone pays for `figures/`. Figures of lines and bars alone are small as they are.
"""

import io
import sys
from pathlib import Path
from typing import Any

from PIL import Image

# For Pillow, and for matplotlib's `savefig(..., pil_kwargs=WEBP)`.
WEBP: dict[str, Any] = {"quality": 90, "method": 6, "use_sharp_yuv": True}


def webp(picture: bytes) -> bytes:
    """A picture (PNG, its transparent parts left out) as WebP."""
    found = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(found, "WEBP", **WEBP)
    return found.getvalue()


if __name__ == "__main__":
    for png in map(Path, sys.argv[1:]):
        png.with_suffix(".webp").write_bytes(webp(png.read_bytes()))
        png.unlink()
