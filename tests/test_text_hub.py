"""The encoder as a SavedModel: exported, loaded by hub.load, held to the package's vectors."""

import hashlib
import warnings

import numpy as np
import pytest

from t2i_utils.errors import InputError
from t2i_utils.text import HubEncoder, export_saved_model, load_encoder
from t2i_utils.text.encoders.hub import HANDLE
from t2i_utils.text.encoders.package import load_network

tf = pytest.importorskip("tensorflow")
pytest.importorskip("tensorflow_text", reason="tensorflow-text has no wheel for this system")

LANGUAGES = {
    "ar": "طائر أحمر صغير بأجنحة سوداء ومنقار قصير",
    "zh": "一只红色的小鸟，黑色的翅膀，短短的喙",
    "zh-tw": "一隻紅色的小鳥，黑色的翅膀，短短的喙",
    "nl": "een kleine rode vogel met zwarte vleugels en een korte snavel",
    "en": "a small red bird with black wings and a short beak",
    "fr": "un petit oiseau rouge aux ailes noires et au bec court",
    "de": "ein kleiner roter Vogel mit schwarzen Flügeln und kurzem Schnabel",
    "it": "un piccolo uccello rosso con ali nere e becco corto",
    "ja": "黒い翼と短いくちばしを持つ小さな赤い鳥",
    "ko": "검은 날개와 짧은 부리를 가진 작은 빨간 새",
    "pl": "mały czerwony ptak z czarnymi skrzydłami i krótkim dziobem",
    "pt": "um pequeno pássaro vermelho com asas pretas e bico curto",
    "ru": "маленькая красная птица с чёрными крыльями и коротким клювом",
    "es": "un pequeño pájaro rojo con alas negras y pico corto",
    "th": "นกสีแดงตัวเล็กที่มีปีกสีดำและจะงอยปากสั้น",
    "tr": "siyah kanatlı ve kısa gagalı küçük kırmızı bir kuş",
}
ODD = {
    "empty": "",
    "spaces": "   ",
    "nothing after normalisation": "\u200b",
    "one emoji": "🙂",
    "runs of emoji": "🙂🙂 bird 🦜🙂🦜",
    "flag": "🇩🇪 bird",
    "full-width": "ＲＥＤ　ｂｉｒｄ　１２３",
    "ligature and accents": "ﬁnch cafe\u0301 naïve",
    "control characters": "a\x00red\tbird\n",
    "one letter": "a",
    "very long": "a small red bird with black wings, " * 300,
    "long without spaces": "赤い鳥" * 500,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the exported SavedModel."""
    return export_saved_model(tmp_path_factory.mktemp("export") / "encoder")


@pytest.fixture(scope="module")
def encoder(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # in particular no advice to embed again
        return load_encoder(str(folder))


@pytest.fixture(scope="module")
def module(folder):
    import tensorflow_hub as hub

    return hub.load(str(folder))


def cosines(encoder, captions):
    return np.sum(encoder.encode(captions) * load_encoder("package").encode(captions), axis=1)


@pytest.mark.cub
def test_equals_the_package_on_1000_real_captions(encoder, cub_root):
    files = sorted((cub_root / "text_c10").glob("*/*.txt"))
    lines = [line.strip() for file in files[:: len(files) // 110] for line in file.open()]
    captions = [line for line in lines if line][:1000]
    assert len(captions) == 1000
    assert cosines(encoder, captions).min() >= 0.999


@pytest.mark.parametrize("language", LANGUAGES)
def test_equals_the_package_in_every_language(encoder, language):
    assert cosines(encoder, [LANGUAGES[language]])[0] >= 0.999


def test_languages_agree_on_the_meaning(encoder):
    vectors = encoder.encode(list(LANGUAGES.values()))
    unrelated = encoder.encode(["the train leaves the station at noon"])[0]
    english = vectors[list(LANGUAGES).index("en")]
    assert (vectors @ english).min() > 0.5 > 0.3 > (vectors @ unrelated).max()


@pytest.mark.parametrize("kind", ODD)
def test_equals_the_package_on_odd_input(encoder, kind):
    assert cosines(encoder, [ODD[kind]])[0] >= 0.9999


def test_a_ragged_batch_equals_its_captions_one_by_one(encoder):
    captions = [*ODD.values(), *LANGUAGES.values()]
    alone = np.concatenate([encoder.encode([caption]) for caption in captions])
    np.testing.assert_allclose(encoder.encode(captions), alone, atol=1e-5)


def test_more_captions_than_one_batch_and_none_at_all(encoder):
    captions = [f"a bird with {number} feathers" for number in range(300)]
    assert cosines(encoder, captions).min() >= 0.999
    assert encoder.encode([]).shape == (0, encoder.width)


def test_the_encoder_says_what_it_is(encoder, folder, capsys):
    assert encoder.width == load_encoder("package").width
    assert encoder.reference_cosine > 0.999
    assert HubEncoder(folder).name == encoder.name  # a folder's name is a digest of what it holds
    assert "mean cosine with the reference 1.0000" in capsys.readouterr().err


def test_loads_with_hub_and_takes_lists_and_tensors(module):
    captions = list(LANGUAGES.values())
    from_list, from_tensor = module(captions), module(tf.constant(captions))
    assert from_list.dtype == tf.float32
    np.testing.assert_array_equal(from_list, from_tensor)
    np.testing.assert_allclose(from_list, load_network().encode(captions), atol=1e-4)


def test_works_inside_tf_data(module):
    captions = [*LANGUAGES.values(), *ODD.values()]
    batches = tf.data.Dataset.from_tensor_slices(captions).batch(5).map(module)
    assert batches.element_spec.shape[1] == load_encoder("package").width
    vectors = np.concatenate([batch.numpy() for batch in batches])
    np.testing.assert_allclose(vectors, load_network().encode(captions), atol=1e-4)


def test_hub_means_the_tf_hub_handle(folder, tmp_path, monkeypatch):
    """TF-Hub's own cache stands in for the network: it holds our export under the handle."""
    (tmp_path / hashlib.sha1(HANDLE.encode()).hexdigest()).symlink_to(folder)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("T2I_ENCODER", "hub")
    encoder = load_encoder()
    assert encoder.name == "universal-sentence-encoder-multilingual-3/hub"
    assert cosines(encoder, [LANGUAGES["en"]])[0] >= 0.999


def test_an_unreachable_handle_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    with pytest.raises(InputError, match="cannot load .*T2I_ENCODER=package") as caught:
        load_encoder("https://localhost:9/no-such-module/1")
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_saved_model_is_refused(tmp_path):
    with pytest.raises(InputError, match="saved_model.pb"):
        load_encoder(str(tmp_path))
    (tmp_path / "saved_model.pb").write_bytes(b"not one")
    with pytest.raises(InputError, match="the folder is damaged"):
        load_encoder(str(tmp_path))


def save_foreign_module(folder, width, rank=2):
    """Save another network with the encoder's interface: a vector drawn from a caption's hash."""

    class Foreign(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, captions):
            numbers = tf.strings.to_hash_bucket_fast(captions, 1000)
            angles = tf.cast(numbers, tf.float32)[:, None] * tf.range(1.0, width + 1)
            return tf.cos(angles) if rank == 2 else tf.cos(angles)[:, 0]

    tf.saved_model.save(Foreign(), str(folder))
    return str(folder)


def test_another_network_is_advised_to_embed_again(tmp_path):
    with pytest.warns(UserWarning, match="below 0.98.*embed the captions again"):
        encoder = load_encoder(save_foreign_module(tmp_path, load_encoder("package").width))
    assert encoder.reference_cosine < 0.5
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(["a", "b"]), axis=1), 1, atol=1e-5)


def test_another_width_is_reported_by_the_encoder(tmp_path):
    with pytest.warns(UserWarning, match="length 16"):
        encoder = load_encoder(save_foreign_module(tmp_path, 16))
    assert encoder.width == 16
    assert encoder.reference_cosine is None
    assert encoder.encode(["a red bird"]).shape == (1, 16)


def test_a_saved_model_that_gives_no_vectors_is_refused(tmp_path):
    with pytest.raises(InputError, match="is no sentence encoder: .*shape"):
        load_encoder(save_foreign_module(tmp_path, 16, rank=1))


def test_the_export_does_not_overwrite(folder):
    before = (folder / "saved_model.pb").stat().st_mtime_ns
    with pytest.raises(InputError, match="already exists"):
        export_saved_model(folder)
    assert (folder / "saved_model.pb").stat().st_mtime_ns == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]  # nothing temporary


def test_the_export_names_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot write"):
        export_saved_model(tmp_path / "file" / "encoder")
