"""Which bird, how many, how large, and drawn with which weights."""

import random

import ipywidgets as widgets

from t2i_utils.config import LARGEST_SEED
from t2i_utils.drawing.request import LARGEST_TRUNCATION
from t2i_utils.stackgan.weights import available_weights
from t2i_utils.studio.requests import SIZES

FIRST_SEED = 0
MOST_SAMPLES = 6
_SEEDS = 10_000  # of which "another bird" takes one: short numbers can be told to a friend


def another_seed(seed: int) -> int:
    """A seed at random, never the same."""
    return (seed + random.randrange(1, _SEEDS)) % _SEEDS


class Noise:
    """The part of the panel with the choices beside the caption.

    Attributes:
        seed: of the noise.
        another: a button that takes another seed.
        lock: whether the seed stays when the caption changes.
        samples: how many birds.
        truncation: how much of the noise.
        shown: which sizes.
        weights: which weight set.
    """

    def __init__(self, weights: str) -> None:
        """Start with a bird that looks well."""
        names = available_weights()
        self.seed = widgets.BoundedIntText(FIRST_SEED, max=LARGEST_SEED, description="seed")
        self.another = widgets.Button(description="another bird", icon="random")
        self.lock = widgets.Checkbox(True, description="lock noise: only words change")
        self.lock.indent = False
        self.samples = widgets.IntSlider(1, min=1, max=MOST_SAMPLES, description="samples")
        self.truncation = widgets.FloatSlider(
            1.0, min=0, max=LARGEST_TRUNCATION, step=0.05, description="truncation"
        )
        self.truncation.tooltip = "how much of the noise: 0 is the mean bird, 1 is as trained"
        self.shown = widgets.Dropdown(options=list(SIZES), description="show")
        self.weights = widgets.Dropdown(
            options=names if weights in names else [weights, *names],
            value=weights,
            description="weights",
        )
