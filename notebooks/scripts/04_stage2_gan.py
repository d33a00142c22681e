# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 Stage-II GAN
#
# **Goal: write a network that turns a 64 pixel sketch into a picture of 256 pixels, train it for a
# moment, and measure what refinement can mend and what it cannot.**
#
# <!-- The Colab button comes here when the course has its address. -->
#
# **In this notebook you will**
#
# - measure what is gone when 256 pixels are shrunk to 64 and enlarged again
# - write Stage II in four pieces: encode, join, residual blocks, upsample and skip
# - test what a residual block keeps of a signal that passes through many of them
# - call Stage I so that nothing in it moves, and compare it bit for bit
# - see the two views by which a discriminator judges a large picture, and which notices blur
# - write the training step of a first lesson, in which the right answer is known
# - train your Stage II, and compare an eye, a wing and an outline, enlarged
# - compare what a longer lesson and a longer game add, on drawn birds and on real ones
# - write the layer that keeps a drawn picture near its sketch, and see what it holds back
# - test what Stage II does with its sentence: two sentences for one sketch
#
# | | |
# | --- | --- |
# | You need | notebook 03; no photographs |
# | Minutes | CPU: 2 to run, 90 to read and do. No GPU needed |
# | Memory | 4 GB |
# | Downloads | none |
#
# ![One yellow bird twice: the blurred sketch of 64 pixels, and the same bird at 256 pixels with an
# eye, a beak and wing feathers that have edges](../figures/04_whole.webp)
#
# *"a small yellow bird with a black crown", drawn by the weights `birds`. At the left is the sketch
# of 64 pixels, enlarged. At the right is what Stage II makes of it, at 256 pixels.*

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
# The imports are folded away. Open a cell if you want to see where a name comes from. `DATA`
# chooses toy birds or real ones to train on, as in notebook 01.

# %% jupyter={"source_hidden": true}
import itertools
import os
import textwrap
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from IPython.display import display
from keras import layers, ops
from PIL import Image, ImageFilter

DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"

# %% [markdown]
# From the library: the data, the GAN, and what shows pictures and checks exercises.

# %% jupyter={"source_hidden": true}
from t2i_utils import backend
from t2i_utils.course import checks_04, checks_04_hold
from t2i_utils.course.data import course_pack
from t2i_utils.course.scores import card_kid
from t2i_utils.course.show import LiveSheet, show_figure, show_rows
from t2i_utils.data import Batches
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.pictures import to_uint8
from t2i_utils.stackgan.augment import UNIFORMS, augment, augment_window
from t2i_utils.stackgan.layers import (
    BackProjection,
    ModulatedBatchNorm,
    residual_block,
    small_uniform,
)
from t2i_utils.stackgan.recipes import make_config, paper, register
from t2i_utils.stackgan.recipes.modern import ModernRecipe
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.stackgan.weights import load_weights
from t2i_utils.training.stopping import DeferredInterrupt

# %% [markdown]
# # Part A. A network that repaints
#
# ## 1. Why a second stage?
#
# What would Stage I have to do to draw 256 pixels by itself? It would need sixteen times the
# pixels, and everything at once: where the bird is, what colours it has, and every edge of every
# feather.
#
# **Predict:** how much of a picture of 256 pixels is lost when you shrink it to 64 pixels? We
# shrink pictures, enlarge them again (bilinear: each new pixel is a mean of its neighbours), and
# subtract. What is left over we call *detail*.

# %%
pack = course_pack(DATA)
train, test = (pack.indices("zero-shot", part) for part in ("train", "test"))
rows = np.random.default_rng(2).choice(train, 64, replace=False)
large = pack.images(256)[np.sort(rows)] / 127.5 - 1.0


def layout(images):
    """What is left of pictures (n, 256, 256, 3) when they are shrunk to 64 and enlarged again."""
    small = keras.ops.image.resize(images, (64, 64), antialias=True)
    return np.asarray(keras.ops.image.resize(small, (256, 256)))


detail = large - layout(large)
share = detail.var() / large.var()
print(f"{share:.1%} of the variance of real pictures is gone when they are shrunk and enlarged")

# %% [markdown]
# Here is what it looks like: the picture, what is left, and what is gone. In the last column grey
# means no difference.

# %%
columns = {
    "256 px": large,
    "shrunk and enlarged": layout(large),
    "what is gone, twice as strong": 2 * detail,
}
shown = {"first bird": [], "second bird": []}
for images in columns.values():
    for row, index in zip(shown.values(), (0, 1), strict=True):
        row.append(to_uint8(images[index]))
show_rows(shown, list(columns))

# %% [markdown]
# (A better way to enlarge brings a part of it back. Section 5 has two such rivals for you.)
#
# So the labour can be divided. Layout, pose and colour are in the small picture, and that is where
# the sentence is obeyed or not. The rest is outlines and feathers. StackGAN (section 3 of the
# paper) therefore trains one network for the sketch, and then a second one that corrects and
# completes it.
#
# ## 2. How is Stage II built?
#
# It takes the sketch, the sentence once more, and `epsilon`. It takes no new noise: what the
# sentence left open, the sketch has decided.
#
# ![The sketch is encoded from 64 to 16 pixels, joined with the condition, sent through four
# residual blocks, and upsampled with two skips to a change of 256 pixels, which is added to the
# enlarged sketch; the paper's body below has neither skips nor
# addition](../figures/diagrams/stage2.svg)
#
# *Notice the two short ways. Skips carry what was seen at 64 and 32 pixels past the narrow middle.
# The line at the top carries the sketch itself, so that only a change has to be learned.*
#
# We write it in four pieces. **First piece: encode.** Three convolutions look at the sketch, and
# the last two halve its sides. What was seen on the way is kept for later.

# %%
BATCH_NORM = {"momentum": 0.9, "epsilon": 1e-5}


def encode(sketch, width):
    """A sketch (batch, 64, 64, 3) to maps of 16 x 16, and what was seen at 64 and 32 pixels."""
    x, seen = sketch, []
    for channels, strides in ((2 * width, 1), (4 * width, 2), (8 * width, 2)):
        x = layers.Conv2D(channels, 3, strides=strides, padding="same", use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization(**BATCH_NORM)(x))
        seen.append(x)
    return x, seen[:2]


sketch, condition = keras.Input((64, 64, 3)), keras.Input((128,))
maps, skips = encode(sketch, width=16)
print("maps", maps.shape, " kept", *(skip.shape for skip in skips))

# %% [markdown]
# **Second piece: join.** The condition (notebook 03) is a vector without places. It is repeated at
# each of the 16 x 16 places, and a convolution mixes it with what was seen there.


# %%
def join(maps, condition):
    """Repeat the condition at every place of the maps, and mix it in."""
    height, width, channels = maps.shape[1:]
    tiled = layers.RepeatVector(height * width)(condition)
    tiled = layers.Reshape((height, width, condition.shape[-1]))(tiled)
    x = layers.Concatenate()([maps, tiled])
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(**BATCH_NORM)(x))


joined = join(maps, condition)
print("joined", joined.shape)

# %% [markdown]
# **Third piece: residual blocks.** Four blocks of two convolutions each work on the joined maps.
# Each computes a *change* $F(x)$ and adds it to what came in (He et al., 2016):
#
# $$y = \text{ReLU}\bigl(x + F(x)\bigr)$$
#
# Why add, when one could simply stack the convolutions? Here is a test of the mechanism. We send
# sketches through 1, 2, 4 and 8 untrained blocks, with the addition and without. Then we ask how
# much of the sketch is still there: a linear map, the best there is, tries to read the colours of
# each pixel back from the 32 channels at its place. **Predict:** which will lose the sketch first?


# %%
def plain_block(maps):
    """What a residual block would be without its addition."""
    x = maps
    for _ in range(2):
        x = layers.Conv2D(maps.shape[-1], 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    return x


def read_back(channels, wanted):
    """The best linear reading of `wanted` from channels at each place, and its R squared."""
    rows = channels.reshape(-1, channels.shape[-1])
    rows = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    target = wanted.reshape(-1, 3)
    found = rows @ np.linalg.lstsq(rows, target, rcond=None)[0]
    missing = ((found - target) ** 2).sum() / ((target - target.mean(axis=0)) ** 2).sum()
    return found.reshape(wanted.shape), 1 - missing


# %% [markdown]
# The sketches are of the kind that Stage II works on: birds, drawn by the shipped weights `birds`.
# The score is $R^2$. It is 1 when all colours are read back, and 0 when the map does no better than
# one mean colour for all places.

# %%
REAL = [
    "a bright red bird with black wings and a short beak",
    "a small yellow bird with a black crown",
    "a blue bird with a white belly",
    "a brown bird with a speckled breast and a long beak",
]
artist = Synthesizer("birds")
real_texts, real_noise = artist.embed(REAL), artist.noise(len(REAL), seed=4)
real_birds = artist.draw(real_texts, real_noise, stage=2)
real_sketches = (real_birds[1] / 127.5 - 1).astype("float32")

# %% [markdown]
# Both kinds of block get the same start: a random convolution from 3 to 32 channels.

# %%
DEPTHS, shown = (1, 2, 4, 8), {}
for name, block in {"with the addition": residual_block, "without it": plain_block}.items():
    keras.utils.set_random_seed(0)
    x, outputs = layers.Conv2D(32, 3, padding="same")(sketch), []
    for _ in range(max(DEPTHS)):
        x = block(x)
        outputs.append(x)
    seen = keras.Model(sketch, outputs)(real_sketches, training=True)
    found = [read_back(np.asarray(seen[depth - 1]), real_sketches) for depth in DEPTHS]
    shown[name] = [to_uint8(pictures)[0] for pictures, _ in found]
    print(f"{name:18} R² after {DEPTHS} blocks:", *(f"{share:.2f}" for _, share in found))

# %% [markdown]
# And what that reading looks like, for the first bird:

# %%
show_rows(shown, [f"{depth} block{'s' * (depth > 1)}" for depth in DEPTHS])

# %% [markdown]
# Random weights blur and mix in both rows, so both lose something. Compare the two rows of numbers
# above. In a residual block the input itself is a part of the sum. So even if $F$ makes nothing
# useful of it, the sketch has a direct way through. (Gradients have the same way back, which is why
# deep stacks of such blocks can be trained: He et al., 2016. Four blocks might do without it.)
#
# ### Exercise 1: a residual block
#
# Write it with Keras layers: a 3x3 convolution (same padding, no bias), BatchNorm, ReLU; another
# 3x3 convolution and BatchNorm; add the input; ReLU. As many channels come out as went in. Your
# Stage II will be built from it.


# %%
def my_residual_block(maps):
    """Two 3x3 convolutions whose result is added to the input."""
    return ...


passed = checks_04.check_residual_block(my_residual_block)
block = my_residual_block if passed else residual_block
thought = joined
for _ in range(4):
    thought = block(thought)
print("after four blocks", thought.shape)

# %% [markdown]
# The library's block serves until yours is right, so you can read on and come back.
# [One solution](solutions/04_stage2_gan.ipynb).
#
# **Fourth piece: upsample and skip.** Each step doubles the sides, and lets the sentence turn its
# knobs (`ModulatedBatchNorm`, which you wrote in notebook 03). Then a gate takes the place of a
# ReLU: the channels are cut into two halves $a$ and $b$, and $b$ decides how much of $a$ passes.
#
# $$y = a \cdot \mathrm{sigmoid}(b)$$
#
# A ReLU passes or blocks a number by its own sign. Here other channels open and close the door, and
# they may open it half. (This is the *gated linear unit* of Dauphin et al., 2017.) At the end the
# skip of the same size is put beside the result.


# %%
def upsample(maps, condition, channels, skip=None):
    """Double the sides, listen to the sentence, gate, and put a skip beside the result."""
    x = layers.UpSampling2D(2)(maps)
    small = small_uniform()
    x = layers.Conv2D(2 * channels, 3, padding="same", use_bias=False, kernel_initializer=small)(x)
    x = ModulatedBatchNorm()([x, condition])
    value, gate = x[..., :channels], x[..., channels:]
    x = layers.multiply([value, ops.sigmoid(gate)])
    return x if skip is None else layers.Concatenate()([x, skip])


up = upsample(thought, condition, 64, skips[1])
print("32 px ", up.shape)
up = upsample(up, condition, 32, skips[0])
print("64 px ", up.shape)
up = upsample(up, condition, 16)
print("128 px", up.shape)

# %% [markdown]
# ### Exercise 2: the last layer
#
# `maps` are (batch, 128, 128, channels), `sketch` is (batch, 64, 64, 3), and a picture (batch, 256,
# 256, 3) is wanted.
#
# 1. A 3x3 convolution (same padding) gives 12 channels. Its kernel starts with *zeros*.
# 2. `ops.depth_to_space(x, 2)` lays the 12 channels of each place out as 2 x 2 pixels of three
#    colours. This is the change.
# 3. Enlarge the sketch four times, with bilinear interpolation: `layers.UpSampling2D`.
# 4. Return their sum. (No tanh: pictures are clipped where they are shown.)


# %%
def my_last_layer(maps, sketch):
    """The enlarged sketch plus a change that is read from the maps."""
    return ...


passed = checks_04.check_last_layer(my_last_layer)
last_layer = my_last_layer if passed else checks_04.ready_last_layer

# %% [markdown]
# [One solution](solutions/04_stage2_gan.ipynb).
#
# The four pieces make a Stage II. The library calls such a body a part of a *recipe*. To train
# yours with the library's discriminator and losses, replace that one part:


# %%
class HandRecipe(ModernRecipe):
    """The modern recipe with the Stage II of this notebook."""

    name = "by-hand"

    def stage2_body(self, small, condition, width):
        x, (seen_64, seen_32) = encode(small, width)
        x = join(x, condition)
        for _ in range(4):
            x = block(x)
        x = upsample(x, condition, 4 * width, seen_32)
        x = upsample(x, condition, 2 * width, seen_64)
        return last_layer(upsample(x, condition, width), small)


register(HandRecipe())

# %% [markdown]
# Beside it, the body of the paper (`recipes/paper.py`). Each line is a convolution, or several that
# write maps of the same form: the sides of the maps, and their channels. **Predict:** what does the
# paper's body do at 256 pixels that ours avoids?


# %%
def convolutions_of(body, width):
    """What each convolution of a body writes: 'sides x sides, channels (how many of them)'."""
    made = keras.Model([sketch, condition], body(sketch, condition, width)).layers
    shapes = [x.output.shape[1:] for x in made if isinstance(x, layers.Conv2D)]
    runs = [(shape, len([*same])) for shape, same in itertools.groupby(shapes)]
    return pd.Series([
        f"{side} x {side}, {channels}" + f" ({count} of them)" * (count > 1)
        for (side, _, channels), count in runs
    ])  # fmt: skip


bodies = {
    "yours, width 16": (HandRecipe().stage2_body, 16),
    "the paper's, width 128": (paper.stage2_body, 128),
}
pd.DataFrame({name: convolutions_of(*value) for name, value in bodies.items()}).fillna("")

# %% [markdown]
# The paper's body has the same four parts, without the two short ways. It has no skips, so
# everything passes through 16 x 16 places. It adds nothing to the sketch, so it must redraw all of
# it. And it upsamples a fourth time: its last two lines are convolutions at 256 pixels. Your last
# one writes 12 channels at 128 pixels, and `depth_to_space` lays them out.

# %% [markdown]
# Now a GAN around your body, in width 8, and some sketches to work on: four sentences, drawn by the
# shipped Stage I. "smoke" is the library's smallest preset: it has the settings of a first try. The
# game below is short, so the averaged generator (notebook 03) looks back over about twenty steps.
# The cell also counts parameters. Is your Stage II as large as the library's?

# %%
settings = {"generator_width": 8, "batch_size": 8, "average_decay": 0.95}
config = make_config("by-hand", "smoke", stage=2, **settings)
shipped = load_weights({"toy": "toy", "cub": "birds"}[DATA])
frozen = shipped.generators[1]
gan = StageGAN(config, pack.width, stage1=frozen, seed=0)
library = make_config("modern", "smoke", stage=2, generator_width=8)
library_generator = ModernRecipe().build_generator(library, pack.width)
fresh = [backend.to_numpy(variable).copy() for variable in gan.state_variables]
print(f"parameters: yours {gan.generator.count_params():,}, "
      f"the library's {library_generator.count_params():,}")  # fmt: skip

# %% [markdown]
# The sentences:

# %%
captions = {
    "toy": [
        "this bird has red wings, a red belly and a black crown",
        "a bird with a blue crown, blue wings and a yellow belly",
        "this bird has white wings, a white belly and a green back",
        "a bird with a brown back, orange wings and a grey belly",
    ],
    "cub": REAL,
}[DATA]
draw = Synthesizer(shipped)
embeddings, noise = draw.embed(captions), draw.noise(len(captions), seed=4)

# %% [markdown]
# Its last convolution starts with zeros. **Predict:** what does an untrained Stage II draw?

# %%
no_epsilon = np.zeros((len(captions), config.condition_size), "float32")
sketches = np.asarray(frozen.predict_on_batch([embeddings, noise, no_epsilon])[0])
untrained = np.asarray(gan.generator.predict_on_batch([sketches, embeddings, no_epsilon])[0])
enlarged = np.asarray(layers.UpSampling2D(4, interpolation="bilinear")(sketches))
print("largest difference to the enlarged sketch:", np.abs(untrained - enlarged).max())

# %% [markdown]
# It draws the enlarged sketch. So training starts from something useful. **Think:** which weights
# can move in the very first step? Only those of the last convolution. Its zero kernel passes no
# gradient back to the layers before it. After one step the kernel is no longer zero, and the rest
# begins to learn.
#
# ### Quiz A
#
# Answer each question before you open it.
#
# 1. Why does Stage II get the sentence again, although the sketch was drawn from it?
#
# <details><summary>Answer</summary>
#
# The sketch may have lost some of it: words about fine texture ask for more than 64 pixels show.
# Section 8 tests how much of a picture the sentence still decides.
#
# </details>
#
# 2. Why is the last convolution at 128 pixels, and not at 256?
#
# <details><summary>Answer</summary>
#
# It is cheaper. `depth_to_space` lays twelve channels of one place out as four pixels of three
# colours, so no convolution has to run at 256 pixels.
#
# </details>
#
# 3. The skips carry what was seen at 64 and 32 pixels. What would be lost without them?
#
# <details><summary>Answer</summary>
#
# Exact places. One place of the 16 x 16 map covers 16 x 16 pixels of the final picture. Without
# skips, the channels of that place alone would have to say where in it an edge lies.
#
# </details>

# %% [markdown]
# # Part B. Training it
#
# ## 3. What does "frozen" take?
#
# Stage II learns from sketches, so Stage I must not change meanwhile. Is it enough to give its
# weights to no optimiser?

# %%
known = {id(v) for v in gan.generator.trainable_variables + gan.discriminator.trainable_variables}
print("Stage I's weights that an optimiser knows:", sum(id(v) in known for v in frozen.variables))

# %% [markdown]
# No optimiser knows Stage I. Now we call a copy of it once, as one calls a network that is being
# trained, and compare all its arrays with what they were. **Predict:** how many arrays does one
# careless call change?

# %%
arrays = [array.copy() for array in frozen.get_weights()]
careless = load_weights(shipped.folder, stages=(1,)).generators[1]
careless([embeddings, noise, no_epsilon], training=True)
moved = [
    v.path.split("/")[-1]
    for v, old in zip(careless.variables, arrays, strict=True)
    if not np.array_equal(v.numpy(), old)
]
print(f"one careless call moved {len(moved)} of {len(arrays)} arrays:", sorted(set(moved)))

# %% [markdown]
# No gradient and no optimiser, and yet it moved: these are the running statistics of BatchNorm. So
# "frozen" needs two things, and the second is easily forgotten.
#
# 1. **No gradient.** `ops.stop_gradient(x)` passes `x` on, and no gradient back. Then Stage I does
#    not move even if an optimiser should get hold of its weights by mistake.
# 2. **Inference mode.** With `training=False`, BatchNorm uses its running statistics and leaves
#    them as they are.
#
# ### Exercise 3: sketches from a frozen Stage I
#
# Write the function that feeds your Stage II in the game of section 5. `stage1` is a Keras model.
# Call it with the list `[embeddings, noise, epsilon]`. It returns three things; the sketches are
# the first. Both rules must hold.


# %%
def my_sketches(stage1, embeddings, noise, epsilon):
    """Stage I's pictures (batch, 64, 64, 3); nothing in Stage I moves, now or by a gradient."""
    return ...


passed = checks_04.check_sketches(my_sketches)
sketches_by = my_sketches if passed else checks_04.ready_sketches

# %% [markdown]
# [One solution](solutions/04_stage2_gan.ipynb).
#
# The game below draws its sketches with this function: what the library's GAN gives to Stage II is
# replaced by our own.


# %%
def inputs_of_stage2(embeddings, batch):
    """What the game gives to Stage II: sketches, sentences and epsilon."""
    small = sketches_by(gan.stage1, embeddings, batch["noise"], batch["stage1_epsilon"])
    return [small, embeddings, batch["epsilon"]]


gan.generator_inputs = inputs_of_stage2

# %% [markdown]
# ## 4. How do you judge a large picture?
#
# The discriminator looks through a frozen ImageNet network at pictures of one size (notebook 03).
# Here that is 64 pixels. But shrinking hides just what Stage II should learn. So the discriminator
# gets two views of each picture, real or generated: the *whole*, shrunk, and a *window* of the same
# size at full resolution.

# %%
uniforms = np.random.default_rng(1).random((64, UNIFORMS)).astype("float32")
settings = {"uniforms": uniforms, "hidden": config.hidden_square}
size, pictures = config.feature_size, large.astype("float32")
views = {
    f"the picture, {large.shape[1]} px": large,
    f"the whole, shrunk to {size} px": augment(pictures, size, **settings),
    f"a window of {size} px": augment_window(pictures, size, **settings),
}
shown = {
    name: [to_uint8(backend.to_numpy(images)[index]) for images in views.values()]
    for index, name in enumerate(("first bird", "second bird"))
}
show_rows(shown, list(views))

# %% [markdown]
# Place, brightness and contrast change in each step, and a grey square hides a quarter of the view.
# They change alike for real and generated pictures. This makes it harder for the discriminator to
# learn the real ones by heart.
#
# How do two views become one answer? The frozen network makes four maps of each view, from fine to
# coarse. On each of the eight maps sits a small head. At each of its places it gives one logit, and
# in it the sentence has a say: the window is read with the sentence, too. The losses of notebook 03
# are means over all these logits, so both views count the same.
#
# Which view notices blur? We blur real pictures as in section 1. Then we measure how far that moves
# them in the frozen maps, and divide by the distance to another real picture. 1 would mean: as far
# off as another bird. **Predict** both numbers.


# %%
def seen_maps(images):
    """The frozen maps of pictures: four of the whole, then four of a window in the middle."""
    return [np.asarray(maps) for maps in gan.discriminator.features(images.astype("float32"))]


clear, blurred = seen_maps(large), seen_maps(layout(large))
logits = gan.discriminator.head([x[:1] for x in clear] + [embeddings[:1, None]])
print(f"sides of the maps {[x.shape[1] for x in clear]}, logits of a picture {logits.shape[1]}")
for name, maps in {"whole": slice(0, 4), "window": slice(4, 8)}.items():
    moved = [
        np.linalg.norm(real - soft) / np.linalg.norm(real - np.roll(real, 1, axis=0))
        for real, soft in zip(clear[maps], blurred[maps], strict=True)
    ]
    print(f"{name:6} blur moves it {np.mean(moved):.2f} times as far as to another real picture")

# %% [markdown]
# <details><summary>What we saw</summary>
#
# Blur moved the whole by 0.24 of the distance to another picture, and the window by 0.61. The whole
# is shrunk to 64 pixels before the network sees it, and a blurred picture looks much like a sharp
# one then. (64 toy birds; nothing here is drawn by chance.)
#
# </details>
#
# The pairs and the losses are those of notebook 03.
#
# ## 5. Train, and watch
#
# Stage I is the shipped one. Stage II is yours, and starts from nothing, that is, from enlarged
# sketches. It gets two lessons.
#
# ### The first lesson: the answer is known
#
# A sketch of Stage I has no right answer: nobody knows the picture behind it. But shrink a *real*
# picture to 64 pixels, and the answer is the picture itself. So Stage II can practise on real
# pictures first, without any discriminator. The loss is the mean absolute difference of pixels
# between the restored picture $\hat x$ and the original $x$, over all $n$ numbers of a batch:
#
# $$L = \frac1n \sum_i \lvert \hat x_i - x_i \rvert$$
#
# To be off by twice as much costs twice as much. SRGAN (Ledig et al., 2017) starts its generator in
# a similar way, with the squares of the differences.
#
# ### Exercise 4: the training step
#
# `inputs` are the sketches, the sentences and `epsilon`; `originals` are the pictures (batch, 256,
# 256, 3) that should come out.
#
# 1. Open a `tf.GradientTape` (notebook 03), and call the generator with `training=True`. It returns
#    three things; the pictures are the first.
# 2. The loss is the mean absolute difference between its pictures and the originals: `ops.mean`,
#    `ops.abs`.
# 3. Take the gradients of the loss for the generator's trainable variables, apply them with the
#    optimiser, and return the loss.


# %%
def my_lesson(generator, optimizer, inputs, originals):
    """Take one step towards the originals, and return the loss of before the step."""
    return ...


passed = checks_04.check_lesson(my_lesson)
lesson = my_lesson if passed else checks_04.ready_lesson

# %% [markdown]
# [One solution](solutions/04_stage2_gan.ipynb).
#
# The lessons come from the training pictures, eight at a time.

# %%
batches = Batches(
    pack,
    train,
    batch_size=config.batch_size,
    image_size=256,
    num_distractors=config.num_distractors,
    whitening=shipped.whitening,
)


def lesson_of(images, texts):
    """Real pictures (n, 256, 256, 3) in [-1, 1] as ([sketches, sentences, epsilon], originals)."""
    small = np.asarray(keras.ops.image.resize(images, (64, 64), antialias=True))
    epsilon = np.zeros((len(images), config.condition_size), "float32")
    return [small, texts, epsilon], images.astype("float32")


# %% [markdown]
# `refine` shows what a Stage II makes of the four sketches, and `restore` takes the whole GAN back
# to an earlier moment, so that each lesson starts from the same place however often you run it.


# %%
def restore(values):
    """Give every variable of the GAN its earlier value: weights, averages and optimisers."""
    for variable, value in zip(gan.state_variables, values, strict=True):
        variable.assign(value)


def refine(generator, sketches=sketches, embeddings=embeddings):
    """What a Stage II makes of sketches and their sentences: uint8 (n, 256, 256, 3)."""
    epsilon = np.zeros((len(sketches), config.condition_size), "float32")
    return to_uint8(generator.predict_on_batch([sketches, embeddings, epsilon])[0])


# %% [markdown]
# We watch three places of the first bird, at four times their size. **Predict:** what can a
# hundred steps of 8 pictures change, sharpness or colour?

# %%
SIDE = 64  # of a crop, in pixels; shown four times as large
CORNERS = {  # left and top
    "toy": {"eye": (156, 30), "wing": (104, 96), "outline": (20, 150)},
    "cub": {"eye": (170, 4), "wing": (64, 112), "outline": (190, 90)},
}[DATA]


def crops(picture):
    """The three places of a picture (256, 256, 3)."""
    places = CORNERS.values()
    return [picture[top : top + SIDE, left : left + SIDE] for left, top in places]


# %% [markdown]
# Now the hundred lessons. Each one shrinks eight training pictures, lets Stage II restore them, and
# corrects its weights a little. (Compiling the first step takes a while.)

# %%
LESSONS, errors = 100, []
restore(fresh)
optimizer = keras.optimizers.Adam(3e-3)
optimizer.build(gan.generator.trainable_variables)
teach = tf.function(lambda inputs, originals: lesson(gan.generator, optimizer, inputs, originals))
sheet, began = LiveSheet(list(CORNERS), size=4 * SIDE), time.time()
with DeferredInterrupt(print) as stop:
    for step in range(LESSONS):
        batch = batches.at(step)
        task = lesson_of(batch["images"] / 127.5 - 1, batch["embeddings"])
        errors.append(float(teach(*task)))
        if (step + 1) % 20 == 0 or stop.requested:
            taught = refine(gan.generator)
            line = f"lesson {step + 1} of {LESSONS}, {time.time() - began:.0f} seconds"
            sheet.show(crops(taught[0]), line)
        if stop.requested:
            break
gan.averaged.set_weights(gan.generator.get_weights())
after_lesson = [backend.to_numpy(variable).copy() for variable in gan.state_variables]

# %% [markdown]
# How far off are its pixels, at the beginning and at the end?

# %%
print(f"pixels are off by {np.mean(errors[:5]) / 2:.1%} of their range in the first five steps, "
      f"by {np.mean(errors[-5:]) / 2:.1%} in the last five")  # fmt: skip

# %% [markdown]
# Where do you see it most, in the eye, the wing or the outline? (We see it in the eye: its ring has
# become a line.) Edges can be guessed from 64
# pixels: a soft step between two colours was a hard one. What the 64 pixels no longer show, such as
# single feathers, nobody can guess. Where several answers are possible, the smallest mean
# difference is in their middle, and the middle of several feathers is a blur.
#
# Was it only learned by heart? We take birds of *unseen* classes. You have to beat three rivals
# that have learned nothing. The first is the enlarged sketch. The second enlarges better, by the
# *Lanczos* filter of a photo editor. The third sharpens that: each pixel is moved away from the
# mean of its surroundings. To be generous, we give it the best of four strengths for these very
# pictures.
# **Predict** the order of the four.

# %%
some = np.sort(np.random.default_rng(4).choice(test, 24, replace=False))
originals = pack.images(256)[some]
texts = draw.embed([pack.captions[row][0] for row in some])
tasks = lesson_of(originals / 127.5 - 1, texts)[0][0]
plainly = to_uint8(np.asarray(layers.UpSampling2D(4, interpolation="bilinear")(tasks)))


def off_by(pictures):
    """How far pictures are from the originals: a mean over pixels, as a share of their range."""
    return np.abs(pictures / 255 - originals / 255).mean()


def sharpen(pictures, strength):
    """Pictures sharpened by a fixed filter ("unsharp mask"), strength in per cent."""
    mask = ImageFilter.UnsharpMask(radius=2, percent=strength, threshold=0)
    return np.stack([np.asarray(Image.fromarray(picture).filter(mask)) for picture in pictures])


# %% [markdown]
# The four, by one measure. And bird by bird: on how many is yours the nearer one?

# %%
LANCZOS = Image.Resampling.LANCZOS
small = [Image.fromarray(picture) for picture in to_uint8(tasks)]
lanczos = np.stack([np.asarray(picture.resize((256, 256), LANCZOS)) for picture in small])
filtered = min((sharpen(lanczos, strength) for strength in (25, 50, 100, 150)), key=off_by)
learned = refine(gan.generator, tasks, texts)
rivals = {"enlarged": plainly, "Lanczos": lanczos, "Lanczos, filter": filtered, "yours": learned}
each = {n: np.abs(p / 255 - originals / 255).mean(axis=(1, 2, 3)) for n, p in rivals.items()}
for name, errors_of in each.items():
    gain = errors_of - each["yours"]
    print(f"{name:15} off by {errors_of.mean():.2%}", end="")
    print(f", yours is nearer on {(gain > 0).mean():.0%} of the birds" if name != "yours" else "")
gain = each["Lanczos, filter"] - each["yours"]
print(f"gain over the last rival: {gain.mean():.2%} ± {gain.std(ddof=1) / len(gain) ** 0.5:.2%}")

# %% [markdown]
# <details><summary>What we saw</summary>
#
# The enlarged sketch was off by 2.06 %, Lanczos by 1.73 %, and Lanczos with the filter by 1.58 %.
# Our network was off by 1.53 to 1.55 %. It was ahead of the filter by 0.03 to 0.05 points, with an
# error of 0.02. So a good fixed rule comes close to what a hundred lessons teach. (100 lessons,
# width 8, seed 0, three runs.)
#
# </details>
#
# Lanczos, the filter and your network all make edges steeper. The filter follows one fixed rule,
# and your network has learned its own from pictures of such birds.
#
# A mean over pixels hides where the gain is. So we look at the bird that your network changed most,
# and at the three places where it changed most. `most_changed` finds them, and frames in the whole
# picture show where they are.


# %%
def most_changed(before, after, count=3):
    """Corners (left, top) of the windows that changed most; they do not overlap."""
    change, steps = np.abs(after.astype(float) - before).mean(axis=-1), range(0, 257 - SIDE, 8)
    by_place = {
        (left, top): change[top : top + SIDE, left : left + SIDE].mean()
        for left in steps
        for top in steps
    }
    chosen = []
    for left, top in sorted(by_place, key=by_place.get, reverse=True):
        if all(max(abs(left - x), abs(top - y)) >= SIDE for x, y in chosen):
            chosen.append((left, top))
    return chosen[:count]


# %% [markdown]
# The whole picture with its frames, and the places enlarged:


# %%
def closer(picture, corners):
    """A picture (256, 256, 3) with frames around windows, and the windows themselves."""
    framed = picture.copy()
    for left, top in corners:
        window = framed[top : top + SIDE, left : left + SIDE]
        inside = window[4:-4, 4:-4].copy()
        window[:] = (224, 122, 63)  # orange
        window[4:-4, 4:-4] = inside
    return [framed] + [picture[top : top + SIDE, left : left + SIDE] for left, top in corners]


which = int(np.abs(learned.astype(float) - plainly).mean(axis=(1, 2, 3)).argmax())
places = most_changed(plainly[which], learned[which])
rows_of = rivals | {"original": originals}
del rows_of["Lanczos"]
show_rows({name: closer(pictures[which], places) for name, pictures in rows_of.items()})

# %% [markdown]
# ### The second lesson: the game
#
# Now the discriminator enters. It does not ask whether a pixel is where it was, but whether the
# picture looks real. And Stage II no longer gets shrunk pictures. It gets what it is made for: the
# sketches that Stage I draws. The loop is that of notebook 03; stop it whenever you like.
#
# Forty steps are no training: the shipped Stage II for toy birds had 400 of 16 pictures, that for
# photographs 30,300 of 32. We run them to see that the parts fit, and check three things. Do both
# players change? Does Stage I stay? And does the discriminator begin to tell the pairs apart?
# **Predict:** will you see a difference in the pictures at all?
#
# (The first cell goes back to the end of the first lesson. If you run it again, the game starts
# anew.)

# %%
STEPS, history = 40, []
restore(after_lesson)
frames = {0: refine(gan.drawing_generator)}

# %% [markdown]
# Each step is one update of both players, with eight training pictures and eight new sketches. The
# averaged generator begins with the weights of the first lesson: `trained_before=True` tells the
# library to count them in. (Without it, the first updates would forget them.)

# %%
sheet, began = LiveSheet(list(CORNERS), size=4 * SIDE), time.time()
with DeferredInterrupt(print) as stop:
    for step in range(len(history), STEPS):
        draws = gan.draw_noise(np.random.default_rng([0, step]), config.batch_size)
        history.append(gan.update(batches.at(step) | draws, step, trained_before=True))
        if (step + 1) % 20 == 0 or stop.requested:
            frames[step + 1] = refine(gan.drawing_generator)
            line = f"step {step + 1} of {STEPS}, {time.time() - began:.0f} seconds"
            sheet.show(crops(frames[step + 1][0]), line)
        if stop.requested:
            print("Stopped by hand; run the cell again to go on.")
            break

# %% [markdown]
# What does the discriminator say? `d_real` is its mean logit for a real picture with its own
# sentence, `d_wrong` for one with the sentence of another class, `d_fake` for what Stage II draws.

# %%
figure, axis = plt.subplots(figsize=(8, 2.8))
for name in ("d_real", "d_wrong", "d_fake"):
    axis.plot(range(1, len(history) + 1), [float(step[name]) for step in history], label=name)
axis.set(title="The discriminator's answers", xlabel="step", ylabel="mean logit")
axis.legend()
show_figure(figure, "three curves over the steps of the game: d_real, d_wrong and d_fake")

# %% [markdown]
# Do the three curves part, or cross? And who has moved? All arrays, compared bit for bit with those
# of before the game, and Stage I's with those of before both lessons:

# %%
was = {id(variable): old for variable, old in zip(gan.state_variables, after_lesson, strict=True)}
for name, player in {"Stage II": gan.generator, "the discriminator": gan.discriminator}.items():
    moved = [not np.array_equal(v.numpy(), was[id(v)]) for v in player.trainable_variables]
    print(f"{name}: {sum(moved)} of {len(moved)} trainable arrays have moved")
moved = [not np.array_equal(*pair) for pair in zip(arrays, frozen.get_weights(), strict=True)]
print(f"Stage I: {sum(moved)} of {len(moved)} arrays have moved")

# %% [markdown]
# <details><summary>What we saw</summary>
#
# The curves crossed to the end: after forty steps of eight pictures the discriminator could not yet
# tell the three pairs apart. But both players had moved in all their arrays, and Stage I in none.
# (Seed 0.)
#
# </details>
#
# The sketch, your Stage II after each lesson, and the shipped one. The shipped one has the form of
# yours, was trained by the game only, without the first lesson, and ends with a layer that has no
# weights (section 7 shows what that does).

# %%
shipped_pictures = draw.draw(embeddings, noise, stage=2)[2]
stages = {
    "sketch": to_uint8(untrained),
    "first lesson": frames[0],
    "then the game": frames[max(frames)],
    "shipped": shipped_pictures,
}
show_rows({name: crops(images[0]) for name, images in stages.items()}, list(CORNERS), width=8)

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Four rows of an eye, a wing and an outline: blurred in the sketch, with sharper edges after the
# first lesson, a little softer after the game, and with feathers in the shipped Stage
# II](../figures/04_crops.webp)
#
# *Yours: 100 lessons and 40 steps of the game, of 8 toy birds each, width 8, seed 0, two cores
# without a GPU.*
#
# </details>
#
# The first lesson made the large step, from blur to edges. Forty steps of the game took a part of
# it back: the edges are softer again. (A discriminator that cannot yet tell the pairs apart gives a
# gradient that says little, and Stage II follows it all the same.) So what does a longer game do?
# And would a longer *lesson* not do the same? We have tried both beforehand, from the end of the
# first lesson on, with 16 pictures in each step: 100 steps of the game, and 400 more steps of the
# lesson alone. The shipped Stage II beside them had 400 steps of the game.
#
# ![Above, an eye, a wing and an outline in five columns: after the first lesson, after 50 and 100
# steps of the game, after 400 more steps of the lesson alone, and of the shipped Stage II, the only
# one with lines of feathers in the wing. Below, two plots: the discriminator's answers, in which
# d_fake falls below the other two, and KID over the steps of the game](../figures/04_longer.webp)
#
# *Toy birds, width 8, seed 0. Made by `python tools/second_stage_figure.py`. The curves are means
# over twenty steps. KID is a distance to real pictures (section 6).*
#
# Compare the wings. 400 more lessons made the edges of the eye and the wing steeper, and drew no
# feather that was not there. Only the shipped Stage II has feathers. In the left plot the
# discriminator soon tells drawn pictures from real ones. In these 100 steps it does not yet tell a
# right sentence from a wrong one.
#
# Two numbers for the networks of this page. How far have they moved pixels from the enlarged
# sketch? And how far from the originals are the unseen birds from above?

# %%
artists = {"first lesson": None, "then the game": gan.drawing_generator,
           "shipped": shipped.generators[2]}  # fmt: skip
lines = {"sketch": ("", f"{off_by(plainly):.2%}")}
for name, generator in artists.items():
    change = np.abs(stages[name] / 127.5 - 1 - enlarged.clip(-1, 1)).mean() / 2
    restored = learned if generator is None else refine(generator, tasks, texts)
    lines[name] = f"{change:.1%}", f"{off_by(restored):.2%}"
table = pd.DataFrame(lines, index=["moved by", "off the original"])
display(table.T)

# %% [markdown]
# The last column is the measure of the first lesson, so the first lesson should win it. Is the
# picture that is nearest to its original also the one that you like best? The shipped Stage II was
# never asked where a pixel belongs. It was asked for feathers that look real, and feathers in the
# wrong place cost more in this column than none at all. The two wishes, near to the truth and
# real to the eye, pull apart in general (Blau and Michaeli, 2018). StackGAN has to choose the
# second, since a sketch has no original.
#
# Look for faults as well. There are rows of dots on the belly that belong to no feather, and
# stripes along the edge of the picture. In our run the shipped row also had thin hatching in the
# dark crown and along the tail, two pixels from line to line. That is the mark of `depth_to_space`:
# neighbouring pixels come from different channels, and the network has to learn that they belong
# together. (It is the checkerboard of notebook 03 in another coat. Aitken et al., 2017, start such
# channels alike.)

# %% [markdown]
# ### Quiz B
#
# 1. Someone freezes Stage I by `stage1.trainable = False` and calls it with `training=True`. Does
#    it move?
#
# <details><summary>Answer</summary>
#
# In Keras, no: a BatchNorm layer that is not trainable runs in inference mode. In other libraries,
# and with layers of your own, it may. Compare the arrays.
#
# </details>
#
# 2. Why does the discriminator not simply get a larger picture?
#
# <details><summary>Answer</summary>
#
# It costs too much. A picture with twice the side has four times the pixels, and a convolution
# works at every pixel. A window shows the same detail in fewer pixels. The price is that the
# discriminator sees only part of the bird at full resolution.
#
# </details>
#
# 3. The untrained Stage II already shows a bird. Why is this good for the discriminator, too?
#
# <details><summary>Answer</summary>
#
# From the first step on, generated pictures differ from real ones mainly in detail. So detail is
# what the discriminator learns to look for.
#
# </details>

# %% [markdown]
# # Part C. What a second stage can do
#
# ## 6. What does refinement add?
#
# Now whole pictures, as large as the page allows: at the left the sketch, at the right what the
# shipped Stage II makes of it, both enlarged alike. **Look for** the bird that does not obey its
# sentence. Does Stage II mend it?

# %%
for bird in (0, 1):
    columns = [textwrap.fill(f"sketch: {captions[bird]}", 50), "shipped Stage II"]
    show_rows({" ": [stages[name][bird] for name in ("sketch", "shipped")]}, columns)

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![A blue bird twice: the blurred sketch, and the shipped Stage II's picture of it with hard edges
# and feathers in the wing](../figures/04_stages.webp)
#
# *The second bird. The weights are `toy`, the noise has seed 4.*
#
# It should have a yellow belly, and it is brown in both pictures. The colour was decided in the
# sketch, and Stage II does not mend it.
#
# </details>
#
# Now in numbers, with the measure of section 1: how much of each kind of picture would be gone if
# it were shrunk and enlarged? And how much is its layout still that of the sketch (1 means
# exactly)?

# %%
rows = []
for name, pictures in stages.items():
    images = pictures / 127.5 - 1.0
    kept = np.corrcoef(layout(images).ravel(), layout(enlarged).ravel())[0, 1]
    rows.append((name, (images - layout(images)).var() / images.var(), kept))
rows.append(("real pictures", share, np.nan))
table = pd.DataFrame(rows, columns=["pictures", "share of detail", "layout kept"])
table.round(3).astype(object).fillna("")

# %% [markdown]
# By the share of detail the first lesson ties with the shipped Stage II, which draws the better
# feathers. (There are four pictures in each row.) Steep edges are detail, too, and so is hatching
# in an empty sky. So detail need not be right.
#
# **Was the game worth it, then?** A measure of realism has to answer. This is KID (lower is better;
# notebook 05 explains it) at 256 pixels, of birds for 96 unseen captions. The second row is a
# control: real pictures in which nothing is wrong but the blur.
#
# | what is judged | KID x 1000 |
# | --- | --- |
# | real pictures, against other real ones | 0 ± 4 |
# | real pictures, shrunk and enlarged | 218 ± 11 |
# | sketch, enlarged | 227 ± 8 |
# | sketch, sharpened by the filter | 201 ± 6 |
# | after the first lesson: 100 steps of 8 pictures | 199 ± 6 |
# | then 100 steps of the game, of 16 pictures | 190 ± 6 |
# | or then 400 steps more of the lesson, of 16 pictures | 186 ± 6 |
# | shipped: 400 steps of the game, of 16 pictures | 107 ± 4 |
#
# *Measured beforehand by `python tools/second_stage_figure.py`: toy birds, seed 0, judged by
# EfficientNet-Lite2.*
#
# Read it from the top. Blur alone costs 218, so among blurred pictures this measure can hardly see
# anything else. It does not follow that the rest is good: the shipped pictures are sharp, and still
# have 107. Between the first lesson and the filter the difference is within the errors. Longer
# training helps little: 400 more lessons bring 13. The shipped Stage II has seen no more pictures
# than that row, but it has played the game, and it has 107. Its pixels are the farthest from the
# originals, and its pictures the nearest to real ones. This is what the game is for. (It is one
# training of each kind, of one seed.)
#
# ## 7. And on real birds?
#
# The shipped weights `birds` have learned from photographs. Here are their sketches, and what their
# Stage II makes of them.

# %%
card = artist.weights.card["stages"]["2"]
print(f"Stage II of `birds`: width {card['config']['generator_width']}, {card['steps']:,} steps, "
      f"{card['images_seen']:,} pictures")  # fmt: skip
real_enlarged = np.asarray(layers.UpSampling2D(4, interpolation="bilinear")(real_sketches))
show_rows({" ": [to_uint8(real_enlarged)[1], real_birds[2][1]]}, [f"sketch: {REAL[1]}", "Stage II"])

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![One yellow bird twice: the blurred sketch of 64 pixels, and the same bird at 256 pixels with an
# eye, a beak and wing feathers that have edges](../figures/04_whole.webp)
#
# *`birds`, noise of seed 4.*
#
# </details>
#
# And all four. Look at two of them: the fourth has a long neck and hardly a head in its sketch, and
# the third has a rust-red breast, of which its sentence says nothing. **Predict:** does Stage II
# mend the one, and take away the other?

# %%
columns = [textwrap.fill(sentence, 26) for sentence in REAL]
show_rows({"sketch": to_uint8(real_enlarged), "Stage II": real_birds[2]}, columns)

# %% [markdown]
# <details><summary>What we saw</summary>
#
# Stage II mended neither of the two birds. The brown one keeps its long neck and has hardly a head,
# but its breast now has speckles and its back has feathers. The blue one keeps its rust-red breast,
# for this colour was in the sketch. (`birds`, noise of seed 4.)
#
# </details>
#
# How much nearer to photographs does Stage II bring the sketches? The model card has measured it,
# by KID (lower is better; notebook 05 explains it), on 1,000 captions of unseen classes.
# **Predict:** photographs of the same classes, compared with one another, have a KID of about 3.
# What will the enlarged sketches have, and what Stage II?

# %%
(refined, _, photographs), (sketched, *_) = card_kid(artist.weights.folder, stage=2)
kids = {"sketches, enlarged": sketched, "Stage II": refined, "photographs": photographs}
figure, axis = plt.subplots(figsize=(7, 2.2))
bars = axis.barh(list(kids), list(kids.values()))
axis.bar_label(bars, padding=4)
axis.set(title="KID x 1000 at 256 px (lower is better)", ylim=(2.6, -0.6))
show_figure(figure, f"bars: {', '.join(f'{name} {value}' for name, value in kids.items())}")

# %% [markdown]
# By this measure Stage II goes most of the way from sketch to photograph. How much of the long bar
# is blur? Distances like KID do not add up, so we cannot say.
#
# Here are three places of the red and of the blue bird, enlarged. **Look for** a place that is
# better than in the sketch, and for one that is worse.

# %%
PLACES = {  # row of the bird: corners (left, top)
    0: {"head": (2, 2), "wing": (108, 88), "feet": (62, 160)},
    2: {"head": (176, 2), "wing": (96, 92), "tail": (14, 178)},
}
for row, corners in PLACES.items():
    rows_of = {"sketch": to_uint8(real_enlarged)[row], "Stage II": real_birds[2][row]}
    shown = {name: closer(picture, corners.values()) for name, picture in rows_of.items()}
    show_rows(shown, ["all of it", *corners])

# %% [markdown]
# Feathers and edges are new. Are there colours that no photograph would have, or hatching where
# nothing should be hatched?
#
# <details><summary>What we saw</summary>
#
# The red bird's beak, the edges of its wing feathers and its toes are better than in the sketch.
# Its legs are not: where they meet the branch, red and blue dots have come up that belong to
# nothing.
#
# The blue bird's tail has feathers now. But its head is worse. In the sketch a black and a white
# patch lie where the eye should be. Stage II has drawn the edges of both, and there is still no eye
# between them. It is the same with the dark spot in the wing: a blur has become a hole with a sharp
# rim. Refinement makes plain what a sketch says, and it says its mistakes more plainly, too.
# (`birds`, noise of seed 4.)
#
# </details>
#
# ### What keeps a picture near its sketch?
#
# Your Stage II ends with the sum of enlarged sketch and change. The library's has one more layer,
# `BackProjection`. It has no weights, and it works only when a picture is drawn, not in training.
# It first keeps each pixel within a range that the sketch allows. (Video games call this
# *neighbourhood clamping*.) Then it looks at what the picture would be at 64 pixels, and takes half
# of its difference from the sketch away. (Super-resolution calls this *back-projection*.)
#
# ### Exercise 5: hold a picture near its sketch
#
# `pictures` (n, 256, 256, 3) and `sketches` (n, 64, 64, 3) are floats around [-1, 1]. `ops` of
# Keras has all that you need.
#
# 1. At each pixel of the sketch, find the largest of the 3 x 3 values around it:
#    `ops.max_pool(x, 3, strides=1, padding="same")`. Add 0.3, but go no higher than 1. In the same
#    way find the least, take 0.3 away, and go no lower than -1. (Keras has no `min_pool`. But the
#    least of some numbers is minus the largest of their negatives.)
# 2. Enlarge both bounds to the size of the picture: `ops.image.resize(x, (height, width))`. Keep
#    the picture between them, with `ops.minimum` and `ops.maximum`.
# 3. Shrink what you have: `ops.average_pool(x, 4, strides=4)`. What is *missing* is the sketch
#    minus this. Enlarge it, and add half of it.


# %%
def my_hold(pictures, sketches):
    """Pictures that stay within the range of their sketches, and near them at 64 pixels."""
    return ...


hold = my_hold if checks_04_hold.check_hold(my_hold) else checks_04_hold.ready_hold

# %% [markdown]
# [One solution](solutions/04_stage2_gan.ipynb).
#
# Now we cut the library's layer off, so that the network draws alone, and put yours in its place.
# Does your layer do what the library's does?

# %%
stage2 = artist.weights.generators[2]
network_alone = keras.Model(
    stage2.inputs, [stage2.get_layer("images").input[0], *stage2.outputs[1:]]
)
no_epsilon = np.zeros((len(REAL), stage2.inputs[2].shape[1]), "float32")
from_network = network_alone.predict_on_batch([real_sketches, real_texts, no_epsilon])[0]
held = np.asarray(hold(from_network, real_sketches))
librarys = np.asarray(BackProjection()([from_network, real_sketches]))
print(f"largest difference to the library's layer: {np.abs(held - librarys).max():.6f}")

# %% [markdown]
# We look at the place where the layer changes each bird most. **Predict:** what does the network
# draw there when nothing holds it back?

# %%
rows_of = {"sketch": real_enlarged, "alone": from_network, "held": held}
rows_of = {name: to_uint8(pictures) for name, pictures in rows_of.items()}
moved = np.abs(rows_of["alone"].astype(int) - rows_of["held"]).mean(axis=3)
blocks = moved.reshape(len(REAL), 8, 32, 8, 32).mean(axis=(2, 4))
windows = np.lib.stride_tricks.sliding_window_view(blocks, (2, 2), axis=(1, 2)).mean(axis=(3, 4))
shown = {name: [] for name in rows_of}
for bird, window in enumerate(windows):
    top, left = 32 * np.array(np.unravel_index(window.argmax(), window.shape))
    for name, pictures in rows_of.items():
        shown[name].append(pictures[bird, top : top + SIDE, left : left + SIDE])
show_rows(shown, [f"{colour} bird" for colour in ("red", "yellow", "blue", "brown")])
for name in ("alone", "held"):
    change = layout(rows_of[name] / 127.5 - 1) - layout(rows_of["sketch"] / 127.5 - 1)
    print(f"{name}: off the sketch by {np.abs(change).mean() / 2:.1%}, at 64 pixels")

# %% [markdown]
# <details><summary>Expected result</summary>
#
# ![Three rows of four places of birds: blurred sketches; bright lines and strong colours from the
# network alone; the same, calmer, where the layer holds them](../figures/04_kept.webp)
#
# *`birds`, noise of seed 4.*
#
# </details>
#
# The network alone likes thin bright lines, and contrasts that are stronger than the sketch's. What
# is left of them in the lowest row?
#
# <details><summary>What we saw</summary>
#
# The clamp lowers what is too strong, and does not remove it. The white line beside the yellow bird
# has become an olive band of the same shape. The black stripe behind the blue bird is a flat patch
# now, with a hard edge where the bound begins. And the fine grid of dots on the red bird stays: it
# lies within the range that the sketch allows. (`birds`, noise of seed 4.)
#
# </details>
#
# The discriminator of the training let the lines pass. And KID does not see them either. These are
# the numbers of the model card, on three draws of 1,000 captions of unseen classes:
#
# | KID x 1000, each ± 0.8 | first | second | third |
# | --- | --- | --- | --- |
# | without the last layer | 10.0 | 9.1 | 8.8 |
# | with it | 9.6 | 9.1 | 8.5 |
#
# Here your eye is the better judge. Which row do you like best, and can you still find a line in
# it?
#
# ## 8. What does the sentence still decide?
#
# Stage II reads the sentence again. So could it repaint a bird whose sketch is wrong? We give the
# network alone sixteen sketches, each with *another* sentence than the one it was drawn for. (Its
# last layer would hold the picture to the sketch, whatever the network wants.)

# %%
NAMED = ("red", "yellow", "green", "blue", "brown", "black", "white", "grey")
wishes = [f"a {body} bird with {wing} wings" for body in NAMED for wing in NAMED if body != wing]
wishes = np.random.default_rng(8).permutation(wishes)[:48].tolist()
first, second, third = np.split(artist.embed(wishes), 3)  # sixteen sentences each
given = artist.draw(third, artist.noise(16, seed=8), stage=1)[1]
given = (given / 127.5 - 1).astype("float32")
repainted = refine(network_alone, given, first)

# %% [markdown]
# The first four: above each picture its sentence, the sketch that the network was given, and what
# it made of it. **Predict** the colours of the lower row before you look.

# %%
columns = [textwrap.fill(wish, 22) for wish in wishes[:4]]
show_rows({"sketch that\nit was given": to_uint8(given[:4]), "its picture": repainted[:4]}, columns)

# %% [markdown]
# Each picture looks like its sketch again, with feathers. (In some, the sentence asks for what the
# sketch already shows; judge by the others.) Does the sentence do anything at all? We
# give the network the same sketches with *two* sentences each, and subtract its two pictures. For
# comparison we also subtract what it makes of two sketches with one sentence, and picture and
# sketch. **Predict:** where will the pictures for two sentences differ, in large areas of colour,
# in fine detail, or nowhere?

# %%
again = refine(network_alone, given, second)
elsewhere = refine(network_alone, np.roll(given, 1, axis=0), first)
plain = to_uint8(np.asarray(layers.UpSampling2D(4, interpolation="bilinear")(given)))
pairs = {
    "one sketch, two sentences": (repainted, again),
    "one sentence, two sketches": (repainted, elsewhere),
    "picture and its sketch": (repainted, plain),
}
for name, (one, other) in pairs.items():
    change = (one.astype("float32") - other) / 255
    coarse = layout(change)
    sizes = [np.abs(part).mean() for part in (coarse, change - coarse)]
    print(f"{name:26} differ by {sizes[0]:.2%} at 64 px, by {sizes[1]:.2%} in finer detail")

# %% [markdown]
# And the pair that differs most. Its difference is shown four times as strong; grey means none.

# %%
bird = int(np.abs(repainted.astype(float) - again).mean(axis=(1, 2, 3)).argmax())
shown = {
    "sketch": plain[bird],
    textwrap.fill(wishes[bird], 20): repainted[bird],
    textwrap.fill(wishes[16 + bird], 20): again[bird],
    "difference x 4": to_uint8(4 * (repainted[bird].astype(float) - again[bird]) / 127.5),
}
show_rows({" ": list(shown.values())}, list(shown))

# %% [markdown]
# <details><summary>What we saw</summary>
#
# Nearly everywhere, but not by much. Two sentences changed large areas by 2.8 % of the range, and
# finer detail by 1.7 %. A second sketch changed them by 25 % and 5 %. In the pair above the sketch
# is red. With the green sentence the bird became duller, and with the sentence that asks for blue
# and red it stayed bright. Neither made it green or blue. So the sentence tints what the sketch
# shows, and does not repaint it. (`birds`, sixteen sketches, noise of seed 8.)
#
# </details>
#
# This is *this* Stage II, which starts as the enlarged sketch and learns a change. A body that
# redraws everything, such as the paper's, might listen more; we have not tested it.
#
# ## 9. Your own sentence at 256 pixels
#
# Four birds for one sentence of yours, both stages. Four noises decided what the sentence left
# open: which of pose, place and light differ, and which hardly do? Write any sentence you like.

# %%
my_caption = "a small blue bird with a white belly and a short beak"
one = np.repeat(artist.embed([my_caption]), 4, axis=0)
both = artist.draw(one, artist.noise(4, seed=7), stage=2)
show_rows({"Stage I": both[1], "Stage II": both[2]}, [f"noise {n}" for n in range(1, 5)])
smooth = layers.UpSampling2D(4, interpolation="bilinear")(both[1][:1].astype("float32"))
smooth = np.asarray(smooth).round().astype("uint8")
show_rows({" ": [smooth[0], both[2][0]]}, ["noise 1, Stage I", "noise 1, Stage II"])

# %% [markdown]
# <details><summary>What we saw</summary>
#
# Background, light and the pattern of the wings differ; the pose hardly does: all four birds look
# over the same shoulder. That is Stage I's doing, and Stage II cannot undo it. (`birds`, noise of
# seed 7.)
#
# </details>
#
# For a Stage II of your own, trained for longer than a minute:
# `python train.py --data toy --stage 2 --init toy --run runs/mine`. Without `--stage`, Stage I
# trains first, and then Stage II on the finished Stage I, as in the paper.
#
# ### Quiz C
#
# 1. A Stage II raises the share of detail from 1 % to 4 %; real pictures have 4 %. Is it as good as
#    reality?
#
# <details><summary>Answer</summary>
#
# Not by this number. Noise is detail too. It says how much was added, and not whether it is right.
#
# </details>
#
# 2. A sketch shows a red bird for "a blue bird". Where do you look for the fault?
#
# <details><summary>Answer</summary>
#
# In Stage I. Section 8 has shown that the sentence can only tint what this Stage II draws.
#
# </details>
#
# 3. Your Stage II draws beautiful feathers on birds with two heads. What would you train next?
#
# <details><summary>Answer</summary>
#
# Stage I: the number of heads is layout, and 64 pixels hold it.
#
# </details>
#
# ## Key points
#
# - What is gone when 256 pixels are shrunk to 64 and enlarged is a small share of the variance, and
#   it is edges and texture. So a second stage can follow a first.
# - Stage II has four pieces: encode the sketch, join the sentence, residual blocks, upsample and
#   skip. Its last convolution starts at zero, so it starts by changing nothing.
# - A residual block adds a change to its input; untrained, more of a signal passes through many of
#   them than through plain blocks.
# - Freezing Stage I takes two things, no gradient and inference mode. Comparing all arrays bit for
#   bit proves that nothing moved.
# - The discriminator judges two views, the shrunk whole and a window at full resolution, and reads
#   the sentence with both. The window notices blur far more.
# - A first lesson shrinks real pictures, so its training step knows the right answer; the smallest
#   error of pixels sharpens edges and invents nothing.
# - A minute of training sharpens eyes and outlines. Four hundred more lessons added no feathers.
#   The shipped Stage II has them: it had 400 steps of the game, without that lesson.
# - Refinement adds detail to drawn and real birds. How much detail there is does not say how real
#   it looks: by KID, the game brought toy birds nearer to real ones than an equally long lesson.
# - A layer without weights keeps a drawn picture near its sketch: it clamps each pixel to a range,
#   and gives half of the difference at 64 pixels back. The strongest invented lines go.
# - When sketch and sentence disagree, this Stage II keeps the sketch's bird, even without that
#   layer. The sentence tints it.
#
# ## References
#
# - Zhang, Xu, Li, Zhang, Wang, Huang, Metaxas. *StackGAN.* ICCV 2017 (section 3.4).
#   <https://arxiv.org/abs/1612.03242>
# - He, Zhang, Ren, Sun. *Deep Residual Learning for Image Recognition.* CVPR 2016.
#   <https://arxiv.org/abs/1512.03385>
# - Ioffe, Szegedy. *Batch Normalization.* ICML 2015. <https://arxiv.org/abs/1502.03167>
# - Dauphin, Fan, Auli, Grangier. *Language Modeling with Gated Convolutional Networks.* ICML 2017
#   (the gate). <https://arxiv.org/abs/1612.08083>
# - Ledig et al. *Photo-Realistic Single Image Super-Resolution Using a GAN (SRGAN).* CVPR 2017.
#   <https://arxiv.org/abs/1609.04802>
# - Blau, Michaeli. *The Perception-Distortion Tradeoff.* CVPR 2018.
#   <https://arxiv.org/abs/1711.06077>
# - Shi et al. *Real-Time Single Image and Video Super-Resolution.* CVPR 2016 (`depth_to_space`).
#   <https://arxiv.org/abs/1609.05158>
# - Aitken et al. *Checkerboard Artifact Free Sub-Pixel Convolution.* 2017 (stripes).
#   <https://arxiv.org/abs/1707.02937>
# - Irani, Peleg. *Improving Resolution by Image Registration.* CVGIP 1991 (back-projection).
#   <https://doi.org/10.1016/1049-9652(91)90045-L>
# - Karis. *High-Quality Temporal Supersampling.* SIGGRAPH 2014 courses (clamping).
# - Sauer, Chitta, Müller, Geiger. *Projected GANs Converge Faster.* NeurIPS 2021.
#   <https://arxiv.org/abs/2111.01007>
#
# **Next:** [05 Evaluation and interpolation](05_evaluation_and_interpolation.ipynb), how good is it
# really?
