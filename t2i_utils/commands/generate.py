"""`t2i generate` and `generate.py`: draw captions; given pictures, describe them."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from t2i_utils.commands import describe, like
from t2i_utils.commands.arguments import Parser, positive, seed
from t2i_utils.errors import InputError
from t2i_utils.quiet_import import quiet_import

ABOUT = """draw captions, or describe pictures

  generate.py "a small red bird with black wings" "a yellow bird"    a sheet: generated.png
  generate.py --captions captions.txt --out pictures                 one picture a line
  generate.py --like picture.png                                     a saved picture again
  generate.py photo.jpg holiday/                                     what the pictures show"""
CHUNK = 256  # pictures drawn between two writes, so that memory stays flat


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
        metavar="NAME|DIR",
        help="a shipped set, or a training run's folder; default: birds, or captioner",
    )
    how.add_argument(
        "--stage", type=int, choices=(1, 2), help="1: 64 px, 2: 256 px; default: the last there is"
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
    captions = _read_captions(options)
    with quiet_import():
        from t2i_utils.drawing.synthesizer import Synthesizer
        from t2i_utils.stackgan.weights import load_weights

        stages = (1,) if options.stage == 1 else (1, 2)
        options.weights = options.weights or "birds"
        synthesizer = Synthesizer(load_weights(options.weights, stages))
    _note_unknown_words(captions, options.captions, synthesizer.encoder)
    stage = options.stage or max(synthesizer.weights.generators)
    if options.captions:
        return _draw_each(captions, synthesizer, stage, options)
    return _draw_sheet(captions, synthesizer, stage, options)


def _are_pictures(options: argparse.Namespace) -> bool:
    """Whether the inputs are pictures to describe.

    Raises:
        InputError: some are and some are not, or an option is for drawing alone.
    """
    pictures = [text for text in options.inputs if describe.is_picture_argument(text)]
    if not pictures:
        for name in ("json", "fast"):
            if getattr(options, name):
                raise InputError(f"--{name} is for describing pictures: name one, or leave it out")
        return False
    if len(pictures) < len(options.inputs):
        caption = next(text for text in options.inputs if text not in pictures)
        raise InputError(
            f"{pictures[0]} is a path and {caption[:60]!r} a caption: give one kind at a time"
        )
    for name in ("captions", "stage", "out"):
        if getattr(options, name) is not None:
            raise InputError(f"--{name} is for drawing, {pictures[0]} is a picture: leave it out")
    return True


def _read_captions(options: argparse.Namespace) -> list[str]:
    """The captions, checked, before anything slow happens."""
    from t2i_utils.text import check_captions

    if bool(options.inputs) == bool(options.captions):
        raise InputError("give captions, or --captions FILE with one a line (and not both)")
    if options.captions is not None:
        if options.out is None:
            raise InputError("--captions needs --out DIR, the folder for its pictures")
        return _read_file(options.captions)
    if options.out is not None and options.out.suffix.lower() != ".png":
        raise InputError(f"--out {options.out} does not end in .png: name the sheet's file so")
    return check_captions(options.inputs)


def _read_file(path: Path) -> list[str]:
    """The lines of a text file; line n is caption n."""
    from t2i_utils.data.records import read_text
    from t2i_utils.text import check_captions

    text = read_text(path)
    if any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text):
        raise InputError(f"{path} is no text file: give one with a caption a line")
    lines = text.replace("\r\n", "\n").rstrip().split("\n")
    if lines == [""]:
        raise InputError(f"{path} holds no caption: write one a line")
    try:
        return check_captions(lines)
    except InputError as error:
        raise InputError(f"{path}: {error} (caption n is line n)") from error


def _note_unknown_words(captions: Sequence[str], path: Path | None, encoder: Any) -> None:
    from t2i_utils.text import unknown_words_note

    notes = [
        f"line {number}: {note}" if path else note
        for number, caption in enumerate(captions, 1)
        if (note := unknown_words_note(caption, encoder))
    ]
    for note in notes[:5]:
        print(f"note: {note}", file=sys.stderr)
    if len(notes) > 5:
        print(f"note: the same holds for {len(notes) - 5} more captions", file=sys.stderr)


def _draw_each(
    captions: list[str], synthesizer: Any, stage: int, options: argparse.Namespace
) -> int:
    """One picture a file, at its own size, with nothing written on it."""
    from tqdm.auto import tqdm

    from t2i_utils.pictures import save_png

    total, done = len(captions) * options.samples, 0
    with tqdm(total=total, desc="drawing", unit="picture", disable=total <= CHUNK) as bar:
        for start in range(0, total, CHUNK):
            rows = range(start, min(start + CHUNK, total))
            chosen = [captions[row // options.samples] for row in rows]
            noise = synthesizer.noise(len(rows), options.seed, start)
            for picture in synthesizer.draw(synthesizer.embed(chosen), noise, stage)[stage]:
                done += 1
                save_png(options.out / f"{done:06d}.png", picture)
                bar.update()
    print(f"{total} pictures of {picture.shape[0]} px are in {options.out}")
    return 0


def _draw_sheet(
    captions: list[str], synthesizer: Any, stage: int, options: argparse.Namespace
) -> int:
    """All pictures on one sheet with their captions, every stage up to `stage`."""
    from t2i_utils.drawing import saved_picture
    from t2i_utils.drawing.request import Request, draw
    from t2i_utils.fonts import missing_letters
    from t2i_utils.pictures import save_png

    count, weights = options.samples, str(options.weights)
    requests = [
        Request(caption, weights, stage, options.seed, row * count + sample)
        for row, caption in enumerate(captions)
        for sample in range(count)
    ]
    pictures = draw(synthesizer, requests)
    sheet = saved_picture.compose(requests, pictures, count)
    note = saved_picture.to_note(requests, synthesizer.weights, count)
    if missing := missing_letters(captions):
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
