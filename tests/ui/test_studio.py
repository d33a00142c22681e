"""The caption studio in a real browser: in JupyterLab, and as the page that `t2i studio` serves."""

import base64
import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from notebook_page import run_all
from PIL import Image
from playwright.sync_api import Browser, Download, Locator, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1]))
from studio_server import PATIENCE, Server, start

from t2i_utils.cli import main
from t2i_utils.drawing.saved_picture import from_note
from t2i_utils.pictures import read_note

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
CELL = "from t2i_utils.studio import Studio\nStudio()"
YELLOW, RED = "a small bird with a yellow belly", "a small bird with a red belly"

pytestmark = pytest.mark.ui


@pytest.fixture(scope="module")
def served(browser, tmp_path_factory) -> Iterator[Server]:
    """It needs `browser` only so that nothing is started where there is none."""
    server = start(tmp_path_factory.mktemp("served"))
    yield server
    server.process.terminate()
    server.process.wait(PATIENCE)


@pytest.fixture(scope="module", params=["JupyterLab", "Voila"])
def studio(browser, lab, served, request) -> Iterator[Page]:
    """The panel, with its first picture: one for all tests, each says what it starts from."""
    page = new_page(browser)
    if request.param == "Voila":
        page.goto(f"http://127.0.0.1:{served.port}/")
    else:
        run_all(page, lab([CELL]))
    drawn(page)
    yield page
    page.close()


def new_page(browser: Browser, width: int = 1280, **options) -> Page:
    """A page that notices what it should never see."""
    page = browser.new_page(viewport={"width": width, "height": 1000}, **options)
    page.set_default_timeout(1000 * PATIENCE)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    return page


def drawn(
    page: Page, words: str = "", size: int = 256, unlike: np.ndarray | None = None
) -> np.ndarray:
    """The first picture (size, size, 3) of a size whose alternative text has these words.

    Waits for it; with `unlike` until it is another one.
    """
    while True:
        source = page.wait_for_function(FIND, arg=[f"Drawn bird, {size} px", words]).json_value()
        content = base64.b64decode(source.partition(";base64,")[2])
        found = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
        if unlike is None or (found != unlike).any():
            return found
        page.wait_for_timeout(50)


FIND = """([start, words]) => [...document.querySelectorAll(".t2i-pictures img")].find(image =>
  image.offsetParent && image.complete && image.naturalWidth &&
  image.alt.startsWith(start) && image.alt.includes(`: ${words}`))?.src"""


def settled(page: Page) -> None:
    """Wait until nothing is drawn, and the history has the words of what it shows."""
    expect(page.locator(".t2i-working")).to_have_count(0)
    wordless = page.locator(".t2i-past:visible").filter(has_not_text=re.compile(r"\S"))
    expect(wordless).to_have_count(0)  # not \w: to the browser, Arabic and pictographs are none


def caption(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Caption", exact=True)


def say(page: Page, words: str) -> np.ndarray:
    """Type a caption; its picture."""
    caption(page).fill(words)
    return drawn(page, words)


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name, exact=True)


def press(page: Page, handle: Locator, key: str, times: int = 1) -> None:
    handle.focus()
    for _ in range(times):
        page.keyboard.press(key)


def downloaded(page: Page, button: str, folder: Path) -> Path:
    """Click a button that saves; the file."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    download: Download = waiting.value
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


# -- what can be done -------------------------------------------------------------------------


def test_the_panel_opens_with_a_bird_in_both_sizes(studio):
    assert drawn(studio, size=64).std() > 20
    assert drawn(studio, size=256).std() > 20
    expect(studio.locator(".t2i-problem")).to_have_count(0)


def test_a_typed_caption_is_drawn_and_moves_the_controls(studio):
    before = say(studio, YELLOW)
    expect(slider(studio, "belly")).to_have_attribute("aria-valuetext", "yellow")
    after = say(studio, "a large bird with a red belly and a white crown")
    assert np.abs(after - before).mean() > 3
    for name, value in (("belly", "red"), ("crown", "white"), ("size", "large"), ("back", "any")):
        expect(slider(studio, name)).to_have_attribute("aria-valuetext", value)


def test_the_belly_goes_from_yellow_to_red_by_the_keyboard_and_writes_the_caption(studio):
    yellow = say(studio, YELLOW)
    press(studio, slider(studio, "belly"), "ArrowLeft", times=2)
    expect(caption(studio)).to_have_value(RED)
    red = drawn(studio, RED)
    redder = (red[..., 0] - red[..., 1]).mean() - (yellow[..., 0] - yellow[..., 1]).mean()
    assert redder > 3, "the caption says red, the picture did not become redder"
    press(studio, slider(studio, "belly"), "ArrowRight", times=2)
    expect(caption(studio)).to_have_value(YELLOW)
    np.testing.assert_array_equal(drawn(studio, YELLOW), yellow)  # the noise is locked


def test_unlocked_noise_gives_another_bird_and_locked_noise_keeps_it(studio):
    lock = studio.get_by_role("checkbox", name=re.compile("lock noise"))
    seed = studio.get_by_role("spinbutton", name="seed", exact=True)
    first = say(studio, YELLOW)
    number = seed.input_value()
    say(studio, RED)
    expect(seed).to_have_value(number)
    lock.uncheck()
    say(studio, YELLOW)
    expect(seed).not_to_have_value(number)
    other = drawn(studio, YELLOW, unlike=first)
    lock.check()
    seed.fill(number)
    seed.press("Enter")
    np.testing.assert_array_equal(drawn(studio, YELLOW, unlike=other), first)


def test_samples_and_sizes_are_shown_as_asked(studio):
    say(studio, YELLOW)
    press(studio, slider(studio, "samples"), "ArrowRight", times=2)
    pictures = studio.locator(".t2i-pictures img")
    expect(pictures).to_have_count(6)
    studio.get_by_role("combobox", name="show").select_option("64 px")
    expect(pictures).to_have_count(3)
    studio.get_by_role("combobox", name="show").select_option("both sizes")
    press(studio, slider(studio, "samples"), "Home")
    expect(pictures).to_have_count(2)


def test_a_blend_moves_between_two_captions_and_gives_a_strip(studio, tmp_path):
    start = say(studio, YELLOW)
    studio.get_by_role("textbox", name="to caption").fill("a blue bird with a white belly")
    handle = slider(studio, "blend")
    press(studio, handle, "ArrowRight", times=25)
    middle = drawn(studio, "50% of the way from")
    assert np.abs(middle - start).mean() > 1
    path = downloaded(studio, "save strip", tmp_path)
    steps = studio.locator(".t2i-strip img")
    expect(steps).to_have_count(7)
    expect(steps.nth(3)).to_have_attribute("alt", re.compile("^50% of the way"))
    requests = from_note(read_note(path)).requests
    assert [round(request.amount, 2) for request in requests] == [0, 0.17, 0.33, 0.5, 0.67, 0.83, 1]
    walk = downloaded(studio, "save walk", tmp_path)
    with Image.open(walk) as film:
        assert film.format == "GIF" and getattr(film, "n_frames", 1) > 10
    press(studio, handle, "Home")
    np.testing.assert_array_equal(drawn(studio, YELLOW), start)


def test_a_saved_picture_can_be_drawn_again_by_its_note(studio, tmp_path, capsys):
    say(studio, YELLOW)
    settled(studio)
    path = downloaded(studio, "save picture", tmp_path)
    note = read_note(path)
    assert note["caption"] == YELLOW and note["weights"] == "birds" and note["seed"].isdigit()
    again = tmp_path / "again.png"
    assert main(["generate", "--like", str(path), "--out", str(again)]) == 0
    assert "the same picture" in capsys.readouterr().out  # NumPy may round a pixel another way


def test_the_history_returns_to_an_earlier_picture(studio):
    yellow = say(studio, YELLOW)
    past = studio.get_by_role("button", name=YELLOW).first
    expect(past).to_be_visible()
    black = "a black bird with an orange beak"
    say(studio, black)
    settled(studio)
    expect(studio.locator(".t2i-past").first).to_contain_text(black)  # the yellow one moves on
    studio.locator(".t2i-past").filter(has_text=YELLOW).first.click()
    expect(caption(studio)).to_have_value(YELLOW)
    np.testing.assert_array_equal(drawn(studio, YELLOW), yellow)


def test_drawn_and_uploaded_pictures_are_described(studio, tmp_path):
    say(studio, RED)
    settled(studio)
    studio.get_by_role("button", name="describe the drawn bird").click()
    sentence = studio.locator(".t2i-sentence")
    expect(sentence).to_contain_text("bird")
    (tmp_path / "no-picture.png").write_bytes(b"no picture")
    upload(studio, tmp_path / "no-picture.png")
    expect(studio.locator(".t2i-problem")).to_contain_text("no picture that can be read")
    with open(tmp_path / "large.png", "wb") as file:
        file.truncate(65 * 2**20)  # more than the server takes
    upload(studio, tmp_path / "large.png")
    expect(studio.locator(".t2i-problem")).to_contain_text("65 MiB")
    saved = downloaded(studio, "save picture", tmp_path)
    upload(studio, saved)
    expect(studio.locator(".t2i-problem")).to_have_count(0)
    expect(sentence).to_contain_text("bird")
    expect(studio.get_by_role("img", name=re.compile("^The described picture"))).to_be_visible()


def upload(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as waiting:
        page.get_by_role("button", name=re.compile("choose or drop a picture")).click()
    waiting.value.set_files(path)


# -- what must not happen ---------------------------------------------------------------------

MARKUP = "<img src=x onerror=\"alert(1)\"><script>alert(2)</script></style><b>bird</b> & 'wing'"


@pytest.mark.parametrize(
    "words", [MARKUP, "طائر صغير أحمر بأجنحة سوداء", "12345 67890", "🐦🦜❤️", "{{ 7 * 7 }} $x^2$"]
)
def test_odd_captions_are_drawn_as_what_they_are(studio, words):
    say(studio, words)
    settled(studio)
    expect(studio.locator(".t2i-said")).to_have_text(words)
    expect(studio.locator(".t2i-studio script")).to_have_count(0)
    expect(studio.locator(".t2i-said *")).to_have_count(0)


@pytest.mark.parametrize(("words", "said"), [("", "empty"), ("bird " * 10_000, "10,000 words")])
def test_captions_that_cannot_be_drawn_are_answered_with_a_sentence(studio, words, said):
    say(studio, YELLOW)
    settled(studio)
    caption(studio).fill(words)
    expect(studio.locator(".t2i-problem")).to_contain_text(said)
    say(studio, RED)
    expect(studio.locator(".t2i-problem")).to_have_count(0)


def test_two_hundred_rapid_moves_end_with_the_last_position(studio):
    say(studio, YELLOW)
    handle = slider(studio, "blend")
    press(studio, handle, "Home")
    handle.focus()
    place = 0
    for move in range(200):
        step = 1 if move % 40 < 25 else -1
        studio.keyboard.press("ArrowRight" if step > 0 else "ArrowLeft")
        place = min(max(place + step, 0), 50)
    expect(handle).to_have_attribute("aria-valuetext", f"{place / 50:.0%}")
    assert drawn(studio, f"{place / 50:.0%} of the way from").std() > 10
    press(studio, handle, "Home")
    drawn(studio, YELLOW)


# -- who can use it ---------------------------------------------------------------------------


def violations(page: Page, within: str | None = None) -> str:
    """What axe-core finds of levels A and AA, in words."""
    found = Axe().run(page, within, {"runOnly": LEVELS, "resultTypes": ["violations"]})
    return found.generate_report() if found.violations_count else ""


def test_axe_finds_nothing_in_the_panel(studio):
    say(studio, YELLOW)
    studio.get_by_role("button", name="draw the strip").click()
    studio.get_by_role("button", name="describe the drawn bird").click()
    expect(studio.locator(".t2i-strip img")).to_have_count(7)
    expect(studio.locator(".t2i-sentence")).to_be_visible()
    settled(studio)
    assert violations(studio, ".t2i-studio") == ""


def test_every_control_is_reached_by_tab_and_shows_that_it_has_the_focus(studio):
    caption(studio).focus()
    seen: list[str] = []
    for _ in range(80):
        studio.keyboard.press("Tab")
        name = studio.evaluate(FOCUS)
        if name is None:
            break
        assert name["ring"], f"no visible focus: {name}"
        assert name["name"], f"no name: {name}"
        seen.append(name["name"])
    for expected in ("belly", "beak shape", "seed", "truncation", "blend", "to caption", "steps"):
        assert expected in seen, seen
    assert any("save picture" in name for name in seen)


FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  if (!at.closest(".t2i-studio")) return null;
  const label = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const ring = outlined || style.boxShadow !== "none";
  return {name: label.trim(), ring, tag: at.outerHTML.slice(0, 200)};
}"""


@pytest.fixture
def shots(request, tmp_path) -> Callable[[Page, str], Path]:
    """Keep a picture of a page; pytest says where: `--basetemp`."""

    def keep(page: Page, name: str) -> Path:
        path = tmp_path / f"{name}.png"
        width = page.viewport_size["width"] if page.viewport_size else 1280
        page.set_viewport_size({"width": width, "height": 3000})  # it scrolls within itself
        page.screenshot(path=path)
        return path

    return keep


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_fits_and_is_accessible_in_light_and_dark(browser, served, shots, width, scheme):
    page = new_page(browser, width, color_scheme=scheme)
    page.goto(f"http://127.0.0.1:{served.port}/")
    drawn(page)
    settled(page)
    inside = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = page.evaluate(CUT)
    report = violations(page)
    shots(page, f"{scheme}-{width}")
    page.close()
    assert inside, "the page is wider than the window"
    assert cut == []
    assert report == ""


CUT = """() => [...document.querySelectorAll(
    ".t2i-studio :is(button, label, input, textarea, select, h2, h3, img, .noUi-handle)")]
  .filter(element => element.offsetParent && !element.closest(".t2i-strip"))
  .filter(element => {
    const box = element.getBoundingClientRect();
    return box.left < -1 || box.right > innerWidth + 1;
  }).map(element => element.outerHTML.slice(0, 120))"""


def test_jupyterlabs_dark_theme_is_followed(browser, lab):
    page = new_page(browser)
    run_all(page, lab([CELL]))
    drawn(page)
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu").get_by_text("Theme", exact=True).hover()
    page.locator(".lm-Menu").get_by_text("JupyterLab Dark", exact=True).click()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    settled(page)
    report = violations(page, ".t2i-studio")
    page.close()
    assert report == ""


# -- coming back ------------------------------------------------------------------------------


def test_a_page_that_is_loaded_again_starts_anew_and_the_old_kernel_ends(browser, served):
    page = new_page(browser)
    page.goto(f"http://127.0.0.1:{served.port}/")
    first = drawn(page)
    say(page, RED)
    before = kernel_of(page)
    page.reload()
    np.testing.assert_array_equal(drawn(page), first)
    assert kernel_of(page) != before
    for _ in range(PATIENCE):
        if served.get(f"/api/kernels/{before}").status == 404:
            break
        page.wait_for_timeout(1000)
    else:
        pytest.fail("the kernel of a page that is gone goes on")
    page.close()


def kernel_of(page: Page) -> str:
    config = page.locator("#jupyter-config-data").text_content() or ""
    return re.search(r'"kernelId": "([^"]+)"', config)[1]


def test_a_notebook_that_is_loaded_again_has_its_panel(browser, lab):
    page = new_page(browser)
    address = lab([CELL])
    run_all(page, address)
    say(page, RED)
    settled(page)
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Save Notebook(?! As)")).click()
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    page.reload()
    drawn(page, RED)
    say(page, YELLOW)
    page.close()
