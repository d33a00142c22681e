"""Pictures without a bird."""

import numpy as np

from t2i_utils.captioning.no_bird import fit_presence, without_birds
from t2i_utils.captioning.regions import WIDTH, bird_presence, mean_of


def test_pictures_without_birds_differ_and_come_again():
    pictures = without_birds(np.random.default_rng(0), 8)
    assert pictures.shape == (8, 224, 224, 3) and pictures.dtype == np.uint8
    assert len({picture.tobytes() for picture in pictures}) == 8
    assert (without_birds(np.random.default_rng(0), 8) == pictures).all()


def test_a_fit_tells_two_kinds_apart():
    random = np.random.default_rng(0)
    regions = random.standard_normal((80, 49, WIDTH))
    regions[:40, :, -320:] += 0.5
    deepest = regions[..., WIDTH - 323 : WIDTH - 3].mean(axis=1)
    chance = bird_presence(mean_of(regions), fit_presence(deepest[:40], deepest[40:]))
    assert chance[:40].min() > 0.5 > chance[40:].max()
