"""Packs: rows that belong together, and nothing half-made."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_cub import caption, flat_colour, write_small_cub

from t2i_utils.data import auto_pack, load_pack, read_dataset, write_pack
from t2i_utils.data.pack import TYPED
from t2i_utils.data.subset import choose_records
from t2i_utils.errors import InputError
from t2i_utils.text import load_encoder, whitening_of
from t2i_utils.text.typed import typed_captions

SIZES = (12, 20)


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_small_cub(tmp_path_factory.mktemp("birds") / "small")


@pytest.fixture(scope="module")
def pack(root, encoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs") / "pack"
    return write_pack(
        read_dataset(root), folder, encoder=encoder, image_sizes=SIZES, progress=False
    )


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_image_caption_embedding_class_and_split_of_a_row_are_of_one_picture(pack, encoder):
    """PITFALLS 9: pairs silently shuffled, because text and image files had different orders."""
    assert len(pack) == 12
    for row in range(len(pack)):
        image_id, class_id = int(pack.image_ids[row]), int(pack.class_ids[row])
        for size in SIZES:
            assert (pack.images(size)[row] == flat_colour(image_id, class_id)).all()
        assert pack.captions[row] == [caption(image_id, number) for number in range(3)]
        expected = encoder.encode(pack.captions[row])
        np.testing.assert_allclose(pack.embeddings[row], expected, atol=2e-4)
        assert (image_id - 3) // 6 + 1 == class_id
        in_training = row in pack.indices("zero-shot", "train")
        assert in_training == (class_id != 4)
        assert (row in pack.indices("official", "test")) == (row % 3 == 2)
    own = encoder.encode([caption(3, 0), caption(25, 0)])
    assert np.abs(own[0] - own[1]).max() > 1e-2  # so the tolerance above can tell pictures apart


def test_the_manifest_says_what_the_pack_is(pack, encoder, root):
    manifest = json.loads((pack.folder / "manifest.json").read_text())
    assert (manifest["format"], manifest["version"]) == ("t2i-pack", 3)
    assert manifest["name"] == manifest["source"] == "small"
    assert manifest["crop"] == "box"
    assert manifest["caption_source"] == "text_c10"
    assert manifest["encoder"] == {"name": encoder.name, "width": encoder.width}
    assert manifest["counts"] == {
        "zero-shot": {"train": 9, "test": 3},
        "official": {"train": 8, "test": 4},
    }
    assert (manifest["num_images"], manifest["max_captions"], manifest["num_classes"]) == (12, 3, 4)
    assert manifest["class_names"]["2"] == "002.Class_2"
    assert str(root.parent) not in json.dumps(manifest)
    assert pack.embeddings.dtype == np.float16 and pack.embeddings.shape == (12, 3, encoder.width)
    assert isinstance(pack.embeddings, np.memmap) and isinstance(pack.images(20), np.memmap)


def test_rows_with_fewer_captions_repeat_theirs_and_count_once(tmp_path, encoder):
    root = write_small_cub(tmp_path / "birds", num_classes=2, images_per_class=1, num_captions=5)
    (root / "text_c10" / "001.Class_1" / "bird_094.txt").write_text("a red bird\na blue bird\n")
    pack = write_pack(
        read_dataset(root), tmp_path / "pack", encoder=encoder, image_sizes=(8,), progress=False
    )
    assert pack.num_captions.tolist() == [2, 5]
    assert len(pack.captions[0]) == 2
    two = np.array(pack.embeddings[0, :2])
    np.testing.assert_array_equal(pack.embeddings[0], two[[0, 1, 0, 1, 0]])
    real = np.concatenate([pack.embeddings[0, :2], pack.embeddings[1]]).astype(np.float64)
    whitening = pack.whitening(np.array([0, 1]))
    expected = whitening_of(real.mean(axis=0), np.cov(real.T, bias=True))
    np.testing.assert_allclose(whitening.mean, expected.mean, atol=1e-6)
    np.testing.assert_allclose(whitening(real), expected(real), atol=1e-3)
    one = write_one_caption(tmp_path, encoder)
    np.testing.assert_array_equal(one.whitening(np.array([0]))(one.embeddings[0]), 0)
    with pytest.raises(InputError, match="no picture"):
        pack.whitening(np.array([], np.int64))


def write_one_caption(folder, encoder):
    root = write_small_cub(folder / "one", num_classes=1, images_per_class=1, num_captions=1)
    return write_pack(
        read_dataset(root), folder / "one-pack", encoder=encoder, image_sizes=(8,), progress=False
    )


def test_a_set_without_boxes_is_packed_whole_and_says_so(tmp_path, encoder, capsys):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    (tmp_path / "captions.csv").write_text("file,caption\na.png,a black bird\n")
    dataset = read_dataset(tmp_path)
    pack = write_pack(dataset, tmp_path / "p", encoder=encoder, image_sizes=(8,), progress=False)
    assert pack.manifest["crop"] == "whole"
    assert "has no boxes: whole pictures" in capsys.readouterr().err


def test_a_limit_keeps_parts_and_classes_and_draws_the_same_pictures_again(tmp_path):
    root = write_small_cub(tmp_path, num_classes=8, images_per_class=6, num_captions=1)
    records = read_dataset(root).records
    for limit in (4, 5, 8, 16, 40, 47):
        chosen = choose_records(records, limit)
        assert len(chosen) == len({record.image_id for record in chosen}) == limit
        assert chosen == choose_records(records, limit)
        assert list(chosen) == sorted(chosen, key=lambda record: record.image_id)
        assert {record.zero_shot for record in chosen} == {"train", "test"}
        assert {record.official for record in chosen} == {"train", "test"}
        training = [record.class_id for record in chosen if record.zero_shot == "train"]
        counts = [training.count(class_id) for class_id in range(1, 8)]
        assert max(counts) - min(counts) <= 1 and len(set(training)) >= min(2, len(training))
    assert choose_records(records, 16, seed=1) != choose_records(records, 16, seed=0)
    assert choose_records(records, 99) == choose_records(records, None) == records
    with pytest.raises(InputError, match="at least 1, got 0"):
        choose_records(records, 0)


def test_a_bad_picture_leaves_the_older_pack_and_nothing_else(tmp_path, encoder):
    root = write_small_cub(tmp_path / "birds")
    dataset = read_dataset(root)
    folder = tmp_path / "out" / "pack"
    write_pack(dataset, folder, encoder=encoder, image_sizes=(8,), progress=False)
    before = contents(folder)
    victim = dataset.records[7].path
    victim.write_bytes(victim.read_bytes()[:40])
    with pytest.raises(InputError, match=f"{victim.name} is truncated"):
        write_pack(dataset, folder, encoder=encoder, image_sizes=(16,), progress=False)
    victim.unlink()
    with pytest.raises(InputError, match=f"{victim.name} is missing"):
        write_pack(dataset, folder, encoder=encoder, image_sizes=(16,), progress=False)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["pack"]


def test_all_broken_pictures_are_named_at_once(tmp_path, encoder):
    dataset = read_dataset(write_small_cub(tmp_path / "birds"))
    dataset.records[0].path.unlink()
    dataset.records[5].path.write_bytes(b"")
    dataset.records[9].path.write_bytes(b"no picture")
    pattern = (
        r"3 of 12 pictures cannot be read: .*bird_094.png \(missing\), .*bird_084.png \(empty\), "
        r".*bird_076.png \(truncated, or no picture\); mend them, or .*--skip-broken"
    )
    with pytest.raises(InputError, match=pattern) as caught:
        write_pack(dataset, tmp_path / "p", encoder=encoder, image_sizes=(8,), progress=False)
    assert "\n" not in str(caught.value)
    for record in dataset.records:
        record.path.unlink(missing_ok=True)
    with pytest.raises(
        InputError, match=r"12 of 12 .* \(missing\) and 2 more; mend them"
    ) as caught:
        auto_pack(dataset.root, encoder=encoder, crop="box", folder=tmp_path / "packs")
    assert str(caught.value).count("missing") == 10
    with pytest.raises(InputError, match="none is left to pack"):
        write_pack(dataset, tmp_path / "p", encoder=encoder, skip_broken=True, progress=False)
    assert not (tmp_path / "p").exists() and [*(tmp_path / "packs").iterdir()] == []


def test_broken_pictures_are_skipped_on_request_and_rows_still_belong_together(
    tmp_path, encoder, capsys
):
    dataset = read_dataset(write_small_cub(tmp_path / "birds"))
    for row in (0, 7):
        dataset.records[row].path.write_bytes(b"no picture")
    pack = auto_pack(
        dataset.root, encoder=encoder, crop="box", skip_broken=True, folder=tmp_path / "packs"
    )
    assert "2 of 12 pictures cannot be read: " in capsys.readouterr().err
    left = [record for row, record in enumerate(dataset.records) if row not in (0, 7)]
    assert pack.image_ids.tolist() == [record.image_id for record in left]
    assert pack.captions == [list(record.captions) for record in left]
    for row, record in enumerate(left):
        assert (pack.images(64)[row] == flat_colour(record.image_id, record.class_id)).all()
    assert [Path(name).name for name in pack.manifest["skipped"]] == [
        "bird_094.png",
        "bird_080.png",
    ]
    load_pack(pack.folder, verify=True)


PACK_IN_A_CHILD = """
import resource, signal, sys, time
from t2i_utils.data import read_dataset, write_pack
from t2i_utils.errors import InputError
from t2i_utils.text import load_encoder
root, folder, limit, waits = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "True"
encoder = load_encoder()
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
if waits:  # for a signal, when the pictures are written and the captions are not
    def encode(captions):
        print("encoding", flush=True)
        time.sleep(600)
    encoder.encode = encode
try:
    write_pack(read_dataset(root), folder, encoder=encoder, image_sizes=(64,), progress=False)
except InputError as error:
    print(error)
    sys.exit(2)
"""


def child(root, folder, limit=0, waits=False):
    """A process that packs; one that waits has written pictures when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-c", PACK_IN_A_CHILD, str(root), str(folder), str(limit), str(waits)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    if waits:
        assert process.stdout.readline() == "encoding\n"
        assert any(folder.parent.glob(".pack.partial-*/images_64.npy"))
    return process


@pytest.mark.parametrize("already", [True, False])
def test_a_full_disk_loses_nothing(root, pack, encoder, tmp_path, already):
    folder = tmp_path / "out" / "pack"
    if already:
        write_pack(read_dataset(root), folder, encoder=encoder, image_sizes=(8,), progress=False)
    else:
        folder.parent.mkdir()
    before = contents(folder) if already else {}
    process = child(root, folder, limit=100_000)  # 12 pictures of 64 pixels need 147 kB
    output, _ = process.communicate()
    assert process.returncode == 2
    assert "cannot write the pack" in output and "free some space" in output
    assert [path.name for path in folder.parent.iterdir()] == (["pack"] if already else [])
    assert (contents(folder) if already else {}) == before


def test_ctrl_c_leaves_nothing_half_made(root, tmp_path):
    folder = tmp_path / "pack"
    process = child(root, folder, waits=True)
    os.kill(process.pid, signal.SIGINT)
    process.communicate()
    assert process.returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_packer_left_is_swept_by_the_next(root, encoder, tmp_path):
    folder = tmp_path / "pack"
    process = child(root, folder, waits=True)
    write_pack(read_dataset(root), folder, encoder=encoder, image_sizes=(8,), progress=False)
    assert len([*tmp_path.iterdir()]) == 2  # the other packer lives, and keeps its own
    process.kill()
    process.communicate()
    assert len([*tmp_path.iterdir()]) == 2
    write_pack(read_dataset(root), folder, encoder=encoder, image_sizes=(8,), progress=False)
    assert [*tmp_path.iterdir()] == [folder]


def test_a_kill_between_two_renames_loses_no_pack(copy, tmp_path):
    before = contents(copy)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.communicate()
    old = tmp_path / f".pack.old-{gone.pid}-abc"
    old.mkdir()
    copy.rename(old / "pack")
    (tmp_path / f".pack.partial-{gone.pid}-abc").mkdir()
    assert len(load_pack(copy)) == 12 and contents(copy) == before
    assert [*tmp_path.iterdir()] == [copy]


def test_what_is_no_pack_is_never_overwritten(root, encoder, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    for target in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(InputError, match="holds something that is no pack"):
            write_pack(read_dataset(root), target, encoder=encoder, progress=False)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    with pytest.raises(InputError, match="cannot write the pack"):
        write_pack(
            read_dataset(root), tmp_path / "thesis.txt" / "pack", encoder=encoder, progress=False
        )


@pytest.fixture
def copy(root, encoder, tmp_path):
    folder = tmp_path / "pack"
    write_pack(read_dataset(root), folder, encoder=encoder, image_sizes=(8,), progress=False)
    return folder


def change_manifest(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_pack_that_is_missing_foreign_or_of_another_version_is_refused(copy, tmp_path):
    with pytest.raises(InputError, match="no pack at"):
        load_pack(tmp_path / "nowhere")
    change_manifest(copy, version=1)
    with pytest.raises(InputError, match="has version 1, this program reads 3"):
        load_pack(copy)
    change_manifest(copy, format="zip")
    with pytest.raises(InputError, match="does not describe a pack"):
        load_pack(copy)
    (copy / "manifest.json").write_text('{"format": "t2i-pack", "version": 3}')
    with pytest.raises(InputError, match="lacks"):
        load_pack(copy)
    (copy / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        load_pack(copy)


@pytest.mark.parametrize(
    "name", ["images_8", "embeddings", "class_ids", "image_ids", "num_captions", "zero_shot_train"]
)
def test_a_truncated_or_missing_array_is_refused(copy, name):
    path = copy / f"{name}.npy"
    content = path.read_bytes()
    for shorter in (content[:-3], content[:20], b""):
        path.write_bytes(shorter)
        with pytest.raises(InputError, match=f"{name}.npy is truncated"):
            load_pack(copy)
    np.save(path, np.zeros(5))
    with pytest.raises(InputError, match=r"holds float64 \(5,\)"):
        load_pack(copy)
    path.unlink()
    with pytest.raises(InputError, match=f"lacks {name}.npy"):
        load_pack(copy)


def test_checksums_find_one_changed_byte(copy):
    load_pack(copy, verify=True)
    path = copy / "embeddings.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    load_pack(copy)
    with pytest.raises(InputError, match="embeddings.npy has changed"):
        load_pack(copy, verify=True)


def test_wrong_questions_to_a_pack_are_answered_plainly(pack):
    with pytest.raises(InputError, match="no images of 99 pixels"):
        pack.images(99)
    with pytest.raises(InputError, match="unknown split"):
        pack.indices("random", "train")


def test_a_raw_folder_is_packed_once_and_again_when_something_changes(tmp_path, encoder, capsys):
    root = write_small_cub(tmp_path / "birds", num_classes=2, images_per_class=1)
    packs = tmp_path / "packs"

    def pack_again(**options):
        options = {"crop": "box", **options}
        return auto_pack(root, encoder=encoder, folder=packs, **options).folder

    first = pack_again()
    assert "packing 2 pictures" in capsys.readouterr().err
    written = (first / "manifest.json").stat().st_mtime_ns
    assert pack_again() == first
    assert (first / "manifest.json").stat().st_mtime_ns == written
    assert "using the pack in" in capsys.readouterr().err
    assert auto_pack(first, encoder=encoder, crop="box").folder == first
    (root / "text_c10" / "001.Class_1" / "bird_094.txt").write_text("something else\n")
    assert pack_again() != first
    folders = {first, pack_again(), pack_again(crop="paper"), pack_again(limit=1)}
    assert len(folders) == 4 == len(list(packs.iterdir()))


# --- what is computed of a pack and kept in it ------------------------------------------------


def test_what_is_kept_is_computed_once_and_others_may_read_it(pack):
    asked = []

    def fill(store):
        asked.append(1)
        store[:] = 5

    for _ in range(2):
        found = pack.kept("kept/fives.npy", np.int32, (3, 2), fill)
        np.testing.assert_array_equal(found, np.full((3, 2), 5))
    assert len(asked) == 1
    file = pack.folder / "kept" / "fives.npy"
    assert [*file.parent.iterdir()] == [file]
    other = pack.folder / "manifest.json"
    assert file.stat().st_mode == other.stat().st_mode


def test_a_damaged_file_of_what_is_kept_is_named(pack):
    pack.kept("kept/twos.npy", np.int32, (3, 2), lambda store: store.fill(2))
    file = pack.folder / "kept" / "twos.npy"
    with pytest.raises(InputError, match=r"twos.npy holds int32 \(3, 2\), expected .*remove it"):
        pack.kept("kept/twos.npy", np.int32, (4, 2), None)
    whole = file.read_bytes()
    for broken in (whole[:-5], whole.replace(b"}", b" ", 1)):  # of its array, of its header
        file.write_bytes(broken)
        with pytest.raises(InputError, match="twos.npy is truncated or damaged; remove it"):
            pack.kept("kept/twos.npy", np.int32, (3, 2), None)


def test_what_was_stopped_is_not_kept(pack):
    def fill(store):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack.kept("stopped/a.npy", np.int32, (3, 2), fill)
    assert [*(pack.folder / "stopped").iterdir()] == []


def test_a_pack_that_cannot_be_written_says_where_to_put_it(pack):
    (pack.folder / "taken").write_text("a file, not a folder")
    with pytest.raises(InputError, match="taken: .*copy the pack to a folder that can be written"):
        pack.place_to_keep("taken/a.npy")


def test_captions_beside_a_pack_are_refused(pack, encoder, tmp_path):
    with pytest.raises(InputError, match="is a pack and has its captions: leave --captions out"):
        auto_pack(pack.folder, encoder=encoder, crop="box", captions=tmp_path)


def test_typed_captions_are_embedded_when_they_are_first_asked_for(tmp_path):
    """They are those of `text.typed`, by the picture's own number, and are kept with the pack."""
    dataset = read_dataset(write_small_cub(tmp_path / "birds"))
    pack = write_pack(
        dataset, tmp_path / "p", encoder=load_encoder(), image_sizes=(8,), progress=False
    )
    assert not (tmp_path / "p" / "typed.npy").exists()
    for row, number in enumerate(pack.image_ids.tolist()):
        name = pack.manifest["class_names"][str(pack.class_ids[row])]
        sentences = typed_captions(pack.captions[row], TYPED, seed=[0, number], class_name=name)
        expected = load_encoder().encode(sentences)
        np.testing.assert_allclose(pack.typed[row], expected, atol=1e-3)
    written = (tmp_path / "p" / "typed.npy").stat().st_mtime_ns
    np.testing.assert_array_equal(load_pack(tmp_path / "p").typed, pack.typed)
    assert (tmp_path / "p" / "typed.npy").stat().st_mtime_ns == written


def test_typed_captions_need_the_encoder_of_the_pack(tmp_path, monkeypatch):
    dataset = read_dataset(write_small_cub(tmp_path / "birds"))
    pack = write_pack(
        dataset, tmp_path / "p", encoder=load_encoder(), image_sizes=(8,), progress=False
    )
    pack.manifest["encoder"]["name"] = "one that is not here"
    with pytest.raises(InputError, match="'one that is not here'.*T2I_ENCODER"):
        _ = pack.typed
