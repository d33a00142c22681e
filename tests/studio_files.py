"""What the studio's links download."""

import base64
import io
import re

from PIL import Image

PATIENCE = 120  # seconds; nothing waits for it to pass


def saved(link: str, ending: str, kind: str) -> Image.Image:
    """The picture in a link that downloads it."""
    name = re.search(r'download="([^"]+)"', link)
    content = re.search(rf'href="data:{kind};base64,([^"]+)"', link)
    assert name and content and name[1].endswith(ending)
    return Image.open(io.BytesIO(base64.b64decode(content[1])))
