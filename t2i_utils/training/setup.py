"""Setting a run up: its stages are built new, from weights, or from the folder's checkpoints."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from t2i_utils.config import Config
from t2i_utils.data import Pack
from t2i_utils.errors import InputError
from t2i_utils.pretrained import CARD
from t2i_utils.stackgan.recipes import config_from_json
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.stackgan.weights import (
    StageToSave,
    Weights,
    find_weights,
    has_discriminator,
    load_discriminator,
    load_weights,
    load_whitening,
    read_card,
)
from t2i_utils.text import Whitening
from t2i_utils.training.checkpoints import check_settings, copy_weights, load_checkpoint
from t2i_utils.training.choice import Score
from t2i_utils.training.run_data import RunData
from t2i_utils.training.run_folder import RunFolder
from t2i_utils.training.stage import Stage

# Fields of the configuration that --init takes from the weights, whatever the preset says.
SIZES = ("generator_width", "discriminator_width", "feature_size", "convolutions")


def build_stages(
    files: RunFolder,
    data: RunData,
    configs: Sequence[Config],
    init: str | Path | None,
    continued: Sequence[int],
) -> dict[int, Stage]:
    """Build the stages of a run, and bring each to where the folder's checkpoints are.

    Args:
        files: the run's folder.
        data: what it trains on.
        configs: of the stages, in order.
        init: the weights that it starts from, or once did.
        continued: numbers of the stages that start from them, or once did.

    Raises:
        InputError: a setting differs from the checkpoint's, a file is damaged, or Stage II has no
            Stage I.
    """
    notes = {config.stage: files.read_checkpoint_note(config.stage) for config in configs}
    from_weights = {
        number: note.get("from_weights", False) if note else number in continued
        for number, note in notes.items()
    }
    new = [number for number, note in notes.items() if note is None]
    given = load_weights(init) if init and any(from_weights[number] for number in new) else None
    fitted = []
    for config in configs:
        note = notes[config.stage]
        if from_weights[config.stage]:  # as wide as the weights, whatever the preset says
            known = note["config"] if note else _config_of(given, config.stage)
            sizes = {n: known[n] for n in SIZES if n in known and hasattr(config, n)}
            config = dataclasses.replace(config, **sizes)
        if note is not None:
            check_settings(files.checkpoint(config.stage), note, config, data.identity)
        fitted.append(config)
    stages: dict[int, Stage] = {}
    for config in fitted:
        stage1 = None
        if config.stage == 2:
            stage1 = stages[1].gan.drawing_generator if 1 in stages else _stage1(files, init)
        gan = StageGAN(config, data.pack.width, stage1, data.seed)
        stage = stages[config.stage] = Stage(gan, data.batches(config), data.seed)
        file = files.checkpoint(config.stage)
        if (note := notes[config.stage]) is not None:
            stage.step = load_checkpoint(file, gan, data.identity)
            stage.from_weights = from_weights[config.stage]
            stage.warm_up = note.get("warm_up", False)
            stage.scores = [Score(*score) for score in note.get("scores", [])]
        elif given and from_weights[config.stage] and config.stage in given.generators:
            stage.from_weights, stage.warm_up = True, not begin_with(given, gan)
    return stages


def begin_with(given: Weights, gan: StageGAN) -> bool:
    """Give a stage's players the weights of a set; say whether it has a discriminator.

    Raises:
        InputError: the set's are of another architecture.
    """
    number = gan.config.stage
    for generator in (gan.generator, gan.averaged):
        if generator is not None:
            copy_weights(given.generators[number], generator, given.folder)
    if known := has_discriminator(given.card, number):
        load_discriminator(given.folder, number, gan.discriminator)
    return known


def given_knowledge(
    files: RunFolder, init: str | Path, pack: Pack
) -> tuple[Whitening, Sequence[str]]:
    """What the weights which a run started from know: their whitening, and classes that they saw.

    Raises:
        InputError: they read captions with another encoder than the pack's.
    """
    folder = files.weights if (files.weights / CARD).is_file() else find_weights(init)
    card = read_card(folder)
    theirs, ours = card["encoder"]["name"], pack.manifest["encoder"]["name"]
    if theirs != ours:
        raise InputError(
            f"{folder} was trained with the sentence encoder {theirs!r}, pack {pack.folder} was "
            f"made with {ours!r}: pack the data with --encoder {theirs}"
        )
    return load_whitening(folder), card.get("train_classes") or ()


def _config_of(given: Weights | None, stage: int) -> dict[str, Any]:
    """The configuration of a stage of weights, empty where they lack it."""
    return given.card["stages"].get(str(stage), {}).get("config", {}) if given else {}


def _stage1(files: RunFolder, init: str | Path | None) -> keras.Model:
    """The Stage I of a run of Stage II alone, as people draw with it: see `lent_stages`."""
    folder = files.weights if 1 in _own_stages(files) else init
    return load_weights(folder or files.weights, (1,)).generators[1]


def _own_stages(files: RunFolder) -> list[int]:
    """The stages that the run's own weights have."""
    has_card = (files.weights / CARD).is_file()
    return [int(stage) for stage in read_card(files.weights)["stages"]] if has_card else []


def lent_stages(files: RunFolder, stages: dict[int, Stage], init: Any) -> list[StageToSave]:
    """What a run's weights carry of others, so that the folder draws by itself.

    That is the Stage I that Stage II was trained on, and the Stage II that goes on painting what a
    fine-tuned Stage I draws.
    """
    needed = {1: 1 not in stages, 2: 2 not in stages and bool(stages[1].scores)}
    lent = [number for number in needed if needed[number] and number not in _own_stages(files)]
    if not lent:
        return []
    folder = find_weights(init)
    card, found = read_card(folder), []
    for number in lent:
        if (about := card["stages"].get(str(number))) is not None:
            generator = load_weights(folder, (number,)).generators[number]
            judge = load_discriminator(folder, number) if has_discriminator(card, number) else None
            config = config_from_json(about.get("config"))
            found.append(StageToSave(generator, config, dict(about), judge))
    return found
