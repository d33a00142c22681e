"""The image-text matcher that R-precision asks: a small network that shares nothing with any GAN.

It is trained from scratch, without ImageNet weights, on the training photographs of a pack and
their sentence embeddings, by the contrastive loss of CLIP (Radford et al., ICML 2021, arXiv
2103.00020): among the captions of a batch, a picture must find its own, and a caption its picture.
Captions of the same class do not count as wrong. No generator is trained with it.
"""

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.arrays import (
    from_arrays,
    read_arrays,
    read_note,
    shapes_of,
    to_arrays,
    write_arrays,
)
from t2i_utils.data import Batches, Pack
from t2i_utils.pictures import from_uint8, resize
from t2i_utils.text import Whitening
from t2i_utils.training.loop import train_steps

IMAGE_SIZE = 64  # pixels: larger pictures are made smaller
VECTOR_SIZE = 128
CHANNELS = (64, 128, 256)  # of 3x3 convolutions of stride 2
BATCH_SIZE = 128
MOST_STEPS = 3000
EPOCHS = 71  # at most: few pictures are not seen more often than the 5,400 of CUB's subset
LEARNING_RATE = 2e-3
TEMPERATURE = 0.1
VERSION = 1


class Matcher:
    """Puts pictures and captions into one space, where those that belong together are close.

    Attributes:
        arrays: everything that was learnt, by name.
        about: what it is: network, pictures it was trained on, split, steps, seed.
    """

    def __init__(
        self, arrays: dict[str, np.ndarray], about: dict[str, Any], where: Path = Path("matcher")
    ) -> None:
        """Build the towers from what was learnt, in float32.

        Raises:
            InputError: the arrays in `where` are of another network.
        """
        self.arrays, self.about = arrays, about
        self._whitening = Whitening(arrays["mean"], arrays["whitening"])
        self._image_tower = build_image_tower()
        self._text_tower = build_text_tower(len(arrays["mean"]))
        from_arrays("image", self._image_tower.variables, arrays, where)
        from_arrays("text", self._text_tower.variables, arrays, where)

    def image_vectors(self, pictures: np.ndarray) -> np.ndarray:
        """Vectors (n, 128) of unit length of pictures (n, height, width, 3) uint8."""
        images = from_uint8(resize(pictures, IMAGE_SIZE))
        return _predict(self._image_tower, images)

    def text_vectors(self, embeddings: np.ndarray) -> np.ndarray:
        """Vectors (n, 128) of unit length of sentence embeddings (n, width), as encoded."""
        return _predict(self._text_tower, self._whitening(embeddings))


def _predict(tower: keras.Model, inputs: np.ndarray) -> np.ndarray:
    parts = [inputs[start : start + BATCH_SIZE] for start in range(0, len(inputs), BATCH_SIZE)]
    found = []
    for part in parts:
        padding = [(0, BATCH_SIZE - len(part))] + [(0, 0)] * (part.ndim - 1)
        found.append(np.asarray(tower.predict_on_batch(np.pad(part, padding)))[: len(part)])
    return np.concatenate(found) if found else np.empty((0, VECTOR_SIZE), "float32")


def build_image_tower() -> keras.Model:
    """Three convolutions of stride 2 on the halved picture, averaged: colours and where they are.

    Takes (batch, 64, 64, 3) in [-1, 1], gives (batch, 128).
    """
    backend.sum_in_one_order()
    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = layers.AveragePooling2D(2)(images)
    for channels in CHANNELS:
        x = layers.Conv2D(channels, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.95)(x)
        x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D(dtype="float32")(x)
    x = layers.Dense(VECTOR_SIZE, dtype="float32")(x)
    return keras.Model(images, layers.UnitNormalization(dtype="float32")(x), name="image_tower")


def build_text_tower(width: int) -> keras.Model:
    """One linear map: whitened embeddings (batch, width) to (batch, 128)."""
    embeddings = keras.Input((width,))
    x = layers.Dense(VECTOR_SIZE, dtype="float32")(embeddings)
    return keras.Model(embeddings, layers.UnitNormalization(dtype="float32")(x), name="text_tower")


def contrastive_loss(image_vectors: Any, text_vectors: Any, class_ids: Any) -> Any:
    """Symmetric InfoNCE over a batch; others of a picture's own class are left out of it."""
    similarity = ops.matmul(image_vectors, ops.transpose(text_vectors)) / TEMPERATURE
    same_class = ops.equal(class_ids[:, None], class_ids[None, :])
    own = ops.eye(similarity.shape[0], dtype="bool")
    ignored = ops.logical_and(same_class, ops.logical_not(own))
    similarity = ops.where(ignored, -1e9, similarity)
    both = [ops.log_softmax(similarity, axis=axis) for axis in (0, 1)]
    return -sum(ops.mean(ops.diagonal(scores)) for scores in both) / 2


def train_matcher(
    pack: Pack,
    split: str = "zero-shot",
    steps: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Matcher:
    """Train a matcher on the training part of a pack's split.

    Args:
        pack: a packed data set.
        split: whose training pictures.
        steps: updates of 128 pictures; None takes `steps_for` the pictures.
        seed: of the initial weights and the batches.
        progress: show a bar.

    Raises:
        InputError: the pack has no training pictures of two classes.
    """
    indices = pack.indices(split, "train")
    steps = steps or steps_for(len(indices))
    whitening = pack.whitening(indices)
    batches = Batches(
        pack, indices, batch_size=BATCH_SIZE, image_size=IMAGE_SIZE, whitening=whitening, seed=seed
    )
    keras.utils.set_random_seed(seed)
    with backend.precision("mixed_bfloat16"):
        image_tower, text_tower = build_image_tower(), build_text_tower(pack.width)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.05)
    trained = image_tower.trainable_variables + text_tower.trainable_variables
    optimizer.build(trained)

    def update(batch: dict[str, Any]) -> Any:
        def losses() -> tuple[list[Any], None]:
            pictures = ops.cast(batch["images"], "float32") / 127.5 - 1
            images = image_tower(pictures, training=True)
            texts = text_tower(batch["embeddings"], training=True)
            return [contrastive_loss(images, texts, batch["class_ids"])], None

        (loss,), _, (gradients,) = backend.gradients(losses, trained)
        optimizer.apply(gradients, trained)
        return loss

    step_variables = [*image_tower.variables, *text_tower.variables, *optimizer.variables]
    compiled = backend.compile_step(update, step_variables)
    latest: list[Any] = [0.0]

    def make(step: int) -> dict[str, np.ndarray]:
        batch = batches.at(step)
        return {name: batch[name] for name in ("images", "embeddings", "class_ids")}

    def learn(_: int, batch: dict[str, np.ndarray]) -> None:
        latest[0] = compiled(batch)

    stop = train_steps(
        range(steps),
        make,
        learn,
        title="matcher",
        flush=lambda: f"loss={float(latest[0]):.2f}",
        progress=progress,
    )
    if stop.requested:  # one that is trained in part would judge otherwise
        stop.end()
    arrays = {
        **to_arrays("image", image_tower.variables, "float32"),
        **to_arrays("text", text_tower.variables, "float32"),
        "mean": whitening.mean,
        "whitening": whitening.matrix,
    }
    return Matcher(arrays, _about(pack, split, steps, seed))


def steps_for(count: int) -> int:
    """How many updates a matcher takes for so many training pictures."""
    return min(MOST_STEPS, EPOCHS * count // BATCH_SIZE + 1)


def pack_matcher(pack: Pack, split: str = "zero-shot") -> Matcher:
    """The matcher of a pack: trained the first time, and kept in the pack's folder.

    Raises:
        InputError: its file is damaged, or cannot be written.
    """
    name = f"evaluation/matcher_{split}.npz"
    file = pack.folder / name
    about = _about(pack, split, steps_for(len(pack.indices(split, "train"))), 0)
    if file.is_file() and read_note(file) == about:
        return Matcher(read_arrays(file, _shapes(pack.width)), about, file)
    file = pack.place_to_keep(name)  # before the long work
    print(f"training the image-text matcher of {pack.folder}, this once", file=sys.stderr)
    matcher = train_matcher(pack, split)
    write_arrays(file, matcher.arrays, about, compress=True)
    return matcher


def _shapes(width: int) -> dict[str, tuple[int, ...]]:
    """Of a matcher's arrays, for embeddings of `width` numbers."""
    return {
        **shapes_of("image", build_image_tower().variables),
        **shapes_of("text", build_text_tower(width).variables),
        "mean": (width,),
        "whitening": (width, width),
    }


def _about(pack: Pack, split: str, steps: int, seed: int) -> dict[str, Any]:
    """What a matcher is; two with the same description are the same."""
    return {
        "version": VERSION,
        "network": f"{len(CHANNELS)} convolutions, no ImageNet weights, {IMAGE_SIZE} px",
        "trained_on": f"{pack.manifest['name']}, {split} train",
        "crop": pack.manifest["crop"],
        "pictures": len(pack.indices(split, "train")),
        "steps": steps,
        "batch_size": BATCH_SIZE,
        "seed": seed,
    }
