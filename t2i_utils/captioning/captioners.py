"""Where captioners lie. Nothing here loads Keras: a command says at once that there is none."""

from pathlib import Path

from t2i_utils.errors import InputError
from t2i_utils.files import is_file, read_json
from t2i_utils.hubs import fetch, is_on_hub
from t2i_utils.pretrained import CARD, PRETRAINED

ARRAYS = "captioner.npz"  # in each captioner's folder


def available_captioners() -> list[str]:
    """Names of the shipped captioners, sorted."""
    return sorted(file.parent.name for file in PRETRAINED.glob(f"*/{ARRAYS}"))


def find_captioner(name: str | Path) -> Path:
    """The folder of a shipped captioner, of one on a hub, or the one that is named.

    Raises:
        InputError: there is no captioner.
    """
    if is_on_hub(name):
        name = fetch(str(name))
    shipped = PRETRAINED / str(name)
    folder = shipped if isinstance(name, str) and is_file(shipped / CARD) else Path(name)
    if not _is_captioner(folder):
        names = ", ".join(available_captioners()) or "none here"
        raise InputError(
            f"no captioner at {str(name)!r:.200}: name a folder, or a shipped one ({names})"
        )
    return folder


def _is_captioner(folder: Path) -> bool:
    """Whether a captioner lies in a folder; its card decides where a stop left both incomplete."""
    if is_file(folder / ARRAYS):
        return True
    if not is_file(folder / CARD):
        return False
    card = read_json(folder / CARD, "restore it, or name another one")
    return isinstance(card, dict) and Path(str(card.get("file"))).stem == Path(ARRAYS).stem
