"""Pictures that change in their place while a training cell runs."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from t2i_utils.pictures import captioned_sheet


def picture_html(image: np.ndarray, alt: str) -> str:
    """An HTML image element that holds a picture (height, width, 3) uint8 and its description."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return f'<img alt="{alt}" src="data:image/png;base64,{data}">'


def show_sheet(
    captions: Sequence[str], rows: Sequence[Sequence[np.ndarray]], size: int = 160
) -> None:
    """Display captions below their pictures: `t2i_utils.pictures.captioned_sheet`."""
    from IPython.display import HTML, display

    sheet = captioned_sheet(captions, rows, size)
    display(HTML(picture_html(sheet, f"{len(captions)} captions, each below its pictures")))


class LiveSheet:
    """A sheet of captions with their pictures, drawn anew in the same place of the output."""

    def __init__(self, captions: Sequence[str], size: int = 160) -> None:
        """Make an empty place below the cell.

        Args:
            captions: one a picture.
            size: height and width at which each picture is shown, in pixels.
        """
        from IPython.display import HTML, display

        self._captions, self._size = list(captions), size
        self._place = display(HTML("<p>compiling the step ...</p>"), display_id=True)

    def show(self, images: np.ndarray, line: str) -> None:
        """Replace what is shown.

        Args:
            images: (n, height, width, 3) uint8, one a caption.
            line: a few words above the pictures.
        """
        from IPython.display import HTML

        sheet = captioned_sheet(self._captions, [[image] for image in images], self._size)
        alt = f"what the generator draws for {len(self._captions)} captions, {line}"
        html = HTML(f"<p>{line}</p>{picture_html(sheet, alt)}")
        if self._place is not None:  # None outside Jupyter
            self._place.update(html)
