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
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_account/text-to-image-synthesizer/blob/v0.1.0/notebooks/01_data_exploration.ipynb)
#
# You will learn
#
# - what one example is: a picture, a box around the bird, ten captions and a class
# - how long captions are and which colour words they use
# - how far captions agree with the attributes that people ticked
# - what the paper's crop does to a picture, and how much of the bird it keeps
# - why the test classes of the zero-shot split must stay unseen
# - what a wrong pair is, and how a careless one harms training
# - how to bring your own pictures, with one file of captions
#
# | | |
# | --- | --- |
# | You need | Python, and some NumPy and pandas; no deep learning yet |
# | Minutes | CPU: 1 to run, 45 to read and do. GPU: the same |
# | Memory | 1.5 GB |
# | Downloads | none: toy birds are drawn on the spot. Real ones are optional (1.1 GB) |

# %%
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
# Quote that line when you ask for help. Now the tools of this notebook: pandas for tables, seaborn
# for plots, and the parts of the course's package that read and cut pictures.

# %%
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
from t2i_utils.data import Batches
from t2i_utils.data.crops import crop_window, read_squares
from t2i_utils.data.records import Record

# %% [markdown]
# Before the data, here is the whole way that they will go in this course.
#
# ![Above, a sentence becomes 512 numbers, then a condition, a picture of 64 pixels by Stage I and
# one of 256 by Stage II; below, a picture becomes 49 regions and a
# sentence](../figures/diagrams/pipeline.svg)
#
# *Notice that the sentence reaches both stages, and the noise only the first: Stage I decides what
# the sentence leaves open.*
#
# ## 1. Choose your birds
#
# The whole course runs on one of two data sets, and this is the switch between them.
#
# - `"toy"`: drawn birds. They need no download, and we know the colour of every part exactly, so
#   we can later *measure* whether a network obeyed its caption.
# - `"cub"`: Caltech-UCSD Birds-200-2011, the photographs that StackGAN was published on. Get them
#   with `t2i data download` and write `"cub"` below; or name the folder that holds
#   `CUB_200_2011`, by its full path, in the environment variable `T2I_CUB_DIR`: then `"cub"` is
#   what you get without touching anything.

# %%
DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"
dataset = course_dataset(DATA)
records = dataset.records

# %% [markdown]
# Both sets come out of one reader, in one form, because toy birds are written to disk exactly as
# CUB is. This is everything that is known about one picture:

# %%
print(inspect.getsource(Record))

# %% [markdown]
# Notice that the captions sit *inside* the record, beside the path. Many published versions of
# this project keep pictures, captions and embeddings in three lists; sort one of them and every
# bird silently gets another bird's sentence.
#
# ## 2. Look before you count
#
# Statistics cannot tell you that the pictures are upside down. So first we simply look: six
# pictures drawn by chance, the box around the bird, and the first of the ten captions.

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

# %% [markdown]
# Read each caption against its picture. Is anything in the picture that no word mentions? That
# much a generator must invent: a caption leaves pose, background and light open, which is why the
# same sentence should give many different birds.
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
record = records[int(random.integers(len(records)))]
print(dataset.class_names[record.class_id])
for caption in record.captions:
    print(" -", caption)

# %% [markdown]
# All ten are true, and no two say the same. Some name three parts, some five; the order changes.
# In training, each visit to a picture draws one of its captions anew. Freezing one caption a
# picture, as some implementations do, throws nine tenths of the text away.
#
# ## 3. What do the sentences look like?
#
# Before we plot anything, put every caption into one table, a row a caption. Real annotators wrote
# both *grey* and *gray*; we count them as one colour.

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
# **Question: how long is a caption?** It matters twice: an encoder may cut long texts, and a long
# sentence carries more demands than a 64 pixel picture can meet.

# %%
half, most = captions["words"].quantile([0.5, 0.95])
axis = sns.histplot(captions, x="words", discrete=True, stat="percent")
axis.axvline(most, color="#e07a3f", linestyle="--")
axis.text(most + 0.4, axis.get_ylim()[1] * 0.9, "95 % are shorter", color="#e07a3f")
axis.set(title=f"Half of the captions have at most {half:.0f} words", xlabel="words in a caption")
axis.set(ylabel="per cent of captions", xlim=(0, captions["words"].quantile(0.999) + 6))
plt.show()
# %% [markdown]
# The sentences are short and of similar length: one vector of fixed size, which is what notebook
# 02 makes of each of them, is not a hopeless idea here.
#
# **Question: could you guess the class from the colours alone?** For a dozen classes, we count the
# share of captions that name each colour.

# %%
some_classes = random.choice(captions["class_id"].unique(), 12, replace=False)
exploded = captions[captions["class_id"].isin(some_classes)].explode("colours")
named = exploded.groupby(["class_id", "colours"]).size().unstack(fill_value=0)
share = named.reindex(columns=COLOURS, fill_value=0)
share = share.div(captions.groupby("class_id").size().reindex(share.index), axis=0)
share.index = [dataset.class_names[i].partition(".")[2].replace("_", " ") for i in share.index]
plt.figure(figsize=(9.5, 5))
axis = sns.heatmap(share, vmin=0, vmax=1, cmap="rocket_r", annot=True, fmt=".1f", linewidths=0.5)
axis.set(title="Share of a class's captions that name a colour", xlabel="", ylabel="")
axis.tick_params(axis="both", labelsize=9)

# %% [markdown]
# Every row has its own pattern, so yes, often. That is the signal the whole course lives on. It is
# also where its blind spot begins: the *set* of colours says much, *which part* has which colour
# is told by word order alone. Notebook 02 measures how much of that order survives in a vector.
#
# ### Exercise 1: how demanding are the captions?
#
# A caption that names one colour can be obeyed by painting the whole bird. One that names two
# cannot. Compute the share (0 to 1) of all captions that name **at least two different** colours.
# The column `captions["colours"]` is all you need.

# %%
share_of_two_colours = ...

checks_01.check_share_of_two_colours(share_of_two_colours, captions["colours"])

# %% [markdown]
# "Not yet" is what you see until your answer is in. The solution is in
# [solutions/01_data_exploration.ipynb](solutions/01_data_exploration.ipynb); try first.
#
# ## 4. Attributes: the same birds, ticked instead of told
#
# CUB has a second description: people were shown a list of 312 attributes, such as
# `has_wing_color::blue`, and ticked what they saw. For each class there is the per cent of people
# who ticked each. Toy birds come with the same file, and theirs says either 0 or 100.

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
# **Question: do sentences and ticks agree?** For every class and colour we take the part with the
# most ticks ("how red is the reddest part?") and compare it with the share of captions that name
# the colour.

# %%
most_ticked = ticked.groupby([ticked.index, "colour"])["percent"].max().rename("percent")
told = captions.explode("colours").groupby(["class_id", "colours"]).size()
told = told / captions.groupby("class_id").size().reindex(told.index, level=0)
both = most_ticked.to_frame()
both["told"] = told.reindex(both.index).fillna(0)
both = both[both.index.get_level_values(0).isin(captions["class_id"])]
labels = ["0-10", "10-30", "30-50", "50-70", "70-100"]
both["bin"] = pd.cut(both["percent"], [-1, 10, 30, 50, 70, 100], labels=labels)
both["bin"] = both["bin"].cat.remove_unused_categories()
axis = sns.boxplot(both, x="bin", y="told", color="#1f6f8b", fliersize=2, width=0.6)
axis.set(title="The more people ticked a colour, the more captions name it")
axis.set(xlabel="people who ticked the colour for some part (%)", ylabel="captions naming it")
plt.show()
# %% [markdown]
# The two descriptions agree, but not caption by caption: a colour that everybody would tick is
# still missing from many sentences, because a sentence names what strikes its writer. (Toy birds
# have two boxes only: their ticks are 0 or 100.) So "the caption does not say red" never means
# "the bird is not red". Keep this in mind when you judge a generator's pictures.
#
# ## 5. Are the classes balanced?
#
# **Question: does any class dominate?** If one class had half of the pictures, a generator could
# please its judge by drawing that bird for every caption.

# %%
per_class = captions.drop_duplicates("image").groupby(["class_id", "part"]).size()
per_class = per_class.rename("pictures").reset_index()
axis = sns.histplot(per_class, x="pictures", hue="part", hue_order=["train", "test"],
                    multiple="stack", discrete=True)  # fmt: skip
fewest, largest = per_class["pictures"].min(), per_class["pictures"].max()
axis.set(title=f"The rarest class has {fewest} pictures, the most common {largest}")
axis.set(xlabel="pictures of a class", ylabel="classes", xlim=(0, None))
plt.show()
# %% [markdown]
# No class dominates. Toy birds are even by construction; CUB's classes differ a little. The two
# colours of the bars are the zero-shot split, to which we come in step 7.
#
# ## 6. How much of a picture is bird?
#
# A generator of 64 x 64 pixels cannot spend half of them on sky. So the paper cuts each picture
# around its box. The rule (StackGAN, section 4.1): a square window around the centre of the box
# whose half side is 0.75 times the *longer* side of the box, clipped at the edges of the picture,
# then resized to a square. Here is a picture, its box (orange) and that window (blue), and what
# comes out. Beside it is the other crop that this course knows: the box itself.

# %%
figure, axes = plt.subplots(3, 3, figsize=(8.5, 8))
for line, index in zip(axes, random.choice(len(records), 3, replace=False), strict=True):
    record = records[index]
    picture = Image.open(record.path).convert("RGB")
    line[0].imshow(picture)
    line[0].set_title("box (orange), paper's window (blue)", fontsize=10, fontweight="normal")
    left, top, right, bottom = crop_window(picture.size, record.box, "paper")
    paper = (left, top, right - left, bottom - top)
    for (x, y, width, height), colour in ((record.box, "#e07a3f"), (paper, "#1f6f8b")):
        frame = plt.Rectangle(
            (x, y), width, height, fill=False, color=colour, linewidth=2.5, clip_on=False
        )
        line[0].add_patch(frame)
    for axis, crop in zip(line[1:], ("paper", "box"), strict=True):
        axis.imshow(read_squares(record.path, record.box, crop, (64,))[0])
        axis.set_title(f'crop "{crop}", 64 px', fontsize=10, fontweight="normal")
for axis in axes.flat:
    axis.axis("off")
plt.show()

# %% [markdown]
# Notice what clipping does: a window that leaves the picture loses a strip, is no longer square,
# and the bird comes out stretched. The box crop stretches more often, but spends no pixel on sky.
#
# <details><summary>Expected result (toy birds)</summary>
#
# ![Three drawn birds, each with its box and the paper's window,
# beside the two crops at 64 pixels](../figures/01_crops.png)
#
# *Drawn by this notebook on toy birds, seed 1.*
#
# </details>
#
# **Question: what does each crop cost?** Two things can go wrong: pixels that show no bird, and a
# bird that is stretched. We measure both for all pictures: the share of the crop outside the box,
# and how much wider than high the window is before it is made square.

# %%
rows = []
for record in records:
    size, (_, _, width, height) = Image.open(record.path).size, record.box
    for crop in ("paper", "box"):
        left, top, right, bottom = crop_window(size, record.box, crop)
        wasted = 1 - width * height / ((right - left) * (bottom - top))
        rows.append((crop, max(wasted, 0.0), (right - left) / (bottom - top)))
windows = pd.DataFrame(rows, columns=["crop", "wasted", "width / height"])
axis = sns.histplot(windows, x="width / height", hue="crop", element="step", bins=40)
wasted = windows.groupby("crop")["wasted"].mean()
axis.set(title=f"The paper's crop leaves {wasted['paper']:.0%} of its pixels outside the box")
axis.set(xlabel="width / height of the window (1 is not stretched)", ylabel="crops")
plt.show()

# %% [markdown]
# The paper's windows stand nearer to 1, so its birds keep their shape, at the price of the pixels
# that the title names. The box crop spends every pixel on the bird and makes a long bird round.
# (Where pictures were already cut to their boxes by whoever gave them to you, both crops are one:
# no context is left to show, and the box crop is the honest choice.) Whichever you take, write it
# beside every score: two crops are two different test sets.
#
# ### Exercise 2: the paper's window
#
# Write the rule yourself, for a picture of `image_size = (width, height)` and a
# `box = (x, y, width, height)`. Return `(left, top, right, bottom)` in pixels, not rounded.


# %%
def my_window(image_size, box):
    """The paper's window (left, top, right, bottom) around a box (x, y, width, height)."""
    return ...


checks_01.check_window(my_window)

# %% [markdown]
# The check tries your function on boxes in the middle, at the edges and of all shapes, and names
# the first rule that breaks.
#
# ## 7. The zero-shot split, and why it matters
#
# There are two ways to hold test data back.
#
# - The **official** split takes some pictures *of every class* away. A bird of each test class has
#   been seen in training.
# - The **zero-shot** split (Reed et al., 2016) takes *whole classes* away: 50 of CUB's 200. It is
#   what text-to-image papers report, since the claim is "draws what a new sentence says", not
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
# All against none. **Question: does it show in the sentences?** We describe each picture by how
# often its ten captions use each word; common words count little.

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
# The curves show, for each similarity on the x axis, which share of the test classes has no
# training class as similar as that. A curve further right means an easier test.

# %%
axis = sns.ecdfplot(nearest, x="cosine", hue="split", linewidth=2.5)
axis.set(title="How near is the nearest training class, by its words?")
axis.set(xlabel="cosine with the most similar training class", ylabel="share of test classes")
plt.show()

# %% [markdown]
# Under the official split a test bird's nearest relative in training is nearly always its own
# class: a network that only looks up the nearest caption and copies its picture would score well
# there. Under the zero-shot split even the nearest class is another bird. That is why this course
# trains on the zero-shot `train` classes only, and `t2i evaluate` refuses to judge weights on
# pictures that they were trained on.
#
# For toy birds the rule is stricter still: a test bird's (crown, wing, belly) colours never occur
# together in training, though every pair of them does.

# %% [markdown]
# ## 8. Toy birds beside real ones
#
# How like the real thing is the toy? If CUB lies on this machine we put four of each side by side.

# %%
names_here = ["toy", "cub"] if has_cub() else ["toy"]
figure, axes = plt.subplots(len(names_here), 4, figsize=(9.5, 2.9 * len(names_here)), squeeze=False)
for line, name in zip(axes, names_here, strict=True):
    others = records if name == DATA else course_dataset(name).records
    for axis, index in zip(line, random.choice(len(others), 4, replace=False), strict=True):
        shown = others[index]
        axis.imshow(read_squares(shown.path, shown.box, "box", (128,))[0])
        caption = textwrap.fill(shown.captions[0], 30)
        axis.set_title(caption, fontsize=9, fontweight="normal")
        axis.axis("off")

# %% [markdown]
# Toy birds have what makes the task a task: parts with colours, poses, places, and sentences that
# name some of it. They lack what makes it hard: texture, light, occlusion, and people who cannot
# agree. A method that fails on toy birds will fail on photographs; the reverse need not hold.
# (Where CUB does not lie on this machine, only the drawn row appears.)
#
# ## 9. Wrong pairs
#
# StackGAN's discriminator does not only ask "is this picture real?". It asks "does this picture
# *fit this sentence*?" and therefore sees real pictures with **wrong** sentences: those of a bird
# of another class. The careless ways are to
# shuffle the sentences of the batch, or to shift them by one.
#
# **Question: how often do these go wrong?** That is: how likely is it that a batch has at
# least one "wrong" pair that is in fact right, because both birds are of one class?

# %%
classes = parts.loc[parts["zero-shot"] == "train", "class_id"].to_numpy()
sizes, rows = (4, 8, 16, 32, 64, 128), []
for size in sizes:
    batches = random.choice(classes, (400, size))
    shuffled = random.permuted(batches, axis=1)
    shifted = np.roll(batches, 1, axis=1)
    for how, wrong in (("shuffled", shuffled), ("shifted by one", shifted)):
        rows.append((size, how, (batches == wrong).any(axis=1).mean()))
spoilt = pd.DataFrame(rows, columns=["size", "captions", "share"])
axis = sns.lineplot(spoilt, x="size", y="share", hue="captions", marker="o", linewidth=2.5)
axis.set(xscale="log", xticks=sizes, xticklabels=sizes, ylim=(0, 1))
axis.minorticks_off()
axis.set(title="How often does a batch hold a wrong pair that is right?")
axis.set(xlabel="pictures in a batch", ylabel="share of the batches")
plt.show()

# %% [markdown]
# Most shuffled batches punish the discriminator for being right: a shuffle leaves some caption in
# its own place in 63 % of all cases, however many classes there are. Shifting by one avoids that,
# and still meets a neighbour of the same class often enough, the larger the batch the more. The
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


checks_01.check_wrong_rows(my_wrong_rows)

# %% [markdown]
# ## 10. What training will see
#
# Training never reads these folders. The data set is *packed* once into memory-mapped arrays:
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
# shows why it is needed.) To see the mirror at work, we train for a moment on two birds only, so
# that every batch holds both: six batches, from left to right.

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

# %% [markdown]
# The same two birds, each seen from both sides: to the network these are two pictures. (It gets to
# see them shifted and in other light as well; that happens inside the discriminator, notebook 03.)
# And since a batch depends on the seed and the step alone, a training that is
# stopped and resumed sees exactly the batches that it would have seen.
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
# One line a caption; a picture may have several. A caption with a comma goes in double quotes.
# `class` is optional; it says which pictures are of one kind, so that a wrong caption is really
# wrong. Then name the folder here (a path such as `"my_pictures"`).

# %%
my_folder = ...

checks_01.check_own_folder(my_folder)

# %% [markdown]
# When the check says "Right", the same folder trains a model:
# `python train.py --data my_pictures --preset smoke`. No pictures at hand? The
# [solution](solutions/01_data_exploration.ipynb) draws some.
#
# ## Key points
#
# - One example is a picture with a box, ten captions and a class, kept in one record so that no two
#   lists can fall out of step.
# - Captions are short, and their colour words nearly name the class; which part has which colour is
#   told by order alone.
# - Captions agree with the ticked attributes on average, but each one is silent about much that is
#   true.
# - The paper's crop is a window of 0.75 times the longer box side around the centre, clipped; the
#   bird then fills most of the picture. Name the crop beside every score.
# - The zero-shot split holds whole classes back; under the official split each test bird has its
#   own class in training.
# - A wrong pair needs a picture of another class; a shuffled batch tells the discriminator lies.
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
