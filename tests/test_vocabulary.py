"""Words to numbers and back."""

import pytest

from t2i_utils.captioning.vocabulary import (
    END,
    PADDING,
    SPECIAL,
    START,
    UNKNOWN,
    Vocabulary,
    words,
)

CAPTIONS = ["a red bird", "a red wing", "red, RED: a crown!", "a blue bird"]


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("This bird's crown is Red, and BLACK.", "this bird's crown is red and black"),
        ("a gray-white wing - long", "a gray-white wing long"),
        ("Gray and grayish; coloured", "grey and greyish colored"),
        ("the bird’s 2 wings\n\tand tail", "the bird's 2 wings and tail"),
        ("un œil jaune 鳥", "un il jaune"),
        ("--- '' 鳥", ""),
        ("", ""),
    ],
)
def test_words_of_a_sentence(caption, expected):
    assert " ".join(words(caption)) == expected


def test_frequent_words_come_first_and_rare_ones_are_left_out():
    # "red" is in three captions, though it is said four times.
    assert Vocabulary.of(CAPTIONS, least_count=1).words == (
        *SPECIAL, "a", "red", "bird", "blue", "crown", "wing",
    )  # fmt: skip
    assert Vocabulary.of(CAPTIONS, least_count=3).words == (*SPECIAL, "a", "red")
    assert len(Vocabulary.of(CAPTIONS)) == len(SPECIAL)


def test_a_sentence_becomes_numbers_and_comes_back():
    vocabulary = Vocabulary.of(CAPTIONS, least_count=1)
    rows = vocabulary.encode(["A red bird.", "a GREEN bird", ""], 6)
    a, red, bird = (vocabulary.words.index(word) for word in ("a", "red", "bird"))
    assert rows.dtype == "int32"
    assert rows.tolist() == [
        [START, a, red, bird, END, PADDING],
        [START, a, UNKNOWN, bird, END, PADDING],
        [START, END, PADDING, PADDING, PADDING, PADDING],
    ]
    assert [vocabulary.decode(row) for row in rows] == ["a red bird", "a bird", ""]


def test_a_sentence_that_is_too_long_loses_its_end_mark_too():
    vocabulary = Vocabulary.of(CAPTIONS, least_count=1)
    (row,) = vocabulary.encode(["a red wing"], 4)
    assert END not in row and vocabulary.decode(row) == "a red wing"
    (row,) = vocabulary.encode(["a red wing"], 5)
    assert row[-1] == END


def test_nothing_is_said_after_the_end_mark():
    vocabulary = Vocabulary([*SPECIAL, "red", "bird"])
    assert vocabulary.decode([START, 4, END, 5]) == "red"


def test_a_list_that_is_no_vocabulary_is_refused():
    with pytest.raises(ValueError, match="a vocabulary begins with"):
        Vocabulary(["red", "bird"])
