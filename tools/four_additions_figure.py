"""Maintainers: figures/03_four_additions.png, what each part of the modern recipe changes.

    python tools/four_additions_figure.py FILE.png [--steps 250]

Four Stage-I GANs learn from the birds of two colours that notebook 03 uses, half of them mirrored.
The first has a discriminator that knows nothing; each later one adds a part. The fifth row is the
fourth run again, drawn with its averaged weights. On two quiet cores this takes some six minutes.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from ablation_variants import PlainRecipe

from t2i_utils.course.two_colours import TwoColourBirds, two_colour_birds
from t2i_utils.pictures import to_uint8
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.stackgan.recipes.modern import ModernConfig
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.text import load_encoder
from t2i_utils.text.whitening import whitening_of

NUM_NOISES = 8
SIZES = {
    "generator_width": 16,
    "discriminator_width": 16,
    "feature_size": 64,
    "batch_size": 32,
    "num_distractors": 128,
    "blur_steps": 100,
    "average_decay": 0.98,
    "discriminator_learning_rate": 1e-3,
    "hidden_square": 0.0,
    "precision": "float32",
}
PARTS = {
    "a plain GAN": ("plain", {"contrastive_weight": 0.0, "diversity_weight": 0.0}),
    "+ projected": ("modern", {"contrastive_weight": 0.0, "diversity_weight": 0.0}),
    "+ matching": ("modern", {"contrastive_weight": 2.5, "diversity_weight": 0.0}),
    "+ diversity": ("modern", {"contrastive_weight": 2.5, "diversity_weight": 2.0}),
}


def main() -> None:
    """Train, draw and write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--steps", type=int, default=250, help="of 32 pictures")
    parser.add_argument("--only", choices=PARTS, help="one run, to try something")
    options = parser.parse_args()
    birds, new = two_colour_birds(mirrored=True), two_colour_birds(held_out=True, mirrored=True)
    encode = load_encoder("package").encode
    texts = encode([caption for captions in birds.captions for caption in captions])
    whitening = whitening_of(texts.mean(axis=0), np.cov(texts.T, bias=True))
    texts = whitening(texts).reshape(*np.shape(birds.captions), -1)
    captions = whitening(encode([captions[0] for captions in new.captions]))
    rows = {"drawn by program": new.images[:, 0]}, {"": new.images[0, :NUM_NOISES]}
    for name, (recipe, changes) in PARTS.items():
        if options.only in (None, name):
            gan = train(recipe, changes, birds, texts, options.steps)
            players = {name: gan.generator}
            if name == "+ diversity":
                players["+ averaged"] = gan.averaged
            for label, generator in players.items():
                pictures = draw(generator, captions)
                print(label, measure(pictures, new.images), flush=True)
                rows[0][f"{label}\n{measure(pictures, new.images)}"] = pictures[:, 0]
                rows[1][label] = pictures[0]
    write(options.file, *rows, new.captions[0][0], options.steps)


def train(
    recipe: str, changes: dict, birds: TwoColourBirds, texts: np.ndarray, steps: int
) -> StageGAN:
    """A GAN of one recipe after so many steps; all runs see the same batches."""
    make_config("modern")  # registers
    config = make_config(recipe, "cpu", 1, **{**SIZES, **changes})
    assert isinstance(config, ModernConfig) and PlainRecipe.name
    gan = StageGAN(config, texts.shape[-1], seed=0)
    for step in range(steps):
        random = np.random.default_rng([0, step])
        batch = batch_at(birds, texts, random, config.batch_size, config.num_distractors)
        metrics = gan.update(batch | gan.draw_noise(random, config.batch_size), step)
        if step % 50 == 49:
            print(step + 1, {name: round(float(v), 2) for name, v in metrics.items()}, flush=True)
    return gan


def batch_at(
    birds: TwoColourBirds, texts: np.ndarray, random: np.random.Generator, size: int, others: int
) -> dict[str, np.ndarray]:
    """A batch as `Batches.at` gives it; a class is a pair of colours."""
    pairs, pictures = birds.images.shape[:2]
    wordings = texts.shape[1]
    chosen = random.integers(pairs, size=size)
    wrong = (chosen + random.integers(1, pairs, size=size)) % pairs
    distractors = random.integers(pairs, size=others)
    images = birds.images[chosen, random.integers(pictures, size=size)]
    return {
        "images": images.astype("float32") / 127.5 - 1,
        "embeddings": texts[chosen, random.integers(wordings, size=size)],
        "wrong_embeddings": texts[wrong, random.integers(wordings, size=size)],
        "class_ids": chosen.astype("int32"),
        "distractors": texts[distractors, random.integers(wordings, size=others)],
        "distractor_class_ids": distractors.astype("int32"),
    }


def draw(generator, captions: np.ndarray) -> np.ndarray:
    """Pictures (captions, noises, 64, 64, 3) uint8; every caption with the same noises."""
    count = len(captions) * NUM_NOISES
    sizes = [tensor.shape[-1] for tensor in generator.inputs]
    noise = np.random.default_rng(3).standard_normal((NUM_NOISES, sizes[1])).astype("float32")
    inputs = [
        np.repeat(captions, NUM_NOISES, axis=0),
        np.tile(noise, (len(captions), 1)),
        np.zeros((count, sizes[2]), "float32"),
    ]
    images = to_uint8(np.asarray(generator.predict_on_batch(inputs)[0]))
    return images.reshape(len(captions), NUM_NOISES, *images.shape[1:])


def measure(pictures: np.ndarray, real: np.ndarray) -> str:
    """How many pictures are nearest to their own caption's birds, and how much noise changes."""
    wanted, found = coarse(real).mean(axis=1), coarse(pictures)  # (8, n), (8, noises, n)
    distance = ((found[:, :, None] - wanted) ** 2).sum(axis=-1)
    own = (distance.argmin(axis=-1) == np.arange(len(real))[:, None]).mean()
    spread = pictures.std(axis=1).mean() / real.std(axis=1).mean()
    return f"colours {own:.0%}, spread {spread:.2f}"


def coarse(pictures: np.ndarray) -> np.ndarray:
    """8 x 8 pixels of each picture (..., 64, 64, 3), whichever way its bird faces."""
    small = pictures.astype("float32").reshape(*pictures.shape[:2], 8, 8, 8, 8, 3).mean((3, 5))
    return (small + small[:, :, :, ::-1]).reshape(*pictures.shape[:2], -1)


def write(file: Path, left: dict, right: dict, caption: str, steps: int) -> None:
    """Rows of eight captions on the left, of eight noises on the right."""
    figure, axes = plt.subplots(len(left), 2, figsize=(13, 0.78 * len(left) + 0.3), dpi=110)
    for line, (label, pictures), others in zip(axes, left.items(), right.values(), strict=True):
        for axis, images in zip(line, (pictures, others), strict=True):
            axis.imshow(np.concatenate(list(images), axis=1))
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    axes[0, 0].set_title(f"eight captions never seen in training, after {steps} steps", fontsize=10)
    axes[0, 1].set_title(f'"{caption}", eight noises', fontsize=10)
    figure.tight_layout(pad=0.4)
    figure.savefig(file)


if __name__ == "__main__":
    main()
