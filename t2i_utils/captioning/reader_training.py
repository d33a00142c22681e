"""Training a reader of parts: on what ten people said of each picture, and on classes.

Whatever captions leave open, CUB's attributes of the classes and the classes themselves teach too:
both are further tasks, whose layers are thrown away at the end. Some classes are held back; on
these the probabilities are calibrated.
"""

import contextlib
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers, ops
from tqdm.auto import tqdm

from t2i_utils import backend
from t2i_utils.captioning.caption_metrics import COLOURS
from t2i_utils.captioning.claim_scores import Labels
from t2i_utils.captioning.claims import Claim, claims_of
from t2i_utils.captioning.no_bird import fit_presence, without_birds
from t2i_utils.captioning.part_network import DROPOUT, PartNetwork, part_network
from t2i_utils.captioning.reader import PartReader, in_order
from t2i_utils.captioning.regions import (
    DEEP,
    GRID,
    IMAGE_SIZE,
    LOW_WIDTH,
    NUM_REGIONS,
    RegionEncoder,
    mean_of,
)
from t2i_utils.captioning.views import FOLDER, view
from t2i_utils.data import Pack
from t2i_utils.errors import InputError
from t2i_utils.training.loop import train_steps
from t2i_utils.vision import imagenet_weights

STEPS = 2100  # of each network
TUNED = (False, True)  # the networks: one sees by the frozen blocks, one by blocks of its own
NUM_VIEWS = 2  # random ones of each picture; the whole picture is a further one
LEAST_WINDOW = 0.8  # of the stored square's side
LEAST_SHARE = 0.008  # of training pictures of which a claim is made, or it is not learnt
HELD_BACK = 10  # every tenth class is for calibration
BATCH = 32
RATE = 1.5e-3
TUNING_RATE = 2e-4  # of blocks that begin with ImageNet's weights
LOW_SIZE = GRID * GRID * LOW_WIDTH  # numbers of a picture's low maps
DEEP_WIDTH = DEEP.stop - DEEP.start
WEIGHT_DECAY = 0.02
CALIBRATION_STEPS = 200
PRIOR = 20  # claims that an offset of 0 weighs
NUM_PRESENCE = 200  # pictures with and without a bird that its probability is fitted to


def held_back(pack: Pack, rows: np.ndarray) -> np.ndarray:
    """Which of some rows belong to the classes that calibrate, bool (len(rows),)."""
    classes = np.unique(pack.class_ids[rows])
    return np.isin(pack.class_ids[rows], classes[5::HELD_BACK])


def maps_of(pack: Pack, rows: np.ndarray, num_views: int, progress: bool = True) -> np.ndarray:
    """Maps (rows, 1 + views, width) float16, low then deep (see `apart`), kept with the pack.

    The first view is the whole picture.
    """
    which = zlib.crc32(np.asarray(rows, "<i8").tobytes())
    shape = (len(rows), 1 + num_views, LOW_SIZE + NUM_REGIONS * DEEP_WIDTH)
    file = f"{FOLDER}/reader_{len(rows)}x{num_views}_{which:08x}.npy"

    def compute(store: np.ndarray) -> None:
        encoder, pictures = RegionEncoder(), pack.images_for(IMAGE_SIZE)
        for start in tqdm(range(0, len(rows), BATCH), desc="looking", disable=not progress):
            chosen = rows[start : start + BATCH]
            for number in range(1 + num_views):
                views = [
                    view(
                        pictures[row],
                        np.random.default_rng([row, number]) if number else None,
                        LEAST_WINDOW,
                    )
                    for row in chosen
                ]
                seen = encoder(np.stack(views))
                maps = [x.reshape(len(chosen), -1) for x in (seen.low, seen.regions[..., DEEP])]
                store[start : start + len(chosen), number] = np.concatenate(maps, axis=1)

    return pack.kept(file, np.float16, shape, compute)


def apart(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The low maps (n, 28, 28, 97) and the deep ones (n, 49, 768), float32."""
    maps = np.asarray(maps, "float32")
    low, deep = maps[:, :LOW_SIZE], maps[:, LOW_SIZE:]
    return low.reshape(-1, GRID, GRID, LOW_WIDTH), deep.reshape(-1, NUM_REGIONS, DEEP_WIDTH)


def learnable(captions: Sequence[Sequence[str]]) -> list[Claim]:
    """The claims that are made of enough pictures, sorted."""
    counts = Counter(claim for own in captions for claim in set().union(*map(claims_of, own)))
    least = max(5, LEAST_SHARE * len(captions))
    return sorted(claim for claim, count in counts.items() if count >= least)


def train_reader(
    pack: Pack,
    attributes: Mapping[int, Mapping[str, float]] | None,
    steps: int = STEPS,
    seed: int = 0,
    tuned: Sequence[bool] = TUNED,
    num_views: int = NUM_VIEWS,
    progress: bool = True,
    precision: str = "float32",
    watch: Callable[[int, np.ndarray], None] | None = None,
) -> tuple[PartReader, dict[str, Any]]:
    """Train on all pictures of the zero-shot training classes, but for those that calibrate.

    Ctrl-C and SIGTERM end the training early and give the networks that are finished, or the first
    one as far as it came.

    Args:
        pack: a packed data set.
        attributes: CUB's, of each class; None leaves that task out.
        steps: updates of each network, of 32 pictures.
        seed: of the initial weights and the batches of the first network; the others count on.
        tuned: of each network, whether it has later blocks of its own (see `part_network`). They
            are trained one after the other, and their answers are averaged.
        num_views: random windows of each picture; their maps are computed once and kept.
        progress: show bars.
        precision: of the network in training.
        watch: called with the step and the loss of each task after each update.

    Returns:
        The reader, and what its card says of it.

    Raises:
        InputError: too few pictures are captioned alike, or the pack's folder cannot be written.
    """
    rows = pack.indices("zero-shot", "train")
    back = held_back(pack, rows)
    own = np.flatnonzero(~back)
    captions = [pack.captions[row] for row in rows]
    claims = in_order(learnable([captions[place] for place in own]))
    if not claims:
        raise InputError(f"no claim is made of enough pictures of {pack.folder}: train on more")
    labels, maps = Labels(captions, claims), maps_of(pack, rows, num_views, progress)
    targets = _targets(labels, pack.class_ids[rows], attributes)
    lessons = _Lessons(maps, own, targets)
    networks: list[PartNetwork] = []
    made = steps
    for place, is_tuned in enumerate(tuned):
        keras.utils.set_random_seed(seed + place)
        network = part_network(claims, is_tuned, precision)
        updates = _train_network(network, lessons, steps, seed + place, progress, watch)
        if networks and updates < steps:
            break  # Ctrl-C: half a network would spoil the mean
        networks.append(network)
        made = updates
        if made < steps:
            break
    reader = PartReader(claims, networks)
    if back.any():
        calibrate(reader, maps[back, 0], labels.of(back))
    reader.colour_shares = labels.colours[own].mean(axis=0)
    reader.presence = _presence(pack, rows[own])
    card = {
        "split": "zero-shot train", "num_images": len(own), "calibrated_on": int(back.sum()),
        "claims": len(claims), "views": 1 + num_views,
        "networks": len(networks), "tuned": sum(n.trunk is not None for n in networks),
        "steps": made, "seed": seed, "precision": precision,
    }  # fmt: skip
    return reader, card


class _Lessons(NamedTuple):
    """What networks learn from: `maps_of` pictures, the rows to learn, and `_targets` of all."""

    maps: np.ndarray
    rows: np.ndarray
    targets: dict[str, np.ndarray]


def _train_network(
    network: PartNetwork,
    lessons: _Lessons,
    steps: int,
    seed: int,
    progress: bool,
    watch: Callable[[int, np.ndarray], None] | None,
) -> int:
    """Train one network, and say how many updates it had: fewer than `steps` after Ctrl-C."""
    maps, rows, targets = lessons
    if network.trunk:
        network.trunk.set_weights(imagenet_weights(network.trunk))
    low = apart(maps[rows[:512], 0])[0].reshape(-1, LOW_WIDTH)
    network.normalise.set_weights([low.mean(axis=0), low.var(axis=0)])
    update = _compile(network, targets, steps)
    losses: list[np.ndarray] = []

    def make(step: int) -> dict[str, np.ndarray]:
        random = np.random.default_rng([seed, step])
        chosen = random.choice(rows, BATCH, replace=len(rows) < BATCH)
        low, deep = apart(maps[chosen, random.integers(maps.shape[1], size=BATCH)])
        batch = {name: array[chosen] for name, array in targets.items()}
        return {"low": low, "deep": deep, **batch}

    def learn(step: int, batch: dict[str, np.ndarray]) -> None:
        losses.append(backend.to_numpy(update(batch)))
        if watch is not None:
            watch(step + 1, losses[-1])

    with contextlib.suppress(KeyboardInterrupt):  # a second Ctrl-C, in the middle of a step
        train_steps(
            range(steps), make, learn, title="reader", progress=progress,
            flush=lambda: f"loss={losses[-1].sum():.2f}",
        )  # fmt: skip
    return len(losses)


def _targets(
    labels: Labels, classes: np.ndarray, attributes: Mapping[int, Mapping[str, float]] | None
) -> dict[str, np.ndarray]:
    """What each picture teaches, by task."""
    targets = {
        "true": labels.true, "known": labels.known, "named": labels.named,
        "colours": labels.colours,
    }  # fmt: skip
    targets = {name: array.astype("float32") for name, array in targets.items()}
    targets["classes"] = np.unique(classes, return_inverse=True)[1].astype("int32")
    if attributes:
        names = sorted(next(iter(attributes.values())))
        shares = [[attributes[int(c)][name] / 100 for name in names] for c in classes]
        targets["attributes"] = np.array(shares, "float32")
    return targets


def _compile(network: PartNetwork, targets: Mapping[str, np.ndarray], steps: int) -> Callable:
    """The update: a batch to the losses of its tasks."""
    deep, parts = network.model.outputs[-2:]
    both = layers.Dropout(DROPOUT)(layers.Concatenate()([deep, layers.Flatten()(parts)]))
    further = [layers.Dense(int(targets["classes"].max()) + 1, dtype="float32")(deep)]
    if "attributes" in targets:
        width = targets["attributes"].shape[1]
        further.append(layers.Dense(width, dtype="float32")(both))
    model = keras.Model(network.model.inputs, [*network.model.outputs[:3], *further])
    tuned = network.trunk.trainable_variables if network.trunk else []
    ids = {id(variable) for variable in tuned}
    new = [variable for variable in model.trainable_variables if id(variable) not in ids]
    decayed = keras.optimizers.AdamW(
        _schedule(RATE, steps), weight_decay=WEIGHT_DECAY, global_clipnorm=1.0
    )
    gentle = keras.optimizers.Adam(_schedule(TUNING_RATE, steps), global_clipnorm=1.0)
    learners = [(decayed, new), (gentle, tuned)] if tuned else [(decayed, new)]
    for optimizer, variables in learners:
        optimizer.build(variables)

    def update(batch: dict[str, Any]) -> Any:
        def losses() -> tuple[list[Any], Any]:
            true, named, colours, classes, *rest = model(
                [batch["low"], batch["deep"]], training=True
            )
            known = batch["known"]
            each = [
                ops.sum(known * _cross_entropy(batch["true"], true)) / (ops.sum(known) + 1),
                2 * ops.mean(_cross_entropy(batch["named"], named)),
                ops.mean(_cross_entropy(batch["colours"], colours)),
                0.05 * ops.mean(keras.losses.sparse_categorical_crossentropy(
                    batch["classes"], classes, from_logits=True)),
                *(ops.mean(_cross_entropy(batch["attributes"], logits)) for logits in rest),
            ]  # fmt: skip
            return [sum(each)], ops.stack(each)

        _, each, (gradients,) = backend.gradients(losses, [*new, *tuned])
        for optimizer, variables in learners:
            optimizer.apply(gradients[: len(variables)], variables)
            gradients = gradients[len(variables) :]
        return each

    states = [variable for optimizer, _ in learners for variable in optimizer.variables]
    return backend.compile_step(update, [*model.variables, *states])


def _schedule(rate: float, steps: int) -> Any:
    """A learning rate that rises over the first steps, and then falls along a cosine to 0."""
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=rate, warmup_steps=min(100, steps // 4)
    )


def _cross_entropy(wanted: Any, logits: Any) -> Any:
    """Of each yes or no; `wanted` may lie between 0 and 1."""
    return ops.relu(logits) - logits * wanted + ops.softplus(-ops.abs(logits))


def calibrate(reader: PartReader, maps: np.ndarray, labels: Labels) -> None:
    """Make a reader's probabilities true, on pictures of classes that it never saw.

    Args:
        reader: trained.
        maps: (n, width) of the pictures, of `maps_of`.
        labels: of the pictures.
    """
    true, named, colours, _ = reader.logits(*apart(maps))
    slots = np.unique([claim.slot for claim in reader.claims], return_inverse=True)[1]
    each = np.arange(len(COLOURS))
    reader.calibration = {
        "true": fit_scale(true, labels.true, labels.known, slots),
        "named": fit_scale(named, labels.named, np.ones_like(labels.named), slots),
        "colours": fit_scale(colours, labels.colours, np.ones_like(labels.colours), each),
    }


def fit_scale(
    logits: np.ndarray, true: np.ndarray, known: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """One scale for all logits and an offset for each group of columns (Platt scaling).

    Args:
        logits: (n, columns).
        true: (n, columns) bool.
        known: (n, columns) bool, what counts.
        groups: (columns,), from 0.

    Returns:
        (2, columns), scales and offsets.
    """
    scale, offsets = 1.0, np.zeros(groups.max() + 1)
    most = 0.25 * known  # the logistic loss curves by at most 1/4: these steps are safe
    for _ in range(CALIBRATION_STEPS):
        error = known * (1 / (1 + np.exp(-scale * logits - offsets[groups])) - true)
        scale -= (error * logits).sum() / ((most * logits**2).sum() + 1)
        slopes = np.bincount(groups, error.sum(axis=0)) + 0.25 * PRIOR * offsets
        offsets -= slopes / (np.bincount(groups, most.sum(axis=0)) + 0.25 * PRIOR)
    return np.stack([np.full(len(groups), scale), offsets[groups]])


def _presence(pack: Pack, rows: np.ndarray) -> np.ndarray:
    """Weights that tell some of these pictures of birds from pictures without any."""
    encoder, random = RegionEncoder(), np.random.default_rng(0)
    pictures = pack.images_for(IMAGE_SIZE)
    chosen = random.permutation(rows)[:NUM_PRESENCE]
    birds = np.stack([view(pictures[row], random, LEAST_WINDOW) for row in chosen])
    others = without_birds(random, NUM_PRESENCE)
    return fit_presence(*(mean_of(encoder(seen).regions) for seen in (birds, others)))
