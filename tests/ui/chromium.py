"""Where the browser of the UI tests is."""

import os
import shutil
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = "no Chromium: `sudo apt-get install chromium`, or elsewhere `playwright install chromium`"


def find_chromium(own: str = "") -> str:
    """The program, or Playwright's `own`; without either a skip, and in CI a failure."""
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    found += [own] if own and Path(own).is_file() else []
    if found:
        return found[0]
    if os.environ.get("CI"):
        pytest.fail(INSTALL)
    pytest.skip(INSTALL)
