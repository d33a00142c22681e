"""What one backend says of pictures: run by test_caption_parity.py.

``python caption_parity.py CAPTIONER PICTURES.npy OUT.json``
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from t2i_utils import backend
from t2i_utils.captioning.bird_finder import look_closer
from t2i_utils.captioning.decoding import greedy
from t2i_utils.captioning.describer import load_describer


def main(folder: Path, pictures: Path, target: Path) -> None:
    """Write the greedy sentence of each picture."""
    describer = load_describer(folder)
    images = [Image.fromarray(picture) for picture in np.load(pictures)]
    regions = describer.standardise(look_closer(describer.eyes, images)[0].regions)
    said = [
        describer.vocabulary.decode(sentence.words)
        for sentence in greedy(describer.captioner, regions)
    ]
    target.write_text(json.dumps({"backend": backend.name(), "said": said}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
