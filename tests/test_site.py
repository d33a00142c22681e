"""How the site is laid out, kept and checked; its pages themselves are checked by each build."""

import base64
import hashlib
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

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


def test_no_site_is_built_without_the_network_that_judges(monkeypatch):
    monkeypatch.setattr("t2i_utils.vision.lite2.MODULE", "a_package_that_is_not_here")
    monkeypatch.setattr(sys, "argv", ["build_site.py", "--no-playground"])
    with pytest.raises(SystemExit, match="evaluation"):
        build_site.main()


def test_make_site_installs_the_network_that_judges():
    makefile = (build_site.ROOT / "Makefile").read_text()
    assert '-e ".[site,evaluation]"' in makefile


@pytest.mark.parametrize("is_solution", [False, True])
def test_a_page_folds_answers_and_leaves_the_start_in_colab_out(is_solution):
    cells = [
        new_markdown_cell("[![Open in Colab](https://else.example/badge.svg)](https://colab)"),
        new_code_cell("# Outside Colab this cell does nothing."),
        new_code_cell("start()"),
        new_markdown_cell("## Exercise 1: a layer"),
        new_code_cell("layer = f(\n    1)  # fmt: skip"),
        new_code_cell("CaptionSlider(\n    artist)"),
        new_markdown_cell("![a red\nbird](bird.png)\n*A\nbird.*"),
    ]
    page = build_site.page_of(new_notebook(cells=cells), is_solution)
    badge, colab, start, _, answer, slider, picture = page["cells"]
    assert picture["source"] == "![a red bird](bird.png)\n*A\nbird.*"
    assert slider["metadata"]["tags"] == ["remove-output"]  # a page has no kernel behind it
    assert badge["source"] == "[Open in Colab](https://colab)"
    assert colab["metadata"]["tags"] == ["remove-cell"]
    assert answer["source"] == "layer = f(\n    1)"
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


def test_pictures_that_cells_make_say_in_words_what_they_show():
    pictures = [b"one picture", b"another one"]
    metadata = [{"image/png": {"alt": 'a "red" bird & its nest'}}, {}]
    outputs = [
        new_output("display_data", {"image/png": base64.b64encode(data).decode()}, metadata=about)
        for data, about in zip(pictures, metadata, strict=True)
    ]
    text = new_output("stream", text="done")
    cells = [new_markdown_cell("x"), new_code_cell("draw()", outputs=[*outputs, text])]
    names = [f"../_images/{hashlib.sha256(data).hexdigest()}.png" for data in pictures]
    page = "".join(f'<img alt="{name}" src="{name}" />' for name in names)
    page += '<img alt="a figure" src="../_images/01_cub.png" />'
    found = build_site.with_words(page, build_site.words_of_pictures([new_notebook(cells=cells)]))
    assert found == (
        f'<img alt="a &quot;red&quot; bird &amp; its nest" src="{names[0]}" />'
        f'<img alt="" src="{names[1]}" /><img alt="a figure" src="../_images/01_cub.png" />'
    )


def test_in_a_narrow_window_pictures_open_alone_and_sentences_are_wrapped():
    def printed(text, kind=""):
        return f'<div class="output stream{kind} x"><div class="highlight"><pre>{text}</pre></div>'

    sentence = printed("<span></span>1  a red bird\n - its beak\n")
    columns, code = printed("red   1"), printed("def bird():\n    return 1")
    wide = printed("red   1" + 99 * "x", " prose")
    image = '<img alt="a bird" src="../_images/bird.png" style="width: 9px" />'
    unnamed = '<img alt="" src="../_images/bird.png" />'
    wide_before = wide.replace(" prose", "")
    found = build_site.with_room(sentence + columns + code + wide_before + image + unnamed)
    link = f'<a class="picture" href="../_images/bird.png">{image}</a>'
    wrapped = printed("<span></span>1  a red bird\n - its beak\n", " prose")
    assert found == wrapped + columns + code + wide + link + unnamed


def test_what_a_cell_prints_stays_between_its_pictures(monkeypatch):
    pytest.importorskip("myst_nb", reason="of `site`")
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "book")
    from printed_order import merge_neighbours

    printed = [new_output("stream", text=text) for text in ("a", "\n", "b\n", "c\n")]
    warned = new_output("stream", name="stderr", text="!")
    picture = new_output("display_data", {"image/png": "x"})
    found = merge_neighbours([*printed[:3], picture, printed[3], warned])
    assert [one.get("text") for one in found] == ["a\nb\n", None, "c\n", "!"]
    assert found[0].output_type == "stream"  # MyST-NB reads attributes
    assert printed[0]["text"] == "a"
