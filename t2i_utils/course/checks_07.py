"""Checks of exercises 1, 4, 5 and 8 in notebook 07 (your own pictures)."""

import contextlib
import csv
import io
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from keras import layers
from PIL import Image

from t2i_utils.captioning.vocabulary import SPECIAL
from t2i_utils.course.checks import as_array, call, short, verdict
from t2i_utils.data import read_dataset
from t2i_utils.errors import InputError

# --- exercise 1: a list of captions ------------------------------------------------------------

_CAPTIONS = {
    "train/one.png": ["a red bird", "this bird is red, its wings are black"],
    "train/two.png": ['a bird that says "tweet", and is blue'],
    "test/three.png": ["a green bird", "a bird on a branch", "small, green and round"],
}


def check_captions_csv(function: Callable[..., Any]) -> bool:
    """Exercise 1: the text of a captions.csv that the library reads as it was meant."""
    given = {name: list(captions) for name, captions in _CAPTIONS.items()}
    answer, problem = call(function, given)
    if problem:
        return verdict(False, problem)
    if not isinstance(answer, str):
        return verdict(False, f"return the text of the file, not {short(answer)}")
    try:
        found = _read(answer)
    except InputError as error:
        return verdict(False, _csv_hint(answer, str(error)))
    for name, captions in _CAPTIONS.items():
        if found.get(name) != captions:
            return verdict(False, _captions_hint(name, captions, found))
    return verdict(True, "a row for each caption, and the reader gets every comma and quote back")


def ready_captions_csv(captions: dict[str, list[str]]) -> str:
    """A right answer, to go on with until the learner's is one."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["file", "caption"])
    for name, sentences in captions.items():
        writer.writerows([name, sentence] for sentence in sentences)
    return text.getvalue()


def _read(text: str) -> dict[str, list[str]]:
    """What the library reads of a captions.csv with this text: {file: captions}."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        root = Path(folder).resolve()
        for name in _CAPTIONS:
            (root / name).parent.mkdir(exist_ok=True)
            Image.new("RGB", (8, 8)).save(root / name)
        (root / "captions.csv").write_text(text, encoding="utf-8", newline="")
        try:
            records = read_dataset(root).records
        except InputError as error:
            raise InputError(str(error).replace(f"{root}/", "")) from error
        return {r.path.relative_to(root).as_posix(): list(r.captions) for r in records}


def _csv_hint(text: str, error: str) -> str:
    lines = text.splitlines()
    if "too many columns" in error:
        return "a comma inside a caption ends its column: put the caption in quotes (csv.writer)"
    if "no picture" in error and (len(lines) < 2 or "captions" in lines[0] or '"[' in text):
        return f"one row for each picture and caption, in the order file,caption; {error}"
    if "no picture" in error:
        return f"the first column is the file's name, as in the dictionary; {error}"
    if "line 1: expected the columns" in error:
        return "the first line is file,caption; then come the rows, each on a line of its own"
    if "close each quote" in error or "a quote opens here" in error:
        return 'a quote inside a quoted caption is written twice, ""; csv.writer does it'
    return f"the library says: {error}"


def _captions_hint(name: str, captions: list[str], found: dict[str, list[str]]) -> str:
    read = found.get(name)
    if read is None:
        return f"{name} has no row"
    if len(read) == 1 < len(captions):
        joined = all(caption in read[0] for caption in captions)
        if joined:
            return f"{name} has {len(captions)} captions: a row for each, not all of them in one"
        return f"only one caption of {name} was read: write a row for each"
    if any('"' in text for text in captions) and [text.replace('"', "") for text in captions] == [
        text.replace('"', "") for text in read
    ]:
        return "a quotation mark was lost: inside quotes it is written twice"
    return f"{name}: expected {captions}, the library read {read}"


# --- exercise 4: are the colours there? --------------------------------------------------------

_COLOURS = ("red", "blue", "green", "white")


def ready_colours_there(
    found: np.ndarray, named: Sequence[set[str]], colours: Sequence[str], least: float = 0.025
) -> tuple[np.ndarray, np.ndarray]:
    """A right answer, to go on with until the learner's is one."""
    there = np.array([(found == colour).mean(axis=(1, 2)) >= least for colour in colours]).T
    asked = np.array([[colour in own for colour in colours] for own in named])
    shares = [(there & each).sum(axis=1) / each.sum(axis=1) for each in (asked, ~asked)]
    return shares[0], shares[1]


def _coloured() -> tuple[np.ndarray, list[set[str]]]:
    """Three pictures (3, 10, 20) of names: 200 pixels each, so that 5 are enough."""
    found = np.full((3, 10, 20), "paper", dtype="<U5")
    for picture, colour, row, count in (
        (0, "red", 0, 20), (0, "blue", 1, 5), (0, "green", 2, 4),
        (1, "red", 0, 20), (1, "green", 1, 20), (1, "white", 2, 8),
        (2, "blue", 0, 3), (2, "white", 1, 20),
    ):  # fmt: skip
        found[picture, row, :count] = colour
    return found, [{"red", "blue"}, {"red", "blue"}, {"blue", "green"}]


def check_colours_there(function: Callable[..., Any]) -> bool:
    """Exercise 4: of each picture, what share of the named colours and of the others is there."""
    found, named = _coloured()
    answer, problem = call(function, found.copy(), [set(own) for own in named], _COLOURS, 0.025)
    if problem:
        return verdict(False, problem)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return verdict(False, f"return two arrays, named and not named; got {short(answer)}")
    both = [as_array(each) for each in answer]
    if any(each is None or each.shape != (3,) for each in both):
        shapes = [getattr(each, "shape", None) for each in both]
        return verdict(False, f"3 pictures get 3 shares in each array; got shapes {shapes}")
    own, other = (np.asarray(each, float) for each in both)
    right = ready_colours_there(found, named, _COLOURS)
    if np.allclose(own, right[0]) and np.allclose(other, right[1]):
        return verdict(True, "each colour is looked for, whether the caption names it or not")
    return verdict(False, _colours_hint(own, other, right))


def _colours_hint(own: np.ndarray, other: np.ndarray, right: tuple) -> str:
    found, named = _coloured()

    def with_least(least: float) -> np.ndarray:
        return ready_colours_there(found, named, _COLOURS, least)[0]

    amounts = np.array([[(one == c).mean() for c in _COLOURS] for one in found])
    asked = np.array([[c in names for c in _COLOURS] for names in named])
    there = amounts >= 0.025
    for wrong, hint in (
        (right[1], "the other way round: first the colours that the caption names"),
        (with_least(1e-9), "a few pixels are not enough: a colour is there from the share `least` "
         "of the pixels on"),
        (with_least(0.026), "a colour whose share is exactly `least` is there, too (>=)"),
        ((amounts * asked).sum(axis=1), "that is a share of pixels; count the colours that are "
         "there"),
        ((there & asked).sum(axis=1), "that is a number of colours: divide by how many are named"),
        ((there & asked).mean(axis=1), "divide by how many colours the caption names, not by all"),
        ((there & asked).any(axis=1), "one named colour of two is a half, not all"),
        ((there & asked).sum(axis=1) / np.maximum(there.sum(axis=1), 1), "divide by how many "
         "colours are named, not by how many are there"),
    ):  # fmt: skip
        if np.allclose(own, wrong):
            return hint
    if not np.allclose(own, right[0]):
        return f"named colours that are there: expected {right[0].tolist()}, got {own.tolist()}"
    others = "the colours that are not named"
    if np.allclose(other, 1 - own):
        return f"{others} are looked for in the picture, too; 1 - own is not their share"
    if np.allclose(other, (there & ~asked).mean(axis=1)):
        return f"{others}: divide by how many these are, not by all"
    if np.allclose(other, there.mean(axis=1)):
        return f"leave the named colours out of {others}"
    return f"{others}: expected {right[1].tolist()}, got {other.tolist()}"


# --- exercise 5: start from trained weights ----------------------------------------------------


def ready_take_over(gan: Any, generator: Any, discriminator: Any) -> None:
    """A right answer, to go on with until the learner's is one."""
    for model in (gan.generator, gan.averaged):
        model.set_weights(generator.get_weights())
    if discriminator is not None:
        ours, theirs = gan.discriminator.state_variables, discriminator.state_variables
        for new, old in zip(ours, theirs, strict=True):
            new.assign(old)


def _small_model() -> keras.Model:
    """A model with statistics that training does not learn by gradients."""
    inputs = keras.Input((3,))
    return keras.Model(inputs, layers.BatchNormalization()(layers.Dense(2)(inputs)))


def _numbers(model: keras.Model) -> list[np.ndarray]:
    return [np.copy(values) for values in model.get_weights()]


def check_take_over(function: Callable[..., Any]) -> bool:
    """Exercise 5: a new GAN gets the weights of a trained generator, and of a discriminator."""
    for is_there in (True, False):
        right, message = _try_take_over(function, is_there)
        if not right:
            return verdict(False, message)
    return verdict(True, "generator, average and discriminator begin where others have ended")


def _try_take_over(function: Callable[..., Any], is_there: bool) -> tuple[bool, str]:
    """Whether all numbers are where they belong; `is_there`: a trained discriminator."""
    names = ("generator", "averaged", "discriminator", "their generator", "their discriminator")
    models = {name: _small_model() for name in names}
    random = np.random.default_rng(0)
    for model in models.values():
        for variable in model.variables:
            variable.assign(random.normal(size=variable.shape) + 2)
    before = {name: _numbers(model) for name, model in models.items()}
    ours, theirs = (
        SimpleNamespace(state_variables=models[name].variables)
        for name in ("discriminator", "their discriminator")
    )
    gan = SimpleNamespace(
        generator=models["generator"], averaged=models["averaged"], discriminator=ours
    )
    trained = models["their generator"], theirs if is_there else None
    try:
        function(gan, *trained)
    except Exception as error:  # whatever a learner's code may raise
        when = "" if is_there else "where the discriminator is None, "
        return False, f"{when}your function stopped with {type(error).__name__}: {error}"
    if gan.generator is trained[0] or gan.averaged is trained[0]:
        return False, "copy the numbers: now both GANs would train one and the same model"
    if gan.discriminator is not ours:
        return False, "copy the discriminator's numbers: its optimiser knows the old variables"
    return _take_over_verdict(models, before, is_there)


def _take_over_verdict(
    models: dict[str, Any], before: dict[str, Any], is_there: bool
) -> tuple[bool, str]:
    now = {name: _numbers(model) for name, model in models.items()}

    def same(name: str, other: str) -> list[bool]:
        return [np.allclose(a, b) for a, b in zip(now[name], before[other], strict=True)]

    for name in ("their generator", "their discriminator"):
        if not all(same(name, name)):
            return False, f"the other way round: {name.removeprefix('their ')}'s weights changed"
    wanted = {
        "generator": "their generator",
        "averaged": "their generator",
        "discriminator": "their discriminator" if is_there else "discriminator",
    }
    untouched = [name for name in wanted if wanted[name] != name and all(same(name, name))]
    if len(untouched) == 3:
        return False, "nothing was copied yet: replace the ..."
    if "averaged" in untouched:
        return False, "gan.averaged is what draws, and it still begins from nothing: copy it too"
    if untouched:
        return False, f"gan.{untouched[0]} still begins from nothing"
    for name, source in wanted.items():
        kept = same(name, source)
        if not all(kept):
            trainable = [variable.trainable for variable in models[name].variables]
            if kept == trainable:
                return False, (
                    f"gan.{name}: only trained weights came over; BatchNorm's statistics belong to "
                    "them, so take all variables"
                )
            return False, f"gan.{name}: not all numbers are those of the trained one"
    return True, ""


# --- exercise 8: a vocabulary that grows -------------------------------------------------------


def ready_word_rows(
    old: list[str], new: list[str], vectors: np.ndarray, fresh: np.ndarray
) -> np.ndarray:
    """A right answer, to go on with until the learner's is one."""
    return np.array([vectors[old.index(w)] if w in old else fresh[i] for i, w in enumerate(new)])


def check_word_rows(function: Callable[..., Any]) -> bool:
    """Exercise 8: the vectors of a new vocabulary, those of known words taken over."""
    old, new = [*SPECIAL, "bird", "red", "wings"], [*SPECIAL, "wings", "coral", "bird", "paper"]
    vectors = np.arange(len(old) * 3, dtype="float32").reshape(-1, 3)
    fresh = -np.arange(1, len(new) * 3 + 1, dtype="float32").reshape(-1, 3)
    answer, problem = call(function, list(old), list(new), vectors.copy(), fresh.copy())
    if problem:
        if "ValueError" in problem or "KeyError" in problem:
            problem += "; a word that the old list lacks keeps its fresh vector"
        return verdict(False, problem)
    found = as_array(answer)
    if found is None or found.shape != fresh.shape:
        return verdict(False, f"one vector for each of the 8 new words, {_shape_of(answer)}")
    right = ready_word_rows(old, new, vectors, fresh)
    if np.allclose(found, right):
        return verdict(True, "known words keep what they mean, and new ones begin afresh")
    by_place, unknown, zero, fixed = (fresh.copy(), right.copy(), right.copy(), right.copy())
    by_place[: len(old)] = vectors
    unknown[[5, 7]] = vectors[3]
    zero[[5, 7]] = 0
    fixed[:4] = fresh[:4]
    mean = np.where(np.isin(np.arange(8), (5, 7))[:, None], vectors.mean(axis=0), right)
    for wrong, hint in (
        (fresh, "no vector was taken over"),
        (by_place, 'by the word, not by its place: "wings" has another number now'),
        (unknown, "all new words begin as UNKNOWN, and as one another: give each its fresh vector"),
        (zero, "a new word's vector is 0: give it its fresh one"),
        (mean, "new words begin as one another: give each its fresh vector"),
        (fixed, "the marks (padding, start, end, unknown) are known words, too"),
    ):
        if np.allclose(found, wrong):
            return verdict(False, hint)
    place = int(np.flatnonzero(~np.isclose(found, right).all(axis=1))[0])
    expected, got = right[place].tolist(), found[place].tolist()
    return verdict(False, f"the vector of {new[place]!r}: expected {expected}, got {got}")


def _shape_of(answer: Any) -> str:
    shape = getattr(as_array(answer), "shape", None)
    return f"shape (8, 3); got {short(answer) if shape is None else shape}"
