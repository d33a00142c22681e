"""A small drawing kit for the course's diagrams: boxes, arrows, stacks of maps, rows of numbers.

A diagram is one SVG file that needs nothing from outside. It brings its own background, and its
colours change with the reader's choice of light or dark (`prefers-color-scheme`), which a picture
in a page can see although it cannot see the page. Lengths are in units of `WIDTH`.
"""

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 600  # units; the file asks for SHOWN pixels
SHOWN = 700
SMALL, NORMAL = 12.5, 14.5  # sizes of letters, in units

# What a colour stands for: (fill, line) in light, then in dark. Blue, orange and yellow stay apart
# for colour-blind readers, and nothing is told by colour alone.
ROLES = {
    "plain": ("#ffffff", "#828b94", "#262c33", "#8b96a1"),
    "text": ("#d9ebf3", "#1f6f8b", "#163a4b", "#6fb9d6"),  # what comes from the sentence
    "maps": ("#fbe3d0", "#bf5a1c", "#4f2d16", "#f0a06c"),  # pictures, and maps of them
    "noise": ("#f5eabb", "#8f7510", "#443b14", "#dcc052"),  # what is drawn by chance
    "frozen": ("#e4e6e8", "#6a737c", "#343b43", "#9ea8b2"),  # what training never changes
}
INKS = {  # of letters and arrows: light, dark
    "ink": ("#20252a", "#eef0f2"),
    "soft": ("#505862", "#b9c1ca"),
    "gradient": ("#a8285f", "#f590b8"),
}
PANEL = ("#fbfaf6", "#d8d4ca", "#1a1e23", "#3b434c")  # fill and line, in light and in dark
STRIPE = ("#f0eee6", "#23292f")  # behind every other line of a table
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


class Box(NamedTuple):
    """A rectangle: upper left corner, width and height."""

    x: float
    y: float
    width: float
    height: float

    def at(self, across: float, down: float) -> tuple[float, float]:
        """The point at these shares of width and height: (0.5, 0) is the middle of the top."""
        return self.x + across * self.width, self.y + down * self.height

    left = property(lambda self: self.at(0, 0.5))
    right = property(lambda self: self.at(1, 0.5))
    top = property(lambda self: self.at(0.5, 0))
    bottom = property(lambda self: self.at(0.5, 1))


class Diagram:
    """One drawing. Every method that draws a thing returns where it lies."""

    def __init__(self, name: str, title: str, description: str, height: float) -> None:
        """Begin an empty panel.

        Args:
            name: of the file, without its ending.
            title: for screen readers, one line.
            description: for screen readers: what is shown, in words.
            height: in units.
        """
        self.name = name
        self.root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {WIDTH} {_number(height)}",
                "width": str(SHOWN),
                "height": str(round(height * SHOWN / WIDTH)),
                "role": "img",
                "aria-labelledby": "title description",
            },
        )
        self.element("title", id="title").text = title
        self.element("desc", id="description").text = " ".join(description.split())
        self.element("style").text = _style()
        self.rectangle(Box(1, 1, WIDTH - 2, height - 2), "panel", radius=10)

    def text(
        self,
        x: float,
        y: float,
        *lines: str,
        size: float = SMALL,
        ink: str = "ink",
        anchor: str = "middle",
        bold: bool = False,
        kind: str = "",
    ) -> None:
        """Write lines of which the first has its base line at y; `kind` is one more class."""
        for number, line in enumerate(lines):
            element = self.element(
                "text", x=x, y=y + number * 1.25 * size, **{"class": f"{ink} {kind}".strip()}
            )
            element.set("font-size", _number(size))
            element.set("text-anchor", anchor)
            if bold:
                element.set("font-weight", "600")
            element.text = line

    def shape(self, x: float, y: float, shape: Sequence[int], anchor: str = "middle") -> None:
        """Write a tensor's shape, without the batch: 8×8×192."""
        self.text(x, y, shape_text(shape), ink="soft", anchor=anchor, kind="shape")

    def rectangle(self, box: Box, role: str, radius: float = 6) -> Box:
        """Draw a rectangle in the colours of a role."""
        self.element(
            "rect",
            x=box.x,
            y=box.y,
            width=box.width,
            height=box.height,
            rx=radius,
            **{"class": role},
        )
        return box

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        title: str,
        *notes: str,
        role: str = "plain",
        size: float = NORMAL,
    ) -> Box:
        """Draw a part of a network: its name, and notes under it in smaller letters."""
        box = self.rectangle(Box(x, y, width, height), role)
        lines = (size * 0.75 if title else 0) + 1.25 * SMALL * len(notes)
        first = y + (height - lines) / 2 + size * 0.75
        if title:
            self.text(x + width / 2, first, title, size=size, bold=True)
        start = first + (1.35 * SMALL if title else 0)
        self.text(x + width / 2, start, *notes, ink="soft")
        return box

    def circle(self, x: float, y: float, sign: str, radius: float = 12) -> Box:
        """Draw an operation: a sign in a circle."""
        self.element("circle", cx=x, cy=y, r=radius, **{"class": "plain"})
        self.text(x, y + 5.5, sign, size=17, bold=True)
        return Box(x - radius, y - radius, 2 * radius, 2 * radius)

    def arrow(
        self, *points: tuple[float, float], kind: str = "flow", head: bool = True, gap: float = 3
    ) -> None:
        """Draw an arrow through points. Kinds: flow, text, maps, noise, gradient (dashed).

        It ends `gap` units before the last point.
        """
        (x0, y0), (x1, y1) = points[-2:]
        length = math.hypot(x1 - x0, y1 - y0)
        along = ((x1 - x0) / length, (y1 - y0) / length)
        tip = (x1 - gap * along[0], y1 - gap * along[1])
        base = (tip[0] - 8 * along[0], tip[1] - 8 * along[1])
        path = [*points[:-1], base if head else tip]
        line = " ".join(f"{_number(x)},{_number(y)}" for x, y in path)
        self.element("polyline", points=line, **{"class": f"line line-{kind}"})
        if head:
            across = (-4.5 * along[1], 4.5 * along[0])
            corners = (
                tip,
                (base[0] + across[0], base[1] + across[1]),
                (base[0] - across[0], base[1] - across[1]),
            )
            line = " ".join(f"{_number(x)},{_number(y)}" for x, y in corners)
            self.element("polygon", points=line, **{"class": f"head-{kind}"})

    def divider(self, y: float) -> None:
        """Draw a line across the panel."""
        self.element("line", x1=24, y1=y, x2=WIDTH - 24, y2=y, **{"class": "panel"})

    def cross(self, x: float, y: float) -> None:
        """Mark where a gradient stops."""
        for slope in (1, -1):
            self.element(
                "line",
                x1=x - 6,
                y1=y - 6 * slope,
                x2=x + 6,
                y2=y + 6 * slope,
                **{"class": "stop line-gradient"},
            )

    def maps(
        self,
        x: float,
        y: float,
        shape: Sequence[int],
        role: str = "maps",
        scale: float = 1.0,
        label: bool = True,
    ) -> Box:
        """Draw feature maps (height, width, channels) as sheets, the middle of the front at (x, y).

        A doubled height adds 8 units to the side, doubled channels add a sheet.
        """
        side, sheets = map_size(shape, scale)
        step = 2.6 * scale
        front = Box(x - side / 2, y - side / 2, side, side)
        for sheet in reversed(range(sheets)):
            shifted = Box(front.x + sheet * step, front.y - sheet * step, side, side)
            self.rectangle(shifted, role, radius=1.5)
        if label:
            self.shape(x, front.y + side + 15, shape)
        depth = (sheets - 1) * step
        return Box(front.x, front.y - depth, side + depth, side + depth)

    def numbers(
        self, x: float, y: float, count: int, role: str, label: str = "{}", cells: int = 9
    ) -> Box:
        """Draw a vector as a row of cells from (x, y), and write how many numbers it has.

        `label` has {} in the place of that number.
        """
        box = Box(x, y, 9 * cells, 13)
        for cell in range(cells):
            self.rectangle(Box(x + 9 * cell, y, 9, 13), role, radius=1.5)
        self.text(x + box.width / 2, y + 28, label.format(f"{count:,}"), ink="soft", kind="shape")
        return box

    def write(self) -> str:
        """The file's text."""
        ElementTree.indent(self.root, " ")
        return ElementTree.tostring(self.root, encoding="unicode") + "\n"

    def element(self, tag: str, **attributes: str | float) -> ElementTree.Element:
        """Add an element of SVG."""
        values = {
            name: value if isinstance(value, str) else _number(value)
            for name, value in attributes.items()
        }
        return ElementTree.SubElement(self.root, tag, values)


def map_size(shape: Sequence[int], scale: float = 1.0) -> tuple[float, int]:
    """The side in units and the number of sheets with which `Diagram.maps` draws a shape."""
    height, _, channels = shape
    sheets = max(2, round(math.log2(channels)))
    return 8 * scale * math.log2(height), sheets


def shape_text(shape: Sequence[int]) -> str:
    """A shape as it is written: 8×8×192."""
    return "×".join(f"{size:,}" for size in shape)


def _number(value: float) -> str:
    return f"{round(value, 1):g}"


def _style() -> str:
    """Every colour, in light and then in dark."""
    lines = [f"text{{font-family:{FONT}}}", ".line{fill:none;stroke-width:1.8}"]
    lines += [".line.line-gradient{stroke-dasharray:6 4}", ".stop{stroke-width:3}"]
    lines += [".frozen{stroke-dasharray:5 3}"]
    for dark in (False, True):
        rules = [
            f".{role}{{fill:{colours[2 * dark]};stroke:{colours[2 * dark + 1]};stroke-width:1.3}}"
            for role, colours in {**ROLES, "panel": PANEL}.items()
        ]
        rules += [f".{ink}{{fill:{colours[dark]}}}" for ink, colours in INKS.items()]
        blue, orange = (ROLES[role][2 * dark + 1] for role in ("text", "maps"))
        rules += [f".dot{{fill:{blue}}}", f".dot-maps{{fill:{orange}}}"]
        rules += [f".empty{{fill:none;stroke:{blue};stroke-width:1.8}}"]
        rules += [f".stripe{{fill:{STRIPE[dark]}}}"]
        strokes = {role: ROLES[role][2 * dark + 1] for role in ("text", "maps", "noise")}
        strokes |= {"flow": INKS["soft"][dark], "gradient": INKS["gradient"][dark]}
        for kind, colour in strokes.items():
            rules += [f".line-{kind}{{stroke:{colour}}}", f".head-{kind}{{fill:{colour}}}"]
        text = "\n".join(rules)
        lines.append(f"@media (prefers-color-scheme:dark){{\n{text}\n}}" if dark else text)
    return "\n" + "\n".join(lines) + "\n"
