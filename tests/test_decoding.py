"""From regions to sentences, checked against the network run on a whole sentence at once."""

import itertools

import numpy as np
import pytest
from small_captioner import (
    MAX_WORDS,
    new_captioner,
    random_regions,
    randomise,
    shared_captioner,
)

from t2i_utils.captioning.decoding import (
    LENGTH_POWER,
    beam_search,
    draw_word,
    greedy,
    sample,
)
from t2i_utils.captioning.stepping import NEVER, Steps, log_probabilities
from t2i_utils.captioning.vocabulary import END, PADDING, SPECIAL, START, UNKNOWN

MARKS = range(len(SPECIAL))


def plain_log_probabilities(captioner, regions, sentences) -> np.ndarray:
    """Of the word after each place (n, max_words, vocabulary), by the model for training."""
    rows = np.full((len(sentences), captioner.config.max_words), PADDING, "int32")
    for row, sentence in zip(rows, sentences, strict=True):
        row[: len(sentence) + 1] = [START, *sentence]
    memory = captioner.encoder.predict_on_batch(regions)
    logits = captioner.decoder.predict_on_batch([memory, rows]).astype("float64")
    logits[..., [PADDING, START, UNKNOWN]] = -np.inf
    logits[:, 0, END] = -np.inf  # no sentence is empty
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def plain_log_probability(captioner, regions, sentence) -> float:
    """Of one whole sentence; one that fills all places ends of itself."""
    (scores,) = plain_log_probabilities(captioner, regions, [sentence])
    longest = captioner.config.max_words - 1
    said = [*sentence, END] if len(sentence) < longest else sentence
    return sum(scores[place, word] for place, word in enumerate(said))


def plain_greedy(captioner, regions) -> list[tuple[int, ...]]:
    """The whole sentence so far, read anew for each word."""
    sentences = [()] * len(regions)
    ended = [False] * len(regions)
    for place in range(captioner.config.max_words - 1):
        scores = plain_log_probabilities(captioner, regions, sentences)
        for row, word in enumerate(scores[:, place].argmax(axis=-1)):
            ended[row] |= word == END
            if not ended[row]:
                sentences[row] += (int(word),)
    return sentences


def said_by(sentences) -> list[tuple[int, ...]]:
    return [sentence.words for sentence in sentences]


def test_kept_keys_change_no_word_of_many_random_networks():
    everything = []
    for seed in range(25):
        captioner, regions = randomise(shared_captioner(), seed), random_regions(6, seed)
        found = greedy(captioner, regions)
        assert said_by(found) == plain_greedy(captioner, regions)
        everything += said_by(found)
    # The networks say many things, short and long, and repeat themselves seldom.
    assert len(set(everything)) > 60
    assert len({len(sentence) for sentence in everything}) >= 6
    assert np.mean([len(set(words)) == 1 for words in everything]) < 0.5


def test_a_sentences_log_probability_is_the_networks():
    for seed in range(3):
        captioner, regions = randomise(shared_captioner(), seed), random_regions(4, seed)
        random = np.random.default_rng(seed)
        for way in (greedy(captioner, regions), sample(captioner, regions, random, nucleus=1.0)):
            for row, sentence in enumerate(way):
                expected = plain_log_probability(captioner, regions[[row]], sentence.words)
                assert sentence.log_probability == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("width", [3, 40])
def test_beams_hold_what_was_said_and_where_it_was_looked(width):
    """Said word by word again, each sentence has its probability and its looks."""
    captioner, regions = randomise(shared_captioner(), 2), random_regions(2, 2)
    for row, sentences in enumerate(beam_search(captioner, regions, width)):
        assert len(sentences) == width and len(set(said_by(sentences))) == width
        scores = [sentence.score for sentence in sentences]
        assert scores == sorted(scores, reverse=True)
        for sentence in sentences:
            steps = Steps(captioner, regions[[row]])
            total, words = 0.0, [*sentence.words, END]
            for word, before in zip(words, [START, *words], strict=False):
                log, looks = steps.say(np.array([before]))
                if steps.place < MAX_WORDS:
                    total += log[0, word]
                if word != END:
                    np.testing.assert_allclose(sentence.looks[steps.place - 1], looks[0], atol=1e-5)
            assert sentence.looks.shape == (len(sentence.words), 49)
            assert sentence.log_probability == pytest.approx(total, abs=1e-3)


def test_a_beam_of_one_is_greedy():
    for seed in range(15):
        captioner, regions = randomise(shared_captioner(), seed), random_regions(5, seed)
        beams = beam_search(captioner, regions, 1)
        assert [len(sentences) for sentences in beams] == [1] * 5
        for (beam,), single in zip(beams, greedy(captioner, regions), strict=True):
            assert beam.words == single.words
            assert beam.log_probability == pytest.approx(single.log_probability, abs=1e-4)
            np.testing.assert_allclose(beam.looks, single.looks, atol=1e-5)


def test_a_beam_as_wide_as_the_language_finds_the_best_of_all_sentences():
    captioner = new_captioner(num_words=7, max_words=4)  # three words, so 39 sentences
    every = [
        sentence for length in (1, 2, 3) for sentence in itertools.product((4, 5, 6), repeat=length)
    ]
    for seed in range(2):
        randomise(captioner, seed)
        regions = random_regions(2, seed)
        for row, sentences in enumerate(beam_search(captioner, regions, len(every))):
            scores = {
                words: plain_log_probability(captioner, regions[[row]], words)
                / (len(words) + 1) ** LENGTH_POWER
                for words in every
            }
            assert said_by(sentences) == sorted(every, key=lambda words: -scores[words])
            assert sentences[0].score == pytest.approx(max(scores.values()), abs=1e-3)


def plain_beams(captioner, regions, width) -> list[tuple[int, ...]]:
    """Of one picture: at each place, go on with the `width` likeliest beginnings."""
    living, ended = [((), 0.0)], []
    for place in range(captioner.config.max_words - 1):
        sentences = [words for words, _ in living]
        scores = plain_log_probabilities(captioner, regions.repeat(len(living), 0), sentences)
        options = [
            (total + scores[row, place, word], words, int(word))
            for row, (words, total) in enumerate(living)
            for word in np.flatnonzero(np.isfinite(scores[row, place]))
        ]
        living = []
        for total, words, word in sorted(options, reverse=True):
            if len(living) == width:
                break
            if word == END:
                ended.append((words, total))
            else:
                living.append(((*words, word), total))
    found = [*ended, *living][:width]
    best = sorted(found, key=lambda one: -one[1] / (len(one[0]) + 1) ** LENGTH_POWER)
    return [words for words, _ in best]


@pytest.mark.parametrize("width", [2, 4])
def test_beams_are_those_of_a_plain_search(width):
    for seed in range(6):
        captioner, regions = randomise(shared_captioner(), seed), random_regions(3, seed)
        for row, sentences in enumerate(beam_search(captioner, regions, width)):
            assert said_by(sentences) == plain_beams(captioner, regions[[row]], width)


def test_a_pictures_beams_do_not_hang_on_the_batch():
    for seed in range(6):
        captioner, regions = randomise(shared_captioner(), seed), random_regions(7, seed)
        together = beam_search(captioner, regions, 3)
        for row in range(7):
            (alone,) = beam_search(captioner, regions[[row]], 3)
            assert said_by(alone) == said_by(together[row])


def test_wider_beams_find_likelier_sentences():
    gained = 0
    for seed in range(6):
        captioner, regions = randomise(shared_captioner(), seed), random_regions(5, seed)
        single = greedy(captioner, regions)
        for one, beam in zip(single, beam_search(captioner, regions, 5), strict=True):
            gained += beam[0].score > one.score + 1e-6
    assert gained >= 5


def test_sentences_fit_and_hold_no_marks():
    longest = 0
    for seed in range(15):
        captioner, regions = randomise(shared_captioner(), seed), random_regions(4, seed)
        random = np.random.default_rng(seed)
        found = [*greedy(captioner, regions), *sample(captioner, regions, random, nucleus=1.0)]
        found += [sentence for beam in beam_search(captioner, regions, 4) for sentence in beam]
        for sentence in found:
            assert 0 < len(sentence.words) < MAX_WORDS
            assert not set(sentence.words) & set(MARKS)
            assert sentence.looks.shape == (len(sentence.words), 49)
            assert np.isfinite(sentence.log_probability)
        longest += sum(len(sentence.words) == MAX_WORDS - 1 for sentence in found)
    assert longest > 20  # else the limit was not tried


def test_marks_are_never_said_and_the_rest_share_all_of_the_probability():
    logits = np.random.default_rng(0).normal(0, 5, (3, 9)).astype("float32")
    logits[0, [PADDING, START, UNKNOWN]] = 1e4
    chances = np.exp(log_probabilities(logits))
    assert chances[:, [PADDING, START, UNKNOWN]].max() == 0
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    allowed = np.exp(logits[:, [END, 4, 5, 6, 7, 8]].astype("float64"))
    np.testing.assert_allclose(
        chances[:, [END, 4, 5, 6, 7, 8]], allowed / allowed.sum(axis=1, keepdims=True)
    )


def test_the_same_seed_draws_the_same_and_another_does_not():
    captioner, regions = randomise(shared_captioner(), 1), random_regions(8, 1)
    draws = [
        said_by(sample(captioner, regions, np.random.default_rng(seed), nucleus=0.95))
        for seed in (3, 3, 4)
    ]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("how", [{"nucleus": 1e-6}, {"nucleus": 1.0, "temperature": 1e-4}])
def test_a_narrow_nucleus_and_a_low_temperature_are_greedy(how):
    for seed in range(4):
        captioner, regions = randomise(shared_captioner(), seed), random_regions(5, seed)
        drawn = sample(captioner, regions, np.random.default_rng(9), **how)
        assert said_by(drawn) == said_by(greedy(captioner, regions))


def test_a_high_temperature_makes_unlikely_words_likelier():
    captioner, regions = randomise(shared_captioner(), 1), random_regions(1, 1)
    likely = []
    for temperature in (0.3, 1.0, 5.0):
        random = np.random.default_rng(0)
        drawn = sample(captioner, regions, random, 1.0, temperature, copies=40)
        likely.append(np.mean([one.log_probability / (len(one.words) + 1) for one in drawn]))
    assert likely[0] > likely[1] > likely[2]


def test_copies_are_other_draws_and_do_not_hang_on_the_batch():
    captioner, regions = randomise(shared_captioner(), 1), random_regions(4, 1)
    together = said_by(sample(captioner, regions, np.random.default_rng(5), copies=6))
    assert len(together) == 24
    for row in range(4):
        own = together[6 * row : 6 * row + 6]
        assert len(set(own)) >= 4
        alone = sample(captioner, regions[[row]], np.random.default_rng(5), copies=6)
        assert said_by(alone) == own
    assert len(set(together)) > 15  # pictures that meet the same numbers say different things


def plain_nucleus(scores: np.ndarray, nucleus: float) -> dict[int, float]:
    """The fewest likeliest words that have `nucleus` of the probability, with their shares."""
    chances = np.exp(scores - np.logaddexp.reduce(scores))
    inside: dict[int, float] = {}
    for word in sorted(range(len(scores)), key=lambda word: -scores[word]):
        if sum(inside.values()) >= nucleus:
            break
        inside[word] = chances[word]
    return {word: chance / sum(inside.values()) for word, chance in inside.items()}


@pytest.mark.parametrize("nucleus", [0.05, 0.5, 0.9, 0.999])
def test_words_are_drawn_from_the_nucleus_by_their_chances(nucleus):
    random = np.random.default_rng(int(1000 * nucleus))
    grid = (np.arange(1000) + 0.5) / 1000
    for size in range(1, 31):
        scores = random.normal(0, random.uniform(0.1, 5), size)
        scores[random.random(size) < 0.2] = NEVER
        scores[random.integers(size)] = 3.0
        expected = plain_nucleus(scores, nucleus)
        drawn = [draw_word(scores, uniform, nucleus) for uniform in grid]
        assert set(drawn) <= set(expected)
        for word, chance in expected.items():
            assert drawn.count(word) / len(grid) == pytest.approx(chance, abs=0.0021)


def test_the_last_number_below_1_draws_a_word_that_may_be_said():
    random = np.random.default_rng(0)
    for _ in range(300):
        scores = random.normal(0, 2, 60)
        scores[40:] = NEVER
        for nucleus in (0.5, 0.9, 1.0):
            word = draw_word(scores, np.nextafter(1.0, 0.0), nucleus)
            assert word in plain_nucleus(scores, nucleus) and word < 40


def test_copies_of_a_picture_lie_side_by_side_and_beams_change_places():
    captioner, regions = randomise(shared_captioner(), 0), random_regions(2, 0)
    steps = Steps(captioner, regions, copies=2)
    log, looks = steps.say(np.full(4, START))
    np.testing.assert_allclose(log[0], log[1], atol=1e-5)
    np.testing.assert_allclose(log[2], log[3], atol=1e-5)
    assert abs(log[0, 4:] - log[2, 4:]).max() > 0.01 and looks.shape == (4, 49)
    words = np.array([4, 5, 6, 7])
    first, _ = steps.say(words)
    steps.keep(np.array([1, 0, 2, 2]))  # what row 1 has said is row 0 now
    second, _ = steps.say(np.array([8, 8, 8, 8]))
    for row, said in enumerate([(5, 8), (4, 8), (6, 8), (6, 8)]):
        expected = plain_log_probabilities(captioner, regions[[row // 2]], [(said[0], 8)])
        allowed = np.isfinite(expected[0, 2])
        np.testing.assert_allclose(second[row][allowed], expected[0, 2][allowed], atol=1e-3)
