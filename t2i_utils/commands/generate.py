"""`t2i generate` and `generate.py`: draw captions; given pictures, describe them."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from t2i_utils.commands import describe, like
from t2i_utils.commands.arguments import Parser, positive, seed
from t2i_utils.errors import InputError

ABOUT = """draw captions, or describe pictures

  %(prog)s "a small red bird with black wings" "a yellow bird"    a sheet: generated.png
  %(prog)s --captions captions.txt --out pictures                 one picture a line
  %(prog)s --like picture.png                                     a saved picture again
  %(prog)s photo.jpg holiday/                                     what the pictures show"""


def add_arguments(parser: Parser) -> None:
    """Describe the command's options."""
    what = parser.add_argument_group("what to draw, or to describe")
    what.add_argument(
        "inputs",
        nargs="*",
        metavar="CAPTION|PICTURE",
        help="a sentence about a bird; or a picture, or a folder of pictures",
    )
    what.add_argument(
        "--captions", type=Path, metavar="FILE", help="a text file, one caption a line"
    )
    what.add_argument(
        "--like",
        type=Path,
        metavar="PICTURE.png",
        help="draw again what the studio or generate.py saved: its note says all",
    )
    what.add_argument("--samples", type=positive, metavar="N", help="of each input; default: 1")
    how = parser.add_argument_group("how")
    how.add_argument(
        "--weights",
        metavar="NAME|DIR|hf://...",
        help="a shipped set, a training run's folder, or one on a hub (hf://owner/name); default: "
        "birds, or captioner",
    )
    how.add_argument(
        "--stage", type=int, choices=(1, 2), help="1: 64 px, 2: 256 px; default: the last there is"
    )
    how.add_argument(
        "--best-of",
        type=positive,
        metavar="N",
        help="try N noises for each picture, draw the one that shows the caption best, as the "
        "discriminator sees it; default: 8 where the weights have a discriminator, else 1",
    )
    how.add_argument("--seed", type=seed, metavar="N", help="same seed, same result; default: 0")
    where = parser.add_argument_group("where to")
    where.add_argument(
        "--out",
        type=Path,
        metavar="FILE.png|DIR",
        help="the sheet, default: generated.png; with --captions the folder for 000001.png, ...",
    )
    describe.add_picture_options(where)
    parser.run_with(run)


def run(options: argparse.Namespace) -> int:
    """Draw a sheet, or a file of captions, or what a picture's note says; describe pictures."""
    if options.like:
        return like.run(options)
    options.samples, options.seed = options.samples or 1, options.seed or 0
    if _are_pictures(options):
        return describe.run(options)
    from t2i_utils.drawing.saved_picture import MOST_TRIES
    from t2i_utils.quick_start import quick_import
    from t2i_utils.stackgan.weights import best_of_for_people, choose_stage, find_weights

    texts = _read_captions(options)
    weights = options.weights or "birds"
    folder = find_weights(weights)
    stage = choose_stage(folder, options.stage)
    options.best_of = best_of_for_people(folder, options.best_of)
    requests = _requests(texts, weights, stage, options)
    captions = [request.caption for request in requests[:: options.samples]]
    names = [f"line {number}" for number in texts] if options.captions else []
    if options.captions is None and sum(request.best_of for request in requests) > MOST_TRIES:
        raise InputError(
            f"a sheet takes at most {MOST_TRIES} birds, those of --best-of included: for more, "
            "write the captions into a file, and give --captions FILE --out DIR"
        )
    with quick_import(len(requests)):
        from t2i_utils.drawing.synthesizer import Synthesizer
        from t2i_utils.stackgan.weights import load_weights

        synthesizer = Synthesizer(load_weights(weights, tuple(range(1, stage + 1))))
    _print_notes(synthesizer.notes(captions), names)
    if options.captions:
        files = [
            options.out / f"{(number - 1) * options.samples + sample:06d}.png"
            for number in texts
            for sample in range(1, options.samples + 1)
        ]
        return _draw_files(requests, synthesizer, files)
    return _draw_sheet(requests, synthesizer, options)


def _are_pictures(options: argparse.Namespace) -> bool:
    """Whether the inputs are pictures to describe.

    Raises:
        InputError: some are and some are not, or an option is for drawing alone.
    """
    pictures = [text for text in options.inputs if describe.is_picture_argument(text)]
    if not pictures:
        for name in ("json", "fast", "detailed"):
            if getattr(options, name):
                raise InputError(f"--{name} is for describing pictures: name one, or leave it out")
        return False
    if len(pictures) < len(options.inputs):
        caption = next(text for text in options.inputs if text not in pictures)
        raise InputError(
            f"{pictures[0]} is a path and {caption[:60]!r} a caption: give one kind at a time"
        )
    for name in ("captions", "stage", "out", "best_of"):
        if getattr(options, name) is not None:
            option = name.replace("_", "-")
            raise InputError(f"--{option} is for drawing, {pictures[0]} is a picture: leave it out")
    return True


def _read_captions(options: argparse.Namespace) -> dict[int, str]:
    """The captions by their number, from 1: of a word of the command line, or a file's line."""
    if bool(options.inputs) == bool(options.captions):
        raise InputError("give captions, or --captions FILE with one a line (and not both)")
    if options.captions is not None:
        if options.out is None:
            raise InputError("--captions needs --out DIR, the folder for its pictures")
        return _read_file(options.captions)
    if options.out is not None and options.out.suffix.lower() != ".png":
        raise InputError(f"--out {options.out} does not end in .png: name the sheet's file so")
    return dict(enumerate(options.inputs, 1))


def _read_file(path: Path) -> dict[int, str]:
    """The lines of a text file that are not blank, by their number."""
    from t2i_utils.data.records import read_text

    text = read_text(path)
    if any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text):
        raise InputError(f"{path} is no text file: give one with a caption a line")
    lines = dict(enumerate(text.replace("\r\n", "\n").rstrip().split("\n"), 1))
    captions = {number: line for number, line in lines.items() if line.strip()}
    if not captions:
        raise InputError(f"{path} holds no caption: write one a line")
    if blank := len(lines) - len(captions):
        number = min(lines.keys() - captions.keys())
        more = f" and {blank - 1} more" if blank > 1 else ""
        print(f"note: line {number}{more} of {path} is blank: no picture", file=sys.stderr)
    return captions


def _requests(
    captions: dict[int, str], weights: str, stage: int, options: argparse.Namespace
) -> list[Any]:
    """What to draw, caption by caption; this checks the captions."""
    from t2i_utils.drawing.request import requests_for

    names = [f"{options.captions} line {number}" for number in captions]
    return requests_for(
        list(captions.values()),
        weights,
        stage,
        options.seed,
        options.samples,
        options.best_of,
        names if options.captions else None,
    )


def _print_notes(found: Sequence[str | None], names: Sequence[str]) -> None:
    """Print what people should know of captions; those of a file with their lines."""
    notes = [
        f"{names[place]}: {note}" if names else note for place, note in enumerate(found) if note
    ]
    for note in notes[:5]:
        print(f"note: {note}", file=sys.stderr)
    if len(notes) > 5:
        print(f"note: there are {len(notes) - 5} more such notes", file=sys.stderr)


def _draw_files(requests: list[Any], synthesizer: Any, files: Sequence[Path]) -> int:
    """Write each picture to its file, at its own size, with nothing written on it."""
    from tqdm.auto import tqdm

    from t2i_utils.drawing.synthesizer import CHUNK, draw_in_chunks
    from t2i_utils.pictures import save_png

    total, left = len(requests), iter(files)
    with tqdm(total=total, desc="drawing", unit="picture", disable=total <= CHUNK) as bar:
        for pictures in draw_in_chunks(synthesizer, requests):
            for picture in pictures:
                save_png(next(left), picture)
                bar.update()
    print(f"{total} pictures of {picture.shape[0]} px are in {files[0].parent}")
    return 0


def _draw_sheet(requests: list[Any], synthesizer: Any, options: argparse.Namespace) -> int:
    """All pictures on one sheet with their captions, every stage up to the requests'."""
    from t2i_utils.drawing import saved_picture
    from t2i_utils.drawing.synthesizer import draw
    from t2i_utils.fonts import missing_letters
    from t2i_utils.pictures import save_png

    pictures = draw(synthesizer, requests)
    sheet = saved_picture.compose(requests, pictures, options.samples)
    note = saved_picture.to_note(requests, synthesizer.weights, options.samples)
    if missing := missing_letters([request.caption for request in requests]):
        print(
            f"note: no font on this system has the letters {missing[:20]!r}: the sheet shows boxes "
            "in their place (Noto Sans CJK has most scripts); the pictures are not affected",
            file=sys.stderr,
        )
    path = save_png(options.out or Path("generated.png"), sheet, note)
    sizes = " and ".join(f"{drawn.shape[1]} px" for drawn in pictures.values())
    birds = "1 bird" if len(requests) == 1 else f"{len(requests)} birds"
    print(f"{path}: {birds}, {sizes}")
    return 0
