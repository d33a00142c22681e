"""Training batches: a pure function of the seed and the step.

Nothing is kept between two calls, so a run that resumes at step n continues with exactly the
batches that it would have seen. Each picture comes once an epoch; crop, flip, captions and wrong
text are drawn anew each time.
"""

from functools import lru_cache

import numpy as np

from t2i_utils.data.pack import Pack
from t2i_utils.errors import InputError
from t2i_utils.text.whitening import Whitening

_ORDER, _STEP = 0, 1  # which stream of random numbers


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
        num_distractors: int = 0,
        whitening: Whitening,
        seed: int = 0,
    ) -> None:
        """Plan the batches; nothing is read yet.

        Args:
            pack: the packed data set.
            indices: int64 (n,), the rows to train on, such as `pack.indices("zero-shot", "train")`.
            batch_size: pictures in a batch; may be larger than n.
            image_size: side in pixels; where the pack stores larger pictures, a random window.
            captions_per_image: how many distinct captions are averaged (the paper takes 4, one is
                the default).
            num_distractors: how many more sentences each batch brings, one random caption each of
                random pictures, for the contrastive loss: texts are cheap, pictures are not.
            whitening: of the training set's embeddings, `pack.whitening(indices)`.
            seed: names the whole sequence of batches.

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
        self.num_distractors = num_distractors
        self.whitening = whitening
        self.seed = seed
        self._stored = pack.images_for(image_size)
        # Rows sorted by class; class c fills [first, first + size) of them.
        self._by_class = self.indices[np.argsort(classes, kind="stable")]
        names, first, sizes = np.unique(
            pack.class_ids[self._by_class], return_index=True, return_counts=True
        )
        self._first = dict(zip(names.tolist(), first.tolist(), strict=True))
        self._size = dict(zip(names.tolist(), sizes.tolist(), strict=True))

    def at(self, step: int) -> dict[str, np.ndarray]:
        """The batch of a step, counted from 0; it depends on the seed and the step alone.

        Returns:
            "images": float32 (batch, size, size, 3) in [-1, 1], randomly flipped, and cropped
            where the pack has room for it;
            "embeddings": float32 (batch, width), whitened, of captions of these pictures;
            "wrong_embeddings": the same of pictures of another class;
            "class_ids": int32 (batch,);
            "distractors": float32 (num_distractors, width), whitened, of captions of any pictures;
            "distractor_class_ids": int32 (num_distractors,);
            "indices": int64 (batch,), the pictures' rows in the pack.
        """
        count = len(self.indices)
        epochs, places = np.divmod(step * self.batch_size + np.arange(self.batch_size), count)
        chosen = np.empty(self.batch_size, np.int64)
        for epoch in np.unique(epochs):
            in_epoch = epochs == epoch
            chosen[in_epoch] = self.indices[_order(self.seed, int(epoch), count)[places[in_epoch]]]
        random = np.random.default_rng([self.seed, _STEP, step])
        wrong = self._of_another_class(chosen, random)
        batch = {
            "images": self._images(chosen, random),
            "embeddings": self._embeddings(chosen, random),
            "wrong_embeddings": self._embeddings(wrong, random),
            "class_ids": self.pack.class_ids[chosen].astype(np.int32),
            "indices": chosen,
        }
        others = random.choice(self.indices, self.num_distractors)
        return batch | {
            "distractors": self._embeddings(others, random),
            "distractor_class_ids": self.pack.class_ids[others].astype(np.int32),
        }

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

    def _images(self, chosen: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """(batch, size, size, 3) float32 in [-1, 1]: a random window, mirrored half of the time."""
        size, room = self.image_size, self._stored.shape[1] - self.image_size
        tops, lefts = random.integers(0, room + 1, (2, len(chosen)))
        flips = random.random(len(chosen)) < 0.5
        windows = np.empty((len(chosen), size, size, 3), np.uint8)
        for window, row, top, left, flip in zip(windows, chosen, tops, lefts, flips, strict=True):
            cut = self._stored[row, top : top + size, left : left + size]
            window[:] = cut[:, ::-1] if flip else cut
        images = windows.astype(np.float32)
        images /= 127.5
        images -= 1
        return images

    def _embeddings(self, rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """(batch, width) float32: the whitened mean of distinct random captions of each."""
        longest = self.pack.embeddings.shape[1]
        available = self.pack.num_captions[rows]
        lots = random.random((len(rows), longest))
        lots[np.arange(longest) >= available[:, None]] = 2  # repeats come after real captions
        columns = np.argsort(lots, axis=1)[:, : self.captions_per_image]  # (batch, k)
        # An image with fewer captions gives all it has.
        use = np.arange(columns.shape[1]) < available[:, None]
        vectors = self.pack.embeddings[rows[:, None], columns].astype(np.float32)  # (b, k, width)
        means = (vectors * use[:, :, None]).sum(axis=1) / use.sum(axis=1, keepdims=True)
        return self.whitening(means)


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, count: int) -> np.ndarray:
    """The order of an epoch's pictures; cached, since a batch needs one or two of them."""
    order = np.random.default_rng([seed, _ORDER, epoch]).permutation(count)
    order.setflags(write=False)
    return order
