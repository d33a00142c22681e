"""The check of exercise 3 in notebook 05: answers pass, each usual mistake gets its hint."""

import numpy as np
import pytest
from answers import refused, said

from t2i_utils.course import checks_05


def table(first, second):
    return np.linalg.norm(first[:, None] - second[None], axis=-1)


def covered(points, cloud, *, k=3, around=None, rule=np.any, axis=1, radius=lambda r: r):
    """The solution, with one thing changed."""
    own = np.sort(table(cloud, cloud), axis=1)[:, k]
    inside = table(points, cloud) <= radius(own)
    if around == "points":
        inside = table(points, cloud) <= np.sort(table(points, points), axis=1)[:, k, None]
    return rule(inside, axis=axis).mean()


def by_a_loop(points, cloud):
    found = 0
    radii = [sorted(np.linalg.norm(cloud - one, axis=1))[3] for one in cloud]
    for point in points:
        found += any(
            np.linalg.norm(point - one) < radius for one, radius in zip(cloud, radii, strict=True)
        )
    return found / len(points)


def by_partition(points, cloud):
    own = table(cloud, cloud)
    np.fill_diagonal(own, np.inf)
    radii = np.partition(own, 2, axis=1)[:, 2]
    return np.count_nonzero((table(points, cloud) - radii).min(axis=1) <= 0) / len(points)


def of_the_nearest(points, cloud):
    radii = np.sort(table(cloud, cloud), axis=1)[:, 3]
    between = table(points, cloud)
    return np.mean(between.min(axis=1) <= radii[between.argmin(axis=1)])


@pytest.mark.parametrize("function", [covered, by_a_loop, by_partition, checks_05.ready_covered])
def test_the_share_is_accepted(capsys, function):
    assert checks_05.check_covered(function) is True
    assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda points, cloud: ..., "replace the ..."),
        (lambda points, cloud: points - cloud, "ValueError"),
        (lambda points, cloud: points, "one number"),
        (lambda *a: 100 * covered(*a), "not per cent"),
        (lambda *a: 25 * covered(*a), "not the number"),
        (lambda *a: 1 - covered(*a), "in no ball"),
        (lambda *a: covered(*a, k=2), "its own nearest"),
        (lambda *a: covered(*a, k=4), "fourth fellow"),
        (lambda points, cloud: covered(cloud, points), "swapped"),
        (lambda *a: covered(*a, around="points"), "points of the *cloud*"),
        (lambda *a: covered(*a, rule=np.mean), "some* ball"),
        (lambda *a: covered(*a, axis=0), "share of balls"),
        (lambda *a: covered(*a, rule=np.all), "one ball is enough"),
        (lambda *a: covered(*a, radius=np.mean), "not the mean"),
        (of_the_nearest, "not only the nearest"),
        (lambda points, cloud: 0.123, "expected"),
    ],
)
def test_a_wrong_share_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_05.check_covered, function, hint)
