import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import t2i_utils
from t2i_utils import environment


@pytest.fixture
def no_cub(monkeypatch):
    monkeypatch.delenv("T2I_CUB_DIR", raising=False)


def facts(folder, **options):
    found = environment.report(as_json=True, devices=False, folder=folder, **options)
    assert isinstance(found, dict)
    return found


def write_weights(folder: Path, name: str, content: bytes, card: dict) -> Path:
    (folder / name).mkdir()
    (folder / name / "stage1.npz").write_bytes(content)
    (folder / name / "card.json").write_text(json.dumps(card))
    return folder / name


def test_report_names_what_is_installed(tmp_path, no_cub):
    found = facts(tmp_path)
    assert found["version"] == t2i_utils.__version__
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    for name in ("tensorflow", "keras", "jax", "numpy", "tensorflow-hub"):
        assert found["packages"][name] == importlib.metadata.version(name)
    assert found["cpu"]["model"] and 1 <= found["cpu"]["cores"] <= (os.cpu_count() or 1)
    assert 0 < found["memory"]["total_gb"] < 1e5
    assert 0 < found["disk_free_gb"] < 1e7
    assert found["data"] == []
    json.dumps(found)


def test_text_and_json_say_the_same(tmp_path, no_cub):
    found = facts(tmp_path)
    text = environment.report(devices=False, folder=tmp_path)
    assert isinstance(text, str)
    assert all(line == line.rstrip() for line in text.splitlines())
    for value in (found["platform"], found["cpu"]["model"], *found["problems"]):
        assert value in text
    for name, version in found["packages"].items():
        assert any(line.split() == [name, version or "-"] for line in text.splitlines())


def test_report_imports_no_backend():
    code = (
        "import sys; from t2i_utils import environment; environment.report(devices=False); "
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'jax', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_devices_come_from_the_backend(tmp_path, monkeypatch, backend):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    found = environment.report(as_json=True, folder=tmp_path)
    assert isinstance(found, dict)
    assert found["backend"] == backend
    assert found["devices"]


def test_an_unsupported_backend_is_a_problem_not_a_crash(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "abacus")
    found = environment.report(as_json=True, folder=tmp_path)
    assert isinstance(found, dict)
    assert found["devices"] is None
    (problem,) = [line for line in found["problems"] if "abacus" in line]
    assert "KERAS_BACKEND" in problem and "\n" not in problem


def test_a_backend_that_fails_on_import_is_a_problem_not_a_crash(tmp_path, monkeypatch):
    (tmp_path / "jax.py").write_text("raise ImportError('a broken\\nwheel')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    found = environment.report(as_json=True, folder=tmp_path)
    assert isinstance(found, dict)
    assert found["devices"] is None
    (problem,) = [line for line in found["problems"] if "cannot start" in line]
    assert "wheel" in problem and "\n" not in problem


def test_backend_follows_the_environment_then_kerass_file(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert environment.backend_name() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert environment.backend_name() == "jax"
    (tmp_path / "keras.json").write_text("{broken")
    assert environment.backend_name() == "tensorflow"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert environment.backend_name() == "jax"


def test_a_version_outside_its_range_is_named_with_the_reason():
    needed = Requirement("setuptools<81")
    assert environment.requirement_problem(needed, "80.10.2") is None
    problem = environment.requirement_problem(needed, "84.2.1")
    assert problem is not None and "\n" not in problem
    for part in ("84.2.1", "<81", "tensorflow_hub", "pip install -r requirements.txt"):
        assert part in problem


def test_another_minor_of_tf_keras_and_a_missing_package_are_problems():
    needed = Requirement("tf-keras==2.21.*")
    assert environment.requirement_problem(needed, "2.21.3") is None
    assert "TensorFlow's own minor" in (environment.requirement_problem(needed, "2.20.1") or "")
    assert "not installed" in (environment.requirement_problem(needed, None) or "")


def test_cub_is_found_here_in_data_and_where_the_variable_points(tmp_path, monkeypatch):
    roots = [tmp_path / "here", tmp_path / "here" / "data", tmp_path / "elsewhere"]
    for root in roots:
        (root / "CUB_200_2011").mkdir(parents=True)
        (root / "CUB_200_2011" / "images.txt").write_text("1 a.jpg\n")
    monkeypatch.setenv("T2I_CUB_DIR", str(roots[2]))
    found = facts(roots[0])
    assert {entry["path"] for entry in found["data"]} == {str(r / "CUB_200_2011") for r in roots}
    assert not any("T2I_CUB_DIR" in problem for problem in found["problems"])
    monkeypatch.setenv("T2I_CUB_DIR", str(tmp_path / "nowhere"))
    assert any("T2I_CUB_DIR" in problem for problem in facts(roots[0])["problems"])


def test_packs_and_captioned_folders_are_found(tmp_path, no_cub):
    pack = tmp_path / "data" / "packs" / "abc"
    pack.mkdir(parents=True)
    manifest = {"format": "t2i-pack", "version": 1, "name": "toy", "crop": "box", "num_images": 12}
    (pack / "manifest.json").write_text(json.dumps(manifest))
    other = tmp_path / "data" / "other"
    other.mkdir()
    (other / "manifest.json").write_text('{"format": "something else"}')
    mine = tmp_path / "data" / "mine"
    mine.mkdir()
    (mine / "captions.csv").write_text("file,caption\n")
    found = {entry["path"]: entry for entry in facts(tmp_path)["data"]}
    assert set(found) == {str(pack), str(mine)}
    assert found[str(pack)]["num_images"] == 12 and found[str(pack)]["kind"] == "pack"
    assert "toy, 12 images, crop box" in str(environment.report(devices=False, folder=tmp_path))


def test_weights_are_held_to_their_cards_checksums(tmp_path):
    content = b"weights"
    file = {"file": "stage1.npz", "sha256": hashlib.sha256(content).hexdigest()}
    staged = {"stages": {"1": file}}
    write_weights(tmp_path, "whole", content, staged)
    write_weights(tmp_path, "features", content, file)
    write_weights(tmp_path, "altered", content + b"!", staged)
    (write_weights(tmp_path, "missing", content, staged) / "stage1.npz").unlink()
    write_weights(tmp_path, "half", content, {"stages": {"1": file, "2": {"file": "stage2.npz"}}})
    write_weights(tmp_path, "unchecked", content, {"licence": "Apache-2.0"})
    found = environment.find_weights(tmp_path)
    assert {entry["name"]: entry["damaged"] for entry in found} == {
        "altered": ["stage1.npz"],
        "features": [],
        "half": ["stage2.npz"],
        "missing": ["stage1.npz"],
        "unchecked": ["card.json"],
        "whole": [],
    }
    stages = {entry["name"]: entry["stages"] for entry in found}
    assert stages["half"] == ["1", "2"] and stages["features"] == []


def test_shipped_weights_are_whole():
    assert [w["name"] for w in environment.find_weights() if w["damaged"]] == []


def test_several_devices_are_said_to_train_together_on_jax():
    assert environment._devices_text("jax", ["cuda:0"]) == "cuda:0"
    assert "--devices all" in environment._devices_text("jax", ["cuda:0", "cuda:1"])
    several = environment._devices_text("tensorflow", ["/device:GPU:0", "/device:GPU:1", "/CPU:0"])
    assert "KERAS_BACKEND=jax" in several
