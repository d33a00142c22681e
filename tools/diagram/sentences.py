"""Diagrams of the whole way, and of what becomes of a sentence."""

from tools.diagram import shapes
from tools.diagram.bird import draw_bird
from tools.diagram.kit import NORMAL, Box, Diagram, shape_text


def pipeline() -> Diagram:
    """From a sentence to a picture of 256 px, and from a picture to a sentence."""
    small, large = shapes.stage1("modern")[-1], shapes.stage2("modern").picture
    config, width = shapes.config_of("modern", 1), shapes.embedding_width()
    reader = shapes.captioner()
    d = Diagram(
        "pipeline",
        "From a sentence to a picture, and back",
        f"""Top, to the picture: a sentence goes through a frozen sentence encoder, which gives
        {width} numbers. They become a condition of {config.condition_size} numbers, joined by
        {config.noise_size} numbers of noise. Stage I draws {small[0]} pixels, Stage II reads the
        sentence again and draws {large[0]} pixels. Bottom, to the sentence: a frozen image network
        turns a picture into {reader.regions[0]} regions, and the captioner says one word after
        another.""",
        492,
    )
    d.text(24, 32, "A sentence becomes a picture", size=NORMAL + 1, anchor="start", bold=True)
    sentence = d.box(24, 50, 166, 58, "", "“a small red bird", "with black wings”", role="text")
    encoder = d.box(214, 50, 170, 58, "Sentence encoder", "frozen, notebook 02", role="frozen")
    d.arrow(sentence.right, encoder.left, kind="text")
    vector = d.numbers(450, 72, width, "text", "{} numbers", cells=13)
    d.arrow(encoder.right, vector.left, kind="text")

    condition = d.numbers(42, 168, config.condition_size, "text", "condition: {}")
    noise = d.numbers(42, 226, config.noise_size, "noise", "noise: {}")
    turn = 130
    d.arrow((508, 108), (508, turn), (83, turn), condition.top, kind="text")
    d.text(232, turn - 8, "conditioning augmentation", ink="soft")
    first = d.box(172, 176, 96, 62, "Stage I", "notebook 03")
    d.arrow(condition.right, (146, condition.y + 6.5), (146, 197), (172, 197), kind="text")
    d.arrow(noise.right, (146, noise.y + 6.5), (146, 218), (172, 218), kind="noise")
    sketch = draw_bird(d, 298, 177, 60, pixels=20)
    d.arrow(first.right, sketch.left, kind="maps")
    d.shape(328, 254, small)
    second = d.box(386, 176, 96, 62, "Stage II", "notebook 04")
    d.arrow(sketch.right, second.left, kind="maps")
    d.arrow((434, turn), second.top, kind="text")
    draw_bird(d, 508, 172, 70)
    d.arrow(second.right, (508, second.right[1]), kind="maps")
    d.shape(540, 260, large)

    d.divider(290)
    d.text(24, 322, "A picture becomes a sentence", size=NORMAL + 1, anchor="start", bold=True)
    y = 352
    seen = draw_bird(d, 506, y, 70)
    d.shape(541, y + 86, reader.seen)
    eyes = d.box(330, y, 148, 70, "Image network", "frozen", "EfficientNet-Lite0", role="frozen")
    d.arrow(seen.left, eyes.right, kind="maps")
    grid = _grid(d, 238, y, 70, reader.side)
    d.arrow(eyes.left, grid.right, kind="maps")
    d.text(273, y + 86, f"{reader.regions[0]} regions of", ink="soft")
    d.text(273, y + 102, f"{reader.regions[1]} numbers", ink="soft")
    words = d.box(24, y + 4, 182, 62, "Captioner", "one word after another,", "notebook 06")
    d.arrow(grid.left, words.right, kind="maps")
    said = d.box(24, y + 92, 182, 30, "", "“this bird is red with ...”", role="text")
    d.arrow(words.bottom, said.top, kind="text")
    return d


def _grid(d: Diagram, x: float, y: float, side: float, count: int) -> Box:
    step = side / count
    for row in range(count):
        for column in range(count):
            d.rectangle(Box(x + column * step, y + row * step, step, step), "maps", radius=1)
    return Box(x, y, side, side)


def encoder() -> Diagram:
    """From letters to the numbers that the generator reads."""
    sizes, width = shapes.encoder(), shapes.embedding_width()
    count, letters = len(sizes.pieces), shapes.EXAMPLE
    windows = ", ".join(str(size) for size, _ in sizes.windows)
    d = Diagram(
        "encoder",
        "The sentence encoder, from letters to 512 numbers",
        f"""The caption is first put in plain form. The frozen encoder cuts it into {count} pieces
        of words, its marks of start and end among them, and looks each up in a table of
        {sizes.table[0]:,} pieces: {width} numbers a piece. Three branches of two residual
        convolutions look at windows of {windows} pieces and give {sizes.branch} numbers each;
        with the piece's own they are {sizes.joined}. All pieces are summed and divided by the
        square root of their number. A small dense network with two shortcuts gives {width}
        numbers, divided to length 1. Outside the encoder, whitening with the training captions'
        statistics follows.""",
        808,
    )
    given = f"{letters[0].upper()}{letters[1:]}."
    d.box(30, 18, 330, 32, "", f"“{given}”", role="text")
    d.box(30, 76, 330, 32, "", f"“{letters}”", role="text")
    d.arrow((60, 50), (60, 76), kind="text")
    d.text(380, 60, "plain form: lower case,", "no full stop", anchor="start", ink="soft")

    d.rectangle(Box(16, 128, 568, 548), "frozen", radius=10)
    d.text(570, 152, "Universal Sentence Encoder, multilingual: frozen", anchor="end", bold=True)
    d.arrow((60, 108), (60, 174), kind="text")
    x, chips = 30.0, []
    for piece in sizes.pieces:
        piece_width = 15 + 7.4 * len(piece)
        chips.append(d.box(x, 174, piece_width, 27, "", piece, role="text"))
        x += piece_width + 5
    d.text(
        30, 219, f"SentencePiece: {count} pieces. ▁ stands for a space.", anchor="start", ink="soft"
    )
    d.numbers(30, 236, width, "text", cells=11)
    d.text(
        145,
        247,
        f"for each piece, a row of a table of {shape_text(sizes.table)}",
        anchor="start",
        ink="soft",
        kind="shape",
    )

    top, branches = 334, []
    d.arrow((79, 272), (79, 292), head=False, kind="text")
    d.arrow((79, 292), (505, 292), head=False, kind="text")
    for number, (size, left) in enumerate(sizes.windows):
        centre = 217 + 144 * number
        branch = d.box(
            centre - 62, top - 20, 124, 84, f"Windows of {size}", "2 residual layers", "", size=13
        )
        d.arrow((centre, 292), branch.top, kind="text")
        _window(d, centre, top + 52, left, size - 1 - left)
        out = d.numbers(centre - 31, top + 82, sizes.branch, "text", cells=7)
        d.arrow(branch.bottom, out.top, kind="text", gap=1)
        branches.append(out)
    kept = d.numbers(30, top + 82, width, "text", cells=11)
    d.arrow((79, 292), kept.top, kind="text")
    d.text(84, top + 30, "the piece", "itself", anchor="start", ink="soft")
    y = top + 132
    for out in [kept, *branches]:
        d.arrow(
            (out.x + out.width / 2, out.y + 33), (out.x + out.width / 2, y), head=False, kind="text"
        )
    d.arrow((79, y), (505, y), head=False, kind="text")
    joined = d.numbers(
        120, y + 20, sizes.joined, "text", "{} numbers for each piece, normalised", cells=40
    )
    d.arrow((300, y), joined.top, kind="text")

    y = 556
    pool = d.box(
        30, y, 156, 62, "Sum over pieces", f"divided by √{count},", f"dense to {sizes.head[0]}"
    )
    d.arrow((150, joined.y + 13), (150, y), kind="text")
    dense = d.box(
        214, y, 188, 62, "4 dense layers", " → ".join(map(str, sizes.head[1:])), "with 2 shortcuts"
    )
    d.arrow(pool.right, dense.left, kind="text")
    unit = d.box(430, y, 140, 62, "Unit length", "tanh, then divided", "by the length")
    d.arrow(dense.right, unit.left, kind="text")
    d.text(
        30,
        642,
        "All pieces are now one vector. The windows alone",
        "have kept something of their order.",
        anchor="start",
        ink="soft",
    )

    vector = d.numbers(441, 694, width, "text", "{} numbers, length 1", cells=13)
    d.arrow((500, 618), (500, 694), kind="text", gap=2)
    d.box(
        196,
        684,
        190,
        66,
        "Whitening",
        "minus the mean, times a",
        f"{width}×{width} matrix",
        role="frozen",
    )
    d.arrow(vector.left, (386, 700.5), kind="text")
    ready = d.numbers(30, 694, width, "text", "{} numbers", cells=13)
    d.arrow((196, 700.5), ready.right, kind="text")
    d.text(88, 740, "to the generator", ink="soft")
    d.text(
        300,
        784,
        "Whitening is no layer: mean and matrix come from the training captions, once.",
        ink="soft",
    )
    return d


def _window(d: Diagram, x: float, y: float, left: int, right: int) -> None:
    """Five places, those in the window filled, the piece itself marked."""
    for place in range(-2, 3):
        inside = -left <= place <= right
        d.rectangle(Box(x + 14 * place - 5, y - 5, 10, 10), "text" if inside else "plain", radius=2)
    d.rectangle(Box(x - 2, y - 2, 4, 4), "dot", radius=2)


def conditioning() -> Diagram:
    """How a sentence becomes a cloud, and where gradients pass."""
    config, width = shapes.config_of("modern", 1), shapes.embedding_width()
    size, start = config.condition_size, config.initial_log_sigma
    d = Diagram(
        "conditioning",
        "Conditioning augmentation",
        f"""A whitened embedding of {width} numbers goes through one dense layer of {2 * size}.
        Its first half is mu, its second half is log sigma. Sigma is multiplied by epsilon, which is
        drawn anew for every picture, and added to mu: the condition c of {size} numbers. Dashed
        arrows show the gradient: from c it passes the addition to mu, and the multiplication to
        sigma, and reaches the dense layer. It does not enter epsilon nor the frozen encoder.""",
        492,
    )
    d.text(24, 32, "c = μ + σ · ε", size=NORMAL + 2, anchor="start", bold=True)
    d.arrow((470, 27), (410, 27), kind="gradient")
    d.text(480, 31, "gradient", ink="gradient", anchor="start")
    y = 160
    vector = d.numbers(24, y - 6.5, width, "text", cells=9)
    d.text(64, y - 18, "embedding", bold=True)
    dense = d.box(142, y - 32, 100, 64, "Dense", "LeakyReLU,", "learns")
    d.shape(192, y + 50, (width, 2 * size))
    d.arrow(vector.right, dense.left, kind="text")
    mu = d.numbers(300, 80, size, "text", cells=8)
    d.text(336, 71, "μ", bold=True, size=NORMAL + 2)
    log_sigma = d.numbers(300, 222, size, "text", cells=8)
    d.text(336, 213, "log σ", bold=True, size=NORMAL + 1)
    d.arrow(dense.right, (270, y), (270, 86.5), mu.left, kind="text")
    d.arrow((270, y), (270, 228.5), log_sigma.left, kind="text")
    price = d.box(300, 137, 72, 34, "KL", size=NORMAL)
    d.arrow((336, 113), price.top, kind="text")
    d.arrow((336, 197), price.bottom, kind="text")
    low = f"{start:g}".replace("-", "−")
    d.text(336, 268, f"at first about {low}, at most 0", ink="soft")
    exp = d.circle(410, 228.5, "", radius=17)
    d.text(410, 233, "exp", bold=True)
    times = d.circle(480, 228.5, "×")
    plus = d.circle(480, 86.5, "+")
    d.arrow(log_sigma.right, exp.left, kind="text")
    d.arrow(exp.right, times.left, kind="text")
    d.text(446, 218, "σ", bold=True, size=NORMAL + 1)
    d.arrow(mu.right, plus.left, kind="text")
    d.arrow(times.top, plus.bottom, kind="text")
    epsilon = d.numbers(444, 300, size, "noise", cells=8)
    d.text(434, 307, "ε, drawn anew", "for each picture", ink="soft", anchor="end")
    d.arrow(epsilon.top, times.bottom, kind="noise")
    condition = d.numbers(520, 80, size, "text", cells=7)
    d.text(552, 71, "c", bold=True, size=NORMAL + 2)
    d.arrow(plus.right, condition.left, kind="text")

    for points in (
        ((518, 102), (492, 102)),  # c to +
        ((466, 102), (374, 102)),  # + to mu
        ((494, 104), (494, 214)),  # + to x
        ((466, 246), (428, 246)),  # x to exp
        ((394, 246), (374, 246)),  # exp to log sigma
        ((296, 102), (244, 138)),
        ((296, 218), (244, 184)),
    ):
        d.arrow(*points, kind="gradient")
    d.arrow((494, 246), (494, 292), kind="gradient", head=False)
    d.cross(494, 272)
    d.text(508, 276, "stops", ink="gradient", anchor="start")
    d.arrow((138, 180), (106, 180), kind="gradient", head=False)
    d.cross(124, 180)
    d.text(24, 216, "stops: the encoder", "is frozen", ink="gradient", anchor="start")

    d.divider(352)
    d.text(24, 378, "Why not draw c itself?", size=NORMAL, anchor="start", bold=True)
    for x, name, passes in ((24, "c drawn from N(μ, σ²)", False), (312, "c = μ + σ · ε", True)):
        d.box(x, 400, 56, 34, "μ, σ", role="text")
        d.box(x + 92, 400, 84, 34, "" if passes else "draw", role="noise")
        if passes:
            d.text(x + 134, 422, "· ε, +", size=NORMAL, bold=True)
        d.box(x + 212, 400, 40, 34, "c", role="text")
        d.arrow((x + 56, 410), (x + 92, 410), kind="text")
        d.arrow((x + 176, 410), (x + 212, 410), kind="text")
        d.arrow((x + 212, 426), (x + 178, 426), kind="gradient")
        d.arrow((x + 90, 426), (x + 58, 426), kind="gradient", head=passes)
        if not passes:
            d.cross(x + 74, 426)
        d.text(x + 126, 456, name, bold=True)
    d.text(150, 474, "a draw has no slope", ink="soft")
    d.text(438, 474, "slopes: 1 for μ, ε for σ", ink="soft")
    return d
