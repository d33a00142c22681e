"""The measure of obedience, judged on drawn birds whose colours are known."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from t2i_utils.data.toy.birds import COLOURS, ToyBird, draw_toy_bird, random_bird
from t2i_utils.data.toy.drawing import BODY_PARTS, PALETTE
from t2i_utils.errors import InputError
from t2i_utils.evaluation.part_colours import part_colours, rgb_to_lab, share_in_colour


def _picture(bird: ToyBird, seed: int) -> np.ndarray:
    """One bird, its box about where training shows it, a flip or none."""
    rng = np.random.default_rng(seed)
    image, (x, y, width, height) = draw_toy_bird(bird, rng)
    x, y = x + width * rng.uniform(-0.08, 0.08), y + height * rng.uniform(-0.08, 0.08)
    window = np.clip((x, y, x + width, y + height), 0, np.tile(image.size, 2))
    picture = np.asarray(image.resize((64, 64), Image.Resampling.BILINEAR, box=tuple(window)))
    return picture[:, ::-1] if rng.random() < 0.5 else picture


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, list[dict[str, str]]]:
    rng = np.random.default_rng(2024)
    birds = [random_bird(rng) for _ in range(100)]
    pictures = np.stack([_picture(bird, seed) for seed, bird in enumerate(birds)])
    return pictures, [bird.parts for bird in birds]


@pytest.fixture(scope="module")
def found(drawn) -> list[dict[str, str]]:
    return part_colours(drawn[0])


def _right(found: list[dict[str, str]], known: list[dict[str, str]], part: str) -> float:
    return float(np.mean([f[part] == k[part] for f, k in zip(found, known, strict=True)]))


def test_at_least_95_per_cent_of_the_parts_of_drawn_birds_are_named(drawn, found):
    rates = {part: _right(found, drawn[1], part) for part in BODY_PARTS}
    assert np.mean(list(rates.values())) >= 0.95, rates
    assert min(rates.values()) >= 0.90, rates  # the beak is a few pixels wide


def test_captions_of_other_birds_score_at_chance(drawn, found):
    others = drawn[1][1:] + drawn[1][:1]
    chance = np.mean([_right(found, others, part) for part in BODY_PARTS])
    assert 0.03 <= chance <= 0.17  # 1 in 11 is 0.09


def test_blur_and_noise_do_little_harm(drawn):
    pictures, known = drawn[0][:50], drawn[1][:50]
    blurred = [Image.fromarray(p).filter(ImageFilter.GaussianBlur(1)) for p in pictures]
    noise = np.random.default_rng(0).normal(0, 8, pictures.shape)
    rough = np.clip(np.stack([np.asarray(b) for b in blurred]) + noise, 0, 255).astype(np.uint8)
    assert share_in_colour(part_colours(rough), known)[0] >= 0.93


def test_recolouring_one_part_changes_what_is_read_of_that_part_alone():
    bird = ToyBird(("red", "blue", "yellow", "white", "orange"), "cone", "rounded", "medium")
    birds = [bird]
    for index in range(len(BODY_PARTS)):
        colours = [*bird.colours]
        colours[index] = "green"
        birds.append(ToyBird(tuple(colours), "cone", "rounded", "medium"))
    assert part_colours(np.stack([_picture(b, seed=1) for b in birds])) == [b.parts for b in birds]


def test_a_caption_is_scored_on_the_parts_that_it_names(drawn, found):
    seen = found[:2]
    right = [{"wing": seen[0]["wing"]}, {"crown": seen[1]["crown"], "belly": seen[1]["belly"]}]
    assert share_in_colour(seen, right)[0] == 1.0
    other = COLOURS[(COLOURS.index(seen[0]["wing"]) + 1) % len(COLOURS)]
    share, _ = share_in_colour(seen, [{"wing": other}, right[1]])
    assert share == pytest.approx(2 / 3)


def test_lab_of_known_colours():
    pixels = np.array([(255, 255, 255), (0, 0, 0), (255, 0, 0)], dtype=np.uint8)
    expected = [(100, 0, 0), (0, 0, 0), (53.24, 80.09, 67.20)]
    np.testing.assert_allclose(rgb_to_lab(pixels), expected, atol=0.3)


def test_palette_colours_are_far_apart():
    lab = rgb_to_lab(np.array(list(PALETTE.values())))
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1) + 1000 * np.eye(len(lab))
    assert len(lab) >= 8 and apart.min() > 25


def test_wrong_input_is_one_plain_line(drawn, found):
    pictures = drawn[0][:1]
    for wrong in (pictures[0], pictures[:, :32], pictures.astype(np.float32)):
        with pytest.raises(InputError, match="expected"):
            part_colours(wrong)
    with pytest.raises(InputError, match="1 pictures but 2 captions"):
        share_in_colour(found[:1], [{"wing": "red"}] * 2)
    with pytest.raises(InputError, match="no caption names a part"):
        share_in_colour(found[:1], [{}])
    with pytest.raises(InputError, match="is not known"):
        share_in_colour(found[:1], [{"wing": "teal"}])
