"""A JupyterLab of its own and a real browser to look at it with."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from chromium import find_chromium
from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 300  # seconds: an upper bound for a busy machine, nothing waits for it to pass
expect.set_options(timeout=1000 * PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium
        # Containers have no user namespaces, so the sandbox cannot start there, and no GPU.
        switches = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        options = {"args": switches, "timeout": 1000 * PATIENCE}
        with chromium.launch(executable_path=find_chromium(chromium.executable_path),
                             **options) as found:  # fmt: skip
            yield found


@pytest.fixture
def page(browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1200, "height": 1000})
    page.set_default_timeout(1000 * PATIENCE)
    yield page
    page.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory) -> Iterator[Callable[[list[str]], str]]:
    """A server; a function that writes a notebook of code cells and returns its address.

    It needs `browser` only so that nothing is started where there is none.
    """
    folder = tmp_path_factory.mktemp("lab")
    runtime, notebooks = folder / "runtime", folder / "notebooks"
    notebooks.mkdir()
    places = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR",
              "IPYTHONDIR")  # fmt: skip
    environment = {**os.environ, **{name: str(folder / name.lower()) for name in places}}
    environment["JUPYTER_RUNTIME_DIR"] = str(runtime)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
               f"--ServerApp.root_dir={notebooks}", "--LabApp.news_url=None"]  # fmt: skip
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        info = _server_info(server, runtime, folder / "log")
        yield lambda cells: _write(notebooks, cells, info)
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _server_info(server: subprocess.Popen, runtime: Path, log: Path) -> dict[str, str]:
    """Address and token, once the server answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        for file in runtime.glob(f"jpserver-{server.pid}.json"):
            try:
                return json.loads(file.read_text())
            except ValueError:
                pass  # half written
        time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


def _write(folder: Path, cells: list[str], info: dict[str, str]) -> str:
    name = f"notebook_{len(list(folder.iterdir()))}"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, folder / f"{name}.ipynb")
    # A workspace of its own: the default one would open the notebooks of earlier tests as well.
    return f"{info['url']}lab/workspaces/{name}/tree/{name}.ipynb?token={info['token']}"
