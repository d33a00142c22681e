"""Training pictures in several windows, looked at once and kept."""

import shutil

import numpy as np
import pytest
from small_captioner import caption_pack

from t2i_utils.captioning.regions import WIDTH, RegionEncoder
from t2i_utils.captioning.views import (
    FOLDER,
    SMALL_SHARE,
    regions_of,
    training_rows,
    view,
)
from t2i_utils.captioning.views import (
    test_rows as held_back_rows,
)
from t2i_utils.data import load_pack
from t2i_utils.errors import InputError


def ramp() -> np.ndarray:
    """Red grows to the right, green downwards, blue is a fine grid."""
    steps = np.linspace(0, 255, 304).astype(np.uint8)
    red, green = np.meshgrid(steps, steps)
    return np.stack([red, green, 255 * (np.indices(red.shape).sum(0) // 2 % 2)], -1).astype(
        np.uint8
    )


def test_no_row_is_learnt_from_that_either_split_holds_back():
    pack = caption_pack()
    rows, seen, unseen = (
        training_rows(pack),
        held_back_rows(pack, True),
        held_back_rows(pack, False),
    )
    for split in ("zero-shot", "official"):
        assert not set(rows) & set(pack.indices(split, "test"))
        assert set(rows) <= set(pack.indices(split, "train"))
    assert set(unseen) == set(pack.indices("zero-shot", "test"))
    assert set(seen) <= set(pack.indices("official", "test"))
    assert not set(rows) & {*seen, *unseen} and not set(seen) & set(unseen)
    classes = [set(pack.class_ids[part]) for part in (rows, seen, unseen)]
    assert classes[1] <= classes[0] and not classes[2] & classes[0]
    assert min(len(rows), len(seen), len(unseen)) >= 6


def test_the_view_of_a_test_picture_is_all_of_it():
    found = view(ramp(), None)
    assert found.shape == (224, 224, 3) and found.dtype == np.uint8
    assert found[:, 0, 0].max() <= 2 and found[:, -1, 0].min() >= 253
    assert found[0, :, 1].max() <= 2 and found[-1, :, 1].min() >= 253


def test_views_of_training_pictures_are_windows_some_flipped_some_small():
    views = [view(ramp(), np.random.default_rng(seed)).astype(int) for seed in range(200)]
    across = np.array([found[112, -1, 0] - found[112, 0, 0] for found in views]) / 255
    down = np.array([found[-1, 112, 1] - found[0, 112, 1] for found in views]) / 255
    assert 0.35 < (across < 0).mean() < 0.65  # in a mirror
    np.testing.assert_allclose(abs(across), down, atol=0.02)  # square, upright
    assert 0.68 < down.min() < 0.75 and 0.95 < down.max() <= 1
    starts = np.array([found[0, :, 1].min() for found in views]) / 255
    assert starts.min() < 0.02 and starts.max() > 0.2
    fine = np.array([found[..., 2].std() for found in views])  # 64 px cannot show the grid
    assert abs((fine < 20).mean() - SMALL_SHARE) < 0.1
    again = view(ramp(), np.random.default_rng(0))
    np.testing.assert_array_equal(again, views[0])


def test_regions_are_computed_once_and_belong_to_their_rows():
    pack = caption_pack()
    rows = held_back_rows(pack, True)[[3, 0]]
    whole = regions_of(pack, rows, "own", progress=False)
    (file,) = (pack.folder / FOLDER).glob("regions_own_*")
    encoder = RegionEncoder()
    expected = encoder(np.stack([view(pack.images(256)[row], None) for row in rows]))
    assert whole.shape == (2, 1, 49, WIDTH) and whole.dtype == np.float16
    np.testing.assert_allclose(whole[:, 0], expected.regions, rtol=2e-3, atol=2e-3)
    before = file.stat().st_mtime_ns
    assert (regions_of(pack, rows, "own", progress=False) == whole).all()
    assert file.stat().st_mtime_ns == before

    several = regions_of(pack, rows, "own", num_views=2, progress=False)
    assert several.shape[:2] == (2, 2)
    assert abs(several[:, 0] - several[:, 1]).max() > 0.1
    assert not list((pack.folder / FOLDER).glob("*.partial"))


def test_a_pack_that_cannot_be_written_is_named(tmp_path):
    pack = load_pack(shutil.copytree(caption_pack().folder, tmp_path / "pack"))
    shutil.rmtree(tmp_path / "pack" / FOLDER, ignore_errors=True)
    (tmp_path / "pack" / FOLDER).write_text("a file is in the way")
    with pytest.raises(InputError, match="cannot write .*copy the pack to a folder that can be"):
        regions_of(pack, training_rows(pack), "train", progress=False)
