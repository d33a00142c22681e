"""How notebooks show pictures and plots, each with words for those who cannot see it."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from t2i_utils.pictures import captioned_sheet, png_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def show_sheet(
    captions: Sequence[str], rows: Sequence[Sequence[np.ndarray]], size: int = 210
) -> None:
    """Display captions below their pictures: see `t2i_utils.pictures.captioned_sheet`.

    Four pictures of 210 pixels side by side are as wide as a page of the course.
    """
    from IPython.display import display

    sheet = captioned_sheet(captions, rows, size)
    display(_picture(sheet, f"pictures above their captions: {'; '.join(captions)}"))


def show_rows(
    rows: Mapping[str, np.ndarray], columns: Sequence[str] = (), width: float = 9.5
) -> None:
    """Show pictures in rows, each with its label on the left.

    Args:
        rows: label to pictures (n, height, width, 3) uint8.
        columns: names above the first row.
        width: of the figure, in inches.
    """
    import matplotlib.pyplot as plt

    count = max(len(images) for images in rows.values())
    room = 0.085 * max(len(line) for label in rows for line in label.split("\n")) + 0.1
    side = (width - room) / count
    lines = max((name.count("\n") + 1 for name in columns), default=0)
    height = len(rows) * side + 0.05 + (0.08 + 0.175 * lines if lines else 0)
    figure, axes = plt.subplots(len(rows), count, figsize=(width, height), squeeze=False)
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=10)
        for axis in line:
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        for axis, image in zip(line, images, strict=False):
            axis.imshow(image)
    pads = {"w_pad": 0.02, "h_pad": 0.02 + 0.02 * lines}  # inches; more above long names
    figure.set_layout_engine("constrained", wspace=0, hspace=0, **pads)
    for axis, name in zip(axes[0], columns, strict=False):
        axis.set_title(name, fontsize=10, fontweight="normal", loc="center", pad=4)
    labels, names = ("; ".join(" ".join(x.split()) for x in some) for some in (rows, columns))
    columned = f"; columns: {names}" if labels and names else names
    alt = f"rows of pictures: {labels}" if labels else "pictures side by side: "
    show_figure(figure, alt + columned)


def show_figure(figure: "Figure", alt: str) -> None:
    """Display a figure of matplotlib's, and close it.

    Args:
        figure: the figure.
        alt: what it shows, for those who cannot see it.
    """
    from IPython.display import display

    display(_picture_of(figure, alt))
    _close(figure)


def label_dots(axis: Any, xs: Sequence[float], ys: Sequence[float], names: Sequence[str]) -> None:
    """Write a name beside each dot, where it touches no other name and no other dot.

    Call it when the limits of the axis are final.

    Args:
        axis: of a plot.
        xs: of the dots.
        ys: of the dots.
        names: one per dot.
    """
    from matplotlib.transforms import Bbox

    axis.figure.canvas.draw()
    dots = axis.transData.transform(np.column_stack([xs, ys]))
    room = 6 * axis.figure.dpi / 72  # a dot's half width, and a little air
    taken = [Bbox([dot - room, dot + room]) for dot in dots]
    places = [(0, 8, "center"), (0, -16, "center"), (9, -3, "left"), (-9, -3, "right"),
              (0, 20, "center"), (0, -28, "center")]  # fmt: skip
    for index, (x, y, name) in enumerate(zip(xs, ys, names, strict=True)):
        for right, up, side in places:
            text = axis.annotate(
                name, (x, y), (right, up), textcoords="offset points", ha=side, fontsize=9
            )
            box = text.get_window_extent()
            if not box.count_overlaps([*taken[:index], *taken[index + 1 :]]):
                break
            if (right, up, side) != places[-1]:
                text.remove()
        taken.append(box)


class LiveFigure:
    """A figure of matplotlib's that is drawn anew in one place while a cell runs."""

    def __init__(self, figure: "Figure") -> None:
        """Make a place below the cell.

        Args:
            figure: the figure; it is shown when `show` is first called.
        """
        from IPython.display import Markdown, display

        self._figure = figure
        self._place = display(Markdown("The first step compiles ..."), display_id=True)
        _close(figure)  # or Jupyter would show it a second time, when the cell ends

    def show(self, alt: str) -> None:
        """Replace what is shown by the figure as it is now.

        Args:
            alt: what it shows, for those who cannot see it.
        """
        if self._place is not None:  # None outside Jupyter
            self._place.update(_picture_of(self._figure, alt))


class LiveSheet:
    """A sheet of captions with their pictures, drawn anew in one place while a cell runs."""

    def __init__(self, captions: Sequence[str], size: int = 210) -> None:
        """Make a place below the cell.

        Args:
            captions: one per picture.
            size: height and width at which each picture is shown, in pixels.
        """
        from IPython.display import Markdown, display

        self._captions, self._size = list(captions), size
        self._line = display(Markdown("The first step compiles ..."), display_id=True)
        self._sheet = display(Markdown(""), display_id=True)

    def show(self, images: np.ndarray, line: str) -> None:
        """Replace what is shown.

        Args:
            images: (n, height, width, 3) uint8, one per caption.
            line: a few words above the pictures.
        """
        from IPython.display import Markdown

        sheet = captioned_sheet(self._captions, [[image] for image in images], self._size)
        if self._line is not None and self._sheet is not None:  # None outside Jupyter
            self._line.update(Markdown(line))
            self._sheet.update(_picture(sheet, f"{line}: {'; '.join(self._captions)}"))


def _picture_of(figure: "Figure", alt: str) -> Any:
    """A figure as a picture to display."""
    from IPython.display import Image as Picture

    file = io.BytesIO()
    figure.savefig(file, format="png")
    return Picture(data=file.getvalue(), format="png", alt=alt)


def _close(figure: "Figure") -> None:
    import matplotlib.pyplot as plt

    plt.close(figure)


def _picture(image: np.ndarray, alt: str) -> Any:
    """A picture (height, width, 3) uint8 to display, with words for those who cannot see it."""
    from IPython.display import Image as Picture

    return Picture(data=png_bytes(image), format="png", alt=alt)
