"""A small drawn bird, smooth or in coarse pixels: what stands for a picture in the diagrams."""

from typing import Any

from tools.diagram.kit import Box, Diagram

# (colour's name, corners of a polygon or (centre x, centre y, radius x, radius y)), in a square of
# side 1. Later parts cover earlier ones.
Part = tuple[str, Any]
PARTS: tuple[Part, ...] = (
    ("branch", [(0, 0.84), (1, 0.78), (1, 0.84), (0, 0.9)]),
    ("wing", [(0.3, 0.55), (0.02, 0.66), (0.05, 0.76), (0.36, 0.68)]),  # the tail
    ("leg", [(0.44, 0.7), (0.47, 0.7), (0.47, 0.83), (0.44, 0.83)]),
    ("leg", [(0.55, 0.7), (0.58, 0.7), (0.58, 0.82), (0.55, 0.82)]),
    ("body", (0.48, 0.56, 0.25, 0.19)),
    ("body", (0.66, 0.34, 0.15, 0.15)),
    ("body", [(0.52, 0.38), (0.8, 0.36), (0.72, 0.58), (0.4, 0.6)]),
    ("wing", (0.4, 0.54, 0.18, 0.11)),
    ("beak", [(0.79, 0.29), (0.97, 0.36), (0.79, 0.41)]),
    ("eye", (0.71, 0.31, 0.028, 0.028)),
)
RED = {"sky": "#cfe3df", "body": "#c8322b", "wing": "#26282b", "beak": "#e2a12f"}
YELLOW = {"sky": "#d5dfc9", "body": "#e7be2c", "wing": "#26282b", "beak": "#8a5a2b"}
ALWAYS = {"branch": "#8a6f55", "leg": "#5d4a39", "eye": "#101214"}


def draw_bird(
    diagram: Diagram, x: float, y: float, side: float, pixels: int = 0, colours: dict = RED
) -> Box:
    """Draw the bird in a square from (x, y); with `pixels`, in so many squares along a side."""
    colours = {**ALWAYS, **colours}
    frame = Box(x, y, side, side)
    diagram.element("rect", x=x, y=y, width=side, height=side, fill=colours["sky"])
    if pixels:
        _draw_pixels(diagram, frame, pixels, colours)
    else:
        for name, form in PARTS:
            _draw_part(diagram, frame, colours[name], form)
    diagram.element(
        "rect",
        x=x,
        y=y,
        width=side,
        height=side,
        **{"fill": "none", "class": "line line-maps"},
    )
    return frame


def _draw_part(diagram: Diagram, frame: Box, colour: str, form: Any) -> None:
    if isinstance(form, tuple):
        (x, y), (rx, ry) = frame.at(*form[:2]), (form[2] * frame.width, form[3] * frame.width)
        diagram.element("ellipse", cx=x, cy=y, rx=rx, ry=ry, fill=colour)
    else:
        points = " ".join("{:.1f},{:.1f}".format(*frame.at(*corner)) for corner in form)
        diagram.element("polygon", points=points, fill=colour)


def _draw_pixels(diagram: Diagram, frame: Box, pixels: int, colours: dict[str, str]) -> None:
    side = frame.width / pixels
    for row in range(pixels):
        line = [
            _colour_at((column + 0.5) / pixels, (row + 0.5) / pixels, colours)
            for column in range(pixels)
        ]
        start = 0
        for column in range(1, pixels + 1):  # neighbours of one colour are one rectangle
            if column == pixels or line[column] != line[start]:
                if line[start] != colours["sky"]:
                    diagram.element(
                        "rect",
                        x=frame.x + start * side,
                        y=frame.y + row * side,
                        width=(column - start) * side,
                        height=side,
                        fill=line[start],
                        **{"shape-rendering": "crispEdges"},
                    )
                start = column


def _colour_at(x: float, y: float, colours: dict[str, str]) -> str:
    found = "sky"
    for name, form in PARTS:
        if isinstance(form, tuple):
            inside = ((x - form[0]) / form[2]) ** 2 + ((y - form[1]) / form[3]) ** 2 <= 1
        else:
            inside = _is_inside(x, y, form)
        found = name if inside else found
    return colours[found]


def _is_inside(x: float, y: float, corners: Any) -> bool:
    """Whether a ray to the right of the point crosses the polygon an odd number of times."""
    inside = False
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside
