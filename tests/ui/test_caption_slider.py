"""Notebook 05's slider in JupyterLab: arrow keys move it, the picture follows, errors are seen."""

import io
from pathlib import Path

import nbformat
import numpy as np
import pytest
from chromium import find_chromium
from notebook_page import run_all
from PIL import Image
from playwright.sync_api import Locator, Page, expect

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "05_evaluation_and_interpolation.ipynb"

pytestmark = pytest.mark.ui


def slider_cells() -> list[str]:
    """The code of notebook 05 that the slider needs: up to the generator, and its own cell."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    (loading,) = [i for i, source in enumerate(cells) if "draw = Synthesizer(" in source]
    (slider,) = [source for source in cells if "CaptionSlider(" in source]
    return [*cells[: loading + 1], "artist = draw", slider]


def open_and_run(page: Page, address: str) -> Locator:
    """Run all cells of a notebook; the handle of its slider `amount`, with a picture beside."""
    run_all(page, address)
    error = page.locator("[data-mime-type='application/vnd.jupyter.stderr']")
    expect(picture(page).or_(error).first).to_be_visible()
    assert not error.all_inner_texts()
    return page.locator(".widget-hslider", has_text="amount").locator(".noUi-handle")


def picture(page: Page) -> Locator:
    return page.locator("img.widget-image")


def pixels(page: Page) -> np.ndarray:
    """What the browser shows of the picture, once it is loaded."""
    image = picture(page)
    page.wait_for_function("image => image.complete", arg=image.element_handle())
    shot = image.screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def press(page: Page, handle: Locator, key: str, times: int = 1) -> None:
    """Move the slider and wait until the kernel has sent another picture."""
    for _ in range(times):
        before = picture(page).get_attribute("src")
        handle.focus()
        page.keyboard.press(key)
        expect(picture(page)).not_to_have_attribute("src", before or "")


def test_arrow_keys_move_the_slider_and_the_picture_follows(lab, page):
    handle = open_and_run(page, lab(slider_cells()))
    start, first = float(handle.get_attribute("aria-valuenow") or "nan"), pixels(page)
    press(page, handle, "ArrowRight", times=8)
    assert float(handle.get_attribute("aria-valuenow") or "nan") == pytest.approx(start + 8 * 0.05)
    moved = pixels(page)
    assert moved.shape == first.shape
    assert np.abs(moved - first).mean() > 1, "the slider moved, the picture did not"
    press(page, handle, "ArrowLeft", times=8)
    np.testing.assert_array_equal(pixels(page), first)


def test_an_error_in_the_callback_can_be_read_on_the_page(lab, page):
    handle = open_and_run(page, lab([*slider_cells(), "draw.noise = None  # breaks the callback"]))
    expect(page.locator(".jp-CodeCell").last.locator(".jp-InputPrompt")).to_have_text(
        f"[{len(slider_cells()) + 1}]:"
    )
    handle.focus()
    page.keyboard.press("ArrowRight")
    said = page.get_by_text("the picture could not be drawn: TypeError")
    expect(said).to_be_visible()


def test_without_a_browser_it_skips_with_the_install_line_but_never_in_ci(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        find_chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        find_chromium()
