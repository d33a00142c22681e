"""The address of the course, and the notebook cell that installs it in Colab.

`make notebooks` writes this cell and the badge into every notebook;
`tests/test_notebooks.py` checks that they are up to date.
"""

import t2i_utils

# A placeholder until the project is published; notebooks show no button before that. GitHub allows
# no underscore in an account's name, so nobody else can own this address.
PLACEHOLDER = "your_account"
REPO_URL = f"https://github.com/{PLACEHOLDER}/text-to-image-synthesizer"
NO_BADGE = "<!-- The Colab button comes here when the course has its address. -->"
TAG = f"v{t2i_utils.__version__}"

_CELL = """\
# Outside Colab this cell does nothing. In Colab it fetches the course (about a minute).
import os
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:
    folder = Path.home() / "text-to-image-synthesizer"
    repository = ["{url}", str(folder)]
    clone = ["git", "clone", "--quiet", "--depth=1", "--branch={tag}", *repository]
    requirements = str(folder / "requirements-colab.txt")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "-r", requirements]
    for command in ([] if folder.is_dir() else [clone]) + [install]:
        if subprocess.run(command).returncode != 0:
            raise SystemExit(f"{{command[-1]}}: see the lines above; then run this cell again")
    sys.path.insert(0, str(folder))
    os.chdir(folder / "notebooks")
"""


def cell(url: str = REPO_URL, tag: str = TAG) -> str:
    """The code of the cell that clones `url` at `tag` in Colab and installs what Colab lacks."""
    return _CELL.format(url=url, tag=tag).rstrip("\n")


def badge(path: str, url: str = REPO_URL) -> str:
    """The Markdown of a button that opens a notebook of the repository in Colab.

    Args:
        path: the notebook's path in the repository, such as "notebooks/03_stage1_gan.ipynb".
        url: where the repository is; for the placeholder there is no button, only a comment.
    """
    if PLACEHOLDER in url:
        return NO_BADGE
    address = url.removeprefix("https://github.com/")
    return (
        "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"(https://colab.research.google.com/github/{address}/blob/{TAG}/{path})"
    )
