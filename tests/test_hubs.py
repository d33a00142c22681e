"""Sets that are shared: pushed, fetched, drawn with, and refused where they were changed."""

import json
import shutil
import sys

import numpy as np
import pytest
import yaml
from hub_server import hub_server
from small_run import trained_run

import t2i_utils
from t2i_utils import hubs
from t2i_utils.archives import save_tensors
from t2i_utils.arrays import read_arrays
from t2i_utils.captioning.describer import load_describer
from t2i_utils.cli import main
from t2i_utils.errors import InputError
from t2i_utils.export.shared import write_shared
from t2i_utils.stackgan.weights import find_weights, load_weights

CAPTIONS = ["a red bird", "a small blue bird with a white belly"]


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub of our own, signed in to; the folder that holds its repositories."""
    from huggingface_hub import constants

    with hub_server(tmp_path / "hub") as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE",
            address + "/{repo_id}/resolve/{revision}/{filename}",
        )  # fmt: skip
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setenv("HF_TOKEN", "hf_of_the_tests")
        hubs.fetch.cache_clear()
        yield tmp_path / "hub"
    hubs.fetch.cache_clear()


def test_a_pushed_set_draws_the_same_pixels_and_a_changed_one_is_refused(hub, capsys):
    words = [str(trained_run()), "hf://me/birds"]
    assert main(["push", *words]) == 2
    assert "names no licence: say one, such as --licence" in capsys.readouterr().err
    assert main(["push", *words, "--licence", "cc-by-nc-4.0"]) == 0
    assert capsys.readouterr().out.strip().endswith("/me/birds")
    repository = hub / "me" / "birds"
    names = {file.name for file in repository.iterdir()}
    assert {"README.md", "card.json", "stage1.safetensors", "stage2.safetensors"} <= names
    assert not any(name.endswith((".npz", ".pkl", ".bin")) for name in names)

    expected = t2i_utils.generate(CAPTIONS, weights=trained_run(), seed=3)
    shared = t2i_utils.Synthesizer.from_preset("hf://me/birds")
    np.testing.assert_array_equal(shared.generate(CAPTIONS, seed=3), expected)
    np.testing.assert_array_equal(
        t2i_utils.generate(CAPTIONS, weights="hf://me/birds", seed=3), expected
    )

    head = yaml.safe_load((repository / "README.md").read_text().split("---\n")[1])
    assert head["pipeline_tag"] == "text-to-image" and head["license"] == "cc-by-nc-4.0"
    assert {"library_name", "datasets", "tags"} <= set(head)
    assert "metrics" not in head, "nobody has measured this set"
    card = json.loads((repository / "card.json").read_text())
    assert card["licence"] == "cc-by-nc-4.0"
    assert (
        card["stages"]["1"]["config"] == load_weights(trained_run()).card["stages"]["1"]["config"]
    )

    file = repository / "stage1.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    hubs.fetch.cache_clear()
    with pytest.raises(InputError, match="stage1.safetensors has a wrong checksum"):
        load_weights("hf://me/birds")


def test_a_pushed_captioner_is_the_same(hub):
    assert main(["push", "captioner", "hf://me/words"]) == 0
    before, after = load_describer(), load_describer("hf://me/words")
    assert after.vocabulary.words == before.vocabulary.words
    for part in ("captioner", "reader"):
        own, found = (getattr(each, part).weights for each in (before, after))
        for ours, theirs in zip(own, found, strict=True):
            np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    readme = (hub / "me" / "words" / "README.md").read_text()
    head = yaml.safe_load(readme.split("---\n")[1])
    assert head["pipeline_tag"] == "image-to-text" and head["license"] == "other"
    assert "non-commercial" in readme
    assert head["metrics"] == ["cider", "bleu", "rouge"] and "birds" in head["tags"]


def test_a_card_claims_only_what_is_so(tmp_path):
    sizes = {"a": "KID x 1000 12.1 on 200 pictures", "b": "a kidney, and no score", "c": None}
    for name, text in sizes.items():
        folder, target = tmp_path / name, tmp_path / f"{name}-shared"
        shutil.copytree(trained_run() / "weights", folder)
        card = json.loads((folder / "card.json").read_text())
        card |= {"data": "my-cups", "example": "a cup with a crack"}
        (folder / "card.json").write_text(json.dumps(card))
        if text is not None:
            (folder / "MODEL_CARD.md").write_text(text)
        write_shared(folder, target, "cc-by-4.0", "hf://me/cups")
        readme = (target / "README.md").read_text()
        head = yaml.safe_load(readme.split("---\n")[1])
        assert head.get("metrics") == (["kid"] if name == "a" else None)
        assert head["tags"] == ["keras", "stackgan"], "cups are no birds"
        assert "generate('a cup with a crack')" in readme


def test_a_set_from_kaggle_is_found_where_its_package_keeps_it(tmp_path, monkeypatch):
    from kagglehub.cache import Cache
    from kagglehub.handle import parse_model_handle

    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    hubs.fetch.cache_clear()
    handle = parse_model_handle("me/birds/keras/small/1")
    folder = tmp_path / "to-share"
    assert main(["push", str(trained_run()), str(folder), "--licence", "apache-2.0"]) == 0
    place = tmp_path.joinpath(Cache().get_path(handle))
    place.parent.mkdir(parents=True)
    folder.rename(place)
    Cache().mark_as_complete(handle)
    name = "kaggle://me/birds/keras/small/1"
    assert find_weights(name) == place
    np.testing.assert_array_equal(
        t2i_utils.generate(CAPTIONS[:1], weights=name, stage=1),
        t2i_utils.generate(CAPTIONS[:1], weights=trained_run(), stage=1),
    )
    with pytest.raises(InputError, match="leave the version out"):
        hubs.send(place, name, "apache-2.0")


def test_what_a_hub_does_not_give_is_said_in_a_line(hub, capsys, monkeypatch):
    (hub / "me" / "empty").mkdir(parents=True)
    (hub / "me" / "empty" / "README.md").write_text("nothing")
    for name, said in (
        ("hf://me/nothing", "hf://me/nothing was not fetched (RepositoryNotFoundError"),
        ("hf://me/empty", "hf://me/empty has no card.json"),
        ("hf://me", "is no name on a hub: write hf://OWNER/NAME"),
        ("kaggle://me/birds", "is no name on a hub"),
    ):
        assert main(["generate", "a bird", "--weights", name]) == 2
        assert said in capsys.readouterr().err.splitlines()[-1]
    monkeypatch.setenv("HF_TOKEN", "hf_of_another")
    words = ["push", str(trained_run()), "hf://me/birds", "--licence", "mit"]
    assert main(words) == 2
    assert "hf://me/birds was not sent" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert main(words) == 2
    assert "pip install huggingface_hub safetensors" in capsys.readouterr().err


def test_a_folder_to_look_at_first_is_never_written_over(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    assert main(["push", "toy", str(tmp_path / "mine")]) == 2
    assert "is there already: name a new folder" in capsys.readouterr().err
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no tensors",
        (2**60).to_bytes(8, "little") + b"{}",
        (61).to_bytes(8, "little")
        + b'{"a":{"dtype":"F32","shape":[9,9],"data_offsets":[0,324]}}   ',
    ],
)
def test_tensors_that_are_none_are_damaged_and_nothing_is_unpacked(content, tmp_path):
    file = tmp_path / "stage1.safetensors"
    file.write_bytes(content)
    with pytest.raises(InputError, match="is damaged or not a weights file"):
        read_arrays(file, {"a": (9, 9)})


def test_tensors_of_another_shape_or_with_no_numbers_are_refused(tmp_path):
    file = tmp_path / "stage1.safetensors"
    save_tensors(file, {"a": np.full((3, 2), np.nan, "float16")}, b"{}")
    with pytest.raises(InputError, match=r"holds a of shape \(3, 2\), expected \(2, 3\)"):
        read_arrays(file, {"a": (2, 3)})
    with pytest.raises(InputError, match="lacks b"):
        read_arrays(file, {"b": (2, 3)})
    with pytest.raises(InputError, match="not finite"):
        read_arrays(file, {"a": (3, 2)})
