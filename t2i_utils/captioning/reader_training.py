"""Training a reader of parts: on what ten people said of each picture, and on classes.

Whatever captions leave open, CUB's attributes of the classes and the classes themselves teach too:
both are further tasks, whose layers are thrown away at the end. Some classes are held back; on
these the probabilities are calibrated.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.captioning.caption_metrics import COLOURS, NAMED_BY, PART_NAMED_BY, colours_of
from t2i_utils.captioning.claims import Claim, claims_of
from t2i_utils.captioning.reader import PartReader
from t2i_utils.captioning.regions import GRID, IMAGE_SIZE, LOW_WIDTH, MIDDLE_WIDTH, RegionEncoder
from t2i_utils.captioning.views import FOLDER, view
from t2i_utils.data import Pack
from t2i_utils.vision import load_features

NUM_VIEWS = 4  # random ones of each picture; the whole picture is a further one
LEAST_WINDOW = 0.8
LEAST_PICTURES = 40  # of training pictures of which a claim is made, or it is not learnt
HELD_BACK = 10  # every tenth class is for calibration
BATCH = 32
RATES = (1.5e-4, 1.5e-3)  # of the upper blocks and of the head
WEIGHT_DECAY = 0.02


def held_back(pack: Pack, rows: np.ndarray) -> np.ndarray:
    """Which of some rows belong to the classes that calibrate, bool (len(rows),)."""
    classes = np.unique(pack.class_ids[rows])
    return np.isin(pack.class_ids[rows], classes[5::HELD_BACK])


def maps_of(pack: Pack, rows: np.ndarray, num_views: int) -> tuple[np.ndarray, np.ndarray]:
    """Maps (rows, 1 + views, 14, 14, channels) float16, low and middle, kept with the pack.

    The first view is the whole picture.
    """
    which = zlib.crc32(np.asarray(rows, "<i8").tobytes())
    shape = (len(rows), 1 + num_views, GRID, GRID, LOW_WIDTH + MIDDLE_WIDTH)
    file = f"{FOLDER}/maps_{len(rows)}x{num_views}_{which:08x}.npy"

    def compute(store: np.ndarray) -> None:
        encoder, pictures = RegionEncoder(), pack.images_for(IMAGE_SIZE)
        for start in range(0, len(rows), BATCH):
            chosen = rows[start : start + BATCH]
            for number in range(1 + num_views):
                seen = [
                    view(
                        pictures[row],
                        np.random.default_rng([row, number]) if number else None,
                        LEAST_WINDOW,
                    )
                    for row in chosen
                ]
                maps = encoder.maps(np.stack(seen))
                store[start : start + len(chosen), number] = np.concatenate(maps, axis=-1)

    found = pack.kept(file, np.float16, shape, compute)
    return found[..., :LOW_WIDTH], found[..., LOW_WIDTH:]


class Labels:
    """What ten people say of n pictures, as a reader learns it.

    Attributes:
        true: (n, claims) bool, whether one of them makes the claim.
        known: (n, claims) bool, whether any of them speaks of its slot.
        named: (n, claims) bool, whether two of them make it.
        colours: (n, 15) bool, whether three of them name a colour.
    """

    def __init__(self, captions: Sequence[Sequence[str]], claims: Sequence[Claim]) -> None:
        """Read the captions of n pictures."""
        said = [[claims_of(caption) for caption in own] for own in captions]
        count = np.array(
            [[sum(claim in one for one in own) for claim in claims] for own in said], int
        )
        people = np.array([[min(len(own), 10) / 10] for own in said])
        slots = [{claim.slot for one in own for claim in one} for own in said]
        parts = [{claim.part for one in own for claim in one} for own in said]
        self.true = count >= 1
        self.known = np.array([
            [c.part in part if c.silence_speaks else c.slot in slot for c in claims]
            for slot, part in zip(slots, parts, strict=True)
        ])  # fmt: skip
        self.named = count >= PART_NAMED_BY * people
        named = np.array([
            [sum(colour in colours_of(text) for text in own) for colour in COLOURS]
            for own in captions
        ])  # fmt: skip
        self.colours = named >= NAMED_BY * people


def learnable(captions: Sequence[Sequence[str]]) -> list[Claim]:
    """The claims that are made of enough pictures."""
    counts: dict[Claim, int] = {}
    for own in captions:
        for claim in set().union(*map(claims_of, own)):
            counts[claim] = counts.get(claim, 0) + 1
    return sorted(claim for claim, count in counts.items() if count >= LEAST_PICTURES)


class ReaderTraining:
    """A training in pieces: `run` goes on from where the last call stopped."""

    def __init__(
        self,
        reader: PartReader,
        labels: Labels,
        classes: np.ndarray,
        attributes: np.ndarray,
        maps: tuple[np.ndarray, np.ndarray],
        steps: int,
        seed: int = 0,
    ) -> None:
        """Prepare.

        Args:
            reader: to train.
            labels: of the pictures.
            classes: (n,) from 0.
            attributes: (n, 312) float32 in [0, 1], of the pictures' classes.
            maps: of `maps_of`.
            steps: of the whole training; the learning rates fall to 0 at its end.
            seed: of the batches.
        """
        self.reader, self.maps, self.seed, self.step = reader, maps, seed, 0
        self.losses: list[np.ndarray] = []
        self._targets = {
            "true": labels.true.astype("float32"), "known": labels.known.astype("float32"),
            "named": labels.named.astype("float32"), "colours": labels.colours.astype("float32"),
            "classes": classes.astype("int32"), "attributes": attributes.astype("float32"),
        }  # fmt: skip
        network = load_features("lite0", IMAGE_SIZE)
        for layer in reader.upper.layers:
            if layer.weights:
                layer.set_weights(network.get_layer(layer.name).get_weights())
        low = np.asarray(maps[0][:512, 0], "float32").reshape(-1, LOW_WIDTH)
        reader.normalise.set_weights([low.mean(axis=0), low.var(axis=0)])
        deep, parts = reader.model.outputs[-2:]
        both = layers.Concatenate()([deep, layers.Flatten()(parts)])
        both = layers.Dropout(0.3)(both)
        self.further = keras.Model(
            reader.model.inputs,
            [
                *reader.model.outputs[:3],
                layers.Dense(int(classes.max()) + 1, dtype="float32")(deep),
                layers.Dense(attributes.shape[1], dtype="float32")(both),
            ],
        )
        # The gradient of depthwise kernels is slow on CPUs and they are 3 % of the weights.
        upper = [v for v in reader.upper.trainable_variables if "depthwise" not in v.path]
        own = {id(v) for v in reader.upper.variables}
        head = [v for v in self.further.trainable_variables if id(v) not in own]
        self._groups = upper, head
        self._optimizers = []
        for rate, group in zip(RATES, self._groups, strict=True):
            schedule = keras.optimizers.schedules.CosineDecay(
                0.0, steps, warmup_target=rate, warmup_steps=min(100, steps // 4)
            )
            self._optimizers.append(
                keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY, global_clipnorm=1.0)
            )
            self._optimizers[-1].build(group)
        self.state = [
            *self.further.variables,
            *(v for optimizer in self._optimizers for v in optimizer.variables),
        ]
        self._update = self._compile()

    def _compile(self) -> Callable:
        variables = [*self._groups[0], *self._groups[1]]

        def update(batch: dict[str, Any]) -> Any:
            def losses() -> tuple[list[Any], Any]:
                true, named, colours, classes, attributes = self.further(
                    [batch["low"], batch["middle"]], training=True
                )
                known = batch["known"]
                each = ops.stack([
                    ops.sum(known * _cross_entropy(batch["true"], true)) / ops.sum(known),
                    ops.mean(_cross_entropy(batch["named"], named)),
                    ops.mean(_cross_entropy(batch["colours"], colours)),
                    ops.mean(keras.losses.sparse_categorical_crossentropy(
                        batch["classes"], classes, from_logits=True)),
                    ops.mean(_cross_entropy(batch["attributes"], attributes)),
                ])  # fmt: skip
                return [ops.sum(each * np.array([1, 2, 1, 0.05, 1], "float32"))], each

            _, each, (gradients,) = backend.gradients(losses, variables)
            cut = len(self._groups[0])
            for optimizer, group, part in zip(
                self._optimizers, self._groups, (gradients[:cut], gradients[cut:]), strict=True
            ):
                optimizer.apply(part, group)
            return each

        return backend.compile_step(update, self.state)

    def batch(self, step: int) -> dict[str, np.ndarray]:
        """The batch of a step: each picture in one of its views."""
        random = np.random.default_rng([self.seed, step])
        rows = random.choice(len(self.maps[0]), BATCH, replace=False)
        views = random.integers(self.maps[0].shape[1], size=BATCH)
        low, middle = (x[rows, views].astype("float32") for x in self.maps)
        return {"low": low, "middle": middle, **{k: v[rows] for k, v in self._targets.items()}}

    def run(self, steps: int) -> None:
        """Do some more steps."""
        from t2i_utils.training.loop import prefetched

        for batch in prefetched(self.batch, range(self.step, self.step + steps)):
            self.losses.append(backend.to_numpy(self._update(batch)))
            self.step += 1


def _cross_entropy(wanted: Any, logits: Any) -> Any:
    """Of each yes or no; `wanted` may lie between 0 and 1."""
    return ops.relu(logits) - logits * wanted + ops.softplus(-ops.abs(logits))


def calibrate(
    logits: np.ndarray, labels: Labels, claims: Sequence[Claim], prior: float = 20.0
) -> np.ndarray:
    """Scale and offset of each claim's logit: one scale, an offset for each kind and each slot.

    Args:
        logits: (n, claims) of pictures of classes that were not trained on.
        labels: of these pictures.
        claims: likewise.
        prior: how many pictures an offset of 0 weighs.

    Returns:
        (2, claims).
    """
    slots = np.array([claim.slot for claim in claims])
    names = sorted(set(slots))
    which = np.array([names.index(slot) for slot in slots])
    scale, offsets = 1.0, np.zeros(len(names))
    known, true = labels.known, labels.true
    for _ in range(200):  # gradient steps of a convex problem
        z = scale * logits + offsets[which]
        error = known * (1 / (1 + np.exp(-z)) - true)
        curve = known * 0.25
        scale -= (error * logits).sum() / (curve * logits**2).sum()
        steps = np.bincount(which, error.sum(axis=0), len(names)) + prior * 0.25 * offsets
        offsets -= steps / (np.bincount(which, curve.sum(axis=0), len(names)) + prior * 0.25)
    return np.stack([np.full(len(claims), scale), offsets[which]])
