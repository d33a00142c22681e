"""`t2i data toy | download | pack`: make, fetch or pack a data set."""

import argparse
from pathlib import Path

from t2i_utils.commands.arguments import Parser, add_packing_options, positive, seed

ABOUT = "draw toy birds, fetch CUB, or pack a data set"
TOY_FOLDER = Path("data/toy")
TOY_CLASSES, TOY_IMAGES = 300, 4


def add_arguments(parser: Parser) -> None:
    """Describe the command's actions and their options."""
    actions = parser.add_subparsers(required=True, metavar="action", parser_class=Parser)
    toy = actions.add_parser("toy", help="draw toy birds with captions, in CUB's layout")
    toy.add_argument(
        "--out", type=Path, metavar="DIR", default=TOY_FOLDER, help="default: %(default)s"
    )
    toy.add_argument(
        "--classes", type=positive, metavar="N", default=TOY_CLASSES, help="default: %(default)s"
    )
    toy.add_argument(
        "--images",
        type=positive,
        metavar="N",
        default=TOY_IMAGES,
        help="pictures a class; default: %(default)s",
    )
    toy.add_argument("--seed", type=seed, metavar="N", default=0, help="default: 0")
    toy.run_with(_toy)
    download = actions.add_parser("download", help="fetch CUB-200-2011 (1.1 GB)")
    download.add_argument(
        "--out", type=Path, metavar="DIR", default=Path("data"), help="default: %(default)s"
    )
    download.add_argument(
        "--source", choices=("caltech", "kaggle"), default="caltech", help="default: %(default)s"
    )
    download.run_with(_download)
    pack = actions.add_parser("pack", help="pack a data set into arrays, once")
    pack.add_argument("root", type=Path, help="folder of captioned pictures: CUB's, or your own")
    pack.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder of the pack")
    pack.add_argument("--crop", choices=("paper", "box"), default="box", help="default: box")
    pack.add_argument(
        "--captions", type=Path, metavar="DIR", help="folder with captions (text_c10)"
    )
    pack.add_argument("--limit", type=positive, metavar="N", help="pack so many pictures only")
    add_packing_options(pack)
    pack.run_with(_pack)


def _toy(options: argparse.Namespace) -> int:
    folder = draw_toy_birds(options.out, options.classes, options.images, options.seed)
    print(f"{options.classes * options.images} toy birds are in {folder}")
    return 0


def draw_toy_birds(folder: Path, classes: int, images: int, random_seed: int = 0) -> Path:
    """Draw toy birds with a progress bar; return their folder.

    Raises:
        InputError: the folder holds something else, or cannot be written.
    """
    from tqdm.auto import tqdm

    from t2i_utils.data.toy.birds import write_toy_birds

    with tqdm(total=classes * images, desc="drawing", unit="bird") as bar:

        def progress(done: int, _: int) -> None:
            bar.update(done - bar.n)

        return write_toy_birds(folder, classes, images, random_seed, progress)


def _download(options: argparse.Namespace) -> int:
    from t2i_utils.data.download import download_cub

    print(f"CUB-200-2011 is in {download_cub(options.out, options.source)}")
    return 0


def _pack(options: argparse.Namespace) -> int:
    from t2i_utils.data import read_dataset, write_pack
    from t2i_utils.text import load_encoder

    dataset = read_dataset(options.root, options.captions)
    pack = write_pack(
        dataset,
        options.out,
        encoder=load_encoder(options.encoder or "auto"),
        crop=options.crop,
        limit=options.limit,
        skip_broken=bool(options.skip_broken),
    )
    counts = "; ".join(
        f"{split}: {parts['train']} train, {parts['test']} test"
        for split, parts in pack.manifest["counts"].items()
    )
    print(f"{len(pack)} pictures are packed in {options.out} ({counts})")
    return 0
