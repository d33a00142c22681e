"""Training a captioner: predict each word of people's captions from the words before it."""

import contextlib
import dataclasses
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import keras
import numpy as np
from keras import ops

from t2i_utils import backend
from t2i_utils.captioning.decoder import Captioner, CaptionerConfig
from t2i_utils.captioning.describer import Describer
from t2i_utils.captioning.views import NUM_VIEWS, regions_of, training_rows
from t2i_utils.captioning.vocabulary import LEAST_COUNT, PADDING, SPECIAL, Vocabulary
from t2i_utils.data import Pack
from t2i_utils.errors import InputError
from t2i_utils.training.loop import train_steps

NUM_IMAGES = 32  # a batch's pictures
NUM_CAPTIONS = 4  # of each of them: the encoder's work serves them all
STEPS = 2500
LEARNING_RATE, TUNING_RATE = 1e-3, 2e-4
WARM_UP = 100  # steps until the learning rate is reached
WEIGHT_DECAY = 0.05
LABEL_SMOOTHING = 0.1  # of a word's probability is spread over all words


def train_captioner(
    pack: Pack,
    steps: int = STEPS,
    seed: int = 0,
    num_views: int = NUM_VIEWS,
    progress: bool = True,
    watch: Callable[[int, float], None] | None = None,
    init: Describer | None = None,
    **sizes: Any,
) -> Describer:
    """Train on the pictures that are in the training part of both splits.

    Ctrl-C and SIGTERM end the training early and give what was learnt so far.

    Args:
        pack: a packed data set.
        steps: updates of 32 pictures with 4 captions each.
        seed: of the initial weights and the batches.
        num_views: windows in which each picture is seen; they are computed once and kept.
        progress: show bars.
        watch: called with the step and the loss after each update.
        init: a captioner to go on from, at a fifth of the learning rate. It learns new words, and
            keeps its sizes and its reader of parts.
        **sizes: fields of `CaptionerConfig`.

    Raises:
        InputError: the pack has no such pictures, its captions share no word, or its folder
            cannot be written.
    """
    started = time.perf_counter()
    rows = training_rows(pack)
    if len(rows) == 0:
        raise InputError(f"no picture of {pack.folder} is in the training part of both splits")
    vocabulary = Vocabulary.of(text for row in rows for text in pack.captions[row])
    if len(vocabulary) == len(SPECIAL):
        raise InputError(
            f"no word is in {LEAST_COUNT} captions of {pack.folder}: train on more pictures"
        )
    regions = regions_of(pack, rows, "train", num_views, progress)
    keras.utils.set_random_seed(seed)
    if init is None:
        mean, scale = _statistics(regions)
        config = CaptionerConfig(len(vocabulary), regions.shape[-1], **sizes)
        captioner = Captioner(config)
    else:
        mean, scale = init.mean, init.scale
        vocabulary = init.vocabulary.with_words_of(vocabulary)
        sizes["vocabulary_size"] = len(vocabulary)
        config = dataclasses.replace(init.captioner.config, **sizes)
        captioner = Captioner(config)
        _copy_weights(init.captioner, captioner)
    update = _compile(captioner, steps, TUNING_RATE if init else LEARNING_RATE)
    numbers = [vocabulary.encode(pack.captions[row], config.max_words + 1) for row in rows]
    losses: list[float] = []

    def make(step: int) -> dict[str, np.ndarray]:
        random = np.random.default_rng([seed, step])
        chosen = random.choice(len(rows), NUM_IMAGES, replace=len(rows) < NUM_IMAGES)
        views = random.integers(regions.shape[1], size=NUM_IMAGES)
        seen = np.stack([regions[i, v] for i, v in zip(chosen, views, strict=True)])
        sentences = [numbers[i][_captions(numbers[i], random)] for i in chosen]
        return {
            "regions": (seen.astype("float32") - mean) / scale,
            "sentences": np.concatenate(sentences),
        }

    def learn(step: int, batch: dict[str, np.ndarray]) -> None:
        losses.append(float(update(batch)))
        if watch is not None:
            watch(step + 1, losses[-1])

    with contextlib.suppress(KeyboardInterrupt):  # a second Ctrl-C, in the middle of a step
        train_steps(
            range(steps),
            make,
            learn,
            title="captioner",
            flush=lambda: f"loss={losses[-1]:.2f}",
            progress=progress,
        )
    done = len(losses)
    if done < steps:
        print(f"stopped at step {done}")
    card = {
        "data": pack.manifest["name"],
        "crop": pack.manifest["crop"],
        "caption_source": pack.manifest["caption_source"],
        "split": "zero-shot train and official train",
        "num_images": len(rows),
        "views": num_views,
        "steps": done,
        "images_seen": done * NUM_IMAGES,
        "seed": seed,
        "backend": backend.name(),
        "precision": config.precision,
        "date": date.today().isoformat(),
        "minutes": round((time.perf_counter() - started) / 60, 1),
    }
    if init is None or init.reader is None:
        return Describer(captioner, vocabulary, mean, scale, card)
    card["reader"] = dict(init.card["reader"])
    return Describer(captioner, vocabulary, mean, scale, card, init.reader)


def _copy_weights(source: Captioner, target: Captioner) -> None:
    """Fill a captioner with another's weights; words that it has besides keep their own."""
    for weight, given in zip(target.weights, source.weights, strict=True):
        values = np.array(weight.numpy())
        values[: given.shape[0]] = given.numpy()
        weight.assign(values)


def _captions(numbers: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Which of a picture's captions to learn from: each at most once while there are enough."""
    return random.choice(len(numbers), NUM_CAPTIONS, replace=len(numbers) < NUM_CAPTIONS)


def _statistics(regions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel over (at most 512 of) the first views."""
    seen = regions[:: max(1, len(regions) // 512), 0].reshape(-1, regions.shape[-1])
    seen = seen.astype("float32")
    return seen.mean(axis=0), seen.std(axis=0) + 1e-3


def _compile(captioner: Captioner, steps: int, learning_rate: float) -> Callable:
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=learning_rate, warmup_steps=min(WARM_UP, steps // 4)
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY, beta_2=0.98)
    encoder, decoder = captioner.encoder, captioner.decoder
    found = [*encoder.trainable_variables, *decoder.trainable_variables]
    optimizer.build(found)

    def update(batch: dict[str, Any]) -> Any:
        def losses() -> tuple[list[Any], None]:
            memory = encoder(batch["regions"], training=True)
            memory = ops.repeat(memory, NUM_CAPTIONS, axis=0)
            logits = decoder([memory, batch["sentences"][:, :-1]], training=True)
            return [next_word_loss(logits, batch["sentences"][:, 1:])], None

        (loss,), _, (gradients,) = backend.gradients(losses, found)
        optimizer.apply(gradients, found)
        return loss

    return backend.compile_step(
        update, [*encoder.variables, *decoder.variables, *optimizer.variables]
    )


def next_word_loss(logits: Any, words: Any) -> Any:
    """Cross-entropy of the next words, with label smoothing; a mean over words that are there.

    Args:
        logits: (b, length, vocabulary).
        words: (b, length), integers; padding does not count.

    Returns:
        A scalar.

    Source: Szegedy et al., CVPR 2016 (arXiv 1512.00567), section 7.
    """
    scores = ops.log_softmax(logits, axis=-1)
    own = ops.take_along_axis(scores, ops.expand_dims(words, -1), axis=-1)[..., 0]
    wanted = (1 - LABEL_SMOOTHING) * own + LABEL_SMOOTHING * ops.mean(scores, axis=-1)
    there = ops.cast(ops.not_equal(words, PADDING), "float32")
    return -ops.sum(there * wanted) / ops.sum(there)
