"""The set-up files agree with one another."""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import t2i_utils

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
INSTALLED_GROUPS = ("notebooks", "dev")
PYTHON_VERSION = "{}.{}".format(*sys.version_info)


def requirement_lines() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def pins() -> dict[str, Requirement]:
    found = [Requirement(line) for line in requirement_lines()[:-1]]
    assert len(found) == len({canonicalize_name(pin.name) for pin in found}), "named twice"
    return {canonicalize_name(pin.name): pin for pin in found}


def ranges() -> dict[str, Requirement]:
    groups = PROJECT["project"]["optional-dependencies"]
    lines = PROJECT["project"]["dependencies"] + [x for g in INSTALLED_GROUPS for x in groups[g]]
    return {canonicalize_name(found.name): found for found in map(Requirement, lines)}


def pinned_version(pin: Requirement) -> str:
    (specifier,) = pin.specifier
    assert specifier.operator == "==" and "*" not in specifier.version, f"{pin} is no exact pin"
    return specifier.version


def environment_yml() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def test_requirements_end_with_the_package_itself():
    assert requirement_lines()[-1] == "-e ."


def test_requirements_pin_what_pyproject_names_and_nothing_else():
    assert set(pins()) == set(ranges())


@pytest.mark.parametrize("name", sorted(ranges()))
def test_a_pin_lies_in_its_range_with_the_same_marker_and_extras(name):
    pin, needed = pins()[name], ranges()[name]
    assert needed.specifier.contains(pinned_version(pin))
    assert str(pin.marker) == str(needed.marker)
    assert pin.extras == needed.extras


def test_a_commit_is_checked_by_the_ruff_of_requirements():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert {*re.findall(r"ruff==([\d.]+)", hooks)} == {pinned_version(pins()["ruff"])}


def test_environment_yml_takes_its_versions_from_requirements():
    dependencies = environment_yml()["dependencies"]
    assert environment_yml()["name"] == PROJECT["project"]["name"]
    assert dependencies[1:] == ["pip", {"pip": ["-r requirements.txt"]}]


def test_all_files_agree_on_the_python_versions():
    needed = SpecifierSet(PROJECT["project"]["requires-python"])
    offered = {f"3.{minor}" for minor in range(30) if needed.contains(f"3.{minor}")}
    conda = re.fullmatch(r"python(\S+)", environment_yml()["dependencies"][0])
    assert conda is not None and SpecifierSet(conda[1]) == needed
    classifiers = " ".join(PROJECT["project"]["classifiers"])
    assert set(re.findall(r"Python :: (3\.\d+)", classifiers)) == offered
    makefile = (ROOT / "Makefile").read_text()
    assert (
        set(re.findall(r"\bpython(3\.\d+)\b", makefile.partition("CANDIDATES := ")[2])) == offered
    )
    bounds = re.findall(r"\((3, \d+)\) <= sys.version_info < \((3, \d+)\)", makefile)
    assert bounds and {SpecifierSet(_bounds(*found)) for found in bounds} == {needed}
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    assert set(workflow["jobs"]["test"]["strategy"]["matrix"]["python"]) <= offered


def _bounds(low: str, high: str) -> str:
    return f">={low},<{high}".replace(", ", ".")


def test_tensorflow_family_shares_one_minor_version():
    family = ("tensorflow", "tensorflow-text", "tf-keras")
    minors = {pinned_version(pins()[name]).rpartition(".")[0] for name in family}
    assert len(minors) == 1


def test_version_has_one_home():
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "t2i_utils.__version__"}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == t2i_utils.__version__
    assert f"## {t2i_utils.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_workflows_name_actions_by_commit_because_a_tag_can_be_moved():
    lines = [
        line.strip()
        for file in (ROOT / ".github" / "workflows").glob("*.yml")
        for line in file.read_text().splitlines()
        if "uses:" in line
    ]
    pinned = re.compile(r"(- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert len(lines) >= 9 and [line for line in lines if not pinned.fullmatch(line)] == []


@pytest.fixture(scope="module")
def make() -> str:
    found = shutil.which("make")
    if not found:
        pytest.skip("make is not installed")
    return found


@pytest.mark.parametrize("target", ["help", "setup", "demo", "test", "faults", "audit", "clean"])
def test_makefile_has_the_target_and_help_lists_it(make, target):
    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([make, *arguments], cwd=ROOT, capture_output=True, text=True)

    assert run("--dry-run", target).returncode == 0
    assert f"make {target} " in run("help").stdout


def copy_setup(folder: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)


def make_setup(make: str, folder: Path, python: str) -> subprocess.CompletedProcess:
    """Run `make setup` with one Python to choose from."""
    arguments = [make, "setup", f"CANDIDATES={python}"]
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True)


def complaint(result: subprocess.CompletedProcess) -> str:
    """The one line that make's own recipe printed."""
    assert result.returncode != 0
    (line,) = [x for x in result.stderr.splitlines() if x.startswith("make: ") and "***" not in x]
    return line


def fake_python(folder: Path, script: str) -> str:
    path = folder / "fake-python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_make_says_which_python_it_needs(make, tmp_path):
    copy_setup(tmp_path)
    for python in ("no-such-python", fake_python(tmp_path, "exit 1")):
        assert "no Python 3.11, 3.12 or 3.13 found" in complaint(make_setup(make, tmp_path, python))
    assert not (tmp_path / ".venv").exists()


def test_make_says_what_to_install_where_python_has_no_venv_module(make, tmp_path):
    copy_setup(tmp_path)
    script = f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"'
    line = complaint(make_setup(make, tmp_path, fake_python(tmp_path, script)))
    assert f"sudo apt-get install python{PYTHON_VERSION}-venv" in line
    assert not (tmp_path / ".venv").exists()


def test_make_refuses_an_environment_of_another_python(make, tmp_path):
    copy_setup(tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    shutil.move(fake_python(tmp_path, "exit 1"), tmp_path / ".venv" / "bin" / "python")
    assert "run 'make clean'" in complaint(make_setup(make, tmp_path, "no-such-python"))


def test_make_adopts_an_environment_and_installs_only_when_requirements_change(make, tmp_path):
    copy_setup(tmp_path)
    # The stand-in says yes to every question and writes down what it is asked to install.
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    script = f'case "$*" in *install*) echo "$@" >> "{tmp_path}/asked";; esac'
    shutil.move(fake_python(tmp_path, script), tmp_path / ".venv" / "bin" / "python")

    def installs() -> int:
        result = make_setup(make, tmp_path, "no-such-python")
        assert result.returncode == 0, result.stderr
        lines = (tmp_path / "asked").read_text().splitlines()
        assert all(line.endswith("-r requirements.txt") for line in lines)
        return len(lines)

    assert installs() == 1
    assert installs() == 1
    stamp = tmp_path / ".venv" / ".requirements-installed"
    os.utime(tmp_path / "requirements.txt", (time.time(), stamp.stat().st_mtime + 5))
    assert installs() == 2
