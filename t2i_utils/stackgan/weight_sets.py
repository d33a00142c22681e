"""Weight sets: where they lie and what their cards say. Importing this loads no network.

A set is a folder: `card.json` (what it is and how it was made), `stage1.npz` and `stage2.npz`
(float16). A training run keeps one up to date in `RUN/weights`; shipped sets lie in
`t2i_utils/pretrained`.
"""

import json
import os
from pathlib import Path
from typing import Any

from t2i_utils.errors import InputError
from t2i_utils.pretrained import CARD, PRETRAINED

VERSION = 2


def available_weights() -> list[str]:
    """Names of the shipped weight sets, sorted."""
    cards = PRETRAINED.glob(f"*/{CARD}")
    return sorted(card.parent.name for card in cards if "stages" in json.loads(card.read_text()))


def find_weights(name: str | Path) -> Path:
    """The folder of a weight set: a shipped name, a set's folder, or a run's folder.

    A `Path`, or a string with a slash, is never a shipped name.

    Raises:
        InputError: there is none.
    """
    own = [Path(name), Path(name) / "weights"]
    is_path = isinstance(name, Path) or os.sep in name
    for folder in own if is_path else [PRETRAINED / name, *own]:
        if (folder / CARD).is_file():
            return folder
    names = ", ".join(available_weights())
    choose = f"a shipped set ({names})" if names else "train first (this version ships none)"
    raise InputError(f"no weights at {str(name)!r}: name a training run's folder, or {choose}")


def read_card(folder: Path) -> dict[str, Any]:
    """The card of a set.

    Raises:
        InputError: it is missing or damaged, or of another version.
    """
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        version = card["version"]
        if version == VERSION:
            _ = [(entry["file"], entry["sha256"]) for entry in card["stages"].values()]
            _ = card["encoder"]["width"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged: restore it, or take other weights") from error
    if version != VERSION:
        raise InputError(f"{folder} has version {version}, expected {VERSION}: train or fetch anew")
    return card
