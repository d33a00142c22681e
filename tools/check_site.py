"""Check a built site: `python tools/check_site.py FOLDER` prints what is wrong with it.

First the links that lead nowhere. Then, where there is a Chromium: which page is too wide for a
phone. And of one page of each kind: what it asks another server for, the errors that it reports,
and what axe-core finds of WCAG's levels A and AA.
"""

import functools
import http.server
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

PAGES = (  # one of each kind
    "index.html",
    "notebooks/03_stage1_gan.html",
    "notebooks/solutions/03_stage1_gan.html",
    "command_line.html",
    "playground/index.html",
)
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120_000  # milliseconds
EXCESS = "document.documentElement.scrollWidth - innerWidth"
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"


class _Page(HTMLParser):
    """Collects what a page links to and which places it has."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places = {"", "top"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note `href`, `src`, `id` and `name`."""
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.links.add(value)
            elif value and name in ("id", "name"):
                self.places.add(value)


def broken_links(site: Path, left_out: str = "") -> list[str]:
    """Links between the site's pages that lead nowhere; those into a folder may be left out."""
    site = site.resolve()
    pages = {}
    for path in site.rglob("*.html"):
        if "_static" not in path.parts:
            pages[path] = page = _Page()
            page.feed(path.read_text(encoding="utf-8"))
    problems = []
    for path, page in sorted(pages.items()):
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if left_out and target.is_relative_to(site / left_out):
                continue
            if target.is_dir():
                target /= "index.html"
            fragment = unquote(parts.fragment)
            is_question = target not in pages or "=" in fragment  # which the page's script reads
            if not target.is_file() or not is_question and fragment not in pages[target].places:
                problems.append(f"{path.relative_to(site)}: {link}")
    return problems


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_arguments) -> None:
        """Say nothing: a page was closed while it loaded."""


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of a folder that a plain static server serves."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def problems_in_browser(site: Path, browser_path: str, names: tuple[str, ...] = PAGES) -> list[str]:
    """What a browser finds in pages, wide and narrow, light and dark: one line each."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    problems = []
    with served(site) as address, sync_playwright() as playwright:
        # Containers have no user namespaces, so the sandbox cannot start there, and no GPU.
        switches = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=browser_path, args=switches)
        for name in names:
            for scheme in ("light", "dark"):
                page = browser.new_page(color_scheme=scheme)
                page.set_default_timeout(PATIENCE)
                found: list[str] = []
                page.on("pageerror", lambda error, found=found: found.append(f"error: {error}"))
                page.on("request", lambda request, found=found: found.append(request.url))
                page.goto(address + name, wait_until="load")
                for width in (1280, 400):
                    page.set_viewport_size({"width": width, "height": 900})
                    page.wait_for_timeout(500)  # the theme notices a new width after 300 ms
                    if scheme == "light" or width == 1280:  # dark and narrow brings nothing new
                        found += _violations(page, Axe())
                    if (excess := page.evaluate(EXCESS)) > 0:
                        found.append(f"{excess} px too wide for {width} px")
                own = (address, "blob:", "data:")
                lines = dict.fromkeys(line for line in found if not line.startswith(own))
                problems += [f"{name} ({scheme}): {line}" for line in lines]
                page.close()
        problems += _too_wide(browser, site, address)
        browser.close()
    return problems


def _too_wide(browser, site: Path, address: str, width: int = 400) -> list[str]:
    """Pages that a phone would have to scroll sideways, with all that is folded in them open."""
    problems = []
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        if not name.startswith("_static"):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(address + name, wait_until="load", timeout=PATIENCE)
            page.evaluate(UNFOLD)
            page.wait_for_timeout(500)
            if (excess := page.evaluate(EXCESS)) > 0:
                problems.append(f"{name}: {excess} px too wide for {width} px")
            page.close()
    return problems


def _violations(page, axe) -> list[str]:
    answer = axe.run(page, options={"runOnly": LEVELS}).response
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


def check(site: Path, left_out: str = "") -> None:
    """Print what is wrong and stop, or say what was checked."""
    if problems := broken_links(site, left_out):
        raise SystemExit("\n".join(["broken links:", *problems]))
    print("No broken link.")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("No Chromium here: what axe-core would find stays unknown.")
        return
    pages = tuple(name for name in PAGES if not left_out or not name.startswith(left_out))
    if problems := problems_in_browser(site, browser, pages):
        raise SystemExit("\n".join(["found in the browser:", *problems]))
    print(f"Levels A and AA: axe-core finds nothing in {', '.join(pages)}.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tools/check_site.py FOLDER")
    check(Path(sys.argv[1]))
