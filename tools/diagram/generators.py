"""Diagrams of the two generators."""

from collections.abc import Sequence

from tools.diagram import shapes
from tools.diagram.bird import draw_bird
from tools.diagram.kit import NORMAL, Box, Diagram, map_size, shape_text

LEFT, RIGHT = 24, 576  # the margins


def stage1() -> Diagram:
    """Stage I of both recipes."""
    modern, paper = shapes.stage1("modern"), shapes.stage1("paper")
    configs = [shapes.config_of(recipe, 1) for recipe in ("modern", "paper")]
    config = configs[0]
    size, noise = config.condition_size, config.noise_size
    blocks = modern[1:-1]
    d = Diagram(
        "stage1",
        "Stage I: from a condition and noise to 64 pixels",
        f"""The modern recipe, width {config.generator_width}: {size} numbers of the condition and
        {noise} of noise are one latent vector. A dense layer makes maps of {shape_text(modern[0])}.
        Four blocks double the sides: {", ".join(map(shape_text, blocks))}. The latent vector
        modulates each block. A convolution and tanh give the picture, {shape_text(modern[-1])}. One
        block: upsampling and convolution, BatchNorm whose scale and shift come from the latent
        vector, and a gate. Below, the paper's Stage I at its published width
        {configs[1].generator_width}: {", ".join(map(shape_text, paper))}; there the latent vector
        enters once, at the bottom.""",
        606,
    )
    d.text(
        LEFT,
        32,
        f"Modern recipe, width {config.generator_width}",
        size=NORMAL + 1,
        anchor="start",
        bold=True,
    )
    latent = _latent(d, 52, size, noise)
    bus = 112
    centres = [62, 152, 244, 338, 434, 534]
    boxes = _row(d, centres, 176, modern)
    d.arrow((110, 83), (110, bus), head=False, kind="text")
    d.arrow((62, bus), (434, bus), head=False, kind="text")
    for number, (centre, box) in enumerate(zip(centres[:-1], boxes, strict=False)):
        d.arrow((centre, bus), (centre, box.y - 2), kind="text")
        name = "dense" if number == 0 else f"block {number}"
        d.text(centre + 7, bus + 16, name, anchor="start", ink="soft")
    d.text(534, bus + 16, "conv, tanh", ink="soft")
    d.text(
        latent.x + latent.width + 24,
        66,
        "The sentence and the noise enter every block.",
        anchor="start",
        ink="soft",
    )

    y = 244
    d.rectangle(Box(LEFT, y, RIGHT - LEFT, 138), "plain", radius=10)
    d.text(LEFT + 14, y + 22, "One block", anchor="start", bold=True, size=NORMAL)
    parts = (
        (38, 122, "Upsample ×2", "3×3 convolution", "maps"),
        (179, 118, "BatchNorm", "mean 0, std 1", "maps"),
        (316, 114, "· (1 + scale)", "+ shift", "text"),
        (449, 113, "Gate", "a · sigmoid(b)", "maps"),
    )
    boxes = [
        d.box(x, y + 36, wide, 46, title, note, size=13, role=role)
        for x, wide, title, note, role in parts
    ]
    for start, end in zip(boxes, boxes[1:], strict=False):
        d.arrow(start.right, end.left, kind="maps")
    d.arrow((373, y + 102), boxes[2].bottom, kind="text")
    d.text(373, y + 114, "dense layer of", "the latent vector", ink="soft")
    d.text(505, y + 102, "a and b: halves", "of the channels", ink="soft")

    y = 400
    d.text(
        LEFT,
        y + 10,
        f"Paper’s recipe, width {configs[1].generator_width}",
        size=NORMAL + 1,
        anchor="start",
        bold=True,
    )
    latent = _latent(d, y + 28, size, noise)
    centres = [70, 190, 310, 420, 528]
    boxes = _row(d, centres, y + 134, paper, scale=0.8)
    d.arrow((70, y + 59), (70, boxes[0].y - 2), kind="text")
    d.text(62, y + 90, "dense", ink="soft", anchor="end")
    middles = [(left + right) / 2 for left, right in zip(centres, centres[1:], strict=False)]
    for middle, name in zip(
        middles, ("residual, up", "residual, up", "up", "up, tanh"), strict=True
    ):
        d.text(middle + 4, y + 96, name, ink="soft")
    d.text(
        latent.x + latent.width + 24,
        y + 42,
        "The sentence enters once.",
        anchor="start",
        ink="soft",
    )
    return d


def _latent(d: Diagram, y: float, size: int, noise: int) -> Box:
    left = d.numbers(LEFT, y, size, "text", "condition: {}", cells=11)
    right = d.numbers(LEFT + 99, y, noise, "noise", "noise: {}", cells=9)
    return Box(left.x, y, right.x + right.width - left.x, 13)


def _row(
    d: Diagram, centres: Sequence[float], y: float, row: Sequence[Sequence[int]], scale: float = 1.0
) -> list[Box]:
    """Maps side by side with arrows between them; their fronts are centred on y."""
    boxes = [d.maps(x, y, shape, scale=scale) for x, shape in zip(centres, row, strict=True)]
    for before, after, x, shape in zip(boxes, boxes[1:], centres[1:], row[1:], strict=False):
        end = x - map_size(shape, scale)[0] / 2
        d.arrow((before.x + before.width + 3, y), (end, y), kind="maps")
        assert after.x <= end
    return boxes


def stage2() -> Diagram:
    """Stage II of both recipes."""
    modern, paper = shapes.stage2("modern"), shapes.stage2("paper")
    configs = [shapes.config_of(recipe, 2) for recipe in ("modern", "paper")]
    sketch, size = shapes.stage1("modern")[-1], configs[0].condition_size
    d = Diagram(
        "stage2",
        "Stage II: from 64 to 256 pixels",
        f"""The modern recipe, width {configs[0].generator_width}. The sketch {shape_text(sketch)}
        is encoded: {", ".join(map(shape_text, modern.encoded))}. The condition of {size} numbers is
        joined to every place: {shape_text(modern.joined)}, and a convolution gives
        {shape_text(modern.middle)}. {modern.blocks} residual blocks follow. Upsampling blocks,
        modulated by the condition, give {", ".join(map(shape_text, modern.upsampled))}; skips add
        what was seen on the way down at 32 and 64 pixels. A convolution to
        {shape_text(modern.before_picture)} is rearranged, depth to space, into a change of
        {shape_text(modern.picture)}, which is added to the enlarged sketch. Below, the paper's body
        at its published width {configs[1].generator_width}, which has neither skips nor the last
        addition.""",
        810,
    )
    d.text(
        LEFT,
        32,
        f"Modern recipe, width {configs[0].generator_width}",
        size=NORMAL + 1,
        anchor="start",
        bold=True,
    )
    left, right, last = 226, 396, 520
    rows = {256: 106, 128: 202, 64: 292, 32: 380, 16: 466}
    bottom = 554
    draw_bird(d, 36, rows[64] - 30, 60, pixels=20)
    d.shape(66, rows[64] + 45, sketch)
    d.text(66, rows[64] + 61, "sketch", ink="soft")
    d.arrow((96, rows[64]), (left - 24, rows[64]), kind="maps")
    way = [(rows[shape[0]], shape) for shape in modern.encoded] + [(bottom, modern.joined)]
    down = _column(d, left, way, before=True)
    condition = d.numbers(36, bottom - 52, size, "text", "condition c: {}", cells=10)
    d.arrow((81, bottom - 20), (81, bottom), (left - 16, bottom), kind="text")
    blocks = d.box(
        272, bottom - 31, 104, 62, "", "convolution,", f"{modern.blocks} residual", "blocks"
    )
    d.arrow((down[-1].x + down[-1].width + 2, bottom), blocks.left, kind="maps")
    d.arrow(blocks.right, (right, bottom), (right, rows[16] + 16), kind="maps")
    way = [(rows[shape[0]], shape) for shape in (modern.middle, *modern.upsampled)]
    up = _column(d, right, way, before=False)
    for y, _ in way[:-1]:
        d.text(right + 66, y - 42, "c", size=NORMAL, bold=True)
        d.arrow((right + 56, y - 47), (right + 4, y - 47), kind="text")
    for number, shape in enumerate(modern.with_skips):
        y, start = rows[shape[0]], down[1 - number]
        side = map_size(modern.upsampled[number])[0]
        d.arrow((start.x + start.width + 4, y), (right - side / 2 - 1, y), kind="maps")
        d.text((left + right) / 2 + 6, y - 8, "skip", ink="soft")
        beside = up[number + 1].x + up[number + 1].width + 7
        d.text(beside, y + 4, "with the skip", anchor="start", ink="soft")
        d.shape(beside, y + 19, shape, anchor="start")

    twelve = d.maps(last, rows[128], modern.before_picture)
    d.arrow((up[-1].x + up[-1].width + 3, rows[128]), (twelve.x, rows[128]), kind="maps")
    change = d.maps(last, rows[256], modern.picture, label=False)
    d.text(last + 4, 46, "the change", ink="soft")
    d.shape(last + 4, 62, modern.picture)
    d.arrow((last, twelve.y - 1), (last, rows[256] + 32), kind="maps")
    d.text(last - 10, 158, "depth to space", anchor="end", ink="soft")
    plus = d.circle(414, rows[256], "+")
    d.arrow((change.x, rows[256]), plus.right, kind="maps")
    picture = draw_bird(d, 262, rows[256] - 36, 72)
    d.arrow(plus.left, picture.right, kind="maps")
    d.shape(298, rows[256] + 52, modern.picture)
    d.arrow((66, rows[64] - 30), (66, 50), (414, 50), plus.top, kind="maps")
    d.text(76, 68, "the sketch,", "enlarged ×4", anchor="start", ink="soft")
    assert condition.width

    y = 606
    d.divider(y)
    d.text(
        LEFT,
        y + 28,
        f"Paper’s recipe, width {configs[1].generator_width}: no skips, no addition",
        size=NORMAL + 1,
        anchor="start",
        bold=True,
    )
    first = [sketch, *paper.encoded, paper.joined, paper.middle]
    _row(d, [66 + 94 * number for number in range(6)], y + 72, first, scale=0.62)
    y += 150
    residual = d.box(LEFT, y - 22, 88, 44, "", f"{paper.blocks} residual", "blocks")
    second = [*paper.upsampled, paper.picture]
    centres = [172 + 91 * number for number in range(5)]
    boxes = _row(d, centres, y, second, scale=0.62)
    d.arrow(residual.right, (boxes[0].x, y), kind="maps")
    return d


def _column(
    d: Diagram, x: float, maps: Sequence[tuple[float, Sequence[int]]], before: bool
) -> list[Box]:
    """Maps above each other with arrows from each to the next; shapes on the left or the right."""
    boxes = [d.maps(x, y, shape, label=False) for y, shape in maps]
    for box, (y, shape) in zip(boxes, maps, strict=True):
        left = before or shape is maps[-1][1]  # the topmost one has a neighbour on its right
        d.shape(
            box.x - 7 if left else box.x + box.width + 7,
            y - (8 if left else 12),
            shape,
            anchor="end" if left else "start",
        )
    for start, end in zip(boxes, boxes[1:], strict=False):
        down = end.y > start.y
        tail = start.y + start.height if down else start.y
        d.arrow((x, tail), (x, end.y if down else end.y + end.height), kind="maps")
    return boxes
