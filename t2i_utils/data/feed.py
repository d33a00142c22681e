"""The feed: which pictures and sentences a training step sees, and the arrays that it gets.

A plan says what a step sees: rows, captions, windows, flips. It is a function of the seed and the
step alone, so a run that resumes at step n continues with exactly the batches that it would have
seen. A gather carries a plan out: `Batches.gather` with NumPy, `t2i_utils.training.device_feed` on
a GPU. Each picture comes once an epoch; its window, flip, captions and wrong text are drawn anew
each time.
"""

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from t2i_utils.data.pack import TYPED, Pack
from t2i_utils.errors import InputError
from t2i_utils.files import mapped_zeros
from t2i_utils.text.whitening import Whitening

NONE = -1  # in place of a caption's number: the picture has no further caption
_ORDER, _STEP = 0, 1  # which stream of random numbers
_CHUNK = 1024  # pictures whose captions are whitened at once
_IN_MEMORY = 2**30  # bytes; larger tables of captions lie in a temporary file


@dataclass(frozen=True)
class Plan:
    """What one step sees: rows are those of the pack, columns are numbers of a row's captions.

    Attributes:
        rows: int64 (batch,), the pictures.
        columns: int64 (batch, captions_per_image), their captions; `NONE` where a picture has
            fewer.
        tops: int64 (batch,), first row of pixels of each picture's window.
        lefts: int64 (batch,), first column of pixels.
        flips: bool (batch,), whether the window is mirrored.
        wrong_rows: int64 (batch,), pictures of another class.
        wrong_columns: their captions, as `columns`.
        distractor_rows: int64 (num_distractors,), any pictures.
        distractor_columns: their captions, as `columns`.
    """

    rows: np.ndarray
    columns: np.ndarray
    tops: np.ndarray
    lefts: np.ndarray
    flips: np.ndarray
    wrong_rows: np.ndarray
    wrong_columns: np.ndarray
    distractor_rows: np.ndarray
    distractor_columns: np.ndarray

    def part(self, rows: slice, distractors: slice) -> "Plan":
        """The plan of some pictures of this one, with some of its distractors."""
        fields = vars(self).items()
        return Plan(**{n: v[distractors if "distractor" in n else rows] for n, v in fields})


def whitened_captions(
    pack: Pack, indices: np.ndarray, whitening: Whitening, with_typed: bool = False
) -> np.ndarray:
    """Whiten every caption of some pictures once: float32 (n, columns, width).

    Whitening the few thousand sentences of a step anew took longer than all else in the feed.

    Args:
        pack: the packed data set.
        indices: int64 (n,), rows of the pack.
        whitening: of the training set's embeddings.
        with_typed: the pictures' `max_captions` own captions are followed by the `TYPED` ones.
    """
    own = pack.embeddings.shape[1]
    shape = (len(indices), own + (TYPED if with_typed else 0), pack.width)
    if np.prod(shape) * 4 <= _IN_MEMORY:
        table = np.empty(shape, np.float32)
    else:  # the file goes with the array: its name is removed at once
        with tempfile.TemporaryDirectory(prefix="t2i-captions-") as folder:
            table = mapped_zeros(Path(folder) / "whitened.npy", np.float32, shape)
    for start in range(0, len(indices), _CHUNK):
        chunk = indices[start : start + _CHUNK]
        table[start : start + _CHUNK, :own] = whitening(pack.embeddings[chunk])
        if with_typed:
            table[start : start + _CHUNK, own:] = whitening(pack.typed[chunk])
    return table


class Batches:
    """Batches of pictures with right and wrong texts, for the matching-aware discriminator.

    The wrong text of a picture is a real caption of a picture of *another class* (StackGAN, ICCV
    2017, section 3.2; Reed et al., ICML 2016, section 4.3).
    """

    def __init__(
        self,
        pack: Pack,
        indices: np.ndarray,
        *,
        batch_size: int,
        image_size: int,
        captions_per_image: int = 1,
        typed_share: float = 0.0,
        num_distractors: int = 0,
        whitening: Whitening,
        seed: int = 0,
        captions: np.ndarray | None = None,
    ) -> None:
        """Whiten the captions; no picture is read yet.

        Args:
            pack: the packed data set.
            indices: int64 (n,), the rows to train on, such as `pack.indices("zero-shot", "train")`.
            batch_size: pictures in a batch; may be larger than n.
            image_size: side in pixels; where the pack stores larger pictures, a random window.
            captions_per_image: how many distinct captions are averaged (the paper takes 4, one is
                the default).
            typed_share: probability that a sentence is one of the picture's typed ones.
            num_distractors: how many more sentences each batch brings, one random caption each of
                random pictures, for the contrastive loss: texts are cheap, pictures are not.
            whitening: of the training set's embeddings, `pack.whitening(indices)`.
            seed: names the whole sequence of batches.
            captions: `whitened_captions(pack, indices, whitening, typed_share > 0)` where two
                feeds share it.

        Raises:
            InputError: if a number is below 1, `indices` is empty or has one class, or no stored
                size is large enough.
        """
        for name, value in (
            ("batch size", batch_size),
            ("image size", image_size),
            ("captions per image", captions_per_image),
        ):
            if value < 1:
                raise InputError(f"the {name} must be at least 1, got {value}")
        if seed < 0:
            raise InputError(f"the seed must not be negative, got {seed}")
        self.indices = np.asarray(indices, dtype=np.int64)
        classes = pack.class_ids[self.indices]
        if len(np.unique(classes)) < 2:
            raise InputError(
                f"the {len(self.indices)} training pictures of {pack.folder} are of "
                f"{len(np.unique(classes))} class: "
                "a wrong text must come from another one; use a data set with two classes or more"
            )
        self.pack = pack
        self.batch_size = batch_size
        self.image_size = image_size
        self.captions_per_image = captions_per_image
        self.typed_share = typed_share
        self.num_distractors = num_distractors
        self.seed = seed
        self.stored = pack.images_for(image_size)  # uint8 (n, side, side, 3), mapped
        if captions is None:
            captions = whitened_captions(pack, self.indices, whitening, typed_share > 0)
        self.captions = captions  # float32 (len(indices), columns, width)
        self._place = np.zeros(len(pack), np.int64)  # of a row of the pack in `captions`
        self._place[self.indices] = np.arange(len(self.indices))
        # Rows sorted by class; class c fills [first, first + size) of them.
        self._by_class = self.indices[np.argsort(classes, kind="stable")]
        names, first, sizes = np.unique(
            pack.class_ids[self._by_class], return_index=True, return_counts=True
        )
        self._first = dict(zip(names.tolist(), first.tolist(), strict=True))
        self._size = dict(zip(names.tolist(), sizes.tolist(), strict=True))

    def at(self, step: int) -> dict[str, np.ndarray]:
        """The batch of a step, counted from 0: `gather(plan(step))`."""
        return self.gather(self.plan(step))

    def plan(self, step: int) -> Plan:
        """What a step, counted from 0, sees; it depends on the seed and the step alone."""
        count = len(self.indices)
        epochs, places = np.divmod(step * self.batch_size + np.arange(self.batch_size), count)
        rows = np.empty(self.batch_size, np.int64)
        for epoch in np.unique(epochs):
            in_epoch = epochs == epoch
            rows[in_epoch] = self.indices[_order(self.seed, int(epoch), count)[places[in_epoch]]]
        random = np.random.default_rng([self.seed, _STEP, step])
        room = self.stored.shape[1] - self.image_size
        tops, lefts = random.integers(0, room + 1, (2, len(rows)))
        flips = random.random(len(rows)) < 0.5
        columns = self._columns(rows, random)
        wrong_rows = self._of_another_class(rows, random)
        wrong_columns = self._columns(wrong_rows, random)
        others = random.choice(self.indices, self.num_distractors)
        return Plan(
            rows,
            columns,
            tops,
            lefts,
            flips,
            wrong_rows,
            wrong_columns,
            others,
            self._columns(others, random),
        )

    def gather(self, plan: Plan) -> dict[str, np.ndarray]:
        """The arrays of a plan.

        Returns:
            "images": uint8 (batch, size, size, 3), randomly flipped, and cropped where the pack has
            room for it; a training step brings them to [-1, 1];
            "embeddings": float32 (batch, width), whitened, of captions of these pictures;
            "wrong_embeddings": the same of pictures of another class;
            "class_ids": int32 (batch,);
            "distractors": float32 (num_distractors, width), whitened, of captions of any pictures;
            "distractor_class_ids": int32 (num_distractors,);
            "indices": int64 (batch,), the pictures' rows in the pack.
        """
        return {
            "images": self._images(plan),
            "embeddings": self.embeddings(plan.rows, plan.columns),
            "wrong_embeddings": self.embeddings(plan.wrong_rows, plan.wrong_columns),
            "class_ids": self.pack.class_ids[plan.rows],
            "indices": plan.rows,
            "distractors": self.embeddings(plan.distractor_rows, plan.distractor_columns),
            "distractor_class_ids": self.pack.class_ids[plan.distractor_rows],
        }

    def embeddings(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The mean of each picture's chosen captions, whitened: float32 (len(rows), width)."""
        table = self.captions.reshape(-1, self.captions.shape[-1])
        places = self.caption_places(rows, columns)  # (k, len(rows))
        total = table.take(places[0], axis=0)
        if len(places) == 1:
            return total
        for more, column in zip(places[1:], columns.T[1:], strict=True):
            total += table.take(more, axis=0) * (column != NONE)[:, None]
        return total / (columns != NONE).sum(axis=1).astype(np.float32)[:, None]

    def caption_places(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Where captions lie in `captions`, taken as one long table: int64 (k, len(rows))."""
        return self._place[rows] * self.captions.shape[1] + np.maximum(columns.T, 0)

    def _of_another_class(self, chosen: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """For each picture, one of another class, all of those equally likely."""
        classes = self.pack.class_ids[chosen]
        first = np.array([self._first[name] for name in classes.tolist()])
        size = np.array([self._size[name] for name in classes.tolist()])
        draw = random.integers(0, len(self.indices) - size)
        wrong = self._by_class[draw + size * (draw >= first)]  # step over the picture's own class
        if np.any(self.pack.class_ids[wrong] == classes):
            raise AssertionError("a wrong text is of the picture's own class")
        return wrong

    def _columns(self, rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Distinct random captions of each row: int64 (len(rows), captions_per_image)."""
        available = self.pack.num_captions[rows]
        longest = self.pack.embeddings.shape[1]
        if self.captions_per_image == 1:
            columns = random.integers(0, available)
            if self.typed_share:
                typed = longest + random.integers(0, TYPED, len(rows))
                columns = np.where(random.random(len(rows)) < self.typed_share, typed, columns)
            return columns[:, None]
        lots = random.random((len(rows), longest))
        lots[np.arange(longest) >= available[:, None]] = 2  # repeats come after real captions
        columns = np.argsort(lots, axis=1)[:, : self.captions_per_image]
        return np.where(np.arange(columns.shape[1]) < available[:, None], columns, NONE)

    def _images(self, plan: Plan) -> np.ndarray:
        """(batch, size, size, 3) uint8: the planned window of each picture, mirrored if planned."""
        size = self.image_size
        images = np.empty((len(plan.rows), size, size, 3), np.uint8)
        windows = zip(images, plan.rows, plan.tops, plan.lefts, plan.flips, strict=True)
        for image, row, top, left, flip in windows:
            window = self.stored[row, top : top + size, left : left + size]
            image[:] = window[:, ::-1] if flip else window
        return images


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, count: int) -> np.ndarray:
    """The order of an epoch's pictures; cached, since a batch needs one or two of them."""
    order = np.random.default_rng([seed, _ORDER, epoch]).permutation(count)
    order.setflags(write=False)
    return order
