# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 Text encoding: solutions
#
# One good answer to each exercise of [02 Text encoding](../02_text_encoding.ipynb), with the
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
# All five exercises are NumPy only.

# %%
import numpy as np

from t2i_utils.course import checks_02

# %% [markdown]
# ## Exercise 1: cosine similarity
#
# Divide each row by its own length, then every product of two rows is a cosine. `keepdims=True`
# keeps the lengths as a column, so that each row is divided by its own.


# %%
def my_cosine(a, b):
    """Cosine similarity (n, m) of the rows of a (n, width) and of b (m, width)."""
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    return a @ b.T


assert checks_02.check_cosine(my_cosine)

# %% [markdown]
# ## Exercise 2: judge a probe on what it has not seen
#
# One mask does all of it: `out` is the group, and `~out` is everything else. The columns are
# counted over all answers. Counted over `answers[~out]`, they would be too few as soon as the last
# colour is named in the left-out group alone.


# %%
def my_scores_left_out(fit, vectors, answers, groups):
    """Accuracy on each group, of a probe that has learned on all the others."""
    right, one_hot = [], np.eye(answers.max() + 1)[answers]
    for group in np.unique(groups):
        out = groups == group
        probe = fit(vectors[~out], one_hot[~out])
        guess = probe(vectors[out]).argmax(axis=1)
        right.append((guess == answers[out]).mean())
    return np.array(right)


assert checks_02.check_left_out(my_scores_left_out)

# %% [markdown]
# Why whole groups? Here are "sentences" of which each group carries its own answer: the answer can
# be told from the group alone. A split by chance has each group on both sides and calls this
# knowledge. Leaving groups out shows that nothing was understood.


# %%
def fit(vectors, one_hot):
    """A least-squares probe without its bias, which is enough here."""
    weights = np.linalg.lstsq(vectors, one_hot, rcond=None)[0]
    return lambda others: others @ weights


rng = np.random.default_rng(0)
groups = np.repeat(np.arange(10), 20)
vectors = rng.standard_normal((10, 30))[groups] + 0.3 * rng.standard_normal((200, 30))
answers = rng.permutation(np.arange(10) % 2)[groups]
by_chance = my_scores_left_out(fit, vectors, answers, rng.permutation(groups)).mean()
print(f"left out by chance: {by_chance:.0%} right")
print(f"left out as groups: {my_scores_left_out(fit, vectors, answers, groups).mean():.0%} right")

# %% [markdown]
# ## Exercise 3: whiten
#
# One matrix does all of it, so that whitening costs one product, however many vectors come. Its
# columns are the axes, each divided by its own spread. `shrinkage` is there for the directions in
# which captions hardly vary: without it they would be as loud as all others.


# %%
def my_whitening(vectors, shrinkage):
    """PCA whitening with shrinkage: a function from vectors (n, width) to whitened ones."""
    mean = vectors.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(vectors.T))
    matrix = axes / np.sqrt(variances + shrinkage * variances.mean())
    matrix = matrix / np.sqrt((((vectors - mean) @ matrix) ** 2).mean())
    return lambda others: (others - mean) @ matrix


assert checks_02.check_whitening(my_whitening)

# %% [markdown]
# What does shrinkage do? Here is a cloud of 500 points with two directions that matter and one that
# is a hundred times smaller. Without shrinkage, the three come out alike.

# %%
rng = np.random.default_rng(0)
cloud = rng.standard_normal((500, 3)) * np.array([3.0, 1.0, 0.01])
for shrinkage in (1e-9, 0.1, 1.0):
    spread = my_whitening(cloud, shrinkage)(cloud).std(axis=0)
    print(f"shrinkage {shrinkage:g}: spread", np.round(np.sort(spread)[::-1], 3))

# %% [markdown]
# ## Exercise 4: sample the condition
#
# `mu.shape`, not `(size,)`: with one noise for the whole batch, all its pictures would be disturbed
# in the same direction, and the generator could learn to undo it.


# %%
def my_condition(mu, log_sigma, rng):
    """A sample c (batch, size) from the Gaussians that mu and log sigma describe."""
    return mu + np.exp(log_sigma) * rng.standard_normal(mu.shape)


assert checks_02.check_condition(my_condition)

# %% [markdown]
# ## Exercise 5: the KL term
#
# sigma² is exp(2 log sigma), since log sigma is the logarithm of sigma itself.


# %%
def my_kl(mu, log_sigma):
    """KL(N(mu, sigma^2) || N(0, 1)): the mean over batch and dimensions."""
    return np.mean(-log_sigma + (np.exp(2 * log_sigma) + mu**2) / 2 - 0.5)


assert checks_02.check_kl(my_kl)

# %% [markdown]
# It is the library's formula, `t2i_utils.stackgan.losses.kl_divergence`, which training uses.
#
# Back to [02 Text encoding](../02_text_encoding.ipynb), or on to
# [03 Stage-I GAN](../03_stage1_gan.ipynb).
