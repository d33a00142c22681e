"""Captions to pictures, with trained weights."""

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from t2i_utils.config import IMAGE_SIZES
from t2i_utils.errors import InputError
from t2i_utils.pictures import to_uint8
from t2i_utils.stackgan.weights import CARD, Weights, find_weights, load_weights
from t2i_utils.text import SentenceEncoder, check_captions, load_encoder

BATCH_SIZE = 32
LAST_CAPTIONS = 64  # whose embeddings are kept, so that a moving slider encodes nothing twice


class Synthesizer:
    """Draws pictures of captions: an encoder, one or two generators, and noise by seed."""

    def __init__(
        self, weights: Weights | str | Path = "birds", encoder: SentenceEncoder | None = None
    ) -> None:
        """Load weights (a name, a folder, or `Weights`) and the encoder they were trained with.

        Raises:
            InputError: no such weights, or an encoder of another width.
        """
        self.weights = weights if isinstance(weights, Weights) else load_weights(weights)
        self.encoder = encoder or load_encoder()
        expected = len(self.weights.whitening.mean)
        if self.encoder.width != expected:
            raise InputError(
                f"encoder {self.encoder.name} gives {self.encoder.width} numbers, the weights in "
                f"{self.weights.folder} expect {expected}: use the encoder they were trained with"
            )
        self.embed_one = functools.lru_cache(LAST_CAPTIONS)(self._embed_one)

    def embed(self, captions: Sequence[str]) -> np.ndarray:
        """Whitened embeddings (n, width) float32 of checked captions."""
        return self.weights.whitening(self.encoder.encode(check_captions(list(captions))))

    def _embed_one(self, caption: str) -> np.ndarray:
        """`embed_one`: the whitened embedding (width,) of one caption, the last ones remembered."""
        embedding = self.embed([caption])[0]
        embedding.flags.writeable = False
        return embedding

    def noise(self, count: int, seed: int = 0, start: int = 0) -> np.ndarray:
        """Standard normal noise (count, noise_size) float32.

        Row i depends on `seed` and start + i only: a long list can be drawn in parts.
        """
        size = self.weights.generators[1].inputs[1].shape[-1]
        rows = range(start, start + count)
        noise = [np.random.default_rng([seed, row]).standard_normal(size) for row in rows]
        return np.asarray(noise, "float32").reshape(count, size)

    def draw(
        self, embeddings: np.ndarray, noise: np.ndarray, stage: int = 2
    ) -> dict[int, np.ndarray]:
        """Draw every stage up to `stage`.

        Args:
            embeddings: (n, width), from `embed`, or blends of them.
            noise: (n, noise_size), from `noise`, or blends of it.
            stage: 1 or 2.

        Returns:
            {1: (n, 64, 64, 3)} or with {2: (n, 256, 256, 3)}, uint8. The condition is the mean of
            its distribution (epsilon = 0): the same input gives the same picture.

        Raises:
            InputError: the weights have no such stage.
        """
        if stage not in self.weights.generators:
            raise InputError(
                f"{self.weights.folder} has no Stage {stage}: draw with --stage 1, or train "
                "--stage 2 first"
            )
        found: dict[int, list[np.ndarray]] = {number: [] for number in range(1, stage + 1)}
        for start in range(0, len(embeddings), BATCH_SIZE):
            rows = slice(start, start + BATCH_SIZE)
            images = None
            for number in found:
                generator = self.weights.generators[number]
                epsilon = np.zeros(
                    (len(embeddings[rows]), generator.inputs[2].shape[-1]), "float32"
                )
                first = noise[rows] if number == 1 else images
                inputs = [embeddings[rows], first] if number == 1 else [first, embeddings[rows]]
                images = np.asarray(generator.predict_on_batch([*inputs, epsilon])[0])
                found[number].append(to_uint8(images))
        return {number: np.concatenate(images) for number, images in found.items()}


def generate(
    captions: str | Sequence[str],
    weights: str | Path = "birds",
    stage: int = 2,
    seed: int = 0,
) -> np.ndarray:
    """Draw one picture of each caption: see `t2i_utils.generate`."""
    if stage not in IMAGE_SIZES:
        raise InputError(f"there is no stage {stage}: choose 1 (64 px) or 2 (256 px)")
    captions = [captions] if isinstance(captions, str) else list(captions)
    folder = find_weights(weights)
    card = (folder / CARD).read_bytes()  # holds the checksums: new weights have another card
    synthesizer = _synthesizer(folder.resolve(), tuple(range(1, stage + 1)), card)
    embeddings = synthesizer.embed(captions)
    return synthesizer.draw(embeddings, synthesizer.noise(len(captions), seed), stage)[stage]


@functools.lru_cache(maxsize=2)
def _synthesizer(folder: Path, stages: tuple[int, ...], card: bytes) -> Synthesizer:
    """Load a weight set once for many calls, as in a notebook."""
    return Synthesizer(load_weights(folder, stages))
