"""Run the notebooks that are named, and save their "expected result" pictures.

If a Markdown cell shows `![alt](../figures/NAME.png)`, the picture under the code cell before it is
saved as that file, and `NAME.webp` as WebP. Notebooks run on toy birds: no photograph can get in.
"""

import base64
import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from webp import webp

ROOT = Path(__file__).resolve().parent.parent
# From longer runs, by second_stage_figure.py and fine_tuning_figure.py.
ELSEWHERE = ("04_longer.webp", "07_longer.webp", "07_opening.webp", "07_nothing.webp")
EMBEDDED = re.compile(r"!\[[^\]]*\]\(\.\./figures/([\w.-]+\.(?:png|webp))\)")


def figures_of(notebook: nbformat.NotebookNode) -> dict[str, bytes]:
    """The expected pictures of a notebook that has been run: file name to its bytes."""
    found, last = {}, None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            pictures = [
                output.data["image/png"]
                for output in cell.outputs
                if "image/png" in output.get("data", {})
            ]
            last = base64.b64decode(pictures[-1]) if pictures else None
        for name in EMBEDDED.findall(cell.source if cell.cell_type == "markdown" else ""):
            if name in ELSEWHERE:
                continue
            if last is None:  # such as 01_cub.png, which tools/cub_statistics.py makes
                print(f"{name}: left as it is, for the code cell before it draws nothing")
            else:
                found[name] = webp(last) if name.endswith(".webp") else last
    return found


def main(paths: list[str]) -> None:
    """Run each notebook and write its pictures into figures/."""
    os.environ.pop("T2I_CUB_DIR", None)
    for path in map(Path, paths):
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}).execute()
        for name, content in figures_of(notebook).items():
            (ROOT / "figures" / name).write_bytes(content)
            print(f"figures/{name} ({len(content) // 1000} kB)")


if __name__ == "__main__":
    main(sys.argv[1:])
