# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 Data exploration: solutions
#
# One good answer to each exercise of [01 Data exploration](../01_data_exploration.ipynb), with the
# reason. Yours may look different; the check decides.
#
# <!-- The Colab button comes here when the course has its address. -->

# %% jupyter={"source_hidden": true}
# Outside Colab this cell does nothing. In Colab it fetches the course (about a minute).
import os
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:
    folder = Path.home() / "text-to-image-synthesizer"
    repository = ["https://github.com/your_account/text-to-image-synthesizer", str(folder)]
    clone = ["git", "clone", "--quiet", "--depth=1", "--branch=v0.1.0", *repository]
    requirements = str(folder / "requirements-colab.txt")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "-r", requirements]
    for command in ([] if folder.is_dir() else [clone]) + [install]:
        if subprocess.run(command).returncode != 0:
            raise SystemExit(f"{command[-1]}: see the lines above; then run this cell again")
    sys.path.insert(0, str(folder))
    os.chdir(folder / "notebooks")

# %% [markdown]
# The same start as in every notebook.

# %%
from t2i_utils.course.start import start

start()

# %% [markdown]
# What the exercises need of the notebook: the data set and the colours that each caption names.

# %%
import os
import re
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd

from t2i_utils.course import checks_01
from t2i_utils.course.data import course_dataset
from t2i_utils.data.toy.birds import draw_toy_bird, random_bird

DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"
dataset = course_dataset(DATA)
COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "brown", "black"]
COLOURS += ["white", "grey", "pink"]

# %% [markdown]
# ## Exercise 1: how demanding are the captions?
#
# The mean of a column of True and False is the share of True. `str.len()` gives the length of
# lists too.

# %%
texts = pd.Series([text for record in dataset.records for text in record.captions])
words = texts.str.lower().str.replace("gray", "grey").map(lambda t: re.findall("[a-z]+", t))
colours = words.map(lambda found: [colour for colour in COLOURS if colour in found])
share_of_two_colours = (colours.str.len() >= 2).mean()

assert checks_01.check_share_of_two_colours(share_of_two_colours, colours)

# %% [markdown]
# So most captions cannot be obeyed by a bird of one colour.
#
# ## Exercise 2: the paper's window
#
# Centre first, then the half side from the *longer* side, then clip: x to the width of the
# picture, y to its height.


# %%
def my_window(image_size, box):
    """The paper's window (left, top, right, bottom) around a box (x, y, width, height)."""
    x, y, width, height = box
    centre_x, centre_y = x + width / 2, y + height / 2
    half = 0.75 * max(width, height)
    left, top = max(centre_x - half, 0), max(centre_y - half, 0)
    right = min(centre_x + half, image_size[0])
    bottom = min(centre_y + half, image_size[1])
    return left, top, right, bottom


assert checks_01.check_window(my_window)

# %% [markdown]
# The same rule as `t2i_utils.data.crops.crop_window(size, box, "paper")`, which training uses.
#
# ## Exercise 3: draw the wrong captions
#
# For each picture, list the rows of other classes and draw one of them. There is nothing to draw
# again, so nothing can fail a second time.


# %%
def my_wrong_rows(class_ids, rng):
    """Row numbers (n,): for picture i, a random picture of another class."""
    return np.array([rng.choice(np.flatnonzero(class_ids != own)) for own in class_ids])


assert checks_01.check_wrong_rows(my_wrong_rows)

# %% [markdown]
# This takes time that grows with the square of n. The library sorts the rows by class once and
# steps over a picture's own class, which is as fair and needs no loop: read
# `Batches._of_another_class` in `t2i_utils/data/feed.py`.
#
# ## Exercise 4: your own pictures
#
# Without pictures at hand we draw six toy birds, save them as PNG files and write two captions for
# each into `captions.csv`. pandas puts quotes where a caption has a comma.

# %%
my_folder = Path(mkdtemp())
rng, rows = np.random.default_rng(5), []
for number in range(6):
    bird = random_bird(rng)
    picture, _ = draw_toy_bird(bird, rng)
    picture.save(my_folder / f"bird_{number}.png")
    parts = bird.parts
    for caption in (
        f"a {parts['crown']} crown, {parts['wing']} wings and a {parts['belly']} belly",
        f"this {bird.size} bird has {parts['wing']} wings",
    ):
        rows.append((f"bird_{number}.png", caption, f"bird {number}"))
table = pd.DataFrame(rows, columns=["file", "caption", "class"])
table.to_csv(my_folder / "captions.csv", index=False)

assert checks_01.check_own_folder(my_folder)

# %% [markdown]
# Look at the file as the reader sees it: the first caption of a bird is in quotes, because it has a
# comma.

# %%
print("".join((my_folder / "captions.csv").read_text().splitlines(keepends=True)[:5]))

# %% [markdown]
# Back to [01 Data exploration](../01_data_exploration.ipynb), or on to
# [02 Text encoding](../02_text_encoding.ipynb).
