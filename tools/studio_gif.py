"""Make figures/studio.gif: a browser drives the caption studio as a person would.

    python tools/studio_gif.py figures/studio.gif

The film shows the page that `t2i studio` serves. Its frames are screenshots of the browser; the
time that the page needs to draw is left out. It needs a Chromium, as tests/ui does.
"""

import argparse
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

WIDTH, HEIGHT = 1080, 672  # of the browser window, in CSS pixels
SHOWN = 820  # width of the film, in pixels
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 300  # seconds


def main() -> None:
    """Serve the page, film it, write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the file, for instance figures/studio.gif")
    out = parser.parse_args().out
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("studio_gif.py: no Chromium: `sudo apt-get install chromium`")
    program = [sys.executable, "-m", "t2i_utils.cli", "studio", "--no-browser"]
    server = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = re.search(r"http://\S+", server.stdout.readline())
        if address is None:
            sys.exit("studio_gif.py: the studio did not start")
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.set_default_timeout(1000 * PATIENCE)
            page.goto(address[0])
            film = Film(page)
            act(page, film)
            chromium.close()
    finally:
        server.terminate()
        server.wait(PATIENCE)
    film.write(out)
    seconds = sum(film.pauses) / 1000
    print(f"{out}: {len(film.frames)} frames, {seconds:.1f} s, {out.stat().st_size / 1e6:.2f} MB")


class Film:
    """Screenshots of a page, and for how many milliseconds each is shown."""

    def __init__(self, page: Page) -> None:
        """Nothing is filmed yet."""
        self.page, self.frames, self.pauses = page, list[Image.Image](), list[int]()

    def settle(self) -> None:
        """Wait until the page has drawn what it was asked for."""
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(IDLE)
        self.page.wait_for_timeout(300)

    def take(self, pause: int) -> None:
        """Add a frame that is shown for `pause` milliseconds."""
        self.settle()
        shot = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        size = (SHOWN, round(SHOWN * shot.height / shot.width))
        self.frames.append(shot.resize(size, Image.Resampling.LANCZOS))
        self.pauses.append(pause)

    def write(self, path: Path) -> None:
        """Write a GIF that repeats; every frame has its own palette."""
        frames = [frame.quantize(256, Image.Quantize.MEDIANCUT, kmeans=1) for frame in self.frames]
        path.parent.mkdir(parents=True, exist_ok=True)
        frames[0].save(
            path, save_all=True, append_images=frames[1:], duration=self.pauses, loop=0,
            optimize=True, disposal=1,
        )  # fmt: skip


IDLE = """() => {
  const images = [...document.querySelectorAll(".t2i-pictures img")];
  return images.length && images.every(image => image.complete && image.naturalWidth)
    && !document.querySelector(".t2i-working");
}"""


def act(page: Page, film: Film) -> None:
    """The scenes: the belly from yellow to red, the back to blue, an example, a French caption."""
    belly, back = slider(page, "belly"), slider(page, "back")
    belly.focus()
    film.take(1500)
    step(film, belly, "ArrowLeft", 1, 900)
    step(film, belly, "ArrowLeft", 1, 1400)
    step(film, back, "ArrowLeft", 4, 350)
    step(film, back, "ArrowLeft", 1, 1200)
    example = page.locator(".t2i-examples button", has_text="white belly")
    example.focus()
    page.keyboard.press("Enter")
    film.take(1600)
    caption = page.get_by_role("textbox", name="Caption", exact=True)
    caption.fill("")
    for word in ("un petit", " oiseau", " jaune", " avec une", " tête", " noire"):
        page.keyboard.type(word)
        film.take(250)
    film.pauses[-1] = 1800


def slider(page: Page, name: str) -> Locator:
    """The handle of one of the panel's sliders."""
    return page.get_by_role("slider", name=name, exact=True)


def step(film: Film, handle: Locator, key: str, times: int, pause: int) -> None:
    """Move a slider by key presses; after each, take a frame."""
    handle.focus()
    for _ in range(times):
        before = film.page.locator(".t2i-pictures").inner_html()
        film.page.keyboard.press(key)
        film.page.wait_for_function(
            "before => document.querySelector('.t2i-pictures')?.innerHTML !== before", arg=before
        )
        film.take(pause)


if __name__ == "__main__":
    main()
