# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 Text encoding
#
# **Goal: turn a sentence into 512 numbers with a TF-Hub embedder, measure what these numbers know
# and what they hide, and build the first layer of the generator that reads them.**
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_account/text-to-image-synthesizer/blob/v0.1.0/notebooks/02_text_encoding.ipynb)
#
# You will learn
#
# - how to load a sentence encoder with `hub.load` and what it returns
# - how to compare sentences by cosine similarity, and what it cannot tell you
# - how to draw a map of captions in two dimensions without any new library
# - what the encoder sees well and badly, measured with linear probes
# - why embeddings are standardised, and better whitened, before a network learns from them
# - what a full stop does to an embedding, and so to a picture
# - how one probe trained on English understands other languages
# - why conditioning augmentation exists, and how sigma and KL move while it learns
#
# | | |
# | --- | --- |
# | You need | notebook 01, and having trained one Keras classifier |
# | Minutes | CPU: 1 to run, 60 to read and do. GPU: the same |
# | Memory | 2.5 GB |
# | Downloads | none: the encoder comes with the package. TF-Hub's own is optional (250 MB) |

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
# The start that you know from notebook 01.

# %%
from t2i_utils.course.start import start

start()

# %% [markdown]
# The tools. `tensorflow_text` is never called by name: importing it registers the operations of
# the encoder's tokenizer, without which `hub.load` cannot read the module.

# %%
import inspect
import os
import re

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
import tensorflow_hub as hub
import tensorflow_text  # noqa: F401
from keras import layers, ops

from t2i_utils.course import checks_02
from t2i_utils.course.data import course_encoder, course_pack
from t2i_utils.stackgan.layers import conditioning_augmentation
from t2i_utils.stackgan.losses import kl_divergence
from t2i_utils.text import plain
from t2i_utils.text.whitening import whitening_of

# %% [markdown]
# ## 1. From a sentence to 512 numbers
#
# A generator needs numbers, and few: with some thousand captions we cannot teach a network English.
# So we borrow one that knows it already, Google's *Universal Sentence Encoder, multilingual*, and
# never train it further. `hub.load` takes the address of a module or a folder that holds one.
#
# The course keeps a copy of the network as a folder, so that this cell works without internet.
# With internet you may load Google's own: put the address in the comment in the place of `source`.

# %%
source = str(course_encoder())
# source = "https://tfhub.dev/google/universal-sentence-encoder-multilingual/3"
encoder = hub.load(source)

vectors = encoder(tf.constant(["a small red bird with black wings", "un petit oiseau rouge"]))
print(vectors.shape, vectors.dtype)
print("lengths:", np.linalg.norm(vectors, axis=1))
print("first five numbers:", np.round(vectors[0, :5], 3))

# %% [markdown]
# How does a sentence of any length become 512 numbers? The network cuts it into pieces of words,
# looks at each piece with its neighbours, and adds everything up.
#
# ![The caption in plain form is cut into nine pieces; each gets 512 numbers of its own and 256 from
# windows of 2, 3 and 5 pieces; the sum over all pieces goes through dense layers to 512 numbers,
# and whitening follows](../figures/diagrams/encoder.svg)
#
# *Notice the sum over the pieces: behind it, only the windows can still tell which colour stood
# beside which part. The grey part is frozen. We come to plain form and whitening in step 5.*
#
# However long the sentence, the answer has 512 numbers, and length 1. What is the cosine of two
# sentences then? Just the sum of the products. One helper for the rest of the notebook: many
# sentences, in portions that fit any memory.


# %%
def embed(sentences):
    """Vectors (n, 512) of n sentences, as a NumPy array."""
    portions = [sentences[start : start + 256] for start in range(0, len(sentences), 256)]
    return np.concatenate([encoder(tf.constant(portion)).numpy() for portion in portions])


print(embed(["a bird"] * 300).shape)

# %% [markdown]
# ### Exercise 1: cosine similarity
#
# The encoder's vectors have length 1; others may not. Write the cosine similarity of every row of
# `a` (n, width) with every row of `b` (m, width): an array (n, m).


# %%
def my_cosine(a, b):
    """Cosine similarity (n, m) of the rows of a (n, width) and of b (m, width)."""
    return ...


checks_02.check_cosine(my_cosine)

# %% [markdown]
# ## 2. Which sentences are alike?
#
# **Question: does the encoder think of colours as we do?** Eight sentences, every one against every
# other. Look at the numbers before you read on: where are they large, and what do the two sentences
# have in common?

# %%
sentences = [
    "a red bird with black wings",
    "a bird with black wings and a red body",
    "a black bird with red wings",
    "a blue bird with black wings",
    "this bird is red and its wings are black",
    "a red bird without black wings",
    "a white seagull over the sea",
    "a plate of pasta with tomatoes",
]
vectors = embed(sentences)
plt.figure(figsize=(9.5, 5.5))
axis = sns.heatmap(vectors @ vectors.T, annot=True, fmt=".2f", cmap="rocket_r", vmin=0, vmax=1,
                   yticklabels=sentences, xticklabels=range(1, 9), linewidths=0.5)  # fmt: skip
axis.set_title("Cosine similarity of eight sentences")
plt.show()

# %% [markdown]
# Pasta is far away and the seagull is in between: topics are told apart well. But look at row 1: of
# all birds its *paraphrase* (5) is the least similar to it, and the bird of *swapped* colours (3)
# the most. The vector seems to say "bird, wings, red, black" and little about
# which is which. Is that so? We come back to it with a better instrument than cosine.
#
# <details><summary>Expected result</summary>
#
# ![Heat map of the cosine similarities of eight sentences; the six about coloured birds lie above
# 0.6, the seagull between 0.3 and 0.4, the pasta below 0.15](../figures/02_heat_map.png)
#
# *The sentence encoder of the course; nothing is random here.*
#
# </details>
#
# ## 3. A map of captions
#
# To look at 512 dimensions we must choose two. The usual choice is PCA: the two directions in which
# the captions differ *most*. Our question is another one, so we also choose the two directions in
# which the *colours* differ most: the same computation, on the mean vectors of the colours.
#
# Each dot is a caption of the data set. Its colour is the first colour word in it; we take the
# captions that name the fewest, since a dot cannot show four colours.

# %%
DATA = "cub" if os.environ.get("T2I_CUB_DIR") else "toy"
COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "brown", "black"]
COLOURS += ["white", "grey", "pink"]
pack = course_pack(DATA)
texts = np.array([caption for captions in pack.captions for caption in captions])
embeddings = np.asarray(pack.embeddings, np.float32).reshape(-1, pack.width)

words = [re.findall(r"[a-z]+", text.lower().replace("gray", "grey")) for text in texts]
named = [[word for word in found if word in COLOURS] for found in words]
number = np.array([len(set(found)) or 99 for found in named])
few = np.argsort(number, kind="stable")[:1200]
first = np.array([named[i][0] for i in few])

# %% [markdown]
# The pack has the captions' vectors already: `t2i data pack` has run the same encoder. The singular
# value decomposition gives the directions of PCA as the rows of its third matrix.

# %%
points = embeddings[few] - embeddings[few].mean(axis=0)
means = np.stack([points[first == c].mean(axis=0) for c in COLOURS if sum(first == c) > 9])
maps = {"PCA: where captions differ most": points, "Where colours differ most": means}
figure, axes = plt.subplots(1, 2, figsize=(9.5, 5))
for axis, (title, rows) in zip(axes, maps.items(), strict=True):
    directions = np.linalg.svd(rows, full_matrices=False)[2][:2]
    x, y = (points @ directions.T).T
    sns.scatterplot(x=x, y=y, hue=first, hue_order=COLOURS, palette={c: c for c in COLOURS}, s=24,
                    edgecolor="#777777", linewidth=0.4, ax=axis, legend=False)  # fmt: skip
    axis.set(title=title, facecolor="#f1efe9", xticks=[], yticks=[])
plt.show()

# %% [markdown]
# Left, a mixture: what differs most between captions is also how they are worded and how much they
# say. Right, the same captions fall into regions: warm colours, cool ones, and those without hue.
# The knowledge was there all the time, only not in the two largest directions; remember this for
# step 5.
#
# <details><summary>Expected result (toy birds)</summary>
#
# ![Two maps of the same 1200 captions as dots in the colour that each names first: mixed on the
# left, in regions by colour on the right](../figures/02_map.png)
#
# *1,200 captions of toy birds; nothing is random here.*
#
# </details>
#
# ## 4. What the encoder sees, measured
#
# "The encoder understands colours" is a feeling. A **linear probe** makes it a number: take
# sentences of which we know the answer, fit a *linear* map from vector to answer on some of them,
# and count how often it is right on sentences it has not seen. If even a linear map can read it,
# the vector says it plainly, and a generator can read it as well.


# %%
def fit_probe(vectors, answers, strength=10.0):
    """Ridge regression from vectors (n, width) to one-hot answers (n, k); returns a function."""
    mean, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-6
    x = (vectors - mean) / spread
    weights = np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ answers)
    bias = answers.mean(axis=0) - x.mean(axis=0) @ weights
    return lambda others: (others - mean) / spread @ weights + bias


# %% [markdown]
# First the central question: sentences about three parts with three different colours, in three
# wordings, the parts in any order. Can a probe tell **which colours** are named? And **which part**
# has which? A reader who knew only the set of colours would be right in one of three cases.

# %%
random = np.random.default_rng(0)
WORDINGS = [
    "a bird with {0} {a}, {1} {b} and {2} {c}",
    "this bird has {0} {a}, {1} {b} and {2} {c}",
    "a bird, {0} on the {a}, {1} on the {b} and {2} on the {c}",
]
parts = np.array(["wings", "belly", "crown"])
colour_of = np.array([random.permutation(11)[:3] for _ in range(3000)])  # of wings, belly, crown
told = []
for colours in colour_of:
    order = random.permutation(3)
    a, b, c = parts[order]
    wording = WORDINGS[random.integers(3)]
    told.append(wording.format(*(COLOURS[i] for i in colours[order]), a=a, b=b, c=c))
told_vectors = embed(told)
print("\n".join(told[:3]))

# %% [markdown]
# The probe learns on 2,000 of them and is judged on the other 1,000.

# %%
learn, judge = slice(0, 2000), slice(2000, 3000)
is_named = np.eye(11)[colour_of].sum(axis=1)  # (3000, 11): 1 where a colour is named
colour_probe = fit_probe(told_vectors[learn], is_named[learn])
guess = colour_probe(told_vectors[judge]) > 0.5
scores = {"which colours are named": (guess == is_named[judge]).all(axis=1).mean()}

wing_probe = fit_probe(told_vectors[learn], np.eye(11)[colour_of[learn, 0]])
guess = wing_probe(told_vectors[judge]).argmax(axis=1)
scores["which of them the wings have"] = (guess == colour_of[judge, 0]).mean()
print({name: f"{score:.0%}" for name, score in scores.items()})

# %% [markdown]
# So the binding *is* in the vector. Cosine could not show it, because it sums over all directions
# and those that tell the binding are small. Keep both numbers in mind; a third comes in step 5.
#
# Next, **negation**: "with a red crown" against "without". To be sure that the probe learns the
# meaning and not one word, it is judged on a *wording* that it has not seen. And **counting**: the
# number is judged on *things* that it has not seen counted.

# %%
YES_NO = [
    ("a bird with a {c} {p}", "a bird without a {c} {p}"),
    ("its {p} is {c}", "its {p} is not {c}"),
    ("this bird has a {c} {p}", "this bird has no {c} {p}"),
    ("there is some {c} on the {p}", "there is no {c} on the {p}"),
]
affirmed, denied, wording = [], [], []
for number, (yes, no) in enumerate(YES_NO):
    for colour in COLOURS:
        for part in ("crown", "back", "wing", "belly", "beak", "tail"):
            affirmed.append(yes.format(c=colour, p=part))
            denied.append(no.format(c=colour, p=part))
            wording.append(number)
affirmed_vectors, denied_vectors = embed(affirmed), embed(denied)

# %% [markdown]
# Each of the four wordings is left out once; the score is the mean of the four.


# %%
def score_left_out(vectors, answers, groups):
    """Mean accuracy on each group of a probe that has learned on all the others."""
    right, one_hot = [], np.eye(answers.max() + 1)[answers]
    for group in np.unique(groups):
        out = groups == group
        guess = fit_probe(vectors[~out], one_hot[~out])(vectors[out]).argmax(axis=1)
        right.append((guess == answers[out]).mean())
    return np.mean(right)


both = np.concatenate([affirmed_vectors, denied_vectors])
is_denied = np.repeat([0, 1], len(affirmed))
scores["negation, in a new wording"] = score_left_out(both, is_denied, np.tile(wording, 2))

# %% [markdown]
# The same for counting, with one kind of thing left out at a time.

# %%
counted, count, thing = [], [], []
for t, things in enumerate(["birds", "feathers", "eggs", "stripes on the wing", "spots"]):
    for colour in COLOURS:
        for n, word in enumerate(["two", "three", "four", "five"]):
            counted.append(f"{word} {colour} {things}")
            count.append(n)
            thing.append(t)
scores["counting, of new things"] = score_left_out(embed(counted), np.array(count), np.array(thing))

# %% [markdown]
# All four beside each other, with what blind guessing would reach.

# %%
chance = {"which colours are named": 0.01, "which of them the wings have": 1 / 3}
chance |= {"negation, in a new wording": 1 / 2, "counting, of new things": 1 / 4}
axis = sns.barplot(x=list(scores.values()), y=list(scores), color="#1f6f8b")
for line, (name, score) in enumerate(scores.items()):
    axis.plot([chance[name]] * 2, [line - 0.4, line + 0.4], color="#e07a3f", linewidth=3)
    axis.text(score - 0.02, line, f"{score:.0%}", color="white", ha="right", va="center")
axis.set(title="What a linear probe reads (orange: guessing)", xlabel="right answers", xlim=(0, 1))
plt.show()

# %% [markdown]
# The encoder is better than its reputation: it *has* all of this. So why do text-to-image models
# stumble over "a bird **without** red wings"? Ask the probe for named colours, which has only ever
# seen sentences that affirm, as a generator has:

# %%
says_it = colour_probe(affirmed_vectors) > 0.5
denies_it = colour_probe(denied_vectors) > 0.5
asked = np.tile(np.repeat(np.arange(11), 6), 4)  # the colour in each of the sentences
rows = np.arange(len(asked))
print(f"finds the colour in a sentence that affirms it: {says_it[rows, asked].mean():.0%}")
print(f"finds the colour in a sentence that denies it:  {denies_it[rows, asked].mean():.0%}")

# %% [markdown]
# A denied colour is still a named colour. Whoever learns from captions that say what *is* there,
# learns to paint what is *named*. The fault is not the encoder's: it is a matter of what the
# captions of a data set contain, which is why you looked at them in notebook 01.
#
# One more measurement closes the case of cosine. For 200 birds we compare a sentence with its
# paraphrase and with its swap: which of the two is nearer?

# %%
triples = []
for one, other in (random.permutation(11)[:2] for _ in range(200)):
    one, other = COLOURS[one], COLOURS[other]
    triples.append(f"a bird with {one} wings and a {other} belly")
    triples.append(f"this bird's belly is {other} and its wings are {one}")
    triples.append(f"a bird with {other} wings and a {one} belly")
sentence, paraphrase, swap = embed(triples).reshape(200, 3, -1).transpose(1, 0, 2)
same, swapped = (sentence * paraphrase).sum(axis=1), (sentence * swap).sum(axis=1)
table = pd.DataFrame({"paraphrase": same, "colours swapped": swapped}).melt()
axis = sns.histplot(table, x="value", hue="variable", element="step", bins=40)
axis.set(title=f"The paraphrase is nearer in {(same > swapped).mean():.0%} of all cases")
axis.set(xlabel="cosine similarity with the sentence", ylabel="sentences")
axis.get_legend().set_title("")
plt.show()

# %% [markdown]
# Do not judge an encoder, or a picture, by cosine alone: it measures what is large, not what
# matters to you.
#
# ## 5. Standardise, then whiten
#
# Two things about these vectors make learning slow. All captions share a large common part ("a
# bird with ..."), so any two have a high cosine. And single numbers are tiny: 512 of them make a
# length of 1. **Standardising** mends both: take the mean of each of the 512 numbers away, then
# divide by its standard deviation, both from the *training* captions.
#
# ### Exercise 2: standardise
#
# Return `vectors` standardised with the statistics of `train_vectors`, each column by its own. A
# column that never changes must become 0, not NaN.


# %%
def my_standardise(vectors, train_vectors):
    """Columns of vectors (n, width), with mean and deviation of train_vectors (m, width)."""
    return ...


checks_02.check_standardise(my_standardise)

# %% [markdown]
# Standardising makes the 512 *numbers* alike. But the map above taught us that what we want may lie
# in small *directions*, across the numbers. **Whitening** turns the axes to the directions of PCA
# and makes *those* alike. This is the library's version, which every training uses:

# %%
print(inspect.getsource(whitening_of))

# %% [markdown]
# Nothing but PCA and a division; the shrinkage keeps the smallest directions, which are noise, from
# being blown up. **Question: does it matter to a network that learns by gradient descent?** Three
# times the same Keras classifier, one dense layer, has to learn the colour of the wings (step 4)
# from the same sentences: as they come, standardised, whitened.

# %%
train_vectors = told_vectors[learn]
mean, deviation = train_vectors.mean(axis=0), train_vectors.std(axis=0)
whiten = whitening_of(mean, np.cov(train_vectors.T))
inputs = {
    "as they come": told_vectors,
    "standardised": (told_vectors - mean) / deviation,
    "whitened": whiten(told_vectors),
}
wings, curves = colour_of[:, 0], []
for name, x in inputs.items():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([layers.Dense(11)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    past = model.fit(x[learn], wings[learn], batch_size=64, epochs=12, verbose=0,
                     validation_data=(x[judge], wings[judge]))  # fmt: skip
    curves += [(name, e, a) for e, a in enumerate(past.history["val_accuracy"], start=1)]

# %% [markdown]
# The accuracy on the 1,000 sentences that the classifiers have not seen, after each epoch:

# %%
table = pd.DataFrame(curves, columns=["vectors", "epoch", "accuracy"])
axis = sns.lineplot(table, x="epoch", y="accuracy", hue="vectors", marker="o", linewidth=2.5)
axis.axhline(1 / 3, color="#999999", linestyle=":")
axis.text(12, 0.35, "knows the three colours, not whose", color="#777777", ha="right")
axis.set(title="Which colour do the wings have?", ylim=(0, 1))
sns.move_legend(axis, "lower right", ncol=3, title="")
plt.show()

# %% [markdown]
# The same information, the same network, the same number of steps. As they come, the vectors leave
# the classifier at the dotted line or below: it would take it very long to learn whose colour is
# whose. A generator given such vectors paints the right colours on the wrong parts for thousands of
# steps, which looks like a fault of the GAN and is one of its input.
#
# <details><summary>Expected result</summary>
#
# ![Accuracy over twelve epochs: the whitened vectors rise fastest, the standardised ones follow,
# the raw ones stay near one third](../figures/02_learning.png)
#
# *One dense layer, 2,000 sentences, 12 epochs, batch 64, Adam 1e-3, seed 0, on 2 CPU cores.*
#
# </details>
#
# ### What a full stop says
#
# Whitening turns up the small directions, and not all of them carry what people meant. **Question:
# how far does a full stop move a sentence?** Five hundred sentences with and without one. If the
# moves were accidental, their mean would be near zero.

# %%
with_stop = [sentence + "." for sentence in told[:500]]
whitened = whiten(told_vectors[:500])
moves = whiten(embed(with_stop)) - whitened
usual = np.linalg.norm(whitened, axis=1).mean()
print(f"a whitened sentence is {usual:.1f} long, a full stop moves it by "
      f"{np.linalg.norm(moves, axis=1).mean():.1f},")  # fmt: skip
print(f"and all of them the same way: the mean move is {np.linalg.norm(moves.mean(axis=0)):.1f}")

# %% [markdown]
# All sentences go one way, together, and far: farther than these like-minded sentences are apart.
# (In captions that people wrote, whose wording differs more, it is 10 of 22.) Whoever trains on
# captions without full stops and draws captions with them asks for a place that no training caption
# ever had. It happened to us: most training captions of our photographs had lost their punctuation,
# those of the unseen classes had kept theirs. The birds grew second heads, long necks and orange
# spots, and for days we looked for the fault in the network. So the library reads every caption in
# one form, which keeps commas and hyphens and no other mark:

# %%
print(plain("A medium-sized bird, with its beak open."))
moves = whiten(embed([plain(sentence) for sentence in with_stop])) - whitened
print(f"the mean move is now {np.linalg.norm(moves.mean(axis=0)):.1f}")

# %% [markdown]
# The same weights then drew unseen captions with a KID of 18 instead of 80 (notebook 05 says what
# that is). Two lessons: clean text the same way in training and in use; and where new data give bad
# pictures, compare the *inputs* of old and new before you doubt the network.
#
# ## 6. The same caption in other languages
#
# The encoder was trained on sixteen languages at once, so that translations get similar vectors.
# **Question: how far does that carry?** A new probe for colours learns from eighty-eight short
# *English* sentences, and is then asked about birds in other languages.

# %%
ENGLISH = ["a {} bird", "this bird is {}", "a small {} bird on a branch", "the bird has a {} belly"]
ENGLISH += ["a bird with {} wings", "its feathers are {}", "a large {} bird", "a {} animal"]
lines = [frame.format(colour) for frame in ENGLISH for colour in COLOURS]
english_probe = fit_probe(embed(lines), np.tile(np.eye(11), (len(ENGLISH), 1)), strength=100.0)

# %% [markdown]
# A sentence with a gap for each language, and the eleven colours in the order of the English ones.

# %%
FRAMES = {"French": "un oiseau {}", "German": "ein {} Vogel", "Italian": "un uccello {}"}
FRAMES |= {"Spanish": "un pájaro {}", "Turkish": "{} bir kuş", "Japanese": "{}鳥"}
NAMES = {
    "French": "rouge orange jaune vert bleu violet marron noir blanc gris rose",
    "German": "roter orangefarbener gelber grüner blauer lila brauner schwarzer weißer grauer rosa",
    "Italian": "rosso arancione giallo verde blu viola marrone nero bianco grigio rosa",
    "Spanish": "rojo naranja amarillo verde azul morado marrón negro blanco gris rosa",
    "Turkish": "kırmızı turuncu sarı yeşil mavi mor kahverengi siyah beyaz gri pembe",
    "Japanese": "赤い オレンジ色の 黄色い 緑の 青い 紫の 茶色い 黒い 白い 灰色の ピンクの",
}
right, missed = {}, []
for language, words in NAMES.items():
    guess = english_probe(embed([FRAMES[language].format(word) for word in words.split()]))
    hit = guess.argmax(axis=1) == np.arange(11)
    right[language] = hit.mean()
    missed += [
        f"{language} {word}" for word, found in zip(words.split(), hit, strict=True) if not found
    ]

# %% [markdown]
# Which colours does it get right, and which words does it miss?

# %%
axis = sns.barplot(x=list(right), y=list(right.values()), color="#5b8c5a")
axis.axhline(1 / 11, color="#e07a3f", linewidth=3)
axis.set(title="A probe trained on English (orange: guessing)", ylabel="colours named rightly")
axis.set_ylim(0, 1)
plt.show()
print("missed:", ", ".join(missed) or "none")

# %% [markdown]
# It has never seen a word of them. That is why `generate.py` takes a French caption although no
# generator of this course has seen one. The missed words are a warning all the same: test the
# words that you need before you promise a language.
#
# ## 7. Why conditioning augmentation
#
# The generator could read the 512 whitened numbers directly. StackGAN puts a small layer before it,
# for a reason that you can count: the data set has some ten thousand captions, which is ten
# thousand *points* in a space of 512 dimensions. Between them the generator never learns what to
# do, and a new caption always falls between them.
#
# **Conditioning augmentation** makes each point a cloud. A dense layer turns the vector into a mean
# mu and a logarithm of a width, log sigma; the generator gets c = mu + sigma x epsilon, with new
# normal noise epsilon for every sample. It thus learns that the neighbourhood of a caption means
# the same bird.
#
# ![A dense layer gives mu and log sigma; epsilon is multiplied by sigma and added to mu; gradients
# pass back through the sum and the product to the dense layer, and stop at epsilon and at the
# frozen encoder](../figures/diagrams/conditioning.svg)
#
# *Notice the dashed arrows: since c is computed from mu and sigma and not drawn, its gradient
# reaches both.*
#
# We build it in three steps. First the mean and the width, and the noise:
#
# ### Exercise 3: sample the condition
#
# `mu` and `log_sigma` have shape (batch, size). Return c = mu + sigma x epsilon. Draw epsilon with
# `rng` (a NumPy `Generator`): standard normal, a number of its own for *every* entry.


# %%
def my_condition(mu, log_sigma, rng):
    """A sample c (batch, size) from the Gaussians that mu and log sigma describe."""
    return ...


checks_02.check_condition(my_condition)

# %% [markdown]
# Left to itself, the layer would cheat: noise only disturbs the task, so it would make mu large
# until the noise no longer counts, and the clouds would be points again. The second step is a
# price: the Kullback-Leibler divergence of each cloud from the standard normal distribution, which
# is 0 only for mu = 0 and sigma = 1.
#
# ### Exercise 4: the KL term
#
# For one dimension it is -log sigma + (sigma² + mu²) / 2 - 1/2. Return the mean over batch *and*
# dimensions, one number.


# %%
def my_kl(mu, log_sigma):
    """KL(N(mu, sigma^2) || N(0, 1)): the mean over batch and dimensions."""
    return ...


checks_02.check_kl(my_kl)

# %% [markdown]
# Third step, both in one Keras layer. `ops.split` gives mu the first half of the dense layer's
# outputs and log sigma the second. (Reading the same half twice is a classic bug of this layer:
# the KL term then looks healthy and does nothing for sigma.)


# %%
class AugmentedCondition(layers.Layer):
    """Vector (batch, width) -> sampled condition (batch, size); adds its KL term to the loss."""

    def __init__(self, size, kl_weight):
        super().__init__()
        small = keras.initializers.RandomNormal(stddev=0.01, seed=0)
        self.dense = layers.Dense(2 * size, kernel_initializer=small)
        self.kl_weight = kl_weight
        self.noise = keras.random.SeedGenerator(0)

    def call(self, vectors):
        mu, log_sigma = ops.split(self.dense(vectors), 2, axis=-1)
        self.add_loss(self.kl_weight * kl_divergence(mu, log_sigma))
        epsilon = keras.random.normal(ops.shape(mu), seed=self.noise)
        return mu + ops.exp(log_sigma) * epsilon


# %% [markdown]
# To see sigma and KL move we need a task that is quicker than a GAN: from the condition, a dense
# layer must say which colours the caption names. The captions are those of the data set. We train
# it three times: no price on KL, a small one, a high one. (`clipnorm` limits every update: sigma is
# an exponential, and without a price on KL nothing else keeps one odd caption from making it
# explode.)

# %%
train = pack.indices("zero-shot", "train")
rows = (train[:, None] * 10 + np.arange(0, 10, 2)).ravel()  # five captions of each picture
x = pack.whitening(train)(embeddings[rows])
y = np.array([[float(colour in named[row]) for colour in COLOURS] for row in rows])


def build(kl_weight):
    """A classifier of colours behind an augmented condition of 32 numbers."""
    keras.utils.set_random_seed(0)
    condition = AugmentedCondition(32, kl_weight)
    model = keras.Sequential([keras.Input((pack.width,)), condition, layers.Dense(11)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    right = keras.metrics.BinaryAccuracy(threshold=0.0, name="right")
    model.compile(keras.optimizers.Adam(2e-3, clipnorm=0.1), loss, metrics=[right])
    return model, condition


# %% [markdown]
# After every epoch we write down the mean sigma, the KL term (without its weight) and how often the
# classifier is right, with the noise on.

# %%
history, trained = [], {}
for kl_weight in (0.0, 0.3, 2.0):
    model, condition = build(kl_weight)
    trained[kl_weight] = condition

    def note(epoch, logs, condition=condition, kl_weight=kl_weight):
        mu, log_sigma = np.split(ops.convert_to_numpy(condition.dense(x[:1000])), 2, axis=1)
        noise = np.exp(log_sigma).mean() / np.abs(mu).mean()
        kl = float(kl_divergence(mu, log_sigma))
        history.append((kl_weight, epoch + 1, noise, kl, logs["right"]))

    watch = keras.callbacks.LambdaCallback(on_epoch_end=note)
    model.fit(x, y, batch_size=128, epochs=8, verbose=0, callbacks=[watch])

# %% [markdown]
# Three questions to the three panels: how wide are the clouds, compared with how far they lie from
# 0? What does the KL term cost? And what does the task pay for it?

# %%
names = ["weight of KL", "epoch", "sigma / |mu|", "KL", "right answers"]
table = pd.DataFrame(history, columns=names).astype({"weight of KL": str})
figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.6))
for axis, quantity in zip(axes, names[2:], strict=True):
    sns.lineplot(table, x="epoch", y=quantity, hue="weight of KL", marker="o", ax=axis,
                 legend=quantity == "KL")  # fmt: skip
    axis.set(title=quantity, ylabel="")
plt.show()

# %% [markdown]
# Without a price mu runs away from the noise and KL grows for ever: the clouds shrink to points.
# With a high price the clouds swallow their captions, and right answers fall. Between the two lies
# a weight that keeps clouds *and* answers.
#
# The same, seen: 300 samples of each of three captions, in the plane of their three means.

# %%
asked = embed(["a red bird", "a bird with blue wings", "a white bird with a yellow crown"])
asked = pack.whitening(train)(asked)
figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.6))
for axis, (kl_weight, condition) in zip(axes, trained.items(), strict=True):
    mu, log_sigma = np.split(ops.convert_to_numpy(condition.dense(asked)), 2, axis=1)
    directions = np.linalg.svd(mu - mu.mean(axis=0), full_matrices=False)[2][:2]
    noise = np.random.default_rng(0).standard_normal((300, *mu.shape))
    samples = (mu + np.exp(log_sigma) * noise - mu.mean(axis=0)) @ directions.T  # (300, 3, 2)
    for caption, colour in enumerate(("#c93030", "#3560c9", "#c9a227")):
        axis.scatter(*samples[:, caption].T, s=6, color=colour, alpha=0.6)
    axis.set(title=f"weight of KL: {kl_weight:g}", xticks=[], yticks=[])
    axis.set_aspect("equal", adjustable="datalim")
plt.show()

# %% [markdown]
# Left, islands with nothing between them. Right, the clouds run into each other, and the captions
# can hardly be told apart. In the middle, wide clouds that still keep apart: a walk from one
# caption to the next soon comes to known ground, and notebook 05 will take such walks.
#
# <details><summary>Expected result (toy birds)</summary>
#
# ![Samples of three captions for three weights of the KL term: far apart, near each
# other, one on top of the other](../figures/02_clouds.png)
#
# *Eight epochs on 4,800 captions of toy birds, seed 0, on 2 CPU cores.*
#
# </details>
#
# The library's version is what notebook 03 puts at the entrance of the generator. Compare it with
# ours: the noise comes in as an input, so that one can hold it still; the dense layer is followed
# by a LeakyReLU, as in StackGAN's code; and the KL term is left to the training step.

# %%
print(inspect.getsource(conditioning_augmentation))

# %% [markdown]
# ## Key points
#
# - `hub.load` returns a function from strings to vectors of 512 numbers and length 1; the encoder
#   stays frozen.
# - Cosine similarity tells topics apart, but a swap of two colours is nearer to a sentence than its
#   paraphrase.
# - A map in two dimensions is one singular value decomposition; which directions you choose decides
#   what you see.
# - Linear probes read colours, parts, negation and counting from the vector; but whoever learns
#   from captions that only affirm takes a denied colour for a named one.
# - Standardise, or better whiten, embeddings with the training captions' statistics: which part has
#   which colour lies in small directions that a network learns last.
# - A full stop moves every embedding the same way: captions are read in one plain form, in training
#   and in use.
# - A probe trained on English works in other languages, more or less: measure each one.
# - Conditioning augmentation turns each caption into a cloud; the KL term keeps sigma from becoming
#   meaningless, and its weight trades smoothness against obedience.
#
# ## References
#
# - Yang et al. *Multilingual Universal Sentence Encoder for Semantic Retrieval.* 2019.
#   https://arxiv.org/abs/1907.04307
# - Alain, Bengio. *Understanding intermediate layers using linear classifier probes.* 2016.
#   https://arxiv.org/abs/1610.01644
# - Zhang et al. *StackGAN.* ICCV 2017, section 3.2 (conditioning augmentation).
#   https://arxiv.org/abs/1612.03242
# - Kingma, Welling. *Auto-Encoding Variational Bayes.* 2013 (the reparametrisation and the KL
#   term). https://arxiv.org/abs/1312.6114
#
# **Next:** [03 Stage-I GAN](03_stage1_gan.ipynb): the vectors become pictures.
