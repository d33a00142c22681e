"""Text-to-Image Synthesizer: a sentence becomes a picture of a bird, and back.

Importing this package is light: Keras and its backend are loaded when they are first needed.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

__version__ = "0.1.0"


def generate(
    captions: "str | Sequence[str]",
    weights: "str | Path" = "birds",
    stage: int = 2,
    seed: int = 0,
    best_of: int | None = None,
    samples: int = 1,
) -> "np.ndarray":
    """Draw one picture of each caption, or several.

    Args:
        captions: one sentence or several, in any of the encoder's languages. With "birds", names of
            birds are told in colours: "a crow" is drawn as "a black bird".
        weights: a shipped set ("birds", "toy"), the folder of a set or of a training run, or a set
            on a hub ("hf://owner/name").
        stage: 1 for 64 px, 2 for 256 px.
        seed: of the noise; the same seed gives the same pictures.
        best_of: so many noises are tried for each picture, and the discriminator chooses; None: 8
            where the weights have a discriminator, else 1.
        samples: pictures of each caption.

    Returns:
        (n * samples, size, size, 3) uint8, the samples of a caption one after another. A row is a
        PIL picture by `Image.fromarray`.

    Raises:
        InputError: an empty or overlong caption, no such weights, no such stage, or nothing to
            choose with.
    """
    from t2i_utils.drawing.request import requests_for
    from t2i_utils.quiet_import import quiet_import
    from t2i_utils.stackgan.weights import best_of_for_people, choose_stage, find_weights

    folder = find_weights(weights)
    best_of = best_of_for_people(folder, best_of)
    requests = requests_for(captions, weights, stage, seed, samples, best_of)
    choose_stage(folder, stage)
    with quiet_import():
        from t2i_utils.drawing.loaded import LOADED
        from t2i_utils.drawing.synthesizer import draw
    return draw(LOADED.get(folder), requests)[stage]


def describe(
    images: "Sequence[str | Path | np.ndarray] | np.ndarray",
    weights: "str | Path" = "captioner",
    detailed: bool = False,
) -> list[str]:
    """Describe pictures of birds, one sentence each.

    Args:
        images: picture files, or pictures (height, width, 3) uint8 of any size, or an array
            (n, height, width, 3) of them. The bird is looked for.
        weights: a shipped captioner, the folder of one, or one on a hub ("hf://owner/name").
        detailed: write a short paragraph of each instead, of what is at least 75 % sure.

    Returns:
        n sentences in lower case, without punctuation; or n paragraphs.

    Raises:
        InputError: a file that is no picture, an array of another kind, or no such captioner.
    """
    from t2i_utils.captioning.captioners import find_captioner
    from t2i_utils.quiet_import import quiet_import

    folder = find_captioner(weights)
    with quiet_import():
        from t2i_utils.captioning import describer
    return describer.describe(images, folder, detailed)


def __getattr__(name: str) -> object:
    """Load `Synthesizer` when it is first asked for: it needs Keras."""
    if name != "Synthesizer":
        raise AttributeError(f"module 't2i_utils' has no attribute {name!r}")
    from t2i_utils.quiet_import import quiet_import

    with quiet_import():
        from t2i_utils.drawing.synthesizer import Synthesizer
    return Synthesizer
