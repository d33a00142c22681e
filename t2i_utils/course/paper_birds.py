"""Paper birds: a small set of pictures for notebook 07, unlike anything that a shipped network saw.

Birds as if cut from coloured paper, on paper of a dusky colour with a moon. Plumage, wings and
paper have a colour each. The birds are near to the toy birds that the shipped weights know, and the
plain ground is far from theirs: so a minute of fine-tuning changes what the eye sees first. (On
ground that is nearly black, the birds themselves become black before the ground is right.) A third
of the pairs of plumage and wings is never in the training part: what the test part asks for
has not been shown.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from t2i_utils.data.captions import with_article
from t2i_utils.data.toy.drawing import (
    PALETTE,
    RGB,
    Pose,
    bird_bounds,
    feet_level,
    paint_bird,
    tones,
)

INKS: dict[str, RGB] = {
    colour: PALETTE[colour] for colour in ("red", "orange", "yellow", "green", "blue", "white")
}
PAPERS: dict[str, RGB] = {
    "navy": (66, 82, 168),
    "plum": (132, 60, 122),
    "pine": (30, 112, 94),
    "slate": (92, 104, 126),
}
SIZE = 256  # height and width of a picture in pixels
_SUPERSAMPLE = 2
_WOOD, _EYE, _GLINT, _MOON = (122, 96, 84), (28, 22, 30), (252, 250, 244), (250, 240, 205)


class PaperBird(NamedTuple):
    """A picture (256, 256, 3) uint8 and what it shows: names of `INKS` and of `PAPERS`."""

    picture: np.ndarray
    body: str
    wings: str
    paper: str

    @property
    def captions(self) -> list[str]:
        """Four sentences, all of them true."""
        plumage, wings = with_article(self.body), with_article(self.wings)
        return [
            f"a bird with {wings} crown, {self.wings} wings and {plumage} belly",
            f"{plumage} bird with {self.wings} wings, on {self.paper} paper",
            f"this bird has {plumage} back, {plumage} belly and {self.wings} wings",
            f"on {self.paper} paper sits {plumage} bird that has {wings} crown",
        ]


def paper_birds(count: int, held_back: bool = False, seed: int = 0) -> Iterator[PaperBird]:
    """Cut birds of the training part, or of the test part.

    Args:
        count: how many.
        held_back: cut those whose plumage and wings training never sees together.
        seed: of colours and poses.
    """
    random = np.random.default_rng([seed, held_back])
    inks, papers = list(INKS), list(PAPERS)
    pairs = [
        (body, wings)
        for i, body in enumerate(inks)
        for j, wings in enumerate(inks)
        if i != j and ((i + j) % 3 == 0) == held_back
    ]
    for number in range(count):
        if number % len(pairs) == 0:  # each pair comes once before one comes again
            order = random.permutation(len(pairs))
        body, wings = pairs[order[number % len(pairs)]]
        paper = papers[int(random.integers(len(papers)))]
        yield PaperBird(_cut(INKS[body], INKS[wings], PAPERS[paper], random), body, wings, paper)


def write_pictures(folder: Path, training: int = 60, held_back: int = 60) -> dict[str, list[str]]:
    """Write birds as PNG files into the folders `train` and `test` of a folder.

    Returns:
        {name of a file, counted from the folder: its captions}.
    """
    captions = {}
    for part, count in (("train", training), ("test", held_back)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for number, bird in enumerate(paper_birds(count, part == "test")):
            name = f"{part}/{bird.body}_{bird.wings}_{number:02d}.png"
            Image.fromarray(bird.picture).save(folder / name)
            captions[name] = bird.captions
    return captions


def _cut(body: RGB, wings: RGB, paper: RGB, random: np.random.Generator) -> np.ndarray:
    """One picture (256, 256, 3) uint8, of random pose, size and place."""
    side = SIZE * _SUPERSAMPLE
    shapes = [("cone", "long"), ("rounded", "long"), ("level", "perched", "upright")]
    beak, tail, posture = (names[int(random.integers(len(names)))] for names in shapes)
    pose = Pose("medium", beak, tail, posture, *random.uniform(-5, 5, 2))
    left, top, right, bottom = bird_bounds(pose)
    scale = side * random.uniform(0.84, 0.92) / max(right - left, bottom - top)
    facing = -1 if random.random() < 0.5 else 1
    middle = side * (np.array([0.5, 0.54]) + random.uniform(-0.03, 0.03, 2))
    offset = middle - (facing * scale * (left + right) / 2, scale * (top + bottom) / 2)

    image = Image.new("RGB", (side, side), paper)
    draw = ImageDraw.Draw(image)
    x, y, radius = side * random.uniform((0.12, 0.1, 0.07), (0.28, 0.2, 0.1))
    x = x if facing == 1 else side - x  # behind the bird, where its head does not hide it
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_MOON)
    perch = offset[1] + scale * feet_level(pose)
    draw.rectangle((0, perch, side, perch + 0.024 * side), fill=_WOOD)

    plumage, crown = tones(body), tones(wings)
    inks: dict[str, dict[str, RGB]] = {
        "back": plumage,
        "belly": {**plumage, "base": plumage["light"]},
        "wing": crown,
        "crown": crown,
        "beak": tones(INKS["yellow"]),
        "leg": dict.fromkeys(plumage, _WOOD),
        "eye": {"base": _EYE, "light": _GLINT},
    }
    paint_bird(
        draw,
        pose,
        lambda part, tone: inks[part][tone],
        (facing * scale, scale),
        (float(offset[0]), float(offset[1])),
    )
    return np.asarray(image.reduce(_SUPERSAMPLE))
