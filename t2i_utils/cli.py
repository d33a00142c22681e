"""The command line: t2i data | train | generate | check (see `t2i --help`).

Exit status: 0 done; 2 wrong use or bad input, with one line on standard error; 130 stopped by
Ctrl-C; 1 anything else. TensorFlow and Keras are imported only by the commands that need them.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from t2i_utils.config import PRESETS, RECIPES, Config, make_config
from t2i_utils.errors import InputError

RAW_FOLDERS = ("CUB_200_2011", "data", "data/CUB_200_2011")
TOY_FOLDER = Path("data/toy")
TOY_CLASSES, TOY_IMAGES = 300, 4
SMOKE_IMAGES = 256


class Parser(argparse.ArgumentParser):
    """A parser that reports wrong use in one line."""

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with status 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = build_parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        return options.run(options)
    except InputError as error:
        print(f"t2i: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stderr.close()
        return 1


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = Parser(prog="t2i", description="A sentence becomes a picture of a bird.")
    commands = parser.add_subparsers(required=True, metavar="command", parser_class=Parser)
    _add_data(commands)
    _add_train(commands)
    _add_generate(commands)
    check = commands.add_parser("check", help="print a report on this machine for bug reports")
    check.add_argument("--json", action="store_true", help="as JSON")
    check.set_defaults(run=_check)
    return parser


def _positive(text: str) -> int:
    value = int(text) if text.strip().lstrip("+-").isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above 0")
    return value


def _seed(text: str) -> int:
    if not text.strip().isdigit():
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of 0 or more")
    return int(text)


def _add_data(commands: Any) -> None:
    data = commands.add_parser("data", help="make, fetch or pack a data set")
    actions = data.add_subparsers(required=True, metavar="action", parser_class=Parser)
    toy = actions.add_parser("toy", help="draw toy birds with captions, in CUB's layout")
    toy.add_argument("--out", type=Path, default=TOY_FOLDER)
    toy.add_argument("--classes", type=_positive, default=TOY_CLASSES)
    toy.add_argument("--images", type=_positive, default=TOY_IMAGES, help="pictures a class")
    toy.add_argument("--seed", type=_seed, default=0)
    toy.set_defaults(run=_data_toy)
    download = actions.add_parser("download", help="fetch CUB-200-2011 (1.1 GB)")
    download.add_argument("--out", type=Path, default=Path("data"))
    download.add_argument("--source", choices=("caltech", "kaggle"), default="caltech")
    download.set_defaults(run=_data_download)
    pack = actions.add_parser("pack", help="pack a data set into arrays, once")
    pack.add_argument("root", type=Path, help="folder in CUB's layout, or with captions.csv")
    pack.add_argument("--out", type=Path, required=True, help="folder of the pack")
    pack.add_argument("--crop", choices=("paper", "box"), default="box")
    pack.add_argument("--captions", type=Path, help="folder with captions (text_c10)")
    pack.add_argument("--limit", type=_positive, help="pack so many pictures only")
    pack.set_defaults(run=_data_pack)


def _add_train(commands: Any) -> None:
    train = commands.add_parser("train", help="train Stage I, Stage II or both")
    train.add_argument(
        "--data",
        help="a data set's folder, a pack, or 'toy'; left out: CUB if it is here, else toy",
    )
    train.add_argument("--split", choices=("zero-shot", "official"), default="zero-shot")
    train.add_argument("--crop", choices=("paper", "box"), default="box")
    train.add_argument("--captions", type=Path, help="folder with captions (text_c10)")
    train.add_argument(
        "--preset", choices=PRESETS, help="left out: gpu where there is one, else cpu"
    )
    train.add_argument("--recipe", choices=RECIPES, default="modern")
    train.add_argument("--stage", choices=("1", "2", "both"), default="both")
    train.add_argument("--steps", type=_positive, help="the step at which each stage ends")
    train.add_argument("--run", dest="folder", type=Path, default=Path("runs/run"), metavar="DIR")
    train.add_argument("--resume", action="store_true", help="continue the run")
    train.add_argument("--init", help="start from these weights (a name or folder)")
    train.add_argument("--seed", type=_seed, default=0)
    train.set_defaults(run=_train)


def _add_generate(commands: Any) -> None:
    generate = commands.add_parser("generate", help="draw captions")
    generate.add_argument("inputs", nargs="*", metavar="CAPTION")
    generate.add_argument("--captions", type=Path, metavar="FILE", help="one caption a line")
    generate.add_argument("--weights", default="birds", help="a shipped set, or a run's folder")
    generate.add_argument("--stage", type=int, choices=(1, 2), help="left out: the last there is")
    generate.add_argument("--samples", type=_positive, default=1, help="pictures a caption")
    generate.add_argument("--seed", type=_seed, default=0)
    generate.add_argument("--out", type=Path, help="a PNG sheet; with --captions a folder")
    generate.set_defaults(run=_generate)


def _data_toy(options: argparse.Namespace) -> int:
    folder = _draw_toy_birds(options.out, options.classes, options.images, options.seed)
    print(f"{options.classes * options.images} toy birds are in {folder}")
    return 0


def _draw_toy_birds(folder: Path, classes: int, images: int, seed: int) -> Path:
    from tqdm.auto import tqdm

    from t2i_utils.data.toy_birds import write_toy_birds

    with tqdm(total=classes * images, desc="drawing", unit="bird", leave=False) as bar:

        def progress(done: int, _: int) -> None:
            bar.update(done - bar.n)

        return write_toy_birds(folder, classes, images, seed, progress)


def _data_download(options: argparse.Namespace) -> int:
    from t2i_utils.data.download import download_cub

    print(f"CUB-200-2011 is in {download_cub(options.out, options.source)}")
    return 0


def _data_pack(options: argparse.Namespace) -> int:
    from t2i_utils.data import read_dataset, write_pack
    from t2i_utils.text import load_encoder

    dataset = read_dataset(options.root, options.captions)
    pack = write_pack(
        dataset, options.out, encoder=load_encoder(), crop=options.crop, limit=options.limit
    )
    counts = json.dumps(pack.manifest["counts"])
    print(f"{len(pack)} pictures are packed in {options.out}: {counts}")
    return 0


def _choose_data(name: str | None) -> Path:
    """The folder of the data: as named, else CUB where it lies, else toy birds drawn now."""
    if name not in (None, "toy"):
        return Path(str(name))
    if name is None:
        for folder in map(Path, RAW_FOLDERS):
            if (folder / "images.txt").is_file() or (folder / "CUB_200_2011/images.txt").is_file():
                print(f"training on CUB in {folder}")
                return folder
        print("no CUB_200_2011 here: training on toy birds (see t2i data download)")
    if not TOY_FOLDER.is_dir():
        _draw_toy_birds(TOY_FOLDER, TOY_CLASSES, TOY_IMAGES, 0)
    return TOY_FOLDER


def _train(options: argparse.Namespace) -> int:
    from t2i_utils import backend
    from t2i_utils.data import auto_pack
    from t2i_utils.stackgan.training import Run
    from t2i_utils.text import load_encoder

    preset = options.preset or ("gpu" if backend.has_accelerator() else "cpu")
    stages = (1, 2) if options.stage == "both" else (int(options.stage),)
    configs: list[Config] = [
        make_config(options.recipe, preset, stage, steps=options.steps) for stage in stages
    ]
    pack = auto_pack(
        _choose_data(options.data),
        encoder=load_encoder(),
        crop=options.crop,
        captions=options.captions,
        limit=SMOKE_IMAGES if preset == "smoke" else None,
    )
    print(
        f"{pack.manifest['name']}: {len(pack)} pictures, crop {pack.manifest['crop']}, captions "
        f"from {pack.manifest['caption_source']}; recipe {options.recipe}, preset {preset}"
    )
    run = Run(
        options.folder,
        pack,
        configs,
        split=options.split,
        seed=options.seed,
        resume=options.resume,
        init=options.init,
    )
    run.train({config.stage: config.steps for config in configs})
    print(f'done: draw with  python generate.py "a red bird" --weights {options.folder}')
    return 0


def _generate(options: argparse.Namespace) -> int:
    from t2i_utils.text import check_captions, unknown_words_note

    captions = _read_captions(options)
    for caption in captions:
        if note := unknown_words_note(caption):
            print(f"note: {note}", file=sys.stderr)
    captions = check_captions(captions)
    from t2i_utils.stackgan.synthesis import Synthesizer
    from t2i_utils.stackgan.weights import load_weights

    weights = load_weights(options.weights)
    synthesizer = Synthesizer(weights)
    stage = options.stage or max(weights.generators)
    embeddings = synthesizer.embed(captions).repeat(options.samples, axis=0)
    noise = synthesizer.noise(len(embeddings), options.seed)
    pictures = synthesizer.draw(embeddings, noise, stage)
    if options.captions:
        return _save_each(pictures[stage], options)
    return _save_sheet(captions, pictures, options)


def _read_captions(options: argparse.Namespace) -> list[str]:
    from t2i_utils.data.dataset import read_text

    if bool(options.inputs) == bool(options.captions):
        raise InputError("give captions, or --captions FILE with one a line (and not both)")
    if options.captions is None:
        return [_not_a_picture(text) for text in options.inputs]
    if options.out is None:
        raise InputError("--captions needs --out DIR, the folder for its pictures")
    captions = [line for line in read_text(options.captions).splitlines() if line.strip()]
    if not captions:
        raise InputError(f"{options.captions} holds no caption: write one a line")
    return captions


def _not_a_picture(text: str) -> str:
    """The caption, unless it names a picture: describing those is not part of this version."""
    suffixes = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
    if text.lower().endswith(suffixes):
        raise InputError(
            f"{text!r} is a picture: this version draws captions and cannot describe pictures yet"
        )
    return text


def _save_each(pictures: Any, options: argparse.Namespace) -> int:
    from t2i_utils.pictures import save_png

    for number, picture in enumerate(pictures, 1):
        save_png(options.out / f"{number:06d}.png", picture)
    print(f"{len(pictures)} pictures are in {options.out}")
    return 0


def _save_sheet(captions: list[str], pictures: dict[int, Any], options: argparse.Namespace) -> int:
    from t2i_utils.pictures import captioned_sheet, save_png

    count = options.samples
    rows = [
        [pictures[stage][index * count + sample] for sample in range(count) for stage in pictures]
        for index in range(len(captions))
    ]
    sheet = captioned_sheet(captions, rows)
    note = {"captions": "\n".join(captions), "weights": str(options.weights)}
    note |= {"seed": str(options.seed), "samples": str(count)}
    path = save_png(options.out or Path("generated.png"), sheet, note)
    print(f"{path}: {len(captions) * count} birds, stages {', '.join(map(str, pictures))}")
    return 0


def _check(options: argparse.Namespace) -> int:
    from t2i_utils.environment import report

    found = report(as_json=options.json)
    print(json.dumps(found, indent=1) if options.json else found)
    return 0
