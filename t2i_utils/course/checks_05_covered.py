"""Check of exercise 3 in notebook 05: precision and recall of a set of pictures."""

from collections.abc import Callable
from typing import Any

import numpy as np

from t2i_utils.course.checks import call_for_number, verdict


def check_covered(function: Callable[..., Any]) -> bool:
    """Exercise 3: the share of points that lie in the ball of some point of a cloud."""
    random = np.random.default_rng(55)
    cloud = np.concatenate([random.normal(size=(12, 2)), random.normal(size=(6, 2)) * 0.2 + 4])
    points = random.normal(size=(25, 2)) * 2.2 + 1
    value, problem = call_for_number(function, points.copy(), cloud.copy())
    if problem:
        return verdict(False, problem)
    right = ready_covered(points, cloud)
    if np.isclose(value, right):
        return verdict(True, "in the ball of one is enough, and a ball reaches to the third fellow")
    return verdict(False, _hint(value, right, points, cloud))


def ready_covered(points: np.ndarray, cloud: np.ndarray, k: int = 3) -> float:
    """A right answer: the notebook measures by it until the learner's own is right."""
    radii = np.sort(_distances(cloud, cloud), axis=1)[:, k]  # at 0 is the point itself
    return float((_distances(points, cloud) <= radii).any(axis=1).mean())


def _distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.linalg.norm(first[:, None] - second, axis=-1)


def _hint(value: float, right: float, points: np.ndarray, cloud: np.ndarray) -> str:
    radii = np.sort(_distances(cloud, cloud), axis=1)[:, 3]
    between = _distances(points, cloud)
    own = np.sort(_distances(points, points), axis=1)[:, 3]
    for wrong, hint in (
        (100 * right, "return a share between 0 and 1, not per cent"),
        (len(points) * right, "return the share, not the number, of points"),
        (1 - right, "that is the share that lies in no ball"),
        (ready_covered(points, cloud, 2), "each point of the cloud is its own nearest, at distance "
         "0: the third *other* one is at place 3 of the sorted row"),
        (ready_covered(points, cloud, 4), "that ball reaches to the fourth fellow: take place 3"),
        (ready_covered(cloud, points), "swapped: the balls lie around the cloud"),
        ((between <= own[:, None]).any(axis=1).mean(), "the balls lie around the points of the "
         "*cloud*, each with a radius of its own"),
        ((between <= radii).mean(), "a point counts if it lies in *some* ball: any(axis=1)"),
        ((between <= radii).any(axis=0).mean(), "that is the share of balls that hold a point: each"
         " point of `points` counts, so look along the cloud"),
        ((between <= radii).all(axis=1).mean(), "one ball is enough: any, not all"),
        ((between <= radii.mean()).any(axis=1).mean(), "each ball has its own radius, not the "
         "mean"),
        ((between.min(axis=1) <= radii[between.argmin(axis=1)]).mean(), "not only the nearest: a "
         "point may lie in the wide ball of one that is farther away"),
    ):  # fmt: skip
        if np.isclose(value, wrong):
            return hint
    return f"expected {right:.3f}, got {value:.3f}"
