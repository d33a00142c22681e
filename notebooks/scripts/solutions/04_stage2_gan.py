# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 Stage-II GAN: solutions
#
# One good answer to each exercise of [04 Stage-II GAN](../04_stage2_gan.ipynb), with the reason.
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
# The exercises need Keras layers, TensorFlow's tape, NumPy and the checks.

# %%
import numpy as np
import tensorflow as tf
from keras import layers, ops

from t2i_utils.course import checks_04, checks_04_hold

# %% [markdown]
# ## Exercise 1: a residual block
#
# No ReLU stands directly before the addition: it would allow the block to add, but never to take
# away.


# %%
def my_residual_block(maps):
    """Two 3x3 convolutions whose result is added to the input."""
    channels = maps.shape[-1]
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(maps)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(layers.add([maps, x]))


assert checks_04.check_residual_block(my_residual_block)

# %% [markdown]
# The convolutions need no bias because BatchNorm adds one. The library's version is
# `t2i_utils.stackgan.layers.residual_block`.
#
# ## Exercise 2: the last layer
#
# The kernel starts with zeros, and so does the bias. So the first picture is the enlarged sketch.
# The gradient of a kernel of zeros is not zero, because it comes from the maps: the layer learns
# from the first step on.


# %%
def my_last_layer(maps, sketch):
    """The enlarged sketch plus a change that is read from the maps."""
    change = layers.Conv2D(12, 3, padding="same", kernel_initializer="zeros")(maps)
    enlarged = layers.UpSampling2D(4, interpolation="bilinear")(sketch)
    return layers.add([enlarged, ops.depth_to_space(change, 2)])


assert checks_04.check_last_layer(my_last_layer)

# %% [markdown]
# What does `depth_to_space` do? One place of four channels becomes 2 x 2 pixels of one channel:

# %%
print(np.asarray(ops.depth_to_space(np.array([1.0, 2, 3, 4]).reshape(1, 1, 1, 4), 2))[0, ..., 0])

# %% [markdown]
# ## Exercise 3: sketches from a frozen Stage I
#
# `training=False` keeps BatchNorm's running statistics where they are, and `stop_gradient` cuts the
# way back. Each forbids what the other allows, so both are needed.


# %%
def my_sketches(stage1, embeddings, noise, epsilon):
    """Stage I's pictures (batch, 64, 64, 3); nothing in Stage I moves, now or by a gradient."""
    pictures = stage1([embeddings, noise, epsilon], training=False)[0]
    return ops.stop_gradient(pictures)


assert checks_04.check_sketches(my_sketches)

# %% [markdown]
# ## Exercise 4: the training step
#
# `training=True` lets BatchNorm take the statistics of the batch, and learn its running ones.
# Everything that the loss depends on has to be computed inside the tape.


# %%
def my_lesson(generator, optimizer, inputs, originals):
    """Take one step towards the originals, and return the loss of before the step."""
    with tf.GradientTape() as tape:
        pictures = generator(inputs, training=True)[0]
        loss = ops.mean(ops.abs(pictures - originals))
    gradients = tape.gradient(loss, generator.trainable_variables)
    optimizer.apply(gradients, generator.trainable_variables)
    return loss


assert checks_04.check_lesson(my_lesson)

# %% [markdown]
# Why the absolute difference, and not its square? Suppose that a place is black in seven of ten
# pictures that look alike when they are shrunk, and white in three. The best answer by the absolute
# difference is the median, and by the square the mean:

# %%
place = np.array([0.0] * 7 + [1.0] * 3)
guesses = np.linspace(0, 1, 101)
for name, loss in (("absolute", np.abs), ("squared", np.square)):
    best = guesses[loss(place - guesses[:, None]).mean(axis=1).argmin()]
    print(f"{name:8} difference: the best guess is {best:.1f}")

# %% [markdown]
# The median is one of the two colours; the mean is a grey that no picture has. So the absolute
# difference keeps edges harder.
#
# ## Exercise 5: hold a picture near its sketch
#
# A small function for each thing that is done twice keeps the three steps readable. The missing
# part is measured on the picture that step 2 has made: what the bounds have cut away must not be
# counted again.


# %%
def my_hold(pictures, sketches):
    """Pictures that stay within the range of their sketches, and near them at 64 pixels."""

    def highest(maps):
        return ops.max_pool(maps, 3, strides=1, padding="same")

    def enlarge(maps):
        return ops.image.resize(maps, pictures.shape[1:3])

    upper = ops.minimum(highest(sketches) + 0.3, 1)
    lower = ops.maximum(-highest(-sketches) - 0.3, -1)
    held = ops.maximum(ops.minimum(pictures, enlarge(upper)), enlarge(lower))
    missing = sketches - ops.average_pool(held, 4, strides=4)
    return held + 0.5 * enlarge(missing)


assert checks_04_hold.check_hold(my_hold)

# %% [markdown]
# What does each step do? Take a dark sketch, and a picture that is a little too bright everywhere
# and has one white line. The bounds dim the line. The second step takes half of the other error
# away, which the bounds allow.

# %%
sketches = np.full((1, 16, 16, 3), -0.6, "float32")
pictures = np.full((1, 64, 64, 3), -0.5, "float32")
pictures[:, 30] = 1.0  # the line
held = np.asarray(my_hold(pictures, sketches))
for name, values in (("before", pictures), ("after", held)):
    print(f"{name:6} the line {values[0, 30, 32, 0]:+.2f}, far from it {values[0, 4, 4, 0]:+.2f}")

# %% [markdown]
# Back to [04 Stage-II GAN](../04_stage2_gan.ipynb), or on to
# [05 Evaluation and interpolation](../05_evaluation_and_interpolation.ipynb).
