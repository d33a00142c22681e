"""Make the notebooks from their scripts: all with `make notebooks`, or those that are named.

First the Colab cell and the badge in each script are updated from `t2i_utils.course.colab`. Then
jupytext writes the .ipynb, without outputs; cells that did not change keep their ids.
"""

import re
import sys
from pathlib import Path

from jupytext.cli import jupytext

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from t2i_utils.course import colab  # noqa: E402

SCRIPTS = ROOT / "notebooks" / "scripts"
COLAB_CELL = re.compile(r"(?<=\n)# %%[^\n]*\n# Outside Colab.*?(?=\n+# %%)", re.DOTALL)
FOLDED = '# %% jupyter={"source_hidden": true}\n'  # the head of a cell that is folded away
BADGE = re.compile(rf"\[!\[Open in Colab\].*|{re.escape(colab.NO_BADGE)}")


def notebook_of(script: Path) -> Path:
    """The notebook that a script is made into."""
    return ROOT / "notebooks" / script.relative_to(SCRIPTS).with_suffix(".ipynb")


def with_head(script: Path) -> str:
    """The text of a script with the Colab cell and the badge as they should be."""
    badge = colab.badge(notebook_of(script).relative_to(ROOT).as_posix())
    text = script.read_text(encoding="utf-8")
    for pattern, wanted in ((COLAB_CELL, FOLDED + colab.cell()), (BADGE, badge)):
        text, count = pattern.subn(lambda _, wanted=wanted: wanted, text)
        if count != 1:
            raise SystemExit(f"{script}: expected one match of {pattern.pattern!r}, got {count}")
    return text


def make_notebook(script: Path, notebook: Path) -> None:
    """Write `notebook` from `script`; cells of an existing notebook keep their ids."""
    update = ["--update"] if notebook.is_file() else []
    notebook.parent.mkdir(parents=True, exist_ok=True)
    arguments = ["--quiet", "--to", "ipynb", *update, "--output", str(notebook), str(script)]
    if jupytext(arguments):
        raise SystemExit(f"jupytext could not make {notebook}")


def main(names: list[str]) -> None:
    """Update all scripts, or those named, and their notebooks."""
    for script in [Path(name).resolve() for name in names] or sorted(SCRIPTS.rglob("*.py")):
        wanted = with_head(script)
        if wanted != script.read_text(encoding="utf-8"):
            script.write_text(wanted, encoding="utf-8")
        make_notebook(script, notebook_of(script))
        print(notebook_of(script).relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
