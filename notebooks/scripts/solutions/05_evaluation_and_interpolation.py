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
from t2i_utils.course.show import show_figure
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
figure, axis = plt.subplots(figsize=(6.5, 4))
for rule, name in ((my_kernel_distance, "without"), (with_diagonal, "with")):
    means = [np.mean([rule(*rng.normal(size=(2, n, 64))) for _ in range(100)]) for n in sizes]
    axis.plot(sizes, means, marker="o", label=f"{name} the diagonal")
axis.axhline(0, color="#888888", linestyle="--")
axis.set(title="Leave the diagonal out, or few pictures look far apart")
axis.set(xlabel="pictures per set", ylabel="mean estimate (truth: 0)")
axis.legend()
show_figure(figure, "with the diagonal, few pictures look far apart; without it, near 0")

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
# ## Exercise 3: is it covered?
#
# Sort each row of the cloud's own distances. At place 0 stands the point itself, so its third
# fellow is at place 3. Then each point asks whether any ball holds it.


# %%
def distances_between(first, second):
    """Euclidean distances (n, m) of the rows of first (n, d) and of second (m, d)."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    return np.sqrt(np.maximum(squares - 2 * first @ second.T, 0))


def my_covered(points, cloud):
    """The share of points in the ball of some point of the cloud, to its third fellow."""
    radii = np.sort(distances_between(cloud, cloud), axis=1)[:, 3]
    return (distances_between(points, cloud) <= radii).any(axis=1).mean()


assert checks_05.check_covered(my_covered)

# %% [markdown]
# In two dimensions the balls can be seen. Orange points outside all of them count as wrong:

# %%
rng = np.random.default_rng(6)
cloud, points = rng.normal(size=(40, 2)), rng.normal(size=(40, 2)) + [1.2, 0]
figure, axis = plt.subplots(figsize=(6.5, 4))
for middle, radius in zip(cloud, np.sort(distances_between(cloud, cloud))[:, 3], strict=True):
    axis.add_patch(plt.Circle(middle, radius, color="#1f6f8b", alpha=0.08))
axis.plot(*cloud.T, ".", label="real")
axis.plot(*points.T, ".", label="drawn")
axis.set(aspect="equal", title=f"Precision {my_covered(points, cloud):.0%}")
axis.legend()
show_figure(figure, "balls around real points cover most of the drawn points, but not all")

# %% [markdown]
# One real picture that lies far from all others has a wide ball, and forgives much. So precision is
# generous where real pictures are rare.
#
# ## Exercise 4: R-precision
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
# ## Exercise 5: how much a group differs
#
# `np.triu_indices(k, 1)` gives the places above the diagonal, which is each pair once.


# %%
def my_spread(features):
    """The mean distance of two different pictures of a group: one number."""
    first, second = np.triu_indices(len(features), 1)
    return np.linalg.norm(features[first] - features[second], axis=1).mean()


assert checks_05.check_spread(my_spread)

# %% [markdown]
# Why leave out the diagonal? With it, small groups look more alike than large ones of the same
# cloud:

# %%
rng = np.random.default_rng(3)
for k in (2, 4, 8, 16):
    groups = rng.normal(size=(200, k, 64))
    mean = np.mean([my_spread(group) for group in groups])
    print(f"{k:2} pictures: {mean:.1f}; with the diagonal {mean * (k - 1) / k:.1f}")

# %% [markdown]
# ## Exercise 6: slerp
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
show_figure(figure, "nine points of slerp on an arc of the circle, nine of lerp on its chord")
print("largest difference from the library's:", np.abs(arc - slerp(*ends, amounts)).max())

# %% [markdown]
# ## Exercise 7: a straight line that keeps its length
#
# First the straight line, then each point divided by its own length and multiplied by the wanted
# one. `amounts[:, None]` makes a column, so that each row gets its own amount.


# %%
def my_keep_length(start, end, amounts):
    """Points of the straight line, each brought to the length that belongs to its amount."""
    amounts = np.asarray(amounts)[:, None]
    points = (1 - amounts) * start + amounts * end
    wanted = (1 - amounts) * np.linalg.norm(start) + amounts * np.linalg.norm(end)
    return points * wanted / np.linalg.norm(points, axis=1, keepdims=True)


assert checks_05.check_keep_length(my_keep_length)

# %% [markdown]
# It hurries in the middle where the ends are far apart: the steps have different lengths.

# %%
points = my_keep_length(*ends, amounts)
print("its steps:    ", np.linalg.norm(np.diff(points, axis=0), axis=1).round(2))
print("slerp's steps:", np.linalg.norm(np.diff(arc, axis=0), axis=1).round(2))

# %% [markdown]
# ## Exercise 8: is there a cliff?
#
# `np.diff` along the walk gives the steps, their norms are the lengths.


# %%
def my_longest_step(features):
    """The longest step of a walk, as a share of its whole way."""
    steps = np.linalg.norm(np.diff(features, axis=0), axis=1)
    return steps.max() / steps.sum() if steps.any() else 0.0


assert checks_05.check_longest_step(my_longest_step)

# %% [markdown]
# One thing that it does not see: pictures that have nothing to do with each other make even steps,
# too. So look at the pictures of a walk before you praise it.

# %%
print(
    f"nine unrelated pictures: {my_longest_step(np.random.default_rng(4).normal(size=(9, 64))):.2f}"
)

# %% [markdown]
# Back to [05 Evaluation and interpolation](../05_evaluation_and_interpolation.ipynb), or to
# [the course page](../README.md).
