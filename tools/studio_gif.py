"""Make figures/studio.gif: a browser drives the caption studio as a person would.

    python tools/studio_gif.py figures/studio.gif

A film of the page that `t2i studio` serves: its frames are the browser's own pictures of it, in
the order in which they were drawn; waiting is left out. It needs a Chromium, as tests/ui do.
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

WIDTH, HEIGHT = 1080, 672  # of the window, in its own pixels
SHOWN = 820  # pixels of the film's width
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
    """Pictures of a page, each with how long it is shown (milliseconds)."""

    def __init__(self, page: Page) -> None:
        """Nothing is filmed yet."""
        self.page, self.frames, self.pauses = page, list[Image.Image](), list[int]()

    def settle(self) -> None:
        """Wait until the page has drawn what it was asked for."""
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(IDLE)
        self.page.wait_for_timeout(300)

    def take(self, pause: int) -> None:
        """One frame."""
        self.settle()
        shot = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        size = (SHOWN, round(SHOWN * shot.height / shot.width))
        self.frames.append(shot.resize(size, Image.Resampling.LANCZOS))
        self.pauses.append(pause)

    def write(self, path: Path) -> None:
        """As a GIF that repeats; every frame has colours of its own."""
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
    """What is shown: a belly from yellow to red, a back to blue, an example, words in French."""
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
    """Move a slider and film where it came to."""
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
