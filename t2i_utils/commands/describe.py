"""`t2i describe`, and `generate.py` for pictures: print a description of each."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from t2i_utils.commands.arguments import Parser, positive, seed
from t2i_utils.errors import InputError
from t2i_utils.quiet import quiet_import

ABOUT = """describe pictures of birds

  t2i describe photo.jpg holiday/ --samples 3       files, and folders of files"""
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
CHUNK = 32  # pictures described between two prints


def add_arguments(parser: Parser) -> None:
    """Describe the command's options."""
    parser.add_argument("inputs", nargs="+", metavar="PICTURE|DIR", help="a picture, or a folder")
    parser.add_argument(
        "--samples", type=positive, default=1, metavar="N", help="descriptions each; default: 1"
    )
    parser.add_argument(
        "--weights", metavar="NAME|DIR", help="a shipped captioner, or a folder; default: captioner"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of further samples")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    parser.run_with(run)


def is_picture_argument(text: str) -> bool:
    """Whether an argument means a picture or a folder of them, not a sentence."""
    return text.lower().endswith(SUFFIXES) or os.path.exists(text)


def run(options: argparse.Namespace) -> int:
    """Print a line for each description; say which pictures could not be read at the end.

    Returns:
        0, or 2 if a picture could not be read (the others are described all the same).
    """
    paths = find_pictures(options.inputs)
    with quiet_import():
        from t2i_utils.captioning.describer import LEAST_BIRD, load_describer

        describer = load_describer(options.weights or "captioner")
    failed = []
    for path, found in _describe(describer, paths, options.samples, options.seed, failed):
        if options.json:
            about = {"image": str(path), "descriptions": found.sentences}
            print(json.dumps({**about, "bird": round(found.bird, 4)}, ensure_ascii=False))
        else:
            for sentence in found.sentences:
                print(f"{path}\t{sentence}")
        if found.bird < LEAST_BIRD:
            print(
                f"warning: {path}: no bird was recognised ({found.bird:.0%}); the captioner knows "
                "nothing but birds, so its words mean little here",
                file=sys.stderr,
            )
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
        inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        if not inside:
            raise InputError(f"{path} holds no picture: name another folder, or picture files")
        paths += inside
    return paths


def _describe(
    describer: Any, paths: Sequence[Path], samples: int, random_seed: int, failed: list[InputError]
) -> Iterator[tuple[Path, Any]]:
    """Describe in chunks, with a progress bar where there are many; memory stays flat."""
    from tqdm.auto import tqdm

    from t2i_utils.captioning.photographs import read_photograph

    few = len(paths) <= CHUNK
    with tqdm(total=len(paths), desc="describing", unit="picture", disable=few) as bar:
        for start in range(0, len(paths), CHUNK):
            read, pictures = [], []
            for path in paths[start : start + CHUNK]:
                try:
                    pictures.append(read_photograph(path))
                    read.append(path)
                except InputError as error:
                    failed.append(error)
            found = describer.describe(pictures, samples, random_seed)
            yield from zip(read, found, strict=True)
            bar.update(len(paths[start : start + CHUNK]))
