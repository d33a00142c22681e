"""The wheel: built, small enough, with the licence of each weight set, and at work elsewhere."""

import email
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from t2i_utils.pretrained import PRETRAINED
from tools.package_page import with_addresses

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 60e6  # bytes
TRY = """
import sys
import t2i_utils
from t2i_utils.cli import main
assert t2i_utils.__file__.startswith(sys.argv[1]), t2i_utils.__file__
assert main(["generate", "a red bird", "--weights", "toy", "--stage", "1", "--out", "b.png"]) == 0
assert main(["describe", "b.png", "--fast"]) == 0
sys.modules["voila"] = None
assert main(["studio"]) == 2
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, so that the checkout stays as it is."""
    source, dist = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-docs", "LICENSE-weights"):
        shutil.copy(ROOT / name, source)
    leave_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "t2i_utils", source / "t2i_utils", ignore=leave_out)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(dist), str(source))
    (found,) = dist.iterdir()
    return found


def pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True)


def test_it_is_small_and_says_the_licence_of_each_set(wheel):
    assert wheel.stat().st_size < LARGEST
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        head = email.message_from_bytes(archive.read(metadata))
        terms = archive.read(metadata.replace("METADATA", "licenses/LICENSE-weights")).decode()
        assert head["License-Expression"] == "Apache-2.0 AND LicenseRef-CUB-200-2011"
        cards = [name for name in archive.namelist() if name.endswith("/card.json")]
        assert len(cards) == len([*PRETRAINED.glob("*/card.json")]) >= 5
        restricted = terms[terms.index("birds,") : terms.index("toy")]
        for name in cards:
            licence = json.loads(archive.read(name))["licence"]
            folder = name.split("/")[-2]
            assert folder in terms
            assert (folder in restricted) == ("non-commercial" in licence)


def test_it_draws_and_describes_in_another_folder_and_misses_voila_in_a_line(wheel, tmp_path):
    pip("install", "--no-deps", "--target", str(tmp_path / "site"), str(wheel))
    (tmp_path / "here").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(tmp_path / "site")],
        cwd=tmp_path / "here",
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("b.png: 1 bird") and "\nb.png\t" in done.stdout
    assert "t2i studio: the studio needs voila: pip install" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_package_page_gets_full_addresses_once_the_project_has_one():
    text = "![a bird](figures/a.png) [more](book/README.md) [paper](https://x.org) [up](#data)"
    assert with_addresses(text, "https://github.com/your_account/birds") == text
    assert with_addresses(text, "https://github.com/someone/birds", "v1") == (
        "![a bird](https://raw.githubusercontent.com/someone/birds/v1/figures/a.png) "
        "[more](https://github.com/someone/birds/blob/v1/book/README.md) "
        "[paper](https://x.org) [up](#data)"
    )
