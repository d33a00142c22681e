# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 Stage-I GAN
#
# **Goal: write a network that draws birds from sentences, watch it learn in a minute or two, and
# tell a healthy training from a sick one.**
#
# <!-- The Colab button comes here when the course has its address. -->
#
# **In this notebook you will**
#
# - see two networks teach each other, on points that move while you watch, and one collapse
# - turn a sentence into a condition, with noise that lets gradients pass
# - write a generator whose every block takes its colours from the sentence
# - show a discriminator three kinds of pair, so that it has to read
# - write the update that trains two networks by two losses
# - watch birds appear, and check their colours on sentences that training never saw
# - make a training sick on purpose, and learn the signs
# - look inside the three large things that the library's `StageGAN` adds to yours
# - draw real birds, with weights that were trained on photographs
#
# | | |
# | --- | --- |
# | You need | notebooks 01 and 02; you have trained one Keras classifier; no photographs |
# | Minutes | CPU: 3 to run, 120 to read and do. No GPU needed |
# | Memory | 3 GB |
# | Downloads | none |
#
# ![Eight drawn birds, each above its caption, most of them in its
# colours](../figures/03_live_run.png)
#
# *What your network will draw after a minute or two of training, for pairs of colours that it has
# never seen. The photographs' turn comes in Part D.*

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
# The same start as in every notebook: quiet imports, seeds, the look of the plots, and one line
# about this machine.

# %%
from t2i_utils.course.start import start

start()

# %% [markdown]
# The imports are folded away. Open a cell if you want to see where a name comes from. First what
# everybody uses:

# %% jupyter={"source_hidden": true}
import textwrap
import time
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers, ops

# %% [markdown]
# Then the library of this course:
# %% jupyter={"source_hidden": true}
from t2i_utils.course import checks_03, checks_03_contrastive
from t2i_utils.course.film import show_film
from t2i_utils.course.scores import ablation_score
from t2i_utils.course.show import LiveFigure, LiveSheet, show_figure, show_rows, show_sheet
from t2i_utils.course.two_colours import two_colour_birds
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.pictures import to_uint8
from t2i_utils.stackgan import layers as library_layers
from t2i_utils.stackgan import losses
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.text import load_encoder
from t2i_utils.text.whitening import whitening_of
from t2i_utils.training.stopping import DeferredInterrupt

# %% [markdown]
# # Part A. A GAN on points
#
# ## 1. Can two networks teach each other?
#
# A forger makes coins. A judge is shown real coins and forged ones, and says which is which. The
# forger never sees a real coin. All that the forger learns is how the judge reacts.
#
# Each of the two gets better because the other does. The judge finds a flaw; the forger mends it;
# the judge has to look closer. In the end, if all goes well, forged coins look like real ones.
#
# ![Noise goes through the forger and becomes a forgery; the judge gives real examples and forgeries
# a logit; dashed arrows take one gradient back to the judge and one through the judge to the
# forger](../figures/diagrams/game.svg)
#
# *A generative adversarial network, GAN for short. Solid arrows: who sees what. Dashed arrows: who
# learns from what.*
#
# The forger is the **generator** $G$: it turns noise $z$ into a picture $G(z)$. The judge is the
# **discriminator** $D$: it says how likely a picture $x$ is to be real, a number between 0 and 1.
# They play for one number ($\mathbb{E}_x$ is the mean over real pictures, $\mathbb{E}_z$ the mean
# over noise):
#
# $$\begin{aligned} \min_G \max_D \quad & \mathbb{E}_x \log D(x) \\
# & {} + \mathbb{E}_z \log\bigl(1 - D(G(z))\bigr) \end{aligned}$$
#
# The first term is large when real pictures are called real. The second is large when generated
# pictures are called fake. $D$ wants both to be large. $G$ can change only the second term, and
# wants it small.
#
# We play it first in a world that fits on one page. A "picture" is a point in the plane, and the
# real points lie on a ring.


# %%
def ring_points(count, random):
    """Points (count, 2) near the circle of radius 1."""
    angles, radii = random.uniform(0, 2 * np.pi, count), random.normal(1, 0.06, count)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1).astype("float32")


def small_network(outputs):
    """Two hidden layers of 64; from a point in the plane to `outputs` numbers."""
    hidden = [layers.Dense(64, activation="leaky_relu") for _ in range(2)]
    return keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(outputs)])


# %% [markdown]
# The forger gets two random numbers and returns a point. The judge gets a point and returns one
# number, a *logit*: above 0 means "real", below 0 "forged". (A sigmoid turns it into the
# probability $D(x)$ of the formula.)
#
# Here is one round. The judge wants logits above $+1$ for real points and below $-1$ for forged
# ones; what lies beyond costs nothing. The forger wants the logits of its points to be high. (These
# losses are called *hinge*. Section 3 says why we take them and not those of the formula.)
#
# Both losses come from one forward pass. Each is then differentiated for its own player's weights
# only, and `persistent=True` lets us ask the tape twice. The round returns how far the points
# spread; we shall need it in section 2.


# %%
def ring_round(forger, judge, forger_optimizer, judge_optimizer, real, noise):
    """Train both players on one batch of points; return the spread of forged and real points."""
    with tf.GradientTape(persistent=True) as tape:
        forged = forger(noise)
        on_real, on_forged = judge(real), judge(forged)
        judge_loss = ops.mean(ops.relu(1 - on_real)) + ops.mean(ops.relu(1 + on_forged))
        forger_loss = -ops.mean(on_forged)
    for player, loss, optimizer in (
        (judge, judge_loss, judge_optimizer),
        (forger, forger_loss, forger_optimizer),
    ):
        gradients = tape.gradient(loss, player.trainable_variables)
        optimizer.apply(gradients, player.trainable_variables)
    return [ops.mean(ops.std(points, axis=0)) for points in (forged, real)]


# %% [markdown]
# For the picture we ask the judge about every place of the plane. Blue ground means "I would call
# this real", red ground "forged".

# %%
places = np.linspace(-2, 2, 41).astype("float32")
plane = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
REAL_POINTS = ring_points(300, np.random.default_rng(0))


def draw_ring(axis, title, opinion, forged):
    """The judge's opinion (1681, 1) of the plane, the real points and the forged ones."""
    axis.clear()
    ground = opinion.reshape(41, 41).clip(-2, 2)
    axis.contourf(places, places, ground, 16, cmap="RdBu", alpha=0.5, vmin=-2, vmax=2)
    axis.plot(*REAL_POINTS.T, ".", color="#1f6f8b", markersize=3, label="real")
    axis.plot(*forged.T, ".", color="#d1495b", markersize=3, label="forged")
    axis.set(title=title, xlim=(-2, 2), ylim=(-2, 2), xticks=[], yticks=[], aspect="equal")


# %% [markdown]
# **Predict before you run.** The forger begins with 300 points in one small heap. Will they cover
# the whole ring, or crowd where the judge was fooled first?


# %%
def play_ring(forger_rate=1e-3, judge_rate=3e-3, seed=0, show=None, rounds=1000, every=50):
    """Play; return {round: (opinion, forged points)} and the spreads of all rounds."""
    keras.utils.set_random_seed(seed)
    forger, judge = small_network(2), small_network(1)
    optimizers = [keras.optimizers.Adam(rate, 0.0, 0.99) for rate in (forger_rate, judge_rate)]
    one_round, random = tf.function(ring_round), np.random.default_rng(seed)
    noise, seen, spreads = random.normal(size=(300, 2)).astype("float32"), {}, []
    for count in range(rounds + 1):
        if count % every == 0:
            seen[count] = np.asarray(judge(plane)), np.asarray(forger(noise))
            if show:
                show(count, *seen[count])
        batch = ring_points(128, random), random.normal(size=(128, 2)).astype("float32")
        spreads.append(one_round(forger, judge, *optimizers, *batch))
    return seen, np.array([[float(spread) for spread in pair] for pair in spreads])


# %% [markdown]
# `live_ring` gives the game a screen:


# %%
def live_ring():
    """A function that draws a moment of a game, in one place below the cell."""
    figure, axis = plt.subplots(figsize=(4.6, 4.8))
    live = LiveFigure(figure)

    def show(count, opinion, forged):
        draw_ring(axis, f"after {count} rounds", opinion, forged)
        axis.legend(loc="upper right", frameon=True)
        live.show(f"real points on a ring, and forged points after {count} rounds")

    return show


# %% [markdown]
# Keep your eyes on the red points.

# %%
patient, patient_spreads = play_ring(show=live_ring())

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![A ring of blue points; the red points have spread along all of it, and a few are still inside
# it](../figures/03_ring.png)
#
# *The last picture of the run above: 1,000 rounds of 128 points, seed 0.*
#
# </details>
#
# The picture gives an impression. Two numbers give an answer: how many forged points are within 0.2
# of the ring, and how many of twelve equal sectors they reach.


# %%
def near_and_sectors(points):
    """The share of points near the ring, and how many of its twelve sectors they reach."""
    distance = np.abs(np.linalg.norm(points, axis=1) - 1)
    sectors = np.unique(np.arctan2(points[:, 1], points[:, 0]) // (np.pi / 6))
    return (distance < 0.2).mean(), len(sectors)


def ring_report(name, points):
    """Print the two numbers."""
    share, sectors = near_and_sectors(points)
    print(f"{name:14} {share:4.0%} of the points near the ring, in {sectors} of 12 sectors")


ring_report("judge faster", patient[1000][1])

# %% [markdown]
# Run it once more, and watch the coloured ground where red points gather. The judge changes its
# opinion there, and the points move on. This push is all that the forger ever learns from.
#
# ## 2. What if the forger learns faster?
#
# In `play_ring` the judge's learning rate is three times the forger's. Now we swap the two rates,
# and change nothing else. **Predict:** will the forger find the ring sooner, later, or not at all?

# %%
hasty, hasty_spreads = play_ring(forger_rate=3e-3, judge_rate=1e-3, show=live_ring())
ring_report("judge faster", patient[1000][1])
ring_report("forger faster", hasty[1000][1])

# %% [markdown]
# Here are both games side by side. Read each row from left to right.

# %%
moments = (0, 100, 300, 600, 1000)
figure, axes = plt.subplots(2, 5, figsize=(9.5, 4.2))
for line, name, seen in zip(axes, ("judge faster", "forger faster"), (patient, hasty), strict=True):
    for axis, count in zip(line, moments, strict=True):
        draw_ring(axis, f"{count} rounds", *seen[count])
        axis.title.set_fontsize(9)
    line[0].set_ylabel(name)
show_figure(figure, "two games: one spreads along the ring, in the other the points stay in a heap")

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Two rows of five pictures. Above, the red points spread until they cover the ring. Below, they
# stay together in a heap that moves about](../figures/03_two_games.webp)
#
# *1,000 rounds of 128 points each, seed 0.*
#
# </details>
#
# The lower row is **mode collapse**, the best-known illness of GANs. The forger puts all its points
# where the judge is weakest at the moment. The judge learns to call that place forged, and the
# whole heap moves on to the next. At any one moment most of the ring is missing. In the upper row
# the judge is quicker: it changes its mind faster than the points can gather in one place.
#
# One run is one throw of the dice, so we throw the dice twice more, without drawing. **Predict:**
# will every hasty forger collapse?

# %%
sectors_of = {"judge faster": [], "forger faster": []}
for seed in (1, 2):
    sectors_of["judge faster"].append(near_and_sectors(play_ring(seed=seed)[0][1000][1])[1])
    throw = play_ring(forger_rate=3e-3, judge_rate=1e-3, seed=seed)[0]
    sectors_of["forger faster"].append(near_and_sectors(throw[1000][1])[1])
for name, game in {"judge faster": patient, "forger faster": hasty}.items():
    first = near_and_sectors(game[1000][1])[1]
    print(f"{name:14} sectors reached by seeds 0, 1, 2:", first, *sectors_of[name])

# %% [markdown]
# <details><summary>What we saw</summary>
#
# With the faster judge the points reached all twelve sectors, in five throws of five. With the
# faster forger they ended in one or two sectors, in five throws of five. (Seeds 0 to 4, two cores
# without a GPU.)
#
# </details>
#
# > **Tip.** If your GAN collapses, first let the discriminator learn faster than the generator, or
# > the generator more slowly. Giving each player a rate of its own is called the *two time-scale
# > update rule* (Heusel et al., 2017).
#
# ## 3. Why the hinge?
#
# The formula of section 1 uses logarithms of probabilities. We used another loss. Here are three
# losses that a forger can have. $d$ is the judge's logit for a forged point, and
# $D = \mathrm{sigmoid}(d)$.
#
# - **Minimax**, the formula: $\log(1 - D)$.
# - **Non-saturating**, the usual repair: $-\log D$.
# - **Hinge**, ours: $-d$.

# %%
FORGER_LOSSES = {
    "minimax": lambda logits: -ops.mean(ops.softplus(logits)),
    "non-saturating": lambda logits: ops.mean(ops.softplus(-logits)),
    "hinge": lambda logits: -ops.mean(logits),
}


def push(loss, logits_of, variables):
    """The size of the gradient of loss(logits_of()) for some variables."""
    with tf.GradientTape() as tape:
        value = loss(logits_of())
    return float(tf.linalg.global_norm(tape.gradient(value, variables)))


# %% [markdown]
# At the start of a training a judge is soon sure, and rightly so: forgeries are poor. We exaggerate
# this. A judge practises alone for 500 rounds, by the formula, on the forgeries of a forger that
# has not learned anything. **Predict:** by which of the three losses does the forger still feel a
# push afterwards?


# %%
keras.utils.set_random_seed(0)
forger, judge, random = small_network(2), small_network(1), np.random.default_rng(0)
optimizer = keras.optimizers.Adam(1e-3, 0.0, 0.99)
optimizer.build(judge.trainable_variables)
pushes, logits_seen = {name: [] for name in FORGER_LOSSES}, []


@tf.function
def practise(real, noise):
    """One round for the judge alone, by the formula."""
    with tf.GradientTape() as tape:
        on_real, on_forged = judge(real), judge(forger(noise))
        loss = ops.mean(ops.softplus(-on_real)) + ops.mean(ops.softplus(on_forged))
    optimizer.apply(tape.gradient(loss, judge.trainable_variables), judge.trainable_variables)


# %% [markdown]
# Every 50 rounds we measure the push, and what the judge says of forged points:

# %%
noise = random.normal(size=(300, 2)).astype("float32")
for count in range(501):
    if count % 50 == 0:
        logits_seen.append(float(ops.mean(judge(forger(noise)))))
        for name, loss in FORGER_LOSSES.items():
            size = push(loss, lambda: judge(forger(noise)), forger.trainable_variables)
            pushes[name].append(size)
    practise(ring_points(128, random), random.normal(size=(128, 2)).astype("float32"))
figure, axis = plt.subplots(figsize=(7, 3))
for name, values in pushes.items():
    axis.plot(range(0, 501, 50), values, marker=".", linewidth=2, label=name)
axis.set(title="How hard each loss pushes the forger", ylabel="size of the gradient")
axis.set(xlabel="rounds that the judge has practised alone", ylim=(0, None))
axis.legend()
show_figure(figure, "sizes of three gradients: minimax stays low, the other two grow")
print(f"the judge's mean logit for forged points: {logits_seen[0]:.1f} before, "
      f"{logits_seen[-1]:.1f} after")  # fmt: skip
print("push after practice:", ", ".join(f"{name} {v[-1]:.2f}" for name, v in pushes.items()))

# %% [markdown]
# The surer the judge, the harder two of the losses push, and the third does not. The slopes say
# why. That of minimax is $-D$: it is close to 0 for a forgery that the judge has seen through, so
# the forger who needs help most gets the least. (Its push is not 0 here: the logit above is a mean,
# and points that still fool the judge may push.) That of the non-saturating loss is $-(1 - D)$, and
# that of the hinge is $-1$ everywhere.
#
# Why the hinge, then, and not the non-saturating loss? For its judge. With $\max(0, 1 - d)$ for
# real points and $\max(0, 1 + d)$ for forged ones, a point beyond $\pm 1$ on its right side costs
# nothing. So the judge stops making sure of what it knows, and works on the points that are still
# in doubt. The GANs closest to ours use it (DF-GAN, projected GANs).
#
# > **Caution.** A weak push is not yet a lost game: an optimiser such as Adam divides each gradient
# > by its usual size.
#
# ### Quiz A
#
# Answer each question before you open it.
#
# 1. The forger never sees a real point. How does it learn where the ring is?
#
# <details><summary>Answer</summary>
#
# From the gradient of the judge's logit with respect to the forged point. It says in which
# direction a point would look more real.
#
# </details>
#
# 2. Why do we not train the judge until it is perfect, and the forger afterwards?
#
# <details><summary>Answer</summary>
#
# The forger learns from the slope of the judge's answer at the forged points. A judge that was
# trained on the first forgeries alone has never been asked about anything closer to the ring. It
# can point the way from there, and no further. The two have to keep pace.
#
# </details>
#
# 3. The forger's loss is lower than an hour ago. Are its points better?
#
# <details><summary>Answer</summary>
#
# You cannot tell. The loss is measured by the judge, and the judge has changed too. Look at the
# points, or measure them by something that does not learn, as we did with the ring.
#
# </details>

# %% [markdown]
# # Part B. A text-to-image GAN by hand
#
# Now we write the real thing: about 120 lines, in small cells. You write the heart of it in three
# of them.
#
# ## 4. Birds that can be learned in a minute
#
# A minute is short. So we choose an easy world, and say so: drawn birds of 32 x 32 pixels, all
# facing right, each with one colour for its body and one for its wings. There are eight colours,
# hence 64 pairs. Training sees 56 pairs. It **never** sees the other eight, and those are what we
# shall ask for.

# %%
birds, unseen = two_colour_birds(), two_colour_birds(held_out=True)
CAPTIONS = [captions[0] for captions in unseen.captions]


def shrink(images):
    """Pictures (pairs, n, 64, 64, 3) at half their size: means of 2 x 2 pixels, uint8."""
    pairs, count = images.shape[:2]
    return images.reshape(pairs, count, 32, 2, 32, 2, 3).mean(axis=(3, 5)).astype("uint8")


pictures, wanted = shrink(birds.images), shrink(unseen.images)
print(f"{pictures.shape[0]} pairs of colours x {pictures.shape[1]} pictures to learn from")
show_sheet(CAPTIONS, [[picture] for picture in wanted[:, 0]])

# %% [markdown]
# These eight birds were painted by a program. They are what we hope to get for their captions. No
# training picture shows any of these eight pairs.
#
# Each pair has three sentences. The encoder of notebook 02 turns each into 512 numbers. Then they
# are whitened, with a mean and directions taken from the training sentences alone.

# %%
encode = load_encoder("package").encode
sentences = encode([sentence for captions in birds.captions for sentence in captions])
whiten = whitening_of(sentences.mean(axis=0), np.cov(sentences.T, bias=True))
texts = whiten(sentences).reshape(*np.shape(birds.captions), -1)  # (pairs, wordings, 512)
asked = whiten(encode(CAPTIONS))  # (8, 512)
print("sentences of the first pair:", *birds.captions[0], sep="\n  ")
print("as numbers:", texts.shape)

# %% [markdown]
# > **Tip.** When you have finished, make the world harder: write
# > `two_colour_birds(mirrored=True)` in both places above, and half of the birds face left. Run
# > everything from here to section 9 again, and look closely at the heads.
#
# A batch holds pictures, the right sentence of each, a *wrong* one that belongs to another pair,
# and random numbers. It depends on the step alone, so every run of this notebook sees the same
# batches.

# %%
BATCH, NOISE, CONDITION, WIDTH = 32, 32, 64, 32


def batch_of(step):
    """The batch of a step: pictures in [-1, 1], right and wrong sentences, random numbers."""
    random = np.random.default_rng([0, step])
    pairs, count = pictures.shape[:2]
    pair = random.integers(pairs, size=BATCH)
    other = (pair + random.integers(1, pairs, size=BATCH)) % pairs  # never the pair itself
    wording = random.integers(texts.shape[1], size=(2, BATCH))
    return {
        "images": pictures[pair, random.integers(count, size=BATCH)].astype("float32") / 127.5 - 1,
        "right": texts[pair, wording[0]],
        "wrong": texts[other, wording[1]],
        "noise": random.standard_normal((BATCH, NOISE)).astype("float32"),
        "epsilon": random.standard_normal((BATCH, CONDITION)).astype("float32"),
    }


# %% [markdown]
# Shapes first, always:

# %%
for name, array in batch_of(0).items():
    print(f"{name:8} {array.dtype!s:8} {array.shape}")

# %% [markdown]
# ## 5. From a sentence to a condition
#
# How does a sentence enter a network that draws? The entrance is the layer that you built in
# notebook 02, **conditioning augmentation**. A sentence decides a mean $\mu$ and a width $\sigma$,
# and the generator gets a sample of that Gaussian:
#
# $$c = \mu + \sigma \odot \epsilon, \qquad \epsilon \sim \mathcal{N}(0, I)$$
#
# Here is the same in the form that a Keras model of several inputs needs: $\epsilon$ comes in from
# outside. Two details. `- 2` starts sigma near exp(-2) = 0.14, so the noise begins small. And
# `small_uniform` draws small starting weights. The last layer of the generator uses it, too: its
# tanh then begins near 0, where it is steep, and not near its flat ends, where hardly any gradient
# would pass.


# %%
def augment_condition(embedding, epsilon):
    """A condition (batch, CONDITION) from the Gaussian of a sentence, with mu and log sigma."""
    small = library_layers.small_uniform
    mu = layers.Dense(CONDITION, kernel_initializer=small())(embedding)
    log_sigma = layers.Dense(CONDITION, kernel_initializer=small())(embedding) - 2
    return mu + ops.exp(log_sigma) * epsilon, mu, log_sigma


# %% [markdown]
# Notebook 02 claimed that gradients pass through this formula, and not through a finished random
# number. Now we can test it. NumPy draws from the same Gaussian in one call. **Predict:** what is
# different about the second line of the cell's output?

# %%
mu, log_sigma = tf.Variable(0.3), tf.Variable(-1.0)
random = np.random.default_rng(0)
with tf.GradientTape(persistent=True) as tape:
    drawn = tf.constant(random.normal(mu.numpy(), np.exp(log_sigma.numpy())))
    written = mu + ops.exp(log_sigma) * random.standard_normal()
for name, condition in (("drawn by NumPy", drawn), ("mu + sigma * epsilon", written)):
    gradients = tape.gradient(condition, [mu, log_sigma])
    print(f"{name:21}", [None if g is None else round(float(g), 3) for g in gradients])

# %% [markdown]
# A number that was drawn has forgotten where it came from: no gradient reaches $\mu$ and $\sigma$,
# so the sentence's layers would never learn. In $\mu + \sigma\epsilon$ all chance sits in
# $\epsilon$, which nobody wants to train, and the gradient passes beside it. This is called the
# *reparameterisation trick*.
#
# The price that keeps $\sigma$ from shrinking to 0 is the **KL divergence** of notebook 02, one
# line of code. The generator's loss takes 0.1 times this price, which is also the library's setting
# (`kl_weight`). Notebook 02 showed what goes wrong at 0 and at a large weight. What $\sigma$
# becomes in a GAN, and whether a picture shows it, we shall see in section 9.


# %%
def kl_to_normal(mu, log_sigma):
    """KL(N(mu, sigma^2) || N(0, 1)), a mean over everything."""
    return ops.mean(-log_sigma + 0.5 * (ops.exp(2 * log_sigma) + mu**2) - 0.5)


for mean, width in ((0.0, 1.0), (1.0, 1.0), (0.0, 0.14)):
    price = kl_to_normal(tf.constant(mean), tf.math.log(width))
    print(f"mu {mean:g}, sigma {width:<4g} costs {float(price):.2f}")

# %% [markdown]
# ## 6. A generator that listens in every block
#
# ![Condition and noise become maps of 4 x 4; four blocks double the sides up to 64 pixels, and the
# latent vector enters each of them; the paper's Stage I below lets it in
# once](../figures/diagrams/stage1.svg)
#
# *Notice where the blue arrows enter: in the modern recipe words act in every block. The widths are
# 48 (the preset `cpu`) and 128 (the paper's); ours is smaller.*
#
# The generator starts from a tiny map of 4 x 4 pixels with many channels. Each block doubles the
# sides. How does the sentence get in? It could enter once, at the bottom, as in the paper. We let
# it speak in every block. The condition and the noise, side by side in one vector $l$, decide for
# each channel by how much the map is scaled and shifted after normalisation.
#
# $$y = \mathrm{BatchNorm}(x) \cdot (1 + \text{scale}(l)) + \text{shift}(l)$$
#
# Think of one channel as "this is the wing". The scale says how much of it there should be, the
# shift sets its level, and the sentence turns both knobs. (The exercise calls the vector
# `condition`.)
#
# ### Exercise 1: the sentence turns the knobs
#
# `build` makes the two parts: `self.normalise`, a BatchNorm without a scale and shift of its own,
# and `self.modulation`, a linear map from the condition to `2 * channels` numbers. Write `call`:
#
# 1. Normalise the maps. Pass `training` on: BatchNorm works differently in training.
# 2. Map the condition, and split the result into scale (the first half) and shift (the second).
# 3. Both are `(batch, channels)`. Make them `(batch, 1, 1, channels)` so that they fit the maps.
# 4. Return what the formula says.


# %%
class MyModulatedBatchNorm(layers.Layer):
    """BatchNorm whose scale and shift come from a condition."""

    def build(self, shapes):
        maps, condition = shapes
        self.normalise = layers.BatchNormalization(momentum=0.9, center=False, scale=False)
        small = library_layers.small_uniform()
        self.modulation = layers.Dense(2 * maps[-1], kernel_initializer=small)
        self.normalise.build(maps)
        self.modulation.build(condition)

    def call(self, inputs, training=None):
        maps, condition = inputs  # (batch, height, width, channels), (batch, size)
        return ...


passed = checks_03.check_modulation(MyModulatedBatchNorm)
Modulation = MyModulatedBatchNorm if passed else library_layers.ModulatedBatchNorm

# %% [markdown]
# The last line takes the library's layer until yours is right, so you can read on and come back.
# [One solution](solutions/03_stage1_gan.ipynb).
#
# The rest of the generator is plain Keras. `UpSampling2D` doubles the sides by repeating each
# pixel, and a convolution smooths what comes out. (Many GANs use a transposed convolution of stride
# 2. Some pixels get more terms from it than their neighbours, which draws a checkerboard: Odena et
# al., 2016. To see it, put `layers.Conv2DTranspose(channels, 4, strides=2, padding="same",
# use_bias=False)(maps)` in the block's place for `UpsampleConv2D`, and run on to section 9.)
#
# The library's `UpsampleConv2D` does both steps in one, with the same result and less than half of
# the work. Our block takes it, so the training below is done sooner.


# %%
def upsample_block(maps, latent, channels):
    """Double the sides, listen to the sentence, activate."""
    x = library_layers.UpsampleConv2D(channels)(maps)
    return layers.LeakyReLU(0.2)(Modulation()([x, latent]))


def hand_generator():
    """[sentence, noise, epsilon] to [pictures (batch, 32, 32, 3) in [-1, 1], mu, log sigma]."""
    embedding, noise, epsilon = (keras.Input((n,)) for n in (texts.shape[-1], NOISE, CONDITION))
    condition, mu, log_sigma = augment_condition(embedding, epsilon)
    latent = layers.Concatenate()([condition, noise])
    x = layers.Reshape((4, 4, 4 * WIDTH))(layers.Dense(4 * 4 * 4 * WIDTH)(latent))
    for channels in (4 * WIDTH, 2 * WIDTH, WIDTH):
        x = upsample_block(x, latent, channels)
    small = library_layers.small_uniform()
    last = layers.Conv2D(3, 3, padding="same", activation="tanh", kernel_initializer=small)
    return keras.Model([embedding, noise, epsilon], [last(x), mu, log_sigma])


# %% [markdown]
# **Predict** the shape after each of the three blocks before you run this. The first has
# `4 * WIDTH` channels.

# %%
keras.utils.set_random_seed(0)
untrained = hand_generator()
for layer in untrained.layers:
    if isinstance(layer, (layers.Reshape, layers.LeakyReLU, layers.Conv2D)):
        print(f"{type(layer).__name__:16} {tuple(layer.output.shape)}")
print(f"{untrained.count_params():,} parameters")

# %% [markdown]
# Use it before it has learned anything. `epsilon` is 0 when we look at pictures, unless we give
# another, so that the same caption and noise give the same picture.

# %%
LOOK = np.random.default_rng(3).standard_normal((8, NOISE)).astype("float32")


def sketch(generator, embeddings=asked, noise=LOOK, epsilon=None):
    """What a generator draws now: uint8 (n, 32, 32, 3)."""
    silent = np.zeros((len(noise), CONDITION), "float32")
    inputs = [embeddings, noise, silent if epsilon is None else epsilon]
    return to_uint8(np.asarray(generator.predict_on_batch(inputs)[0]))


show_rows({"painted": wanted[:, 0], "untrained": sketch(untrained)})

# %% [markdown]
# A blurred weave in some tint, and no bird. That is right: it has seen nothing.
#
# ## 7. A discriminator that has to read
#
# A judge who is only asked "real or generated?" need not read the sentence. It can go by the
# picture alone, and then the generator has no reason to read either. So the discriminator sees
# **three kinds of pair**, and only the first deserves a yes.
#
# (The diagram shows the library's discriminator, with a frozen network and four heads. Section 12
# adds these. Yours will be one small network that learns everything. The three pairs are the same.)
#
# ![A photograph with its sentence, the same photograph with a sentence of another class, and a
# drawing with its sentence go through a frozen network and four heads, which add realness and
# match](../figures/diagrams/discriminator.svg)
#
# *Notice that the first two pairs have the same picture: only the match with the sentence can tell
# them apart.*
#
# | picture | sentence | answer wanted | what it teaches |
# | --- | --- | --- | --- |
# | real | its own | yes | what birds look like |
# | real | of another bird | no | that the sentence counts |
# | generated | the one it was made from | no | what birds do not look like |
#
# Each wrong sentence is good English and true of *some* bird. To say no to it, the discriminator
# has to compare words with feathers. The idea is from Reed et al. (2016) and is called
# **matching-aware**.
#
# Ours shrinks the picture to 4 x 4 places. Each place gives a logit of its own, the sum of two
# numbers. The first says how real the place looks. The second says how well it fits the sentence:
# it is the inner product of what was seen there and a vector that a dense layer makes of the
# sentence. It is large where both point the same way. (This is the *projection discriminator* of
# Miyato and Koyama, 2018. The division by the square root of the width keeps sums of many products
# small.)


# %%
def hand_discriminator():
    """[pictures (batch, 32, 32, 3), sentence] to logits (batch, 16), one for each place."""
    images, embedding = keras.Input((32, 32, 3)), keras.Input((texts.shape[-1],))
    x = images
    for channels in (WIDTH, 2 * WIDTH, 4 * WIDTH):  # 16, 8 and 4 px
        x = layers.Conv2D(channels, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.LeakyReLU(0.2)(layers.Conv2D(4 * WIDTH, 3, padding="same")(x))
    places = layers.Reshape((16, 4 * WIDTH))(x)
    realness = layers.Flatten()(layers.Dense(1)(places))
    small = library_layers.small_uniform()
    text = layers.Dense(4 * WIDTH, kernel_initializer=small)(embedding)
    match = layers.Dot(axes=(2, 1))([places, text]) / (4 * WIDTH) ** 0.5
    return keras.Model([images, embedding], realness + match)


# %% [markdown]
# ### Exercise 2: the loss of the discriminator
#
# Write its hinge loss over the three kinds of pair. Real pairs should get logits above $+1$, the
# other two kinds below $-1$; what lies beyond its margin costs nothing. Two kinds of pair want a
# "no", so each of them counts half: "yes" and "no" then weigh the same. A bar is a mean over all
# logits:
#
# $$L_D = \overline{\max(0,\, 1 - d_\text{real})}
# + \tfrac12\, \overline{\max(0,\, 1 + d_\text{wrong})}
# + \tfrac12\, \overline{\max(0,\, 1 + d_\text{fake})}$$
#
# Use `ops.relu` and `ops.mean` from Keras: gradients pass through them, and not through NumPy.


# %%
def my_pair_loss(real, wrong, fake):
    """Hinge loss of the discriminator over three kinds of pair: one number."""
    return ...


def library_pair_loss(real, wrong, fake):
    """The same from the library."""
    return losses.discriminator_loss("hinge", real, wrong, fake)


pair_loss = my_pair_loss if checks_03.check_pair_loss(my_pair_loss) else library_pair_loss

# %% [markdown]
# [One solution](solutions/03_stage1_gan.ipynb).
#
# ## 8. One update, two losses
#
# The discriminator wants the logits of drawn pictures low, and the generator wants the same logits
# high. How can both learn from one forward pass? Each of the two losses is differentiated **for its
# own player's weights only**. If the generator's loss reached the discriminator's weights, the
# judge would learn to be fooled.
#
# (Again the diagram shows the library's GAN. Ours has the same arrows, and a small discriminator of
# its own in the place of the frozen network and its heads.)
#
# ![One pass forward; the discriminator's gradient changes the heads and stops at the frozen
# network; the generator's passes through heads and frozen network and changes the
# generator](../figures/diagrams/update.svg)
#
# *One update. Notice where each of the two gradients stops.*
#
# ### Exercise 3: the update
#
# `tape.gradient(loss, variables)` gives the gradients, `optimizer.apply(gradients, variables)`
# takes a step. A network's weights are its `trainable_variables`. Let both players learn.


# %%
def my_update(tape, d_loss, g_loss, discriminator, generator, d_optimizer, g_optimizer):
    """Let each player take one step on its own loss; returns nothing."""
    ...


update = my_update if checks_03.check_update(my_update) else checks_03.ready_update

# %% [markdown]
# [One solution](solutions/03_stage1_gan.ipynb).
#
# One thing is missing, the generator's own loss. It wants high logits for what it has drawn, and it
# pays the KL of section 5 for every sentence:
#
# $$L_G = -\overline{d_\text{fake}} + 0.1 \cdot \mathrm{KL}$$
#
# `train_on` puts everything together. It returns what we want to follow: the two losses, the mean
# logit of each kind of pair, and how much pictures differ within the batch.


# %%
def train_on(gan, batch):
    """Train both players of `gan` on one batch, and return what to watch."""
    with tf.GradientTape(persistent=True) as tape:
        inputs = [batch["right"], batch["noise"], batch["epsilon"]]
        made, mu, log_sigma = gan.generator(inputs, training=True)
        real = gan.discriminator([batch["images"], batch["right"]])
        wrong = gan.discriminator([batch["images"], batch["wrong"]])
        fake = gan.discriminator([made, batch["right"]])
        d_loss = gan.loss(real, wrong, fake)
        g_loss = -ops.mean(fake) + 0.1 * kl_to_normal(mu, log_sigma)
    players = gan.discriminator, gan.generator
    update(tape, d_loss, g_loss, *players, gan.d_optimizer, gan.g_optimizer)
    logits = {"d_real": ops.mean(real), "d_wrong": ops.mean(wrong), "d_fake": ops.mean(fake)}
    spread = {"diversity": made, "diversity_real": batch["images"]}
    losses = {"d_loss": d_loss, "g_loss": g_loss}
    return logits | losses | {name: ops.mean(ops.std(x, axis=0)) for name, x in spread.items()}


# %% [markdown]
# Many GANs draw with another network than the one that they train. It has the same shape, it never
# learns, and it holds a **running average** of the generator's weights: after each step it moves
# 2 % of the way to them. The hope is that what changes back and forth from step to step cancels,
# and that what the last fifty steps or so have in common stays. We train the latest weights and
# draw with the average. Does it help? That depends on the GAN: section 12 has two tests on
# photographs, with gains of very different size. So test it for your own GAN.


# %%
def move_average(gan, share=0.02):
    """Move the averaged generator a little towards the trained one."""
    for averaged, latest in zip(gan.averaged.variables, gan.generator.variables, strict=True):
        averaged.assign(averaged + share * (latest - averaged))


# %% [markdown]
# A GAN is two networks, two optimisers and a loss, and for us the average. The learning rates and
# the loss are arguments, because sections 10 and 11 change them. `tf.function` compiles the step.


# %%
def hand_gan(d_rate=4e-4, g_rate=4e-4, loss=pair_loss):
    """A new GAN; the same arguments give the same weights."""
    keras.utils.set_random_seed(0)
    gan = SimpleNamespace(generator=hand_generator(), discriminator=hand_discriminator())
    gan.averaged = hand_generator()
    gan.averaged.set_weights(gan.generator.get_weights())
    gan.d_optimizer, gan.g_optimizer = (
        keras.optimizers.Adam(r, 0.5, 0.99) for r in (d_rate, g_rate)
    )
    gan.d_optimizer.build(gan.discriminator.trainable_variables)
    gan.g_optimizer.build(gan.generator.trainable_variables)
    gan.loss, gan.history = loss, []
    gan.step = tf.function(lambda batch: (train_on(gan, batch), move_average(gan))[0])
    return gan


# %% [markdown]
# You can stop the loop whenever you like: press the stop button (or Kernel, Interrupt). The step is
# finished, everything is kept, and running the last cell again goes on from there.


# %%
def play(gan, steps, show=None, every=50):
    """Train until `gan.history` has `steps` entries, from as many as it has now."""
    with DeferredInterrupt(print) as stop:
        for step in range(len(gan.history), steps):
            gan.history.append(gan.step(batch_of(step)))
            if show and ((step + 1) % every == 0 or stop.requested):
                show(step + 1)
            if stop.requested:
                print("Stopped by hand; run the cell again to go on.")
                return


# %% [markdown]
# ## 9. Train, and watch
#
# Before we start, we need a judge that does not learn. Are the colours right? Your eye will say
# so, but a number is easy to get: shrink a picture to 8 x 8 pixels, and ask which of the eight
# captions has the painted birds that are nearest to it.


# %%
def coarse(images):
    """8 x 8 pixels of pictures (n, 32, 32, 3), as one row of numbers each."""
    return images.astype("float32").reshape(-1, 8, 4, 8, 4, 3).mean(axis=(2, 4)).reshape(-1, 192)


targets = np.stack([coarse(group).mean(axis=0) for group in wanted])  # (8, 192)


def right_colours(generator, noises=8, targets=targets):
    """Of 64 pictures, the share that is nearest to the painted birds of its own caption."""
    noise = np.random.default_rng(9).standard_normal((8 * noises, NOISE)).astype("float32")
    found = coarse(sketch(generator, np.repeat(asked, noises, axis=0), noise))
    nearest = ((found[:, None] - targets) ** 2).sum(axis=-1).argmin(axis=1)
    return (nearest == np.repeat(np.arange(8), noises)).mean()


# %% [markdown]
# **Predict:** which will come first, the shape of a bird or its colours?

# %%
STEPS = 1000
mine = hand_gan()
frames, scores = {0: sketch(mine.averaged)}, {0: right_colours(mine.averaged)}
began = time.time()


def show(step):
    """Draw the captions, keep what was seen, and replace the pictures on the screen."""
    frames[step], scores[step] = sketch(mine.averaged), right_colours(mine.averaged)
    sheet.show(frames[step], f"step {step} of {STEPS}, {time.time() - began:.0f} seconds")


# %% [markdown]
# Start it. This takes one to three minutes on two cores, by how busy they are.

# %%
sheet = LiveSheet(CAPTIONS)
play(mine, STEPS, show)

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Eight captions, each above with its picture: small birds, most in the colours of their
# caption](../figures/03_live_run.png)
#
# *1,000 steps of 32 drawn birds, 32 px, width 32, seed 0, on two cores without a GPU.*
#
# </details>
#
# The history shows what came first, shape or colour. Read a column from top to bottom; the painted
# birds are at the bottom.

# %%
kept = [step for step in (0, 100, 200, 300, 500, 700, max(frames)) if step in frames]
show_rows({f"step {step}": frames[step] for step in kept} | {"painted": wanted[:, 0]})

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Rows of eight pictures: a blurred weave, from step 200 on shapes of birds, then birds with
# heads, wings and legs in different colours](../figures/03_history.webp)
#
# *The same run. Other processors add numbers in another order, so yours will differ in detail.*
#
# </details>
#
# <details><summary>What we saw</summary>
#
# Shape and colour came together. At step 200 the red, the yellow and the blue bird had an outline
# in their colour, and the black one was dark red. The white bird came last, after step 300. Wings
# in a colour of their own came after step 300, too, and legs last. (Seed 0, two cores without a
# GPU.)
#
# </details>
#
# And the number? One time in eight is guessing.

# %%
print(f"untrained {right_colours(untrained):.0%}, after {len(mine.history)} steps "
      f"{right_colours(mine.averaged):.0%} of 64 pictures")  # fmt: skip
figure, axis = plt.subplots(figsize=(7, 2.6))
axis.plot(list(scores), list(scores.values()), marker=".", linewidth=2)
axis.axhline(1 / 8, color="#888888", linestyle="--")
axis.set(title="Nearest to its own caption, of eight", xlabel="step", ylim=(0, 1.04))
axis.yaxis.set_major_formatter("{x:.0%}")
show_figure(figure, "the share of right colours over the steps, with guessing as a dashed line")

# %% [markdown]
# None of the eight pairs was ever shown. But this score is generous: the eight captions name eight
# different bodies, so the right body is enough. **Predict:** how far does it fall when all 64 pairs
# are possible answers, so that the wings count too?

# %%
all_pairs = np.concatenate([wanted, pictures])  # the 8 unseen pairs first, then the 56 others
centres = np.stack([coarse(group).mean(axis=0) for group in all_pairs])  # (64, 192)
share = right_colours(mine.averaged, targets=centres)
print(f"nearest to its own pair among all 64: {share:.0%}, guessing {1 / 64:.0%}")

# %% [markdown]
# Where is it wrong, in the body or in the wings? Each of the 64 pairs has one colour for each, so
# we can count them apart. **Predict** which of the two is drawn better.

# %%
pair_of = np.array([text[0].split() for text in [*unseen.captions, *birds.captions]], object)
colours = np.array([[words[1], words[4]] for words in pair_of])  # "a red bird with black wings"
noise = np.random.default_rng(9).standard_normal((64, NOISE)).astype("float32")
found = coarse(sketch(mine.averaged, np.repeat(asked, 8, axis=0), noise))
nearest = ((found[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
hits = colours[nearest] == np.repeat(colours[:8], 8, axis=0)
print("drawn: the colour of the body is right in {:.0%}, that of the wings in {:.0%}".format(
    *hits.mean(axis=0)))  # fmt: skip

# %% [markdown]
# Is that much or little? The floor is guessing, one time in eight. The ceiling is what the same
# measure says of painted birds: other ones than those that the measure compares with.

# %%
fresh = shrink(two_colour_birds(held_out=True, seed=1).images)  # (8, 16, 32, 32, 3)
found = coarse(fresh.reshape(-1, *fresh.shape[2:]))
nearest = ((found[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
hits = colours[nearest] == np.repeat(colours[:8], fresh.shape[1], axis=0)
print("painted: body {:.0%}, wings {:.0%}".format(*hits.mean(axis=0)), f"; guessing {1 / 8:.0%}")

# %% [markdown]
# Here is the whole training once more, as a film. **Predict:** will the losses show when birds
# appear? Move the slider, and watch both.

# %%
losses_seen = {
    name: {step + 1: float(row[key]) for step, row in enumerate(mine.history)}
    for name, key in (("discriminator", "d_loss"), ("generator", "g_loss"))
}
show_film(CAPTIONS, frames, {"Losses": losses_seen, "Right colours": {"share of pictures": scores}})

# %% [markdown]
# <details><summary>What we saw</summary>
#
# The discriminator's loss fell in the first 120 steps, when no picture showed a bird, and hardly
# moved afterwards. The generator's loss fell from step 50 to about 350, while the birds got their
# shapes and colours. Then it was level, too, while the share of right colours rose from 80 % to
# 95 % and more. So a loss says that something happens, but not what. (Seed 0, two
# cores without a GPU.)
#
# </details>
#
# A caption leaves two doors open for chance: the noise $z$, and $\epsilon$ in the condition. We
# open one at a time for one sentence, and compare with eight painted birds of that sentence.
# **Predict:** which of the two changes the bird more?

# %%
one_text, draws = np.repeat(asked[4:5], 8, axis=0), np.random.default_rng(5)
epsilons = draws.standard_normal((8, CONDITION)).astype("float32")
chances = {
    "eight epsilons": sketch(mine.averaged, one_text, np.repeat(LOOK[:1], 8, axis=0), epsilons),
    "eight noises": sketch(mine.averaged, one_text),
    "painted": wanted[4][:8],
    "eight captions": sketch(mine.averaged),
}
show_rows(chances)
for name, images in chances.items():
    print(f"a pixel varies by {images.std(axis=0).mean() / 255:.1%} of its range over {name}")
log_sigma = mine.averaged.predict_on_batch([asked, LOOK, 0 * epsilons])[2]
print(f"sigma began near {np.exp(-2):.2f}, and is now {np.exp(log_sigma).mean():.2f} on average")

# %% [markdown]
# Sigma has hardly left its start. So there is a cloud, but the row of eight epsilons hardly shows
# it. If neither $\epsilon$ nor $z$ changes the bird as much as painted birds of one caption differ,
# the generator draws its one best pose, whatever chance says. This is the collapse of section 2 in
# a mild form: right colours, one pose. It had to be expected: nothing in our loss asks for
# different poses, and the discriminator sees one picture at a time and never compares two. One
# perfect pose for each sentence would please it as well as eight. The library adds a loss against
# it (section 12).
#
# ## 10. Does it need the wrong pairs?
#
# We said that a discriminator without wrong pairs need not read. That is a claim, so let us test
# it: the same GAN from nothing, with the same batches, but its discriminator sees real and
# generated pairs only. (The weight of the generated pairs rises from one half to one, so that "yes"
# and "no" still count equally.)
#
# **Predict:** will it still draw birds? Will they have the colours of their captions?

# %%
HALF_WAY = min(300, max(frames))


def without_wrong(real, wrong, fake):
    """The hinge loss of a discriminator that never sees a wrong sentence."""
    return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))


unread = hand_gan(loss=without_wrong)
play(unread, HALF_WAY)
half_way = min(frames, key=lambda step: abs(step - HALF_WAY))
show_rows({
    "three pairs": frames[half_way],
    "no wrong pair": sketch(unread.averaged),
    "painted": wanted[:, 0],
})  # fmt: skip
print(f"after {HALF_WAY} steps: three pairs {scores[half_way]:.0%} right colours, "
      f"no wrong pair {right_colours(unread.averaged):.0%}, guessing {1 / 8:.0%}")  # fmt: skip

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Three rows of eight pictures. With three pairs most birds have the colours of their captions,
# without the wrong pair fewer than half do](../figures/03_no_wrong_pair.webp)
#
# *300 steps of 32 pictures each, seed 0, on two cores without a GPU.*
#
# </details>
#
# <details><summary>What we saw</summary>
#
# After 300 steps 77 to 80 % of the birds had the right colours with three pairs, and 33 to 36 %
# without the wrong one, where guessing gives 12 %. The shapes had come equally far in both rows.
# (Seed 0, two cores without a GPU, three runs.)
#
# </details>
#
# So one of the two draws with less regard for the sentence. Does its *discriminator* read less,
# too? Both histories hold the answer: `d_real` is the mean logit of real pictures with their own
# sentence, `d_wrong` with another one. A discriminator that reads puts the first above the second.
# **Predict:** will the gap be 0 for the one that never learned from a wrong pair, or only smaller?

# %%
figure, axis = plt.subplots(figsize=(7, 2.6))
for name, gan in {"three pairs": mine, "no wrong pair": unread}.items():
    gap = [float(row["d_real"] - row["d_wrong"]) for row in gan.history[:HALF_WAY]]
    axis.plot(gap, label=name)
    print(f"{name:13} gap in the last 50 of these steps: {np.mean(gap[-50:]):.2f}")
axis.axhline(0, color="#888888", linestyle="--")
axis.set(title="d_real - d_wrong: does the discriminator read?", xlabel="step")
axis.legend()
show_figure(figure, "two curves: the gap between right and wrong sentences, in both trainings")

# %% [markdown]
# <details><summary>What we saw</summary>
#
# Only smaller. Over the last 50 steps the gap was 3.2 with three pairs and 0.6 without the wrong
# one. So a discriminator begins to read even where nothing makes it, but far less. (Seed 0, two
# cores without a GPU, one run.)
#
# </details>
#
# Without wrong pairs the discriminator *may* learn to read: a drawn bird in a wrong colour does not
# fit its sentence, and this is one more sign that it was drawn. But it may have easier signs at
# hand, such as blurred edges, and then it need not read. The wrong pair takes these signs away: its
# picture is real. (This is one seed and 300 steps. To see whether reading comes later, write `1000`
# in the place of `HALF_WAY` in `play`, and compare with the scores of section 9.)
#
# ## 11. Is this normal?
#
# Everybody asks this about a first GAN. A classifier's loss falls; here two losses pull at each
# other, and neither says whether the pictures are good. Watch these instead: the mean logits of the
# three kinds of pair, and how much the pictures of a batch differ from each other (the standard
# deviation of a pixel), divided by the same number for real pictures.


# %%
def curves(gans):
    """The histories of some GANs, one after the other, as a table of one row per step."""
    rows = [row for gan in gans for row in gan.history]
    table = pd.DataFrame([{name: float(value) for name, value in row.items()} for row in rows])
    table["diversity / real"] = table["diversity"] / table["diversity_real"]
    return table


def plot_column(axes, title, table):
    """Logits above, diversity below."""
    for kind in ("d_real", "d_wrong", "d_fake"):
        width = 4 if kind == "d_real" else 1.5  # it shows beneath the others
        axes[0].plot(table[kind], label=kind, linewidth=width)
    axes[1].plot(table["diversity / real"], color="#7a6bb0")
    axes[1].axhline(1, color="#888888", linestyle="--")
    axes[0].set_yscale("symlog", linthresh=1)  # from -1 to 1 even steps, then powers of ten
    axes[0].set(title=title)
    axes[1].set(xlabel="step", ylim=(0, 3))


# %% [markdown]
# You have seen a collapse in section 2. Now we make our bird GAN sick in two other ways. Each of
# three copies goes on from the trained weights for 60 steps:
#
# - **As before**, with new optimisers: the control.
# - **A discriminator that is too strong.** Its learning rate is 100 times as high.
# - **A generator that is too fast.** Its learning rate is 25 times as high.
#
# **Predict** for each what the pictures will look like. (They are drawn with the latest weights
# here, since an average would hide a sudden illness for some time.)


# %%
def go_on(gan, **rates):
    """A copy of a GAN with other learning rates, after 60 more steps."""
    copy = hand_gan(**rates)
    copy.generator.set_weights(gan.generator.get_weights())
    copy.discriminator.set_weights(gan.discriminator.get_weights())
    play(copy, 60)
    return copy


copies = {
    "as before": go_on(mine),
    "D too strong": go_on(mine, d_rate=4e-2),
    "G too fast": go_on(mine, g_rate=1e-2),
}
rows = {name: sketch(copy.generator) for name, copy in copies.items()}
show_rows({"trained": sketch(mine.generator)} | rows)
for name, copy in copies.items():
    share, table = right_colours(copy.generator), curves([copy])
    largest = table[["d_real", "d_wrong", "d_fake"]].abs().to_numpy().max()
    print(f"{name:13} {share:4.0%} right colours, largest mean logit {largest:6.1f}")

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Four rows of eight pictures: the trained birds, and what is left of them in the three
# copies](../figures/03_sick_runs.webp)
#
# *60 more steps of 32 pictures each, seed 0, on two cores without a GPU.*
#
# </details>
#
# And the curves. Each plot begins with the last 60 steps of the healthy run; at the dashed line
# the copy goes on.

# %%
figure, axes = plt.subplots(2, 3, figsize=(9.5, 4.6), sharex=True, sharey="row")
for column, (name, copy) in zip(axes.T, copies.items(), strict=True):
    last = SimpleNamespace(history=mine.history[-60:])
    plot_column(column, name, curves([last, copy]))
    for axis in column:
        axis.axvline(len(last.history), color="#888888", linestyle="--")
axes[0, 0].set(ylabel="mean logit")
axes[1, 0].set(ylabel="diversity / real")
axes[0, 0].legend(fontsize=8)
show_figure(figure, f"logits and diversity before and after the change: {', '.join(copies)}")

# %% [markdown]
# Look at the pictures, then at the curves. Which of the two told you first that a copy is sick?
#
# <details><summary>What we saw</summary>
#
# With the strong discriminator the logits left the plot within a few steps, while the birds still
# mostly had the colours of their captions after 60. There the curves warn first. With the fast
# generator the birds were gone, and diversity *rose*: plain surfaces, some white and some not,
# differ more than eight birds do. There the pictures tell, and a glance at diversity alone would
# have been no alarm.
#
# And the control? Its `d_fake` lay on its `d_real`, near +1, the whole time. So the discriminator
# could no longer tell drawn birds from painted ones, though you can at a glance. Why +1? In its
# loss a "yes" counts 1, and each of the two "no" counts one half. So a discriminator that cannot
# tell the two apart does best at +1. Nothing is sick there, but nobody is left who could teach the
# generator a finer edge. (Seed 0, two cores without a GPU.)
#
# </details>
#
# A small discriminator that has learned to see from nothing soon cannot tell the two apart. Section
# 12 gives it better eyes.
#
# | what you see | what it usually means | what to do |
# | --- | --- | --- |
# | `d_fake` as high as `d_real`, `d_wrong` far below | drawings pass as real | look at them |
# | three logits apart but in reach of each other | both players have work to do | wait |
# | logits far apart and jumping | D learns too fast | lower its learning rate |
# | `d_fake` down at `d_wrong` or below, diversity far above 1 | G ran away | go back, slow G down |
# | diversity sinks towards 0, all pictures alike | collapse (section 2) | go back, slow G down |
# | `d_real` and `d_wrong` stay together | D does not read | do texts belong to their pictures? |
# | anything is `nan` | numbers too large | lower learning rates; use float32 |
#
# > **Caution.** "Diversity near 1" says that the pictures of a batch differ, and a batch has many
# > captions. It does not say that the noise does anything: a generator that draws one pose in all
# > colours has a fine diversity. Look at one caption with several noises, as in section 9.
#
# ### Exercise 4: a collapse alarm
#
# Nobody watches a night's training. Write an alarm: `diversity` and `diversity_real` are arrays
# with one number for each step. The alarm rings at the first step (counted from 0) at which
# diversity has been below `share * diversity_real` for `patience` steps in a row, that step
# included. Return the step, or -1 if the alarm never rings.
#
# The two games of section 2 and the three copies above will test it. **Predict:** for which of the
# five will it ring?


# %%
def my_alarm(diversity, diversity_real, share=0.25, patience=50):
    """The step at which the alarm rings, or -1."""
    return ...


alarm = my_alarm if checks_03.check_collapse_alarm(my_alarm) else checks_03.ready_alarm
runs = {"ring, judge faster": patient_spreads.T, "ring, forger faster": hasty_spreads.T}
for name, copy in copies.items():
    table = curves([copy])
    runs[f"birds, {name}"] = table["diversity"], table["diversity_real"]
for name, (drawn, real) in runs.items():
    step = alarm(drawn, real)
    print(f"{name:21} {'no alarm' if step == -1 else f'rings at step {step}'}")

# %% [markdown]
# [One solution](solutions/03_stage1_gan.ipynb). A run without an alarm can be sick in another way:
# this bell hears a collapse, and nothing else. In our run it rang for the ring with the faster
# forger alone, at step 768. The library's training has this alarm and prints a warning.
#
# ### Quiz B
#
# 1. Why must each wrong sentence belong to another pair of colours, and not just be another
#    wording?
#
# <details><summary>Answer</summary>
#
# Another wording of the same pair is true of the picture. The discriminator would be taught to
# say no to the truth.
#
# </details>
#
# 2. $\sigma$ is learned. Why does it not become 0, which would make the generator's task easiest?
#
# <details><summary>Answer</summary>
#
# The KL costs $-\log\sigma$, which grows without limit as $\sigma$ goes to 0.
#
# </details>
#
# 3. Your pictures show fine birds, each in a wrong colour. Which logit do you look at first?
#
# <details><summary>Answer</summary>
#
# `d_wrong`. If it is close to `d_real`, the discriminator does not read, and the generator has
# nobody to learn the colours from.
#
# </details>
#
# # Part C. The library's StageGAN is this, and three large things more
#
# ## 12. What is the same, and what is added?
#
# You have written most of it already. The names on the right are where to look it up.
#
# | yours | the library's |
# | --- | --- |
# | `augment_condition` | `stackgan.layers.conditioning_augmentation` |
# | `MyModulatedBatchNorm` | `stackgan.layers.ModulatedBatchNorm` |
# | `upsample_block` | `stackgan.layers.glu_upsample`: a gate in the place of the LeakyReLU |
# | `hand_discriminator` | `stackgan.projected.build_projected_discriminator` |
# | `my_pair_loss`, `kl_to_normal` | `stackgan.losses` |
# | `my_update`, `train_on`, `move_average` | `stackgan.update.StageGAN.update` |
# | `batch_of` | `data.Batches`: the same for photographs in a pack (notebook 01) |
#
# Three large things are new, and some smaller ones, such as the gate.
#
# 1. **A projected discriminator.** Yours had to learn from nothing what an edge is. The library's
#    looks through a network that was trained on ImageNet (EfficientNet-Lite0) and never changes;
#    only small heads on top are trained (Sauer et al., 2021).
# 2. **Matching among many sentences.** You showed one wrong sentence for each picture. The
#    library adds a *contrastive* loss: each picture must find its own sentence among thousands
#    (Zhang et al., 2021).
# 3. **Diversity.** Each caption is drawn twice, with two noises, and the two pictures have to
#    differ (Mao et al., 2019).
#
# The average you have already: the library's holds about 500 steps, where ours holds 50.
#
# What is each one worth, and the average? `benchmarks/ablation.md` has measured it on photographs:
# Stage I from nothing, generator width 48, 625 steps of 64 pictures, with one part changed at a
# time (the command is at the top of that file). Each part was added for a purpose of its own, so we
# need three measures. Notebook 05 explains them.
#
# - **KID**, the distance between drawn and real birds: lower is better.
# - **R-precision**: the share of pictures for which another network finds the right caption among
#   100. Higher is better, and guessing gives 1 %.
# - **Diversity**: how much pictures of one caption differ. Photographs have 15.1.
#
# **Predict:** taking away which part will hurt which measure most? And will anything *help* when it
# is taken away?

# %%
CHANGES = {
    "1. plain discriminator": "plain discriminator",
    "2. matching at a fifth": "contrastive weight 0.5",
    "3. no diversity loss": "no diversity loss",
    "no averaged weights": "not averaged",
    "text at first layer only": "text at the first layer only",
    "no augmentation": "no augmentation",
}
MEASURES = {"KID": "KID x 1000", "R-precision": "R-precision in %", "diversity": "diversity"}
worth = {m: [ablation_score(row, m) for row in CHANGES.values()] for m in MEASURES}
third = {"KID": "as written"}  # which captions the third run was scored with: all else "plain"
recipe = {
    m: [ablation_score("none: the recipe", m, seed)[0] for seed in ("0", "1")]
    + [ablation_score("the recipe", m, third.get(m, "plain"))[0]]
    for m in MEASURES
}

# %% [markdown]
# A bar for each change, with the error of 500 pictures. Three runs of the full recipe are the dots:

# %%
figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.2), sharey=True)
for axis, (measure, title) in zip(axes, MEASURES.items(), strict=True):
    values, errors = np.transpose(worth[measure])
    runs = recipe[measure]
    axis.barh(list(CHANGES), values, xerr=errors)
    axis.axvspan(min(runs), max(runs), alpha=0.25, color="#e07a3f")
    axis.plot(runs, ["the recipe"] * 3, "o", color="#e07a3f")
    better = "lower" if measure == "KID" else "higher"
    axis.set_title(f"{title}\n({better} is better)", fontsize=10)
    axis.set(xlim=(0, None), ylim=(6.6, -0.6))
said = "; ".join(f"{m} {', '.join(f'{v:g}' for v, _ in found)}" for m, found in worth.items())
show_figure(figure, f"three panels of bars for {', '.join(CHANGES)}: {said}")

# %% [markdown]
# The coloured band is chance: three runs of one recipe lie that far apart. A bar that ends inside
# its band, or within its error of it, shows nothing. Which of the changes can you call proved?
#
# - **The projected discriminator, with all that hangs on it,** matters most by far. A discriminator
#   that starts from nothing learned almost nothing from so few pictures: KID is twice that of any
#   run of the recipe, and R-precision is that of guessing. (Without frozen features the contrastive
#   and diversity losses, the blur and the augmentation go as well. So this bar does not say what
#   the features alone are worth.)
# - **Matching** at a fifth of its weight has the R-precision of the recipe, 10.4 %. So this table
#   does not show that the strong loss makes pictures fit their captions better. Only KID is worse
#   than in all three runs of the recipe.
# - **The diversity loss**: without it diversity is 13.2 with an error of 0.3, where the recipe had
#   13.4 to 14.3. Over so few steps its use is not shown by its own measure, nor by KID.
# - **The text in every block**, the idea of section 6, has the clearest result of one part. With
#   the text at the first layer only, diversity fell to 9.5 and KID rose to 188. R-precision was
#   7.4 %, with an error of 1.2: that is not clearly below the band.
# - **The average**: KID is worse without it. On another machine, with captions in plain form, it
#   was 150 with the average and 164 without. That gain is smaller than the band is wide, so its
#   size is not settled. By the other two measures there is no difference.
# - **Augmentation** (pictures are shifted, tinted and partly covered before the discriminator sees
#   them): without it KID was *lower*, 111, and 135 with another seed. It is there for long
#   trainings, in which a discriminator learns its photographs by heart. Over 625 steps it does not
#   pay.
#
# > **Caution.** Each bar is a single run of one seed. Only the full recipe was run three times, and
# > those runs are the band. One of the three ran on another processor, and was stopped and resumed.
#
# ## 13. All three from inside
#
# What do these three see? Here is the library's Stage I in a small size.

# %%
config = make_config(
    "modern",
    stage=1,
    generator_width=16,
    discriminator_width=16,
    feature_size=128,
    batch_size=BATCH,
    precision="float32",
)
library_gan = StageGAN(config, texts.shape[-1], seed=0)
print(f"generator      {library_gan.generator.count_params():9,} parameters")
print(f"discriminator  {library_gan.discriminator.trunk.count_params():9,} that never change")
heads = sum(model.count_params() for model in library_gan.discriminator.trained_models)
print(f"               {heads:9,} that are trained")

# %% [markdown]
# ### The frozen features
#
# The network inside sees a picture at 128 pixels, and gives four maps of it: of 32, 16, 8 and 4
# places to a side, and 64 to 256 channels. Nobody can look at 64 channels. So at each size we take
# the three directions in which the channels of all places differ most (a principal component
# analysis) and paint them red, green and blue. Equal colours then mean "looks alike to the
# network".
#
# Three birds for one caption: a painted one, yours, and one of the GAN without wrong pairs, which
# had 300 steps. **Look for** the size at which the painted bird looks different from the other two.


# %%
def frozen_maps(images):
    """The four frozen maps of pictures (n, 32, 32, 3) uint8, from fine to coarse."""
    pictures = images.astype("float32") / 127.5 - 1
    parts = [
        library_gan.discriminator.features(ops.convert_to_tensor(pictures[start : start + 50]))
        for start in range(0, len(pictures), 50)
    ]
    return [np.concatenate(maps) for maps in zip(*parts, strict=True)]


def in_three_colours(maps, count=3):
    """The first `count` of maps (n, side, side, channels), painted by their main directions."""
    rows = maps.reshape(-1, maps.shape[-1])
    rows = rows - rows.mean(axis=0)
    directions = np.linalg.eigh(rows.T @ rows)[1][:, :-4:-1]  # the last three vary most
    found = rows @ directions
    painted = (127.5 + 50 * found / found.std(axis=0)).clip(0, 255).astype("uint8")
    return painted.reshape(*maps.shape[:3], 3)[:count]


# %% [markdown]
# The directions are found on these three and on painted birds of all eight captions:

# %%
trio = np.stack([wanted[1, 0], sketch(mine.averaged)[1], sketch(unread.averaged)[1]])
maps = frozen_maps(np.concatenate([trio, wanted[:, 1]]))
columns = ["picture"] + [f"{found.shape[1]} px" for found in maps]
painted_maps = [in_three_colours(found) for found in maps]
names = ("painted", "yours", "no wrong\npair")
show_rows(
    {name: [trio[row], *(found[row] for found in painted_maps)] for row, name in enumerate(names)},
    columns,
)

# %% [markdown]
# <details><summary>What we saw</summary>
#
# At every size. In the maps of 32 px the ground around the painted bird is even, and around the
# other two it is speckled, though their pictures look plain there. In the map of 4 px the middle of
# the painted bird has another colour than the other two. (Seed 0, one run.)
#
# </details>
#
# Now a number: how well can painted and drawn birds be told apart from what each network sees? The
# simplest reader of maps is a *linear probe*: one weight for each number, fitted by least squares,
# that says +1 for painted and -1 for drawn. We take 200 painted birds and 200 of yours, for the
# same eight captions, and test each probe twice:
#
# - It is fitted to eight pictures only, and tested on 200 others (a mean of five such choices).
# - It is fitted to the birds of four captions, and tested on those of the other four, whose colours
#   it has not seen (a mean of both ways round).
#
# Guessing gives 50 %. **Predict:** from which will it tell best: from pixels, from the last maps of
# your discriminator, or from the frozen maps?


# %%
def told_apart(numbers, is_painted, fit, test):
    """The accuracy on the rows `test` of a linear probe that is fitted to the rows `fit`."""
    rows = numbers.reshape(len(numbers), -1)
    rows = rows - rows[fit].mean(axis=0)
    answer = np.where(is_painted, 1.0, -1.0)
    weights = np.linalg.lstsq(rows[fit], answer[fit], rcond=1e-3)[0]
    return ((rows[test] @ weights > 0) == is_painted[test]).mean()


many = shrink(two_colour_birds(num_images=25, held_out=True, seed=2).images)
noise = np.random.default_rng(6).standard_normal((200, NOISE)).astype("float32")
drawn = sketch(mine.averaged, np.repeat(asked, 25, axis=0), noise)
both = np.concatenate([many.reshape(200, 32, 32, 3), drawn])
is_painted = np.arange(400) < 200

# %% [markdown]
# What each network sees:

# %%
[last] = [x.output for x in mine.discriminator.layers if isinstance(x, layers.Reshape)]
last_maps = keras.Model(mine.discriminator.inputs, last)
as_input = both.astype("float32") / 127.5 - 1, np.repeat(np.tile(asked, (2, 1)), 25, axis=0)
seen = {"pixels": as_input[0]}
seen["your discriminator's last maps"] = last_maps.predict_on_batch([*as_input])
seen |= {f"frozen maps of {x.shape[1]} px": x for x in frozen_maps(both)}

# %% [markdown]
# And both tests:

# %%
orders = [np.random.default_rng(seed).permutation(400) for seed in range(5)]
early = np.tile(np.repeat(np.arange(8), 25), 2) < 4  # a bird of one of the first four captions
for name, numbers in seen.items():
    few = [told_apart(numbers, is_painted, order[:8], order[200:]) for order in orders]
    others = [told_apart(numbers, is_painted, fit, ~fit) for fit in (early, ~early)]
    print(f"{name:31} {np.mean(few):4.0%} after eight pictures, "
          f"{np.mean(others):4.0%} on other captions")  # fmt: skip

# %% [markdown]
# <details><summary>What we saw</summary>
#
# After eight pictures the frozen maps told 90 to 100 % of the birds, pixels 56 to 60 %, and the
# last maps of our discriminator 59 to 61 %. On other captions the frozen maps told all of them, and
# the other two were close to guessing. (Seed 0, two cores without a GPU, after 400 and after 1,000
# steps.)
#
# </details>
#
# So what marks a drawn bird in its pixels does not carry over to birds of other colours. In the
# frozen maps it does, and a few pictures are enough to find it.
#
# ### Diversity
#
# The diversity loss is called `sameness`. It takes two pictures of one caption and asks how much
# their feature maps in the frozen network differ. Two numbers fix its scale:
#
# - 1: the maps are the same.
# - 0: they differ by three quarters, or more, of what two real pictures differ by.
#
# **Predict:** what will it say of the eight birds that your network drew for one caption with
# eight noises? The cell compares them with one painted bird eight times, with eight painted birds
# of that caption, and with painted birds of eight captions.


# %%
def sameness(images):
    """The diversity loss of neighbours in pictures (8, 32, 32, 3) uint8."""
    features = library_gan.discriminator.features
    maps = features(ops.convert_to_tensor(images.astype("float32") / 127.5 - 1))
    of_real = features(ops.convert_to_tensor(batch_of(0)["images"][: len(images)]))
    return float(losses.diversity_loss(maps, of_real, config.difference))


for name, images in {
    "one painted bird, repeated": np.repeat(wanted[4][:1], 8, axis=0),
    "yours, eight noises": chances["eight noises"],
    "painted, one caption": wanted[4][:8],
    "painted, eight captions": wanted[:, 0],
}.items():
    print(f"{name:26} sameness {sameness(images):.2f}")

# %% [markdown]
# <details><summary>What we saw</summary>
#
# One bird repeated had a sameness of 1.00, and painted birds of one caption 0.06. The eight birds
# of our network had 0.15, between the two. Pixels rate them lower: they varied by 2.2 to 2.5 % of
# the range, where painted birds varied by 8.4 %. (Seed 0, two cores without a GPU.)
#
# </details>
#
# So the two measures do not agree. Pixels said that our birds differ less than a third as much as
# painted ones. The loss finds them nearly as different as painted ones, and would push only a
# little. Frozen features may take speckle that changes from bird to bird for a difference. While
# the library trains, it asks the generator to make this number small, and the discriminator asks
# that the pictures stay birds.
#
# ### Matching
#
# The third you write yourself.
#
# ### Exercise 5: the contrastive loss
#
# `images` (n, size) and `texts` (m, size) hold vectors of length 1, m is at least n, and sentence i
# belongs to picture i.
#
# 1. The similarity of every picture with every sentence is `images @ texts.T`. Divide it by the
#    *temperature* 0.1. (Why? Similarities lie between -1 and 1. After exp, the best could count at
#    most $e^2 \approx 7$ times the worst. Divided by 0.1, it can count $e^{20}$ times as much, so
#    one sentence can stand out among thousands.)
# 2. A softmax over the sentences gives, for each picture, the probability of each sentence.
# 3. The loss is minus the logarithm of the probability of the picture's own sentence, as a mean
#    over the pictures:
#
# $$L = -\frac1n \sum_i \log \frac{\exp(s_{ii} / 0.1)}{\sum_j \exp(s_{ij} / 0.1)}$$
#
# It is the cross-entropy of a classifier whose classes are the sentences of the batch. (The
# library leaves out other sentences of the picture's own class, which may be true of it. You need
# not.) NumPy will do here.


# %%
def my_contrastive_loss(images, texts):
    """InfoNCE of pictures that choose their sentence: one number."""
    return ...


passed = checks_03.check_contrastive(my_contrastive_loss)
contrastive = my_contrastive_loss if passed else checks_03_contrastive.ready_contrastive
vectors = np.random.default_rng(0).normal(size=(32, 64))
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
print(f"all pictures fit their sentence: {contrastive(vectors, vectors):.3f}")
print(f"all sentences mixed up:          {contrastive(vectors, vectors[::-1]):.3f}")
print(f"guessing among 32 sentences:     {np.log(32):.3f}")

# %% [markdown]
# [One solution](solutions/03_stage1_gan.ipynb).
#
# To train the library's version for hours, leave the notebook:
# `python train.py --data toy --stage 1 --preset cpu`. It saves as it goes; Ctrl-C stops it, and
# `--resume` continues exactly.
#
# ### Quiz C
#
# 1. The network inside the projected discriminator never changes. What is trained, then?
#
# <details><summary>Answer</summary>
#
# Small heads that turn its feature maps and the sentence into logits. The cell above printed how
# many parameters they have, and how many stay fixed.
#
# </details>
#
# 2. The three pairs give one wrong sentence for each picture. The library adds *distractors*,
#    sentences of other pictures, to those of the batch. How many wrong ones does the contrastive
#    loss give with a batch of 32 and 128 distractors?
#
# <details><summary>Answer</summary>
#
# 159 at most: 31 of the other pictures and 128 distractors, less those of the picture's own class.
#
# </details>
#
# 3. Why are pictures drawn with averaged weights, but the discriminator is shown those of the
#    latest weights?
#
# <details><summary>Answer</summary>
#
# Only the latest weights are trained; the average is a by-product that learns nothing itself. The
# discriminator has to react to what the generator does now.
#
# </details>
#
# # Part D. Real birds
#
# ## 14. What longer training on photographs gives
#
# How far does the same method come in minutes on a fast GPU? The library comes with weights that
# were trained in this way on photographs of CUB. **Predict:** what will the discriminator learn
# first, to reject drawings or to reject wrong captions? This is how their Stage I learned:
#
# ![Two plots over 21,780 steps. The discriminator's answers: photographs with their caption rise to
# about 0.5, with a wrong caption they sink to -0.4, drawn pictures stay near -0.6. The contrastive
# losses of photographs fall from 7.7 to 6.7, those of drawn pictures from 7.8 to
# 7.2](../figures/birds_curves.png)
#
# *Seed 0, 96 pictures a step, 212 seconds on one GPU (NVIDIA H200). That makes a hundred steps a
# second: the pictures have 64 pixels, the whole step is compiled, and the GPU computes in bfloat16.
# The view of the discriminator is blurred for the first 800 steps; from about half way on the
# learning rates fall.*
#
# Read the left plot with the table of section 11: three answers apart, but in reach of each other.
# The discriminator soon says no to drawings. Its no to wrong captions takes thousands of steps. On
# the right, guessing would lie above the plot: to pick one of 4,192 sentences by chance costs
# $\ln 4192 = 8.3$. The plot begins after some 1,200 steps, when both are already a little better.
#
# Two things were added for this long training, and both are there to keep the generator from
# learning sentences by heart. Half of its pictures are drawn for a *mixed* sentence, which lies
# somewhere between two sentences of the batch (Reed et al., 2016, call this GAN-INT). No photograph
# belongs to it, and it is a new one each time. And of the 512 numbers of each sentence only 64 are
# read: the directions in which sentences differ most. Notebook 05 (section 10) shows why.
#
# The weights that we ship are an average of three moments of this training, and most of it, 60 %,
# is the end (the model card of `birds` tells why).
#
# The weights draw without a single photograph on this machine.

# %%
REAL = [
    "this bird is bright red all over, with a red crown and a red belly",
    "a small bird with a yellow belly and a yellow breast",
    "this bird is completely black, with a black beak",
    "a blue bird with blue wings and a white belly",
    "a brown bird with a speckled breast",
    "a white bird with grey wings and an orange beak",
    "this bird has a black head, black wings and an orange belly",
    "a green bird with a long thin beak",
]
artist = Synthesizer("birds")
texts_of_birds = np.repeat(artist.embed(REAL[:4]), 4, axis=0)
drawn = artist.draw(texts_of_birds, artist.noise(16, seed=1), stage=1)[1]
show_sheet(REAL[:4], drawn.reshape(4, 4, *drawn.shape[1:]), size=190)

# %% [markdown]
# Each caption has four noises. They decide light and branch, and for some captions the pose as
# well: in which rows do you see the same pose four times? Colours are mostly where they belong.
# Look at heads, beaks and legs: which of them are wrong, missing, or there twice?
#
# <details><summary>What we saw</summary>
#
# The yellow birds sit in one pose three times. Three of the red birds have something like a beak on
# both sides of the head. The black birds have hardly an eye. And the second blue bird has a head at
# both ends. (`birds`, noise of seed 1.)
#
# </details>
#
# How much of this is StackGAN as published in 2017, and how much is what came since? There are
# weights of both recipes. The cell prints what you need for a fair comparison: widths, steps and
# pictures.

# %%
recipes = {"modern": artist, "paper": Synthesizer("birds-paper")}
for name, synthesizer in recipes.items():
    stage = synthesizer.weights.card["stages"]["1"]
    width = stage["config"]["generator_width"]
    print(f"{name:7} generator width {width}, {stage['steps']:,} steps, "
          f"{stage['images_seen']:,} pictures seen")  # fmt: skip
columns = [textwrap.fill(caption, 14) for caption in REAL]
show_rows({
    name: synthesizer.draw(synthesizer.embed(REAL), synthesizer.noise(8, seed=1), stage=1)[1]
    for name, synthesizer in recipes.items()
}, columns)  # fmt: skip

# %% [markdown]
# This is no race on equal terms. `birds` saw nearly six times as many pictures. It was trained on a
# GPU, and has two convolutions in each block, where section 6 has one. `birds-paper` was trained on
# two cores, at half of the published width. StackGAN's authors gave their own Stage I 600 epochs
# (section 3.4 of their paper) of 8,855 photographs, which makes 5.3 million pictures. Notebook 05
# compares the two in numbers.
#
# Where the two recipes differ:
#
# | | paper (2017) | modern |
# | --- | --- | --- |
# | discriminator | learns to see from nothing | looks through ImageNet features |
# | the sentence enters the generator | once, at the bottom | in every block |
# | the discriminator learns to read from | wrong pairs | wrong pairs, and many more sentences |
# | loss | cross-entropy | hinge |
# | what noise changes | left to chance | asked for by a loss |
# | pictures are drawn with | the last weights | averaged weights |
# | the sentences that it draws in training | as written | in `birds`, half are mixed of two |
#
# Does the noise count? The same measure as in section 9:

# %%
one = artist.draw(np.repeat(artist.embed(REAL[:1]), 8, axis=0), artist.noise(8, seed=2), stage=1)[1]
many = artist.draw(artist.embed(REAL), np.repeat(artist.noise(1, seed=2), 8, axis=0), stage=1)[1]
show_rows({"one noise,\neight captions": many}, columns)
show_rows({"first caption,\neight noises": one})
for name, images in (("eight noises", one), ("eight captions", many)):
    print(f"a pixel varies by {images.std(axis=0).mean() / 255:.1%} of its range over {name}")

# %% [markdown]
# If noises changed much less than captions do, the poses would have collapsed: there are many ways
# to sit on a branch, and the generator would use few of them. But pixels also count the background.
# Look at the birds alone: their poses differ less than the numbers say. (Judged by eye, two noises
# gave two poses for 10 of 24 captions. So `generate.py` mirrors every second picture. This hides
# the sameness from the eye, 22 of 24, and adds no pose. The model card also gives the diversity of
# one caption's pictures beside that of photographs of one class; notebook 05 explains the measure.)
#
# Try your own sentence, in any of the encoder's 16 languages. Ours has two colours: does each go to
# its own part?

# %%
my_caption = "a small bird with a red crown and blue wings"
text = np.repeat(artist.embed([my_caption]), 4, axis=0)
show_sheet([my_caption], [list(artist.draw(text, artist.noise(4), stage=1)[1])])

# %% [markdown]
# <details><summary>What we saw</summary>
#
# No: the heads are blue and the bellies red. Both colours of the sentence are there, each on the
# wrong part. (Noise of seed 0. Notebook 05 counts how often this happens.)
#
# </details>
#
# > **Note.** *Why not a diffusion model?* Most text-to-image models since 2021 are of that kind
# > (Ho et al., 2020). They play no game. One network learns to take a little noise out of a spoilt
# > picture, and a picture is drawn by starting from pure noise and doing this many times over, from
# > about twenty times to a thousand. Without a game, nothing can collapse as in section 2. But each
# > picture costs as many passes through the network, where a GAN needs one per stage. One pass is
# > why these birds can be drawn on two cores, or in a browser.
#
# ### Quiz D
#
# 1. The modern recipe draws better birds in these two rows. Is "modern is better" proved?
#
# <details><summary>Answer</summary>
#
# No. Pictures seen, widths and settings differ, and `birds` is an average of three moments of its
# training. Notebook 05 says how to compare.
#
# </details>
#
# 2. You ask for "a red bird" eight times and get eight good red birds, all in one pose and facing
#    the
#    same way. Which part of the input has lost its say?
#
# <details><summary>Answer</summary>
#
# The noise. The text is obeyed, and the poses have collapsed.
#
# </details>
#
# 3. Which of the birds above has the generator seen in training?
#
# <details><summary>Answer</summary>
#
# None of them, if it works as it should: it has seen photographs of the training classes and their
# captions. Notebook 05 looks for the nearest training photograph of a drawn bird.
#
# </details>
#
# ## Key points
#
# - Two networks teach each other: the generator learns from nothing but the gradient of the
#   discriminator's answer. On the ring, a generator that learned faster collapsed.
# - A condition is mu + sigma * epsilon: the chance is in epsilon, so gradients pass to the
#   sentence.
# - In every block of the generator the sentence scales and shifts each channel.
# - Of the three kinds of pair, a real picture with a wrong sentence makes the discriminator read.
# - An update differentiates two losses of one forward pass, each for its own player's weights.
#   Pictures are drawn with a running average of the generator's weights.
# - In a minute or two birds appear in the body colours of sentences with unseen pairs; body and
#   wings together are right less often (the cell says how often).
# - Signs of a sick training are in logits, diversity and pictures together, never in one loss
#   alone.
# - The library's StageGAN adds three large things: a projected discriminator, matching and
#   diversity. In our short trainings only the first, with all that hangs on it, made a clear
#   difference.
# - The weights trained on photographs draw real birds; how widths, steps and pictures compare is
#   printed beside them.
#
# ## References
#
# - Goodfellow et al. *Generative Adversarial Networks.* NeurIPS 2014.
#   <https://arxiv.org/abs/1406.2661>
# - Zhang, Xu, Li, Zhang, Wang, Huang, Metaxas. *StackGAN: Text to Photo-realistic Image Synthesis
#   with Stacked Generative Adversarial Networks.* ICCV 2017. <https://arxiv.org/abs/1612.03242>
# - Reed, Akata, Yan, Logeswaran, Schiele, Lee. *Generative Adversarial Text to Image Synthesis.*
#   ICML 2016 (matching-aware discriminator, mixed sentences). <https://arxiv.org/abs/1605.05396>
# - Kingma, Welling. *Auto-Encoding Variational Bayes.* 2013 (the reparameterisation trick).
#   <https://arxiv.org/abs/1312.6114>
# - Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter. *GANs Trained by a Two Time-Scale Update
#   Rule Converge to a Local Nash Equilibrium.* NeurIPS 2017. <https://arxiv.org/abs/1706.08500>
# - Odena, Dumoulin, Olah. *Deconvolution and Checkerboard Artifacts.* Distill, 2016.
#   <https://distill.pub/2016/deconv-checkerboard/>
# - Sauer, Chitta, Müller, Geiger. *Projected GANs Converge Faster.* NeurIPS 2021.
#   <https://arxiv.org/abs/2111.01007>
# - Tao, Tang, Wu, Jing, Bao, Xu. *DF-GAN.* CVPR 2022 (hinge loss, text in every block).
#   <https://arxiv.org/abs/2008.05865>
# - Zhang, Koh, Baldridge, Lee, Yang. *Cross-Modal Contrastive Learning for Text-to-Image
#   Generation.* CVPR 2021 (matching). <https://arxiv.org/abs/2101.04702>
# - Miyato, Koyama. *cGANs with Projection Discriminator.* ICLR 2018.
#   <https://arxiv.org/abs/1802.05637>
# - Ho, Jain, Abbeel. *Denoising Diffusion Probabilistic Models.* NeurIPS 2020.
#   <https://arxiv.org/abs/2006.11239>
# - Mao, Lee, Tseng, Ma, Yang. *Mode Seeking Generative Adversarial Networks.* CVPR 2019
#   (diversity). <https://arxiv.org/abs/1903.05628>
#
# **Next:** [04 Stage-II GAN](04_stage2_gan.ipynb), from 64 to 256 pixels.
