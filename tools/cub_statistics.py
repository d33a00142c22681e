"""Plot statistics of CUB for notebook 01, without any photograph or caption: figures/01_cub.png.

CUB is read from the folder that T2I_CUB_DIR names. The title of the figure says how much of it is
there.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from t2i_utils.course.data import course_dataset, course_root
from t2i_utils.course.style import use_style
from t2i_utils.data.readers.cub import class_attributes
from t2i_utils.data.records import Record
from t2i_utils.text.caption_facts import COLOURS

FIGURE = Path(__file__).resolve().parent.parent / "figures" / "01_cub.png"
TICKED = (0, 10, 30, 50, 70, 100.1)  # per cent of people who ticked a colour for some part


def shares_that_name(texts: Sequence[str]) -> np.ndarray:
    """For each of COLOURS, the share of captions that name it."""
    words = [set(re.findall("[a-z]+", text.lower().replace("gray", "grey"))) for text in texts]
    return np.array([np.mean([colour in found for found in words]) for colour in COLOURS])


def told_by_ticks(
    records: Sequence[Record], attributes: dict[int, dict[str, float]]
) -> list[list[float]]:
    """For each bin of ticks: shares of a class's captions that name the colour."""
    bins: list[list[float]] = [[] for _ in TICKED[1:]]
    for class_id in {record.class_id for record in records}:
        texts = [text for r in records if r.class_id == class_id for text in r.captions]
        for colour, told in zip(COLOURS, shares_that_name(texts), strict=True):
            ticks = [
                share
                for name, share in attributes[class_id].items()
                if name.endswith(f"_color::{colour}")
            ]
            bins[int(np.digitize(max(ticks), TICKED)) - 1].append(float(told))
    return bins


def main() -> None:
    """Draw three plots beside each other."""
    use_style()
    records, attributes = course_dataset("cub").records, class_attributes(course_root("cub"))
    assert attributes is not None
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    counts = [len(text.split()) for record in records for text in record.captions]
    axes[0].hist(counts, bins=np.arange(0.5, 40.5), weights=np.full(len(counts), 100 / len(counts)))
    axes[0].set(title="Words in a caption", xlabel="words", ylabel="% of captions")
    bins = told_by_ticks(records, attributes)
    labels = [f"{low:.0f}-{high:.0f}" for low, high in zip(TICKED, TICKED[1:], strict=False)]
    axes[1].boxplot(bins, tick_labels=labels, showfliers=False)
    axes[1].set(title="Ticks and words", xlabel="people who ticked the colour, %")
    axes[1].set(ylabel="share of captions that name it", ylim=(0, 1))
    _, per_class = np.unique([record.class_id for record in records], return_counts=True)
    axes[2].hist(per_class, bins=20)
    axes[2].set(title="Pictures per class", xlabel="pictures", ylabel="classes")
    figure.suptitle(f"{len(records):,} pictures of {len(per_class)} classes of CUB-200-2011")
    figure.savefig(FIGURE, dpi=80)
    print(f"{len(counts):,} captions, median of told in the last bin {np.median(bins[-1]):.2f}")
    print(f"pictures per class {per_class.min()} to {per_class.max()}; {labels}, "
          f"{[round(float(np.median(b)), 2) for b in bins]}")  # fmt: skip


if __name__ == "__main__":
    main()
