"""FID and KID against closed forms, and what they promise."""

import tracemalloc

import numpy as np
import pytest

from t2i_utils.errors import InputError
from t2i_utils.evaluation import (
    Gaussian,
    diversity,
    fit_gaussian,
    frechet,
    frechet_distance,
    kernel,
    kernel_distance,
    nearest_neighbours,
)
from t2i_utils.evaluation.scores import score_copying, score_diversity, share_error


def normal(seed: int, count: int, width: int = 8, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1, (count, width)).astype("float32")


# -- Frechet distance ---------------------------------------------------------------------------


def test_frechet_distance_of_gaussians_with_one_set_of_axes_has_a_closed_form():
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.normal(size=(6, 6)))[0]
    means, variances = random.normal(size=(2, 6)), random.uniform(0.1, 4, (2, 6))
    a, b = (Gaussian(m, (axes * v) @ axes.T) for m, v in zip(means, variances, strict=True))
    spread = ((np.sqrt(variances[0]) - np.sqrt(variances[1])) ** 2).sum()
    expected = ((means[0] - means[1]) ** 2).sum() + spread
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_gaussians_with_other_axes_equals_the_matrix_root():
    random = np.random.default_rng(1)
    a, b = (random.normal(size=(9, 5)) for _ in range(2))
    first, second = fit_gaussian(a), fit_gaussian(b)
    roots = np.sqrt(np.linalg.eigvals(first.covariance @ second.covariance).real)
    expected = (
        ((first.mean - second.mean) ** 2).sum()
        + np.trace(first.covariance + second.covariance)
        - 2 * roots.sum()
    )
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9)


def test_a_covariance_without_full_rank_does_no_harm():
    few, many = normal(0, 5, 30), normal(1, 200, 30)
    found = frechet_distance(fit_gaussian(few), fit_gaussian(many))
    assert np.isfinite(found) and found > 0


@pytest.mark.parametrize("count", [2, 1024, 2500])
def test_moments_in_chunks_are_those_of_the_whole(count):
    features = normal(0, count, 5, shift=100.0)  # a large mean: sums of squares would cancel
    found = fit_gaussian(features)
    whole = features.astype("float64")
    np.testing.assert_allclose(found.mean, whole.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(whole.T), atol=1e-9)


def test_moments_of_one_picture_are_refused():
    with pytest.raises(InputError, match="1 pictures; a covariance needs 2"):
        fit_gaussian(normal(0, 1))


# -- kernel distance ----------------------------------------------------------------------------


def naive_kernel_distance(x: np.ndarray, y: np.ndarray) -> float:
    def of(a: np.ndarray, b: np.ndarray) -> float:
        return (float(np.dot(a, b)) / len(a) + 1) ** 3

    n, m = len(x), len(y)
    xx = sum(of(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(of(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return xx + yy - 2 * sum(of(a, b) for a in x for b in y) / (n * m)


@pytest.mark.parametrize("chunk", [512, 3])
def test_kernel_distance_equals_the_definition(chunk, monkeypatch):
    monkeypatch.setattr(kernel, "CHUNK", chunk)
    x, y = normal(0, 23), normal(1, 17, shift=0.3)
    assert kernel_distance(x, y).value == pytest.approx(naive_kernel_distance(x, y), rel=1e-6)


def test_kernel_distance_of_two_halves_of_one_set_is_zero_on_average():
    halves = [kernel_distance(normal(2 * s, 30), normal(2 * s + 1, 30)).value for s in range(300)]
    error = np.std(halves) / np.sqrt(len(halves))
    assert abs(np.mean(halves)) < 3 * error
    # Counting pictures with themselves, as a biased estimate does, would not pass.
    itself = np.mean([((x @ x / 8 + 1) ** 3) / 30 for x in normal(0, 300)])
    assert itself > 10 * error


def test_the_standard_error_is_how_much_estimates_vary():
    found = [
        kernel_distance(normal(2 * s, 60), normal(2 * s + 1, 60, shift=0.5)) for s in range(80)
    ]
    varies = np.std([estimate.value for estimate in found], ddof=1)
    said = np.mean([estimate.standard_error for estimate in found])
    assert 0.7 < said / varies < 1.5


def test_a_memory_mapped_file_gives_the_same(tmp_path):
    x, y = normal(0, 40), normal(1, 40)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert kernel_distance(mapped, y) == kernel_distance(x, y)
    assert frechet_distance(fit_gaussian(mapped), fit_gaussian(y)) == frechet_distance(
        fit_gaussian(x), fit_gaussian(y)
    )


def test_too_few_pictures_are_refused():
    with pytest.raises(InputError, match="give 4 or more"):
        kernel_distance(normal(0, 2), normal(1, 50))


@pytest.mark.parametrize(
    "measure",
    [
        fit_gaussian,
        lambda features: kernel_distance(features, features),
        lambda features: nearest_neighbours(features[:50], features),
    ],
)
def test_memory_does_not_grow_with_the_number_of_pictures(measure, tmp_path, monkeypatch):
    for module in (diversity, frechet, kernel):
        monkeypatch.setattr(module, "CHUNK", 32)
    peaks = []
    for count in (400, 3200):
        np.save(tmp_path / f"{count}.npy", normal(0, count, 400))
        mapped = np.load(tmp_path / f"{count}.npy", mmap_mode="r")
        tracemalloc.start()
        measure(mapped)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Ten times less than the 2,800 rows more: what grows is a few numbers a picture.
    assert peaks[1] - peaks[0] < 2800 * 400 * 4 / 10


# -- the scores made of them --------------------------------------------------------------------


def test_the_error_of_a_share_is_known_even_where_all_pictures_agree():
    assert share_error(0.5, 99) == pytest.approx(0.05)
    for share in (0.0, 1.0):
        assert share_error(share, 99) == pytest.approx(np.sqrt(0.005 * 0.995) / 10)


def test_diversity_is_of_pictures_of_one_caption_and_photographs_of_one_class():
    samples = np.zeros((2, 3, 4))
    samples[0, 1, 0] = 3  # distances 3, 0 and 3; those of the other caption are 0
    photographs = np.array([[0, 0], [6, 8], [100, 100], [0, 0], [3, 4]])
    score = score_diversity(samples, photographs, np.array([1, 1, 2, 3, 3]), "lite2")
    assert score.value == pytest.approx(1) and score.n == 6
    assert score.photographs == pytest.approx((10 + 5) / 2)  # one photograph alone is no pair
    assert score.standard_error == pytest.approx(1)  # of 2 and 0


def test_a_copy_is_nearer_to_a_training_photograph_than_photographs_are():
    training = np.eye(30)[:, :25] * 10
    held_out = np.tile(training[3], (20, 1)) + np.linspace(1, 2, 20)[:, None] * np.eye(25)[0]
    drawn = np.stack([training[7] + 5 * np.eye(25)[0], training[9] + 0.1 * np.eye(25)[1]])
    (distance, copies), (places, rows) = score_copying(drawn, held_out, training, "lite2")
    assert distance.value == pytest.approx((5 + 0.1) / 2)
    assert distance.photographs == pytest.approx(1.5)
    assert copies.value == 0.5 and copies.photographs == pytest.approx(0.05)
    assert [*places] == [1, 0] and [*rows] == [9, 7]  # the copy first, beside what it copies
