# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 Evaluation and interpolation: solutions
#
# One good answer to each exercise of
# [05 Evaluation and interpolation](../05_evaluation_and_interpolation.ipynb), with the reason.
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
# The exercises need NumPy, the checks, and the library's versions for comparison.

# %%
import matplotlib.pyplot as plt
import numpy as np

from t2i_utils.course import checks_05
from t2i_utils.evaluation import kernel_distance, r_precision, slerp

# %% [markdown]
# ## Exercise 1: KID
#
# The kernel of every picture with every other is one matrix product. Its diagonal holds each
# picture with itself: the trace, which has to go.


# %%
def my_kernel_distance(real, fake):
    """The unbiased squared MMD with a cubic kernel: one number."""

    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(a):
        values = kernel(a, a)
        return (values.sum() - np.trace(values)) / (len(a) * (len(a) - 1))

    return within(real) + within(fake) - 2 * kernel(real, fake).mean()


assert checks_05.check_kernel_distance(my_kernel_distance)

# %% [markdown]
# What does the diagonal matter? Two sets from *one* cloud, of the size on the x axis, a hundred
# times each: with the diagonal the mean of the estimates is far from 0 when sets are small.


# %%
def with_diagonal(real, fake):
    """The same, but each picture is compared with itself too."""
    pairs = ((real, real, 1), (fake, fake, 1), (real, fake, -2))
    return sum(factor * ((a @ b.T / a.shape[1] + 1) ** 3).mean() for a, b, factor in pairs)


rng, sizes = np.random.default_rng(0), (5, 10, 20, 40, 80)
for rule, name in ((my_kernel_distance, "without"), (with_diagonal, "with")):
    means = [np.mean([rule(*rng.normal(size=(2, n, 64))) for _ in range(100)]) for n in sizes]
    plt.plot(sizes, means, marker="o", label=f"{name} the diagonal")
plt.axhline(0, color="#888888", linestyle="--")
plt.title("Leave the diagonal out, or few pictures look far apart")
plt.xlabel("pictures a set")
plt.ylabel("mean estimate (truth: 0)")
plt.legend()
plt.show()

# %% [markdown]
# The library's version splits the sums into parts, so that leaving out a tenth of the pictures
# costs nothing: from these ten numbers comes its standard error.

# %%
first, second = np.random.default_rng(1).normal(size=(2, 200, 64))
print(f"ours:      {my_kernel_distance(first, second):.5f}")
print(f"library's: {kernel_distance(first, second).value:.5f}")

# %% [markdown]
# ## Exercise 2: how sure is a share?
#
# Square both sides of $\sqrt{p (1 - p) / n} = 0.02$ and solve for $n$.

# %%
share, error = 0.4, 0.02
number_of_pictures = share * (1 - share) / error**2

assert checks_05.check_num_pictures(number_of_pictures)

# %% [markdown]
# To tell two generators apart you need more still: the error of a *difference* is $\sqrt 2$ times
# as large, and it should be a few errors away from 0.
#
# ## Exercise 3: R-precision
#
# Compare the own caption with the best of the others. `>` and not `>=`: a picture that is equally
# similar to all has found nothing. `argmax(axis=1) == 0` looks the same and is not, since argmax
# gives the first of equals.


# %%
def my_r_precision(similarity):
    """The share of rows whose column 0 is larger than every other column."""
    return (similarity[:, 0] > similarity[:, 1:].max(axis=1)).mean()


assert checks_05.check_r_precision(my_r_precision)

# %% [markdown]
# On made-up vectors, beside the library's version, which draws the 99 captions itself:

# %%
rng = np.random.default_rng(2)
texts = rng.normal(size=(300, 32))
pictures = texts + 2.0 * rng.normal(size=texts.shape)
texts, pictures = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (texts, pictures))
rows = [[i, *rng.choice(np.delete(np.arange(300), i), 99, replace=False)] for i in range(300)]
similarity = np.stack([texts[row] @ pictures[row[0]] for row in rows])
print(f"ours:      {my_r_precision(similarity):.3f}")
print(f"library's: {r_precision(pictures, texts, np.arange(300)):.3f}")

# %% [markdown]
# They differ a little, since each drew other captions.
#
# ## Exercise 4: slerp
#
# `clip` keeps a cosine of 1.0000000002 from becoming nan. Where the angle is 0 there is no arc to
# walk along.


# %%
def my_slerp(start, end, amount):
    """The point at `amount` (0 to 1) of the walk along the sphere."""
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return start
    return (np.sin((1 - amount) * angle) * start + np.sin(amount * angle) * end) / np.sin(angle)


assert checks_05.check_slerp(my_slerp)

# %% [markdown]
# Two dimensions show what it does: even steps along the circle. The straight line takes even steps
# too, but through the inside.

# %%
ends = np.array([[1.0, 0.0], [-0.6, 0.8]])
amounts = np.linspace(0, 1, 9)
arc = np.stack([my_slerp(*ends, amount) for amount in amounts])
line = np.outer(1 - amounts, ends[0]) + np.outer(amounts, ends[1])
figure, axis = plt.subplots(figsize=(6, 3.6))
for name, points in (("slerp", arc), ("lerp", line)):
    axis.plot(*points.T, marker="o", label=name)
axis.set(aspect="equal", title="Along the circle, or through it")
axis.legend()
plt.show()
print("largest difference from the library's:", np.abs(arc - slerp(*ends, amounts)).max())

# %% [markdown]
# Back to [05 Evaluation and interpolation](../05_evaluation_and_interpolation.ipynb), or to
# [the course page](../README.md).
