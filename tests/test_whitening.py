"""Whitening: no direction of the embeddings drowns the others."""

import itertools

import numpy as np
import pytest

from t2i_utils.data.captions import caption_from_parts
from t2i_utils.data.toy.birds import COLOURS
from t2i_utils.text import load_encoder, whitening_of

RANDOM = np.random.default_rng(0)
SPREADS = np.array([30.0, 10, 3, 1, 0.3, 0.1, 0.03, 0.01])


@pytest.fixture(scope="module")
def vectors():
    rotation = np.linalg.qr(RANDOM.standard_normal((8, 8)))[0]
    return RANDOM.standard_normal((5000, 8)) * SPREADS @ rotation + 5


def fit(vectors):
    return whitening_of(vectors.mean(axis=0), np.cov(vectors.T, bias=True))


def test_components_are_uncorrelated_and_shrunk_by_the_stated_rule(vectors):
    white = fit(vectors)(vectors)
    covariance = np.cov(white.T, bias=True)
    variances = np.linalg.eigvalsh(np.cov(vectors.T, bias=True))[::-1]
    expected = variances / (variances + variances.mean())
    np.testing.assert_allclose(np.diag(covariance), expected / expected.mean(), rtol=1e-3)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3
    assert white.dtype == np.float32
    assert (white**2).mean() == pytest.approx(1, rel=1e-3)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-3)


def test_only_the_largest_directions_are_kept_where_so_asked(vectors):
    mean, covariance = vectors.mean(axis=0), np.cov(vectors.T, bias=True)
    whole, kept = whitening_of(mean, covariance), whitening_of(mean, covariance, 3)
    white = kept(vectors)
    assert not white[:, 3:].any()
    assert (white**2).mean() == pytest.approx(1, rel=1e-3)  # what is left is made as long as before
    ratios = kept.matrix[:, :3] / whole.matrix[:, :3]
    np.testing.assert_allclose(ratios, ratios[0, 0], rtol=1e-5)
    np.testing.assert_array_equal(whitening_of(mean, covariance, 8).matrix, whole.matrix)


def test_it_does_not_depend_on_the_sign_or_scale_of_the_embeddings(vectors):
    white = fit(vectors)(vectors)
    np.testing.assert_allclose(np.abs(fit(-vectors)(-vectors)), np.abs(white), atol=1e-3)
    np.testing.assert_allclose(fit(100 * vectors)(100 * vectors), white, atol=1e-3)


def test_which_part_has_which_colour_weighs_more_than_before():
    """Two captions that differ only in it are further apart, beside captions of other colours."""
    parts = ("crown", "wing", "belly")
    triples = list(itertools.permutations(COLOURS, 3))[:: len(COLOURS)]

    def encode(colours):
        captions = [caption_from_parts(dict(zip(parts, triple, strict=True))) for triple in colours]
        return load_encoder().encode(captions)

    plain = encode(triples)
    swapped = encode([(b, a, c) for a, b, c in triples])
    whitening = fit(plain.astype(np.float64))

    def ratio(own, other):
        """Distance to the caption with two colours swapped, over that to any other caption."""
        return np.linalg.norm(own - other, axis=1).mean() / np.mean(
            [np.linalg.norm(own - np.roll(own, shift, axis=0), axis=1) for shift in (3, 17, 31)]
        )

    assert ratio(whitening(plain), whitening(swapped)) > 1.5 * ratio(plain, swapped)
