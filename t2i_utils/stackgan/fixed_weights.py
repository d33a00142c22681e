"""Random weights that are never trained and never saved: the same numbers on every backend.

Each backend draws other numbers from one seed, so a discriminator that was trained on one would be
blind on another. These are the numbers of TensorFlow's `tf.random.stateless_uniform`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

_WORD = 0xFFFFFFFF


def fixed_uniform(shape: Sequence[int], seed: int, limit: float) -> np.ndarray:
    """Uniform numbers in [-limit, limit), float32."""
    mixed = _philox([seed, 0, 0, 0], (0x3EC8F720, 0x02461E29))  # TensorFlow's constants
    size = math.prod(shape)
    blocks = np.arange(-(-size // 4), dtype=np.uint64)
    rest = [np.full_like(blocks, word) for word in (0, mixed[2], mixed[3])]
    words = np.stack(_philox([blocks, *rest], (mixed[0], mixed[1])), axis=1)
    bits = words.reshape(-1)[:size].astype(np.uint32)
    unit = ((bits & 0x7FFFFF) | 0x3F800000).view(np.float32) - np.float32(1)  # in [0, 1)
    return (unit * np.float32(2 * limit) - np.float32(limit)).reshape(tuple(shape))


def _philox(counter: list[Any], key: tuple[int, int]) -> list[Any]:
    """Philox-4x32-10 (Salmon et al., Parallel Random Numbers, SC 2011): four 32-bit words."""
    for _ in range(10):
        first, third = counter[0] * 0xD2511F53, counter[2] * 0xCD9E8D57
        counter = [
            (third >> 32) ^ counter[1] ^ key[0],
            third & _WORD,
            (first >> 32) ^ counter[3] ^ key[1],
            first & _WORD,
        ]
        key = (key[0] + 0x9E3779B9) & _WORD, (key[1] + 0xBB67AE85) & _WORD
    return counter
