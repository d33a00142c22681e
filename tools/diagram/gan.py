"""Diagrams of the two players: generators, discriminator, one update."""

from collections.abc import Sequence

from tools.diagram import shapes
from tools.diagram.bird import RED, YELLOW, draw_bird
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
    d.text(LEFT, 32, f"Modern recipe, width {config.generator_width}", size=NORMAL + 1,
           anchor="start", bold=True)  # fmt: skip
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
    d.text(latent.x + latent.width + 24, 66, "The sentence and the noise enter every block.",
           anchor="start", ink="soft")  # fmt: skip

    y = 244
    d.rectangle(Box(LEFT, y, RIGHT - LEFT, 138), "plain", radius=10)
    d.text(LEFT + 14, y + 22, "One block", anchor="start", bold=True, size=NORMAL)
    parts = (
        (38, 122, "Upsample ×2", "3×3 convolution", "maps"),
        (179, 118, "BatchNorm", "mean 0, std 1", "maps"),
        (316, 114, "· (1 + scale)", "+ shift", "text"),
        (449, 113, "Gate", "a · sigmoid(b)", "maps"),
    )
    boxes = [d.box(x, y + 36, wide, 46, title, note, size=13, role=role)
             for x, wide, title, note, role in parts]  # fmt: skip
    for start, end in zip(boxes, boxes[1:], strict=False):
        d.arrow(start.right, end.left, kind="maps")
    d.arrow((373, y + 102), boxes[2].bottom, kind="text")
    d.text(373, y + 114, "dense layer of", "the latent vector", ink="soft")
    d.text(505, y + 102, "a and b: halves", "of the channels", ink="soft")

    y = 400
    d.text(LEFT, y + 10, f"Paper’s recipe, width {configs[1].generator_width}", size=NORMAL + 1,
           anchor="start", bold=True)  # fmt: skip
    latent = _latent(d, y + 28, size, noise)
    centres = [70, 190, 310, 420, 528]
    boxes = _row(d, centres, y + 134, paper, scale=0.8)
    d.arrow((70, y + 59), (70, boxes[0].y - 2), kind="text")
    d.text(62, y + 90, "dense", ink="soft", anchor="end")
    middles = [(left + right) / 2 for left, right in zip(centres, centres[1:], strict=False)]
    for middle, name in zip(middles, ("residual, up", "residual, up", "up", "up, tanh"), strict=True):
        d.text(middle + 4, y + 96, name, ink="soft")
    d.text(latent.x + latent.width + 24, y + 42, "The sentence enters once.", anchor="start",
           ink="soft")  # fmt: skip
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


def discriminator() -> Diagram:
    """Three pairs, and how they are judged."""
    judge, width = shapes.judge(), shapes.embedding_width()
    d = Diagram(
        "discriminator",
        "The discriminator and its three pairs",
        f"""Three pairs: a photograph with its own sentence should get a logit above +1; the same
        photograph with a sentence of another class, and a drawing with its sentence, below -1. Each
        picture is augmented and goes through a frozen image network with fixed random mixing, which
        gives four maps: {", ".join(map(shape_text, judge.maps))}. Four trained heads turn each of
        them into {shape_text(judge.judged)}. Realness is a convolution; match is the inner product
        of each place with a projection of the sentence. Their sum gives {judge.logits} logits a
        pair.""",
        688,
    )
    pairs = (
        ("photograph", "“a yellow bird with", "black wings”", YELLOW, 0, "yes", "above +1"),
        ("same photograph", "“a blue bird with", "a white belly”", YELLOW, 0, "no", "below −1"),
        ("drawing", "“a small red bird", "with black wings”", RED, 24, "no", "below −1"),
    )
    notes = ("its own sentence", "of another class", "its own sentence")
    for number, (name, first, second, colours, pixels, answer, where) in enumerate(pairs):
        x = LEFT + 187 * number
        d.rectangle(Box(x, 18, 178, 188), "plain", radius=10)
        d.text(x + 89, 40, name, bold=True, size=NORMAL)
        draw_bird(d, x + 57, 50, 64, pixels=pixels, colours=colours)
        d.box(x + 12, 121, 154, 40, "", first, second, role="text")
        d.text(x + 89, 177, notes[number], ink="soft")
        d.text(x + 89, 196, f"wanted: {answer}, {where}", bold=True)
        d.arrow((x + 89, 206), (x + 89, 220), head=False, kind="maps", gap=0)
    d.arrow((113, 220), (LEFT + 463, 220), head=False, kind="maps", gap=0)

    y = 238
    view = d.box(LEFT, y, 154, 66, "Augment", "light, place,", "a hidden square")
    trunk = d.box(LEFT + 180, y, 190, 66, "Image network", "EfficientNet-Lite0, fixed", "random mixing: frozen",
                  role="frozen")  # fmt: skip
    d.arrow((113, 220), (113, y), kind="maps")
    d.arrow(view.right, trunk.left, kind="maps")
    d.shape(LEFT + 77, y + 82, judge.seen)
    d.text(412, y + 20, "One pass of it serves a", "photograph with both", "of its sentences.",
           anchor="start", ink="soft")  # fmt: skip
    y = 388
    centres = [80, 226, 373, 520]
    middle = trunk.bottom[0]
    d.arrow(trunk.bottom, (middle, y - 62), head=False, kind="maps", gap=0)
    d.arrow((centres[0], y - 62), (centres[-1], y - 62), head=False, kind="maps", gap=0)
    for number, (x, shape) in enumerate(zip(centres, judge.maps, strict=True)):
        box = d.maps(x, y, shape, scale=0.9)
        d.arrow((x, y - 62), (x, box.y - 1), kind="maps")
        head = d.box(x - 56, y + 66, 112, 44, f"Head {number + 1}", "learns")
        d.arrow((x, box.y + box.height + 22), head.top, kind="maps")

    y = 512
    d.rectangle(Box(LEFT, y, RIGHT - LEFT, 124), "plain", radius=10)
    d.text(LEFT + 14, y + 22, "Inside each head", anchor="start", bold=True, size=NORMAL)
    maps = d.maps(76, y + 66, judge.judged, scale=1.3)
    real = d.box(170, y + 32, 132, 32, "realness: conv", size=13, role="maps")
    match = d.box(170, y + 78, 132, 32, "match: product", size=13, role="text")
    start = maps.x + maps.width + 4
    d.arrow((start, y + 58), real.left, kind="maps")
    d.arrow((start, y + 72), (match.x, y + 88), kind="maps")
    plus = d.circle(344, y + 60, "+")
    d.arrow(real.right, plus.left, kind="maps")
    d.arrow(match.right, (334, y + 68), kind="text")
    places = judge.judged[0] * judge.judged[1]
    d.text(470, y + 54, f"{places} logits a head", f"{judge.logits} in all", anchor="middle", bold=True)
    d.arrow(plus.right, (400, y + 60), kind="maps")
    sentence = d.numbers(430, y + 87.5, width, "text", cells=8)
    d.arrow(sentence.left, match.right, kind="text")
    d.text(364, y + 112, f"dense to {judge.judged[2]}", ink="soft")
    d.text(300, 664, f"Two small towers beside the heads turn maps and sentence into {judge.vector} numbers",
           "each; the contrastive loss asks which of thousands of sentences fits.", ink="soft")  # fmt: skip
    return d


def update() -> Diagram:
    """One update: losses, gradients, and who changes."""
    config = shapes.config_of("modern", 1)
    terms = {
        "KL": config.kl_weight,
        "contrastive": config.contrastive_weight,
        "sameness": config.diversity_weight,
    }
    d = Diagram(
        "update",
        "One update of both players",
        f"""One forward pass: the generator draws, the frozen network looks at drawings and
        photographs, the heads judge three pairs. Two losses follow. The discriminator's gradient
        changes the heads and stops at the frozen network. The generator's gradient passes through
        the heads and through the frozen network, changes neither, and changes the generator.
        Weights of the generator's terms: {terms}. An averaged copy of the generator follows it
        slowly, and draws the pictures that we look at.""",
        624,
    )
    d.text(LEFT, 34, "1. One pass forward", size=NORMAL + 1, anchor="start", bold=True)
    y, columns = 140, ((LEFT, "Generator"), (230, "Image network"), (432, "Heads, towers"))
    inputs = d.box(LEFT, 54, 144, 46, "", "right sentence,", "noise z, noise ε", role="text")
    boxes = [d.box(x, y, 144, 56, name, *(["frozen"] if "Image" in name else []),
                   role="frozen" if "Image" in name else "plain") for x, name in columns]  # fmt: skip
    generator, trunk, heads = boxes
    d.arrow(inputs.bottom, generator.top, kind="text")
    drawing = draw_bird(d, 181, y + 9, 36, pixels=16)
    d.arrow(generator.right, drawing.left, kind="maps", gap=0)
    d.arrow(drawing.right, trunk.left, kind="maps", gap=0)
    draw_bird(d, 279, 54, 46, colours=YELLOW)
    d.arrow((302, 100), trunk.top, kind="maps")
    d.text(334, 80, "photograph", anchor="start", ink="soft")
    d.arrow(trunk.right, heads.left, kind="maps")
    d.text(403, y + 18, "maps", ink="soft")
    sentences = d.box(432, 54, 144, 46, "", "right sentence,", "wrong sentence", role="text")
    d.arrow(sentences.bottom, heads.top, kind="text")
    logits = d.box(320, 222, 256, 34, "", "logits: real, wrong, drawn pair", role="maps")
    d.arrow(heads.bottom, (504, logits.y), kind="maps")

    for top, title, learner in (
        (276, "2. The discriminator learns", "Heads, towers"),
        (426, "3. The generator learns", "Generator"),
    ):
        d.divider(top)
        d.text(LEFT, top + 28, title, size=NORMAL + 1, anchor="start", bold=True)
        for x, name in columns:
            frozen = "frozen" if "Image" in name else "plain"
            changes = name == learner
            d.box(x, top + 86, 144, 48, name, "changes" if changes else "stays as it is",
                  role="maps" if changes else frozen)  # fmt: skip
    contrastive = f"{terms['contrastive']:g} · contrastive"
    d.box(302, 292, 274, 40, "", f"hinge of three pairs + {contrastive}", role="text")
    d.arrow((504, 332), (504, 362), kind="gradient")
    d.arrow((430, 386), (378, 386), kind="gradient", head=False)
    d.cross(403, 386)
    d.text(403, 414, "stops", ink="gradient")

    d.box(286, 438, 290, 46, "", f"−logit of the drawn pair + {contrastive}",
          f"+ {terms['sameness']:g} · sameness + {terms['KL']:g} · KL", role="text")  # fmt: skip
    d.arrow((504, 484), (504, 512), kind="gradient")
    d.arrow((430, 536), (376, 536), kind="gradient")
    d.arrow((228, 536), (170, 536), kind="gradient")
    d.text(403, 564, "passes", ink="gradient")
    d.arrow((286, 484), (96, 484), (96, 512), kind="gradient")
    d.text(190, 478, "KL: straight to μ and σ", ink="gradient")
    d.text(LEFT, 592, "Both gradients come from one pass. Then an averaged copy of the generator",
           f"moves {100 * (1 - config.average_decay):.1f} % of the way towards it. The copy draws what we look at.",
           anchor="start", ink="soft")  # fmt: skip
    return d


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
    d.text(LEFT, 32, f"Modern recipe, width {configs[0].generator_width}", size=NORMAL + 1,
           anchor="start", bold=True)  # fmt: skip
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
    blocks = d.box(272, bottom - 31, 104, 62, "", "convolution,", f"{modern.blocks} residual", "blocks")
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
    d.text(LEFT, y + 28, f"Paper’s recipe, width {configs[1].generator_width}: no skips, no addition",
           size=NORMAL + 1, anchor="start", bold=True)  # fmt: skip
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
        d.shape(box.x - 7 if left else box.x + box.width + 7, y - (8 if left else 12), shape,
                anchor="end" if left else "start")  # fmt: skip
    for start, end in zip(boxes, boxes[1:], strict=False):
        down = end.y > start.y
        tail = start.y + start.height if down else start.y
        d.arrow((x, tail), (x, end.y if down else end.y + end.height), kind="maps")
    return boxes
