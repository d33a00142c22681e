"""`t2i describe`, and `generate.py` for pictures: print a description of each."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from t2i_utils.commands.arguments import Parser, positive, seed
from t2i_utils.errors import InputError
from t2i_utils.files import PICTURE_SUFFIXES

ABOUT = """describe pictures of birds

  t2i describe photo.jpg holiday/ --samples 3       files, and folders of files"""


def add_arguments(parser: Parser) -> None:
    """Describe the command's options."""
    parser.add_argument("inputs", nargs="+", metavar="PICTURE|DIR", help="a picture, or a folder")
    parser.add_argument(
        "--samples", type=positive, default=1, metavar="N", help="descriptions each; default: 1"
    )
    parser.add_argument(
        "--weights",
        metavar="NAME|DIR|hf://...",
        help="a shipped captioner, a folder, or one on a hub; default: captioner",
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of further samples")
    add_picture_options(parser)
    parser.run_with(run)


def add_picture_options(parser: Any) -> None:
    """Options that `generate.py` has for pictures as well."""
    parser.add_argument("--json", action="store_true", help="of pictures: a JSON object a line")
    parser.add_argument(
        "--fast",
        action="store_true",
        help="of pictures: the likeliest word each time (greedy): several times faster, blander",
    )
    parser.add_argument(
        "--detailed",
        action="store_true",
        help="of pictures: a short paragraph of what is at least 75 %% sure",
    )


def is_picture_argument(text: str) -> bool:
    """Whether an argument means a picture or a folder of them, not a sentence."""
    return text.lower().endswith(PICTURE_SUFFIXES) or os.path.exists(text)


def run(options: argparse.Namespace) -> int:
    """Print a line for each description; say which pictures could not be read at the end.

    Returns:
        0, or 2 if a picture could not be read (the others are described all the same).
    """
    if options.fast and options.samples > 1:
        raise InputError("--fast gives one description of each picture: leave --samples out")
    if options.detailed and options.samples > 1:
        raise InputError("--detailed gives one description of each picture: leave --samples out")
    paths = find_pictures(options.inputs)
    if not any(path.is_file() for path in paths):  # before the network is loaded
        raise InputError(f"picture {paths[0]} is missing: give a picture's path, or a folder")
    from t2i_utils.captioning.captioners import find_captioner
    from t2i_utils.quick_start import quick_import

    folder = find_captioner(options.weights or "captioner")
    with quick_import(len(paths)):
        from t2i_utils.captioning.describer import load_describer

        describer = load_describer(folder)
    failed = []
    for file, found in _describe(describer, paths, options, failed):
        path = os.fsencode(file).decode(errors="backslashreplace")  # names are bytes on Linux
        said = [found.detailed] if options.detailed else found.sentences
        if options.json:
            about = {"image": path, "descriptions": said, "bird": round(found.bird, 4)}
            about["warning"] = found.warning
            if found.facts is not None:
                about["parts"] = found.facts.to_json()
            print(json.dumps(about, ensure_ascii=False))
        else:
            for text in said:
                print(f"{path}\t{text}")
        if found.warning:
            print(f"warning: {path}: {found.warning}", file=sys.stderr)
    for error in failed:
        print(f"{options.program}: {error}", file=sys.stderr)
    return 2 if failed else 0


def find_pictures(inputs: Sequence[str]) -> list[Path]:
    """The files that arguments name; a folder stands for the pictures in it, by name.

    Raises:
        InputError: a folder without pictures.
    """
    paths: list[Path] = []
    for text in inputs:
        path = Path(text)
        if not path.is_dir():
            paths.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
        if not inside:
            raise InputError(f"{path} holds no picture: name another folder, or picture files")
        paths += inside
    return paths


def _describe(
    describer: Any, paths: Sequence[Path], options: argparse.Namespace, failed: list[InputError]
) -> Iterator[tuple[Path, Any]]:
    """Describe in chunks, with a progress bar where there are many; memory stays flat."""
    from tqdm.auto import tqdm

    from t2i_utils.captioning.bird_finder import read_photograph
    from t2i_utils.captioning.describer import CHUNK

    few, started = len(paths) <= CHUNK, 0.0
    fast = options.fast or options.detailed  # a paragraph needs no choice among sentences
    parts = options.json or options.detailed
    with tqdm(total=len(paths), desc="describing", unit="picture", disable=few) as bar:
        for start in range(0, len(paths), CHUNK):
            read, pictures = [], []
            for path in paths[start : start + CHUNK]:
                try:
                    pictures.append(read_photograph(path))
                    read.append(path)
                except InputError as error:
                    failed.append(error)
            found = describer.describe(pictures, options.samples, options.seed, fast, parts)
            yield from zip(read, found, strict=True)
            bar.update(len(paths[start : start + CHUNK]))
            started = started or time.perf_counter()
    if not few:
        rate = (len(paths) - CHUNK) / (time.perf_counter() - started)
        print(f"{rate:.0f} pictures a second, after the first {CHUNK}", file=sys.stderr)
