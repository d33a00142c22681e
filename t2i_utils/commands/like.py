"""`t2i generate --like PICTURE.png`: draw a saved picture again from its note."""

import argparse
import os
from pathlib import Path
from typing import Any

from t2i_utils.errors import InputError

REFUSED = ("inputs", "captions", "samples", "seed", "stage", "best_of", "json", "fast")


def run(options: argparse.Namespace) -> int:
    """Draw it, write it, and say whether the pixels are the same."""
    for name in REFUSED:
        value = getattr(options, name)
        if value or value == 0 and value is not False:  # --seed 0 was given too
            word = "a caption or picture" if name == "inputs" else f"--{name.replace('_', '-')}"
            raise InputError(f"--like takes everything from its picture: leave {word} out")
    out = options.out or Path("generated.png")
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {out} does not end in .png: name the picture's file so")
    if os.path.realpath(out) == os.path.realpath(options.like):
        raise InputError(f"{out} is the picture to be like: name another --out")
    from t2i_utils.drawing import saved_picture
    from t2i_utils.pictures import read_note, save_png
    from t2i_utils.quick_start import quick_import
    from t2i_utils.stackgan.weights import find_weights, load_weights

    try:
        saved = saved_picture.from_note(read_note(options.like))
        requests = saved.requests
        folder = find_weights(options.weights or requests[0].weights)
        saved_picture.check_weights(saved, folder)
        with quick_import(len(requests)):
            from t2i_utils.drawing.synthesizer import Synthesizer, draw

            synthesizer = Synthesizer(load_weights(folder, tuple(saved.checksums)))
    except InputError as error:
        raise InputError(f"--like {options.like}: {error}") from error
    pictures = draw(synthesizer, requests)
    image = saved_picture.compose(requests, pictures, saved.samples)
    note = saved_picture.to_note(requests, synthesizer.weights, saved.samples)
    save_png(out, image, note)
    print(f"{out}: {_compare(image, options.like)}")
    return 0


def _compare(image: Any, path: Path) -> str:
    """Whether it is the same picture, in words."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as picture:
        original = np.asarray(picture.convert("RGB")).astype(int)
    if original.shape != image.shape:
        return f"like {path} was when it was saved; it has another size now"
    levels = int(np.abs(original - image).max())
    if not levels:
        return f"the same picture as {path}, pixel by pixel"
    if levels == 1:  # float32 sums depend on how many threads share them
        return f"the same picture as {path}, within 1 of 255 (sums were added in another order)"
    return (
        f"like {path}; pixels differ by up to {levels} of 255 (another machine or backend adds in "
        "another order, letters come in another font, or the picture was edited)"
    )
