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
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_account/text-to-image-synthesizer/blob/v0.1.0/notebooks/05_evaluation_and_interpolation.ipynb)
#
# You will learn
#
# - why distances between pictures are taken in the features of a network, and of which one
# - what FID and KID measure, and how far to trust them at the number of pictures that you have
# - why this course reports no Inception Score
# - how to measure whether pictures obey their captions, with controls that must fail
# - how to tell diversity from collapse, for one caption
# - how to find out whether a generator copies its training pictures
# - how to compare two recipes in a table that says everything a score needs
# - how to interpolate between noises and between captions, and why not in the same way
# - how to change one attribute of a bird step by step, in a plot and with a slider
#
# | | |
# | --- | --- |
# | You need | notebooks 01 to 03 |
# | Minutes | CPU: 2 to run, 75 to read and do. GPU: less to run, not measured |
# | Memory | 3 GB |
# | Downloads | none |

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
# The same start as in every notebook.

# %%
from t2i_utils.course.start import start

start()

# %% [markdown]
# The tools: plots, tables, the course's data.

# %%
import importlib.util
import inspect
import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from keras import ops

from t2i_utils.course import checks_05
from t2i_utils.course.data import course_pack
from t2i_utils.course.show import LiveSheet, show_rows
from t2i_utils.course.slider import CaptionSlider
from t2i_utils.data import Batches
from t2i_utils.drawing.synthesizer import Synthesizer

# %% [markdown]
# Now this notebook's own room of the library, `t2i_utils.evaluation`: a file a measure. The command
# `t2i evaluate` runs all of them on a model of yours and writes a report.
# %%
from t2i_utils.evaluation.alignment import r_precision, shuffle_across_classes
from t2i_utils.evaluation.caption_parts import named_parts
from t2i_utils.evaluation.colour_words import HUES, hue_amounts, score_colours
from t2i_utils.evaluation.diversity import mean_pairwise_distance, nearest_neighbours
from t2i_utils.evaluation.features import RESIZE, FeatureExtractor
from t2i_utils.evaluation.frechet import fit_gaussian, frechet_distance
from t2i_utils.evaluation.interpolation import attribute_walk, lerp, slerp
from t2i_utils.evaluation.kernel import kernel_distance
from t2i_utils.evaluation.matcher import train_matcher
from t2i_utils.evaluation.part_colours import score_captions
from t2i_utils.evaluation.photographs import photographs, shuffled_rows
from t2i_utils.evaluation.scores import share_error

# %% [markdown]
# Last, the GAN and the trained weights of notebooks 03 and 04. `DATA` chooses toy birds or real
# ones, as in notebook 01.
# %%
from t2i_utils.pictures import resize, to_uint8
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.training.stopping import DeferredInterrupt
from t2i_utils.vision import lite2, load_features

DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"

# %% [markdown]
# ## 1. Look first
#
# We judge the Stage I that the library ships. Everything below works on any weights, your own run's
# folder included: put its path in the place of the name.

# %%
draw = Synthesizer({"toy": "toy", "cub": "birds"}[DATA])
card = draw.weights.card
trained = card["stages"]["1"]
print(f"weights {card['name']!r}, Stage I, recipe {trained['recipe']!r}")
print(f"trained on {card['data']} ({card['split']}), {trained['images_seen']:,} pictures seen")

# %% [markdown]
# Judged it will be on captions of **test classes**: birds whose kind was in no training picture
# (notebook 01, step 7). One caption a picture, one noise a caption.

# %%
pack = course_pack(DATA)
rows = shuffled_rows(pack, "zero-shot", "test")
captions = [pack.captions[row][0] for row in rows]
real = np.concatenate([*photographs(pack, rows, stage=1)])
embeddings, noise = draw.embed(captions), draw.noise(len(rows), seed=0)
drawn = draw.draw(embeddings, noise, stage=1)[1]

# %% [markdown]
# Six of them, each of another class:

# %%
class_ids = pack.class_ids[rows]
shown = np.sort(np.unique(class_ids, return_index=True)[1])[:6]
for number, index in enumerate(shown, start=1):
    print(f"{number}  {captions[index]}")
show_rows({"photographs": real[shown], "drawn": drawn[shown]}, list("123456"))

# %% [markdown]
# Above the pictures that the captions were written for, below what was drawn.
# (*Photographs* is what we call the upper ones from here on, drawn as toy birds may be.) Take a
# pencil and give each lower picture 0, 1 or 2 points: is it a bird? does it obey? Keep the notes.
# Looking at six pictures chosen by chance has corrected many a wrong number, and no number has ever
# made it unnecessary to look.
#
# Your points mix several questions: does it look real, does it obey, do its birds differ, are they
# copies? We will build a measure for each, because no measure sees everything.
#
# ![A table of seven measures: KID and FID see realism, R-precision and colours see the text, the
# spread of one caption's pictures sees diversity, the nearest training picture sees copying, and
# eyes see the most](../figures/diagrams/measures.svg)
#
# *Notice the empty circles: a generator can be perfect for one measure and fail at all that this
# measure is blind to.*
#
# ## 2. A judge with eyes
#
# To compare two *sets* of pictures we need distances between pictures. Why not compare pixels?
# Three changes that any person would rate at a glance: the mirror image, a strong blur, and
# another bird. How far is each, if the distance to another bird counts as 1?
#
# As judge we take a network that has learnt to tell the 1,000 classes of ImageNet apart, and read
# the 1,280 numbers before its last layer. *Which* network matters: the modern recipe's
# discriminator looks through EfficientNet-Lite0, so the generator was trained to please just that
# one. A judge must not have been the teacher. `lite2` is a bigger sister that no generator here has
# met; it comes in an optional package, and without it we make do with `lite0` and say so.

# %%
NETWORK = "lite2" if importlib.util.find_spec(lite2.MODULE) else "lite0"
judge = FeatureExtractor(NETWORK, image_size=128)
print(f"the judge is EfficientNet-{NETWORK.title()}, at {judge.image_size} px")
if NETWORK == "lite0":
    print('it was the teacher too: to report, pip install -e ".[evaluation]" and run again')
real_features, drawn_features = judge(real), judge(drawn)

# %% [markdown]
# Now the three changes.

# %%
some = real[:32]
changes = {
    "mirrored": some[:, :, ::-1],
    "blurred": resize(resize(some, 12), 64),
    "another bird": np.roll(some, 1, axis=0),
}
table = pd.DataFrame(index=list(changes), columns=["pixels say", "features say"], dtype=float)
for name, changed in changes.items():
    pixels = (changed / 255 - some / 255).reshape(len(some), -1)
    features = judge(changed) - real_features[: len(some)]
    table.loc[name] = [np.linalg.norm(a, axis=1).mean() for a in (pixels, features)]
(table / table.loc["another bird"]).round(2)

# %% [markdown]
# Pixels find the blur almost harmless and the mirror image nearly as far as a stranger. Features
# see it the other way round, as you do. From here on a picture is its features.
#
# ## 3. FID: two clouds
#
# A good generator need not draw the *same* pictures as reality, it should draw from the same cloud.
# 1,280 dimensions cannot be plotted; here are the two in which all these pictures differ most.

# %%
clouds = {"photographs": real_features, "drawn": drawn_features}
both = np.concatenate(list(clouds.values()))
_, _, directions = np.linalg.svd(both - both.mean(axis=0), full_matrices=False)
flat = pd.DataFrame((both - both.mean(axis=0)) @ directions[:2].T, columns=["first", "second"])
flat["pictures"] = np.repeat(list(clouds), [len(cloud) for cloud in clouds.values()])
axis = sns.scatterplot(flat, x="first", y="second", hue="pictures", s=18, alpha=0.7)
sns.kdeplot(flat, x="first", y="second", hue="pictures", levels=[0.2], ax=axis, legend=False)
axis.set(title="Two clouds of pictures, seen from their broadest side")
plt.show()

# %% [markdown]
# The lines hold four fifths of each cloud. Where they part, the judge sees pictures that exist in
# one set only. The **Fréchet distance** (FID) puts a Gaussian in the place of each cloud, with mean
# $\mu$ and covariance $\Sigma$, and measures how far one must move to become the other:
#
# $$\text{FID} = \lVert \mu_1 - \mu_2 \rVert^2
# + \operatorname{tr}\left(\Sigma_1 + \Sigma_2 - 2\,(\Sigma_1 \Sigma_2)^{1/2}\right)$$
#
# A number alone means nothing. What would a *perfect* generator get? New photographs are the best
# it could draw, so we score photographs of the training classes in the same way: that is the
# **ceiling**.

# %%
train_rows = shuffled_rows(pack, "zero-shot", "train")
train_pictures = np.concatenate([*photographs(pack, train_rows, stage=1)])
train_features = judge(train_pictures)
count = len(real)
gaussian = fit_gaussian(real_features)
for name, features in (("drawn", drawn_features), ("photographs", train_features[:count])):
    print(f"FID of {name}: {frechet_distance(gaussian, fit_gaussian(features)):.1f} (n = {count})")

# %% [markdown]
# The ceiling is not 0, although both sets are photographs. Two things are in it: the test classes
# *are* other birds, and something less innocent, to which we come in step 5.
#
# (The literature's FID looks through another network, InceptionV3, at 299 pixels. Ours is an
# FID of the same form and **not comparable** with theirs.)
#
# ## 4. KID: without a Gaussian
#
# Nothing says that a cloud of features is a Gaussian. The **kernel distance** (KID) needs no such
# shape. It compares pictures pair by pair with a kernel $k(x, y) = (x \cdot y / d + 1)^3$, $d$ the
# number of features, which is large for like pictures. If the two sets come from one cloud, pairs
# within a set are as alike as pairs between them, and this is 0 on average:
#
# $$\text{KID} = \overline{k(x, x')}_{x \ne x'} + \overline{k(y, y')}_{y \ne y'}
# - 2\, \overline{k(x, y)}$$
#
# ### Exercise 1: KID
#
# Write it with NumPy. `real` is (n, d), `fake` is (m, d). The first two means run over pairs of
# *different* pictures: $n (n - 1)$ of them, not $n^2$.


# %%
def my_kernel_distance(real, fake):
    """The unbiased squared MMD with a cubic kernel: one number."""
    return ...


checks_05.check_kernel_distance(my_kernel_distance)

# %% [markdown]
# The library's version adds what makes it a measurement: a standard error. It leaves out a tenth of
# both sets in turn and looks how much the number moves. KID is a small number, so people print it
# times 1,000.

# %%
for name, features in (("drawn", drawn_features), ("photographs", train_features[:count])):
    kid = kernel_distance(real_features, features)
    print(f"KID x 1000 of {name}: {1000 * kid.value:.1f} ± {1000 * kid.standard_error:.1f}")

# %% [markdown]
# ## 5. How many pictures does it take?
#
# Here is a test that every measure should pass. Split the training photographs into two random
# halves. Both are from one cloud, so the true distance is **0**. Take the first 30 of each, then
# more, and see who finds out.

# %%
halves = train_features[: len(train_features) // 2], train_features[len(train_features) // 2 :]
sizes = [n for n in (30, 60, 120, 240, 480) if n <= len(halves[0])]
measured = []
for n in sizes:
    first, second = (half[:n] for half in halves)
    fid = frechet_distance(fit_gaussian(first), fit_gaussian(second))
    kid = kernel_distance(first, second)
    measured.append((fid, 1000 * kid.value, 1000 * kid.standard_error))
measured = pd.DataFrame(measured, index=sizes, columns=["FID", "KID", "error"])

# %% [markdown]
# The bars on KID are two standard errors long on each side: about 95 % of such bars hold the truth.

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8))
sns.lineplot(measured, x=measured.index, y="FID", marker="o", ax=axes[0])
axes[1].errorbar(sizes, measured["KID"], 2 * measured["error"], marker="o", capsize=4)
for axis, title in zip(axes, ("FID: never near the truth", "KID: unsure, but fair"), strict=True):
    axis.set(xscale="log", xticks=sizes, xticklabels=sizes, title=title, xlabel="pictures a set")
    axis.minorticks_off()
    axis.axhline(0, color="#e07a3f", linestyle="--")
axes[0].set(ylim=(-0.05 * measured["FID"].max(), None))
axes[1].set(ylabel="KID x 1000")
plt.show()

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![FID falls from 750 at 30 pictures to 180 at 480 and stays above the dashed line; KID lies on
# it within its bars](../figures/05_sample_size.png)
#
# *Pictures of toy birds in two random halves, judge Lite2 at 128 pixels; no training involved.*
#
# </details>
#
# Photographs against photographs: the dashed line is the truth. FID starts far above it and sinks
# as the sets grow, because a Gaussian of 1,280 dimensions has 820,000 covariances to
# learn from $n$ pictures. It is *biased*: half the pictures, and your generator looks worse;
# compare FIDs at equal $n$ only, and no FID of some hundred pictures with one of a paper's 30,000.
# KID scatters around the truth, and its bar says how much.
#
# ### Exercise 2: how sure is a share?
#
# Shares have an error too. If a generator truly obeys a share $p$ of all captions, the share that
# you find in $n$ pictures is off by about $\sqrt{p (1 - p) / n}$, its standard error. Some
# generator obeys 40 %. How many pictures do you need for a standard error of 2 points (0.02)?

# %%
number_of_pictures = ...

checks_05.check_num_pictures(number_of_pictures)

# %% [markdown]
# ## 6. Why no Inception Score
#
# StackGAN's own tables report another number, the Inception Score (IS): a classifier should be
# *sure* about each picture ($p(y \mid x)$ has one peak), and all classes should *occur* ($p(y)$ is
# flat). The score is $\exp$ of the mean KL divergence between the two; more is better. Look at
# the formula: where in it are the real pictures? Where is the caption? Let us give it four sets
# that nobody would confuse.

# %%
classifier = load_features(NETWORK, judge.image_size, "logits").get_layer("classifier")


def inception_score(features):
    """The score that this course does not report, with our judge's 1,000 classes."""
    p = np.asarray(ops.softmax(classifier(features))) + 1e-12
    return float(np.exp((p * np.log(p / p.mean(axis=0))).sum(axis=1).mean()))


quarters = judge(np.roll(train_pictures[:count], 32, axis=(1, 2)))
sets = {
    "photographs": train_features[:count],
    "photographs, quarters swapped": quarters,
    "forty photographs, again and again": np.resize(train_features[:40], (count, 1280)),
    "drawn": drawn_features,
}

# %% [markdown]
# KID, in the second column, sees the real pictures; small is good there, large is good for IS.

# %%
scores = [
    (inception_score(f), 1000 * kernel_distance(real_features, f).value) for f in sets.values()
]
pd.DataFrame(scores, index=list(sets), columns=["IS (more is better)", "KID x 1000 (less)"]).round(
    1
)

# %% [markdown]
# Two of these sets are worthless: birds cut in pieces, and forty pictures over and over. KID sees
# both at once. IS takes something off for each, no more, and it has no way to say that one set is
# real and another drawn: where drawn pictures get the higher score, they are not better than
# reality, the measure is at its end. It asks whether an ImageNet classifier finds *something* in
# each picture and not always the same; for one kind of thing, with captions, nobody asked that.
# Where a paper reports it, read on to its FID.
#
# ## 7. Does it obey?
#
# FID and KID do not read captions either: shuffle the captions and nothing changes. Obedience
# needs measures of its own, and we use two that share nothing.
#
# **Colours of parts.** Of toy birds we know where each part is, so "red wings" can be checked pixel
# by pixel, exactly. Of photographs we cannot know that; there we ask, of captions with exactly one
# vivid colour, whether their picture has more of that colour than the median picture has.


# %%
def colours_obeyed(pictures, texts, most=40):
    """The share of colours that pictures take from their captions, and how many were looked at."""
    if DATA == "cub":
        return score_colours(hue_amounts(pictures), texts)
    named = [named_parts(text) for text in texts[:most]]
    return score_captions(pictures[:most], named), sum(map(len, named))


print(captions[0], "->", named_parts(captions[0]))

# %% [markdown]
# A measure is worth something only if it can fail. So each measure gets two controls: real
# pictures with their captions (must be high: the ceiling), and the drawn pictures with captions of
# *other classes* (must fall to chance: the floor).

# %%
other = shuffle_across_classes(class_ids)
other_captions = [captions[i] for i in other]
pairs = {
    "drawn": (drawn, captions),
    "drawn, captions of others": (drawn, other_captions),
    "photographs": (real, captions),
}
colours = {name: colours_obeyed(*pair) for name, pair in pairs.items()}
for name, (share, number) in colours.items():
    print(f"{name:26} {share:6.1%} ± {share_error(share, number):.1%} of {number} colours")

# %% [markdown]
# Read the middle line first. It is not 0: somebody else's caption is right by luck now and then.
# Everything above that line, and only that, is obedience.
#
# **R-precision.** The second measure reads whole sentences. A small network, the *matcher*, is
# trained on real training pictures and their captions to put both into one space. Then each drawn
# picture must find its own caption among 99 of other classes. We train a matcher for half a minute;
# the library's own (`pack_matcher`) trains fifteen times longer. It has never seen a drawn
# picture, nor has any generator seen it.

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
# Even where the best caption is not the own one, does it *sound* like it? That is why chance is not
# the only thing to compare with.
#
# ### Exercise 3: R-precision
#
# Write the measure. `similarity` is an array (n, 100): a row a picture, column 0 its own caption,
# the other columns captions of other classes. Return the share of pictures whose own caption
# beats **all** others. Mind the picture that is equally similar to all.


# %%
def my_r_precision(similarity):
    """The share of rows whose column 0 is larger than every other column."""
    return ...


checks_05.check_r_precision(my_r_precision)

# %% [markdown]
# And the scores, with both controls again. Chance is 1 %.

# %%
precisions = {
    "drawn": r_precision(drawn_vectors, text_vectors, class_ids),
    "drawn, captions of others": r_precision(drawn_vectors, text_vectors[other], class_ids[other]),
    "photographs": r_precision(real_vectors, text_vectors, class_ids),
}
for name, share in precisions.items():
    print(f"{name:26} {share:6.1%} ± {share_error(share, count):.1%}")

# %% [markdown]
# Note how low the ceiling is: a matcher that is half a minute old, and captions that fit several
# birds, leave even photographs far from 100 %. A generator is to be read against *that* number.
# Where it scores higher than photographs, do not celebrate: it draws what the matcher likes,
# clearer than reality.
#
# ## 8. One caption, many birds
#
# A caption leaves open pose, place and light. A generator that gives one picture a caption may
# have a splendid FID over many captions, and still have collapsed. So take *one* caption and vary
# the noise alone. The control: the same with hardly any noise, which is what collapse looks like.

# %%
NUM, EACH = 12, 8
texts = np.repeat(embeddings[:NUM], EACH, axis=0)
varied = draw.noise(NUM * EACH, seed=1)
many = draw.draw(texts, varied, stage=1)[1]
frozen = draw.draw(texts, 0.1 * varied, stage=1)[1]
print(captions[0])
show_rows({"8 noises": many[:EACH], "8 noises,\na tenth as long": frozen[:EACH]})

# %% [markdown]
# How much do the birds of a row differ? The measure is the mean distance of all pairs in a row, in
# features. Beside it: photographs of one class, which are of one *kind* of bird in different poses
# and places.

# %%
spreads = [("drawn", features) for features in judge(many).reshape(NUM, EACH, -1)]
spreads += [("control", features) for features in judge(frozen).reshape(NUM, EACH, -1)]
groups = [real_features[class_ids == name][:EACH] for name in np.unique(class_ids)[: 2 * NUM]]
spreads += [("photographs of a class", group) for group in groups if len(group) > 1]
spreads = [(name, mean_pairwise_distance(group)) for name, group in spreads]
spreads = pd.DataFrame(spreads, columns=["pictures", "mean distance"])
axis = sns.stripplot(spreads, x="mean distance", y="pictures", hue="pictures", alpha=0.7, size=7)
sns.pointplot(spreads, x="mean distance", y="pictures", color="#2b2b2b", linestyle="none", ax=axis)
axis.set(title="A dot is a caption, or a class: how much its pictures differ", ylabel="")
axis.set_xlim(0, None)
plt.show()

# %% [markdown]
# Black points are means with their 95 % interval. The nearer *drawn* lies to the control, the
# nearer it is to collapse; photographs show how much one kind of bird can vary.
#
# ## 9. Is it copying?
#
# The opposite failure: pictures that are splendid because they are training pictures. For each
# drawn picture we look for the **nearest training picture**. How near is too near? Held-out
# photographs tell: they cannot be copies, so nearer than 95 % of *them* is suspicious. And a
# measure that should ring must be heard ringing: our control is a forger who mirrors training
# pictures and darkens them a little.

# %%
forged = (0.9 * train_pictures[:count, :, ::-1]).astype("uint8")
candidates = {"photographs": real_features, "drawn": drawn_features, "forged": judge(forged)}
found = {name: nearest_neighbours(f, train_features) for name, f in candidates.items()}
near = np.quantile(found["photographs"][1], 0.05)
distances = pd.DataFrame({name: distance for name, (_, distance) in found.items()})
axis = sns.kdeplot(distances, fill=True, alpha=0.15, linewidth=2, common_norm=False)
axis.axvline(near, color="#888888", linestyle="--")
axis.set(title="How near is the nearest training picture?", xlabel="distance", ylabel="density")
plt.show()
(distances < near).mean().rename("nearer than 95 % of photographs").to_frame().style.format(
    "{:.0%}"
)

# %% [markdown]
# Most forgeries ring the bell. Compare *drawn* with the 5 % that photographs have by definition.
# Then look at the most suspicious pairs, since a number only says where to look.

# %%
closest = np.argsort(found["drawn"][1])[:8]
twins = train_pictures[found["drawn"][0][closest]]
show_rows({"drawn": drawn[closest], "nearest\nin training": twins})

# %% [markdown]
# Same pose and colours, or the same *picture*? Only the second is a copy. One honest limit: the
# shipped weights have seen more training pictures than this small pack holds (step 1 says how
# many). A full clearance needs all of them: that is what `t2i evaluate` does, on the data that a
# model was trained on.
#
# ## 10. Two recipes, one table
#
# Now we can compare. Notebook 03 trained the paper's recipe and the modern one; here both get the
# same pictures in the same order again, for less than a minute in all, so that both can be scored
# on the same terms. It is a comparison of *beginnings*, and not quite a fair one: the modern
# recipe is set for haste, as in notebook 03, the paper's is left as published. What either reaches
# in days, a minute cannot say.

# %%
STEPS, BATCH = 150, 16
haste = {"blur_steps": 150, "average_decay": 0.95, "discriminator_learning_rate": 1e-3}
changes = {"paper": {}, "modern": {"generator_width": 16, **haste}}
whitening = pack.whitening(train_rows)
texts_here = whitening(draw.encoder.encode(captions))

# %% [markdown]
# The loop is the one of notebook 03: it shows six of the test captions from time to time, and may
# be stopped by hand. Then it keeps what is trained so far, and the table will say how much it was.


# %%
def short_run(recipe):
    """Train Stage I for a moment; return pictures of the test captions, and how many it saw."""
    config = make_config(recipe, "smoke", stage=1, batch_size=BATCH, **changes[recipe])
    gan, sheet = StageGAN(config, pack.width, seed=0), LiveSheet([captions[i] for i in shown], 120)
    names = ("batch_size", "captions_per_image", "num_distractors")
    options = {name: getattr(config, name) for name in names}
    batches = Batches(pack, train_rows, image_size=64, whitening=whitening, **options)
    inputs = [texts_here, noise, np.zeros((count, config.condition_size), "float32")]
    with DeferredInterrupt(print) as stop:
        for step in range(STEPS):
            draws = gan.draw_noise(np.random.default_rng(step), BATCH)
            gan.update(batches.at(step) | draws, step)
            if (step + 1) % 50 == 0 or stop.requested:
                pictures = to_uint8(gan.drawing_generator.predict_on_batch(inputs)[0])
                sheet.show(pictures[shown], f"{recipe}: step {step + 1} of {STEPS}")
            if stop.requested:
                break
    return pictures, (step + 1) * BATCH


# %% [markdown]
# First the paper's recipe.

# %%
paper, paper_seen = short_run("paper")

# %% [markdown]
# Then the modern one, on as many pictures.

# %%
modern, modern_seen = short_run("modern")

# %% [markdown]
# All of them for the same captions and the same noise, and the photographs.

# %%
show_rows(
    {"paper": paper[shown], "modern": modern[shown], "shipped": drawn[shown], "real": real[shown]},
    list("123456"),
)

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Four rows of six pictures: grey mist, coloured shapes, clean birds that mostly obey, and the
# real ones](../figures/05_recipes.png)
#
# *Two runs of 150 steps of 16 toy birds, seed 0, on two cores without a GPU; the shipped weights.*
#
# </details>
#
# Now every generator gets a line, and every number what it needs to be read: an error, how many
# pictures the generator had seen, and a line of photographs (other ones than those compared with).


# %%
def score_line(pictures, features):
    """All scores of one set of pictures for the test captions, as text with errors."""
    kid = kernel_distance(real_features, features)
    obeyed, number = colours_obeyed(pictures, captions)
    precision = r_precision(matcher.image_vectors(pictures), text_vectors, class_ids)
    return {
        "KID x 1000": f"{1000 * kid.value:.1f} ± {1000 * kid.standard_error:.1f}",
        "FID": f"{frechet_distance(gaussian, fit_gaussian(features)):.0f}",
        "R-precision": f"{precision:.0%} ± {share_error(precision, count):.0%}",
        "colours": f"{obeyed:.0%} ± {share_error(obeyed, number):.0%}",
    }


# %% [markdown]
# KID and FID of the line *photographs* take photographs of training classes, the other two columns
# the test photographs with their own captions.

# %%
lines = {
    "photographs": (None, real, train_features[:count]),
    "modern, shipped": (trained["images_seen"], drawn, drawn_features),
    "modern, a short run": (modern_seen, modern, judge(modern)),
    "paper, a short run": (paper_seen, paper, judge(paper)),
}
cells = [
    {"pictures seen": "" if seen is None else f"{seen:,}", **score_line(pictures, features)}
    for seen, pictures, features in lines.values()
]
pd.DataFrame(cells, index=list(lines))

# %% [markdown]
# A table that leaves your hands needs its terms under it. Without them nobody, not even you in half
# a year, can compare it with another.

# %%
how = {"toy": "parts, exact", "cub": "hue of the middle, captions with one vivid colour"}[DATA]
terms = {
    "network": f"EfficientNet-{NETWORK.title()}, ImageNet",
    "resize": f"to {judge.image_size} px, {RESIZE}",
    "pictures": f"n = {count} of 64 px, one caption each, noise by seed 0",
    "against": f"{pack.manifest['name']}, zero-shot test, {len(np.unique(class_ids))} classes",
    "crop": f"{pack.manifest['crop']}, stretched to 64 px",
    "R-precision": f"1 caption against 99; matcher of {matcher.about['steps']} steps, seed 0",
    "colours": how,
    "short runs": f"{len(train_rows)} pictures, smoke, up to {STEPS} steps of {BATCH}",
}
for name, value in terms.items():
    print(f"{name:12} {value}")

# %% [markdown]
# How to read it:
#
# - Compare *down* a column, never with a number from elsewhere.
# - Two lines differ when their difference is well above the errors of both. With this $n$ some of
#   them do not, and "not known" is a result.
# - Start from the line *photographs*. The share of the way that a generator has covered, from
#   chance or a beginner's score to there, says more than any number.
# - Between the two short runs everything is equal but the recipe: same pictures, same order, same
#   captions. Between the short runs and the shipped weights nearly nothing is.
# - One seed is one anecdote. A claim needs several, and the spread between them.
#
# ## 11. Walks through noise: why not straight?
#
# Enough of numbers. A generator is a map from noise and sentence to pictures, and its space can be
# walked. If small steps give small changes all the way, it has learnt a *space* of birds, and no
# album.
#
# How do you go from one noise to another? The straight line (*lerp*) is the obvious way, and the
# wrong one. Noise has 100 independent numbers, so its length is almost always near
# $\sqrt{100} = 10$: in high dimensions a Gaussian is not a ball but a shell. And the straight line
# leaves the shell. *Slerp* walks along it.

# %%
start, end = draw.noise(2, seed=5)
amounts = np.linspace(0, 1, 9)
walks = {"lerp": lerp(start, end, amounts), "slerp": slerp(start, end, amounts)}
lengths = np.linalg.norm(draw.noise(2000, seed=6), axis=1)
figure, axis = plt.subplots()
axis.axhspan(*np.quantile(lengths, [0.005, 0.995]), color="#dddddd", label="99 % of all noise")
for name, walk in walks.items():
    axis.plot(amounts, np.linalg.norm(walk, axis=1), marker="o", label=name)
axis.set(ylim=(0, 13), xlabel="amount", ylabel="length of the noise")
axis.set(title="The straight line leaves all that the generator knows")
axis.legend(loc="lower left")
plt.show()

# %% [markdown]
# In the middle of the straight line noise is shorter than any that ever came up in training.
#
#
# Does it matter? A length changes what is drawn: here is one noise at five lengths, then both
# walks with one caption.

# %%
walk_text = {"toy": "this bird has blue wings, a blue back and a yellow belly"}.get(
    DATA, "a small yellow bird with black wings"
)


def draw_walk(texts, noises):
    """Pictures of embeddings and noises; one of either serves for all of the other."""
    steps = max(len(texts), len(noises))
    texts, noises = (np.resize(a, (steps, a.shape[-1])) for a in (texts, noises))
    return draw.draw(texts, noises, stage=1)[1]


one = draw.embed([walk_text])
factors = (0.0, 0.5, 1.0, 1.5, 2.0)
scaled = draw_walk(one, np.outer(factors, start).astype("float32"))
show_rows({"length": scaled}, [f"x {factor:g}" for factor in factors], width=6)
show_rows({name: draw_walk(one, walk) for name, walk in walks.items()}, [f"{a:g}" for a in amounts])

# %% [markdown]
# Short noise gives the bird that the network thinks *typical*; long noise the eccentric. A straight
# walk therefore passes through the commonplace. On one walk that is hard to see, so we take 40 and
# measure how different their midpoints are from each other, with the ends for comparison.

# %%
left, right = draw.noise(40, seed=7), draw.noise(40, seed=8)
midpoints = {
    "ends": left,
    "midpoints by slerp": [slerp(a, b, [0.5])[0] for a, b in zip(left, right, strict=True)],
    "midpoints by lerp": [lerp(a, b, [0.5])[0] for a, b in zip(left, right, strict=True)],
}
for name, noises in midpoints.items():
    spread = mean_pairwise_distance(judge(draw_walk(one, np.stack(noises))))
    print(f"{name:19} mean distance {spread:.2f}")

# %% [markdown]
# Slerp's midpoints should vary as much as any birds do, lerp's less. (People use that on purpose:
# drawing with shortened noise is the *truncation trick*, better looks for less variety.)
#
# ### Exercise 4: slerp
#
# With $\theta$ the angle between `start` and `end`, which have the same length:
#
# $$\operatorname{slerp}(t) = \frac{\sin((1 - t)\,\theta)}{\sin \theta}\, \text{start}
# + \frac{\sin(t\,\theta)}{\sin \theta}\, \text{end}$$
#
# Write it. The angle is the arccos of the cosine, and the vectors do *not* have length 1. Where
# start and end are the same, return start.


# %%
def my_slerp(start, end, amount):
    """The point at `amount` (0 to 1) of the walk along the sphere."""
    return ...


checks_05.check_slerp(my_slerp)

# %% [markdown]
# ## 12. Walks between captions
#
# Captions are no noise: nobody draws them from a Gaussian, and there is no shell to stay on.
# Between two embeddings the straight line is right, and training has prepared the ground:
# conditioning augmentation (notebook 02) spreads every sentence into a cloud, so that what lies
# *between* sentences means something too. Three birds, that is three noises, on the way from one
# caption to another.

# %%
ends = {
    "toy": ["this bird has red wings, a red crown and a red belly",
            "this bird has blue wings, a blue crown and a white belly"],
    "cub": ["this bird is bright red all over", "a blue bird with a white belly"],
}[DATA]  # fmt: skip
amounts = np.linspace(0, 1, 8)
path = lerp(*draw.embed(ends), amounts)
birds = draw.noise(3, seed=11)
print(f"from: {ends[0]}\nto:   {ends[1]}")
show_rows({f"bird {i + 1}": draw_walk(path, birds[i : i + 1]) for i in range(3)})

# %% [markdown]
# Two things to look for. Does the *bird* stay, its pose and place, while its colours change? Then
# the network keeps apart what the sentence says and what the noise decides. And does it change
# little by little, or does it jump? A jump says that the map has a cliff there.
#
# ## 13. One attribute at a time
#
# "The same bird, but with a red belly": the most useful walk of all changes one *word*.
# `attribute_walk` writes the sentences, and the walk goes from each to the next.

# %%
template = {"toy": "this bird has black wings and a {} belly"}.get(
    DATA, "a small bird with black wings and a {} belly"
)
words = ["yellow", "orange", "red"]
stops = draw.embed(attribute_walk(template, words))
path = np.concatenate([lerp(stops[0], stops[1], [0, 0.25, 0.5, 0.75]),
                       lerp(stops[1], stops[2], [0, 0.25, 0.5, 0.75, 1])])  # fmt: skip
columns = [words[i // 4] if i % 4 == 0 else "" for i in range(9)]
show_rows({f"bird {i + 1}": draw_walk(path, birds[i : i + 1]) for i in range(3)}, columns)

# %% [markdown]
#
# Three birds prove nothing, so let us count colours in forty. For each step, how much of the middle
# of the picture is yellow, orange or red?

# %%
forty = draw.noise(40, seed=12)
amounts_of = [hue_amounts(draw_walk(stop[None], forty)).mean(axis=0) for stop in path]
hues = pd.DataFrame(amounts_of, columns=list(HUES))[["yellow", "orange", "red", "blue"]]
colours = {"yellow": "#d9b100", "orange": "#f7841c", "red": "#d6262a", "blue": "#2868d0"}
axis = sns.lineplot(100 * hues, palette=colours, dashes=False, linewidth=2.5, marker="o")
axis.set(xticks=[0, 4, 8], xticklabels=words, ylim=(0, None))
axis.set(title="What the middle of the picture is painted with", xlabel="the word in the caption")
axis.set_ylabel("% of the pixels, mean of 40 birds")
plt.show()

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Yellow leads at its own word and soon falls, orange has its hill in the middle of the walk, red
# rises at its end; blue, the control, has a hill beside orange's](../figures/05_attribute_walk.png)
#
# *The shipped weights. Blue rises to 16 % beside orange: the word changes more than the belly.*
#
# </details>
#
# Yellow should sink and red rise; orange has its hill at its word if the network knows it as a
# colour of its own. Blue, of which the caption never speaks, is the control: where it moves, one
# changed word has changed something else as well. And a curve that hardly moves tells you that the
# word does not reach this part, which step 7 measured in another way.
#
# ## 14. Your turn: a slider
#
# The same walk under your hand, at 256 pixels (Stage II repaints each sketch). Change the captions,
# choose another bird, move `amount` with the mouse or, after a click on it, with the arrow keys.
# (A slider needs a running notebook; on a web page that only shows it, you see nothing here.)

# %%
CaptionSlider(draw, *attribute_walk("this bird has black wings and a {} belly", ["yellow", "red"]))

# %% [markdown]
# A caption that cannot be drawn is explained under the picture. And how does it work? Every change
# of a widget calls one plain function, which a test can call too, without any browser:

# %%
print(inspect.getsource(CaptionSlider.redraw))

# %% [markdown]
# Things to try: a colour that no bird has; the same caption in French on the other end; "a bird" at
# one end; two captions that differ only in *which* part is red.
#
# This slider draws in the function that the widget calls, so the notebook waits for each picture.
# The *caption studio* (`from t2i_utils.studio import Studio`, then `Studio()`; or `t2i studio` in a
# terminal) does not: a thread draws the last request, and what the slider passed through is
# dropped. It also has a slider for each part of the bird, saves pictures and films, and describes
# them.
#
# ## Key points
#
# - Distances belong into the features of a network that knows pictures, and was not the teacher of
#   what it judges.
# - FID compares two Gaussians and is biased by the number of pictures; KID needs no Gaussian, is
#   fair at any number, and comes with its error. Neither means anything without the score of
#   photographs.
# - The Inception Score sees neither real pictures nor captions: not reported.
# - Obedience is measured with captions: exact colours of parts and R-precision, between the floor
#   of other captions and the ceiling of photographs; controls that cannot fail are no controls.
# - Diversity is measured within one caption, beside a collapsed control and photographs of a class.
# - A generator copies if its pictures are nearer to training pictures than held-out photographs
#   are; test the test with a forger, then look at the pairs.
# - A table of scores compares recipes on equal terms, and prints the terms: network, n, split,
#   crop, resize, seed, pictures seen, errors, ceiling.
# - Between noises interpolate along the sphere (slerp), since noise lives on a shell; between
#   captions go straight (lerp).
# - An attribute is a direction: change one word, keep the noise, and watch whether one part changes
#   and the bird stays.
#
# ## References
#
# - Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter. *GANs Trained by a Two Time-Scale Update
#   Rule.* NeurIPS 2017 (FID). https://arxiv.org/abs/1706.08500
# - Bińkowski, Sutherland, Arbel, Gretton. *Demystifying MMD GANs.* ICLR 2018 (KID, and the bias of
#   FID). https://arxiv.org/abs/1801.01401
# - Barratt, Sharma. *A Note on the Inception Score.* 2018. https://arxiv.org/abs/1801.01973
# - Parmar, Zhang, Zhu. *On Aliased Resizing and Surprising Subtleties in GAN Evaluation.* CVPR 2022
#   (why the resize is part of a score). https://arxiv.org/abs/2104.11222
# - Xu, Zhang, Huang, Zhang, Gan, Huang, He. *AttnGAN.* CVPR 2018 (R-precision).
#   https://arxiv.org/abs/1711.10485
# - White. *Sampling Generative Networks.* 2016 (slerp). https://arxiv.org/abs/1609.04468
#
# **Next:** [06 Image to text](06_image_to_text.ipynb), the way back: a picture becomes a sentence,
# and the round trip from caption to picture to caption is one more measure of a generator.
