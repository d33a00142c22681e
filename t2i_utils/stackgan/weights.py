"""Weight sets: what a generator needs to draw, with its card and checksums.

A set is a folder: `card.json` (what it is and how it was made), `stage1.npz` and `stage2.npz`
(float16), and, to train on or to choose among pictures with, `discriminator1.npz` and
`discriminator2.npz`. A training run keeps one up to date in `RUN/weights`; shipped sets lie in
`t2i_utils/pretrained`. Keras is imported only where generators are built, so that a command can say
at once that there are no such weights.
"""

import functools
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from t2i_utils.arrays import (
    load_network,
    read_arrays,
    read_note,
    read_variables,
    set_file,
    to_arrays,
    write_set,
)
from t2i_utils.config import Config
from t2i_utils.errors import InputError
from t2i_utils.files import is_file, read_json
from t2i_utils.hubs import fetch, is_on_hub
from t2i_utils.pretrained import CARD, PRETRAINED
from t2i_utils.stackgan.recipes import build_discriminator, build_generator, config_from_json
from t2i_utils.text import Whitening

if TYPE_CHECKING:
    import keras

    from t2i_utils.stackgan.discriminator import Discriminator

VERSION = 2
BEST_OF = 8  # noises tried for each picture that a person asks for
WIDEST = 8192  # numbers of a caption's embedding


@dataclass(frozen=True)
class Weights:
    """Generators ready to draw.

    Attributes:
        folder: where they came from.
        card: the model card.
        generators: {stage: generator}, in float32.
        whitening: of the training set's caption embeddings.
    """

    folder: Path
    card: dict[str, Any]
    generators: "dict[int, keras.Model]"
    whitening: Whitening


def available_weights() -> list[str]:
    """Names of the shipped weight sets, sorted."""
    cards = PRETRAINED.glob(f"*/{CARD}")
    return sorted(card.parent.name for card in cards if "stages" in json.loads(card.read_text()))


def find_weights(name: str | Path) -> Path:
    """The folder of a weight set: a shipped name, a set's folder, or a run's, or one on a hub.

    A `Path`, or a string with a slash, is never a shipped name. One on a hub (`t2i_utils.hubs`) is
    fetched.

    Raises:
        InputError: there is none, or it cannot be fetched.
    """
    if is_on_hub(name):
        name = fetch(str(name))
    own = [Path(name), Path(name) / "weights"]
    is_path = isinstance(name, Path) or os.sep in name
    for folder in own if is_path else [PRETRAINED / name, *own]:
        if is_file(folder / CARD):
            return folder
    names = ", ".join(available_weights())
    choose = f"a shipped set ({names})" if names else "train first (this version ships none)"
    raise InputError(f"no weights at {str(name)!r:.200}: name a training run's folder, or {choose}")


def choose_stage(folder: Path, asked: int | None = None) -> int:
    """The stage to draw with a set: the one asked for, or the last that the set has.

    Raises:
        InputError: the set has no such stage, or its card is damaged.
    """
    stages = [int(stage) for stage in read_card(folder)["stages"]]
    stage = asked or max(stages, default=1)
    if stage not in stages:
        raise InputError(
            f"{folder} has no Stage {stage}: draw with --stage 1, or train --stage 2 first"
        )
    return stage


class StageToSave(NamedTuple):
    """One stage of a set that is to be written.

    Attributes:
        generator: the one to draw with.
        config: of the stage.
        about: what the card says of it: "steps", "images_seen", ...
        discriminator: that it was trained against.
    """

    generator: "keras.Model"
    config: Config
    about: dict[str, Any]
    discriminator: "Discriminator | None" = None


def save_weights(
    folder: Path, stages: Sequence[StageToSave], whitening: Whitening, card: dict[str, Any]
) -> None:
    """Write stages of a set as float16, with their card: all of it changes, or nothing.

    Args:
        folder: of the set; other stages in it stay as they are.
        stages: what to write.
        whitening: of the training set's embeddings.
        card: what to say of the set: "data", "encoder", "licence", ...

    Raises:
        InputError: the folder cannot be written; what was there stays.
    """
    before = read_card(folder) if (folder / CARD).is_file() else {"stages": {}}
    files = {}
    for generator, config, _, discriminator in stages:
        arrays = to_arrays("generator", generator.variables, "float16")
        arrays |= {"mean": whitening.mean, "whitening": whitening.matrix.astype("float16")}
        files[_file_name(config.stage)] = arrays, {"config": config.to_json()}
        if discriminator is not None:
            arrays = to_arrays("discriminator", discriminator.state_variables, "float16")
            files[_judge_name(config.stage)] = arrays, {"config": config.to_json()}

    def complete(checksums: dict[str, str]) -> dict[str, Any]:
        def entry(name: str) -> dict[str, str]:
            return {"file": name, "sha256": checksums[name]}

        entries = dict(before["stages"])
        for _, config, about, discriminator in stages:
            own = {"config": config.to_json(), **entry(_file_name(config.stage))}
            if discriminator is not None:
                own["discriminator"] = entry(_judge_name(config.stage))
            entries[str(config.stage)] = {**about, **own}
        new = {"version": VERSION, "stages": dict(sorted(entries.items()))}
        return {**before, **new, **card}

    write_set(folder, files, complete)


def _file_name(stage: int) -> str:
    return f"stage{stage}.npz"


def _judge_name(stage: int) -> str:
    return f"discriminator{stage}.npz"


def read_card(folder: Path) -> dict[str, Any]:
    """The card of the set in a folder.

    Raises:
        InputError: it is damaged, may not be read, or is of another version.
    """
    path, mend = folder / CARD, "restore it, or take other weights"
    card = read_json(path, mend)
    version = card.get("version") if isinstance(card, dict) else None
    if isinstance(version, int) and version != VERSION:
        raise InputError(f"{folder} has version {version}, expected {VERSION}: train or fetch anew")
    if version != VERSION or not _is_card(card):
        raise InputError(f"{path} is damaged: {mend}")
    return card


def _is_card(card: dict[str, Any]) -> bool:
    """Whether what others rely on is there, each of its kind."""
    stages, encoder = card.get("stages"), card.get("encoder")
    return (
        isinstance(stages, dict)
        and set(stages) <= {"1", "2"}
        and all(
            isinstance(entry, dict)
            and isinstance(entry.get("config", {}), dict)
            and isinstance(entry.get("discriminator", {}), dict)
            for entry in stages.values()
        )
        and isinstance(encoder, dict)
        and isinstance(encoder.get("name"), str)
        and type(encoder.get("width")) is int
        and 1 <= encoder["width"] <= WIDEST
        and type(card.get("length_limit")) in (int, float, type(None))
        and all(isinstance(card.get(key, ""), str) for key in ("name", "data", "split", "crop"))
        and all(isinstance(name, str) for name in card.get("train_classes") or ())
    )


def load_weights(name: str | Path = "birds", stages: tuple[int, ...] = (1, 2)) -> Weights:
    """Load a weight set and build its generators, checking the checksums.

    Args:
        name: a shipped set's name, or the folder of a set or of a run.
        stages: which stages to load, where the set has them.

    Raises:
        InputError: no such set, another version, a damaged file, or a wrong checksum.
    """
    folder = find_weights(name)
    card = read_card(folder)
    entries, width = card["stages"], card["encoder"]["width"]
    generators, whitening = {}, None
    for stage in stages:
        if (entry := entries.get(str(stage))) is None:
            continue
        file = set_file(folder, entry)
        build = functools.partial(build_generator, _config(file, stage, entry), width)
        generators[stage], others = load_network(
            file, "generator", build, lambda model: model.variables, _whitening_shapes(card)
        )
        whitening = _whitening(others)
    if whitening is None or 1 not in generators and 1 in stages:
        raise InputError(f"{folder} holds no weights of stage {stages[0]}: train that stage first")
    return Weights(folder, card, generators, whitening)


def load_whitening(name: str | Path) -> Whitening:
    """Load what a set does to embeddings, without its generators; raises as `load_weights`."""
    folder = find_weights(name)
    card = read_card(folder)
    if not card["stages"]:
        raise InputError(f"{folder} holds no weights: train first")
    file = set_file(folder, card["stages"][min(card["stages"])])
    return _whitening(read_arrays(file, _whitening_shapes(card)))


def _whitening_shapes(card: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    width = card["encoder"]["width"]
    return {"mean": (width,), "whitening": (width, width)}


def _whitening(arrays: dict[str, Any]) -> Whitening:
    return Whitening(arrays["mean"], arrays["whitening"].astype("float32"))


def has_discriminator(card: dict[str, Any], stage: int) -> bool:
    """Whether the card of a set names a discriminator of a stage."""
    return "discriminator" in card["stages"].get(str(stage), {})


def best_of_for_people(folder: Path, asked: int | None = None) -> int:
    """How many noises to try for each picture: as asked, else `BEST_OF` where a set can choose.

    Raises:
        InputError: more than one is asked for, and the set has no discriminator; or its card is
            damaged.
    """
    card = read_card(folder)
    if asked is None:
        return BEST_OF if has_discriminator(card, 1) else 1
    if asked > 1:
        check_can_choose(folder, card)
    return asked


def check_can_choose(folder: Path, card: dict[str, Any]) -> None:
    """Refuse to choose among pictures with a set that has no discriminator of Stage I."""
    if not has_discriminator(card, 1):
        raise InputError(f"{folder} has no discriminator to choose with: draw with --best-of 1")


def load_discriminator(
    name: str | Path, stage: int, target: "Discriminator | None" = None
) -> "Discriminator":
    """Load the discriminator of a stage, which `has_discriminator`.

    Args:
        name: of a set, or its folder.
        stage: 1 or 2.
        target: the one to load it into; None builds one, in float32.

    Raises:
        InputError: the file is damaged, or of another model than the target.
    """
    folder = find_weights(name)
    card = read_card(folder)
    entry = card["stages"][str(stage)]
    file = set_file(folder, entry["discriminator"])
    if target is not None:
        read_variables(file, "discriminator", target.state_variables)
        return target
    config, width = _config(file, stage, entry), card["encoder"]["width"]
    return load_network(
        file,
        "discriminator",
        lambda: build_discriminator(config, width),
        lambda found: found.state_variables,
    )[0]


def _config(file: Path, stage: int, entry: dict[str, Any]) -> Config:
    """The configuration that a file of a stage was written with, in float32.

    Raises:
        InputError: it is no file of the stage, or its card's entry has another configuration.
    """
    fields = read_note(file).get("config")
    if not isinstance(fields, dict) or fields.get("stage") != stage:
        raise InputError(f"{file} holds no Stage {stage}: restore it, or take other weights")
    if entry.get("config", fields) != fields:
        raise InputError(f"{file} and its card differ: restore them, or take other weights")
    return config_from_json({**fields, "precision": "float32"})
