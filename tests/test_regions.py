"""What the captioner sees of a picture, through the real network."""

import functools

import keras
import numpy as np
import pytest
from PIL import Image

from t2i_utils.captioning import regions
from t2i_utils.captioning.regions import (
    AT32,
    GLANCE_SIZE,
    IMAGE_SIZE,
    SIDE,
    WIDTH,
    RegionEncoder,
    _birds,
    _per_region,
    _probability,
    bird_presence,
)
from t2i_utils.pictures import from_uint8
from t2i_utils.vision import load_features
from t2i_utils.vision.efficientnet_lite import BIRD_CLASSES

PLACE = IMAGE_SIZE // SIDE  # pixels


@functools.cache
def encoder() -> RegionEncoder:
    return RegionEncoder()


def noise(count: int, seed: int = 0, side: int = IMAGE_SIZE) -> np.ndarray:
    shape = (count, side, side, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_regions_come_row_by_row_and_end_with_their_mean_colours():
    picture = noise(1)
    picture[0, :PLACE, -PLACE:] = (255, 0, 51)  # the upper right corner
    seen = encoder()(picture)
    assert seen.regions.shape == (1, 49, WIDTH) and seen.regions.dtype == np.float32
    means = picture[0].reshape(SIDE, PLACE, SIDE, PLACE, 3).mean(axis=(1, 3)) / 127.5 - 1
    np.testing.assert_allclose(seen.regions[0, :, -3:], means.reshape(49, 3), atol=1e-4)
    np.testing.assert_allclose(seen.regions[0, 6, -3:], [1, -1, -0.6], atol=1e-4)


def test_a_glance_asks_the_same_network_of_smaller_pictures():
    presence = np.random.default_rng(3).standard_normal(AT32 + 1)
    presence *= 0.01
    presence[-1] = -3  # it sees few birds
    network = load_features("lite0", GLANCE_SIZE, "places")
    pictures = noise(3, side=GLANCE_SIZE)
    *_, deepest, logits = map(np.asarray, network(from_uint8(pictures)))
    wanted = _probability(logits.mean(axis=(1, 2)))
    for eyes in (encoder(), RegionEncoder(presence)):
        glance = eyes.glance(pictures)
        others = np.delete(logits, BIRD_CLASSES, axis=-1).mean(axis=-1)
        places = np.maximum(logits[..., BIRD_CLASSES].max(axis=-1) - others, 0)
        np.testing.assert_allclose(glance.places, places, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(glance.bird, wanted, rtol=1e-3, atol=1e-7)
        wanted = np.minimum(wanted, bird_presence(deepest.mean(axis=(1, 2)), presence))
    assert (glance.bird < encoder().glance(pictures).bird).all()


def test_a_region_tells_of_its_own_place():
    plain = np.full((1, IMAGE_SIZE, IMAGE_SIZE, 3), 128, np.uint8)
    patched = plain.copy()
    patched[0, 4 * PLACE : 5 * PLACE, PLACE : 2 * PLACE] = noise(1)[0, :PLACE, :PLACE]
    moved = abs(encoder()(patched).regions - encoder()(plain).regions)[0].mean(axis=-1)
    assert moved.argmax() == 4 * SIDE + 1
    assert moved[[0, 6, 48]].max() < moved.max() / 3


def test_deep_maps_keep_all_values_and_shallow_ones_their_means():
    random = np.random.default_rng(0)
    for side, width in ((7, 5), (14, 20)):
        features = random.standard_normal((2, side, side, 5)).astype("float32")
        found = np.asarray(_per_region(features))
        assert found.shape == (2, SIDE, SIDE, width)
        step = side // SIDE
        own = features[1, 3 * step : 4 * step, 5 * step : 6 * step]
        np.testing.assert_array_equal(found[1, 3, 5], own.ravel())
    features = random.standard_normal((2, 28, 28, 5)).astype("float32")
    means = features.reshape(2, SIDE, 4, SIDE, 4, 5).mean(axis=(2, 4))
    np.testing.assert_allclose(_per_region(features), means, atol=1e-6)


def test_a_batch_changes_nothing(monkeypatch):
    pictures = noise(3)
    whole = encoder()(pictures)
    monkeypatch.setattr(regions, "BATCH_SIZE", 2)
    for found, expected in zip(encoder()(pictures), whole, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-3)
    assert abs(whole.regions[0] - whole.regions[1]).max() > 0.1


def test_birds_are_counted_together_and_placed():
    maps = keras.Input((SIDE, SIDE, 1000))
    classifier = keras.layers.Dense(1000, kernel_initializer="identity")
    classifier(maps)
    model = keras.Model(maps, _birds(classifier, maps))
    logits = np.zeros((2, SIDE, SIDE, 1000), np.float32)
    logits[0, 2, 3, BIRD_CLASSES[4]] = 490.0  # a mean of 10 over the places
    logits[1, 1, 1, 950] = 490.0  # no bird
    whole, places = map(np.asarray, model(logits))
    np.testing.assert_allclose(whole, logits.mean(axis=(1, 2)), atol=1e-5)
    probability = _probability(whole)
    birds = len(BIRD_CLASSES)
    total = np.exp(10) + 999
    assert probability == pytest.approx([(np.exp(10) + birds - 1) / total, birds / total], rel=1e-4)
    assert np.argwhere(places[0]).tolist() == [[2, 3]] and places[0, 2, 3] == pytest.approx(490)
    assert not places[1].any()  # what is as little a bird as anything else counts nothing


@pytest.mark.cub
def test_photographs_of_birds_are_known_as_such(cub_root):
    folder = cub_root / "CUB_200_2011" / "images"
    files = sorted(folder.rglob("*.jpg"))
    pictures = []
    for file in files[:: len(files) // 12][:12]:
        with Image.open(file) as picture:
            size = (IMAGE_SIZE, IMAGE_SIZE)
            pictures.append(np.asarray(picture.convert("RGB").resize(size)))
    seen = encoder()(np.stack(pictures))
    assert np.median(seen.bird) > 0.6
    flat = np.stack([np.full((IMAGE_SIZE, IMAGE_SIZE, 3), tone, np.uint8) for tone in (0, 255)])
    assert encoder()(flat).bird.max() < 0.05


def test_a_place_tells_the_colours_that_its_mean_hides():
    picture = np.zeros((1, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    picture[:, ::4] = picture[:, 1::4] = 255  # stripes of black and white, two pixels each
    picture[:, :, IMAGE_SIZE // 2 :] = (202, 43, 24)
    low = encoder()(picture).low[0]
    side = IMAGE_SIZE // regions.GRID
    means = picture[0].reshape(regions.GRID, side, regions.GRID, side, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(low[..., :3], means / 127.5 - 1, atol=1e-4)
    shares = low[..., -len(regions.PLUMAGE) :]
    np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-4)
    bright = regions.PLUMAGE.mean(axis=1)
    striped, red = shares[3, 3], shares[3, -3]
    for colours in (bright > 200, bright < 60):  # what is striped has both; its mean is grey
        assert 0.3 < striped[colours].sum() < 0.6
    assert regions.PLUMAGE[red.argmax()].tolist() == [202, 43, 24]
    assert red[bright > 200].sum() < 0.01
