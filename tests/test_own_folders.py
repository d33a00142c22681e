"""Twelve pictures in each shape in which people keep them: read, packed, trained on."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from small_cub import caption as cub_caption
from small_cub import write_small_cub

from t2i_utils.cli import main
from t2i_utils.data import Batches, auto_pack, read_dataset
from t2i_utils.errors import InputError

NAMES = [f"{number:02d}.png" for number in range(12)]
CAPTIONS = [f"a bird, number {number}" for number in range(12)]
CLASSES = ["robin" if number % 2 else "wren" for number in range(12)]


def draw(root: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (70, 90), (number * 20, 255 - number * 20, 90)).save(root / name)


def write_table(path: Path, columns: list[str], separator: str = ",", classes: bool = False):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerows([columns] if columns else [])
        rows = [NAMES, CAPTIONS, *([CLASSES] if classes else [])]
        writer.writerows(zip(*rows, strict=True))


def comma(root: Path) -> None:
    draw(root, NAMES)
    write_table(root / "captions.csv", ["file", "caption", "class"], classes=True)


def semicolon(root: Path) -> None:
    draw(root, NAMES)
    write_table(root / "captions.csv", ["Image", "Caption", "Label"], ";", classes=True)


def tab(root: Path) -> None:
    draw(root, NAMES)
    write_table(root / "captions.tsv", ["file", "caption"], "\t")


def no_header(root: Path) -> None:
    draw(root, NAMES)
    write_table(root / "captions.csv", [])


def one_class(root: Path) -> None:
    draw(root, NAMES)
    rows = "".join(f'{n},"{c}",bird\n' for n, c in zip(NAMES, CAPTIONS, strict=True))
    (root / "captions.csv").write_text(f"file,caption,class\n{rows}")


def metadata_csv(root: Path) -> None:
    draw(root, NAMES)
    write_table(root / "metadata.csv", ["file_name", "text"])


def metadata_jsonl(root: Path) -> None:
    draw(root, NAMES)
    rows = zip(NAMES, CAPTIONS, CLASSES, strict=True)
    lines = [json.dumps({"file_name": n, "text": c, "label": k}) for n, c, k in rows]
    (root / "metadata.jsonl").write_text("\n".join(lines) + "\n")


def split_jsonl(root: Path) -> None:
    draw(root, [f"train/{n}" for n in NAMES[:8]] + [f"test/{n}" for n in NAMES[8:]])
    for part, rows in (("train", range(8)), ("test", range(8, 12))):
        lines = [json.dumps({"file_name": NAMES[r], "caption": [CAPTIONS[r]]}) for r in rows]
        (root / part / "metadata.jsonl").write_text("\n".join(lines))


def texts(root: Path) -> None:
    draw(root, NAMES)
    for name, caption in zip(NAMES, CAPTIONS, strict=True):
        (root / name).with_suffix(".txt").write_text(f"{caption}\n")


def texts_in_classes(root: Path) -> None:
    files = [f"{k}/{n}" for n, k in zip(NAMES, CLASSES, strict=True)]
    draw(root, files)
    for file, caption in zip(files, CAPTIONS, strict=True):
        (root / file).with_suffix(".txt").write_text(caption)


def folder_a_class(root: Path) -> None:
    draw(root, [f"{k}/{n}" for n, k in zip(NAMES, CLASSES, strict=True)])


def kaggle_cub(root: Path) -> None:
    """As Kaggle's archive unpacks: the folder twice, sentences in a folder beside."""
    write_small_cub(root)
    inner = root / "CUB_200_2011"
    (root / "cvpr2016_cub").mkdir()
    shutil.move(next(root.rglob("text_c10")), root / "cvpr2016_cub" / "text_c10")
    inner.rename(root / "inner")
    inner.mkdir()
    (root / "inner").rename(inner / "CUB_200_2011")


# Each shape, and whether its pictures have classes.
SHAPES: list[tuple[Callable[[Path], None], bool]] = [
    (comma, True),
    (semicolon, True),
    (tab, False),
    (no_header, False),
    (one_class, False),
    (metadata_csv, False),
    (metadata_jsonl, True),
    (split_jsonl, False),
    (texts, False),
    (texts_in_classes, True),
    (folder_a_class, True),
]


def number_of(record) -> int:
    return int(record.path.stem)


@pytest.mark.parametrize(
    ("shape", "has_classes"), SHAPES, ids=[shape.__name__ for shape, _ in SHAPES]
)
def test_each_shape_is_read_into_the_same_records(shape, has_classes, tmp_path, capsys):
    shape(tmp_path)
    dataset = read_dataset(tmp_path)
    records = sorted(dataset.records, key=number_of)
    assert [number_of(record) for record in records] == list(range(12))
    assert all(record.path.is_file() and record.box is None for record in records)
    captions = CLASSES if shape is folder_a_class else CAPTIONS
    assert [record.captions for record in records] == [(caption,) for caption in captions]
    names = [dataset.class_names[record.class_id] for record in records]
    said = capsys.readouterr().err
    if has_classes:
        assert names == CLASSES
        assert "no classes" not in said
    else:
        assert len({*names}) == 12
        assert "wrong captions come from any picture with other captions" in said
    held_back = [number_of(record) for record in records if record.official == "test"]
    assert held_back == ([8, 9, 10, 11] if shape is split_jsonl else held_back[:1]) != []


def test_kaggles_archive_of_cub_is_read_as_it_unpacks(tmp_path):
    kaggle_cub(tmp_path)
    dataset = read_dataset(tmp_path)
    assert len(dataset.records) == 12 and dataset.caption_source == "text_c10"
    for record in dataset.records:
        assert record.path.is_file() and record.captions[0] == cub_caption(record.image_id, 0)


def test_one_class_trains_without_its_broken_picture_and_with_wrong_texts(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    one_class(tmp_path / "own")
    next((tmp_path / "own").rglob("03.png")).write_bytes(b"no picture")
    words = ["train", "--data", "own", "--preset", "smoke", "--recipe", "paper", "--stage", "1"]
    words += ["--steps", "2", "--run", "R"]
    assert main(words) == 2
    assert "03.png is truncated, or no picture" in capsys.readouterr().err
    assert main([*words, "--skip-broken"]) == 0
    assert "1 of 12 pictures cannot be read" in capsys.readouterr().err
    (folder,) = (tmp_path / "data" / "packs").iterdir()
    pack = auto_pack(folder, crop="box")
    batches = Batches(
        pack, pack.indices(), batch_size=64, image_size=64, whitening=pack.whitening(pack.indices())
    )
    plan = batches.plan(0)
    right = [pack.captions[row] for row in plan.rows]
    wrong = [pack.captions[row] for row in plan.wrong_rows]
    assert all(ours != theirs for ours, theirs in zip(right, wrong, strict=True))


def test_pictures_with_the_same_caption_are_no_wrong_pair(tmp_path):
    draw(tmp_path, NAMES)
    rows = "".join(f"{name},bird {number % 3}\n" for number, name in enumerate(NAMES))
    (tmp_path / "captions.csv").write_text(f"file,caption\n{rows}")
    classes = [record.class_id for record in read_dataset(tmp_path).records]
    assert len({*classes}) == 3 and classes == classes[:3] * 4


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda root: (root / "03.txt").unlink(), "1 of 12 pictures have no text .*write its"),
        (lambda root: (root / "03.txt").write_text(""), "03.txt holds no caption"),
        (
            lambda root: (root / "metadata.jsonl").write_text('{"file_name": "00.png"}\n'),
            "metadata.jsonl, line 1: no caption for 00.png",
        ),
        (
            lambda root: (root / "metadata.jsonl").write_text("\n00.png, a bird\n"),
            "metadata.jsonl, line 2: expected an object",
        ),
        (
            lambda root: (root / "metadata.jsonl").write_text('{"file_name": 3, "text": "a"}\n'),
            "metadata.jsonl, line 1: expected an object",
        ),
        (
            lambda root: (root / "captions.csv").write_text("00.png,a bird, with commas\n"),
            "line 1: too many columns",
        ),
        (
            lambda root: [path.unlink() for path in root.glob("*.txt")],
            "no data set in .*: expected .*metadata.jsonl, a .txt beside each picture, or a folder",
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(spoil, said, tmp_path):
    texts(tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError, match=said) as caught:
        read_dataset(tmp_path)
    assert "\n" not in str(caught.value)
