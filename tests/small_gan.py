"""Tiny stages of the GAN, built and compiled once, and batches for them."""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras.src import backend as keras_backend

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.stackgan.recipes import build_generator, make_config
from t2i_utils.stackgan.update import StageGAN

WIDTH = 16  # of the sentence embeddings
BATCH = 4
ALL = [("paper", 1), ("paper", 2), ("modern", 1), ("modern", 2)]


def small_config(recipe: str, stage: int, **changes: Any) -> Config:
    """The smoke preset, narrower still."""
    widths = {"generator_width": 8, "discriminator_width": 8, "batch_size": BATCH}
    return make_config(recipe, "smoke", stage, **{**widths, **changes})


def new_gan(recipe: str, stage: int, seed: int = 0, **changes: Any) -> StageGAN:
    """A stage of its own, which a test may change as it likes."""
    stage1 = None
    if stage == 2:
        keras.utils.set_random_seed(7)
        stage1 = build_generator(small_config(recipe, 1, **changes), WIDTH)
    return StageGAN(small_config(recipe, stage, **changes), WIDTH, stage1, seed)


@functools.cache
def shared_gan(recipe: str, stage: int) -> StageGAN:
    """A stage that all tests share: look at it, or change it inside `restored`."""
    return new_gan(recipe, stage)


@contextlib.contextmanager
def restored(gan: StageGAN) -> Iterator[StageGAN]:
    """Undo every change of a stage's variables at the end."""
    variables = [*gan.state_variables, *(gan.stage1.variables if gan.stage1 is not None else [])]
    before = values(variables)
    try:
        yield gan
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)


def values(variables: list[Any]) -> list[np.ndarray]:
    """Copies of variables' values."""
    return [np.array(variable.numpy()) for variable in variables]


def small_batch(gan: StageGAN, seed: int = 0) -> dict[str, np.ndarray]:
    """Everything that `StageGAN.update` takes."""
    random = np.random.default_rng(seed)
    size, count = gan.config.image_size, gan.config.batch_size
    batch = {
        "images": random.uniform(-1, 1, (count, size, size, 3)),
        "embeddings": random.standard_normal((count, WIDTH)),
        "wrong_embeddings": random.standard_normal((count, WIDTH)),
    }
    batch = {name: array.astype("float32") for name, array in batch.items()}
    words = {
        "class_ids": np.arange(count, dtype="int32"),
        "distractors": random.standard_normal((4, WIDTH)).astype("float32"),
        "distractor_class_ids": np.array([0, 50, 51, 52], "int32"),
    }
    return batch | words | gan.draw_noise(random, count)


def start_quickly() -> None:
    """Spend less on what comes before a first step.

    TensorFlow runs graphs as traced: to rewrite one takes longer than a few steps. On JAX, NumPy
    draws initial weights: JAX compiles a program for each of their shapes.
    """
    if backend.name() == "tensorflow":
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        return

    def uniform(shape, minval=0.0, maxval=1.0, dtype="float32", seed=None):
        return np.random.uniform(minval, maxval, shape).astype(dtype)

    keras_backend.random.uniform = uniform
