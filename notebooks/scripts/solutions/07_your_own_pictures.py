# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 07 Your own pictures: solutions
#
# One good answer to each exercise of [07 Your own pictures](../07_your_own_pictures.ipynb), with
# the reason. Yours may look different; the check decides.
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
# The exercises need NumPy, the checks, and something to try the answers on.

# %%
import csv
import io
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np

from t2i_utils.captioning.describer import load_describer
from t2i_utils.captioning.vocabulary import SPECIAL
from t2i_utils.course import checks_07, checks_07_choices
from t2i_utils.course.paper_birds import INKS, PAPERS, paper_birds
from t2i_utils.course.show import show_figure, show_rows
from t2i_utils.data.toy.drawing import PALETTE
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.evaluation.part_colours import rgb_to_lab
from t2i_utils.pictures import resize

# %% [markdown]
# ## Exercise 1: a list of captions
#
# `csv.writer` puts a sentence with a comma in quotes, and writes a quotation mark inside of it
# twice. Whoever joins strings by hand has to think of both.


# %%
def my_captions_csv(captions):
    """The text of a captions.csv with a row for each caption."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["file", "caption"])
    for name, sentences in captions.items():
        writer.writerows([name, sentence] for sentence in sentences)
    return text.getvalue()


assert checks_07.check_captions_csv(my_captions_csv)

# %% [markdown]
# A hard case, as it stands in the file:

# %%
print(my_captions_csv({"a.png": ["red", "red, or orange", 'called "the robin"']}))

# %% [markdown]
# ## Exercise 2: pictures without a sentence of their own
#
# First count in how many pictures each sentence stands. The set `{...}` takes care that a picture
# which says the same twice counts once. A picture is silent if *all* its sentences are empty or
# shared. Of an empty list `all` is true, so a picture without sentences is silent, too.


# %%
def my_silent(captions):
    """The names of pictures that have no sentence of their own."""
    pictures = Counter(text for own in captions.values() for text in {t.strip() for t in own})
    return [
        name
        for name, own in captions.items()
        if all(not text.strip() or pictures[text.strip()] > 1 for text in own)
    ]


assert checks_07_choices.check_silent(my_silent)

# %% [markdown]
# The paper birds, if their captions did not name the paper: many more of them would be silent.

# %%
birds = {number: bird.captions for number, bird in enumerate(paper_birds(60))}
plain = {number: [text for text in own if "paper" not in text] for number, own in birds.items()}
print(f"{len(my_silent(birds))} of 60 with the paper, {len(my_silent(plain))} without it")

# %% [markdown]
# ## Exercise 3: hold whole series back
#
# The choice is made among the *names* of the series, and each picture only asks whether its series
# was chosen. `Counter` knows how many pictures each series has. Sorted names make the choice the
# same in every call: the order of a `set` of texts is another one in each run of Python. (A series
# that you add later may move others to the other part. Where that matters, go through the names in
# the order of a checksum, `zlib.crc32(name.encode())`.)


# %%
def my_split(series, share=0.1):
    """Whether each picture is held back: whole series, until `share` of the pictures are."""
    chosen, count = set(), 0
    for name, size in sorted(Counter(series).items()):
        if count < share * len(series):
            chosen.add(name)
            count += size
    return np.array([name in chosen for name in series])


assert checks_07_choices.check_split(my_split)

# %% [markdown]
# With a large series, whole series hold back more than the share. Look at the numbers of pictures
# before you train.

# %%
series = ["cup"] * 12 + ["jug"] * 3 + ["bowl"] * 5
for share in (0.1, 0.3):
    print(f"share={share}: {my_split(series, share).sum()} of {len(series)} pictures held back")

# %% [markdown]
# ## Exercise 4: are the colours there?
#
# `there` is a table of pictures by colours: is the colour's share of the pixels at least `least`?
# `asked` is a table of the same shape: does the caption name the colour? Then the named colours
# that are there are `there & asked`, and each picture's count is divided by how many its caption
# names. The others are the same with `~asked`.


# %%
def my_colours_there(found, named, colours, least=0.025):
    """Which share of the named colours is there, and which share of the others."""
    there = np.array([(found == colour).mean(axis=(1, 2)) >= least for colour in colours]).T
    asked = np.array([[colour in own for colour in colours] for own in named])
    own = (there & asked).sum(axis=1) / asked.sum(axis=1)
    others = (there & ~asked).sum(axis=1) / (~asked).sum(axis=1)
    return own, others


assert checks_07.check_colours_there(my_colours_there)

# %% [markdown]
# Why 2.5 % of the pixels? On sixty held-back birds, which have their colours for certain, other
# values do worse: too few pixels are in every shadow, and too many are more than a small belly has.

# %%
chart = PALETTE | PAPERS
birds = list(paper_birds(60, held_back=True))
named = [{bird.body, bird.wings} for bird in birds]
lab = rgb_to_lab(resize(np.stack([bird.picture for bird in birds]), 64)[:, 20:])
colours = rgb_to_lab(np.array(list(chart.values())))
distances = [np.square(lab - colour).sum(axis=-1) for colour in colours]
found = np.array(list(chart))[np.argmin(distances, axis=0)]
for least in (0.001, 0.01, 0.025, 0.05, 0.1):
    own, others = my_colours_there(found, named, list(INKS), least)
    print(f"least {least:5.1%}: {own.mean():4.0%} of the named, {others.mean():3.0%} of the others")

# %% [markdown]
# ## Exercise 5: begin where others have ended
#
# `get_weights` gives *all* numbers of a model, also the means and variances of BatchNorm, which no
# gradient ever changes. The averaged generator is a model of its own. Forget it, and people would
# draw with a network that has hardly begun.


# %%
def my_take_over(gan, generator, discriminator):
    """Let a new GAN begin with trained weights."""
    gan.generator.set_weights(generator.get_weights())
    gan.averaged.set_weights(generator.get_weights())
    if discriminator is not None:
        ours, theirs = gan.discriminator.state_variables, discriminator.state_variables
        for new, old in zip(ours, theirs, strict=True):
            new.assign(old)


assert checks_07.check_take_over(my_take_over)

# %% [markdown]
# Why the statistics matter: the generator of `toy`, and the same one with the statistics that a new
# BatchNorm begins with (mean 0, variance 1).

# %%
artist = Synthesizer("toy")
caption = ["a bird with a red crown, red wings and a green belly"]
text, noise = np.repeat(artist.embed(caption), 5, axis=0), artist.noise(5, seed=1)
whole = artist.draw(text, noise, stage=1)[1]
for variable in artist.weights.generators[1].variables:
    if "moving_mean" in variable.path or "moving_variance" in variable.path:
        variable.assign(np.full(variable.shape, float("variance" in variable.path)))
show_rows({"all numbers": whole, "without statistics": artist.draw(text, noise, stage=1)[1]})

# %% [markdown]
# ## Exercise 6: rates in three phases
#
# The exponent is 0 up to the middle and 1 at the end. To fall by the same *share* at each step
# means to multiply by the same number each time, so it is a power. `step < warm_up` is true for the
# steps 0 to `warm_up - 1`: these are `warm_up` steps.


# %%
def my_rate_factors(step, steps, warm_up):
    """What the rates of generator and discriminator are multiplied with at a step."""
    half = steps / 2
    factor = 0.1 ** max(0, (step - half) / (steps - half))
    return (0.0 if step < warm_up else factor), factor


assert checks_07_choices.check_rate_factors(my_rate_factors)

# %% [markdown]
# Both factors, beside a rate that falls by the same amount at each step: the power goes down faster
# at first.

# %%
figure, axis = plt.subplots(figsize=(7, 2.6))
steps = np.arange(191)
generator, discriminator = np.array([my_rate_factors(step, 190, 50) for step in steps]).T
axis.plot(discriminator, label="discriminator")
axis.plot(generator, "--", label="generator")
axis.plot(1 - 0.9 * np.clip(steps / 95 - 1, 0, 1), ":", label="same amount")
axis.set(title="What the learning rates are multiplied with", xlabel="step", ylim=(-0.05, 1.1))
axis.legend()
show_figure(
    figure, "two curves that are 1 to the middle and fall to a tenth; one starts at step 50"
)

# %% [markdown]
# ## Exercise 7: which step do you keep?
#
# `min` with a `key` compares by KID and returns the whole row, which knows its step. Then the steps
# are tried in their order. The best step itself is not worse than itself, so the loop always finds
# one. Step 0 takes part: if it is found, no gain was shown.


# %%
def my_step_to_keep(history, change):
    """The earliest step that is not shown to be worse than the one with the smallest KID."""
    best = min(history, key=lambda row: row["KID"])["step"]
    for row in history:
        difference, error = change(best, row["step"])
        if difference <= 2 * error:
            return row["step"]


assert checks_07_choices.check_step_to_keep(my_step_to_keep)

# %% [markdown]
# How lucky is a chosen step? Suppose that eight steps are in truth equally good, 100 each, and that
# every score has a standard error of 20. We choose the best of eight, 10,000 times:

# %%
scores = np.random.default_rng(0).normal(100, 20, size=(10_000, 8))
print(f"mean score of the chosen step: {scores.min(axis=1).mean():.0f}, in truth 100")

# %% [markdown]
# That is why the score of a chosen step is no score to publish.
#
# ## Exercise 8: words that are taken over
#
# A word is found by its name, since its number is another one in every list. A new word keeps its
# random vector, so that each begins as a word of its own.


# %%
def my_word_rows(old, new, vectors, fresh):
    """The vectors of a new list of words, those of known words taken over."""
    numbers = {word: number for number, word in enumerate(old)}
    return np.array(
        [
            vectors[numbers[word]] if word in numbers else own
            for word, own in zip(new, fresh, strict=True)
        ]
    )


assert checks_07.check_word_rows(my_word_rows)

# %% [markdown]
# What a vector knows, seen by its neighbours: the three words whose vectors have the greatest
# cosine with that of a word, in the shipped captioner.

# %%
captioner = load_describer("captioner")
known = captioner.vocabulary.words
vectors = captioner.captioner.words.get_weights()[0]
unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
for word in ("red", "wings", "small"):
    order = np.argsort(-(unit @ unit[known.index(word)]))
    near = [known[i] for i in order if i >= len(SPECIAL) and known[i] != word][:3]
    print(f"{word:6} {', '.join(near)}")

# %% [markdown]
# A word that is new has no such neighbours yet. Training has to find out where it belongs.
#
# Back to [07 Your own pictures](../07_your_own_pictures.ipynb), or to
# [the course page](../README.md).
