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
# **Goal: turn a 64 pixel sketch into a picture of 256 pixels, and know what a second stage can mend
# and what it cannot.**
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_account/text-to-image-synthesizer/blob/v0.1.0/notebooks/04_stage2_gan.ipynb)
#
# You will learn
#
# - why a second stage, measured: what 256 pixels show that 64 cannot hold
# - how the Stage-II generator is built around the sketch, and why it starts by changing nothing
# - what a residual block does to a signal that passes through many of them
# - what freezing Stage I takes, and how to prove it bit for bit
# - how a discriminator judges a large picture with two views
# - how Stage II sharpens sketches while you watch
# - what refinement adds and what it cannot mend, on the same noise and with the shipped weights
#
# | | |
# | --- | --- |
# | You need | notebook 03 |
# | Minutes | CPU: 3 to run, 60 to read and do. GPU: less to run, not measured |
# | Memory | 4 GB |
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
# `DATA` chooses toy birds or real ones, as in notebook 01.

# %%
import inspect
import os
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"

# %% [markdown]
# From the library: the data, the GAN, and the pieces that show pictures and check exercises.

# %%
from t2i_utils import backend
from t2i_utils.course import checks_04
from t2i_utils.course.data import course_pack
from t2i_utils.course.show import LiveSheet, show_rows, show_sheet
from t2i_utils.data import Batches
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.pictures import to_uint8
from t2i_utils.stackgan.augment import UNIFORMS, augment, augment_window
from t2i_utils.stackgan.layers import convolve_normalised, residual_block
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.stackgan.recipes.modern import ModernRecipe
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.stackgan.weights import load_weights
from t2i_utils.training.stopping import DeferredInterrupt

# %% [markdown]
# ## 1. Why a second stage?
#
# What would Stage I have to do to draw 256 pixels by itself? Sixteen times the pixels, and
# everything at once: where the bird is, what colours it has, and every edge of every feather.
# Before we decide, let us measure what a large picture has that a small one lacks. We shrink real
# pictures to 64 pixels, enlarge them again, and subtract.

# %%
pack = course_pack(DATA)
train, test = (pack.indices("zero-shot", part) for part in ("train", "test"))
rows = np.random.default_rng(2).choice(train, 64, replace=False)
large = pack.images(256)[np.sort(rows)] / 127.5 - 1.0


def layout(images):
    """What 64 pixels can hold of pictures (n, 256, 256, 3): shrunk, then enlarged again."""
    small = keras.ops.image.resize(images, (64, 64), antialias=True)
    return np.asarray(keras.ops.image.resize(small, (256, 256)))


detail = large - layout(large)
share = detail.var() / large.var()
print(f"{share:.1%} of the variance of real pictures is detail that 64 pixels cannot hold")

# %% [markdown]
# A few per cent. Here is what they look like: the picture, what 64 pixels hold of it, and the
# difference (grey is no difference).

# %%
columns = {
    "256 px": large,
    "what 64 px hold": layout(large),
    "the rest, twice as strong": 2 * detail,
}
shown = {"": [], " ": []}
for images in columns.values():
    for row, index in zip(shown.values(), (0, 1), strict=True):
        row.append(to_uint8(images[index]))
show_rows(shown, list(columns), width=8.5)

# %% [markdown]
# That is the division of labour. Layout, pose and colour are in the small picture, and that is
# where the sentence is obeyed or not. The rest is outlines and feathers: local, alike for many
# birds, and pointless to learn while the bird itself is still a blob. StackGAN (section 3)
# therefore trains one network for the sketch, then a second one that corrects and completes it.
#
# It is also the cheaper way to learn. A step of Stage I takes a fraction of one of Stage II, so the
# hard part, words to shapes, gets many more steps.
#
# ## 2. The generator of Stage II
#
# It takes the sketch, the sentence once more, and `epsilon`. No new noise: what is open has been
# decided by the sketch.

# %%
config = make_config("modern", "smoke", stage=2, generator_width=8, batch_size=8)
shipped = load_weights({"toy": "toy", "cub": "birds"}[DATA])
frozen = shipped.generators[1]
gan = StageGAN(config, pack.width, stage1=frozen, seed=0)
print(inspect.getsource(ModernRecipe.stage2_body))

# %% [markdown]
# Read it in four parts: *encode* the sketch to 16 x 16 pixels, keeping what was seen on the way;
# *join* the sentence to every pixel; four *residual blocks* think it over; *upsample* three times,
# give each place four pixels (`depth_to_space`), and add the result, a change, to the enlarged
# sketch. The paper's body (`recipes/paper.py`) has the same parts without the two shortcuts,
# `skips` and the last addition, and upsamples a fourth time instead.
#
# ![The sketch is encoded from 64 to 16 pixels, joined with the condition, sent through four
# residual blocks, and upsampled with two skips to a change of 256 pixels, which is added to the
# enlarged sketch; the paper's body below has neither skips nor
# addition](../figures/diagrams/stage2.svg)
#
# *Notice the two short ways: skips carry what was seen at 64 and 32 pixels past the narrow middle,
# and the line at the top carries the sketch itself, so that only a change must be learnt.*
#
# The figure has width 16, as the shipped weights `birds` have. Ours is half as wide. Its shapes on
# the way:

# %%
seen = None
for layer in gan.generator.layers:
    shape = tuple(layer.output.shape[1:]) if hasattr(layer.output, "shape") else ()
    if len(shape) == 3 and shape[:2] != seen:
        print(
            f"{shape[0]:4} x {shape[1]:<4} pixels, {shape[2]:3} channels   {type(layer).__name__}"
        )
        seen = shape[:2]

# %% [markdown]
# Down to 16 and up to 256. Now some sketches to work on: four sentences, drawn by the shipped
# Stage I.

# %%
captions = {
    "toy": [
        "this bird has red wings, a red belly and a black crown",
        "a bird with a blue crown, blue wings and a yellow belly",
        "this bird has white wings, a white belly and a green back",
        "a bird with a brown back, orange wings and a grey belly",
    ],
    "cub": [
        "a bright red bird with black wings and a short beak",
        "a small yellow bird with a black crown",
        "a blue bird with a white belly",
        "a brown bird with a speckled breast and a long beak",
    ],
}[DATA]
draw = Synthesizer(shipped)
embeddings, noise = draw.embed(captions), draw.noise(len(captions), seed=4)

# %% [markdown]
# The last convolution starts with zeros, so an untrained Stage II changes
# nothing. Let us hold it to that: its picture must be the enlarged sketch, to the last bit.

# %%
no_epsilon = np.zeros((len(captions), config.condition_size), "float32")
sketches = np.asarray(frozen.predict_on_batch([embeddings, noise, no_epsilon])[0])
untrained = np.asarray(gan.generator.predict_on_batch([sketches, embeddings, no_epsilon])[0])
enlarged = np.asarray(keras.ops.image.resize(sketches, (256, 256)))
print("largest difference:", np.abs(untrained - enlarged).max())

# %% [markdown]
# ## 3. Residual blocks
#
# Four blocks of two convolutions each stand in the middle. Each computes a *change* and adds
# it to what came in (He et al., 2016). Why not simply stack the convolutions? Send a sketch
# through untrained ones and see what arrives: 1, 2, 4 and 8 blocks, with the addition and without.


# %%
def plain_block(maps):
    """What a residual block would be without its addition (a toy for this comparison)."""
    x = convolve_normalised(maps, maps.shape[-1], 3)
    return convolve_normalised(x, maps.shape[-1], 3)


keras.utils.set_random_seed(0)
signal = keras.Input((64, 64, 3))
after = {residual_block: [], plain_block: []}
for block, outputs in after.items():
    x = signal
    for _ in range(8):
        x = block(x)
        outputs.append(x)

# %% [markdown]
# We look at the mean over the channels, as a grey picture stretched to its full range.

# %%
probe = keras.Model(signal, [*after[residual_block], *after[plain_block]])
maps = [values.mean(axis=-1) for values in probe.predict_on_batch((sketches[:1] + 1) / 2)]


def stretched(values):
    """A grey picture (height, width) with their darkest 1 % black, their lightest 1 % white."""
    low, high = np.percentile(values, (1, 99))
    grey = np.clip((values - low) / max(high - low, 1e-6), 0, 1)
    return (255 * np.repeat(grey[..., None], 3, axis=-1)).astype("uint8")


rows = {"with the addition": maps[:8], "without it": maps[8:]}
rows = {name: [stretched(values[i][0]) for i in (0, 1, 3, 7)] for name, values in rows.items()}
show_rows(rows, ["1 block", "2 blocks", "4 blocks", "8 blocks"])

# %% [markdown]
# With the addition the bird is still there after eight blocks; without it, it is gone, and training
# would first have to learn to let it through. The same holds on the way back: the gradient
# reaches the first layers undiluted, along the same path.
#
# ### Exercise 1: a residual block
#
# Write it with Keras layers: a 3x3 convolution (same padding, no bias), BatchNorm, ReLU; another
# 3x3 convolution and BatchNorm; add the input; ReLU. As many channels come out as went in.


# %%
def my_residual_block(maps):
    """Two 3x3 convolutions whose result is added to the input."""
    return ...


checks_04.check_residual_block(my_residual_block)

# %% [markdown]
# ## 4. Freezing Stage I
#
# Stage II learns from sketches, so Stage I must hold still: a pupil that copies a model who moves
# learns neither. "Frozen" needs two things, and published code often has only one of them.
#
# 1. **No gradient**: the optimiser must not know Stage I's weights.
# 2. **Inference mode**: BatchNorm changes its running statistics without any gradient, in every
#    call with `training=True`.

# %%
known = {id(v) for v in gan.generator.trainable_variables + gan.discriminator.trainable_variables}
print("Stage I's weights that an optimiser knows:", sum(id(v) in known for v in frozen.variables))
print(inspect.getsource(StageGAN.generator_inputs))

# %% [markdown]
# `stop_gradient` and `training=False`: both are there. Seeing is better than believing, so we keep
# a copy of all of Stage I's arrays and compare after the training below. A second
# copy of the network shows what the second mistake alone would do:

# %%
before = [array.copy() for array in frozen.get_weights()]
careless = load_weights(shipped.folder, stages=(1,)).generators[1]
careless([embeddings, noise, no_epsilon], training=True)
moved = [
    v.path.split("/")[-1]
    for v, old in zip(careless.variables, before, strict=True)
    if not np.array_equal(v.numpy(), old)
]
print(f"one careless call moved {len(moved)} of {len(before)} arrays:", sorted(set(moved)))

# %% [markdown]
# No gradient, no optimiser, and yet it moved. Over a training of thousands of steps such a Stage I
# ends up as another network.
#
# ### Exercise 2: nothing moved
#
# Write the comparison that we need below. `before` and `after` are lists of arrays; the answer is
# `True` if they are the same numbers, bit for bit, and `False` otherwise.


# %%
def my_unchanged(before, after):
    """Whether two lists of arrays are the same, bit for bit."""
    return ...


checks_04.check_unchanged(my_unchanged)

# %% [markdown]
# ## 5. How to judge a large picture
#
# The discriminator of the modern recipe looks through an ImageNet network at pictures of
# one size, far smaller than 256. Shrinking hides just what Stage II should
# learn. So it gets two views of each picture, real or generated: the *whole*, shrunk, for shape and
# sentence, and a *window* at full resolution, for feathers.

# %%
uniforms = np.random.default_rng(1).random((64, UNIFORMS)).astype("float32")
settings = {"uniforms": uniforms, "hidden": config.hidden_square}
views = {
    "the picture, 256 px": large,
    "the whole, shrunk": augment(large.astype("float32"), config.feature_size, **settings),
    "a window, as it is": augment_window(large.astype("float32"), config.feature_size, **settings),
}
for index in (0, 1):
    pictures = [to_uint8(backend.to_numpy(images)[index]) for images in views.values()]
    show_rows({"": pictures}, list(views) if index == 0 else [], width=8.5)

# %% [markdown]
# Both change in place, brightness and contrast, and a grey square hides a quarter of them: anew in
# every step, and alike for real and generated pictures, so that the discriminator cannot learn the
# real ones by heart. The pairs and the losses are those of notebook 03.
#
# ## 6. Train, and watch
#
# The loop is the one of notebook 03; stop it whenever you like. Stage I is the shipped one
# (the long work), Stage II starts from nothing, that is, from enlarged sketches.

# %%
STEPS, history, frames = 150, [], {0: to_uint8(untrained)}
batches = Batches(
    pack,
    train,
    batch_size=config.batch_size,
    image_size=256,
    num_distractors=config.num_distractors,
    whitening=shipped.whitening,
)


def refine(generator, sketches=sketches, embeddings=embeddings):
    """What a Stage II makes of sketches and their sentences: uint8 (n, 256, 256, 3)."""
    epsilon = np.zeros((len(sketches), config.condition_size), "float32")
    return to_uint8(generator.predict_on_batch([sketches, embeddings, epsilon])[0])


# %% [markdown]
# Watch the outlines. (Compiling the first step takes a while longer.)

# %%
sheet, began = LiveSheet(captions, size=200), time.time()
with DeferredInterrupt(print) as stop:
    for step in range(len(history), STEPS):
        draws = gan.draw_noise(np.random.default_rng([0, step]), config.batch_size)
        history.append(gan.update(batches.at(step) | draws, step))
        if (step + 1) % 25 == 0 or stop.requested:
            frames[step + 1] = refine(gan.drawing_generator)
            sheet.show(frames[step + 1], f"step {step + 1}, {time.time() - began:.0f} seconds")
        if stop.requested:
            print("Stopped by hand; run the cell again to go on.")
            break

# %% [markdown]
# The stairs of the enlarged pixels have turned into edges. Feathers need longer than a minute, and
# colours stay what they were.
#
# And Stage I? All its arrays, compared bit for bit:

# %%
after = frozen.get_weights()
same = sum(np.array_equal(old, new) for old, new in zip(before, after, strict=True))
print(f"{same} of {len(before)} arrays of Stage I are what they were before {len(history)} steps")

# %% [markdown]
# Frozen it was. The curves are read as in notebook 03: real and generated pictures part, and
# nothing runs away. That the sentence counts (`d_wrong` below `d_real`) takes more steps.

# %%
table = pd.DataFrame([{name: float(value) for name, value in row.items()} for row in history])
smooth = table[["d_real", "d_wrong", "d_fake"]].rolling(15, min_periods=1).mean()
axis = sns.lineplot(smooth, dashes=False)
axis.set(title="The players of Stage II", xlabel="step", ylabel="mean logit")
plt.show()

# %% [markdown]
# ## 7. What refinement adds
#
# Your Stage II is a minute old. The shipped one has the same form and was trained for longer. Same
# sentences, same noise, same sketches: the sketch, enlarged; your Stage II; the shipped one.

# %%
shipped_pictures = draw.draw(embeddings, noise, stage=2)[2]
stages = {"sketch": to_uint8(enlarged), "yours": refine(gan.drawing_generator)}
show_rows(stages | {"shipped": shipped_pictures})

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Three rows of four birds at 256 pixels: enlarged sketches with soft stairs, the same with clean
# outlines, and the same with feathers on the wings](../figures/04_stages.png)
#
# *Yours: 150 steps of 8 toy birds, seed 0, on two cores without a GPU, in a minute or so.*
#
# </details>
#
# Look at one outline at a time: beak, eye, wing. And now in numbers, with the measure of
# section 1: how much of each kind of picture is detail that 64 pixels cannot hold, and how far the
# layout is still that of the sketch (1: exactly).

# %%
rows = []
for name, pictures in {**stages, "shipped": shipped_pictures}.items():
    images = pictures / 127.5 - 1.0
    kept = np.corrcoef(layout(images).ravel(), enlarged.ravel())[0, 1]
    rows.append((name, (images - layout(images)).var() / images.var(), kept))
rows.append(("real pictures", share, np.nan))
table = pd.DataFrame(rows, columns=["pictures", "share of detail", "layout kept"])
table.round(3).fillna("")

# %% [markdown]
# Both add detail, and neither yet as much as real pictures have; the layout stays. Detail need not
# be right, though: hatching in an empty sky counts as well, so look whether you find any.
#
# ### Exercise 3: sharpness
#
# Detail can be measured in many ways. Here is one without any enlarging: the mean absolute
# difference between a pixel and its neighbour. For pictures `(n, height, width, 3)` uint8, return
# `n` numbers: for each picture, the mean over all vertical neighbours and the mean over all
# horizontal neighbours, averaged. (`np.diff(..., axis=...)` gives differences of neighbours.)


# %%
def my_sharpness(pictures):
    """Mean absolute difference of neighbouring pixels, one number a picture."""
    return ...


if checks_04.check_sharpness(my_sharpness):
    for name, pictures in {**stages, "shipped": shipped_pictures}.items():
        print(f"{name:8} {my_sharpness(pictures).mean():.2f}")

# %% [markdown]
# Noise is sharp as well, so no such number replaces looking.
#
# ## 8. What it cannot mend
#
# Stage II reads the sentence again. So could it repaint a bird whose sketch is wrong? We give it
# sketches of *other* sentences: each sketch moves one place on, the sentences stay.

# %%
wrong_sketches = np.roll(sketches, 1, axis=0)
repainted = refine(shipped.generators[2], wrong_sketches)
pairs = zip(to_uint8(wrong_sketches), repainted, strict=True)
show_sheet(captions, [list(pair) for pair in pairs], size=180)

# %% [markdown]
# Each bird keeps the colours of its *sketch*, whatever the sentence under it says. Stage II fills
# in what lies between the pixels; where sketch and sentence disagree, the sketch wins. So obedience
# must be won in Stage I, and a better Stage II mends no sketch.
#
# ## 9. The shipped weights at 256 pixels
#
# To end with, four birds for one sentence of yours, both stages. Write any sentence you like.

# %%
my_caption = {"toy": "a bird with a red crown, blue wings and a white belly"}.get(
    DATA, "a small blue bird with a white belly and a short beak"
)
one = np.repeat(draw.embed([my_caption]), 4, axis=0)
both = draw.draw(one, draw.noise(4, seed=7), stage=2)
card = shipped.card["stages"]["2"]
print(f"Stage II: {card['steps']:,} steps, {card['images_seen']:,} pictures, on {card['device']}")
show_sheet([my_caption], [[*both[1], *both[2]]], size=200)

# %% [markdown]
# For a Stage II of your own, longer than a notebook's patience: `python train.py --data toy --stage
# 2 --init toy --run runs/mine`. Without `--stage`, Stage I trains first, then Stage II on the
# finished Stage I, as here and in the paper.
#
# ## Key points
#
# - A second stage, since layout and colour fit into 64 pixels: what 256 pixels show beyond that is
#   a few per cent of the variance, all of it edges and texture.
# - The generator encodes the sketch, joins the sentence, and adds a change to the enlarged sketch;
#   its last convolution starts at zero, so it starts by changing nothing.
# - A residual block passes its signal on and adds a change, so depth costs no information.
# - Freezing takes two things, no gradient and inference mode; comparing all arrays bit for bit
#   proves both.
# - The discriminator judges the shrunk whole and a window at full resolution: two views.
# - In a minute of training Stage II sharpens outlines, and its curves read like those of Stage I.
# - Refinement adds detail and keeps the sketch, on the same noise; what is wrong in the sketch, it
#   cannot mend.
#
# ## References
#
# - Zhang, Xu, Li, Zhang, Wang, Huang, Metaxas. *StackGAN.* ICCV 2017 (section 3.4).
#   https://arxiv.org/abs/1612.03242
# - He, Zhang, Ren, Sun. *Deep Residual Learning for Image Recognition.* CVPR 2016.
#   https://arxiv.org/abs/1512.03385
# - Ioffe, Szegedy. *Batch Normalization.* ICML 2015. https://arxiv.org/abs/1502.03167
# - Sauer, Chitta, Müller, Geiger. *Projected GANs Converge Faster.* NeurIPS 2021.
#   https://arxiv.org/abs/2111.01007
#
# **Next:** [05 Evaluation and interpolation](05_evaluation_and_interpolation.ipynb), how good is it
# really?
