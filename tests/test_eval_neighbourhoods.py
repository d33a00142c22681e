"""Precision, recall, density and coverage: against a plain count, and what each of them sees."""

import numpy as np
import pytest

from t2i_utils.evaluation import neighbourhoods
from t2i_utils.evaluation.neighbourhoods import compare_neighbourhoods


def cloud(seed: int, count: int, middle: float = 0.0, width: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(middle, width, (count, 4)).astype("float32")


def counted(drawn: np.ndarray, real: np.ndarray) -> tuple[float, ...]:
    """The definitions, point by point."""

    def radius(points: np.ndarray, place: int, k: int) -> float:
        return sorted(np.linalg.norm(points - points[place], axis=1))[k]

    def share_inside(points: np.ndarray, others: np.ndarray, k: int) -> float:
        balls = [(other, radius(others, place, k)) for place, other in enumerate(others)]
        return np.mean([any(np.linalg.norm(p - o) <= r for o, r in balls) for p in points])

    hits = np.array([
        [np.linalg.norm(picture - photograph) <= radius(real, place, 5) for picture in drawn]
        for place, photograph in enumerate(real)
    ])  # fmt: skip
    return (
        share_inside(drawn, real, 3),
        share_inside(real, drawn, 3),
        hits.sum() / (5 * len(drawn)),
        hits.any(axis=1).mean(),
    )


@pytest.mark.parametrize("chunk", [7, 512])
def test_they_are_what_their_authors_define(monkeypatch, chunk):
    monkeypatch.setattr(neighbourhoods, "CHUNK", chunk)  # more rows than fit at once
    drawn, real = cloud(0, 30, 0.5), cloud(1, 40)
    found = compare_neighbourhoods(drawn, real)
    assert found == pytest.approx(counted(drawn, real))
    assert all(0 < share < 1 for share in (found.precision, found.recall, found.coverage))


def test_one_good_picture_many_times_is_precise_and_covers_little():
    real = cloud(2, 200)
    few = real[:4] + cloud(3, 4, width=1e-3)
    found = compare_neighbourhoods(np.repeat(few, 50, axis=0) + cloud(4, 200, width=1e-4), real)
    assert found.precision == 1
    assert found.recall < 0.05 and found.coverage < 0.2


def test_pictures_of_everything_and_more_cover_and_are_not_precise():
    real = cloud(5, 200)
    strange = np.concatenate([real[:100] + 0.01, cloud(6, 100, 50.0)])
    found = compare_neighbourhoods(strange, real)
    assert found.precision == pytest.approx(0.5)
    assert found.coverage > 0.8


def test_a_wide_ball_around_a_bad_picture_raises_recall_but_not_coverage():
    real, far = cloud(7, 100), cloud(8, 100, 30.0, 20.0)
    found = compare_neighbourhoods(far, real)
    assert found.recall > 0.9 and found.coverage == 0 and found.density == 0


def test_photographs_of_one_kind_have_a_density_of_about_one():
    found = compare_neighbourhoods(cloud(9, 600), cloud(10, 600))
    assert found.density == pytest.approx(1, abs=0.1)


def test_too_few_pictures_have_no_fifth_nearest():
    assert compare_neighbourhoods(cloud(11, 5), cloud(12, 100)) is None
    assert compare_neighbourhoods(cloud(11, 6), cloud(12, 100)) is not None
