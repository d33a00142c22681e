"""A captioner judged beside baselines and people, and the commands that train and judge."""

import json

import numpy as np
import pytest
from small_captioner import caption_pack, describer_folder, training
from small_run import toy_data

from t2i_utils.captioning import scoring
from t2i_utils.captioning.caption_metrics import score_descriptions
from t2i_utils.captioning.scoring import evaluate_captioner, score_tables, write_caption_report
from t2i_utils.captioning.views import regions_of, training_rows
from t2i_utils.captioning.views import test_rows as held_back_rows
from t2i_utils.cli import main
from t2i_utils.data.readers.cub import class_attributes
from t2i_utils.errors import InputError

WAYS = [
    "captioner",
    "nearest picture's caption",
    "template of the predicted class",
    "most frequent caption",
    "one person against the others",
]


@pytest.fixture(scope="module")
def found() -> dict:
    return evaluate_captioner(training()[0], caption_pack(), class_attributes(toy_data()))


def test_every_way_is_judged_on_seen_and_on_unseen_classes(found):
    pack = caption_pack()
    for name, seen in (("seen classes", True), ("unseen classes", False)):
        assert found[name]["pictures"] == len(held_back_rows(pack, seen))
        assert sorted(found[name]["scores"]) == sorted(WAYS)
    json.dumps(found)


def test_the_scores_are_those_of_the_descriptions_of_these_pictures(found):
    describer, pack = training()[0], caption_pack()
    rows = held_back_rows(pack, False)
    regions = regions_of(pack, rows, "unseen")[:, 0]
    said = [
        describer.vocabulary.decode(own[0].words)
        for own in describer.sentences(describer.standardise(regions))
    ]
    references = [pack.captions[row] for row in rows]
    scores = found["unseen classes"]["scores"]
    expected = score_descriptions(said, references).to_json()
    for name in ("bleu_4", "cider_d", "colour_f1", "part_f1", "distinct", "words"):
        assert scores["captioner"][name] == pytest.approx(expected[name], abs=1e-4)

    persons = score_descriptions([own[0] for own in references], [own[1:] for own in references])
    assert scores["one person against the others"]["cider_d"] == pytest.approx(
        persons.cider_d, abs=1e-4
    )
    # The caption of a training picture is a copy; people's of another picture is none.
    assert scores["nearest picture's caption"]["copied"] == 1
    assert scores["most frequent caption"]["distinct"] == pytest.approx(1 / len(rows), abs=1e-4)
    assert scores["one person against the others"]["copied"] < 0.5


def test_neighbours_and_templates_come_from_training_pictures_alone(found, monkeypatch):
    """The baselines' sentences, caught on their way to the scores."""
    pack, caught = caption_pack(), []

    def catch(said, references, *rest):
        caught.append(list(said))
        return score_descriptions(said, references, *rest)

    monkeypatch.setattr(scoring, "score_descriptions", catch)
    evaluate_captioner(training()[0], pack, None, count=3)
    known = {pack.captions[row][0] for row in training_rows(pack)}
    assert [len(said) for said in caught] == [3] * 8  # no template: four ways, twice
    assert set(caught[1]) <= known and set(caught[5]) <= known


def test_the_report_holds_the_tables(found, tmp_path):
    path = write_caption_report(found, tmp_path / "report")
    text = path.read_text()
    assert json.loads((tmp_path / "report" / "report.json").read_text()) == found
    for line in score_tables(found):
        assert line in text
    rows = [line for line in text.splitlines() if line.startswith("| captioner |")]
    cider = found["seen classes"]["scores"]["captioner"]["cider_d"]
    assert len(rows) == 4 and f"| captioner | {cider:.3f} |" in rows[0]  # scores and claims, twice
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot write .*choose another folder"):
        write_caption_report(found, tmp_path / "file" / "report")


def test_a_picture_with_one_caption_has_no_other_people(monkeypatch):
    """A user's own pictures often have one caption each: the row of people is left out."""
    pack = caption_pack()
    monkeypatch.setattr(pack, "captions", [captions[:1] for captions in pack.captions])
    found = evaluate_captioner(training()[0], pack, None, count=2)
    assert "one person against the others" not in found["seen classes"]["scores"]
    assert "captioner" in found["seen classes"]["scores"]


def test_the_commands_train_and_judge(tmp_path, capsys):
    pack = str(caption_pack().folder)
    out = tmp_path / "captioner"
    words = ["captioner", "train", "--data", pack, "--out", str(out), "--steps", "2"]
    assert main(words) == 0
    assert f"a captioner of 2 steps is in {out}" in capsys.readouterr().out
    card = json.loads((out / "card.json").read_text())
    assert card["steps"] == 2
    assert card["precision"] in ("float32", "mixed_bfloat16")  # by the machine

    (tmp_path / "file").write_text("x")
    assert main([*words[:-3], str(tmp_path / "file" / "o"), "--steps", "2"]) == 2
    assert "choose another folder" in capsys.readouterr().err  # before it trains

    words = ["captioner", "evaluate", "--weights", str(describer_folder()), "--data", pack]
    assert main([*words, "--count", "2", "--out", str(tmp_path / "report")]) == 0
    text = capsys.readouterr().out
    assert "unseen classes, 2 pictures" in text and text.endswith("report.md\n")
    assert (tmp_path / "report" / "report.json").is_file()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["evaluate", "--data", "nowhere", "--weights", "none"], "no captioner at 'none'"),
        (["train", "--data", "nowhere", "--out", "o"], "no data set at"),
        (["train", "--out", "o"], "the following arguments are required: --data"),
        (["train", "--data", "x", "--out", "o", "--steps", "0"], "is not a whole number above 0"),
    ],
)
def test_wrong_use_gets_one_line(words, expected, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        status = main(["captioner", *words])
    except SystemExit as stop:
        status = stop.code
    (line,) = capsys.readouterr().err.splitlines()
    assert status == 2 and expected in line and line.startswith("t2i captioner ")
    assert not np.any([path.exists() for path in (tmp_path / "o", tmp_path / "report")])
