"""The captions that typed captions are judged by, and the measure."""

from collections import Counter

import numpy as np

from t2i_utils.data.captions import toy_captions
from t2i_utils.data.toy.birds import ToyBird, draw_toy_bird
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.evaluation.typed import (
    COLOURS,
    TypedCaption,
    colour_amounts,
    draw_typed,
    least_amounts,
    read_typed_captions,
    restlessness,
    score_typed,
    typed_table,
)
from t2i_utils.text import plain
from t2i_utils.text.languages import languages
from t2i_utils.text.typed import typed_captions

RGB = {"red": (200, 30, 30), "orange": (240, 130, 30), "yellow": (240, 215, 40),
       "green": (40, 150, 50), "blue": (40, 70, 200), "purple": (120, 50, 170),
       "brown": (120, 80, 40), "black": (20, 20, 25), "white": (250, 250, 245),
       "grey": (145, 148, 150), "pink": (245, 150, 190)}  # fmt: skip


def flat(colour):
    return np.full((1, 64, 64, 3), RGB[colour], np.uint8)


def test_there_are_300_captions_of_all_kinds_in_all_languages():
    captions = read_typed_captions()
    assert len(captions) >= 300 and len({row.caption for row in captions}) >= 300
    kinds = Counter(row.kind for row in captions)
    assert set(kinds) == {"short", "odd", "long"} and min(kinds.values()) >= 40
    counts = Counter(row.language for row in captions)
    assert set(counts) == set(languages()) and min(counts.values()) == 10
    for row in captions:
        assert row.colour in ("", *COLOURS) and bool(row.colour) == bool(row.part), row


def test_most_captions_to_be_judged_by_are_not_trained_on():
    judged = {plain(row.caption) for row in read_typed_captions()}
    trained = set()
    for seed, colour in enumerate(COLOURS * 60):
        parts = dict.fromkeys(("crown", "back", "wing", "belly", "beak"), colour)
        captions = toy_captions(parts, size="small", beak_shape="long", tail_shape="long",
                                seed=seed)  # fmt: skip
        trained |= {plain(text) for text in typed_captions(captions, 12, seed)}
    assert len(judged & trained) < 0.25 * len(judged), sorted(judged & trained)


def test_each_colour_is_told_from_the_others():
    for column, colour in enumerate(COLOURS):
        amounts = colour_amounts(flat(colour))[0]
        assert amounts[column] == 1, colour
        assert amounts.sum() == 1, (colour, amounts)


def test_a_colour_counts_when_other_pictures_have_less():
    amounts = np.zeros((100, len(COLOURS)), "float32")
    amounts[:, COLOURS.index("black")] = np.arange(100) / 100
    least = least_amounts(amounts, [{"red"}] * 100, 0.02)
    assert abs(least["black"] - 0.8) < 0.02 and least["blue"] == 0.02


def test_noise_is_restless_and_a_flat_picture_is_not():
    noise = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.uint8)
    assert restlessness(noise)[0] > 50 and restlessness(flat("red"))[0] == 0


def test_toy_birds_show_the_colour_of_their_caption():
    extractor = FeatureExtractor("lite0")
    captions, pictures = [], []
    for number, colour in enumerate(("red", "yellow", "green", "blue", "purple", "black") * 3):
        bird = ToyBird((colour,) * 5, "cone", "long", "small")
        picture, box = draw_toy_bird(bird, np.random.default_rng(number))
        left, top, width, height = box
        cut = picture.crop((left, top, left + width, top + height)).resize((64, 64))
        pictures.append(np.asarray(cut))
        captions.append(TypedCaption(f"a {colour} bird", "en", "short", colour, "bird"))
    (right,) = score_typed(np.stack(pictures), captions, extractor, "toy")
    wrong = [row._replace(colour="pink") for row in captions]
    (pink,) = score_typed(np.stack(pictures), wrong, extractor, "toy")
    assert right.colour == 1 and pink.colour < 0.4 and right.noise == 0
    assert (right.group, right.count, right.coloured) == ("short, English", 18, 18)


def test_a_limit_calms_pictures_of_foreign_captions():
    synthesizer = Synthesizer("toy")
    captions = ["ein roter Vogel mit blauen Flügeln", "PURPLE BIRD!!!", "一只红色的鸟"]
    free = restlessness(draw_typed(synthesizer, captions))
    limited = restlessness(draw_typed(synthesizer, captions, 22.0))
    assert (limited < 0.7 * free).all()


def test_the_table_has_a_line_a_group():
    extractor = FeatureExtractor("lite0")
    captions = [TypedCaption("ein Vogel", "de", "short", "", ""),
                TypedCaption("a red bird", "en", "long", "red", "bird")]  # fmt: skip
    scores = score_typed(np.concatenate([flat("blue"), flat("red")]), captions, extractor)
    lines = typed_table(scores)
    assert [score.group for score in scores] == ["15 languages", "de", "long, English"]
    assert len(lines) == 5 and "100 % of 1" in lines[-1] and "nan" not in "".join(lines)
