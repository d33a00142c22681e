"""Where captioners lie. Nothing here loads Keras: a command says at once that there is none."""

from pathlib import Path

from t2i_utils.errors import InputError
from t2i_utils.pretrained import CARD, PRETRAINED

ARRAYS = "captioner.npz"  # in each captioner's folder


def available_captioners() -> list[str]:
    """Names of the shipped captioners, sorted."""
    return sorted(file.parent.name for file in PRETRAINED.glob(f"*/{ARRAYS}"))


def find_captioner(name: str | Path) -> Path:
    """The folder of a shipped captioner, or the one that is named.

    Raises:
        InputError: there is no captioner.
    """
    shipped = PRETRAINED / str(name)
    folder = shipped if isinstance(name, str) and (shipped / CARD).is_file() else Path(name)
    if not (folder / ARRAYS).is_file():
        names = ", ".join(available_captioners()) or "none here"
        raise InputError(
            f"no captioner at {str(name)!r}: name a folder, or a shipped one ({names})"
        )
    return folder
