# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 Image to text
#
# **Goal: teach a network to say in a sentence what it sees, judge its sentences beside people's,
# and send captions through the generator and back.**
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_account/text-to-image-synthesizer/blob/v0.1.0/notebooks/06_image_to_text.ipynb)
#
# You will learn
#
# - why describing a picture is another task than drawing one, and needs no second network to argue
#   with
# - what a captioner sees of a picture: 49 regions of a frozen network
# - how words become numbers, and what START, END and UNKNOWN are for
# - how teacher forcing trains every word of a sentence at once, and what it hides
# - how greedy decoding, beam search, nucleus sampling and consensus choose words
# - how to draw where the decoder looks as it says each word, and how to test such a drawing
# - which baselines a captioner must beat, and by which scores
# - where it fails: rare colours, two birds, no bird
# - how the round trip from caption to picture to caption judges a generator
#
# | | |
# | --- | --- |
# | You need | notebooks 01 and 02; for the last step, 03 |
# | Minutes | CPU: 3 to run, 75 to read and do. GPU: less to run, not measured |
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
# The tools: plots, tables, the course's data. `DATA` chooses toy birds or real ones, as in
# notebook 01.

# %%
import os
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import Markdown, display
from PIL import Image

from t2i_utils.course import checks_06
from t2i_utils.course.data import course_pack, course_root
from t2i_utils.course.show import show_rows, show_sheet
from t2i_utils.data.readers.cub import class_attributes

DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"

# %% [markdown]
# Now this notebook's own room of the library, `t2i_utils.captioning`. Its first half: what a
# captioner must beat, how words are chosen, how pictures are looked at.
# %%
from t2i_utils.captioning import baselines
from t2i_utils.captioning.bird_finder import find_boxes, square

# %% [markdown]
# The second half: scores, training, words. Last, the generator for the way back.
# %%
from t2i_utils.captioning.caption_metrics import (
    NAMED_BY,
    colours_of,
    normalised,
    score_descriptions,
)
from t2i_utils.captioning.captioners import available_captioners
from t2i_utils.captioning.decoding import beam_search, greedy, sample
from t2i_utils.captioning.describer import LEAST_BIRD, load_describer
from t2i_utils.captioning.regions import RegionEncoder
from t2i_utils.captioning.round_trip import say_again, survival
from t2i_utils.captioning.training import LABEL_SMOOTHING, train_captioner
from t2i_utils.captioning.views import regions_of, test_rows, training_rows, view
from t2i_utils.captioning.vocabulary import PADDING, START, Vocabulary, words
from t2i_utils.data.toy.scenery import paint_scenery
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.evaluation.photographs import photographs

# %% [markdown]
# ## 1. The other direction
#
# Five notebooks long a sentence became a picture. Now the picture comes first. We train on pictures
# that both splits of notebook 01 allow, and test on **unseen classes**, kinds of birds that are in
# no training picture, in random order.

# %%
pack = course_pack(DATA)
train, test = training_rows(pack), test_rows(pack, seen=False)
order = np.random.default_rng(0).permutation(len(test))
test = test[order]
pictures, people = pack.images(256)[test], [pack.captions[row] for row in test]
print(f"{len(train)} pictures to train on, {len(test)} of unseen classes to test on")

# %% [markdown]
# One of them with its first caption, and what nine others said about it. (Toy birds have no people.
# A grammar wrote their captions, and each names another choice of parts, as people do.)

# %%
show_sheet([people[0][0]], [[pictures[0]]], size=220)
for caption in people[0][1:]:
    print("-", caption)

# %% [markdown]
# Ten sentences, none wrong, hardly two alike. What makes this task different from drawing?
#
# - **A sentence can be counted out.** A picture is a point in a space of 12,288 or more numbers,
#   and nobody can write down how probable each point is; that is why drawing took two networks that
#   argue. A sentence is a row of choices from one list of words. A network can give each choice
#   its probability, and what we want has a formula: *people's words should be probable*. One
#   network, one loss, no argument.
# - **A choice has no slope.** "Red" does not become "yellow" little by little, so no gradient flows
#   through a word that has been said. Training must get by without saying any (step 4).
# - **A drawing may add, a description may not.** A generator must invent whatever the sentence
#   leaves open. A description may leave out nearly everything, but what it says must be there.
#
# How far do people agree on what to say? We take the first caption of each picture, and ask how
# many of its colours the second names too.

# %%
agreed = [colours_of(first) & colours_of(second) for first, second, *_ in people]
named = [colours_of(first) for first, *_ in people]
share = sum(map(len, agreed)) / sum(map(len, named))
print(f"of the colours that one person names, another names {share:.0%}")

# %% [markdown]
# Keep that number: people are the ceiling, and the ceiling is not 100 %.
#
# ## 2. What the captioner sees
#
# A few hundred pictures are too few to learn seeing from. So the eyes come ready-made: the
# EfficientNet of notebook 03, trained on ImageNet and **frozen**. It is cut before its last
# layers, where it still knows *where* things are: 7 x 7 **regions**, each with a row of numbers.

# %%
eyes = RegionEncoder()
seen = eyes(np.stack([view(picture, None) for picture in pictures[:3]]))
print("regions (pictures, regions, numbers):", seen.regions.shape)
print("probability of a bird, by the network's own classes:", seen.bird.round(2))

# %% [markdown]
# (To a network that learnt from photographs, a toy bird is hardly a bird. That matters in step 8,
# not here: it still sees shapes and colours.)
#
# Deep layers say *what* is in a region, shallow ones and the region's mean colour say how it
# *looks*; a region's row holds both. To see what it knows we mark one region in the middle, and ask
# how alike the other 48 are to it (cosine; each number standardised first).

# %%
regions = regions_of(pack, np.sort(test), "unseen", progress=False)[:, 0][order]
centred = (seen.regions - regions.mean((0, 1), "float32")) / (regions.std((0, 1), "float32") + 1e-3)
centred /= np.linalg.norm(centred, axis=-1, keepdims=True)
MARKED = 24  # of 49, row by row: the one in the middle
alike = (centred @ centred[:, MARKED, :, None]).reshape(-1, 7, 7)
corner = 256 * np.array([MARKED % 7, MARKED // 7]) / 7


def show_grid(axis, picture, title):
    """Draw the 7 x 7 regions over a picture, and mark one."""
    axis.imshow(picture)
    axis.set(xticks=[], yticks=[], title=title)
    for line in 256 * np.arange(1, 7) / 7:
        axis.axhline(line, color="white", linewidth=1, alpha=0.7)
        axis.axvline(line, color="white", linewidth=1, alpha=0.7)
    axis.add_patch(plt.Rectangle(corner, 256 / 7, 256 / 7, fill=False, color="#e07a3f", lw=3))


# %% [markdown]
# Above the pictures with their grid and the marked region, below how alike each region is to it.

# %%
figure, axes = plt.subplots(2, 3, figsize=(8, 5.4))
for column, picture in enumerate(pictures[:3]):
    show_grid(axes[0, column], picture, "")
    sns.heatmap(
        alike[column], vmin=-0.5, vmax=1, cmap="mako", ax=axes[1, column],
        square=True, cbar=False, xticklabels=False, yticklabels=False,
    )  # fmt: skip
axes[0, 0].set_ylabel("regions", fontsize=11)
axes[1, 0].set_ylabel("alike to the marked one", fontsize=11)
plt.show()

# %% [markdown]
# The bird stands out from its surroundings without anybody having told the network about birds.
# That is all the captioner gets: 49 rows of numbers. It will never see a pixel.
#
# Since the eyes are frozen, each picture has to be looked at only once; `regions_of` keeps the
# result in the pack's folder.
#
# ## 3. Words to numbers
#
# A `Vocabulary` is a list of words; a word's number is its place in the list. Only words that at
# least five training captions use are in it. Of a rarer word there would be too little to learn.

# %%
known = [text for row in train for text in pack.captions[row]]
vocabulary = Vocabulary.of(known)
print(f"{len(known):,} captions, {len(vocabulary)} words")
print(textwrap.fill(" ".join(vocabulary.words[:30]), 100))

# %% [markdown]
# The first four are no words but marks:
#
# | mark | why |
# | --- | --- |
# | `<padding>` | sentences of a batch differ in length, and an array has no ragged edge |
# | `<start>` | the first word, too, must be predicted from something |
# | `<end>` | the network must be able to say that it has finished |
# | `<unknown>` | stands for any word that is not in the list |
#
# A caption with a word that no training caption has, there and back:

# %%
odd = "This bird has ultramarine wings, and a red crown!"
numbers = vocabulary.encode([odd], length=14)[0]
stands_for = [vocabulary.words[number] for number in numbers]
display(pd.DataFrame([numbers, stands_for], index=["number", "stands for"]))
print("and back:", vocabulary.decode(numbers))

# %% [markdown]
# Capitals and commas are gone for good, and so is ultramarine. A captioner cannot say a word that
# it never learnt: its world has the colours of its list.
#
# ### Exercise 1: a sentence as numbers
#
# Write what `encode` does for one sentence. `sentence` is a list of words, `numbers` a dictionary
# from word to number; return `length` numbers: START, the words (a word that is not in the
# dictionary is UNKNOWN), END, and PADDING to fill up. What does not fit is cut off.


# %%
def my_encode(sentence, numbers, length):
    """The words of a sentence as a row of numbers with its marks."""
    return ...


checks_06.check_encode(my_encode)

# %% [markdown]
# ## 4. Learning: teacher forcing
#
# How do you train a network to write sentences? Letting it write one and telling it "wrong" is
# hard: which of the twelve words was it, and how should it change, when a choice has no slope?
# **Teacher forcing** asks for less. Show it the *beginning of a person's sentence*, and ask only
# for the next word. Then, whatever it would have said, show it what the person said, and ask on.

# %%
sentence = words(people[0][0])
lessons = [
    (" ".join(["<start>", *sentence[:place]]), word)
    for place, word in enumerate([*sentence, "<end>"])
]
table = pd.DataFrame(lessons, columns=["the network sees the picture, and reads", "it must say"])
to_the_left = [{"selector": "th, td", "props": "text-align: left"}]
table.style.format(escape="html").set_table_styles(to_the_left).hide(axis="index")

# %% [markdown]
# Each line is an ordinary classification, as in your first Keras notebook: picture and beginning
# in, one of the vocabulary's words out. And no line waits for another one's answer, so a
# Transformer does all of them in one go. A mask keeps each place from peeking at later words.
#
# The loss is the mean of $-\log p(\text{next word})$ over all words that are there.
#
# ### Exercise 2: the loss
#
# `scores` (b, length, words) holds log probabilities: `scores[:, t]` for the word that follows
# `sentences[:, t]`. `sentences` (b, length + 1) begin with START and may end with PADDING, which
# does not count. Return the mean over all words that do.


# %%
def my_next_word_loss(scores, sentences):
    """The mean of minus the log probability of each next word."""
    return ...


checks_06.check_next_word_loss(my_next_word_loss)

# %% [markdown]
# Here is the whole network, in the size of the one that the library ships.
#
# ![Left, 49 regions go through an encoder block and become the memory; right, the words so far go
# through three decoder blocks with masked self-attention, cross-attention to the memory and a
# feed-forward part, and each place gives the next word](../figures/diagrams/captioner.svg)
#
# *Notice the two rows of words: the lower one is the upper one, moved by one place, and the mask
# keeps each place from reading its own answer.*
#
# Now for real, in about a minute. The captioner is small: one block in which regions look at
# each other, two blocks in which words look at earlier words and at regions. It learns from 32
# pictures at a time, with four captions each. (Stop it by hand whenever you like: it keeps what it
# has learnt so far.)

# %%
STEPS, losses = 600, []
line = display(Markdown("It looks at the pictures, once ..."), display_id=True)


def watch(step, loss):
    """Note the loss, and show it now and then."""
    losses.append(loss)
    if step % 20 == 0 and line is not None:
        line.update(Markdown(f"step {step} of {STEPS}, loss {loss:.2f}"))


sizes = {"width": 96, "num_blocks": 2, "max_words": 28, "dropout": 0.1}
describer = train_captioner(pack, steps=STEPS, num_views=1, progress=False, watch=watch, **sizes)

# %% [markdown]
# A loss wants two lines beside it: one for knowing nothing (all words equally probable), and one
# for knowing everything. The second is not 0, since the library smooths the labels: it asks for 90
# % of the probability on the person's word and spreads the rest, so that no word is ever given up.

# %%
count = len(describer.vocabulary)
spread = LABEL_SMOOTHING / count
best = 1 - LABEL_SMOOTHING + spread
floor = -best * np.log(best) - (count - 1) * spread * np.log(spread)
axis = sns.lineplot(pd.Series(losses, dtype=float).rolling(10, min_periods=1).mean(), linewidth=2)
for value, name in ((np.log(count), "knows nothing"), (floor, "reads people's minds")):
    axis.axhline(value, color="#888888", linestyle="--")
    axis.text(STEPS, value + 0.06, name, ha="right", va="bottom", color="#666666")
axis.set(title="Teacher forcing: the next word becomes less of a surprise")
axis.set(xlabel="step", ylabel="loss", xlim=(0, STEPS), ylim=(0, np.log(count) + 0.6))
plt.show()

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![The loss falls steeply in the first hundred steps from the line "knows nothing", then slowly
# towards the line "reads people's minds", which it does not reach](../figures/06_loss.png)
#
# *600 steps of 32 toy birds with 4 captions each, seed 0, on two cores without a GPU.*
#
# </details>
#
# The first drop is grammar: "this bird has a" is worth a lot, and needs no picture. The slow part
# is the picture. It never reaches the lower line, because people do not: after "this bird has",
# wings and crown are equally good.
#
# For the rest of the notebook we need one captioner to talk with. On toy birds yours will do. On
# photographs a minute is not enough; there the shipped one takes over, if it is installed. (It has
# learnt from more pictures, with more of their surroundings than this pack shows.)

# %%
talkers = {"yours": describer}
if DATA == "cub" and "captioner" in available_captioners():
    talkers["shipped"] = load_describer("captioner")
elif DATA == "cub":
    print("The shipped captioner is not installed; we go on with yours, a minute old.")
whose, talker = list(talkers.items())[-1]
standard = talker.standardise(regions)
print(f"We go on with the captioner that is {whose}: {talker.card['steps']:,} steps.")

# %% [markdown]
# What does it say of birds of unseen classes? (If there are two captioners, both are asked.)

# %%
six = np.sort(np.unique(pack.class_ids[test], return_index=True)[1])[:6]
for name, other in talkers.items():
    found = other.sentences(other.standardise(regions[six]))
    texts = [other.vocabulary.decode(sentences[0].words) for sentences in found]
    print(f"{name}:")
    show_sheet(texts, [[picture] for picture in pictures[six]], size=150)

# %% [markdown]
# Check colour by colour, with your finger on the picture. Whole sentences in a minute; now we
# should find out which of the words are *seen*, and which are only *usual*.
#
# So let us watch it read a person's sentence, word by word, and see how probable it thought each.

# %%
config, own_words = talker.captioner.config, talker.vocabulary
row = own_words.encode([people[0][0]], config.max_words + 1)
memory = talker.captioner.encoder.predict_on_batch(standard[:1])
logits = np.array(talker.captioner.decoder.predict_on_batch([memory, row[:, :-1]]), "float64")
chances = np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))[0]
length = int((row[0, 1:] != PADDING).sum())
said = [own_words.words[number] for number in row[0, 1 : length + 1]]
axis = plt.figure(figsize=(9.5, 3.2)).gca()
bars = axis.bar(range(length), chances[range(length), row[0, 1 : length + 1]])
for bar, word in zip(bars, said, strict=True):
    bar.set_color("#e07a3f" if colours_of(word) else "#1f6f8b")
axis.set(title="How probable was each word of a person's sentence?", ylim=(0, 1))
axis.set_xticks(range(length), said, rotation=35, ha="right")
axis.set_ylabel("probability")
plt.show()

# %% [markdown]
# Words of habit ("bird", "has") are nearly certain. Low bars stand where people choose: how to
# begin, which part comes next. Look at the orange bars, the colours: nothing but the picture can
# tell them. Where one is low, the network has not seen the colour, or not yet *whose* colour it is.
#
# What teacher forcing hides: here every word was read after a *person's* words. Left alone, it
# reads its own. One slip, and it goes on from a beginning that no person wrote (*exposure bias*).
# Only decoding, the next step, shows that.
#
# ## 5. Choosing words
#
# The network gives probabilities, not sentences. Somebody has to choose, and there are several
# ways.
#
# - **Greedy**: the likeliest word, each time.
# - **Beam search**: keep the `width` likeliest *beginnings*, let each of them grow, keep the best
#   again. It finds sentences that start with the second-best word and end better.
# - **Nucleus sampling**: draw the word by chance, but only among the likeliest ones that have, say,
#   90 % of the probability *together*. The unlikely tail, where the nonsense lives, is cut off.
# - **Consensus**: draw sixteen sentences, as if you asked sixteen people, and take the one that
#   agrees most with the others. This is what the library does.
#
# All of them on one bird; the number is the log probability of the whole sentence.

# %%
network, random = talker.captioner, np.random.default_rng(0)
ways = [("greedy", greedy(network, standard[:1])[0])]
ways += [("beam of 3", sentence) for sentence in beam_search(network, standard[:1], width=3)[0]]
drawn = sample(network, standard[:1], random, nucleus=0.9, copies=4)
ways += [("nucleus 0.9", sentence) for sentence in drawn]
ways += [("consensus", talker.sentences(standard[:1])[0][0])]
for name, sentence in ways:
    line = f"{name:12} {sentence.log_probability:6.1f}  {own_words.decode(sentence.words)}"
    print(textwrap.fill(line, 100, subsequent_indent=21 * " "))

# %% [markdown]
# A beam finds what is probable, and its sentences are twins. Sampling gives less probable, more
# different ones; among many of them something that several say is probably true. Why not draw from
# all words? Let us look at one choice: the place in the sentence above where the network was least
# sure, at three **temperatures**. A temperature divides the log probabilities: below 1 the likely
# becomes likelier, above 1 everything becomes possible.

# %%
unsure = int((-chances[:length] * np.log(chances[:length] + 1e-12)).sum(axis=-1).argmax())
ranked = np.argsort(-chances[unsure])[:16]
figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.6), sharey=True)
for axis, temperature in zip(axes, (0.5, 1.0, 1.5), strict=True):
    heated = chances[unsure] ** (1 / temperature)
    heated = heated[ranked] / heated.sum()
    inside = np.cumsum(heated) - heated < 0.9
    axis.bar(range(16), heated, color=np.where(inside, "#1f6f8b", "#cccccc"))
    axis.set_title(f"temperature {temperature:g}")
    axis.set_xticks(range(16), [own_words.words[i] for i in ranked], rotation=90, fontsize=10)
axes[0].set_ylabel("probability")
print("after:", *said[:unsure], "...")
plt.show()

# %% [markdown]
# Blue is the nucleus of 0.9, grey would be cut off. Note that the nucleus is no fixed number of
# words: where the network is sure it holds one or two, where it is not, many.
#
# ### Exercise 3: the nucleus
#
# `chances` are the probabilities of all words, in the vocabulary's order. Keep the likeliest words
# that reach `nucleus` together (the one that reaches it belongs to them), set the others to 0, and
# make what is left add up to 1 again. Each word stays at its place.


# %%
def my_nucleus(chances, nucleus):
    """The probabilities of the words that may be drawn."""
    return ...


checks_06.check_nucleus(my_nucleus)

# %% [markdown]
# Which setting is best? That depends on what for, and there are two wishes that pull apart: to be
# *right* (of all that is said like "red wings", the share that is true; step 7 says how that is
# counted), and to be *different* (pairs of neighbouring words that are not said over and over). We
# describe 100 test birds with each setting.

# %%
some, references = standard[:100], people[:100]
settings = [(n, t) for n in (0.5, 0.9, 1.0) for t in (0.5, 1.0, 1.5)]
tried = {
    ("sampling", n, t): sample(network, some, np.random.default_rng(1), n, t) for n, t in settings
}
tried["greedy", None, None] = greedy(network, some)
tried["beam of 3", None, None] = [found[0] for found in beam_search(network, some, 3)]
tried["consensus", None, None] = [found[0] for found in talker.sentences(some)]
points = []
for (way, nucleus, temperature), sentences in tried.items():
    texts = [own_words.decode(sentence.words) for sentence in sentences]
    scores = score_descriptions(texts, references)
    points.append((way, nucleus, temperature, 100 * scores.distinct_2, 100 * scores.part_precision))
points = pd.DataFrame(points, columns=["way", "nucleus", "temperature", "different", "right"])

# %% [markdown]
# One dot is one setting; up is right, to the right is different.

# %%
axis = sns.scatterplot(
    points[points["way"] == "sampling"].astype({"nucleus": str, "temperature": str}),
    x="different", y="right", hue="temperature", style="nucleus", s=130,
)  # fmt: skip
others = points[points["way"] != "sampling"]
for marker, (_, point) in zip("D^v", others.iterrows(), strict=True):
    style = {"marker": marker, "color": "#2b2b2b", "markersize": 9, "linestyle": "none"}
    axis.plot(point["different"], point["right"], label=point["way"], **style)
axis.set(title="To be right, or to be different", ylabel="true, % of what is said")
axis.set(xscale="log", xlabel="different pairs of words, %")
axis.set_xticks([10, 20, 40], ["10", "20", "40"])
axis.minorticks_off()
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Dots for nine settings of sampling: those of temperature 1.5 with a large nucleus lie lowest and
# furthest right; greedy decoding, beam search and consensus lie
# highest](../figures/06_sampling.png)
#
# *100 toy birds of unseen classes, a captioner of 600 steps, seed 1 of the samples.*
#
# </details>
#
# A high temperature pays for its variety with the truth, and a small nucleus takes that back:
# compare the three marks of one colour. Being probable pays, too: greedy decoding and beam search
# are bland and safe. On photographs they are so bland that most birds get the same sentence; that
# is why the library draws sixteen and takes the one with the best agreement, and the next best when
# you ask for more (`--samples`).
#
# ## 6. Where it looks
#
# As it says a word, the last block gives each of the 49 regions a weight; the weights add up to 1
# (**attention**). `Sentence.looks` keeps them, a row of 49 a word. Laid over the picture:

# %%
BIRD = int(six[0])
sentence = beam_search(network, standard[BIRD : BIRD + 1], 3)[0][0]
spoken = [own_words.words[number] for number in sentence.words]
columns = 7
figure, axes = plt.subplots(
    -(-len(spoken) // columns), columns, figsize=(9.5, 1.5 * -(-len(spoken) // columns))
)
for axis in axes.flat:
    axis.axis("off")
for axis, word, looks in zip(axes.flat, spoken, sentence.looks, strict=False):
    axis.imshow(pictures[BIRD], extent=(0, 7, 7, 0))
    heat = looks.reshape(7, 7)
    axis.imshow(heat, extent=(0, 7, 7, 0), cmap="inferno", alpha=0.6, interpolation="bicubic")
    axis.set_title(word, fontsize=11, loc="center", pad=3)
plt.show()

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![One bird again and again, a word of its description above each, bright where the network
# looked](../figures/06_attention.png)
#
# *The captioner of 600 steps; toy birds, seed 0.*
#
# </details>
#
# Bright is where it looked. Compare a colour word with a word of habit: which of them needs the
# bird? Such pictures persuade easily, so take care. A region's numbers already hold something of
# its neighbours, the first block mixes regions again, and nobody trained the weights to point at
# anything. *Attention is where information was fetched, not why a word was said.*
#
# A drawing that can be wrong is worth more than one that cannot. So we put it to a test: blank the
# ten regions of each bird that it looked at most while it spoke. If the drawing means anything, its
# *colours* should become less probable, and more so than when ten others are blanked.


# %%
def colour_chances(sentences, standard):
    """The mean probability of the colour words in sentences, read with these regions."""
    rows = np.full((len(sentences), config.max_words), PADDING, np.int32)
    for row, sentence in zip(rows, sentences, strict=True):
        row[: len(sentence.words) + 1] = [START, *sentence.words][: config.max_words]
    memory = network.encoder.predict_on_batch(standard)
    logits = np.array(network.decoder.predict_on_batch([memory, rows]), "float64")
    logs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    return np.mean([
        np.exp(logs[i, place, word])
        for i, sentence in enumerate(sentences)
        for place, word in enumerate(sentence.words)
        if colours_of(own_words.words[word])
    ])  # fmt: skip


# %% [markdown]
# Blank means: the mean of all pictures, which is 0 after standardising.

# %%
spoken = [found[0] for found in beam_search(network, some, 3)]
looked = np.argsort([-sentence.looks.mean(axis=0) for sentence in spoken], axis=1)
anywhere = np.random.default_rng(2).permuted(looked, axis=1)
hidden = {
    "nothing": looked[:, :0],
    "10 by chance": anywhere[:, :10],
    "10 it looked at least": looked[:, -10:],
    "10 it looked at most": looked[:, :10],
}
for name, places in hidden.items():
    blanked = some.copy()
    np.put_along_axis(blanked, places[..., None], 0, axis=1)
    print(f"hidden: {name:22} colours it said are {colour_chances(spoken, blanked):.0%} probable")

# %% [markdown]
# Only the last line should fall far below the first one. If it does, the drawing tells something
# true: what it looked at is what it needed.
#
# ## 7. Is it any good?
#
# A score needs something to beat and something to reach. Three **baselines**, each with a trick of
# its own:
#
# - the *commonest caption* of all, for every picture: needs no eyes at all
# - the caption of the *nearest* training picture: real human sentences, of another bird
# - a *template*: the ten nearest training pictures vote for a class, and a grammar writes down that
#   class's attributes
#
# The ceiling is *one person against the others*: the first caption of each picture, scored against
# the remaining ones.

# %%
seen_views = regions_of(pack, train, "train", progress=False)[:, 0]
near = baselines.nearest_rows(standard, talker.standardise(seen_views), baselines.NEIGHBOURS)
classes = baselines.predicted_classes(near, pack.class_ids[train])
found = talker.sentences(standard)
told = {
    "captioner": [own_words.decode(sentences[0].words) for sentences in found],
    "nearest picture": [pack.captions[train[place]][0] for place in near[:, 0]],
    "commonest caption": baselines.most_frequent(known, len(test)),
}
attributes = class_attributes(course_root(DATA))
if attributes is not None:
    told["template of a class"] = baselines.class_templates(classes, attributes)
for name, texts in told.items():
    print(textwrap.fill(f"{name:20} {texts[0]}", 100, subsequent_indent=21 * " "))

# %% [markdown]
# Now the scores. What each of them asks:
#
# - **Precision** of colours: of the colours that are said, how many do at least three of ten people
#   name?
# - **Recall** of colours: of the colours that three people name, how many are said?
# - **F1** is their harmonic mean, which is low as soon as one of the two is.
# - The same for **parts**, that is for pairs such as (red, crown) that two people name: the right
#   colour on the wrong part gets nothing.
# - **BLEU-4** counts runs of one to four words that also stand in people's captions.
# - **CIDEr-D** does too, and weighs each run by how rare it is: "bird has a" is cheap, "hooked
#   beak" is dear. It goes from 0 to 10.
#
# ### Exercise 4: precision and recall
#
# `said` and `true` are lists of sets of colours, one of each for a picture. Return precision and
# recall, counted over *all pictures together*; where nothing is said, precision is 0.


# %%
def my_colour_scores(said, true):
    """Precision and recall of what is said, over all pictures together."""
    return ...


checks_06.check_colour_scores(my_colour_scores)

# %% [markdown]
# The library's scores of all, on the unseen classes. *Copied* is the share of sentences that stand
# word for word in the training captions.

# %%
copies = normalised(known)
results = {name: score_descriptions(texts, people, copies) for name, texts in told.items()}
first, others = [captions[0] for captions in people], [captions[1:] for captions in people]
results["one person"] = score_descriptions(first, others, copies)
table = pd.DataFrame({name: score.to_json() for name, score in results.items()}).T
names = [
    f"{what}_{which}" for what in ("colour", "part") for which in ("precision", "recall", "f1")
]
table[[*names, "bleu_4", "cider_d", "distinct", "copied"]].round(2).rename(
    columns=lambda name: name.replace("_", " ").replace("precision", "prec.")
)

# %% [markdown]
# The three that matter most here, with the person as the line to reach:

# %%
figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.4), sharey=True)
ways = [name for name in table.index if name != "one person"]
for axis, name, title in zip(
    axes,
    ("colour_f1", "part_f1", "cider_d"),
    ("F1 of colours", "F1 of parts", "CIDEr-D"),
    strict=True,
):
    colours = ["#e07a3f" if way == "captioner" else "#1f6f8b" for way in ways]
    axis.barh(ways, table.loc[ways, name], color=colours)
    axis.axvline(table.loc["one person", name], color="#2b2b2b", linestyle="--")
    axis.set_title(title)
axes[0].invert_yaxis()
axes[2].text(table.loc["one person", "cider_d"], 3.4, "one person ", ha="right", fontsize=10)
plt.show()

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Three bar charts: the captioner's bar is the longest of the four in
# each](../figures/06_scores.png)
#
# *240 toy birds of unseen classes, a captioner of 600 steps on 480 pictures, seed 0.*
#
# </details>
#
# How to read it:
#
# - The commonest caption costs nothing and is not 0: what it gets is what *habit* is worth.
# - Nearest picture and template know real birds of *other* classes. On classes that they have seen
#   they do better; unseen ones is where one must look.
# - Where a line is *above* one person, look twice: a captioner that names what most people name is
#   more average than any person, and scores like average.
#
# `t2i captioner evaluate` makes these tables for seen and unseen classes.
#
# ## 8. Where it fails
#
# A mean hides the cases. **Rare colours** first: of all pictures in which a colour is true, in how
# many is it said? Under each colour, how many of the training captions name it.

# %%
cases = []
for captions, text in zip(people, told["captioner"], strict=True):
    votes = pd.Series([colour for caption in captions for colour in colours_of(caption)])
    votes = votes.value_counts() / len(captions)
    true = votes.index[votes >= NAMED_BY / 10]
    cases += [(colour, 100 * (colour in colours_of(text))) for colour in true]
cases = pd.DataFrame(cases, columns=["colour", "said"])
common = pd.Series([colour for text in known for colour in colours_of(text)]).value_counts()
ranked = [colour for colour in common.index if (cases["colour"] == colour).sum() >= 5]
axis = sns.barplot(cases, x="colour", y="said", order=ranked, errorbar="se", color="#1f6f8b")
labels = [f"{colour}\n{100 * common[colour] / len(known):.0f} %" for colour in ranked]
axis.set_xticks(range(len(ranked)), labels, fontsize=10)
axis.set(title="How often is a true colour said?", xlabel="", ylabel="% of pictures", ylim=(0, 105))
plt.show()

# %% [markdown]
# Black lines are standard errors. On real birds recall falls to the right, with the colours that
# few captions teach: to say "brown" is right so often that "purple" is hardly worth the risk. Toy
# colours are equally common, so there the low bars are look-alikes instead: which two would you
# confuse at 32 pixels?
#
# **Two birds, or none.** Photographs have no box around the bird, so `describe` looks for it first:
# where does the frozen network see most of a bird? Then it looks again, closer. We give it two
# birds side by side, a landscape in which nobody sits, and plain noise.

# %%
left, right = six[:2]
rng = np.random.default_rng(3)
scenes = {
    "the left bird": pictures[left],
    "the right bird": pictures[right],
    "both": np.concatenate([pictures[left], pictures[right]], axis=1),
    "a landscape": np.asarray(paint_scenery("lake", 304, 240.0, rng)),
    "noise": rng.integers(0, 256, (304, 304, 3)).astype("uint8"),
}
photos = [Image.fromarray(scene) for scene in scenes.values()]
answers = talker.describe(photos)
for name, answer in zip(scenes, answers, strict=True):
    line = f"{name:15} bird {answer.bird:4.0%}  {answer.sentences[0]}"
    print(textwrap.fill(line, 100, subsequent_indent=27 * " "))

# %% [markdown]
# And where it found "the" bird:

# %%
whole = np.stack([square(photo, (0, 0, *photo.size)) for photo in photos])
boxes = find_boxes(eyes(whole).places)
widths = [photo.width for photo in photos]
figure, axes = plt.subplots(1, len(photos), figsize=(9.5, 2.1), width_ratios=widths)
for axis, (name, scene), (x, y, wide, high) in zip(axes, scenes.items(), boxes, strict=True):
    axis.imshow(scene, extent=(0, scene.shape[1], 304, 0))
    where, size = (x * scene.shape[1], y * 304), (wide * scene.shape[1], high * 304)
    axis.add_patch(plt.Rectangle(where, *size, fill=False, color="#e07a3f", lw=2.5))
    axis.set(xticks=[], yticks=[])
    axis.set_title(name, fontsize=10, loc="center")
plt.show()

# %% [markdown]
# Two birds become one sentence about *a* bird, with colours of either, or of one and nothing of the
# other: all training captions are about one. And of no bird at all it speaks with the same calm. It
# can only say what its words allow, and "there is no bird" was in no caption.
#
# So the doubt has to come from outside. `generate.py` prints a warning where the ImageNet network
# sees a bird with less than 15 % (`LEAST_BIRD`). How would that do on these?

# %%
for name, answer in zip(scenes, answers, strict=True):
    print(f"{name:15} {'a warning' if answer.bird < LEAST_BIRD else 'no warning'}")

# %% [markdown]
# The network behind the warning has learnt photographs, and of photographs it is a fair judge: try
# one of your own. To it, a toy bird is a drawing and hardly a bird; and what it has never seen,
# noise say, it may call anything. A second opinion has blind spots as well, only other ones.
#
# ## 9. The round trip
#
# Now both directions together. A caption of a test bird goes into the generator of notebook 03; its
# picture goes into the captioner; and we see which colours and parts of the *first* sentence are in
# the *last*. A generator that ignores its caption loses them on the way.
#
# The captioner loses some too. So the same captions go the way back alone, from the real pictures
# that they were written for, as small as the drawn ones: that is the ceiling. And descriptions of
# *other* pictures say what chance gives.

# %%
COUNT = 120
draw = Synthesizer({"toy": "toy", "cub": "birds"}[DATA])
asked = [captions[0] for captions in people[:COUNT]]
made = draw.draw(draw.embed(asked), draw.noise(len(asked), seed=0), stage=1)[1]
real = np.concatenate([*photographs(pack, test[:COUNT], stage=1)])
back = {"generated": say_again(talker, made), "real pictures": say_again(talker, real)}
for index in range(3):
    for name, text in (("asked:", asked[index]), ("said:", back["generated"][index])):
        print(textwrap.fill(f"{name:8} {text}", 100, subsequent_indent=9 * " "))

# %% [markdown]
# The pictures between the two sentences, drawn ones above, and the real birds that the captions
# were written for below.

# %%
show_rows({"generated": made[:6], "real": real[:6]}, list("123456"))

# %% [markdown]
# And counted, over all of them. *Kept* is the share of the colours (or of the pairs of colour and
# part) in the caption that the description names again.

# %%
kept = {name: survival(asked, texts) for name, texts in back.items()}
table = pd.DataFrame({name: found._asdict() for name, found in kept.items()}).T
table = table.drop(columns="count").rename(columns=lambda name: name.replace("_", " "))
axis = (100 * table.T).plot.barh(figsize=(8, 3.6), color=["#e07a3f", "#1f6f8b"], width=0.7)
for bars in axis.containers:
    axis.bar_label(bars, fmt=" %.0f %%")
axis.invert_yaxis()
axis.set(title="What of a caption is said again?", xlabel="% kept", xlim=(0, 100))
sns.move_legend(axis, "lower right")
plt.show()

# %% [markdown]
# <details><summary>Expected result (toy birds)</summary>
#
# ![Four pairs of bars, of generated and of real pictures: colours, colours by chance, parts, parts
# by chance](../figures/06_round_trip.png)
#
# *120 captions of unseen toy classes, one noise each, the shipped toy weights, Stage I; a captioner
# of 600 steps.*
#
# </details>
#
# Read it as in notebook 05, from floor to ceiling. What the generator has covered of the way from
# chance to real pictures is what it obeys, as far as this captioner can tell. Parts tell more than
# colours: by chance hardly any comes back. Three warnings belong under such a number:
#
# - A description need not name all that it sees: one that speaks of wings says nothing about the
#   crown. That is why even real pictures are far from 100 %.
# - Where generated pictures reach the real ones or pass them, they are not as good as real: a
#   generator paints its few colours plainly, and what is plain is easily said again.
# - The judge must not have been the teacher. This captioner looks through EfficientNet-Lite0, and
#   so did the discriminator of the modern recipe. What fools the one may fool the other; so believe
#   differences between generators, and keep the exact colours of notebook 05 beside it.
#
# ### Your own pictures
#
# `python generate.py photo.jpg` describes any file; `--samples 3` gives three different sentences,
# `--json` something for programs. A captioner of your own, trained for longer than a notebook's
# patience: `t2i captioner train --data DIR --out runs/mine`.
#
# ## Key points
#
# - Describing needs no network to argue with: a sentence is a row of choices among few words, whose
#   probability a network can state, so the loss is simply that people's words should be probable.
# - A captioner sees 49 regions of a frozen network, never a pixel.
# - Words become numbers by their place in a vocabulary; START gives the first word something to
#   follow, END lets it stop, UNKNOWN stands for what is not in the list and is never said.
# - Teacher forcing asks for each next word after a person's words, all places at once; it hides
#   what happens after the network's own.
# - Greedy decoding and beam search choose what is probable and repeat themselves; nucleus sampling
#   draws from the likeliest words and trades some truth for difference; consensus draws many
#   sentences and takes the one that agrees most with the others.
# - Where the decoder looks can be drawn word by word; blanking those regions tests the drawing.
# - Baselines: the commonest caption, the nearest picture's, a template; the scores are precision
#   and recall of colours and parts, BLEU-4 and CIDEr-D, with one person as the ceiling.
# - It fails on rare colours, makes one bird of two, and describes a bird where there is no bird;
#   the doubt must come from another network.
# - The round trip judges a generator by what of the caption is said again, between chance and real
#   pictures.
#
# ## References
#
# - Vinyals, Toshev, Bengio, Erhan. *Show and Tell.* CVPR 2015. https://arxiv.org/abs/1411.4555
# - Xu, Ba, Kiros, Cho, Courville, Salakhutdinov, Zemel, Bengio. *Show, Attend and Tell.* ICML 2015.
#   https://arxiv.org/abs/1502.03044
# - Vaswani et al. *Attention Is All You Need.* NeurIPS 2017. https://arxiv.org/abs/1706.03762
# - Holtzman, Buys, Du, Forbes, Choi. *The Curious Case of Neural Text Degeneration.* ICLR 2020
#   (nucleus sampling). https://arxiv.org/abs/1904.09751
# - Vedantam, Zitnick, Parikh. *CIDEr.* CVPR 2015. https://arxiv.org/abs/1411.5726
# - Jain, Wallace. *Attention is not Explanation.* NAACL 2019. https://arxiv.org/abs/1902.10186
#
# **The end of the course.** Both ways, caption to picture and back, are in one panel: `t2i studio`
# in a terminal. [The course page](README.md) has the words, the times and the troubles of all
# notebooks; [01 Data exploration](01_data_exploration.ipynb) shows how to put your own pictures in.
