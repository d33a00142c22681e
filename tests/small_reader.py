"""A small reader of parts with random weights, and maps for it."""

import functools

import numpy as np

from t2i_utils.captioning.claims import Claim
from t2i_utils.captioning.part_network import part_network
from t2i_utils.captioning.reader import PartReader, in_order
from t2i_utils.captioning.regions import GRID, LOW_WIDTH, NUM_REGIONS, WIDTH
from t2i_utils.vision import imagenet_weights

CLAIMS = [
    *(Claim("belly colour", colour) for colour in ("white", "red", "grey")),
    *(Claim("wing colour", colour) for colour in ("black", "brown")),
    Claim("wing pattern", "barred"),
    Claim("beak length", "short"),
    Claim("bird size", "small"),
]


@functools.cache
def random_reader() -> PartReader:
    """Do not change it."""
    networks = [part_network(in_order(CLAIMS), tuned) for tuned in (False, True)]
    reader, random = PartReader(CLAIMS, networks), np.random.default_rng(0)
    for weight in reader.weights:
        if weight.name == "kernel":
            width = float(np.prod(weight.shape[:-1]))
            weight.assign(random.standard_normal(weight.shape) * 1.5 / width**0.5)
    for network in networks:
        if network.trunk:  # a little away from where training begins
            moved = [
                weight + 1e-3 * random.standard_normal(weight.shape).astype("float32")
                for weight in imagenet_weights(network.trunk)
            ]
            network.trunk.set_weights(moved)
    return reader


def random_maps(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Low maps and regions of pictures."""
    random = np.random.default_rng(seed)
    shapes = ((count, GRID, GRID, LOW_WIDTH), (count, NUM_REGIONS, WIDTH))
    low, regions = (random.standard_normal(shape).astype("float32") for shape in shapes)
    return low, regions
