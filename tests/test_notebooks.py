"""The notebooks as files: paired with their scripts, clean, prose first; nbmake runs them."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from t2i_utils.course import colab
from tools import notebooks as maker

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
SCRIPTS = sorted(maker.SCRIPTS.rglob("*.py"))
MAIN = sorted(FOLDER.glob("*.ipynb"))
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
MOST_LINES = 20


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


each_script = pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
each_notebook = pytest.mark.parametrize("path", MAIN + SOLUTIONS, ids=name_of)
each_main = pytest.mark.parametrize("path", MAIN, ids=name_of)
each_solution = pytest.mark.parametrize("path", SOLUTIONS, ids=name_of)


def read(path: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def code_cells(path: Path) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == "code"]


def prose(path: Path) -> str:
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    found = re.search(rf"^{re.escape(heading)}\b.*?$(.*?)(?=^#{{1,{len(level)}}} |\Z)", text,
                      re.MULTILINE | re.DOTALL)  # fmt: skip
    assert found, f"no heading {heading!r}"
    return found[1]


def bullets(text: str) -> list[str]:
    """The items of the first list in a text, each on one line."""
    lines = text.partition("\n- ")[2]
    block = re.split(r"\n\s*\n", lines)[0]
    return [" ".join(item.split()) for item in block.split("\n- ") if item.strip()]


# --- pairs -------------------------------------------------------------------------------------


def test_every_notebook_has_its_script_and_every_script_its_notebook():
    assert {maker.notebook_of(script) for script in SCRIPTS} == {*MAIN, *SOLUTIONS}
    assert MAIN, "no notebook at all"


def test_every_notebook_has_its_solutions():
    assert [path.name for path in MAIN] == [path.name for path in SOLUTIONS]


@each_script
def test_a_notebook_is_what_its_script_says(script, tmp_path):
    kept = maker.notebook_of(script)
    copy = tmp_path / kept.name
    shutil.copy(kept, copy)
    maker.make_notebook(script, copy)
    assert copy.read_text() == kept.read_text(), "differs from its script: run `make notebooks`"


@each_script
def test_the_colab_cell_and_the_badge_are_up_to_date(script):
    assert maker.with_head(script) == script.read_text(), "run `make notebooks`"


def test_there_is_a_button_only_where_the_course_has_an_address():
    badge = colab.badge("notebooks/01.ipynb", "https://github.com/someone/birds")
    assert "github/someone/birds/blob/" in badge and badge.endswith("notebooks/01.ipynb)")
    assert colab.badge("notebooks/01.ipynb", f"https://github.com/{colab.PLACEHOLDER}/birds") == (
        colab.NO_BADGE
    )


@each_notebook
def test_the_cell_that_fetches_the_course_is_folded_away(path):
    cell = read(path).cells[1]
    assert cell.metadata["jupyter"]["source_hidden"] is True


def test_a_changed_script_is_noticed(tmp_path):
    script, notebook = tmp_path / "x.py", tmp_path / "x.ipynb"
    script.write_text("# %% [markdown]\n# # Title\n\n# %%\nprint(1)\n")
    maker.make_notebook(script, notebook)
    before = notebook.read_text()
    maker.make_notebook(script, notebook)
    assert notebook.read_text() == before
    script.write_text(script.read_text().replace("print(1)", "print(2)"))
    maker.make_notebook(script, notebook)
    assert notebook.read_text() != before
    ids = [[cell["id"] for cell in json.loads(text)["cells"]]
           for text in (before, notebook.read_text())]  # fmt: skip
    assert ids[0][0] == ids[1][0], "a cell that stayed has lost its id"


# --- form --------------------------------------------------------------------------------------


@each_notebook
def test_nothing_is_left_to_be_written(path):
    left = re.findall(r"^(?:[A-Z]{4,}\d*|.*\b(?:TODO|FIXME|XXX)\b.*)$", prose(path), re.MULTILINE)
    assert not left, f"a place to be filled in: {left}"


@each_notebook
def test_a_notebook_is_committed_without_outputs(path):
    notebook = read(path)
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
        assert not cell.metadata.get("tags"), "a tag may skip a cell that learners run"


@each_notebook
def test_a_code_cell_is_short_and_stands_under_prose(path):
    before = None
    for cell in read(path).cells:
        if cell.cell_type == "code":
            lines = cell.source.splitlines()
            assert lines, "an empty cell"
            assert len(lines) <= MOST_LINES, f"{len(lines)} lines: {lines[0]}"
            assert before == "markdown", f"no prose before: {lines[0]}"
        before = cell.cell_type


@each_notebook
def test_each_figure_says_in_words_what_it_shows(path):
    for source in code_cells(path):
        assert "plt.show()" not in source, "show_figure(figure, alt) shows it with words"


def package_names() -> set[str]:
    found = set()
    for module in (ROOT / "t2i_utils").rglob("*.py"):
        for node in ast.parse(module.read_text()).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                found.add(node.name)
    return found


@each_notebook
def test_a_notebook_defines_nothing_that_the_package_has(path):
    taken = package_names()
    assert "write_pack" in taken
    for source in code_cells(path):
        for node in ast.parse(source).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                assert node.name not in taken, f"import {node.name} from t2i_utils"


@each_notebook
def test_a_notebook_starts_as_all_do(path):
    cells = read(path).cells
    title, cell, _, start = cells[:4]
    number = path.name[:2]
    assert title.cell_type == "markdown" and title.source.startswith(f"# {number} ")
    assert colab.badge(path.relative_to(ROOT).as_posix()) in title.source
    assert cell.source == colab.cell()
    assert start.source.splitlines()[0] == "from t2i_utils.course.start import start"
    assert "start()" in start.source.splitlines()


@each_main
def test_a_notebook_says_what_it_takes(path):
    head = read(path).cells[0].source
    for word in ("need", "CPU", "GPU", "memory", "download"):
        assert re.search(rf"^\|.*{word}", head, re.MULTILINE | re.IGNORECASE), word


def long_words(text: str) -> set[str]:
    return {word.lower()[:6] for word in re.findall(r"[^\W\d_]{5,}", text)}


@each_main
def test_key_points_mirror_what_the_reader_was_promised(path):
    head = read(path).cells[0].source
    goals = bullets(re.split(r"[Yy]ou will\b", head, maxsplit=1)[-1])
    points = bullets(section(prose(path), "## Key points"))
    assert len(goals) >= 3
    assert len(points) == len(goals)
    for goal, point in zip(goals, points, strict=True):
        assert long_words(goal) & long_words(point), f"{point!r} answers another goal than {goal!r}"


@each_main
def test_a_notebook_ends_with_references_and_a_way_on(path):
    text = prose(path)
    assert "http" in section(text, "## References")
    others = [other.name for other in MAIN if other != path]
    last_cell = read(path).cells[-1].source
    assert any(name in last_cell for name in [*others, "README.md"])


@each_notebook
def test_every_picture_has_alt_text_and_every_link_its_target(path):
    text = prose(path)
    assert "<img" not in text, "use ![alt text](path)"
    for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text):
        assert len(alt) >= 10, f"the picture {target} has no alt text"
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target and not target.startswith("#"):
            assert (path.parent / target.partition("#")[0]).exists(), target


# --- exercises ---------------------------------------------------------------------------------


def calls(source: str) -> Iterator[str]:
    """Names of the functions that a cell calls."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = node.func  # check(...) or checks_01.check(...)
            yield function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


def checks_of(path: Path) -> set[str]:
    module = ROOT / "t2i_utils" / "course" / f"checks_{path.name[:2]}.py"
    tree = ast.parse(module.read_text())
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name for name in found if name.startswith("check_")}


@each_main
def test_a_notebook_has_three_exercises_and_uses_every_check_of_its_own(path):
    assert len(re.findall(r"^#+ Exercise \d", prose(path), re.MULTILINE)) >= 3
    used = {name for source in code_cells(path) for name in calls(source)}
    assert checks_of(path) and checks_of(path) <= used


@each_solution
def test_a_solution_is_held_to_every_check(path):
    asserted = set()
    for source in code_cells(path):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Assert) and isinstance(node.test, ast.Call):
                asserted |= set(calls(ast.unparse(node.test)))
    assert checks_of(path) <= asserted, "write `assert check_...(...)`: nbmake then fails on wrong"


# --- Colab -------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    name = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A repository with what the Colab cell needs, under the tag that it asks for."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copy(ROOT / "requirements-colab.txt", folder)
    code = shutil.ignore_patterns("pretrained", "__pycache__")
    shutil.copytree(ROOT / "t2i_utils", folder / "t2i_utils", ignore=code)
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "README.md").write_text("the course\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=all")
    git(folder, "tag", colab.TAG)
    return folder


def run_in_colab(cell: str, folder: Path, colab_is_here: bool) -> subprocess.CompletedProcess:
    """Run the cell, twice, in a new Python at home in `folder`, with or without `google.colab`."""
    stub = folder / "stub" / "google" / "colab"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("")
    code = "import google.colab\n" if colab_is_here else ""
    code += f"cell = {cell!r}\nexec(cell)\nexec(cell)\n"
    code += "import os, t2i_utils\nprint(os.getcwd())\nprint(t2i_utils.__file__)\n"
    environment = {
        **os.environ,
        "HOME": str(folder),
        "PYTHONPATH": str(folder / "stub"),
        "PIP_NO_INDEX": "1",  # what this environment has already must be enough
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_colab_cell_fetches_the_course_and_uses_it(repository, tmp_path):
    child = run_in_colab(colab.cell(url=repository.as_uri()), tmp_path, colab_is_here=True)
    assert child.returncode == 0, child.stderr
    where, module = child.stdout.splitlines()[-2:]
    home = tmp_path / "text-to-image-synthesizer"
    assert Path(where) == home / "notebooks"
    assert Path(module) == home / "t2i_utils" / "__init__.py"


def test_the_colab_cell_does_nothing_elsewhere(tmp_path):
    child = run_in_colab(colab.cell(url="nowhere"), tmp_path, colab_is_here=False)
    assert child.returncode == 0, child.stderr
    where, module = child.stdout.splitlines()
    assert Path(where) == tmp_path
    assert Path(module) == ROOT / "t2i_utils" / "__init__.py"
    assert not (tmp_path / "text-to-image-synthesizer").exists()


def test_the_colab_cell_says_so_when_the_course_cannot_be_fetched(tmp_path):
    child = run_in_colab(colab.cell(url=f"file://{tmp_path}/none"), tmp_path, colab_is_here=True)
    assert child.returncode != 0
    assert "Traceback" not in child.stderr
    assert "run this cell again" in child.stderr


def test_colab_requirements_leave_colabs_own_packages_alone():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = {Requirement(line.partition("#")[0]) for line in project["dependencies"]}
    lines = (ROOT / "requirements-colab.txt").read_text().splitlines()
    wanted = {Requirement(line) for line in lines if line and not line.startswith("#")}
    assert wanted and wanted <= known
    for requirement in wanted:
        assert not re.match(r"tensorflow|tf-keras|numpy|jax|torch", requirement.name)
