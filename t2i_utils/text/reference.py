"""Eight reference sentences and their vectors: are two encoders' vectors interchangeable?

`reference_vectors.npy` holds what the encoder "package" makes of them; a test makes it again.
"""

from pathlib import Path

import numpy as np

REFERENCE_SENTENCES = (
    "a small red bird with black wings and a short pointed beak",
    "this bird has a white belly, a grey back and a long orange bill",
    "un petit oiseau jaune avec une couronne noire",
    "ein blauer Vogel mit weißem Bauch sitzt auf einem Ast",
    "un pájaro marrón con manchas blancas en el pecho",
    "这只鸟有绿色的翅膀和黄色的肚子",
    "黒い頭と赤い胸の小さな鳥",
    "a train leaves the station at noon",
)
MINIMUM_COSINE = 0.98
_FILE = Path(__file__).with_name("reference_vectors.npy")


def reference_vectors() -> np.ndarray:
    """Return the stored vectors of `REFERENCE_SENTENCES`: float32 (8, width), rows of length 1."""
    return np.load(_FILE, allow_pickle=False)


def mean_cosine(vectors: np.ndarray) -> float:
    """Return the mean cosine of `vectors` (8, width) with the stored ones, row by row."""
    stored = reference_vectors()
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(stored, axis=1)
    return float(np.mean(np.sum(vectors * stored, axis=1) / norms))
