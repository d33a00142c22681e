"""A feed whose pictures and captions lie on the accelerator: a step's plan is all that travels.

A GPU works on a batch faster than a processor copies it out of the pack.
"""

from typing import Any

import numpy as np
from keras import ops

from t2i_utils import backend, devices
from t2i_utils.data.feed import NONE, Batches, Plan

SHARE = 0.25  # of the accelerator's free memory that the data may take: training needs the rest


class DeviceFeed:
    """Carries out the plans of some `Batches` on the accelerator; the arrays are bit for bit equal.

    A compiled step of its own, so that the training step is the same for both kinds of feed.
    """

    def __init__(self, batches: Batches) -> None:
        """Copy pictures and captions to the accelerator."""
        self._batches = batches
        self._side = batches.stored.shape[1]
        pictures = batches.stored.reshape(len(batches.stored), -1)  # (n, side * side * 3) uint8
        captions = batches.captions.reshape(-1, batches.captions.shape[-1])
        self.data = {
            "pictures": devices.place_whole(np.asarray(pictures)),
            "captions": devices.place_whole(np.asarray(captions)),
        }
        self._compiled = backend.compile_step(self.carry_out, [])

    def gather(self, plan: Plan) -> dict[str, Any]:
        """The arrays of a plan, as `Batches.gather` gives them, on the accelerator."""
        inputs, classes = self.inputs(plan)
        return {**self._compiled({**self.data, **inputs}), **classes, "indices": plan.rows}

    def inputs(self, plan: Plan) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What of a plan `carry_out` takes, and the classes of its pictures and distractors."""
        batches, class_ids = self._batches, self._batches.pack.class_ids
        pairs = {
            "embeddings": (plan.rows, plan.columns),
            "wrong_embeddings": (plan.wrong_rows, plan.wrong_columns),
            "distractors": (plan.distractor_rows, plan.distractor_columns),
        }
        inputs = {
            "rows": plan.rows.astype(np.int32),
            "tops": plan.tops.astype(np.int32),
            "lefts": plan.lefts.astype(np.int32),
            "flips": plan.flips,
            "places": {n: batches.caption_places(*p).T.astype(np.int32) for n, p in pairs.items()},
            "there": {n: (p[1] != NONE).astype(np.float32) for n, p in pairs.items()},
        }
        classes = {
            "class_ids": class_ids[plan.rows],
            "distractor_class_ids": class_ids[plan.distractor_rows],
        }
        return inputs, classes

    def carry_out(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Pictures and sentences of `data` and the `inputs` of a plan, as part of a step."""
        found = {
            name: self._embeddings(inputs["captions"], places, inputs["there"][name])
            for name, places in inputs["places"].items()
        }
        side, size = self._side, self._batches.image_size
        pictures = ops.take(inputs["pictures"], inputs["rows"], axis=0)
        count = pictures.shape[0]
        pixels = ops.reshape(pictures, (count * side * side, 3))
        along = ops.arange(size, dtype="int32")
        flips = inputs["flips"][:, None]
        rows = inputs["tops"][:, None] + along  # (batch, size)
        columns = inputs["lefts"][:, None] + ops.where(flips, size - 1 - along, along)
        first = ops.arange(count, dtype="int32")[:, None, None] * side * side
        places = first + rows[:, :, None] * side + columns[:, None, :]
        return {"images": ops.take(pixels, places, axis=0), **found}

    @staticmethod
    def _embeddings(captions: Any, places: Any, there: Any) -> Any:
        """Sums in the order of `Batches.embeddings`: another order would round otherwise."""
        total = ops.take(captions, places[:, 0], axis=0)
        if places.shape[1] == 1:
            return total
        for index in range(1, places.shape[1]):
            total = total + ops.take(captions, places[:, index], axis=0) * there[:, index, None]
        return total / ops.sum(there, axis=1, keepdims=True)


def fits_accelerator(batches: Batches) -> bool:
    """Whether there is an accelerator with room for the pictures and captions of a feed."""
    return batches.stored.nbytes + batches.captions.nbytes <= SHARE * backend.free_bytes()
