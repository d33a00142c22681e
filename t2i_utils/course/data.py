"""The data of the course: toy birds, drawn the first time, or real ones if CUB is found."""

import contextlib
import fcntl
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from t2i_utils.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from t2i_utils.data import Dataset, Pack

TOY_CLASSES, TOY_IMAGES = 300, 4
CUB_LIMIT = 1200  # pictures in the course's pack of real birds: as many as of toy birds
NAMES = ("toy", "cub")


def course_folder() -> Path:
    """The folder for data that notebooks make: `data/` of the project, not of the notebook."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "t2i_utils").is_dir() and (folder / "pyproject.toml").is_file():
            return folder / "data"
    return Path.cwd() / "data"


def course_root(name: str = "toy") -> Path:
    """The folder of a data set: "toy" (drawn the first time) or "cub" (if it is found).

    Raises:
        InputError: for another name, or when no CUB is found.
    """
    if name not in NAMES:
        raise InputError(f'DATA is {name!r}: write "toy" for drawn birds or "cub" for real ones')
    return _toy_root() if name == "toy" else _cub_root()


def has_cub() -> bool:
    """Whether `course_root("cub")` finds a data set."""
    try:
        _cub_root()
    except InputError:
        return False
    return True


def course_dataset(name: str = "toy") -> "Dataset":
    """The whole data set, read but not decoded; prints one line about it.

    Raises:
        InputError: as `course_root` and `t2i_utils.data.read_dataset`.
    """
    from t2i_utils.data import read_dataset

    dataset = read_dataset(course_root(name))
    print(
        f"{_title(name)}: {len(dataset.records):,} pictures of {len(dataset.class_names)} classes, "
        f"captions from {dataset.caption_source}"
    )
    return dataset


def course_pack(name: str = "toy") -> "Pack":
    """A small pack to train and measure on; made the first time (20 s), then only opened.

    The crop is "box". Of real birds it takes 1,200 pictures, spread over all classes. It prints one
    line about what it made or found.

    Raises:
        InputError: as `course_root` and `t2i_utils.data.auto_pack`.
    """
    from t2i_utils.data import auto_pack
    from t2i_utils.text import load_encoder

    # Standard error is hidden: our line below says it all.
    with _one_at_a_time("packs"), contextlib.redirect_stderr(io.StringIO()):
        pack = auto_pack(
            course_root(name),
            encoder=load_encoder("package"),
            crop="box",
            limit=None if name == "toy" else CUB_LIMIT,
            folder=course_folder() / "packs",
        )
    counts = pack.manifest["counts"]["zero-shot"]
    print(
        f"{_title(name)}: a pack of {len(pack):,} pictures ({counts['train']:,} to train on, "
        f"{counts['test']:,} of unseen classes) and {int(pack.num_captions.sum()):,} captions"
    )
    return pack


def new_toy_pictures(pack: "Pack", rows: "np.ndarray", seed: int = 1) -> "np.ndarray":
    """Draw the toy birds of some rows anew: the same classes, in other poses and places.

    Args:
        pack: of `course_pack("toy")`.
        rows: of the pack; each gives a new picture of its class.
        seed: of the new pictures.

    Returns:
        (n, 64, 64, 3) uint8, cut to the bird's box as the pack's own are.
    """
    import numpy as np
    from PIL import Image

    from t2i_utils.config import IMAGE_SIZES
    from t2i_utils.data.crops import crop_window
    from t2i_utils.data.toy.birds import choose_birds, draw_toy_bird

    birds, size = choose_birds(TOY_CLASSES, seed=0), IMAGE_SIZES[1]
    pictures = []
    for row in rows:
        rng = np.random.default_rng([seed, int(row)])
        picture, box = draw_toy_bird(birds[pack.class_ids[row] - 1], rng)
        window = crop_window(picture.size, box, pack.manifest["crop"])
        pictures.append(picture.resize((size, size), Image.Resampling.BICUBIC, box=window))
    return np.stack([np.asarray(picture) for picture in pictures])


def course_encoder() -> Path:
    """The sentence encoder as a SavedModel folder for `hub.load`; written the first time (81 MB).

    The same network as the TF-Hub module, for machines without access to TensorFlow Hub.
    """
    from t2i_utils.text import export_saved_model
    from t2i_utils.text.encoders.package import VERSION

    folder = course_folder() / f"sentence-encoder-{VERSION}"
    if not (folder / "saved_model.pb").is_file():
        print("Writing the sentence encoder as a SavedModel (81 MB), this once ...", flush=True)
        export_saved_model(folder)
    return folder


@contextlib.contextmanager
def _one_at_a_time(what: str) -> Iterator[None]:
    """Wait while another notebook makes the same: what it has made is then only opened."""
    folder = course_folder()
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a folder that can only be read needs no lock
            folder.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(open(folder / f".{what}.lock", "w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _title(name: str) -> str:
    return {"toy": "Toy birds", "cub": "CUB-200-2011"}[name]


def _toy_root() -> Path:
    from t2i_utils.data.toy.birds import write_toy_birds

    root = course_folder() / "course-toy"
    with _one_at_a_time("toy"):
        if not (root / "CUB_200_2011").is_dir():
            print(f"Drawing {TOY_CLASSES * TOY_IMAGES:,} toy birds, this once ...", flush=True)
            write_toy_birds(root, TOY_CLASSES, TOY_IMAGES)
    return root


def _cub_root() -> Path:
    named = os.environ.get("T2I_CUB_DIR")
    project = course_folder().parent
    for root in (Path(named),) if named else (project, project / "data"):
        if (root / "CUB_200_2011" / "images.txt").is_file():
            return root
    where = f"T2I_CUB_DIR={named}" if named else f"{project} or its data/"
    raise InputError(
        f"no CUB_200_2011 in {where}: get it with `t2i data download`, name its folder in "
        'T2I_CUB_DIR, or set DATA = "toy"'
    )
