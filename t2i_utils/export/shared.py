"""A weight set or captioner as a hub keeps it: `.safetensors`, `card.json` and a card to read.

The folder is a set like any other: what loads a set loads it, and draws the same pixels. The card
is `README.md` with the YAML head that the hubs search by.
"""

import json
import re
from pathlib import Path
from typing import Any

from t2i_utils.archives import TENSORS, import_safetensors, open_archive, save_tensors
from t2i_utils.arrays import entries_of, set_file
from t2i_utils.errors import InputError
from t2i_utils.files import file_checksum, read_json, replacing_folder, unwritable
from t2i_utils.pretrained import CARD

LIBRARY = "text-to-image-synthesizer"
README = "README.md"
_DRAWS = "pictures = t2i_utils.Synthesizer.from_preset({!r}).generate({!r})"
_DESCRIBES = "sentences = t2i_utils.describe(['photo.jpg'], weights={!r})"
_BIRDS = ("cub", "toy")  # how the names of data sets begin that show birds and nothing else
_METRICS = ("fid", "kid", "cider", "bleu", "rouge")  # scores, by the names that the hubs have


def licence_of(folder: Path, asked: str | None) -> str:
    """The licence to share a set under: as asked, else its card's own.

    Raises:
        InputError: neither says one.
    """
    licence = asked or read_json(folder / CARD, "restore it").get("licence")
    if not isinstance(licence, str) or not licence.strip():
        raise InputError(
            f"{folder / CARD} names no licence: say one, such as --licence cc-by-nc-4.0"
        )
    return licence


def hub_licence(licence: str) -> str:
    """The hubs' name for a licence: "apache-2.0", another that is written so, or "other"."""
    name = licence.split(" (")[0].lower()
    return name if " " not in name else "other"


def write_shared(folder: Path, target: Path, licence: str, name: str) -> None:
    """Write a set into a new folder in the form in which it is shared.

    Args:
        folder: of a weight set or a captioner.
        target: the new folder; must not be there yet.
        licence: what the card says of it.
        name: by which others will load the set.

    Raises:
        InputError: the set is damaged, `target` is there or cannot be written, or the package
            `safetensors` is not installed.
    """
    import_safetensors()  # before the target is touched
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is there already: name a new folder")
    card = {**read_json(folder / CARD, "restore it"), "licence": licence}
    try:
        with replacing_folder(target) as partial:
            for entry in entries_of(card):
                _convert(set_file(folder, entry), entry, partial)
            text = json.dumps(card, indent=1, ensure_ascii=False)
            (partial / CARD).write_text(text + "\n", encoding="utf-8")
            readme = _readme(folder, card, name)
            (partial / README).write_text(readme, encoding="utf-8")
    except OSError as error:
        raise unwritable(target, error) from error


def _convert(file: Path, entry: dict[str, Any], target: Path) -> None:
    """Copy a file's arrays and note, and name the copy in its entry of the card."""
    new = (target / entry["file"]).with_suffix(TENSORS)
    with open_archive(file) as archive:
        arrays = {name: archive.array(name) for name in sorted(archive.names())}
        save_tensors(new, arrays, archive.note())
    entry |= {"file": new.name, "sha256": file_checksum(new)}


def _readme(folder: Path, card: dict[str, Any], name: str) -> str:
    """The card to read: YAML for the hub, how to load the set, and its model card."""
    draws = "stages" in card
    licence = hub_licence(card["licence"])
    head: dict[str, Any] = {
        "library_name": LIBRARY,
        "pipeline_tag": "text-to-image" if draws else "image-to-text",
        "license": licence,
    }
    if licence == "other":
        head |= {"license_name": "see-licence-below", "license_link": README}
    own = folder / "MODEL_CARD.md"
    body = own.read_text(encoding="utf-8") if own.is_file() else _facts(card)
    data = str(card.get("data", "unknown"))
    head["datasets"] = [data]
    if metrics := _metrics_in(body):
        head["metrics"] = metrics
    head["tags"] = ["keras", "stackgan" if draws else "image-captioning"]
    head["tags"] += ["birds"] if data.startswith(_BIRDS) else []
    yaml = "\n".join(f"{key}: {json.dumps(value)}" for key, value in head.items())  # JSON is YAML
    caption = card.get("example", "a small red bird")
    use = _DRAWS.format(name, caption) if draws else _DESCRIBES.format(name)
    files = "\n".join(f"| {entry['file']} | {entry['sha256']} |" for entry in entries_of(card))
    return (
        f"---\n{yaml}\n---\n\n```python\nimport t2i_utils\n\n{use}\n```\n\n"
        f"Licence: {card['licence']}.\n\n"
        f"| file | SHA-256 |\n| --- | --- |\n{files}\n\n{body.rstrip()}\n"
    )


def _metrics_in(body: str) -> list[str]:
    """The scores that a model card speaks of: the YAML claims no others, and may claim none."""
    words = {word.lower() for word in re.findall(r"[A-Za-z]+", body)}
    return [name for name in _METRICS if name in words]


def _facts(card: dict[str, Any]) -> str:
    """What the card of a set says in single words and numbers, as a table."""
    rows = [f"| {key} | {value} |" for key, value in card.items() if isinstance(value, str | int)]
    return "\n".join([f"# {card.get('name', 'Model card')}", "", "| | |", "| --- | --- |", *rows])
