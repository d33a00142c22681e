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


def colours_there(found, named, colours, least=0.025, *, asks=np.greater_equal, share=np.mean):
    """The solution, with one thing changed: for each picture, of the named ones and the others."""
    own, others = [], []
    for picture, wanted in zip(found, named, strict=True):
        there = {c: asks((picture == c).mean(), least) for c in colours}
        own.append(share([there[c] for c in wanted]))
        others.append(share([there[c] for c in colours if c not in wanted]))
    return np.array(own), np.array(others)


def of_pixels(found, named, colours, least):
    amounts = [sum((one == c).mean() for c in own) for one, own in zip(found, named, strict=True)]
    return np.array(amounts), colours_there(found, named, colours)[1]


def over_all(found, named, colours, least):
    return tuple(each * 2 / 4 for each in colours_there(found, named, colours))


def over_those_there(found, named, colours, least):
    own, others = colours_there(found, named, colours, share=np.sum)
    return own / np.maximum(own + others, 1), others


def with_others(change):
    """The solution, with another second array: a function of the first and the right second."""

    def answer(*given):
        own, others = colours_there(*given)
        return own, change(own, others)

    return answer


def test_colours_that_are_there_are_accepted(capsys):
    for function in (colours_there, checks_07.ready_colours_there):
        accepted(capsys, checks_07.check_colours_there, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda *given: ..., "replace the ..."),
        (lambda *given: (..., ...), "replace the ..."),
        (lambda found, *given: found[9], "IndexError"),
        (lambda *given: colours_there(*given)[0], "return two arrays"),
        (lambda *given: (0.5, 0.5), "3 shares in each array"),
        (lambda *given: colours_there(*given)[::-1], "the other way round"),
        (lambda f, n, c, least: colours_there(f, n, c, 1e-9), "a few pixels are not enough"),
        (lambda *given: colours_there(*given, asks=np.greater), "exactly `least`"),
        (of_pixels, "that is a share of pixels"),
        (lambda *given: colours_there(*given, share=np.sum), "divide by how many are named"),
        (over_all, "not by all"),
        (lambda *given: colours_there(*given, share=np.max), "is a half, not all"),
        (over_those_there, "not by how many are there"),
        (lambda *given: (np.ones(3), np.ones(3)), "named colours that are there: expected"),
        (with_others(lambda own, others: 1 - own), "1 - own is not their share"),
        (with_others(lambda own, others: others / 2), "divide by how many these are"),
        (with_others(lambda own, others: (own + others) / 2), "leave the named colours out"),
        (with_others(lambda own, others: others * 0), "the colours that are not named: expected"),
    ],
)
def test_wrong_colours_get_their_hint(capsys, function, hint):
    refused(capsys, checks_07.check_colours_there, function, hint)


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
