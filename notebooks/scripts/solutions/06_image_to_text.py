# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 Image to text: solutions
#
# One good answer to each exercise of [06 Image to text](../06_image_to_text.ipynb), with the
# reason. Yours may look different; the check decides.
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
# The exercises need NumPy, the checks, and the library's versions for comparison.

# %%
import matplotlib.pyplot as plt
import numpy as np
from keras import ops

from t2i_utils.captioning.decoding import draw_word
from t2i_utils.captioning.vocabulary import END, PADDING, START, UNKNOWN, Vocabulary
from t2i_utils.course import checks_06
from t2i_utils.course.show import show_figure

# %% [markdown]
# ## Exercise 1: a sentence as numbers
#
# Build the row as if there were room for all of it, then cut, then fill. In that order END is lost
# with everything else that does not fit. This is right: the sentence did not end there. A network
# that saw END after "this bird has a red" would learn to stop in the middle.


# %%
def my_encode(sentence, numbers, length):
    """The words of a sentence as a row of numbers with its marks."""
    row = [START, *(numbers.get(word, UNKNOWN) for word in sentence), END][:length]
    return row + [PADDING] * (length - len(row))


assert checks_06.check_encode(my_encode)

# %% [markdown]
# The library's `Vocabulary` does the same for many sentences, and splits them into words first.

# %%
vocabulary = Vocabulary.of(["this bird has red wings", "a red bird"], least_count=1)
numbers = {word: number for number, word in enumerate(vocabulary.words)}
print("ours:     ", my_encode(["a", "turquoise", "bird"], numbers, 7))
print("library's:", vocabulary.encode(["A turquoise bird!"], 7)[0].tolist())

# %% [markdown]
# ## Exercise 2: the loss
#
# The words to be said are the sentence without its START: `sentences[:, 1:]`. `take_along_axis`
# picks their log probabilities. `there` is 1 for a word and 0 for padding, so padding is left out
# of the sum *and* of the number that it is divided by. END stays in: when to stop has to be learned
# like any other word. All of it is done with `ops`, so that gradients pass.


# %%
def my_next_word_loss(scores, sentences):
    """The mean of minus the log probability of each next word."""
    following = sentences[:, 1:]
    own = ops.take_along_axis(scores, following[..., None], axis=-1)[..., 0]
    there = ops.cast(following != PADDING, scores.dtype)
    return -ops.sum(own * there) / ops.sum(there)


assert checks_06.check_next_word_loss(my_next_word_loss)

# %% [markdown]
# A network that knows nothing gives every word of a vocabulary the same probability. Its loss is
# the logarithm of the vocabulary's size: the dashed line "knows nothing" of the notebook.

# %%
size = 200
sentences = np.array([[START, 8, 9, END, PADDING], [START, 5, 6, 7, END]])
print(f"loss {float(my_next_word_loss(np.full((2, 4, size), -np.log(size)), sentences)):.3f}")
print(f"log  {np.log(size):.3f}")

# %% [markdown]
# ## Exercise 3: the causal mask
#
# Place i may see place j if j is not later. Comparing a column of numbers with a row of them gives
# the whole table at once. `np.tri(length)`, a lower triangle of ones, is the same.


# %%
def my_causal_mask(length):
    """Which places (columns) each place of a sentence (rows) may look at."""
    places = np.arange(length)
    return places[:, None] >= places


assert checks_06.check_causal_mask(my_causal_mask)

# %% [markdown]
# As a picture: white may be seen. Read the row of a word from left to right.

# %%
said = ["<start>", "this", "bird", "has", "red", "wings"]
figure, axis = plt.subplots(figsize=(6.5, 4.6))
axis.imshow(my_causal_mask(len(said)), cmap="gray")
axis.set_xticks(range(len(said)), said, rotation=45)
axis.set_yticks(range(len(said)), said)
axis.set_title("Each word sees itself and what came before")
axis.grid(visible=False)
show_figure(figure, "six by six squares: white on the diagonal and below it, black above")

# %% [markdown]
# ## Exercise 4: the nucleus
#
# Rank the words. For each one, ask how much the *likelier* words have together: `cumsum` minus the
# word's own share. As long as that is below the nucleus, the word is needed. The first word always
# is, since nothing comes before it.


# %%
def my_nucleus(chances, nucleus):
    """The probabilities of the words that may be drawn."""
    order = np.argsort(-chances)
    before = np.cumsum(chances[order]) - chances[order]
    inside = order[before < nucleus]
    kept = np.zeros_like(chances)
    kept[inside] = chances[inside]
    return kept / kept.sum()


assert checks_06.check_nucleus(my_nucleus)

# %% [markdown]
# The library's `draw_word` draws from just these probabilities. Two thousand words, counted:

# %%
chances = np.random.default_rng(0).dirichlet(np.full(10, 0.7))
uniforms = np.random.default_rng(1).random(2000)
drawn = [draw_word(np.log(chances), uniform, 0.8) for uniform in uniforms]
place = np.arange(10)
figure, axis = plt.subplots(figsize=(8, 4))
axis.bar(place - 0.2, my_nucleus(chances, 0.8), width=0.4, label="our probabilities")
axis.bar(place + 0.2, np.bincount(drawn, minlength=10) / 2000, width=0.4, label="share drawn")
axis.plot(place, chances, "_", color="#2b2b2b", markersize=16, label="all words")
axis.set_xticks(place, [f"word {number}" for number in place], rotation=45)
axis.set(title="A nucleus of 0.8: the tail is gone, the rest has grown", ylabel="probability")
axis.legend()
show_figure(figure, "pairs of bars of like height for the likeliest words, none for the others")

# %% [markdown]
# ## Exercise 5: a step of beam search
#
# `totals[:, None]` is a column, so each beginning's log probability is added to its own row. The
# table is sorted as one long row; `np.unravel_index` turns a place in it into row and column.


# %%
def my_beam_step(totals, logs):
    """The best continuations: from which beginning, and with which word."""
    reached = totals[:, None] + logs
    best = np.argsort(-reached, axis=None)[: len(totals)]
    return np.unravel_index(best, reached.shape)


assert checks_06.check_beam_step(my_beam_step)

# %% [markdown]
# Two beginnings and three words. The second beginning is less likely, but what follows it is nearly
# certain:

# %%
totals, logs = np.log([0.6, 0.4]), np.log([[0.4, 0.3, 0.3], [0.05, 0.05, 0.9]])
for parent, word in zip(*my_beam_step(totals, logs), strict=True):
    print(f"beginning {parent}, word {word}: {np.exp(totals[parent] + logs[parent, word]):.2f}")

# %% [markdown]
# ## Exercise 6: hide what it looked at
#
# `argsort` of minus the weights lists each picture's regions, the most looked at first. The new
# axis lets one place stand for a whole region, and `put_along_axis` writes into each row at its own
# places.


# %%
def my_hide(regions, weights, count):
    """Regions in which those that were looked at most are 0."""
    hidden = regions.copy()
    most = np.argsort(-weights, axis=1)[:, :count]
    np.put_along_axis(hidden, most[..., None], 0, axis=1)
    return hidden


assert checks_06.check_hide(my_hide)

# %% [markdown]
# A loop does the same: `for row, places in zip(hidden, most): row[places] = 0`.
#
# ## Exercise 7: the floor
#
# Each caption is asked n - 1 times, so the total of what is asked is n - 1 times as large.


# %%
def my_floor(asked, said):
    """The share of what is asked that descriptions of other pictures say."""
    kept = sum(len(a & b) for i, a in enumerate(asked) for j, b in enumerate(said) if i != j)
    return kept / ((len(said) - 1) * sum(map(len, asked)))


assert checks_06.check_floor(my_floor)

# %% [markdown]
# A floor from one other description is a matter of luck. Sixty captions with two colours each, and
# descriptions that know nothing of them, twenty times:

# %%
draws = np.random.default_rng(0)
one_other, all_others = [], []
for _ in range(20):
    asked, blind = ([set(pair) for pair in draws.integers(8, size=(60, 2))] for _ in range(2))
    shifted = blind[1:] + blind[:1]
    total = sum(map(len, asked))
    one_other.append(sum(len(a & b) for a, b in zip(asked, shifted, strict=True)) / total)
    all_others.append(my_floor(asked, blind))
for name, floors in (("one other", one_other), ("all others", all_others)):
    print(f"{name:10} from {min(floors):.1%} to {max(floors):.1%}")

# %% [markdown]
# Back to [06 Image to text](../06_image_to_text.ipynb), or to [the course page](../README.md).
