"""Small captioners, made once: random ones, and one of toy birds."""

import functools
import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from small_run import built_once, toy_pack

from t2i_utils.captioning.decoder import Captioner, CaptionerConfig
from t2i_utils.captioning.describer import Describer
from t2i_utils.captioning.training import train_captioner
from t2i_utils.data import Pack, load_pack

NUM_WORDS = 13  # of the random captioner, special ones included
MAX_WORDS = 8
REGION_WIDTH = 6
SIZES = {"width": 32, "num_heads": 2, "num_blocks": 2, "max_words": 20, "dropout": 0.0}


def new_captioner(num_words: int = NUM_WORDS, max_words: int = MAX_WORDS) -> Captioner:
    return Captioner(
        CaptionerConfig(
            num_words, REGION_WIDTH, width=16, num_heads=2, num_blocks=2, max_words=max_words
        )
    )


@functools.cache
def shared_captioner() -> Captioner:
    """One that tests give other weights, with `randomise`, before they use it."""
    return new_captioner()


def randomise(captioner: Captioner, seed: int) -> Captioner:
    """Weights of any size, so that what is said next hangs on pictures and on all words so far."""
    random = np.random.default_rng(seed)
    for weight in captioner.weights:
        drawn = random.standard_normal(weight.shape)
        if weight.name in ("beta", "bias"):
            drawn *= 0.2
        elif weight.name == "kernel":
            drawn *= 2 / weight.shape[0] ** 0.5
        elif weight.name == "embeddings":
            drawn *= 0.6
        weight.assign(drawn)
    return captioner


def random_regions(count: int, seed: int) -> np.ndarray:
    """Regions of pictures that differ as wholes and from place to place."""
    random = np.random.default_rng([seed, 1])
    whole = 1.5 * random.standard_normal((count, 1, REGION_WIDTH))
    return (whole + random.standard_normal((count, 49, REGION_WIDTH))).astype("float32")


@functools.cache
def caption_pack() -> Pack:
    """The toy birds, in a folder of their own: regions are kept there."""
    source = toy_pack().folder
    return load_pack(built_once("caption-pack", lambda folder: shutil.copytree(source, folder)))


@functools.cache
def training() -> tuple[Describer, list[float]]:
    """A captioner of toy birds, and the loss of each step. Do not change it."""
    losses: list[float] = []
    describer = train_captioner(
        caption_pack(),
        steps=150,
        progress=False,
        watch=lambda step, loss: losses.append(loss),
        **SIZES,
    )
    return describer, losses


@functools.cache
def describer_folder() -> Path:
    """The same, saved. Do not change it."""
    return built_once("captioner", lambda folder: training()[0].save(folder))


def toy_pictures(count: int) -> list[Image.Image]:
    """Toy birds, then the same ones seen in a mirror."""
    squares = caption_pack().images(256)
    both = [*squares, *squares[:, :, ::-1]]
    return [Image.fromarray(np.ascontiguousarray(square)) for square in both[:count]]
