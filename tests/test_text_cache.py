"""The embedding cache: remembers, is shared, and survives what happens to files."""

import json
import resource
import warnings

import numpy as np
import pytest

from t2i_utils.errors import InputError
from t2i_utils.text import EmbeddingCache, load_encoder
from t2i_utils.text.cache import MAP_FROM, MAX_PAIRS


class LetterCounts:
    """A user's own encoder: how often each letter occurs. It remembers what it was asked."""

    def __init__(self, name="letters/1", width=26):
        self.name = name
        self.width = width
        self.asked = []

    def encode(self, captions):
        self.asked += captions
        letters = [chr(ord("a") + index) for index in range(self.width)]
        counts = [[caption.count(letter) + 0.01 for letter in letters] for caption in captions]
        vectors = np.array(counts, np.float32).reshape(len(captions), self.width)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


CAPTIONS = ["a red bird", "a blue bird", "鳥 🙂", "a red bird"]


@pytest.fixture(autouse=True)
def no_unexpected_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_gives_the_encoders_own_vectors_and_asks_once_per_caption(tmp_path):
    encoder = LetterCounts()
    cache = EmbeddingCache(encoder, tmp_path / "new" / "cache")
    vectors = cache.encode(CAPTIONS)
    assert encoder.asked == ["a red bird", "a blue bird", "鳥 🙂"]
    np.testing.assert_array_equal(vectors, LetterCounts().encode(CAPTIONS))
    np.testing.assert_array_equal(cache.encode(CAPTIONS[::-1]), vectors[::-1])
    assert encoder.asked == ["a red bird", "a blue bird", "鳥 🙂"]
    assert (cache.name, cache.width, len(cache)) == ("letters/1", 26, 3)
    assert cache.encode([]).shape == (0, 26)


def test_a_later_process_asks_for_new_captions_only(tmp_path):
    vectors = EmbeddingCache(LetterCounts(), tmp_path).encode(CAPTIONS)
    encoder = LetterCounts()
    again = EmbeddingCache(encoder, tmp_path).encode([*CAPTIONS, "a green bird"])
    assert encoder.asked == ["a green bird"]
    np.testing.assert_array_equal(again[:-1], vectors)


def test_caches_the_real_encoder(tmp_path):
    encoder = load_encoder("package")
    expected = encoder.encode(CAPTIONS)
    EmbeddingCache(encoder, tmp_path).encode(CAPTIONS)
    cache = EmbeddingCache(encoder, tmp_path)
    assert len(cache) == 3
    np.testing.assert_allclose(cache.encode(CAPTIONS), expected, atol=1e-5)


def test_encoders_share_a_folder_without_mixing(tmp_path):
    EmbeddingCache(LetterCounts("letters/1"), tmp_path).encode(CAPTIONS)
    other = LetterCounts("letters/2", width=5)
    cache = EmbeddingCache(other, tmp_path)
    assert len(cache) == 0
    assert cache.key("a red bird") != EmbeddingCache(LetterCounts(), tmp_path).key("a red bird")
    assert cache.encode(CAPTIONS).shape == (4, 5)
    assert len(other.asked) == 3
    assert len(EmbeddingCache(LetterCounts("letters/1"), tmp_path)) == 3


def test_two_writers_at_once_lose_nothing(tmp_path):
    first, second = (EmbeddingCache(LetterCounts(), tmp_path) for _ in range(2))
    first.encode(["a red bird", "a blue bird"])
    second.encode(["a blue bird", "a green bird"])
    first.encode(["a white bird"])
    encoder = LetterCounts()
    EmbeddingCache(encoder, tmp_path).encode(
        ["a red bird", "a blue bird", "a green bird", "a white bird"]
    )
    assert encoder.asked == []


def test_the_format_is_open(tmp_path):
    cache = EmbeddingCache(LetterCounts(), tmp_path)
    vectors = cache.encode(["a red bird", "a blue bird"])
    (index_path,) = tmp_path.glob("*.json")
    index = json.loads(index_path.read_text())
    assert index["encoder"] == "letters/1"
    assert index["keys"] == [cache.key("a red bird"), cache.key("a blue bird")]
    np.testing.assert_array_equal(np.load(index_path.with_suffix(".npy")), vectors)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".npy"]


@pytest.mark.parametrize("suffix", [".npy", ".json"])
@pytest.mark.parametrize("keep", [0, 0.5])
def test_a_truncated_file_costs_its_own_captions_only(tmp_path, suffix, keep):
    EmbeddingCache(LetterCounts(), tmp_path).encode(["a red bird"])
    (damaged,) = tmp_path.glob(f"*{suffix}")
    EmbeddingCache(LetterCounts(), tmp_path).encode(["a blue bird"])
    content = damaged.read_bytes()
    damaged.write_bytes(content[: int(len(content) * keep)])

    encoder = LetterCounts()
    with pytest.warns(UserWarning, match=f"{damaged.stem}.*is damaged.*encoded again"):
        cache = EmbeddingCache(encoder, tmp_path)
    np.testing.assert_array_equal(
        cache.encode(["a red bird", "a blue bird"]),
        LetterCounts().encode(["a red bird", "a blue bird"]),
    )
    assert encoder.asked == ["a red bird"]
    assert len(EmbeddingCache(LetterCounts(), tmp_path)) == 2  # mended, and says so no more


def test_one_changed_byte_is_noticed(tmp_path):
    EmbeddingCache(LetterCounts(), tmp_path).encode(CAPTIONS)
    (path,) = tmp_path.glob("*.npy")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="truncated or changed"):
        assert len(EmbeddingCache(LetterCounts(), tmp_path)) == 0


def test_what_an_interrupted_write_leaves_is_ignored(tmp_path):
    EmbeddingCache(LetterCounts(), tmp_path).encode(["a red bird"])
    (tmp_path / "half.npy.tmp").write_bytes(b"\x93NUMPY")
    (tmp_path / "without-index.npy").write_bytes(b"\x93NUMPY")
    assert len(EmbeddingCache(LetterCounts(), tmp_path)) == 1


def test_many_small_writes_are_joined_when_opened(tmp_path):
    cache = EmbeddingCache(LetterCounts(), tmp_path)
    captions = [f"bird {number}" for number in range(MAX_PAIRS + 1)]
    for caption in captions:
        cache.encode([caption])
    foreign = EmbeddingCache(LetterCounts("letters/2"), tmp_path)
    foreign.encode(["a red bird"])
    assert len(list(tmp_path.glob("*.json"))) == MAX_PAIRS + 2

    assert len(EmbeddingCache(LetterCounts(), tmp_path)) == len(captions)
    assert len(list(tmp_path.glob("*.json"))) == len(list(tmp_path.glob("*.npy"))) == 2
    encoder = LetterCounts()
    joined = EmbeddingCache(encoder, tmp_path).encode(captions)
    np.testing.assert_array_equal(joined, LetterCounts().encode(captions))
    assert encoder.asked == []
    assert len(EmbeddingCache(LetterCounts("letters/2"), tmp_path)) == 1


def test_large_files_are_read_through_a_memory_map(tmp_path):
    captions = [f"bird {number} {'xyz' * (number % 7)}" for number in range(MAP_FROM)]
    expected = LetterCounts().encode(captions)
    np.testing.assert_array_equal(
        EmbeddingCache(LetterCounts(), tmp_path).encode(captions), expected
    )
    encoder = LetterCounts()
    np.testing.assert_array_equal(EmbeddingCache(encoder, tmp_path).encode(captions), expected)
    assert encoder.asked == []


@pytest.mark.parametrize("width", [26, 1])  # 26: the .npy does not fit; 1: the .json does not
def test_a_full_disk_keeps_the_vectors_and_what_is_stored(tmp_path, width):
    cache = EmbeddingCache(LetterCounts(width=width), tmp_path)
    cache.encode(["a red bird"])
    captions = [f"bird {number}" for number in range(200)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.warns(UserWarning, match="cannot be written"):
            vectors = cache.encode(captions)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    np.testing.assert_array_equal(vectors, LetterCounts(width=width).encode(captions))
    assert len(list(tmp_path.iterdir())) == 2
    assert len(EmbeddingCache(LetterCounts(width=width), tmp_path)) == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="file.*name a folder that can be written"):
        EmbeddingCache(LetterCounts(), tmp_path / "file")


def test_a_single_string_is_refused(tmp_path):
    with pytest.raises(InputError, match="takes a list"):
        EmbeddingCache(LetterCounts(), tmp_path).encode("a red bird")
