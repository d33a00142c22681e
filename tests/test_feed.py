"""Batches: a pure function of seed and step, with wrong texts that are truly wrong."""

import numpy as np
import pytest
from PIL import Image
from small_cub import write_small_cub

from t2i_utils.data import Batches, read_dataset, write_pack
from t2i_utils.errors import InputError
from t2i_utils.text import Whitening, load_encoder


def unchanged(width):
    return Whitening(np.zeros(width, np.float32), np.eye(width, dtype=np.float32))


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """Twenty pictures of five captions (one has two); each pixel says where it is."""
    folder = tmp_path_factory.mktemp("batches")
    root = write_small_cub(folder / "birds", num_classes=5, images_per_class=4, num_captions=5)
    (root / "text_c10" / "001.Class_1" / "bird_094.txt").write_text("a red bird\na blue bird\n")
    rows, columns = np.indices((76, 76))
    for record in read_dataset(root).records:
        pixels = np.stack([rows * 3, columns * 3, np.full_like(rows, record.image_id)], axis=-1)
        Image.fromarray(pixels.astype(np.uint8)).save(record.path)
    (root / "CUB_200_2011" / "bounding_boxes.txt").unlink()
    return write_pack(
        read_dataset(root),
        folder / "pack",
        encoder=load_encoder(),
        image_sizes=(76,),
        progress=False,
    )


def make(
    pack,
    *,
    batch_size=8,
    image_size=64,
    seed=0,
    captions_per_image=1,
    typed_share=0.0,
    num_distractors=0,
    indices=None,
):
    return Batches(
        pack,
        np.arange(len(pack)) if indices is None else indices,
        batch_size=batch_size,
        image_size=image_size,
        captions_per_image=captions_per_image,
        typed_share=typed_share,
        num_distractors=num_distractors,
        whitening=unchanged(pack.width),
        seed=seed,
    )


def source_of(pack, vector):
    """The (picture, caption) whose embedding this is; both are unique in this pack."""
    distances = np.abs(pack.embeddings.astype(np.float32) - vector).max(axis=-1)
    picture, number = np.unravel_index(distances.argmin(), distances.shape)
    assert distances[picture, number] < 1e-6
    return int(picture), int(number)


def same(first, second):
    return all(np.array_equal(first[key], second[key]) for key in first)


def test_shapes_types_and_ranges(pack):
    batch = make(pack, num_distractors=5).at(0)
    assert {key: (value.shape, value.dtype.name) for key, value in batch.items()} == {
        "images": ((8, 64, 64, 3), "uint8"),
        "embeddings": ((8, pack.width), "float32"),
        "wrong_embeddings": ((8, pack.width), "float32"),
        "class_ids": ((8,), "int32"),
        "distractors": ((5, pack.width), "float32"),
        "distractor_class_ids": ((5,), "int32"),
        "indices": ((8,), "int64"),
    }
    assert batch["images"].min() < 64 and batch["images"].max() > 191


def test_image_and_text_of_a_batch_are_of_the_picture_it_names(pack):
    """PITFALLS 9, the second half: the pairs stay together on their way into a batch."""
    batches = make(pack, indices=np.arange(19, -1, -2))
    for step in range(5):
        batch = batches.at(step)
        assert set(batch["indices"]) <= set(range(1, 20, 2))
        for row, index in enumerate(batch["indices"]):
            assert (batch["images"][row, ..., 2] == pack.image_ids[index]).all()
            assert source_of(pack, batch["embeddings"][row])[0] == index


def test_a_wrong_text_is_a_real_caption_of_another_class_and_every_other_class_serves(pack):
    """PITFALLS 4: wrong pairs without a check that the class differs."""
    batches = make(pack)
    served = {class_id: set() for class_id in range(1, 6)}
    for step in range(60):
        batch = batches.at(step)
        for row, index in enumerate(batch["indices"]):
            picture, number = source_of(pack, batch["wrong_embeddings"][row])
            assert pack.class_ids[picture] != pack.class_ids[index]
            assert number < pack.num_captions[picture]
            served[int(pack.class_ids[index])].add(int(picture))
    for class_id, pictures in served.items():
        assert pictures == {int(i) for i in np.flatnonzero(pack.class_ids != class_id)}


def test_wrong_texts_come_from_the_given_pictures_only(pack):
    """A wrong text from the test classes would be a leak."""
    indices = np.array([0, 1, 5, 6, 7, 12])
    batches = make(pack, indices=indices)
    for step in range(20):
        for vector in batches.at(step)["wrong_embeddings"]:
            assert source_of(pack, vector)[0] in indices


def test_captions_crops_and_flips_are_drawn_anew_each_time(pack):
    """PITFALLS 6: one caption an image for the whole run; no random crop or flip."""
    batches = make(pack, batch_size=20)
    captions, tops, lefts, flipped = set(), set(), set(), []
    for step in range(40):
        batch = batches.at(step)
        row = int(np.flatnonzero(batch["indices"] == 7)[0])
        captions.add(source_of(pack, batch["embeddings"][row])[1])
        place = batch["images"][row] / 3
        tops.add(place[0, 0, 0])
        flipped.append(place[0, 0, 1] > place[0, 1, 1])
        lefts.add(place[0, :, 1].min())
        np.testing.assert_array_equal(np.diff(place[:, 0, 0]), 1)
        np.testing.assert_array_equal(np.diff(place[0, :, 1]), -1 if flipped[-1] else 1)
    assert captions == set(range(5))
    assert len(tops) > 8 and len(lefts) > 8 and min(tops | lefts) >= 0 and max(tops | lefts) <= 12
    assert 8 <= sum(flipped) <= 32  # p = 0.5: outside once in 10,000 runs, and the seed is fixed


def test_the_mean_of_k_captions_takes_k_distinct_ones(pack):
    """With k = all of them the mean is the mean of all, which repeats would change."""
    vectors = pack.embeddings.astype(np.float32)
    batch = make(pack, batch_size=20, captions_per_image=5).at(3)
    for row, index in enumerate(batch["indices"]):
        own = vectors[index, : pack.num_captions[index]]  # an image with two captions gives both
        np.testing.assert_allclose(batch["embeddings"][row], own.mean(axis=0), atol=1e-6)
    more = make(pack, batch_size=20, captions_per_image=9).at(3)
    np.testing.assert_allclose(more["embeddings"], batch["embeddings"], atol=1e-6)
    batches = make(pack, batch_size=20, captions_per_image=4)
    left_out = set()
    for step in range(30):
        batch = batches.at(step)
        row = int(np.flatnonzero(batch["indices"] == 7)[0])
        missing = vectors[7].sum(axis=0) - 4 * batch["embeddings"][row]
        distances = np.abs(vectors[7] - missing).max(axis=-1)
        assert distances.min() < 1e-5
        left_out.add(int(distances.argmin()))
    assert left_out == set(range(5))


def test_embeddings_are_whitened(pack):
    whitening = pack.whitening(np.arange(len(pack)))
    plain = make(pack, num_distractors=3).at(2)
    batches = Batches(
        pack,
        np.arange(len(pack)),
        batch_size=8,
        image_size=64,
        num_distractors=3,
        whitening=whitening,
        seed=0,
    )
    for key in ("embeddings", "wrong_embeddings", "distractors"):
        np.testing.assert_allclose(batches.at(2)[key], whitening(plain[key]), rtol=1e-4, atol=1e-3)
    assert batches.at(2)["embeddings"].std() > 10 * plain["embeddings"].std()


def test_distractors_are_captions_of_the_chosen_pictures_with_their_classes(pack):
    chosen = np.arange(4, 16)
    batches = make(pack, num_distractors=40, indices=chosen)
    batch = batches.at(1)
    sources = [source_of(pack, vector) for vector in batch["distractors"]]
    pictures = [picture for picture, _ in sources]
    assert len(set(sources)) > 12 and set(pictures) <= set(chosen.tolist())
    np.testing.assert_array_equal(batch["distractor_class_ids"], pack.class_ids[pictures])
    np.testing.assert_array_equal(batch["class_ids"], pack.class_ids[batch["indices"]])


def test_a_batch_depends_on_seed_and_step_alone(pack):
    batches = make(pack)
    first = [batches.at(step) for step in range(12)]
    again = make(pack)
    for step in (11, 3, 3, 0):
        assert same(again.at(step), first[step])
    assert not same(first[0], first[1])
    other = make(pack, seed=1).at(0)
    assert not np.array_equal(other["indices"], first[0]["indices"])
    assert not np.array_equal(other["images"], first[0]["images"])


@pytest.mark.parametrize("batch_size", [3, 8, 20, 47])
def test_every_picture_comes_once_an_epoch_in_another_order(pack, batch_size):
    batches = make(pack, batch_size=batch_size)
    rows = np.concatenate([batches.at(step)["indices"] for step in range(-(-80 // batch_size))])
    epochs = rows[:80].reshape(4, 20)
    for epoch in epochs:
        assert sorted(epoch) == list(range(20))
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_one_class_has_no_wrong_text(pack):
    for indices in (np.flatnonzero(pack.class_ids == 2), np.array([], np.int64)):
        with pytest.raises(InputError, match="a wrong text must come from another one"):
            make(pack, indices=indices)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch size must be at least 1"),
        ({"captions_per_image": 0}, "captions per image must be at least 1"),
        ({"image_size": 256}, r"stores images of \[76\] pixels, too small for 256"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_impossible_wishes_are_refused(pack, options, message):
    with pytest.raises(InputError, match=message):
        make(pack, **options)


def test_a_share_of_the_sentences_is_typed(pack):
    """Each typed sentence is one of the picture's own: its embedding is found there."""
    batches = make(pack, typed_share=0.5, num_distractors=40)
    plain = make(pack)
    typed = 0
    for step in range(10):
        batch = batches.at(step)
        for row, vector in zip(batch["indices"], batch["embeddings"], strict=True):
            own = np.abs(pack.embeddings[row].astype(np.float32) - vector).max(axis=-1).min()
            short = np.abs(pack.typed[row].astype(np.float32) - vector).max(axis=-1).min()
            assert min(own, short) < 1e-6
            typed += short < own
        assert (plain.plan(step).rows == batches.plan(step).rows).all()
    assert 20 < typed < 60  # of 80
    columns = batches.plan(0).distractor_columns
    assert (columns >= pack.embeddings.shape[1]).any() and columns.max() < batches.captions.shape[1]
