"""Weight sets and captioners on the hubs of Hugging Face and Kaggle.

    hf://OWNER/NAME                                    or with @REVISION
    kaggle://OWNER/MODEL/FRAMEWORK/VARIATION           or with /VERSION

Each hub's own package fetches and sends, and keeps what it fetched. Both are optional.
"""

import functools
import importlib
import logging
import re
from pathlib import Path
from typing import Any

from t2i_utils.errors import InputError
from t2i_utils.pretrained import CARD

_LOG = logging.getLogger(__name__)

_PART = r"[\w.-]+"
_HUGGING_FACE = re.compile(rf"hf://({_PART}/{_PART})(?:@({_PART}))?")
_KAGGLE = re.compile(rf"kaggle://({_PART}/{_PART}/{_PART}/{_PART}(?:/\d+)?)")
FILES = [CARD, "*.safetensors"]  # that are fetched of a repository


def is_on_hub(name: str | Path) -> bool:
    """Whether a name is one of a set on a hub."""
    return isinstance(name, str) and name.startswith(("hf://", "kaggle://"))


@functools.cache  # a process asks once
def fetch(name: str) -> Path:
    """The folder of a set on a hub, fetched if need be.

    Raises:
        InputError: the name is none, the hub's package is not installed, or it gives no such set.
    """
    hub, handle, revision = _parse(name)
    package = _package(hub)
    try:
        if hub == "kagglehub":
            folder = Path(package.model_download(handle))
        else:
            folder = Path(
                package.snapshot_download(handle, revision=revision, allow_patterns=FILES)
            )
    except Exception as error:  # each package raises many kinds
        raise _failed(f"{name} was not fetched", error) from error
    if not (folder / CARD).is_file():
        raise InputError(f"{name} has no {CARD}: it is no set of this project, take another")
    _LOG.info("%s is in %s", name, folder)
    return folder


def send(folder: Path, name: str, licence: str, private: bool = False) -> str:
    """Send a folder that `t2i_utils.export.shared.write_shared` wrote; return the page's address.

    Args:
        folder: of the set.
        name: on the hub; what is there becomes an older version.
        licence: "apache-2.0", or another, which is then described in the card.
        private: for you alone, where the repository is new (Kaggle's always are).

    Raises:
        InputError: as `fetch`, or you may not write there.
    """
    hub, handle, revision = _parse(name)
    if revision is not None or hub == "kagglehub" and handle.count("/") > 3:
        raise InputError(f"{name}: leave the version out, sending makes a new one")
    package = _package(hub)
    try:
        if hub == "kagglehub":
            known = "Apache 2.0" if licence == "apache-2.0" else "Other (specified in description)"
            package.model_upload(handle, str(folder), license_name=known)
            return f"https://www.kaggle.com/models/{handle}"
        api = package.HfApi()
        page = api.create_repo(handle, private=private or None, exist_ok=True)
        api.upload_folder(repo_id=handle, folder_path=folder, commit_message="Weights and card")
        return str(page)
    except Exception as error:
        raise _failed(f"{name} was not sent", error) from error


def _parse(name: str) -> tuple[str, str, str | None]:
    """The package of a name's hub, the name of the repository there, and a revision of it."""
    if match := _HUGGING_FACE.fullmatch(name):
        return "huggingface_hub", match[1], match[2]
    if match := _KAGGLE.fullmatch(name):
        return "kagglehub", match[1], None
    raise InputError(
        f"{name[:200]!r} is no name on a hub: write hf://OWNER/NAME or "
        "kaggle://OWNER/MODEL/FRAMEWORK/VARIATION"
    )


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"this needs one more package: pip install {name} safetensors") from error


def _failed(what: str, error: Exception) -> InputError:
    said = " ".join(str(error).split())[:300]
    return InputError(
        f"{what} ({type(error).__name__}: {said}); check the name, the network and that you are "
        "signed in"
    )
