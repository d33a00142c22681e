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
# ![Four birds as on photographs, each with its caption: a red, a blue, an orange-breasted and a
# black one. Four toy birds, each with an orange box around it and its caption. Bars: captions of
# photographs name black and white most often, purple and pink hardly ever; captions of toy birds
# name all colours about equally often](../figures/01_first_look.webp)
#
# *The data at a glance. The photographs are not ours to show. So the upper row was drawn by a
# network that has learned from thousands of such photographs. The bars count the captions of 6,456
# photographs and of 1,200 toy birds (`tools/first_look.py`). Notice which colours real birds hardly
# ever have.*
#
# **In this notebook you will**
#
# - see what one example is: a picture, a box around the bird, ten captions and a class
# - count how long captions are and which colour words they use
# - compare captions with the attributes that people ticked
# - cut pictures by the paper's crop, and measure how much of the bird it keeps
# - let a cheat show why the test classes of the zero-shot split must stay unseen
# - find out what a wrong pair is, and measure what careless ones cost
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

from t2i_utils import generate
from t2i_utils.course import checks_01
from t2i_utils.course.data import course_dataset, course_pack, course_root, has_cub
from t2i_utils.course.show import show_figure, show_rows, show_sheet
from t2i_utils.data import Batches
from t2i_utils.data.crops import crop_window, read_squares
from t2i_utils.data.records import Record

# %% [markdown]
# The method of this course is StackGAN (Zhang et al., 2017). On all pages, "the paper" is that one.
# Here is the whole course in one picture: the way from a sentence to a picture, and back. The
# networks that draw, Stage I and Stage II, are called *generators*.
#
# ![Above, a sentence becomes 512 numbers, then a condition, a picture of 64 pixels by Stage I and
# one of 256 by Stage II; below, a picture becomes 49 regions and a
# sentence](../figures/diagrams/pipeline.svg)
#
# *Notice that the sentence reaches both stages, and the noise only the first: Stage I decides what
# the sentence leaves open.*
#
# Where does it lead? The course comes with the trained network that drew the first picture of this
# page. Now it draws for you. **Predict:** which words of these four sentences will you see?

# %%
WISHES = [
    "a small yellow bird with black wings",
    "this bird is blue with a white belly and a short beak",
    "a red bird with a black crown",
    "a brown bird with a spotted belly and a long beak",
]
drawn = generate(WISHES)
show_sheet(WISHES, [[picture] for picture in drawn], size=200)

# %% [markdown]
# None of these birds exists. The main colours are easy to find. Look also for the black crown, the
# spots and the size of each beak: not every word is obeyed.
#
# <details><summary>What we saw</summary>
#
# Yellow, blue, the white belly, red and brown are there, and so are the spots. The third bird has
# no black crown. The second has an orange breast, which nobody asked for.
#
# </details>
#
# (Names of birds mean little to these weights, so `generate` replaces the commonest by a
# description: "a crow" becomes "a black bird".) The network has learned all of it from photographs
# and their captions, so we begin with the data. Notebooks 03 and 04 build the network.
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
# by chance, the box around the bird, and the first of the ten captions. (Each cell that draws by
# chance has a seed of its own, and shows the same birds whenever you run it. Change the seed to see
# others.)

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
# around it and its caption above](../figures/01_six_birds.webp)
#
# *Drawn by this notebook on toy birds, seed 1; no training involved.*
#
# </details>
#
# Each picture has ten captions, from different people (or, for toy birds, from a grammar that
# imitates them). Here are all ten of one bird. **Predict:** is there a part that all ten name?

# %%
record = records[int(np.random.default_rng(2).integers(len(records)))]
print(dataset.class_names[record.class_id])
for caption in record.captions:
    print(" -", caption)

# %% [markdown]
# All ten are true, and they differ in the parts that they name and in their order. Here not even
# the wings are in all ten. In training, each visit to a picture draws one of its captions anew. A
# program that uses the same caption of a picture every time throws nine tenths of the text away.
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
axis.text(most + 0.4, axis.get_ylim()[1] * 0.9, f"95 % have at most {most:.0f}", color="#e07a3f")
axis.set(title=f"Half of the captions have at most {half:.0f} words", xlabel="words in a caption")
axis.set(ylabel="per cent of captions", xlim=(0, captions["words"].quantile(0.999) + 6))
show_figure(figure, f"a histogram of words per caption; 95 % have at most {most:.0f}")

# %% [markdown]
# Captions differ little in length: compare the title with the dashed line. (On CUB the middle is
# lower and the tail is longer; see the first plot of section 4.) Can one vector of fixed size hold
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
# A toy class *is* a set of colours, so 88 % is no surprise: what is missing are colours that the
# captions left out. A class of birds is more than that. With CUB, the same cell guesses 34 % of
# 3,170 pictures of 127 classes rightly, where chance gives 0.8 %. And counts of words cannot say
# *which part* has which colour. Nor could a count of all words: "a red bird with black wings" and
# "a black bird with red wings" use the same words equally often. Only the order tells them apart.
# Notebook 02 measures how much of this order survives in a vector.
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
# **Predict:** everybody says that a bird's crown is red. In how many of ten captions will the word
# "red" stand?
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
# Toy ticks are all or nothing, so the table of toy birds has two lines. The second line is about
# colours that every bird of the class has. Compare its share with 1: about eight of ten captions
# name such a colour, and the others leave it out. On CUB, people disagree, and there is more to
# see. These plots were made beforehand, by `python tools/cub_statistics.py`:
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
# largest one have? In the table, `count` is the number of classes. The other columns are pictures
# per class, and `50%` is their median.

# %%
per_class = captions.drop_duplicates("image").groupby(["part", "class_id"]).size()
per_class.groupby("part").describe().astype(int)[["count", "min", "50%", "max"]]

# %% [markdown]
# Toy birds are even by construction. The third plot above is not: some classes have about 30
# pictures, most have nearly 60. It shows the part of CUB that this project trains on. All of CUB
# has 41 to 60 pictures in each class. The two lines are the two parts of the zero-shot split, to
# which we come in section 7.
#
# ## 6. How much of a picture is bird?
#
# A generator of 64 x 64 pixels should not spend them on sky. So the paper cuts each picture around
# its box. The paper and its released code differ:
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
figure, axes = plt.subplots(3, 3, figsize=(7.4, 8))
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
# beside the two crops at 64 pixels](../figures/01_crops.webp)
#
# *Drawn by this notebook on toy birds, seed 2.*
#
# </details>
#
# **What does each crop cost?** Two things can go wrong: pixels that show no bird, and a bird that
# is stretched. We measure both for all pictures, and the ratio that the paper asks for, by sides.

# %%
rows = []
for record in records:
    size, (_, _, width, height) = Image.open(record.path).size, record.box
    for crop in ("paper", "box"):
        left, top, right, bottom = crop_window(size, record.box, crop)
        wide, high = right - left, bottom - top
        empty = max(1 - width * height / (wide * high), 0)
        stretch = max(wide / high, high / wide)
        rows.append((crop, empty, stretch, min(max(width, height) / max(wide, high), 1)))
windows = pd.DataFrame(rows, columns=["crop", "empty", "stretch", "ratio"])
print(windows.groupby("crop")[["empty", "stretch"]].mean().round(2).to_string())
ratio = windows.loc[windows["crop"] == "paper", "ratio"]
print(f"paper's crop: longer side of the box / side of the window {ratio.median():.2f} "
      f"(median); greater than 0.75 for {(ratio > 0.75).mean():.0%}")  # fmt: skip

# %% [markdown]
# Each box below holds the middle half of all pictures, and the line in it is the median.

# %%
costs = {"empty": "Share of the crop outside the box", "stretch": "Stretched how many times?"}
figure, axes = plt.subplots(1, 2, figsize=(8.5, 2.6), sharey=True)
for axis, (cost, title) in zip(axes, costs.items(), strict=True):
    sns.boxplot(windows, x=cost, y="crop", hue="crop", width=0.6, fliersize=2, ax=axis)
    axis.set(title=title, xlabel="", ylabel="")
axes[0].set_xlim(-0.02, 1)
show_figure(figure, "two plots: the paper's crop wastes more pixels, the box crop stretches more")

# %% [markdown]
# Each crop pays in one of the two. The paper's crop keeps the shape of its birds, and pays with
# pixels outside the box. Without clipping, the released code's box takes 1 / 1.5 = 0.67 of the
# window's side. Many windows are clipped at the edge of the picture, so the median lies higher. But
# only a part of them reaches the paper's 0.75.
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
# **What does the split change?** Imagine a cheat that cannot draw. It looks up the training picture
# whose captions are most like the caption that it is given, and hands that picture out.
# **Predict:** under which split will it pass for an artist?
#
# We describe each picture by how often its ten captions use each word. A word that is used for $d$
# of all $N$ pictures gets the weight $\log(N/d)$: nothing for a word that every picture has, and
# more the rarer it is. (Search engines call this *tf-idf*.) The cosine of two such rows is 1 where
# the same words stand in the same proportions.

# %%
texts = [re.findall(r"[a-z]+", " ".join(r.captions).lower()) for r in records]
vocabulary = {word: i for i, word in enumerate(sorted({w for text in texts for w in text}))}
counts = np.zeros((len(records), len(vocabulary)), np.float32)
for row, text in zip(counts, texts, strict=True):
    np.add.at(row, [vocabulary[word] for word in text], 1)
counts *= np.log(len(records) / (counts > 0).sum(axis=0))
counts /= np.linalg.norm(counts, axis=1, keepdims=True)

# %% [markdown]
# The cheat itself takes two lines. We draw six birds that are test birds under both splits, and
# look at what it hands out for them.

# %%
found = {}  # split: {row of a test picture: row of the training picture that is handed out}
for split in ("official", "zero-shot"):
    learn, judge = (np.flatnonzero(parts[split] == part) for part in ("train", "test"))
    nearest = (counts[judge] @ counts[learn].T).argmax(axis=1)
    found[split] = dict(zip(judge, learn[nearest], strict=True))

in_both = sorted(set(found["official"]) & set(found["zero-shot"]))
asked = np.random.default_rng(7).choice(in_both, 6, replace=False)
shown = {"asked for": asked}
shown |= {f"{split}:\nhanded out": [rows[row] for row in asked] for split, rows in found.items()}
for name, rows in shown.items():
    birds = [records[row] for row in rows]
    shown[name] = np.stack([read_squares(r.path, r.box, "box", (128,))[0] for r in birds])
show_rows(shown)

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Three rows of six toy birds: those asked for; those handed out under the official split, in the
# same colours; those under the zero-shot split, in other colours](../figures/01_cheat.webp)
#
# *Drawn by this notebook on toy birds, seed 7; no training involved.*
#
# </details>
#
# To put a number on it, we take the colours of parts that most people ticked for the wanted bird
# (section 4). How many of these colours does the bird that was handed out have on the same part? As
# a control, a training picture drawn by chance is judged in the same way.

# %%
part_colours = [place for place, name in enumerate(names) if "_color::" in name]
has = table[:, part_colours] > 50  # (classes, colours of parts)
class_of = parts["class_id"].to_numpy() - 1  # the row of `table`
for split, rows in found.items():
    learn = np.flatnonzero(parts[split] == "train")
    by_chance = np.random.default_rng(7).choice(learn, len(rows))
    wanted = has[class_of[list(rows)]]
    for who, theirs in (("the cheat", list(rows.values())), ("chance", by_chance)):
        share = (wanted & has[class_of[theirs]]).sum() / wanted.sum()
        print(f"{split:9} {who:9} {share:4.0%} of the wanted colours")

# %% [markdown]
# Compare each line of the cheat with its chance. Under the official split the cheat finds the right
# class, and all toy birds of a class have the same colours. (Photographs of one class vary, so
# there it would get less.) Under the zero-shot split the wanted bird is of a class that the cheat
# has never seen. Whoever scores well there must put known colours together in a new way. So this
# course trains on the zero-shot `train` classes only, and `t2i evaluate` refuses to judge weights
# on pictures that they were trained on.
#
# For toy birds the rule is stricter still: a test bird's (crown, wing, belly) colours never occur
# together in training, though every pair of them does.

# %% [markdown]
# ## 8. How like the real thing is the toy?
#
# Four toy birds come first. Below them are four photographs, if CUB is on this machine. If it is
# not, you see again what the network has drawn after learning from such photographs.


# %%
def four_of(name):
    """The first captions of four pictures of a data set, and the pictures, cut to their boxes."""
    others = records if name == DATA else course_dataset(name).records
    chosen = [others[i] for i in np.random.default_rng(8).choice(len(others), 4, replace=False)]
    pictures = [[read_squares(r.path, r.box, "box", (256,))[0]] for r in chosen]
    return [r.captions[0] for r in chosen], pictures


real = four_of("cub") if has_cub() else (WISHES, [[picture] for picture in drawn])
for sentences, pictures in (four_of("toy"), real):
    show_sheet(sentences, pictures, size=150)

# %% [markdown]
# Toy birds have parts with colours, poses, places, and sentences that name some of it. They lack
# what makes the task hard: texture, light, hidden parts, and people who do not agree. So they are
# the easier test. A method that fails here has little hope on photographs, and a method that works
# here may still fail there.
#
# ## 9. What is a wrong pair?
#
# StackGAN trains a second network beside the generator. It is called the *discriminator*, and it
# judges what it is shown (notebook 03). It does not only ask "is this picture real?". It also asks
# "does this picture *fit this sentence*?". So it sees real pictures with **wrong** sentences: those
# of a bird of another class. Two careless ways to make them are to shuffle the sentences of the
# batch, or to shift them by one.
#
# **Predict:** which share of such "wrong" pairs is in fact right, because both birds are of one
# class? Does the share grow or shrink with the batch?

# %%
classes = parts.loc[parts["zero-shot"] == "train", "class_id"].to_numpy()
sizes, rows, random = (4, 8, 16, 32, 64, 128), [], np.random.default_rng(9)
for size in sizes:
    batches = random.choice(classes, (2000, size))
    shuffled, shifted = random.permuted(batches, axis=1), np.roll(batches, 1, axis=1)
    for how, wrong in (("shuffled", shuffled), ("shifted by one", shifted)):
        right = batches == wrong
        rows.append((size, how, right.mean(), right.any(axis=1).mean()))
spoilt = pd.DataFrame(rows, columns=["size", "captions", "of the pairs", "batches with one"])
figure, axes = plt.subplots(1, 2, figsize=(8.5, 3.2))
for axis, share in zip(axes, ("of the pairs", "batches with one"), strict=True):
    sns.lineplot(spoilt, x="size", y=share, hue="captions", marker="o", linewidth=2.5, ax=axis,
                 legend=share == "of the pairs")  # fmt: skip
    axis.set(xscale="log", xticks=sizes, xticklabels=sizes, xlabel="pictures in a batch", ylabel="")
    axis.minorticks_off()
axes[0].set(title="Share of wrong pairs that are right", ylim=(0, None))
axes[1].set(title="Share of batches that hold one", ylim=(0, 1))
show_figure(figure, "two panels: shuffling spoils fewer pairs in large batches, but most batches")

# %% [markdown]
# Read the left panel first. A shuffle leaves one caption in its place on average, however large the
# batch: each of $n$ stays with probability $1/n$, and $n \cdot 1/n = 1$. So a quarter of the pairs
# is spoilt in a batch of 4, and hardly any in a batch of 128. Shifting by one spoils a pair only
# where two neighbours are of one class.
#
# The right panel does not fall. Whatever the size, about 63 % of all shuffles ($1 - 1/e$) leave at
# least one caption in its place. A pair is also right by accident if its caption comes from another
# bird of the class. That happens more often in a large batch, so the line rises.
#
# **What does a spoilt pair cost?** We train a small judge, and spoil more and more of its wrong
# pairs. It sees the mean colours of 4 x 4 places of a picture, and the colour words of a sentence.
# Neither of the two alone can say whether they fit. So the judge gets their *products*: "redder
# than usual at this place" times "the sentence says red". Such a product is positive where the two
# agree and negative where they do not.

# %%
pack = course_pack(DATA)
train, test = (pack.indices("zero-shot", part) for part in ("train", "test"))
squares = np.asarray(pack.images(64), np.float32)
seen = squares.reshape(-1, 4, 16, 4, 16, 3).mean(axis=(2, 4)).reshape(len(squares), -1)
seen = (seen - seen[train].mean(axis=0)) / seen[train].std(axis=0)  # (pictures, 48)
named = [[colours_in(text) for text in ten] for ten in pack.captions]
said = np.array([[[c in text for c in COLOURS] for text in ten] for ten in named], np.float32)
said -= said[train].mean(axis=(0, 1))  # (pictures, 10 captions, 11 colours)


def pairs(pictures, writers, rng):
    """Each picture with a caption of a writer: all products of seen and said (n, 528)."""
    caption = said[writers, rng.integers(10, size=len(writers))]
    return np.einsum("ns,nc->nsc", seen[pictures], caption).reshape(len(caption), -1)


# %% [markdown]
# The judge is linear, and learns by least squares to say 1 for a right pair and 0 for a wrong one.
# (Pictures are sorted by class. A writer from far along the list is one of another class.) It is
# tested on birds of classes that it has not seen, with wrong pairs that are really wrong.

# %%
rng, rows = np.random.default_rng(9), []
many, unseen = np.tile(train, 10), np.tile(test, 10)
steps = rng.uniform(0.2, 0.8, 10)  # how far along the list, as a share of its length
far = np.concatenate([np.roll(train, int(step * len(train))) for step in steps])
far_unseen = np.concatenate([np.roll(test, int(step * len(test))) for step in steps])
truth = np.repeat([1.0, 0.0], len(many))
for share in (0, 0.25, 0.5, 0.75, 1):
    writers = np.where(rng.random(len(many)) < share, many, far)  # `share` of them are right
    x = np.concatenate([pairs(many, many, rng), pairs(many, writers, rng)])
    ridge = 0.01 * len(many) * np.eye(x.shape[1])  # keeps the weights small
    weights = np.linalg.solve(x.T @ x + ridge, x.T @ (truth - 0.5))
    right, wrong = (0.5 + pairs(unseen, w, rng) @ weights for w in (unseen, far_unseen))
    rows.append((share, right.mean(), wrong.mean(), (right > wrong).mean()))
judged = pd.DataFrame(rows, columns=["spoilt", "right", "wrong", "told apart"])

# %% [markdown]
# The mean score of right and of wrong pairs. The space between them is what the judge can teach a
# generator: "change this, and the sentence fits better".

# %%
figure, axis = plt.subplots(figsize=(7, 3.4))
axis.fill_between(judged["spoilt"], judged["wrong"], judged["right"], alpha=0.15)
for name in ("right", "wrong"):
    axis.plot(judged["spoilt"], judged[name], marker="o", linewidth=2.5, label=f"{name} pairs")
axis.set(title="What the judge says of birds it has not seen", ylabel="mean score")
axis.set(xlabel="share of the wrong pairs in training that are right")
axis.legend()
show_figure(figure, "two lines that approach each other; where all pairs are spoilt, they meet")
print(judged.round(2).to_string(index=False))

# %% [markdown]
# Spoilt pairs narrow the gap, and where all are spoilt, hardly any gap is left. (Why do wrong pairs
# stay at 0.5, although the judge learned to say 0? Their products are as often negative as
# positive, so they add up to nearly nothing, and that is 0.5: undecided.) The last column says how
# often the right sentence scores higher than the wrong one (chance: 0.50). Compare the first and
# the third line. By how much has the gap shrunk, and by how much has the last column fallen towards
# 0.50? The gap shrinks almost in proportion, as it must for a judge that learns by least squares.
# What no rescaling can mend is the last column: it fell from 0.70 to 0.63 when half of the pairs
# were spoilt. (What a *generator* loses without any wrong pair, notebook 03 tests.) So a shuffle
# harms small batches and does little to large ones, and pairs by class are right in any batch. The
# library draws the wrong caption from the pictures of the *other* classes, all equally likely.
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
# NumPy reads from such a file only what is asked for, so the whole need not fit into memory. The
# pack holds cropped pictures at 64 and 256 pixels, and every caption as 512 numbers (notebook 02).
# A batch is then taken from the arrays: pictures, mirrored half of the time, with one random
# caption and one wrong one. (The paper's crop has context to spare: it is stored at 76 and 304
# pixels, and a batch is a random window of it. From a box, such a window would cut off heads and
# tails.)

# %%
whitening = pack.whitening(train)
batches = Batches(pack, train, batch_size=8, image_size=64, whitening=whitening, seed=0)
batch = batches.at(0)
for name in ("images", "embeddings", "wrong_embeddings", "class_ids"):
    print(f"{name:17} {batch[name].dtype!s:8} {batch[name].shape}")

# %% [markdown]
# Pictures travel as whole numbers from 0 to 255. A training step brings them to [-1, 1], the range
# in which a generator draws. (*Whitening* brings the 512 numbers to one scale; notebook 02 shows
# why it is needed.) A batch holds vectors and no text. So we look for
# the captions whose vectors these are, for six of the pictures. **Predict:** how many of the six
# wrong captions would fit their picture after all?

# %%
vectors = whitening(np.asarray(pack.embeddings, np.float32).reshape(-1, pack.width))
texts = [text for ten in pack.captions for text in ten]


def sentence_of(vector):
    """The caption of the pack whose vector lies nearest."""
    return texts[np.linalg.norm(vectors - vector, axis=1).argmin()]


told = [
    f"RIGHT: {sentence_of(right)}. WRONG: {sentence_of(wrong)}."
    for right, wrong in zip(batch["embeddings"], batch["wrong_embeddings"], strict=True)
]
for half in (slice(0, 3), slice(3, 6)):
    show_sheet(told[half], [[picture] for picture in batch["images"][half]], size=285)

# %% [markdown]
# A wrong caption may be true of a part, but hardly ever of the whole bird. About half of the
# pictures are mirrored. To the network, a mirrored picture is a new one. And does the same step
# always give the same batch?

# %%
again = Batches(pack, train, batch_size=8, image_size=64, whitening=whitening, seed=0).at(0)
same = [np.array_equal(again[name], batch[name]) for name in batch]
print(f"step 0 again: {sum(same)} of {len(same)} arrays are the same")

# %% [markdown]
# A batch depends on the seed and the step alone, so a training that was stopped and resumed sees
# the same batches as one that was not.
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
# Half of its "wrong" pairs are right. It is told to say no to the truth, and the gap between its
# scores shrinks, as in section 9: the sentence counts for less.
#
# </details>
#
# ## Key points
#
# - One example is a picture with a box, ten captions and a class, kept in one record so that no two
#   lists can fall out of step.
# - Captions are one sentence of 10 to 25 words. Their colour words say nearly all about a toy
#   class, and less about a class of photographs. Which part has which colour is told by order.
# - Captions agree with the ticked attributes on average, but each one is silent about much that is
#   true.
# - The paper's crop is, in its released code, a window of 0.75 times the longer box side around the
#   centre, clipped. Name the crop beside every score.
# - The zero-shot split holds whole classes back. Under the official split a cheat that looks
#   pictures up gets all wanted colours of toy birds, under the zero-shot split few.
# - A wrong pair needs a picture of another class. Each one that is right by accident narrows the
#   gap that teaches the generator.
# - Your own pictures need one folder and one captions.csv.
#
# ## References
#
# - Wah, Branson, Welinder, Perona, Belongie. *The Caltech-UCSD Birds-200-2011 Dataset.* Caltech,
#   CNS-TR-2011-001. <http://www.vision.caltech.edu/datasets/cub_200_2011/>
# - Reed, Akata, Lee, Schiele. *Learning Deep Representations of Fine-Grained Visual Descriptions.*
#   CVPR 2016 (the captions and the zero-shot split). <https://arxiv.org/abs/1605.05395>
# - Reed, Akata, Yan, Logeswaran, Schiele, Lee. *Generative Adversarial Text to Image Synthesis.*
#   ICML 2016 (wrong pairs). <https://arxiv.org/abs/1605.05396>
# - Zhang, Xu, Li, Zhang, Wang, Huang, Metaxas. *StackGAN.* ICCV 2017 (the crop).
#   <https://arxiv.org/abs/1612.03242>
#
# **Next:** [02 Text encoding](02_text_encoding.ipynb), from a sentence to 512 numbers.
