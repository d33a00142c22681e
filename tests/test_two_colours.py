"""Birds of two colours: pictures show what captions say, and eight pairs stay out of training."""

import numpy as np
import pytest

from t2i_utils.course.two_colours import COLOURS, two_colour_birds
from t2i_utils.data.toy.drawing import PALETTE, tones


@pytest.fixture(scope="module")
def training():
    return two_colour_birds(num_images=2)


@pytest.fixture(scope="module")
def unseen():
    return two_colour_birds(num_images=2, held_out=True)


def pair_of(caption: str) -> tuple[str, str]:
    """The colours of a caption in the first wording, "a red bird with black wings"."""
    words = caption.split()
    return words[1], words[4]


def test_no_pair_is_both_trained_on_and_held_out(training, unseen):
    trained, held_out = (
        [pair_of(captions[0]) for captions in birds.captions] for birds in (training, unseen)
    )
    assert len(trained) == 56 and len(held_out) == 8
    assert len({*trained, *held_out}) == 64
    for place in (0, 1):  # so that every colour of a body and of wings is known from training
        assert sorted(pair[place] for pair in held_out) == sorted(COLOURS)


def test_every_wording_names_the_same_pair(unseen):
    for captions in unseen.captions:
        assert len(set(captions)) == 3
        for caption in captions:
            assert [word for word in pair_of(captions[0]) if word not in caption] == []


def test_the_article_fits_the_colour(unseen):
    assert unseen.captions[1][0] == "an orange bird with blue wings"


def share_of(image: np.ndarray, colour: str) -> float:
    """The share of pixels that are near one of the tones of a colour."""
    shades = np.array(list(tones(PALETTE[colour]).values()))
    distance = np.abs(image[:, :, None].astype(int) - shades).max(axis=-1).min(axis=-1)
    return float((distance < 8).mean())


def test_a_picture_has_the_colours_of_its_caption(training, unseen):
    for birds in (training, unseen):
        assert birds.images.shape == (len(birds.captions), 2, 64, 64, 3)
        assert birds.images.dtype == np.uint8
        for images, captions in zip(birds.images, birds.captions, strict=True):
            named = pair_of(captions[0])
            for image in images:
                assert share_of(image, named[0]) > 0.05, captions[0]
                assert share_of(image, named[1]) > 0.01, captions[0]
                for other in {"red", "yellow", "green", "blue", "purple"} - {*named}:
                    assert share_of(image, other) < 0.01, captions[0]


def test_the_same_seed_gives_the_same_pictures_and_another_one_others(unseen):
    again = two_colour_birds(num_images=2, held_out=True)
    other = two_colour_birds(num_images=2, held_out=True, seed=1)
    assert np.array_equal(again.images, unseen.images)
    assert not np.array_equal(other.images, unseen.images)


def test_mirrored_birds_face_both_ways():
    def side_of_beaks(birds) -> np.ndarray:
        """Where the grey of the beak is, from 0 (left) to 63, for each picture."""
        grey = np.abs(birds.images.astype(int) - PALETTE["grey"]).max(axis=-1) < 6
        columns = np.arange(64)
        return (grey * columns).sum(axis=(2, 3)) / grey.sum(axis=(2, 3)).clip(1)

    right = side_of_beaks(two_colour_birds(num_images=4, held_out=True))
    both = side_of_beaks(two_colour_birds(num_images=4, held_out=True, mirrored=True))
    assert (right > 40).all()
    assert (both < 24).any() and (both > 40).any()
