# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 Stage-I GAN: solutions
#
# One good answer to each exercise of [03 Stage-I GAN](../03_stage1_gan.ipynb), with the reason.
# Yours may look different; the check decides.
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
# What the exercises need: layers and operations of Keras, and NumPy.

# %%
import numpy as np
from keras import layers, ops

from t2i_utils.course import checks_03
from t2i_utils.stackgan.layers import small_uniform

# %% [markdown]
# ## Exercise 1: the sentence turns the knobs
#
# The two new axes let one number per channel meet a whole map of pixels. `1 + scale` lets the maps
# pass as they are while the linear map still gives numbers near 0.


# %%
class MyModulatedBatchNorm(layers.Layer):
    """BatchNorm whose scale and shift come from a condition."""

    def build(self, shapes):
        maps, condition = shapes
        self.normalise = layers.BatchNormalization(momentum=0.9, center=False, scale=False)
        self.modulation = layers.Dense(2 * maps[-1], kernel_initializer=small_uniform())
        self.normalise.build(maps)
        self.modulation.build(condition)

    def call(self, inputs, training=None):
        maps, condition = inputs  # (batch, height, width, channels), (batch, size)
        numbers = self.modulation(condition)[:, None, None, :]  # (batch, 1, 1, 2 * channels)
        scale, shift = ops.split(numbers, 2, axis=-1)
        return self.normalise(maps, training=training) * (1 + scale) + shift


assert checks_03.check_modulation(MyModulatedBatchNorm)

# %% [markdown]
# ## Exercise 2: the loss of the discriminator
#
# Cut each logit's term at 0, then take the mean, then multiply by the weight. The cut has to come
# first: a logit that is beyond its margin must not pay for one that is not.


# %%
def my_pair_loss(real, wrong, fake):
    """Hinge loss of the discriminator over three kinds of pair: one number."""
    real_term = ops.mean(ops.relu(1 - real))
    wrong_term = ops.mean(ops.relu(1 + wrong))
    fake_term = ops.mean(ops.relu(1 + fake))
    return real_term + 0.5 * wrong_term + 0.5 * fake_term


assert checks_03.check_pair_loss(my_pair_loss)

# %% [markdown]
# The library's version is `t2i_utils.stackgan.losses.discriminator_loss`, with the paper's
# cross-entropy beside it.
#
# ## Exercise 3: the update
#
# Two losses, two lists of weights, two optimisers; nothing crosses over.


# %%
def my_update(tape, d_loss, g_loss, discriminator, generator, d_optimizer, g_optimizer):
    """Let each player take one step on its own loss; returns nothing."""
    d_gradients = tape.gradient(d_loss, discriminator.trainable_variables)
    g_gradients = tape.gradient(g_loss, generator.trainable_variables)
    d_optimizer.apply(d_gradients, discriminator.trainable_variables)
    g_optimizer.apply(g_gradients, generator.trainable_variables)


assert checks_03.check_update(my_update)

# %% [markdown]
# ## Exercise 4: a collapse alarm
#
# Count, and start again at 0 whenever a step is fine.


# %%
def my_alarm(diversity, diversity_real, share=0.25, patience=50):
    """The step at which the alarm rings, or -1."""
    in_a_row = 0
    for step, (drawn, real) in enumerate(zip(diversity, diversity_real, strict=True)):
        in_a_row = in_a_row + 1 if drawn < share * real else 0
        if in_a_row == patience:
            return step
    return -1


assert checks_03.check_collapse_alarm(my_alarm)

# %% [markdown]
# Dividing by the diversity of real pictures makes one threshold fit all data: toy birds before a
# plain ground and photographs differ by themselves.
#
# ## Exercise 5: the contrastive loss
#
# The largest score of each row is taken away before the exponential, so that nothing overflows. It
# cancels in the quotient.


# %%
def my_contrastive_loss(images, texts):
    """InfoNCE of pictures that choose their sentence: one number."""
    scores = images @ texts.T / 0.1  # (pictures, sentences)
    scores = scores - scores.max(axis=1, keepdims=True)
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    own = probabilities[np.arange(len(images)), np.arange(len(images))]
    return -np.log(own).mean()


assert checks_03.check_contrastive(my_contrastive_loss)

# %% [markdown]
# It is the cross-entropy of a classifier whose classes are the sentences of the batch.
#
# Back to [03 Stage-I GAN](../03_stage1_gan.ipynb), or on to
# [04 Stage-II GAN](../04_stage2_gan.ipynb).
