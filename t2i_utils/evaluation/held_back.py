"""What judges the steps of a fine-tuning: KID to photographs that it is not trained on.

They are the test part of the run's split, and the pictures are drawn of their captions. The network
is Lite0, which every installation has. The modern discriminator is built on it, too: it is good
enough to put the steps of one run in order, and no score to report.
"""

import keras
import numpy as np

from t2i_utils.data import Pack
from t2i_utils.drawing.synthesizer import draw_arrays
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.evaluation.kernel import KernelDistance, kernel_distance
from t2i_utils.evaluation.photographs import photograph_features, shuffled_rows
from t2i_utils.text.whitening import Whitening
from t2i_utils.training.choice import Judge

# Photographs: with so few, KID x 1000 of two steps differed by 6 by chance, with 20 by 2.
FEWEST = 6
NUM_PICTURES = 256  # drawn for each judgement, and photographs at most


def held_back_judge(pack: Pack, split: str) -> Judge | None:
    """A judge of Stage I by the held-back photographs of a split; None where there are too few.

    It always draws the same captions with the same noise, so that steps differ by their weights
    alone.

    Args:
        pack: the packed data set.
        split: "zero-shot" or "official".
    """
    held_back = shuffled_rows(pack, split, "test")[:NUM_PICTURES]
    if len(held_back) < FEWEST:
        return None
    extractor = FeatureExtractor("lite0")
    real = photograph_features(pack, split, "test", 1, extractor, NUM_PICTURES)
    rows = np.resize(held_back, NUM_PICTURES)
    columns = np.random.default_rng(0).integers(0, pack.num_captions[rows])
    embeddings = pack.embeddings[rows, columns]

    def judge(generator: keras.Model, whitening: Whitening) -> KernelDistance:
        return kernel_distance(real, extractor(draw_alike(generator, whitening, embeddings)))

    return judge


def draw_alike(generator: keras.Model, whitening: Whitening, embeddings: np.ndarray) -> np.ndarray:
    """Stage I's pictures (n, 64, 64, 3) uint8 of embeddings (n, width), ever with one noise."""
    random = np.random.default_rng(1)
    noise = random.standard_normal((len(embeddings), generator.inputs[1].shape[-1]))
    return draw_arrays({1: generator}, whitening(embeddings), noise.astype("float32"))[1]
