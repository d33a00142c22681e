"""Readers: each turns one way in which people keep captioned pictures into a `Dataset`."""

from pathlib import Path

from t2i_utils.data.readers import cub, folder
from t2i_utils.data.records import Dataset
from t2i_utils.errors import InputError


def read_dataset(root: str | Path, captions: str | Path | None = None) -> Dataset:
    """Read a folder in CUB's layout, or a folder of pictures with a `captions.csv`.

    Args:
        root: the folder that holds `images.txt`, or `CUB_200_2011/images.txt`, or `captions.csv`.
        captions: a folder with `<class>/<image>.txt` caption files that lies elsewhere (CUB layout
            only).

    Raises:
        InputError: if the folder is missing, is no data set, or has a broken file.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(
            f"no data set at {root}: it is not a folder; give the folder that holds CUB_200_2011"
        )
    if cub.find_layout(root) is not None:
        return cub.read_cub(root, captions)
    if (root / folder.CSV_NAME).is_file():
        if captions is not None:
            raise InputError(
                f"{root / folder.CSV_NAME} already has the captions of its pictures: leave "
                "--captions out"
            )
        return folder.read_folder(root)
    raise InputError(
        f"no data set in {root}: expected images.txt, CUB_200_2011/images.txt or captions.csv; "
        "get birds with `t2i data toy` or `t2i data download`"
    )
