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
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_account/text-to-image-synthesizer/blob/v0.1.0/notebooks/solutions/03_stage1_gan.ipynb)

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
# What the exercises need: NumPy, and the generator whose shapes exercise 1 asks for.

# %%
import keras
import numpy as np

from t2i_utils.course import checks_03
from t2i_utils.stackgan.recipes import build_generator, make_config

config = make_config("modern", "smoke", stage=1, generator_width=16)
generator = build_generator(config, 512)

# %% [markdown]
# ## Exercise 1: shapes
#
# The blocks are asked for `(8 * width, 4 * width, 2 * width, width)` halved, and each doubles the
# sides first: 4 becomes 8.

# %%
width = config.generator_width
block_shapes = [(8, 8, 4 * width), (16, 16, 2 * width), (32, 32, width), (64, 64, width // 2)]
gates = [layer for layer in generator.layers if isinstance(layer, keras.layers.Multiply)]

assert checks_03.check_block_shapes(block_shapes, [gate.output.shape[1:] for gate in gates])

# %% [markdown]
# ## Exercise 2: the loss of the discriminator
#
# Cut each logit's term at 0, then take the mean, then weigh. The cut has to come first: a logit
# that is beyond its margin must not pay for one that is not.


# %%
def my_pair_loss(real, wrong, fake):
    """Hinge loss of the discriminator over three kinds of pair: one number."""
    real_term = np.maximum(0, 1 - real).mean()
    wrong_term = np.maximum(0, 1 + wrong).mean()
    fake_term = np.maximum(0, 1 + fake).mean()
    return real_term + 0.5 * wrong_term + 0.5 * fake_term


assert checks_03.check_pair_loss(my_pair_loss)

# %% [markdown]
# The library's version is `t2i_utils.stackgan.losses.discriminator_loss`, with the paper's
# cross-entropy beside it.
#
# ## Exercise 3: the contrastive loss
#
# The largest score of each row is taken away before the exponential, so that nothing overflows; it
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
# Dividing by the diversity of real pictures makes one threshold fit all data: toy birds on white
# and photographs differ by themselves.
#
# Back to [03 Stage-I GAN](../03_stage1_gan.ipynb), or on to
# [04 Stage-II GAN](../04_stage2_gan.ipynb).
