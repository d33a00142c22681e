"""Scores of descriptions, against definitions worked out by hand or written anew."""

import math
import sys
from collections import Counter

import numpy as np
import pytest

from t2i_utils.captioning.caption_metrics import (
    CaptionScores,
    colours_of,
    normalised,
    part_colours_of,
    score_descriptions,
)
from t2i_utils.errors import InputError

SAID = [
    "a small red bird with black wings and a short bill",
    "this bird is yellow with a grey crown and white belly",
    "a blue bird with a long tail",
]
REFERENCES = [
    ["this small red bird has black wings", "a red bird with black wings and a short pointy bill"],
    ["a yellow bird with a grey crown", "the bird is yellow with a grey crown and a white breast"],
    ["a bird with a long tail", "this blue bird has a long blue tail and a small bill"],
]


# -- colours and parts ------------------------------------------------------------------------


def test_colours_are_words_of_their_own():
    found = colours_of("A Gray bird, reddish, with RED and black-ish wings; tan? tanager")
    assert found == {"grey", "red", "tan"}
    assert colours_of("an orange-red crown") == colours_of("an orange red crown")
    assert colours_of("an orange-red crown") == {"orange", "red"}
    assert colours_of("a reddish-brown bird") == {"brown"}


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("a bird with black and white wings", "black wing, white wing"),
        ("it has a red crown and nape", "red crown, red nape"),
        ("a red crown and a black bill", "red crown, black beak"),
        ("its wings are black and white", "black wing, white wing"),
        ("wings that are mostly brown", "brown wing"),
        ("the belly is gray", "grey belly"),
        ("a yellow long and pointed bill", "yellow beak"),
        ("a black bird with wings", ""),
        ("a black bird with white wings", "white wing"),
        ("this bird is red, its bill is short and its tail long", ""),
        ("a white breast, yellow feet and an orange eye", "white breast, yellow leg, orange eye"),
        ("red brown chest", "red breast, brown breast"),
        ("an orange-red crown", "orange crown, red crown"),
        ("a reddish-brown crown", "brown crown"),
        ("the crown, throat and back are olive", "olive back, olive throat, olive crown"),
        ("a bird", ""),
        ("", ""),
    ],
)
def test_parts_and_their_colours(caption, expected):
    found = {" ".join(pair) for pair in part_colours_of(caption)}
    assert found == {pair for pair in expected.split(", ") if pair}


def score(said: list[str], references: list[list[str]], training=frozenset()) -> CaptionScores:
    return score_descriptions(said, references, training)


def test_a_colour_is_true_where_three_of_ten_people_name_it():
    people = ["a red bird"] * 4 + ["a red and black bird"] * 3 + ["a bird, tan and blue"] * 2
    people += ["a bird"]
    assert len(people) == 10  # red 7, black 3, tan 2, blue 2
    found = score(["a red tan bird"], [people])
    assert found.colour_precision == pytest.approx(1 / 2)  # tan is not true
    assert found.colour_recall == pytest.approx(1 / 2)  # black is not said
    assert found.colour_f1 == pytest.approx(1 / 2)


def test_pictures_are_counted_together_not_one_by_one():
    first = ["a red, black and white bird"] * 10
    second = ["a blue bird"] * 10
    found = score(["a red bird", "a blue, pink, tan bird"], [first, second])
    # right: red, blue; said: red, blue, pink, tan; true: red, black, white, blue
    assert found.colour_precision == pytest.approx(2 / 4)
    assert found.colour_recall == pytest.approx(2 / 4)
    found = score(["a red bird", "a bird"], [first, second])
    assert found.colour_precision == 1 and found.colour_recall == pytest.approx(1 / 4)
    assert found.colour_f1 == pytest.approx(2 * 1 * 0.25 / 1.25)


def test_a_parts_colour_is_true_where_two_of_ten_people_name_it():
    people = ["red wings"] * 2 + ["a black bill"] + ["a bird"] * 7
    found = score(["a bird with red wings and a black bill"], [people])
    assert found.part_precision == pytest.approx(1 / 2) and found.part_recall == 1
    assert found.part_f1 == pytest.approx(2 / 3)


def test_fewer_people_need_not_agree_in_such_numbers():
    few = [["a red bird", "a blue bird"]]  # of two, one is enough
    assert score(["a red and blue bird"], few).colour_f1 == 1
    five = [["a red bird"] * 2 + ["a blue bird"] + ["a bird"] * 2]  # of five, two
    found = score(["a red and blue bird"], five)
    assert found.colour_precision == pytest.approx(1 / 2) and found.colour_recall == 1


def test_nothing_said_and_nothing_true_is_no_error():
    found = score(["a bird", "birds"], [["a bird"], ["birds"]])
    assert found.colour_f1 == found.part_f1 == found.colour_precision == 0


# -- the whole sentence -----------------------------------------------------------------------


def n_grams(text: str, size: int) -> Counter:
    tokens = text.split()
    return Counter(tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1))


def plain_bleu(said: list[str], references: list[list[str]]) -> float:
    """Papineni et al. (ACL 2002): clipped precisions of 1 to 4 words, and the brevity penalty."""
    logs, length, wanted = 0.0, 0, 0
    for size in range(1, 5):
        right = total = 0
        for text, captions in zip(said, references, strict=True):
            most: Counter = Counter()
            for caption in captions:
                most |= n_grams(caption, size)
            own = n_grams(text, size)
            right, total = right + (own & most).total(), total + own.total()
        logs += math.log(right / total) / 4
    for text, captions in zip(said, references, strict=True):
        own = len(text.split())
        length += own
        wanted += min((len(c.split()) for c in captions), key=lambda n: (abs(n - own), n))
    return math.exp(logs) * (1 if length > wanted else math.exp(1 - wanted / length))


def plain_cider(said: list[str], references: list[list[str]]) -> float:
    """CIDEr-D (Vedantam et al., CVPR 2015): clipped cosines of TF-IDF, sigma 6, times ten."""
    found = []
    for size in range(1, 5):
        seen: Counter = Counter()
        for captions in references:
            seen.update({gram for caption in captions for gram in n_grams(caption, size)})

        def vector(text: str, size=size, seen=seen) -> dict:
            return {
                gram: count * (math.log(len(references)) - math.log(max(1, seen[gram])))
                for gram, count in n_grams(text, size).items()
            }

        for text, captions in zip(said, references, strict=True):
            own, values = vector(text), []
            for caption in captions:
                other = vector(caption)
                dot = sum(
                    min(own[gram], other[gram]) * other[gram] for gram in own if gram in other
                )
                norm = math.hypot(*own.values()) * math.hypot(*other.values())
                gap = len(text.split()) - len(caption.split())
                values.append(dot / norm * math.exp(-(gap**2) / 72) if norm else 0.0)
            found.append(10 * np.mean(values))
    return float(np.mean(found))


def plain_rouge(said: list[str], references: list[list[str]]) -> float:
    """ROUGE-L (Lin, 2004): the longest common subsequence, beta 1.2, best precision and recall."""

    def common(a: list[str], b: list[str]) -> int:
        table = np.zeros((len(a) + 1, len(b) + 1), int)
        for i, x in enumerate(a):
            for j, y in enumerate(b):
                table[i + 1, j + 1] = (
                    table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
                )
        return int(table[-1, -1])

    found = []
    for text, captions in zip(said, references, strict=True):
        own = text.split()
        both = [(common(own, c.split()), len(c.split())) for c in captions]
        precision = max(length for length, _ in both) / len(own)
        recall = max(length / size for length, size in both)
        found.append((1 + 1.44) * precision * recall / (recall + 1.44 * precision))
    return float(np.mean(found))


def test_library_scores_are_what_their_papers_define():
    found = score(SAID, REFERENCES)
    assert found.bleu_4 == pytest.approx(plain_bleu(SAID, REFERENCES), rel=1e-4)
    assert found.cider_d == pytest.approx(plain_cider(SAID, REFERENCES), rel=1e-4)
    assert found.rouge_l == pytest.approx(plain_rouge(SAID, REFERENCES), rel=1e-4)
    assert 0.2 < found.bleu_4 < 0.9 and 1 < found.cider_d < 9 and 0.5 < found.rouge_l < 0.95


def test_pictures_with_another_number_of_captions_count_alike():
    references = [REFERENCES[0][:1], REFERENCES[1], [*REFERENCES[2], "a tail"]]
    found = score(SAID, references)
    assert found.bleu_4 == pytest.approx(plain_bleu(SAID, references), rel=1e-4)
    assert found.cider_d == pytest.approx(plain_cider(SAID, references), rel=1e-4)


def test_capitals_punctuation_and_spelling_do_not_count():
    shouted = ["A Small RED bird, with black wings; and a short bill!", *SAID[1:]]
    american = [[c.replace("grey", "gray") for c in captions] for captions in REFERENCES]
    assert score(shouted, american) == score(SAID, REFERENCES)


def test_a_reference_scores_itself_in_full():
    own = [captions[-1] for captions in REFERENCES]
    found = score(own, [[text] for text in own])
    assert found.bleu_4 == pytest.approx(1) and found.rouge_l == pytest.approx(1)
    assert found.cider_d == pytest.approx(10, rel=1e-3)
    assert found.colour_f1 == found.part_f1 == 1


def test_descriptions_of_other_pictures_score_lower():
    right, wrong = score(SAID, REFERENCES), score([*SAID[1:], SAID[0]], REFERENCES)
    for name in ("bleu_4", "cider_d", "rouge_l", "colour_f1", "part_f1"):
        assert getattr(wrong, name) < 0.7 * getattr(right, name), name


def test_variety_and_copies_are_counted():
    said = ["a red bird", "A red bird.", "a red wing", "the bird sings"]
    training = normalised(["A  RED bird!", "the bird swims"])
    found = score(said, [["a bird"]] * 4, training)
    assert found.distinct == 3 / 4 and found.copied == 2 / 4 and found.words == 3
    assert found.distinct_2 == 5 / 8  # a red (3), red bird (2), red wing, the bird, bird sings


def test_scores_as_json_are_rounded_numbers():
    fields = score(SAID, REFERENCES).to_json()
    assert set(fields) == set(CaptionScores.__dataclass_fields__)
    assert all(type(value) is float and value == round(value, 4) for value in fields.values())


def test_nothing_to_score_and_a_missing_library_are_named(monkeypatch):
    with pytest.raises(InputError, match="there is no description to score"):
        score([], [])
    monkeypatch.setitem(sys.modules, "pycocoevalcap.cider.cider", None)
    with pytest.raises(InputError, match=r"is not installed: pip install -e \"\.\[evaluation\]\""):
        score(SAID, REFERENCES)
