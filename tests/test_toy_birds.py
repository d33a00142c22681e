"""Toy birds: drawn, captioned and written in CUB's layout."""

import hashlib
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from t2i_utils.data.toy.birds import (
    COLOURS,
    ToyBird,
    choose_birds,
    draw_toy_bird,
    is_held_out,
    random_bird,
    write_toy_birds,
)
from t2i_utils.data.toy.drawing import (
    BODY_PARTS,
    PALETTE,
    POSTURES,
    SIZES,
    Pose,
    bird_bounds,
    bird_shapes,
    smooth,
)
from t2i_utils.errors import InputError


@pytest.fixture(scope="module")
def toy_root(tmp_path_factory) -> Path:
    return write_toy_birds(tmp_path_factory.mktemp("toys") / "set", 10, 2, seed=3)


def _checksums(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def read_colours(root: Path) -> dict[int, dict[str, str]]:
    """Class id -> {part: colour}, as the attribute files tell."""
    folder = root / "CUB_200_2011/attributes"
    names = [line.split()[1] for line in (folder / "attributes.txt").read_text().splitlines()]
    colours = {}
    rows = np.loadtxt(folder / "class_attribute_labels_continuous.txt")
    for class_id, row in enumerate(rows, start=1):
        said = [name for name, value in zip(names, row, strict=True) if value > 50]
        pairs = [name.removeprefix("has_").split("_color::") for name in said if "_color" in name]
        found = dict(pairs)
        found["beak"] = found.pop("bill")
        colours[class_id] = found
    return colours


def test_the_layout_is_cubs(toy_root):
    base = toy_root / "CUB_200_2011"
    images = dict(line.split() for line in (base / "images.txt").read_text().splitlines())
    assert len(images) == 20
    classes = dict(line.split() for line in (base / "classes.txt").read_text().splitlines())
    labels = dict(
        line.split() for line in (base / "image_class_labels.txt").read_text().splitlines()
    )
    for image_id, name in images.items():
        assert name.split("/")[0] == classes[labels[image_id]]
        with Image.open(base / "images" / name) as image:
            assert image.size == (320, 320) and image.mode == "RGB"
        captions = (toy_root / "text_c10" / name).with_suffix(".txt").read_text().splitlines()
        assert len(set(captions)) == 10
    for name in ("bounding_boxes", "train_test_split", "zero_shot_split"):
        rows = [line.split() for line in (base / f"{name}.txt").read_text().splitlines()]
        assert [row[0] for row in rows] == list(images)
    assert not list(toy_root.glob(".unfinished*"))


def test_attributes_read_back_are_those_of_the_birds(toy_root):
    assert read_colours(toy_root) == {
        class_id: bird.parts for class_id, bird in enumerate(choose_birds(10, seed=3), start=1)
    }


def test_captions_name_the_colours_that_the_attributes_record(toy_root):
    base = toy_root / "CUB_200_2011"
    colours = read_colours(toy_root)
    for line in (base / "classes.txt").read_text().splitlines():
        class_id, folder = line.split()
        known = set(colours[int(class_id)].values())
        for path in (toy_root / "text_c10" / folder).glob("*.txt"):
            words = set(path.read_text().replace(",", " ").split())
            assert words & set(COLOURS) == known


def test_a_seed_writes_the_same_bytes_and_another_does_not(toy_root, tmp_path):
    calls = []
    again = write_toy_birds(tmp_path / "again", 10, 2, seed=3,
                            progress=lambda done, total: calls.append((done, total)))  # fmt: skip
    assert _checksums(again) == _checksums(toy_root)
    assert calls == [(number, 20) for number in range(1, 21)]
    other = write_toy_birds(tmp_path / "other", 10, 2, seed=4)
    assert set(_checksums(other).values()).isdisjoint(
        digest for name, digest in _checksums(toy_root).items() if name.endswith(".jpg")
    )


def test_the_split_is_by_class_and_test_triples_never_occur_in_training():
    birds = choose_birds(300, seed=0) + choose_birds(300, seed=1)
    held_out = [bird for bird in birds if is_held_out(bird.parts)]
    assert len(held_out) == 120
    train = [bird for bird in birds if not is_held_out(bird.parts)]

    def triple(bird: ToyBird) -> tuple[str, ...]:
        return bird.parts["crown"], bird.parts["wing"], bird.parts["belly"]

    assert {triple(bird) for bird in held_out}.isdisjoint(triple(bird) for bird in train)
    assert len({bird.colours for bird in choose_birds(300, seed=0)}) == 300


def test_colours_of_parts_are_independent_and_every_pair_is_trained_on():
    train = [bird.parts for bird in choose_birds(2000, seed=7) if not is_held_out(bird.parts)]
    for first, second in combinations(BODY_PARTS, 2):
        pairs = Counter((parts[first], parts[second]) for parts in train)
        assert len(pairs) == len(COLOURS) ** 2
        assert max(pairs.values()) < 40  # 13 is the mean


def test_the_split_files_agree_with_the_rule(toy_root):
    colours = read_colours(toy_root)
    base = toy_root / "CUB_200_2011"
    labels = (base / "image_class_labels.txt").read_text().splitlines()
    split = (base / "zero_shot_split.txt").read_text().splitlines()
    parts = [colours[int(line.split()[1])] for line in labels]
    expected = ["test" if is_held_out(named) else "train" for named in parts]
    assert [line.split()[1] for line in split] == expected
    assert expected.count("test") == 4


def test_the_box_holds_the_bird_and_little_else():
    rng = np.random.default_rng(0)
    for _ in range(12):
        bird = random_bird(rng)
        seed = int(rng.integers(1 << 30))
        first, box = draw_toy_bird(bird, np.random.default_rng(seed))
        other = tuple(COLOURS[(COLOURS.index(colour) + 4) % 11] for colour in bird.colours)
        recoloured = ToyBird(other, bird.beak_shape, bird.tail_shape, bird.size)
        second, same_box = draw_toy_bird(recoloured, np.random.default_rng(seed))
        assert box == same_box
        changed = np.abs(np.asarray(first).astype(int) - np.asarray(second)).sum(axis=-1) > 20
        rows, columns = np.nonzero(changed)
        x, y, width, height = box
        assert x <= columns.min() and columns.max() <= x + width
        assert y <= rows.min() and rows.max() <= y + height
        assert (columns.max() - columns.min()) > 0.7 * width
        assert changed.sum() > 0.15 * width * height


def test_every_part_is_painted_in_its_colour():
    for part in BODY_PARTS:
        colours = tuple("red" if name == part else "white" for name in BODY_PARTS)
        image, _ = draw_toy_bird(
            ToyBird(colours, "cone", "long", "small"), np.random.default_rng(5)
        )
        red = (np.abs(np.asarray(image).astype(int) - PALETTE["red"]).sum(axis=-1) < 12).sum()
        assert red > 150, part


def test_poses_differ_and_stay_finite():
    outlines = []
    for size in SIZES:
        for posture in POSTURES:
            pose = Pose(size, "hooked", "forked", posture)
            points = np.concatenate([shape.points for shape in bird_shapes(pose)])
            assert np.isfinite(points).all()
            outlines.append(bird_bounds(pose))
    assert len(set(outlines)) == len(SIZES) * len(POSTURES)


def test_a_smooth_curve_passes_through_its_points():
    points = np.array([(0, 0), (2, 0), (2, 2), (0, 2)], dtype=float)
    np.testing.assert_allclose(smooth(points)[::10], points, atol=1e-12)
    np.testing.assert_allclose(smooth(points, closed=False)[-1], points[-1])


def test_wrong_numbers_and_a_used_folder_are_refused(toy_root, tmp_path):
    before = _checksums(toy_root)
    with pytest.raises(InputError, match="already holds a data set"):
        write_toy_birds(toy_root, 10, 2)
    assert _checksums(toy_root) == before
    for arguments in ((3, 2, 0), (10, 0, 0), (10, 2, -1)):
        with pytest.raises(InputError, match="need 5 to 20000"):
            write_toy_birds(tmp_path / "none", *arguments)
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("here first")
    with pytest.raises(InputError, match="cannot write to"):
        write_toy_birds(tmp_path / "file", 10, 2)
