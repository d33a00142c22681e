"""How the site is laid out, kept and checked; its pages themselves are checked by each build."""

import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import build_site
from check_site import broken_links


def test_links_that_lead_nowhere_are_found(tmp_path):
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "index.html").write_text('<h1 id="here">x</h1><a href="../index.html">')
    links = ["part/", "part/index.html#here", "part/#gone", "part/#seed=4", "lost.html", "#top",
             "#gone", "https://elsewhere.example/", "part/lost%20picture.png"]  # fmt: skip
    (tmp_path / "index.html").write_text("".join(f'<a href="{link}">x</a>' for link in links))
    found = ["#gone", "lost.html", "part/#gone", "part/lost%20picture.png"]
    assert broken_links(tmp_path) == [f"index.html: {link}" for link in found]
    assert broken_links(tmp_path, "part") == [f"index.html: {link}" for link in found[:2]]


@pytest.mark.parametrize("is_solution", [False, True])
def test_a_page_folds_answers_and_leaves_the_start_in_colab_out(is_solution):
    cells = [
        new_markdown_cell("[![Open in Colab](https://else.example/badge.svg)](https://colab)"),
        new_code_cell("# Outside Colab this cell does nothing."),
        new_code_cell("start()"),
        new_markdown_cell("## Exercise 1: a layer"),
        new_code_cell("layer = 1"),
    ]
    page = build_site.page_of(new_notebook(cells=cells), is_solution)
    badge, colab, start, _, answer = page["cells"]
    assert badge["source"] == "[Open in Colab](https://colab)"
    assert colab["metadata"]["tags"] == ["remove-cell"]
    folded = ["hide-input"] if is_solution else []
    assert start["metadata"]["tags"] == answer["metadata"]["tags"] == folded
    assert ("mystnb" in answer["metadata"]) == is_solution and "mystnb" not in start["metadata"]


def test_what_is_kept_follows_the_content_of_its_sources(tmp_path, monkeypatch):
    monkeypatch.setattr(build_site, "ROOT", tmp_path)
    monkeypatch.setattr(build_site, "BUILD", tmp_path / "build")
    source = tmp_path / "library"
    source.mkdir()
    (source / "one.py").write_text("1")
    first = build_site._folder_for("results", source)
    first.mkdir(parents=True)
    assert build_site._folder_for("results", source) == first and first.is_dir()
    (source / "one.py").write_text("2")
    assert build_site._folder_for("results", source) != first and not first.exists()
