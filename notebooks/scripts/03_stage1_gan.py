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
# **Goal: train a network that turns a sentence into a 64 pixel bird, understand every number of its
# loss, and tell a healthy training from a sick one.**
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_account/text-to-image-synthesizer/blob/v0.1.0/notebooks/03_stage1_gan.ipynb)
#
# You will learn
#
# - which shapes pass through the generator and the discriminator, before any training
# - why the discriminator is shown three kinds of pair
# - how each loss comes out of one batch, computed by hand
# - how birds form in two minutes of training, and how far they obey their captions
# - what a healthy training looks like, and what collapse and a too strong discriminator look like
# - what the modern recipe gains over the paper's on the same number of pictures
# - what the shipped weights, trained for much longer, draw for the same captions
#
# | | |
# | --- | --- |
# | You need | notebooks 01 and 02; you have trained one Keras classifier |
# | Minutes | CPU: 4 to run, 90 to read and do. GPU: less to run, not measured |
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
# The same start as in every notebook: quiet imports, seeds, the look of the plots, and one line
# about this machine.

# %%
from t2i_utils.course.start import start

start()

# %% [markdown]
# `DATA` chooses the birds: drawn ones, or photographs where CUB lies (notebook 01, step 1).

# %%
import inspect
import os
import time
from dataclasses import replace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"

# %% [markdown]
# All the rest is the library's own parts: the same classes train for hours, on photographs too.

# %%
from t2i_utils import backend
from t2i_utils.course import checks_03
from t2i_utils.course.data import course_pack
from t2i_utils.course.show import LiveSheet, show_rows, show_sheet
from t2i_utils.data import Batches
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.pictures import to_uint8
from t2i_utils.stackgan import losses
from t2i_utils.stackgan.augment import UNCHANGED
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.stackgan.recipes.modern import ModernRecipe
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.text import load_encoder
from t2i_utils.training.stopping import DeferredInterrupt

# %% [markdown]
# ## 1. What training is given
#
# A pack holds the pictures and the embeddings of their
# captions; `Batches` cuts batches from it. Captions are whitened (notebook 02), with what
# the *training* captions need; nothing here has seen a test picture.

# %%
pack = course_pack(DATA)
train = pack.indices("zero-shot", "train")
whitening = pack.whitening(train)

# %% [markdown]
# The size of everything stands in one place, a `Config`. We take the preset `cpu`, which trains for
# an hour or two on two cores, and make it small enough for two minutes: networks a third as wide,
# half as many pictures a step, a discriminator that looks at 64 pixels in place of 128, and 512
# more sentences to compare with in place of 4,096. The last three lines make everything happen
# sooner; we come to each of them.

# %%
config = make_config(
    "modern",
    "cpu",
    stage=1,
    generator_width=16,
    discriminator_width=16,
    feature_size=64,
    batch_size=32,
    num_distractors=512,
    blur_steps=200,
    average_decay=0.98,
    discriminator_learning_rate=1e-3,
)

# %% [markdown]
# A batch, and what is in it:

# %%
options = {"image_size": 64, "num_distractors": config.num_distractors, "whitening": whitening}
batches = Batches(pack, train, batch_size=config.batch_size, **options)
batch = batches.at(0)
for name, array in batch.items():
    print(f"{name:20} {array.dtype!s:8} {array.shape}")

# %% [markdown]
# Besides pictures and their sentences there are the *wrong* sentences, of other classes, and some
# hundred *distractors*, sentences of any picture at all. Both are for the discriminator.
#
# ## 2. Two networks, before any training
#
# `StageGAN` builds both players and their optimisers. The generator takes the sentence, noise, and
# a second noise `epsilon` for the conditioning augmentation of notebook 02.

# %%
gan = StageGAN(config, pack.width, seed=0)
for tensor in gan.generator.inputs:
    print(f"in   {tensor.name:10} {tensor.shape}")
for tensor, name in zip(gan.generator.outputs, ("images", "mu", "log_sigma"), strict=True):
    print(f"out  {name:10} {tensor.shape}")
print(f"{gan.generator.count_params():,} parameters")

# %% [markdown]
# `None` is the batch. The body of the generator is short enough to read whole:

# %%
print(inspect.getsource(ModernRecipe.stage1_body))

# %% [markdown]
# A dense layer makes a tiny map of 4 x 4 pixels with many channels; four blocks each double its
# sides. In every block the sentence speaks again: `ModulatedBatchNorm` scales and shifts each
# channel by an amount that `latent` (condition and noise) decides. The paper lets the sentence in
# only once, at the bottom, and the deeper a network, the less is left of what was said once.
#
# ### Exercise 1: shapes
#
# `glu_upsample(x, n)` doubles the sides, makes `2 * n` channels by a convolution, and lets one half
# of them gate the other. For our width, what is the shape `(height, width, channels)` after each of
# the four blocks? Work it out on paper; the model is asked afterwards.

# %%
block_shapes = [..., ..., ..., ...]

gates = [layer for layer in gan.generator.layers if isinstance(layer, keras.layers.Multiply)]
checks_03.check_block_shapes(block_shapes, [gate.output.shape[1:] for gate in gates])

# %% [markdown]
# Now let it draw. We choose eight captions that will accompany us to the end of the notebook, and
# one noise for each. `epsilon` is 0 whenever we look at pictures: the mean of what a sentence may
# mean, so that only training changes what we see.

# %%
captions = {}
captions["toy"] = [
    "this bird has red wings, a red belly and a red crown",
    "this bird has blue wings, a yellow belly and a blue crown",
    "a bird with green wings, a green back and a white belly",
    "a bird with a black crown, black wings and an orange belly",
    "this bird has white wings, a white belly and a white back",
    "a bird with purple wings, a purple back and a pink belly",
    "this small bird has yellow wings, a yellow belly and a yellow back",
    "a bird with a brown back, brown wings and a grey belly",
]

# %% [markdown]
# And eight for photographs, should you have chosen those:

# %%
captions["cub"] = [
    "this bird is bright red all over, with a red crown and a red belly",
    "a small bird with a yellow belly and a yellow breast",
    "this bird is completely black, with a black beak",
    "a blue bird with blue wings and a white belly",
    "a brown bird with a speckled breast",
    "a white bird with grey wings and an orange beak",
    "this bird has a black head, black wings and an orange belly",
    "a green bird with a long thin beak",
]
CAPTIONS = captions[DATA]

# %% [markdown]
# The encoder turns them into vectors, whitened as in training.

# %%
embeddings = whitening(load_encoder("package").encode(CAPTIONS))
noise = np.random.default_rng(3).standard_normal((8, config.noise_size)).astype("float32")
mean_of_condition = np.zeros((8, config.condition_size), "float32")


def sketch(gan, noise=noise):
    """What the generator draws now for the eight captions: uint8 (8, 64, 64, 3)."""
    inputs = [embeddings, noise, mean_of_condition]
    return to_uint8(gan.drawing_generator.predict_on_batch(inputs)[0])


untrained = sketch(gan)
show_sheet(CAPTIONS[:4], [[picture] for picture in untrained[:4]])

# %% [markdown]
# Grey fog, nearly the same for each sentence: exactly right for an untrained network. Fog is a
# choice. The last layer is tanh, and had we begun with large weights, its outputs would sit at -1
# and 1, where tanh is flat and no gradient comes through. Here is how much comes through for the
# weights as they are, and for last weights 10 and 100 times as large.

# %%
before_tanh = keras.Model(gan.generator.inputs, gan.generator.get_layer("images").input)
values = before_tanh.predict_on_batch([embeddings, noise, mean_of_condition])
for scale in (1, 10, 100):
    passed = (1 - np.tanh(scale * values) ** 2).mean()
    print(f"last weights x {scale:3}: {passed:6.1%} of the gradient passes tanh")

# %% [markdown]
# Start grey, then, and let training make colours.
#
# ## 3. Three kinds of pair
#
# A discriminator that is only asked "real or generated?" need not read: it can please us by looking
# at the picture alone, and then the generator has no reason to read either. So it is shown three
# kinds of pair, and only the first deserves a yes.
#
# | picture | sentence | answer wanted | what it teaches |
# | --- | --- | --- | --- |
# | real | its own | yes | what birds look like |
# | real | of another class | no | that the sentence counts |
# | generated | the one it was made from | no | what birds do not look like |
#
# Here are four real pictures of the batch with their right and wrong sentences. A batch holds
# vectors, no text; we find the text by looking for the vector among all training captions.

# %%
vectors = whitening(np.asarray(pack.embeddings[train], "float32"))  # (pictures, captions, 512)


def text_of(vector):
    """The training caption whose embedding is nearest to `vector`."""
    distances = ((vectors - vector) ** 2).sum(axis=-1)
    row, column = np.unravel_index(distances.argmin(), distances.shape)
    return pack.captions[train[row]][column]


rows = [[text_of(batch[kind][i]) for kind in ("embeddings", "wrong_embeddings")] for i in range(4)]
labels = [f"RIGHT: {right}   WRONG: {wrong}" for right, wrong in rows]
show_sheet(labels, [[picture] for picture in batch["images"][:4]], size=220)

# %% [markdown]
# Each wrong sentence is true of *some* bird, in good English, but not of this one. To say no to it
# the discriminator must compare words with feathers. This idea, the **matching-aware**
# discriminator, is from Reed et al. (2016); StackGAN and nearly all its successors kept it.
#
# ## 4. The losses by hand, on one batch
#
# First the discriminator's side. It works in two parts: a trunk that only sees (here an ImageNet
# network that never changes) gives *maps*, and a head that also reads gives *logits*, numbers
# that are above 0 for "yes". One pass of the trunk over a real picture serves both sentences.

# %%
draws = gan.draw_noise(np.random.default_rng(0), config.batch_size)
inputs = [batch["embeddings"], draws["noise"], draws["epsilon"]]
fake, mu, log_sigma = gan.generator(inputs, training=True)
photographs = batch["images"].astype("float32") / 127.5 - 1  # as the generator draws: [-1, 1]
real_maps = gan.discriminator.features(photographs, draws["augment_real"])
fake_maps = gan.discriminator.features(fake, draws["augment_fake"])
for maps in real_maps:
    print("maps  ", tuple(maps.shape))

real = gan.discriminator.judge(real_maps, batch["embeddings"])
wrong = gan.discriminator.judge(real_maps, batch["wrong_embeddings"])
generated = gan.discriminator.judge(fake_maps, batch["embeddings"])
print("logits", tuple(real.shape))

# %% [markdown]
# A picture does not get one logit but several: four heads look at maps of four resolutions, and
# each judges a few overlapping regions. The loss is their mean. Let us see where they lie.

# %%
pairs = {"real, own text": real, "real, wrong text": wrong, "generated": generated}
logits = {kind: backend.to_numpy(values).ravel() for kind, values in pairs.items()}
axis = sns.kdeplot(logits, fill=True, alpha=0.15, linewidth=2, common_norm=False)
for place in (-1, 1):
    axis.axvline(place, color="#888888", linestyle="--")
axis.set(title="Before training, no kind of pair stands out", xlabel="logit", ylabel="density")
axis.set(xlim=(-2.5, 2.5))
plt.show()

# %% [markdown]
# All three heaps lie on each other. The **hinge loss** asks for a gap: pairs that fit should
# come to lie right of +1, the other two kinds left of -1 (dashed). A logit beyond its line costs
# nothing more; the discriminator should be right, not boastful. As a formula, with means over all
# logits and the three terms weighted 1, 1/2 and 1/2:
#
# $$L_D = \overline{\max(0,\, 1 - d_\text{real})}
# + \tfrac12\, \overline{\max(0,\, 1 + d_\text{wrong})}
# + \tfrac12\, \overline{\max(0,\, 1 + d_\text{generated})}$$
#
# ### Exercise 2: the loss of the discriminator
#
# Write it with NumPy. `real`, `wrong` and `fake` are arrays of logits of any shape.


# %%
def my_pair_loss(real, wrong, fake):
    """Hinge loss of the discriminator over three kinds of pair: one number."""
    return ...


checks_03.check_pair_loss(my_pair_loss)

# %% [markdown]
# The generator wants the opposite, and says so without margin: $L_G =
# -\overline{d_\text{generated}}$ and three more terms that keep it honest. We compute all of them
# on our batch, beside what an untrained pair should roughly get.

# %%
chance = np.log(len(batch["embeddings"]) + config.num_distractors)
(d_loss, g_loss), metrics = gan.compute_losses(batch | draws)
table = pd.DataFrame(
    [
        (
            "hinge, of the discriminator",
            losses.discriminator_loss("hinge", real, wrong, generated),
            2,
        ),
        ("hinge, of the generator", losses.generator_loss("hinge", generated), 0),
        ("KL of the condition", losses.kl_divergence(mu, log_sigma), None),
        ("match of real pictures", metrics["match_real"], chance),
        ("match of generated pictures", metrics["match_fake"], chance),
        ("sameness of two pictures of one text", metrics["sameness"], 1),
    ],
    columns=["loss", "now", "untrained, about"],
)
table.astype({"now": float}).round(2)

# %% [markdown]
# - **Hinge** is 2 when every logit is 0: 1 + 1/2 + 1/2.
# - **KL** (notebook 02) keeps the distribution of each condition near a standard normal.
# - **Match** is the contrastive loss: among all sentences of the batch and some hundred
#   distractors, each picture must find its own. Guessing costs the logarithm of their number.
#   The discriminator learns it from real pictures. A generated picture should match as well as
#   they do and no better: what looks too good to be true (a beak in the belly's colour counts as
#   a match for a while) the discriminator learns to doubt.
# - **Sameness** compares two pictures of *one* sentence with two noises: 1 means they are as good
#   as identical, 0 that they differ as much as two photographs do.
#
# The hinge loss needs one wrong sentence a picture; the match term has hundreds at the price of a
# matrix product. It is the strongest teacher of reading in this recipe, so write it once.
#
# ### Exercise 3: the contrastive loss
#
# `images` (n, size) and `texts` (m, size) hold vectors of length 1, m is at least n, and sentence i
# is the one of picture i. The recipe:
#
# 1. the similarity of every picture with every sentence, `images @ texts.T`, divided by the
#    temperature 0.1
# 2. softmax over the sentences gives, for each picture, a probability of each sentence
# 3. the loss is minus the logarithm of the probability of the own sentence, averaged over pictures
#
# (The library also leaves out other sentences of the picture's own class, which may be true of
# it. You need not.)


# %%
def my_contrastive_loss(images, texts):
    """InfoNCE of pictures that choose their sentence: one number."""
    return ...


checks_03.check_contrastive(my_contrastive_loss)

# %% [markdown]
# ## 5. Train, and watch
#
# One call of `gan.update` trains both players on one batch: a forward pass, two losses, each
# differentiated for its own player's weights only. Around it we need a loop. Ours draws the eight
# captions from time to time, and meets a reader who loses patience: press the stop button (or
# Kernel, Interrupt) whenever you like. The step is finished, everything is kept, the cells below
# work with what is there, and running the cell again goes on from the same step.


# %%
def play(gan, batches, steps, history, show=None, every=50):
    """Train until `history` has `steps` entries, from as many as it has now."""
    with DeferredInterrupt(print) as stop:
        for step in range(len(history), steps):
            draws = gan.draw_noise(np.random.default_rng([0, step]), gan.config.batch_size)
            history.append(gan.update(batches.at(step) | draws, step))
            if show and ((step + 1) % every == 0 or stop.requested):
                show(step + 1)
            if stop.requested:
                print("Stopped by hand; run the cell again to go on.")
                return


# %% [markdown]
# Noise depends on the step alone, so two runs of this notebook see the same numbers. Now the
# two minutes that this notebook is for. Watch in which order things come: first a background and a
# blob, then colours, then something that perches. (The first step takes some
# seconds more, since TensorFlow compiles it.)

# %%
STEPS = 600
healthy, frames = [], {0: untrained}
began = time.time()


def show(step):
    """Draw the captions, keep the pictures, and replace those on the screen."""
    frames[step] = sketch(gan)
    sheet.show(frames[step], f"step {step} of {STEPS}, {time.time() - began:.0f} seconds")


# %% [markdown]
# Now start it. Nothing below needs the whole run: stop whenever you have seen enough.

# %%
sheet = LiveSheet(CAPTIONS)
play(gan, batches, STEPS, healthy, show)

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Eight captions, each above with its picture after 600 steps: blurred birds, most in a colour of
# their caption](../figures/03_live_run.png)
#
# *600 steps of 32 toy birds, seed 0, on two cores without a GPU, in about two minutes.*
#
# </details>
#
# ## 6. What happened?
#
# First the history of each caption. Read a column from top to bottom.

# %%
kept = np.linspace(0, len(frames) - 1, min(6, len(frames))).astype(int)
kept = [sorted(frames)[i] for i in kept]
show_rows({f"step {step}": frames[step] for step in kept})

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Six rows of eight pictures: grey fog, then blobs, then birds that get their colours and
# outlines](../figures/03_history.png)
#
# *The same run. Other machines add numbers in another order, so yours will differ in detail.*
#
# </details>
#
# Large things come before small ones by design: over the first `blur_steps` steps the
# discriminator sees blurred pictures only, real and generated alike, and the view sharpens slowly.
#
# Two questions decide whether this is *text*-to-image at all. Does the noise count (same
# sentence, other noise)? And does the sentence count (same noise, other sentence)?

# %%
one_noise = np.repeat(noise[:1], 8, axis=0)
other_noises = np.random.default_rng(4).standard_normal(noise.shape).astype("float32")
blue = np.repeat(embeddings[1:2], 8, axis=0)
one_text = gan.drawing_generator.predict_on_batch([blue, other_noises, mean_of_condition])[0]
print("The one sentence:", CAPTIONS[1])
show_rows({"one sentence,\neight noises": to_uint8(one_text)})
show_rows({"one noise,\neight sentences": sketch(gan, one_noise)})

# %% [markdown]
# The upper row should differ in pose and place while the colours stay, the lower row the
# reverse. Two minutes usually give the lower row more than the upper: colours first, poses later.
#
# How well does it obey sentences that it never saw, of classes held out of training? Each sentence
# should fit its own picture better than other sentences do. The matching space of the contrastive
# loss can tell: rows are sixteen new pictures, columns the sentences, light means similar.

# %%
test = np.random.default_rng(5).choice(pack.indices("zero-shot", "test"), 16, replace=False)
new_texts = whitening(np.asarray(pack.embeddings[test, 0], "float32"))
new_noise = np.random.default_rng(6).standard_normal((16, config.noise_size)).astype("float32")
new_inputs = [new_texts, new_noise, np.zeros((16, config.condition_size), "float32")]
drawn = gan.drawing_generator.predict_on_batch(new_inputs)[0]
still = np.tile(np.float32(UNCHANGED), (16, 1))  # augmentation: none
images = gan.discriminator.image_vectors(gan.discriminator.features(drawn, still))
similarity = (
    backend.to_numpy(images) @ backend.to_numpy(gan.discriminator.text_vectors(new_texts)).T
)
figure, axis = plt.subplots(figsize=(5.2, 4.4))
ticks = {"xticklabels": 5, "yticklabels": 5, "cbar_kws": {"label": "cosine"}}
sns.heatmap(similarity, cmap="rocket", square=True, ax=axis, **ticks)
hits = (similarity.argmax(axis=1) == np.arange(16)).sum()
axis.set(title=f"{hits} of 16 pictures find their sentence", xlabel="sentence", ylabel="picture")
plt.show()

# %% [markdown]
# A light diagonal says that pictures and sentences belong together (guessing finds 1 of 16). Take
# it with a pinch of salt: the judge is the very network that the generator was trained to please.
# Notebook 05 measures the same with judges that had no part in training.
#
# ## 7. Is this normal?
#
# The question that everybody asks of their first GAN. A classifier's loss falls; here
# two losses pull at each other, and neither says whether the pictures are good. What to look at
# instead: the mean logits of the three kinds of pair, the match term, and how much the
# pictures of a batch differ from each other (the standard deviation of a pixel over the batch),
# measured against real pictures.


# %%
def curves(history):
    """The metrics of a run as a table, a row a step, smoothed over 15 steps."""
    table = pd.DataFrame([{k: float(v) for k, v in row.items()} for row in history])
    table["diversity / real"] = table["diversity"] / table["diversity_real"]
    return table.rolling(15, min_periods=1).mean()


def plot_run(history, title, axes, legend=True):
    """Logits, diversity, and match where there is one, below each other."""
    table, logits = curves(history), ["d_real", "d_wrong", "d_fake"]
    sns.lineplot(table[logits], dashes=False, ax=axes[0], legend=legend)
    axes[0].set(title=title, ylabel="mean logit")
    axes[1].plot(table["diversity / real"], color="#8a4f9e")
    axes[1].axhline(1, color="#888888", linestyle="--")
    axes[1].set(ylabel="diversity / real", ylim=(0, 2))
    if len(axes) > 2:
        axes[2].plot(table["match_fake"], color="#b5651d")
        axes[2].set(ylabel="match_fake")
    axes[-1].set(xlabel="step")


# %% [markdown]
# This is the run that you just watched.

# %%
figure, axes = plt.subplots(3, 1, figsize=(8, 7), sharex=True)
plot_run(healthy, "Healthy: three curves apart, but within reach of each other", axes)
plt.show()

# %% [markdown]
# Healthy means:
#
# - `d_real` is the highest, `d_wrong` below it (it *reads*), `d_fake` lowest, and none runs away;
# - `match_fake` falls: generated pictures get easier to find by their sentence;
# - diversity settles not far from 1, where real pictures are.
#
# Now we break it, twice, on purpose, by one learning rate each time. `run_as` builds a new GAN,
# trains it on the same batches, and returns it with its history.


# %%
def run_as(name, config, steps=150):
    """Train a GAN of another configuration on the same batches."""
    broken, history = StageGAN(config, pack.width, seed=0), []
    began = time.time()
    play(broken, batches, steps, history)
    print(f"{name}: {len(history)} steps, {time.time() - began:.0f} seconds")
    return broken, history


# %% [markdown]
# **First sickness: the discriminator is too strong.** Its learning rate is 20 times as high.

# %%
strong, strong_history = run_as("too strong", replace(config, discriminator_learning_rate=2e-2))

# %% [markdown]
# **Second sickness: collapse.** For this we need the paper's recipe (step 8 looks at it): in ours
# the terms match and sameness keep pictures apart, whatever we do. The generator's learning rate is
# 20 times as high, and the discriminator cannot follow.

# %%
paper_config = make_config("paper", "smoke", stage=1, batch_size=config.batch_size)
collapsed, collapsed_history = run_as(
    "collapse", replace(paper_config, generator_learning_rate=4e-3)
)

# %% [markdown]
# All three side by side, over the same steps, and what each draws for the same captions and noise.

# %%
runs = {
    "healthy": healthy[:150],
    "discriminator too strong": strong_history,
    "collapse": collapsed_history,
}
figure, axes = plt.subplots(2, 3, figsize=(10, 5), sharex=True, sharey="row")
for column, (name, history) in zip(axes.T, runs.items(), strict=True):
    plot_run(history, name, column, legend=name == "healthy")
for axis in axes[:, 1:].ravel():
    axis.set_ylabel("")
plt.show()

# %% [markdown]
# And what the three of them draw:

# %%
show_rows({"healthy": frames[150], "too strong": sketch(strong), "collapse": sketch(collapsed)})

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Three rows of eight pictures: the beginnings of birds, patches of colour, and eight times the
# same picture](../figures/03_three_runs.png)
#
# *150 steps of 32 toy birds each, seed 0, on two cores without a GPU.*
#
# </details>
#
# Healthy and "too strong" look alike in their logits at first, since any discriminator of this kind
# soon finds generated pictures out. The difference is what its answers are worth: where it learns
# too fast, they push the generator from one extreme to the next, and no bird comes. In the collapse
# the logits look *better* than in the healthy run, all three near 0: nobody who looks at losses
# alone would worry. The purple curve tells, and so do the pictures: eight sentences, one picture.
#
# | what you see | what it means | what to do |
# | --- | --- | --- |
# | logits apart, diversity near that of real pictures | healthy | wait |
# | logits run far apart, pictures turn into patterns | D too strong | lower its learning rate |
# | diversity sinks towards 0, pictures all alike | collapse | lower G's learning rate, go back |
# | `d_real` and `d_wrong` stay together | D does not read | do pictures fit their texts? |
# | `match_fake` stays high | G does not read | the same; then look at the KL |
# | any of them is `nan` | numbers too large | lower learning rates; float32 |
#
# A loss curve alone tells none of this. Log these numbers, and look at pictures.
#
# ### Exercise 4: a collapse alarm
#
# Nobody watches a night's training. Write an alarm: `diversity` and `diversity_real` are arrays
# with one number a step. The alarm rings at the first step (counted from 0) at which diversity has
# been below `share * diversity_real` for `patience` steps in a row, that one included. Return the
# step, or -1 if it never rings.


# %%
def my_alarm(diversity, diversity_real, share=0.25, patience=50):
    """The step at which the alarm rings, or -1."""
    return ...


checks_03.check_collapse_alarm(my_alarm)

# %% [markdown]
# The library's `RunLog` has this alarm and prints a warning into the training's output.
#
# ## 8. The paper's recipe on as many pictures
#
# How much of this is StackGAN as published, and how much is what the field learned
# since? The recipe `"paper"` is the authors' released code, layer by layer. It learns from the same
# batches, as many of them as fit into some half a minute.

# %%
PAPER_STEPS = 150
paper, paper_history = StageGAN(paper_config, pack.width, seed=0), []
play(paper, batches, PAPER_STEPS, paper_history)
pictures_seen = PAPER_STEPS * config.batch_size
print(f"both have seen {pictures_seen:,} pictures")
show_rows({"paper": sketch(paper), "modern": frames[PAPER_STEPS]})

# %% [markdown]
# After as many pictures the paper's discriminator still learns what an edge is, and its generator
# knows little more than that pictures have a middle. Ours draws what may become a bird. Where the
# two recipes differ:
#
# | | paper (2017) | modern |
# | --- | --- | --- |
# | discriminator | learns to see from nothing | sees by ImageNet features, learns to judge |
# | the sentence enters | once, at the bottom | in every block, by scale and shift |
# | it reads | the sentence joined to its maps | by an inner product at each place |
# | learns to read by | wrong pairs | wrong pairs and a match among hundreds of sentences |
# | loss | cross-entropy | hinge |
# | what noise does is | left to chance | asked for (sameness) |
# | you draw with | the last weights | an average of the last ones |
#
# Neither list is wrong: with 600 epochs on a GPU the paper's recipe draws birds as well. What the
# newer parts buy is, above all, time. Notebook 05 compares both in numbers.
#
# ## 9. What longer training adds
#
# The library ships weights that were trained in just this way, wider and longer. The same captions,
# the first four of them, each with four noises:

# %%
draw = Synthesizer("toy" if DATA == "toy" else "birds")
stage = draw.weights.card["stages"]["1"]
print(f"{stage['steps']:,} steps, {stage['images_seen']:,} pictures seen, on {stage['device']}")
texts = np.repeat(draw.embed(CAPTIONS[:4]), 4, axis=0)
pictures = draw.draw(texts, draw.noise(16, seed=1), stage=1)[1]
show_sheet(CAPTIONS[:4], pictures.reshape(4, 4, 64, 64, 3), size=110)

# %% [markdown]
# The outlines are clean, beak and eye are where they belong, and most of the colours as well. Look
# for the parts that are wrong, too, and at what the four noises do *not* change: nearly all birds
# face the same way. A generator needs only one good pose to please its judge.
#
# Try your own sentence, as often as you like, in any of the encoder's 16 languages:

# %%
my_caption = "a small bird with a red crown and blue wings"
pictures = draw.draw(np.repeat(draw.embed([my_caption]), 4, axis=0), draw.noise(4), stage=1)[1]
show_sheet([my_caption], [list(pictures)])

# %% [markdown]
# To train for hours in place of minutes, leave the notebook:
# `python train.py --data toy --stage 1 --preset cpu`; it saves as it goes, and Ctrl-C then
# `--resume` continues exactly.
#
# ## Key points
#
# - Shapes: the generator doubles a 4 x 4 map four times while channels fall; the discriminator
#   gives several logits a picture, one for each region and resolution.
# - Of the three kinds of pair, the real picture with a wrong sentence is the one that makes the
#   discriminator read.
# - Each loss comes out of a batch in a few lines, on logits or vectors: a hinge with margins, a
#   softmax over sentences, a KL, and the sameness of two pictures of one text.
# - In two minutes of training birds form from coarse to fine, and colours obey their captions
#   before poses vary.
# - Healthy training keeps three logits apart and diversity near that of real pictures; in collapse
#   diversity sinks, and a too strong discriminator runs away.
# - The modern recipe gets further than the paper's on the same number of pictures, since its
#   discriminator can see from the first step.
# - The shipped weights differ from your run by width and time, not by kind.
#
# ## References
#
# - Zhang, Xu, Li, Zhang, Wang, Huang, Metaxas. *StackGAN: Text to Photo-realistic Image Synthesis
#   with Stacked Generative Adversarial Networks.* ICCV 2017. https://arxiv.org/abs/1612.03242
# - Reed, Akata, Yan, Logeswaran, Schiele, Lee. *Generative Adversarial Text to Image Synthesis.*
#   ICML 2016 (matching-aware discriminator). https://arxiv.org/abs/1605.05396
# - Sauer, Chitta, Müller, Geiger. *Projected GANs Converge Faster.* NeurIPS 2021.
#   https://arxiv.org/abs/2111.01007
# - Tao, Tang, Wu, Jing, Bao, Xu. *DF-GAN.* CVPR 2022 (hinge loss, text in every block).
#   https://arxiv.org/abs/2008.05865
# - Zhang, Koh, Baldridge, Lee, Yang. *Cross-Modal Contrastive Learning for Text-to-Image
#   Generation.* CVPR 2021 (the match term). https://arxiv.org/abs/2101.04702
# - Mao, Lee, Tseng, Ma, Yang. *Mode Seeking Generative Adversarial Networks.* CVPR 2019 (sameness).
#   https://arxiv.org/abs/1903.05628
#
# **Next:** [04 Stage-II GAN](04_stage2_gan.ipynb), from 64 to 256 pixels.
