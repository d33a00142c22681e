"""Measures of what a generator draws (notebook 05).

Pictures go through a frozen network once; every score is then a few lines on its features.
"""

from t2i_utils.evaluation.alignment import r_precision, shuffle_across_classes
from t2i_utils.evaluation.diversity import mean_pairwise_distance, nearest_neighbours
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.evaluation.frechet import Gaussian, fit_gaussian, frechet_distance
from t2i_utils.evaluation.interpolation import attribute_walk, lerp, slerp
from t2i_utils.evaluation.kernel import kernel_distance

__all__ = [
    "FeatureExtractor",
    "Gaussian",
    "attribute_walk",
    "fit_gaussian",
    "frechet_distance",
    "kernel_distance",
    "lerp",
    "mean_pairwise_distance",
    "nearest_neighbours",
    "r_precision",
    "shuffle_across_classes",
    "slerp",
]
