# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 Data exploration
#
# **Goal: know the data before a network does: what the pictures show, what the sentences say, and
# which part of both you must not train on.**
#
# <!-- The Colab button comes here when the course has its address. -->
#
# **In this notebook you will**
#
# - see what one example is: a picture, a box around the bird, ten captions and a class
# - count how long captions are and which colour words they use
# - compare captions with the attributes that people ticked
# - cut pictures by the paper's crop, and measure how much of the bird it keeps
# - test why the test classes of the zero-shot split must stay unseen
# - find out what a wrong pair is, and how a careless one harms training
# - bring your own pictures, with one file of captions
#
# | | |
# | --- | --- |
# | You need | Python, and some NumPy and pandas; no deep learning yet |
# | Minutes | CPU: 1 to run, 45 to read and do. GPU: the same |
# | Memory | 1.5 GB |
# | Downloads | none: toy birds are drawn on the spot. Real ones are optional (1.1 GB) |

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
# Every notebook starts with the next cell. It loads Keras, seeds everything that is random, sets
# the look of the plots and says what this machine has.

# %%
from t2i_utils.course.start import start

start()

# %% [markdown]
# Quote that line when you ask for help. The imports are folded away. Open the cell if you want to
# see where a name comes from.

# %% jupyter={"source_hidden": true}
import inspect
import os
import re
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from PIL import Image

from t2i_utils.course import checks_01
from t2i_utils.course.data import course_dataset, course_pack, course_root, has_cub
from t2i_utils.course.show import show_figure
from t2i_utils.data import Batches
from t2i_utils.data.crops import crop_window, read_squares
from t2i_utils.data.records import Record

# %% [markdown]
# This is the way that the data will go in this course.
#
# ![Above, a sentence becomes 512 numbers, then a condition, a picture of 64 pixels by Stage I and
# one of 256 by Stage II; below, a picture becomes 49 regions and a
# sentence](../figures/diagrams/pipeline.svg)
#
# *Notice that the sentence reaches both stages, and the noise only the first: Stage I decides what
# the sentence leaves open.*
#
# ## 1. Which birds?
#
# The whole course runs on one of two data sets. This is the switch between them.
#
# - `"toy"`: drawn birds. They need no download, and we know the colour of every part exactly. So we
#   can later *measure* whether a network obeyed its caption.
# - `"cub"`: Caltech-UCSD Birds-200-2011, the photographs that StackGAN was published on. Get them
#   with `t2i data download`, and write `"cub"` below. Or name the folder that holds
#   `CUB_200_2011`, by its full path, in the environment variable `T2I_CUB_DIR`. Then you need not
#   change anything.

# %%
DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"
dataset = course_dataset(DATA)
records = dataset.records

# %% [markdown]
# One reader reads both sets, because toy birds are written to disk exactly as CUB is. This is
# everything that is known about one picture:

# %%
print(inspect.getsource(Record))

# %% [markdown]
# Notice that the captions are *inside* the record, beside the path. If you keep pictures, captions
# and embeddings in three lists and sort one of them, every bird silently gets another bird's
# sentence.
#
# ## 2. What do the pictures show?
#
# Statistics cannot tell you that the pictures are upside down. So we look first: six pictures drawn
# by chance, the box around the bird, and the first of the ten captions. (Wherever this notebook
# draws by chance, the cell makes a generator of its own from a seed. So a cell shows the same birds
# however often and in whatever order you run them. Change the seed to see others.)

# %%
random = np.random.default_rng(1)
figure, axes = plt.subplots(2, 3, figsize=(9.5, 7))
for axis, index in zip(axes.flat, random.choice(len(records), 6, replace=False), strict=True):
    record = records[index]
    axis.imshow(Image.open(record.path))
    x, y, width, height = record.box
    axis.add_patch(plt.Rectangle((x, y), width, height, fill=False, color="#e07a3f", linewidth=2))
    caption = textwrap.fill(record.captions[0], 38)
    axis.set_title(caption, fontsize=10, fontweight="normal")
    axis.axis("off")
show_figure(figure, "six birds, each with the box around it and its caption")

# %% [markdown]
# Read each caption, and look at its picture. What does the picture show that no word mentions? A
# generator has to invent it. A caption leaves pose, background and light open, so the same sentence
# should give many different birds.
#
# <details><summary>Expected result (toy birds)</summary>
#
# ![Six drawn birds in different places, each with an orange box
# around it and its caption above](../figures/01_six_birds.png)
#
# *Drawn by this notebook on toy birds, seed 1; no training involved.*
#
# </details>
#
# Each picture has ten captions, from different people (or, for toy birds, from a grammar that
# imitates them). Here are all ten of one bird.

# %%
record = records[int(np.random.default_rng(2).integers(len(records)))]
print(dataset.class_names[record.class_id])
for caption in record.captions:
    print(" -", caption)

# %% [markdown]
# All ten are true, and they differ in the parts that they name and in their order. In training,
# each visit to a picture draws one of its captions anew. A program that uses the same caption of a
# picture every time throws nine tenths of the text away.
#
# ## 3. What do the sentences look like?
#
# We put every caption into one table, with one row per caption. Real annotators wrote both *grey*
# and *gray*; we count them as one colour.

# %%
COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "brown", "black"]
COLOURS += ["white", "grey", "pink"]


def colours_in(caption):
    """The colour words of a caption, each once."""
    words = re.findall(r"[a-z]+", caption.lower().replace("gray", "grey"))
    return [colour for colour in COLOURS if colour in words]


rows = [(r.image_id, r.class_id, r.zero_shot, text) for r in records for text in r.captions]
captions = pd.DataFrame(rows, columns=["image", "class_id", "part", "text"])
captions["words"] = captions["text"].str.split().str.len()
captions["colours"] = captions["text"].map(colours_in)
captions.head(3)

# %% [markdown]
# **How long is a caption?** It matters for two reasons. An encoder may cut long texts, and a long
# sentence asks for more than a picture of 64 pixels can show.

# %%
half, most = captions["words"].quantile([0.5, 0.95])
figure, axis = plt.subplots(figsize=(7, 3.4))
sns.histplot(captions, x="words", discrete=True, stat="percent", ax=axis)
axis.axvline(most, color="#e07a3f", linestyle="--")
axis.text(most + 0.4, axis.get_ylim()[1] * 0.9, "95 % are shorter", color="#e07a3f")
axis.set(title=f"Half of the captions have at most {half:.0f} words", xlabel="words in a caption")
axis.set(ylabel="per cent of captions", xlim=(0, captions["words"].quantile(0.999) + 6))
show_figure(figure, f"a histogram of words per caption; 95 % have at most {most:.0f}")

# %% [markdown]
# Most captions are short, and few are much longer than the rest. Can one vector of fixed size hold
# such a sentence? Notebook 02 tries it, and measures what is lost.
#
# **Predict:** could you guess the class from the colours alone? For a dozen classes, we count the
# share of captions that name each colour.

# %%
some_classes = np.random.default_rng(3).choice(captions["class_id"].unique(), 12, replace=False)
exploded = captions[captions["class_id"].isin(some_classes)].explode("colours")
named = exploded.groupby(["class_id", "colours"]).size().unstack(fill_value=0)
share = named.reindex(columns=COLOURS, fill_value=0)
share = share.div(captions.groupby("class_id").size().reindex(share.index), axis=0)
share.index = [dataset.class_names[i].partition(".")[2].replace("_", " ") for i in share.index]
figure, axis = plt.subplots(figsize=(9.5, 5))
sns.heatmap(share, ax=axis, vmin=0, vmax=1, cmap="rocket_r", annot=True, fmt=".1f", linewidths=0.5)
axis.set(title="Share of a class's captions that name a colour", xlabel="", ylabel="")
axis.tick_params(axis="both", labelsize=9)
show_figure(figure, "a table of shares: a row for each class, a column for each colour")

# %% [markdown]
# The rows differ, but do they differ enough? Let us guess. A picture becomes eleven numbers: how
# many of its ten captions name each colour. Its class is guessed to be the one whose mean, over
# training pictures, lies nearest. The guess is judged on the test pictures of the official split
# (section 7), whose classes all have training pictures.

# %%
naming = np.stack([captions["colours"].map(lambda found, c=c: c in found) for c in COLOURS], axis=1)
named_by = naming.reshape(len(records), -1, len(COLOURS)).sum(axis=1)  # (pictures, 11)
about = pd.DataFrame([(r.class_id, r.official) for r in records], columns=["class_id", "part"])
learn, judge = (np.flatnonzero(about["part"] == part) for part in ("train", "test"))
means = pd.DataFrame(named_by[learn]).groupby(about["class_id"].to_numpy()[learn]).mean()
distances = np.linalg.norm(named_by[judge][:, None] - means.to_numpy(), axis=2)
guessed = means.index.to_numpy()[distances.argmin(axis=1)]
right = (guessed == about["class_id"].to_numpy()[judge]).mean()
print(f"{len(judge)} pictures of {len(means)} classes")
print(f"guessed rightly: {right:.0%} by the colours, {1 / len(means):.1%} by chance")

# %% [markdown]
# Eleven counts of words say a great deal about the class, and not all. *Which part* has which
# colour is in none of them: word order alone tells it. Notebook 02 measures how much of this order
# survives in a vector.
#
# ### Exercise 1: how demanding are the captions?
#
# A caption that names one colour can be obeyed by painting the whole bird. One that names two
# cannot. Compute the share (0 to 1) of all captions that name **at least two different** colours.
# The column `captions["colours"]` is all you need.

# %%
share_of_two_colours = ...

passed = checks_01.check_share_of_two_colours(share_of_two_colours, captions["colours"])

# %% [markdown]
# You see "Not yet" until your answer is in. [One solution](solutions/01_data_exploration.ipynb);
# try first.
#
# ## 4. Do people say what they would tick?
#
# CUB has a second description. People were shown a list of 312 attributes, such as
# `has_wing_color::blue`, and ticked what they saw. For each class there is the percentage of people
# who ticked each attribute. Toy birds have the same file, in which every number is 0 or 100.

# %%
folder = course_root(DATA) / "CUB_200_2011"
places = (folder / "attributes" / "attributes.txt", folder.parent / "attributes.txt")
names = next(place for place in places if place.is_file()).read_text().split()[1::2]
table = np.loadtxt(folder / "attributes" / "class_attribute_labels_continuous.txt")
ticked = pd.DataFrame(table, columns=names, index=range(1, len(table) + 1))
ticked = ticked.melt(ignore_index=False, var_name="attribute", value_name="percent")
ticked[["question", "colour"]] = ticked["attribute"].str.split("::", expand=True)
ticked = ticked[ticked["question"].str.endswith("_color") & ticked["colour"].isin(COLOURS)]
ticked[ticked["percent"] > 50].rename_axis("class_id").sample(4, random_state=0)

# %% [markdown]
# **Do sentences and ticks agree?** For every class and colour we take the part with the most ticks:
# how red is the reddest part? We compare it with the share of captions that name the colour.

# %%
most_ticked = ticked.groupby([ticked.index, "colour"])["percent"].max().rename("percent")
told = captions.explode("colours").groupby(["class_id", "colours"]).size()
told = told / captions.groupby("class_id").size().reindex(told.index, level=0)
both = most_ticked.to_frame()
both["told"] = told.reindex(both.index).fillna(0)
both = both[both.index.get_level_values(0).isin(captions["class_id"])]
both["ticked"] = pd.cut(both["percent"], [-1, 10, 30, 50, 70, 100],
                        labels=["0-10 %", "10-30 %", "30-50 %", "50-70 %", "70-100 %"])  # fmt: skip
named = both.groupby("ticked", observed=True)["told"]
pd.DataFrame({"classes x colours": named.size(), "named in captions": named.mean().round(2)})

# %% [markdown]
# Toy ticks are all or nothing, so their table has two lines. On CUB, people disagree, and there is
# more to see. These plots were made beforehand, by `python tools/cub_statistics.py`:
#
# ![Three plots of CUB: most captions have 10 to 25 words; the more people tick a colour, the more
# captions name it, from 1 % to 68 % in the middle of each box; most classes have 50 to 60
# pictures](../figures/01_cub.png)
#
# *6,456 pictures of 127 classes: the part of CUB-200-2011 from which the shipped weights come. In
# the middle plot, each box holds the middle half of all pairs of class and colour.*
#
# Read the last box. It holds colours that at least 70 % of people ticked. In the median case, about
# one caption in three still does not name the colour. A list asks about every part; a sentence may
# leave parts out. So "the caption does not say red" never means "the bird is not red". Keep this in
# mind when you judge a generator's pictures.
#
# ## 5. Are the classes balanced?
#
# Suppose that one class had half of the pictures. Then half of what a network learns from would be
# one kind of bird. **Predict:** how many times as many pictures as the smallest class does the
# largest one have?

# %%
per_class = captions.drop_duplicates("image").groupby(["part", "class_id"]).size()
per_class.groupby("part").describe().astype(int)[["count", "min", "50%", "max"]]

# %% [markdown]
# Toy birds are even by construction. The third plot above is not: some classes have about 30
# pictures, most have nearly 60. It shows the part of CUB that this project trains on. The whole of
# CUB may be more even. The two lines are the two parts of the zero-shot split, to which we come in
# section 7.
#
# ## 6. How much of a picture is bird?
#
# A generator of 64 x 64 pixels should not spend them on sky. So the paper cuts each picture around
# its box. What it *says* and what its released code *does* are two different things:
#
# - The paper (StackGAN, section 4.1) asks for crops in which the "object-image size ratio" is
#   greater than 0.75.
# - The released code takes a square window around the centre of the box. Half of its side is 0.75
#   times the *longer* side of the box. The window is clipped at the edges of the picture, and then
#   resized to a square.
#
# We follow the code, and measure below what ratio comes out. **Predict** it: what share of the
# window's side does the box's longer side take? Here are three pictures, each with its box (orange)
# and that window (blue), and what comes out of the two crops that this course knows.

# %%
figure, axes = plt.subplots(3, 3, figsize=(8.5, 8))
chosen = np.random.default_rng(2).choice(len(records), 3, replace=False)
for line, index in zip(axes, chosen, strict=True):
    record = records[index]
    picture = Image.open(record.path).convert("RGB")
    line[0].imshow(picture)
    left, top, right, bottom = crop_window(picture.size, record.box, "paper")
    paper = (left, top, right - left, bottom - top)
    title = f"window (blue): width / height {paper[2] / paper[3]:.2f}"
    line[0].set_title(title, fontsize=10, fontweight="normal")
    for (x, y, width, height), colour in ((record.box, "#e07a3f"), (paper, "#1f6f8b")):
        frame = plt.Rectangle((x, y), width, height, fill=False, ec=colour, lw=2.5, clip_on=False)
        line[0].add_patch(frame)
    for axis, crop in zip(line[1:], ("paper", "box"), strict=True):
        axis.imshow(read_squares(record.path, record.box, crop, (64,))[0])
        axis.set_title(f'crop "{crop}", 64 px', fontsize=10, fontweight="normal")
for axis in axes.flat:
    axis.axis("off")
show_figure(figure, "three birds, each with box and window, beside the two crops at 64 pixels")

# %% [markdown]
# Notice what clipping does. A window that leaves the picture loses a strip. If it loses more in one
# direction than in the other, the number above the picture is no longer 1. Made square, such a
# window stretches the bird by as much.
#
# <details><summary>Expected result (toy birds)</summary>
#
# ![Three drawn birds, each with its box and the paper's window,
# beside the two crops at 64 pixels](../figures/01_crops.png)
#
# *Drawn by this notebook on toy birds, seed 2.*
#
# </details>
#
# **What does each crop cost?** Two things can go wrong: pixels that show no bird, and a bird that
# is stretched. We measure both for all pictures: the share of the crop outside the box, and how
# much wider than high the window is before it is made square. And we compute the ratio that the
# paper asks for, by sides.

# %%
rows = []
for record in records:
    size, (_, _, width, height) = Image.open(record.path).size, record.box
    for crop in ("paper", "box"):
        left, top, right, bottom = crop_window(size, record.box, crop)
        wasted = 1 - width * height / ((right - left) * (bottom - top))
        ratio = max(width, height) / max(right - left, bottom - top)
        rows.append((crop, max(wasted, 0.0), (right - left) / (bottom - top), min(ratio, 1)))
windows = pd.DataFrame(rows, columns=["crop", "wasted", "width / height", "ratio"])
figure, axis = plt.subplots(figsize=(7, 3.4))
sns.histplot(windows, x="width / height", hue="crop", element="step", bins=40, ax=axis)
wasted = windows.groupby("crop")["wasted"].mean()
axis.set(title=f"The paper's crop leaves {wasted['paper']:.0%} of its pixels outside the box")
axis.set(xlabel="width / height of the window (1 is not stretched)", ylabel="crops")
show_figure(figure, "a histogram of width / height for both crops; the paper's is nearer to 1")
paper = windows[windows["crop"] == "paper"]
print(f"paper's crop: longer side of the box / side of the window {paper['ratio'].median():.2f} "
      f"(median); greater than 0.75 for {(paper['ratio'] > 0.75).mean():.0%}")  # fmt: skip

# %% [markdown]
# The paper's windows are nearer to 1, so its birds keep their shape. The price is the pixels
# outside the box. And the released code does not reach the paper's 0.75, except where a window is
# clipped: the box takes two thirds of the window's side, 1 / 1.5.
#
# The box crop keeps only what is inside the box. It stretches every box to a square, so a long bird
# comes out short and round. (If pictures were cut to their boxes before you got them, both crops
# are the same. No context is left to show.) Whichever crop you take, write it beside every score.
# Two crops are two different test sets.
#
# ### Exercise 2: the paper's window
#
# Write the rule yourself, for a picture of `image_size = (width, height)` and a
# `box = (x, y, width, height)`. Return `(left, top, right, bottom)` in pixels, not rounded.


# %%
def my_window(image_size, box):
    """The paper's window (left, top, right, bottom) around a box (x, y, width, height)."""
    return ...


if checks_01.check_window(my_window):
    print("a box in a corner:", my_window((200, 100), (0, 0, 40, 20)))

# %% [markdown]
# [One solution](solutions/01_data_exploration.ipynb).
#
# ## 7. Which birds must stay unseen?
#
# There are two ways to hold test data back.
#
# - The **official** split takes some pictures *of every class* away. A bird of each test class has
#   been seen in training.
# - The **zero-shot** split (Reed et al., 2016) takes *whole classes* away: 50 of CUB's 200.
#   Text-to-image papers report it. Their claim is "draws what a new sentence says", and not
#   "remembers what cardinals look like".

# %%
parts = pd.DataFrame([(r.class_id, r.zero_shot, r.official) for r in records])
parts.columns = ["class_id", "zero-shot", "official"]
for split in ("official", "zero-shot"):
    by_part = parts.groupby(split)["class_id"].agg(["size", "nunique"])
    seen = set(parts.loc[parts[split] == "train", "class_id"])
    shared = parts.loc[parts[split] == "test", "class_id"].isin(seen).mean()
    print(f"{split}: {by_part.loc['train', 'size']} pictures to train on,", end=" ")
    print(f"{by_part.loc['test', 'size']} to test; {shared:.0%} of these are of a class seen")

# %% [markdown]
# **Does it show in the sentences?** We describe each picture by how often its ten captions use each
# word. Common words count little.

# %%
texts = [re.findall(r"[a-z]+", " ".join(r.captions).lower()) for r in records]
vocabulary = {word: i for i, word in enumerate(sorted({w for text in texts for w in text}))}
counts = np.zeros((len(records), len(vocabulary)), np.float32)
for row, text in zip(counts, texts, strict=True):
    np.add.at(row, [vocabulary[word] for word in text], 1)
counts *= np.log(len(records) / (counts > 0).sum(axis=0))

# %% [markdown]
# The mean over a class's pictures is then the class as its annotators saw it. For each class of the
# test part we look for the most similar class of the training part, by the cosine of the two means
# (1: the same words in the same proportions).

# %%
nearest = []
for split in ("official", "zero-shot"):
    means = pd.DataFrame(counts).groupby([parts[split], parts["class_id"]]).mean()
    means = means.div(np.linalg.norm(means, axis=1), axis=0)
    cosines = means.loc["test"] @ means.loc["train"].T  # (test classes, training classes)
    nearest += [(split, value) for value in cosines.max(axis=1)]
    own = (cosines.idxmax(axis=1) == cosines.index).mean()
    print(f"{split}: the nearest training class is the class itself in {own:.0%} of the cases")
nearest = pd.DataFrame(nearest, columns=["split", "cosine"])

# %% [markdown]
# Choose a similarity on the x axis. The height of a curve there is the share of test classes whose
# nearest training class is at most that similar. If a curve lies further right, the test classes
# have closer relatives in training.

# %%
figure, axis = plt.subplots(figsize=(7, 3.4))
sns.ecdfplot(nearest, x="cosine", hue="split", linewidth=2.5, ax=axis)
axis.set(title="How near is the nearest training class, by its words?")
axis.set(xlabel="cosine with the most similar training class", ylabel="share of test classes")
show_figure(figure, "two rising curves; that of the official split is further right")

# %% [markdown]
# Under the official split the nearest class in training is the bird's own in the share printed
# above. There, a network that looks up the nearest caption and copies its picture would score well.
# Under the zero-shot split even the nearest class is another bird. So this course trains on the
# zero-shot `train` classes only, and `t2i evaluate` refuses to judge weights on pictures that they
# were trained on.
#
# For toy birds the rule is stricter still: a test bird's (crown, wing, belly) colours never occur
# together in training, though every pair of them does.

# %% [markdown]
# ## 8. How like the real thing is the toy?
#
# If CUB is on this machine, we put four of each side by side.

# %%
names_here = ["toy", "cub"] if has_cub() else ["toy"]
random = np.random.default_rng(8)
figure, axes = plt.subplots(len(names_here), 4, figsize=(9.5, 2.9 * len(names_here)), squeeze=False)
for line, name in zip(axes, names_here, strict=True):
    others = records if name == DATA else course_dataset(name).records
    for axis, index in zip(line, random.choice(len(others), 4, replace=False), strict=True):
        shown = others[index]
        axis.imshow(read_squares(shown.path, shown.box, "box", (128,))[0])
        caption = textwrap.fill(shown.captions[0], 30)
        axis.set_title(caption, fontsize=9, fontweight="normal")
        axis.axis("off")
show_figure(figure, f"four birds with their captions from each of: {', '.join(names_here)}")

# %% [markdown]
# Toy birds have parts with colours, poses, places, and sentences that name some of it. They lack
# what makes the task hard: texture, light, hidden parts, and people who do not agree. A method that
# fails on toy birds is unlikely to work on photographs. A method that works on toy birds may still
# fail there.
#
# ## 9. What is a wrong pair?
#
# StackGAN's discriminator does not only ask "is this picture real?". It also asks "does this
# picture *fit this sentence*?". So it sees real pictures with **wrong** sentences: those of a bird
# of another class. Two careless ways to make them are to shuffle the sentences of the batch, or to
# shift them by one.
#
# **Predict:** how often does a batch hold at least one "wrong" pair that is in fact right, because
# both birds are of one class?

# %%
classes = parts.loc[parts["zero-shot"] == "train", "class_id"].to_numpy()
sizes, rows, random = (4, 8, 16, 32, 64, 128), [], np.random.default_rng(9)
for size in sizes:
    batches = random.choice(classes, (400, size))
    shuffled = random.permuted(batches, axis=1)
    shifted = np.roll(batches, 1, axis=1)
    for how, wrong in (("shuffled", shuffled), ("shifted by one", shifted)):
        rows.append((size, how, (batches == wrong).any(axis=1).mean()))
spoilt = pd.DataFrame(rows, columns=["size", "captions", "share"])
figure, axis = plt.subplots(figsize=(7, 3.4))
sns.lineplot(spoilt, x="size", y="share", hue="captions", marker="o", linewidth=2.5, ax=axis)
axis.set(xscale="log", xticks=sizes, xticklabels=sizes, ylim=(0, 1))
axis.minorticks_off()
axis.set(title="How often does a batch hold a wrong pair that is right?")
axis.set(xlabel="pictures in a batch", ylabel="share of the batches")
show_figure(figure, "two curves over the size of a batch; that of shuffled captions is higher")
print(spoilt.pivot(index="size", columns="captions", values="share").round(2).to_string())

# %% [markdown]
# In such a batch the discriminator is punished for being right. Why do shuffles do so badly? Each
# of $n$ captions stays in its own place with probability $1/n$. The chance that none stays is about
# $(1 - 1/n)^n \approx 1/e$. So at least one stays in about $1 - 1/e$, or 63 %, of all shuffles,
# however many classes there are. Shifting by one avoids this, but the neighbour may be of the same
# class, and more often in larger batches. The library draws the wrong caption from the pictures of
# the *other* classes, all equally likely.
#
# ### Exercise 3: draw the wrong captions
#
# `class_ids` is an integer array (n,), the class of each picture. For every picture, choose the
# row of another picture whose class differs. Every picture of another class must have a chance, and
# the choice must change from call to call; draw with `rng`, a NumPy `Generator`.


# %%
def my_wrong_rows(class_ids, rng):
    """Row numbers (n,): for picture i, a random picture of another class."""
    return ...


if checks_01.check_wrong_rows(my_wrong_rows):
    print("partners of ten birds:", my_wrong_rows(np.arange(10) // 2, np.random.default_rng()))

# %% [markdown]
# [One solution](solutions/01_data_exploration.ipynb).
#
# ## 10. What will training see?
#
# Training does not read these folders. The data set is *packed* once into memory-mapped arrays:
# cropped pictures at 64 and 256 pixels, and every caption as 512 numbers (notebook 02). A batch is
# then taken from the arrays: pictures, mirrored half of the time, with one random caption and one
# wrong one. (The paper's crop has context to spare: it is stored at 76 and 304 pixels, and a batch
# is a random window of it. From a box, such a window would cut off heads and tails, and a generator
# that never sees a head draws none.)

# %%
pack = course_pack(DATA)
train = pack.indices("zero-shot", "train")
whitening = pack.whitening(train)
batches = Batches(pack, train, batch_size=8, image_size=64, whitening=whitening, seed=0)
batch = batches.at(0)
for name in ("images", "embeddings", "wrong_embeddings", "class_ids"):
    print(f"{name:17} {batch[name].dtype!s:8} {batch[name].shape}")

# %% [markdown]
# Pictures travel as whole numbers from 0 to 255; a training step brings them to [-1, 1], which is
# what the generator's tanh produces. (*Whitening* brings the 512 numbers to one scale; notebook 02
# shows why it is needed.) To see the mirror at work, we take six batches from a set of only two
# birds. So every batch holds both. Nothing is trained here. Each column is one batch.

# %%
own_class = pack.class_ids[train]
pair = train[[0, np.flatnonzero(own_class != own_class[0])[0]]]  # two birds of two classes
two_birds = Batches(pack, pair, batch_size=2, image_size=64, whitening=whitening, seed=0)
figure, axes = plt.subplots(2, 6, figsize=(9.5, 3.4))
for step, column in enumerate(axes.T):
    batch = two_birds.at(step)
    for axis, row in zip(column, pair, strict=True):
        axis.imshow(batch["images"][batch["indices"] == row][0])
        axis.axis("off")
show_figure(figure, "two birds in six batches, some of them mirrored")

# %% [markdown]
# The same two birds are seen from both sides. To the network these are two pictures. A batch
# depends on the seed and the step alone, so a training that was stopped and resumed sees the same
# batches as one that was not.
#
# ### Exercise 4: your own pictures
#
# The course works on any pictures with captions. Make a folder with three pictures or more (birds,
# cups, your drawings) and a file `captions.csv` in it:
#
# ```
# file,caption,class
# robin.jpg,a small bird with an orange breast,robin
# robin.jpg,"a brown bird, round and small, on a branch",robin
# crow.jpg,a large black bird,crow
# ```
#
# Each line holds one caption, and a picture may have several lines. Put a caption with a comma in
# double quotes. `class` is optional. It says which pictures are of one kind, so that a wrong
# caption is really wrong. Then name the folder here (a path such as `"my_pictures"`).

# %%
my_folder = ...

passed = checks_01.check_own_folder(my_folder)

# %% [markdown]
# When the check says "Right", the same folder trains a model:
# `python train.py --data my_pictures --preset smoke`. No pictures at hand? The
# [solution](solutions/01_data_exploration.ipynb) draws some.
#
# ### Quiz
#
# 1. A caption says "a small bird with a black crown". May you conclude that its belly is not black?
#
# <details><summary>Answer</summary>
#
# You do not know. A caption names what struck its writer, and is silent about much that is true.
#
# </details>
#
# 2. Two papers report scores on "CUB". What do you ask before you compare them?
#
# <details><summary>Answer</summary>
#
# Which split, and which crop. Both change the test set.
#
# </details>
#
# 3. Your batches shift the captions by one to get wrong pairs. All batches have two birds of each
#    class, side by side. What does the discriminator learn?
#
# <details><summary>Answer</summary>
#
# Half of its "wrong" pairs are right. It is told to say no to the truth, and learns to ignore the
# sentence.
#
# </details>
#
# ## Key points
#
# - One example is a picture with a box, ten captions and a class, kept in one record so that no two
#   lists can fall out of step.
# - Captions are short, and their colour words say much about the class; which part has which colour
#   is told by order alone.
# - Captions agree with the ticked attributes on average, but each one is silent about much that is
#   true.
# - The paper's crop is, in its released code, a window of 0.75 times the longer box side around the
#   centre, clipped. Name the crop beside every score.
# - The zero-shot split holds whole classes back; under the official split test birds have their own
#   class in training.
# - A wrong pair needs a picture of another class; a shuffled batch punishes the discriminator for
#   being right.
# - Your own pictures need one folder and one captions.csv.
#
# ## References
#
# - Wah, Branson, Welinder, Perona, Belongie. *The Caltech-UCSD Birds-200-2011 Dataset.* Caltech,
#   CNS-TR-2011-001. http://www.vision.caltech.edu/datasets/cub_200_2011/
# - Reed, Akata, Lee, Schiele. *Learning Deep Representations of Fine-Grained Visual Descriptions.*
#   CVPR 2016 (the captions and the zero-shot split). https://arxiv.org/abs/1605.05395
# - Reed, Akata, Yan, Logeswaran, Schiele, Lee. *Generative Adversarial Text to Image Synthesis.*
#   ICML 2016 (wrong pairs). https://arxiv.org/abs/1605.05396
# - Zhang, Xu, Li, Zhang, Wang, Huang, Metaxas. *StackGAN.* ICCV 2017 (the crop).
#   https://arxiv.org/abs/1612.03242
#
# **Next:** [02 Text encoding](02_text_encoding.ipynb), from a sentence to 512 numbers.
