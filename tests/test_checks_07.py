"""The checks of notebook 07: the solution passes, each usual mistake gets the hint that fits."""

import csv
import io

import numpy as np
import pytest
from answers import refused, said

from t2i_utils.course import checks_07


def accepted(capsys, check, answer) -> None:
    assert check(answer) is True
    assert said(capsys).startswith("Right: ")


# --- exercise 1 --------------------------------------------------------------------------------


def table(captions, *, header=("file", "caption"), separator=",", rows=None, turn=False) -> str:
    """The solution, with one thing changed."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    if header:
        writer.writerow(header)
    for name, sentences in captions.items():
        for sentence in sentences if rows is None else rows(sentences):
            writer.writerow((sentence, name) if turn else (name, sentence))
    return text.getvalue()


def by_hand(captions):
    quoted = [(n, s.replace('"', '""')) for n, own in captions.items() for s in own]
    return "file,caption\n" + "".join(f'{name},"{text}"\n' for name, text in quoted)


def plain(captions):
    return "file,caption\n" + "".join(f"{n},{s}\n" for n, own in captions.items() for s in own)


def half_quoted(captions):
    return "file,caption\n" + "".join(f'{n},"{s}"\n' for n, own in captions.items() for s in own)


def without_quotes(captions):
    return table({n: [s.replace('"', "") for s in own] for n, own in captions.items()})


def test_a_list_is_accepted_in_any_style(capsys):
    for function in (
        table,
        checks_07.ready_captions_csv,
        by_hand,
        lambda captions: table(captions, header=None),
        lambda captions: table(captions, separator=";"),
        lambda captions: table(captions, separator="\t", header=("image", "text")),
        lambda captions: table(captions, header=("caption", "file"), turn=True),
        lambda captions: table(captions).replace("\r\n", "\n"),
    ):
        accepted(capsys, checks_07.check_captions_csv, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda captions: ..., "replace the ..."),
        (lambda captions: 1 / 0, "ZeroDivisionError"),
        (lambda captions: list(captions), "the text of the file"),
        (plain, "put the caption in quotes"),
        (half_quoted, 'written twice, ""'),
        (without_quotes, "a quotation mark was lost"),
        (lambda captions: table(captions, rows=lambda own: own[:1]), "only one caption"),
        (lambda captions: table(captions, rows=lambda own: [" ".join(own)]), "a row for each"),
        (lambda captions: table(captions, rows=lambda own: [own]), "a row for each"),
        (lambda captions: table(captions, header=("picture", "words")), "first line is file"),
        (lambda captions: table(captions, turn=True), "the first column is the file's name"),
        (lambda captions: table(captions).replace("\r\n", " "), "a line of its own"),
        (lambda captions: table({"train/one.png": captions["train/one.png"]}), "has no row"),
        (lambda captions: table({n.split("/")[1]: s for n, s in captions.items()}),
         "as in the dictionary"),
        (lambda captions: "", "first line is file"),
    ],
)  # fmt: skip
def test_a_wrong_list_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_07.check_captions_csv, function, hint)


# --- exercise 4 --------------------------------------------------------------------------------


def distances(drawn, training):
    return np.linalg.norm(drawn[:, None] - training[None], axis=-1)


def nearest(drawn, training):
    found = distances(drawn, training)
    return found.argmin(axis=1), found.min(axis=1)


def of_angles(drawn, training):
    unit = [a / np.linalg.norm(a, axis=1, keepdims=True) for a in (drawn, training)]
    return (unit[0] @ unit[1].T).argmax(axis=1), nearest(drawn, training)[1]


def test_nearest_is_accepted(capsys):
    from t2i_utils.evaluation.diversity import nearest_neighbours

    def by_products(drawn, training):
        squares = (drawn**2).sum(1)[:, None] + (training**2).sum(1) - 2 * drawn @ training.T
        return squares.argmin(1), np.sqrt(squares.min(1))

    def in_a_loop(drawn, training):
        found = [nearest(row[None], training) for row in drawn]
        return [int(row[0]) for row, _ in found], [float(far[0]) for _, far in found]

    for function in (nearest, nearest_neighbours, by_products, in_a_loop):
        accepted(capsys, checks_07.check_nearest, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda drawn, training: ..., "replace the ..."),
        (lambda drawn, training: (..., ...), "replace the ..."),
        (lambda drawn, training: drawn - training, "ValueError"),
        (lambda drawn, training: distances(drawn, training).argmin(axis=1), "two arrays"),
        (lambda drawn, training: nearest(training, drawn), "along the other axis"),
        (lambda drawn, training: (0, 1.0), "5 rows and 5 distances"),
        (lambda drawn, training: nearest(drawn, training)[::-1], "first the rows"),
        (lambda drawn, training: (distances(drawn, training).argmax(1), np.ones(5)), "farthest"),
        (of_angles, "the smallest angle"),
        (lambda drawn, training: ((drawn @ training.T).argmax(1), np.ones(5)), "inner product"),
        (lambda drawn, training: (nearest(drawn, training)[0] + 1, np.ones(5)), "count from 0"),
        (lambda drawn, training: (nearest(drawn, training)[0], nearest(drawn, training)[1] ** 2),
         "take the root"),
        (lambda drawn, training: (nearest(drawn, training)[0], distances(drawn, training).mean(1)),
         "not the mean"),
        (lambda drawn, training: (nearest(drawn, training)[0],
                                  nearest(drawn, training)[1] / drawn.shape[1] ** 0.5),
         "*sum* of squares"),
        (lambda drawn, training: (nearest(drawn, training)[0], np.ones(5)), "expected ["),
        (lambda drawn, training: (np.zeros(5, int), np.ones(5)), "expected rows"),
    ],
)  # fmt: skip
def test_a_wrong_neighbour_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_07.check_nearest, function, hint)


# --- exercise 5 --------------------------------------------------------------------------------


def copy(source, target, only_trainable=False):
    for old, new in zip(source, target, strict=True):
        if new.trainable or not only_trainable:
            new.assign(old)


def take_over(gan, generator, discriminator, *, averaged=True, judge=True, only_trainable=False):
    """The solution, with one thing changed."""
    for model in (gan.generator, gan.averaged) if averaged else (gan.generator,):
        copy(generator.variables, model.variables, only_trainable)
    if judge and discriminator is not None:
        copy(discriminator.state_variables, gan.discriminator.state_variables, only_trainable)


def the_other_way_round(gan, generator, discriminator):
    copy(gan.generator.variables, generator.variables)


def one_and_the_same(gan, generator, discriminator):
    gan.generator = gan.averaged = generator


def another_judge(gan, generator, discriminator):
    take_over(gan, generator, discriminator, judge=False)
    gan.discriminator = discriminator


def always_a_judge(gan, generator, discriminator):
    take_over(gan, generator, discriminator)
    copy(discriminator.state_variables, gan.discriminator.state_variables)


def halved(gan, generator, discriminator):
    take_over(gan, generator, discriminator)
    for variable in gan.generator.variables:
        variable.assign(variable / 2)


def test_weights_that_are_taken_over_are_accepted(capsys):
    def by_lists(gan, generator, discriminator):
        gan.generator.set_weights(generator.get_weights())
        gan.averaged.set_weights(generator.get_weights())
        if discriminator is not None:
            copy(discriminator.state_variables, gan.discriminator.state_variables)

    for function in (take_over, by_lists, checks_07.ready_take_over):
        accepted(capsys, checks_07.check_take_over, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "TypeError"),
        (lambda *players: ..., "nothing was copied"),
        (lambda *players: 1 / 0, "ZeroDivisionError"),
        (lambda *players: take_over(*players, averaged=False), "gan.averaged is what draws"),
        (lambda *players: take_over(*players, judge=False), "gan.discriminator still begins"),
        (lambda *players: take_over(*players, only_trainable=True), "BatchNorm's statistics"),
        (the_other_way_round, "the other way round"),
        (one_and_the_same, "copy the numbers"),
        (another_judge, "copy the discriminator's numbers"),
        (halved, "not all numbers"),
        (always_a_judge, "where the discriminator is None"),
    ],
)
def test_weights_that_are_not_taken_over_get_their_hint(capsys, function, hint):
    refused(capsys, checks_07.check_take_over, function, hint)


# --- exercise 8 --------------------------------------------------------------------------------


def rows(old, new, vectors, fresh, *, known=lambda word: True, otherwise=None):
    """The solution, with one thing changed."""
    found = []
    for word, own in zip(new, fresh, strict=True):
        if word in old and known(word):
            found.append(vectors[old.index(word)])
        else:
            found.append(own if otherwise is None else otherwise)
    return np.array(found)


def by_place(old, new, vectors, fresh):
    return np.concatenate([vectors, fresh[len(vectors) :]])


def test_word_rows_are_accepted(capsys):
    def with_a_dictionary(old, new, vectors, fresh):
        places = {word: place for place, word in enumerate(old)}
        for place, word in enumerate(new):
            if word in places:
                fresh[place] = vectors[places[word]]
        return fresh

    for function in (
        rows,
        with_a_dictionary,
        checks_07.ready_word_rows,
        lambda *a: rows(*a).tolist(),
    ):
        accepted(capsys, checks_07.check_word_rows, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda *given: ..., "replace the ..."),
        (lambda old, new, vectors, fresh: np.array([vectors[old.index(w)] for w in new]),
         "keeps its fresh vector"),
        (lambda old, new, vectors, fresh: fresh, "no vector was taken over"),
        (lambda old, new, vectors, fresh: vectors, "one vector for each of the 8"),
        (by_place, "not by its place"),
        (lambda old, new, vectors, fresh: rows(old, new, vectors, fresh, otherwise=vectors[3]),
         "begin as UNKNOWN"),
        (lambda old, new, vectors, fresh: rows(old, new, vectors, fresh, otherwise=0 * vectors[0]),
         "vector is 0"),
        (lambda old, new, vectors, fresh:
         rows(old, new, vectors, fresh, otherwise=vectors.mean(axis=0)), "as one another"),
        (lambda *a: rows(*a, known=lambda word: not word.startswith("<")), "the marks"),
        (lambda *a: rows(*a)[::-1], "the vector of"),
    ],
)  # fmt: skip
def test_wrong_word_rows_get_their_hint(capsys, function, hint):
    refused(capsys, checks_07.check_word_rows, function, hint)
