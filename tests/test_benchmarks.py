import importlib.util
import json

import pytest

from benchmarks import feed, training_step
from t2i_utils.data import Batches


def test_training_step_measures_equal_shapes_on_every_framework(monkeypatch):
    pytest.importorskip("torch", reason='needs the optional group: pip install -e ".[bench]"')
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # tiny steps on busy cores wait for threads
    size = training_step.Size(generator_width=8, discriminator_width=8, batch_size=4, steps=1)
    rows = training_step.measure(1, size)
    assert [row["name"] for row in rows] == list(training_step.LABELS)
    for player in ("generator", "discriminator"):
        assert len({row["parameters"][player] for row in rows}) == 1
    assert all(row["images_per_second"] > 0 and len(row["rounds"]) == 1 for row in rows)
    public = next(row for row in rows if row["name"] == training_step.PUBLIC)
    assert public["to_public"] == 1
    lines = training_step.table(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert {line.count("|") for line in lines} == {5}
    json.dumps(rows)


def test_a_missing_pytorch_is_one_line(monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else found(name)
    )
    assert training_step.main([]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "bench" in error


def test_the_feed_is_measured(tmp_path):
    pack = feed.random_pack(tmp_path, 30)
    options = {"batch_size": 4, "image_size": 64, "num_distractors": 8}
    batches = Batches(pack, pack.indices(), whitening=pack.whitening(pack.indices()), **options)
    assert feed.batches_per_second(batches, 0.01) > 0
