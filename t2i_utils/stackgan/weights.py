"""Weight sets as generators: loaded, and written (see `weight_sets` for what a set is)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import keras

from t2i_utils.arrays import from_arrays, read_arrays, set_file, to_arrays, write_set
from t2i_utils.config import Config
from t2i_utils.errors import InputError
from t2i_utils.pretrained import CARD
from t2i_utils.stackgan.stage1 import build_stage1_generator
from t2i_utils.stackgan.stage2 import build_stage2_generator
from t2i_utils.stackgan.weight_sets import VERSION, find_weights, read_card
from t2i_utils.text import Whitening


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
    generators: dict[int, keras.Model]
    whitening: Whitening


class StageToSave(NamedTuple):
    """One stage of a set that is to be written.

    Attributes:
        generator: the one to draw with.
        config: of the stage.
        about: what the card says of it: "steps", "images_seen", ...
    """

    generator: keras.Model
    config: Config
    about: dict[str, Any]


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
    for generator, config, _ in stages:
        arrays = to_arrays("generator", generator.variables, "float16")
        arrays |= {"mean": whitening.mean, "whitening": whitening.matrix.astype("float16")}
        files[_file_name(config.stage)] = arrays, {"config": config.to_json()}

    def complete(checksums: dict[str, str]) -> dict[str, Any]:
        entries = dict(before["stages"])
        for _, config, about in stages:
            name = _file_name(config.stage)
            own = {"config": config.to_json(), "file": name, "sha256": checksums[name]}
            entries[str(config.stage)] = {**about, **own}
        new = {"version": VERSION, "stages": dict(sorted(entries.items()))}
        return {**before, **new, **card}

    write_set(folder, files, complete)


def _file_name(stage: int) -> str:
    return f"stage{stage}.npz"


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
    entries = card["stages"]
    generators, whitening = {}, None
    for stage in stages:
        if (entry := entries.get(str(stage))) is None:
            continue
        file = set_file(folder, entry)
        arrays, note = read_arrays(file)
        config = Config.from_json({**note["config"], "precision": "float32"})
        build = build_stage1_generator if stage == 1 else build_stage2_generator
        generator = build(config, card["encoder"]["width"])
        from_arrays("generator", generator.variables, arrays, file)
        generators[stage] = generator
        whitening = Whitening(arrays["mean"], arrays["whitening"].astype("float32"))
    if whitening is None or 1 not in generators and 1 in stages:
        raise InputError(f"{folder} holds no weights of stage {stages[0]}: train that stage first")
    return Weights(folder, card, generators, whitening)
