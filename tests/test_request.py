"""Requests: what they admit, and that a picture depends on them and on nothing else."""

import numpy as np
import pytest
from small_run import trained_run

from t2i_utils.drawing.request import Request, requests_for
from t2i_utils.drawing.synthesizer import Synthesizer, _candidates, _embeddings, draw
from t2i_utils.errors import InputError
from t2i_utils.stackgan.weights import load_discriminator
from t2i_utils.text import load_encoder

RED, BLUE = "a small red bird", "a blue bird"


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    """Both stages, hardly trained."""
    return Synthesizer(trained_run())


def drawn(synthesizer: Synthesizer, **fields) -> np.ndarray:
    return draw(synthesizer, [Request(**{"caption": RED, "stage": 1, **fields})])[1][0]


def test_equal_requests_are_one_and_white_space_does_not_count():
    assert Request("  a small\nred bird ") == Request(RED)
    assert len({Request(RED), Request(RED), Request(RED, seed=1)}) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"caption": " "}, "the caption is empty"),
        ({"caption": "bird " * 10_000}, "10,000 words"),
        ({"to_caption": ""}, "the second caption is empty"),
        ({"stage": 3}, "no stage 3"),
        ({"seed": -1}, "seed -1 is not a whole number from 0"),
        ({"seed": 2**32}, "seed 4294967296"),
        ({"seed": 1.0}, "seed 1.0"),
        ({"to_seed": True}, "seed True"),
        ({"sample": -1}, "sample -1"),
        ({"truncation": 2.5}, "truncation 2.5 is not a number from 0 to 2"),
        ({"truncation": float("nan")}, "truncation nan"),
        ({"amount": 1.5, "to_seed": 3}, "amount 1.5 is not a number from 0 to 1"),
        ({"amount": 0.5}, "leads nowhere: give a second caption or seed"),
        ({"weights": ""}, "name a set"),
        ({"best_of": 0}, "best of 0: give a whole number from 1 to 64"),
        ({"best_of": 65}, "best of 65"),
        ({"best_of": 2, "to_seed": 1, "amount": 0.5}, "on a walk there is nothing to choose"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(fields, said):
    with pytest.raises(InputError, match=said) as refused:
        Request(**{"caption": RED, **fields})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        {"caption": BLUE},
        {"seed": 1},
        {"sample": 1},
        {"truncation": 0.5},
        {"to_caption": BLUE, "amount": 0.5},
        {"to_seed": 5, "amount": 0.5},
    ],
)
def test_every_part_of_a_request_changes_the_picture(synthesizer, change):
    assert (drawn(synthesizer, **change) != drawn(synthesizer)).any()
    np.testing.assert_array_equal(drawn(synthesizer, **change), drawn(synthesizer, **change))


def test_a_request_is_what_the_synthesizer_draws_of_its_parts(synthesizer):
    expected = synthesizer.draw(synthesizer.embed([RED]), synthesizer.noise(1, 4, 2), 2)
    found = draw(synthesizer, [Request(RED, seed=4, sample=2)])
    assert list(found) == [1, 2]
    for stage, images in expected.items():
        np.testing.assert_array_equal(found[stage], images)


def test_truncation_0_is_the_mean_bird_of_every_seed(synthesizer):
    mean = drawn(synthesizer, truncation=0.0)
    np.testing.assert_array_equal(drawn(synthesizer, truncation=0.0, seed=8), mean)
    mirrored = drawn(synthesizer, truncation=0.0, seed=9)
    np.testing.assert_array_equal(mirrored[:, ::-1], mean)


def test_every_second_picture_of_a_caption_is_mirrored(synthesizer):
    requests = requests_for([RED], samples=2) + requests_for([RED], seed=1, samples=2)
    assert [request.mirrored for request in requests] == [False, True, True, False]
    noise = np.concatenate([synthesizer.noise(2, seed) for seed in (0, 1)])
    plain = synthesizer.draw(synthesizer.embed([RED] * 4), noise, 2)
    for stage, pictures in draw(synthesizer, requests).items():
        for picture, expected, request in zip(pictures, plain[stage], requests, strict=True):
            shown = expected[:, ::-1] if request.mirrored else expected
            np.testing.assert_array_equal(picture, shown)


def test_a_blend_begins_and_ends_with_its_ends(synthesizer):
    ends = {"to_caption": BLUE, "to_seed": 5}
    np.testing.assert_array_equal(drawn(synthesizer, **ends), drawn(synthesizer))
    last = drawn(synthesizer, **ends, amount=1.0)
    own = drawn(synthesizer, caption=BLUE, seed=5)  # mirrored; a walk from seed 0 is not
    np.testing.assert_array_equal(last, own[:, ::-1])


def test_a_blend_keeps_to_the_sphere(synthesizer):
    middle = Request(RED, to_caption=BLUE, to_seed=5, amount=0.5)
    lengths = [np.linalg.norm(embedding) for embedding in synthesizer.embed([RED, BLUE])]
    found = np.linalg.norm(_embeddings(synthesizer, [middle]))
    assert found == pytest.approx(np.mean(lengths), rel=1e-4)
    lengths = [np.linalg.norm(synthesizer.noise(1, seed)) for seed in (0, 5)]
    found = np.linalg.norm(_candidates(synthesizer, middle))
    assert found == pytest.approx(np.mean(lengths), rel=1e-4)


@pytest.fixture
def encoder_calls() -> tuple[Synthesizer, list[list[str]]]:
    """A synthesizer, and the captions of each call of its encoder."""
    asked: list[list[str]] = []

    class Counting:
        """The real encoder, watched."""

        def __init__(self, encoder):
            self.encoder, self.name, self.width = encoder, encoder.name, encoder.width

        def encode(self, captions):
            asked.append(list(captions))
            return self.encoder.encode(captions)

    return Synthesizer(trained_run(), Counting(load_encoder())), asked


def test_a_moving_slider_encodes_nothing_twice(encoder_calls):
    watched, asked = encoder_calls
    for step in (0, 1, 2, 3, 4, 3, 2, 1, 0):
        drawn(watched, to_caption=BLUE, amount=step / 4)
    assert asked == [[RED], [RED, BLUE], [BLUE]]


def test_captions_of_many_requests_are_encoded_in_one_call(encoder_calls):
    watched, asked = encoder_calls
    draw(watched, [Request(caption, stage=1) for caption in (RED, BLUE, RED)])
    assert asked == [[RED, BLUE]]


def test_requests_of_several_stages_or_none_are_refused(synthesizer):
    with pytest.raises(InputError, match="one stage at a time, not of 2"):
        draw(synthesizer, [Request(RED, stage=1), Request(RED)])
    with pytest.raises(InputError, match="not of 0"):
        draw(synthesizer, [])


def test_the_best_of_several_is_the_one_that_the_discriminator_prefers(synthesizer):
    """Compared with a discriminator that is loaded and called by hand, picture by picture.

    It prefers the picture to which the own sentence adds most, beside the mean one.
    """
    count = 6
    texts = synthesizer.embed([RED])
    tried = np.concatenate([synthesizer.noise(1, 4, 2, candidate) for candidate in range(count)])
    pictures = synthesizer.draw(np.repeat(texts, count, axis=0), tried, 1)[1]
    judge = load_discriminator(trained_run(), 1)
    images = pictures.astype("float32") / 127.5 - 1
    logits = [[judge.score(x[None], text) for text in (texts, 0 * texts)] for x in images]
    scores = [float(np.asarray(own)[0]) - float(np.asarray(mean)[0]) for own, mean in logits]
    assert len(np.unique(np.round(scores, 5))) == count
    requests = [Request(RED, stage=2, seed=4, sample=2, best_of=count), Request(BLUE, seed=1)]
    for both in (requests, requests[::-1]):  # beside one that has nothing to choose
        found = draw(synthesizer, both)
        first = both.index(requests[0])
        expected = synthesizer.draw(texts, tried[[int(np.argmax(scores))]], 2)
        for stage in (1, 2):
            difference = found[stage][first].astype(int) - expected[stage][0]
            assert abs(difference).max() <= 1  # another batch, another order of additions


def test_scores_of_a_batch_are_those_of_each_picture(synthesizer):
    """And scoring changes nothing: no vector of a spectral norm moves."""
    captions = [RED, BLUE] * 5 + [RED]
    texts = synthesizer.embed(captions)
    pictures = synthesizer.draw(texts, synthesizer.noise(11), 1)[1]
    together = synthesizer.scores(pictures, texts)
    assert together.shape == (11,) and np.std(together) > 0
    for place in (0, 7, 8, 10):
        alone = synthesizer.scores(pictures[place : place + 1], texts[place : place + 1])
        np.testing.assert_allclose(alone, together[place], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(synthesizer.scores(pictures, texts), together)


def test_choosing_takes_a_discriminator():
    shipped = Synthesizer("birds-paper")
    assert not shipped.can_choose
    with pytest.raises(InputError, match="no discriminator to choose with: draw with --best-of 1"):
        draw(shipped, [Request(RED, "birds-paper", stage=1, best_of=2)])
