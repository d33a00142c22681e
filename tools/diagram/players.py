"""Diagrams of the game, of the discriminator and of one update."""

from tools.diagram import shapes
from tools.diagram.bird import RED, YELLOW, draw_bird
from tools.diagram.kit import NORMAL, Box, Diagram, shape_text

LEFT, RIGHT = 24, 576  # the margins


def game() -> Diagram:
    """The game of a GAN: who sees what, and which way the gradients go."""
    d = Diagram(
        "game",
        "The game of a GAN",
        """The generator, a forger, turns noise into a forgery. The discriminator, a judge, gets
        forgeries and real examples and gives each a logit: above 0 means real. The judge's own loss
        changes the judge. The forger's loss is made from the judge's logit of a forgery; its
        gradient passes back through the judge, which it does not change, and through the forgery to
        the forger, which it changes. The forger never sees a real example.""",
        300,
    )
    noise = d.box(LEFT, 136, 84, 46, "", "noise z", role="text")
    forger = d.box(150, 126, 118, 66, "Forger G", "(generator)", role="maps")
    forgery = draw_bird(d, 304, 137, 44, pixels=12)
    judge = d.box(386, 84, 118, 66, "Judge D", "(discriminator)", role="maps")
    draw_bird(d, 304, 26, 44, colours=YELLOW)
    d.text(292, 52, "real", anchor="end", bold=True)
    d.text(326, 202, "forged", bold=True)
    d.arrow(noise.right, forger.left, kind="text")
    d.arrow(forger.right, forgery.left, kind="maps", gap=0)
    d.arrow((348, 159), (386, 138), kind="maps", gap=0)
    d.arrow((348, 48), (386, 96), kind="maps", gap=0)
    d.text(550, 112, "logit", bold=True)
    d.text(550, 130, "real?", ink="soft")
    d.arrow(judge.right, (528, 117), kind="maps", gap=0)
    d.arrow((550, 138), (550, 240), (209, 240), (209, 194), kind="gradient")
    d.text(380, 228, "the forger's gradient: how would this look more real?", ink="gradient")
    d.arrow((550, 96), (550, 58), (445, 58), (445, 82), kind="gradient")
    d.text(498, 50, "the judge's gradient", ink="gradient")
    d.text(
        300,
        270,
        "The forger's gradient passes back through the judge and does not change it.",
        "The forger never sees anything real.",
        ink="soft",
    )
    return d


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
    trunk = d.box(
        LEFT + 180,
        y,
        190,
        66,
        "Image network",
        "EfficientNet-Lite0, fixed",
        "random mixing: frozen",
        role="frozen",
    )
    d.arrow((113, 220), (113, y), kind="maps")
    d.arrow(view.right, trunk.left, kind="maps")
    d.shape(LEFT + 77, y + 82, judge.seen)
    d.text(
        412,
        y + 20,
        "One pass of it serves a",
        "photograph with both",
        "of its sentences.",
        anchor="start",
        ink="soft",
    )
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
    d.text(
        470, y + 54, f"{places} logits a head", f"{judge.logits} in all", anchor="middle", bold=True
    )
    d.arrow(plus.right, (400, y + 60), kind="maps")
    sentence = d.numbers(430, y + 87.5, width, "text", cells=8)
    d.arrow(sentence.left, match.right, kind="text")
    d.text(364, y + 112, f"dense to {judge.judged[2]}", ink="soft")
    d.text(
        300,
        664,
        f"Two small towers beside the heads turn maps and sentence into {judge.vector} numbers",
        "each; the contrastive loss asks which of thousands of sentences fits.",
        ink="soft",
    )
    return d


def update() -> Diagram:
    """One update: losses, gradients, and who changes."""
    config = shapes.config_of("modern", 1)
    moved = 100 * (1 - config.average_decay)
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
    boxes = [
        d.box(
            x,
            y,
            144,
            56,
            name,
            *(["frozen"] if "Image" in name else []),
            role="frozen" if "Image" in name else "plain",
        )
        for x, name in columns
    ]
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
            d.box(
                x,
                top + 86,
                144,
                48,
                name,
                "changes" if changes else "stays as it is",
                role="maps" if changes else frozen,
            )
    contrastive = f"{terms['contrastive']:g} · contrastive"
    d.box(302, 292, 274, 40, "", f"hinge of three pairs + {contrastive}", role="text")
    d.arrow((504, 332), (504, 362), kind="gradient")
    d.arrow((430, 386), (378, 386), kind="gradient", head=False)
    d.cross(403, 386)
    d.text(403, 414, "stops", ink="gradient")

    d.box(
        286,
        438,
        290,
        46,
        "",
        f"−logit of the drawn pair + {contrastive}",
        f"+ {terms['sameness']:g} · sameness + {terms['KL']:g} · KL",
        role="text",
    )
    d.arrow((504, 484), (504, 512), kind="gradient")
    d.arrow((430, 536), (376, 536), kind="gradient")
    d.arrow((228, 536), (170, 536), kind="gradient")
    d.text(403, 564, "passes", ink="gradient")
    d.arrow((286, 484), (96, 484), (96, 512), kind="gradient")
    d.text(190, 478, "KL: straight to μ and σ", ink="gradient")
    d.text(
        LEFT,
        592,
        "Both gradients come from one pass. Then an averaged copy of the generator",
        f"moves {moved:.1f} % of the way towards it. The copy draws what we look at.",
        anchor="start",
        ink="soft",
    )
    return d


def takeover() -> Diagram:
    """What a network that is fine-tuned takes over from shipped weights, and what begins anew."""
    d = Diagram(
        "takeover",
        "What fine-tuning takes over",
        """On the left the parts of a shipped set of weights, toy, in the middle your network. Four
        parts are taken over: the generator, its average, the whitening of captions, and the
        limit of a sentence's length. The discriminator is taken over where it was shipped; toy has
        none, so a new one begins and warms up alone. The two optimisers begin anew. Pictures and
        captions are yours.""",
        372,
    )
    d.text(106, 34, "shipped: toy", size=NORMAL, bold=True)
    d.text(330, 34, "your network", size=NORMAL, bold=True)
    rows = (
        ("Generator", "it can draw", "comes along", "maps"),
        ("Its average", "the one we draw with", "comes along", "maps"),
        ("Whitening, limit", "how captions are read", "come along", "text"),
        ("Discriminator", "judges pairs", "new: learns alone first", "plain"),
        ("Optimisers", "remember gradients", "begin anew", "plain"),
    )
    for number, (name, note, what, role) in enumerate(rows):
        y = 50 + 52 * number
        ours = d.box(236, y, 188, 44, name, note, role=role)
        if role != "plain":
            theirs = d.box(LEFT, y, 164, 44, name, role=role)
            d.arrow(theirs.right, ours.left, kind=role)
        elif number == 3:
            d.text(106, y + 18, "not shipped with toy;", "with birds it comes along", ink="soft")
        else:
            d.text(106, y + 26, "belong to old pictures", ink="soft")
        d.text(440, y + 26, what, anchor="start", ink="soft" if role == "plain" else "ink",
               bold=role != "plain")  # fmt: skip
    d.box(236, 318, 188, 36, "", "pictures and captions", role="noise")
    d.text(440, 340, "yours", anchor="start", bold=True)
    return d
