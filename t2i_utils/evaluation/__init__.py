"""Measures of what a generator draws (notebook 05).

Pictures go through a frozen network once; every score is then a few lines on its features.
"""

from t2i_utils.evaluation.alignment import r_precision, shuffle_across_classes
from t2i_utils.evaluation.colour_words import hue_amounts, one_colour, score_colours
from t2i_utils.evaluation.diversity import mean_pairwise_distance, nearest_neighbours
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.evaluation.frechet import Gaussian, fit_gaussian, frechet_distance
from t2i_utils.evaluation.interpolation import attribute_walk, lerp, slerp
from t2i_utils.evaluation.kernel import KernelDistance, kernel_distance
from t2i_utils.evaluation.matcher import Matcher, pack_matcher, train_matcher

__all__ = [
    "FeatureExtractor",
    "Gaussian",
    "KernelDistance",
    "Matcher",
    "attribute_walk",
    "fit_gaussian",
    "frechet_distance",
    "hue_amounts",
    "kernel_distance",
    "lerp",
    "mean_pairwise_distance",
    "nearest_neighbours",
    "one_colour",
    "pack_matcher",
    "r_precision",
    "score_colours",
    "shuffle_across_classes",
    "slerp",
    "train_matcher",
]
