"""Build the site: `python tools/build_site.py` makes book/_build/html, a folder of static files.

It lays the pages out (the notebooks, their solutions folded, the words of the course, the command
line's help), runs Sphinx with every warning an error, adds the playground, and checks the pages.
What notebooks print and the playground's files are kept until something that they are made from
changes. The network is needed for two npm packages and for nothing else. Without the extra
`evaluation` nothing is built: notebooks 05 and 07 would judge with the network that taught.
"""

import argparse
import base64
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from check_site import check
from npm_files import fetch

from t2i_utils.cli import COMMANDS, build_parser
from t2i_utils.errors import InputError
from t2i_utils.vision.lite2 import find_lite2

ROOT = Path(__file__).resolve().parent.parent
BOOK, BUILD = ROOT / "book", ROOT / "book" / "_build"
MATHJAX = "mathjax@3.2.2"  # Apache-2.0; its version 4 has its fonts in packages of their own
MATHJAX_FILES = {"tex-svg.js": "d4295dc33744836935c1399feece5159577b34c5c8ffb9f1c6324cd82e03a882"}
MATHJAX_FOLDER = "_static/mathjax"
BADGE = re.compile(r"\[!\[Open in Colab\]\([^)]*\)\]")
ALT = re.compile(r"!\[[^\]]*\]")  # the words of a picture in Markdown
OUTPUT_ALT = re.compile(r'alt="[^"]*_images/([0-9a-f]{64})\.png"')  # Sphinx gives the file's name
PICTURE = re.compile(r'<img alt="[^"]+" src="([^"]*_images/[^"]+)"[^>]*>')
STREAM = re.compile(r'class="output stream( [^>]*><div class="highlight"><pre>(.*?)</pre>)', re.S)
FOR_TOOLS = re.compile(r"  # (?:fmt: skip|noqa: \w+|@param .*)$", re.M)  # ends of lines of code
WIDGETS = ("CaptionSlider(", "Studio(")  # they need a kernel: a page would show their names alone
README_WORDS = re.compile(r"^\| word \| meaning \|\n\| --- \| --- \|\n((?:\|.*\|\n)+)", re.M)


def main() -> None:
    """Build all, or with --no-playground the course alone."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--no-playground", action="store_true", help="leave the playground out")
    options = parser.parse_args()
    ask_for_the_judge()
    source, site = BUILD / "source", BUILD / "html"
    _lay_out(source)
    if not (source / MATHJAX_FOLDER).is_dir():
        fetch(MATHJAX, "es5", MATHJAX_FILES, source / MATHJAX_FOLDER)
    shutil.rmtree(site, ignore_errors=True)
    results = _folder_for("results", ROOT / "t2i_utils", ROOT / "pyproject.toml")
    environment = {**os.environ, "T2I_SITE_CACHE": str(results / "cache")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.getenv("PYTHONPATH")]))
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    environment.pop("T2I_CUB_DIR", None)  # toy birds
    environment["IPYTHONDIR"] = str(_quiet_kernels(BUILD / "ipython"))
    python = [sys.executable]
    sphinx = [*python, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    sphinx += ["-d", str(results / "doctrees"), str(source), str(site)]
    if subprocess.run(sphinx, env=environment).returncode:
        shutil.rmtree(results / "doctrees", ignore_errors=True)  # or no warning would come again
        raise SystemExit("Sphinx found what is written above: mend it, then build again")
    executed = (results / "cache" / "executed").glob("*/base.ipynb")
    words = words_of_pictures(json.loads(file.read_text()) for file in executed)
    for page in site.glob("notebooks/**/*.html"):
        page.write_text(with_room(with_words(page.read_text(), words)))
    if not options.no_playground:
        tool = Path(__file__).with_name("playground.py")
        sources = [BOOK / name for name in ("playground", "gallery.txt", "_static/bird.svg")]
        folder = _folder_for("playground", ROOT / "t2i_utils", tool, *sources)
        if not folder.is_dir():
            unfinished = BUILD / "playground"
            if subprocess.run([*python, str(tool), str(unfinished)], env=environment).returncode:
                raise SystemExit("the playground could not be made: see above")
            unfinished.rename(folder)
        shutil.copytree(folder, site / "playground")
    check(site, "playground" if options.no_playground else "")
    print(f"Ready: {site}; to look at it: python -m http.server --directory {site}")


def ask_for_the_judge() -> None:
    """Stop where EfficientNet-Lite2 is missing, by which notebooks 05 and 07 judge on the site."""
    try:
        find_lite2()
    except InputError as error:
        raise SystemExit(
            f'{error}\nor all that a build needs: pip install -e ".[site,evaluation]"'
        ) from None


def words_of_pictures(notebooks: Iterable[dict[str, Any]]) -> dict[str, str]:
    """By its SHA-256, after which MyST-NB names its file, what each output picture shows."""
    outputs = [
        output
        for notebook in notebooks
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    return {
        hashlib.sha256(base64.b64decode(output["data"]["image/png"])).hexdigest(): alt
        for output in outputs
        if (alt := output.get("metadata", {}).get("image/png", {}).get("alt"))
    }


def with_words(page: str, words: dict[str, str]) -> str:
    """A page (HTML) whose output pictures say in words what they show."""

    def alt(match: re.Match[str]) -> str:
        return f'alt="{html.escape(words.get(match[1], ""))}"'

    return OUTPUT_ALT.sub(alt, page)


def with_room(page: str) -> str:
    """A page (HTML) for narrow windows: pictures open alone, and printed sentences are wrapped.

    What has columns or is indented, such as tables and code, stays as it was printed, unless it
    would not fit into a wide window either.
    """

    def stream(match: re.Match[str]) -> str:
        text = html.unescape(re.sub(r"<[^>]*>", "", match[2]))
        is_wide = any(len(line) > 100 for line in text.splitlines())
        has_columns = re.search(r"^.{2,}\S {2,}|^ {4}", text, re.M) and not is_wide
        return f'class="output stream{"" if has_columns else " prose"}{match[1]}'

    page = PICTURE.sub(r'<a class="picture" href="\1">\g<0></a>', page)
    return STREAM.sub(stream, page)


def _quiet_kernels(folder: Path) -> Path:
    """Settings of notebook kernels that warn of nothing: each would, of how it is reached."""
    file = folder / "profile_default" / "ipython_kernel_config.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("get_config().IPKernelApp.log_level = 40\n")
    return folder


def _folder_for(name: str, *sources: Path) -> Path:
    """Where to keep what these files make; what older versions of them made is deleted."""
    digest = hashlib.sha256()
    for source in sources:
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)} {file.stat().st_size}\n".encode())
                digest.update(file.read_bytes())
    folder = BUILD / f"{name}-{digest.hexdigest()[:12]}"
    for old in BUILD.glob(f"{name}-*"):
        if old != folder:
            shutil.rmtree(old)
    return folder


def _lay_out(source: Path) -> None:
    """Copy pages to where Sphinx reads them; a file that is unchanged keeps its date."""
    wanted: dict[Path, bytes] = {}
    for file in [*BOOK.glob("*.md"), *BOOK.glob("*.py"), *BOOK.glob("_*/*.*")]:
        if file.name != "README.md" and not file.is_relative_to(BUILD):
            wanted[file.relative_to(BOOK)] = file.read_bytes()
    wanted[Path("index.md")] = _with_gallery((BOOK / "index.md").read_text()).encode()
    for file in (ROOT / "figures").rglob("*"):
        if file.is_file():
            wanted[file.relative_to(ROOT)] = file.read_bytes()
    for file in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("notebooks/solutions/*.ipynb")]:
        notebook = page_of(
            json.loads(file.read_text()), is_solution=file.parent.name != "notebooks"
        )
        wanted[file.relative_to(ROOT)] = json.dumps(notebook).encode()
    readme = (ROOT / "notebooks" / "README.md").read_text()
    wanted[Path("glossary.md")] = glossary_of(readme).encode()
    wanted[Path("command_line.md")] = command_line_page().encode()
    for old in [path for path in source.rglob("*") if path.is_file()]:
        if old.relative_to(source) not in wanted and "mathjax" not in old.parts:
            old.unlink()
    for name, content in wanted.items():
        path = source / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _with_gallery(page: str) -> str:
    """The first page with the gallery's pictures, which tools/playground.py draws."""
    tiles = []
    for place, line in enumerate((BOOK / "gallery.txt").read_text().splitlines()):
        seed, caption = line.split(" ", 1)
        request = urlencode({"caption": caption, "seed": seed})
        tiles.append(
            f'<a href="playground/index.html#{request}">'
            f'<img src="playground/gallery/{place}.webp" alt="" width="256" height="256">'
            f"<span>{caption}</span></a>"
        )
    gallery = f'<div class="gallery">{"".join(tiles)}</div>'
    return page.replace("<!-- gallery -->", gallery)


def page_of(notebook: dict, is_solution: bool) -> dict:
    """A notebook as a page: no badge from another server, no start in Colab, solutions folded."""
    words = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}
    is_answer = False
    up = "../../" if is_solution else "../"  # where the site's first page is
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        tags = cell["metadata"].setdefault("tags", [])
        if cell["cell_type"] == "markdown":
            is_answer = is_answer or is_solution and "## Exercise" in text
            text = re.sub(r"\((?:\.\./)*README\.md[^)]*\)", f"({up}index.md)", text)
            text = BADGE.sub("[Open in Colab]", text)
            # MyST drops the end of a line in them, and the space with it.
            cell["source"] = ALT.sub(lambda alt: alt[0].replace("\n", " "), text)
            continue
        cell["source"] = FOR_TOOLS.sub("", text)
        if text.startswith("# Outside Colab"):
            tags.append("remove-cell")
        elif text.startswith(WIDGETS):
            tags.append("remove-output")
        elif is_solution or cell["metadata"].get("jupyter", {}).get("source_hidden"):
            tags.append("hide-input")
            if is_answer:
                cell["metadata"]["mystnb"] = words
    return notebook


def glossary_of(readme: str) -> str:
    """The table of words in notebooks/README.md as a glossary."""
    rows = README_WORDS.search(readme)
    if rows is None:
        raise SystemExit("notebooks/README.md has lost its table of words")
    lines = []
    for row in rows[1].splitlines():
        word, meaning = (part.strip() for part in row.strip("|").split("|", 1))
        lines += [word, f"  {meaning.strip(' |')}", ""]
    return "# Glossary\n\n:::{glossary}\n" + "\n".join(lines) + ":::\n"


def command_line_page() -> str:
    """What `--help` of each command prints."""
    os.environ["COLUMNS"] = "88"
    parser = build_parser()
    page = ["# Command line", "", "```text", parser.format_help().rstrip(), "```", ""]
    commands = next(action for action in parser._actions if action.choices)
    for name in COMMANDS:
        page += [f"## t2i {name}", "", *_help(commands.choices[name])]
    return "\n".join(page) + "\n"


def _help(parser: argparse.ArgumentParser) -> list[str]:
    lines = ["```text", parser.format_help().rstrip(), "```", ""]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                lines += [f"### {inner.prog}", "", *_help(inner)]
    return lines


if __name__ == "__main__":
    main()
