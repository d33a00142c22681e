"""Show what the data are like, for the head of notebook 01: figures/01_first_look.webp.

No photograph is in it: four birds that the shipped weights draw, four toy birds, and how often
the captions of both name a colour. CUB is read from the folder that T2I_CUB_DIR names.
"""

import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from cub_statistics import shares_that_name
from PIL import Image
from webp import WEBP

from t2i_utils import generate
from t2i_utils.course.data import course_dataset
from t2i_utils.course.style import PALETTE, use_style
from t2i_utils.text.caption_facts import COLOURS

FIGURE = Path(__file__).resolve().parent.parent / "figures" / "01_first_look.webp"
CAPTIONS = (
    "a bright red bird with black wings and a short orange beak",
    "this bird is blue with a white belly",
    "a small bird with an orange breast and grey wings",
    "a large black bird",
)
TOY_SEED = 21  # of the choice of toy birds


def main() -> None:
    """Draw two rows of birds and a row of bars."""
    use_style()
    toy, cub = course_dataset("toy").records, course_dataset("cub").records
    chosen = np.random.default_rng(TOY_SEED).choice(len(toy), len(CAPTIONS), replace=False)
    birds = [toy[index] for index in chosen]
    figure = plt.figure(figsize=(9.5, 9.4))
    upper, middle, lower = figure.subfigures(3, 1, height_ratios=(3.1, 3.2, 2.2), hspace=0.04)
    title = {"x": 0.01, "ha": "left", "fontsize": 13, "fontweight": "bold"}
    upper.suptitle("Drawn by a network that has learned from photographs", **title)
    middle.suptitle("Toy birds: a picture, a box, and one of ten captions", **title)
    drawn = generate(CAPTIONS)
    for axis, image, caption in zip(upper.subplots(1, 4), drawn, CAPTIONS, strict=True):
        axis.imshow(image)
        axis.set_xlabel(textwrap.fill(caption, 26), fontsize=10)
    for axis, record in zip(middle.subplots(1, 4), birds, strict=True):
        axis.imshow(Image.open(record.path))
        x, y, *size = record.box
        axis.add_patch(plt.Rectangle((x, y), *size, fill=False, color=PALETTE[1], linewidth=2))
        axis.set_xlabel(textwrap.fill(record.captions[0], 26), fontsize=10)
    for axis in (*upper.axes, *middle.axes):
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    axis, places = lower.subplots(), np.arange(len(COLOURS))
    for shift, records, label in ((-0.2, cub, "photographs (CUB)"), (0.2, toy, "toy birds")):
        shares = 100 * shares_that_name([text for record in records for text in record.captions])
        axis.bar(places + shift, shares, 0.4, label=label)
        print(label, dict(zip(COLOURS, shares.round(1).tolist(), strict=True)))
    axis.set_xticks(places, COLOURS)
    axis.set(title="How many of 100 captions name a colour?")
    axis.grid(visible=False, axis="x")
    axis.legend(loc="upper left")
    figure.savefig(FIGURE, dpi=96, pil_kwargs=WEBP)


if __name__ == "__main__":
    main()
