"""Settings of a recipe in a file: `t2i train --config run.toml`, printed by `--show-config`.

typed_share = 0.5        # of both stages

[stage1]
steps = 22000            # of Stage I alone
"""

import dataclasses
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from t2i_utils.config import Config
from t2i_utils.errors import InputError

BY_OPTION = ("recipe", "preset", "stage")  # fields that options of the command line set


def read_settings(path: Path) -> dict[int, dict[str, Any]]:
    """Read a file of settings: {stage: fields that it sets}.

    Raises:
        InputError: the file is missing or no TOML, or it has another table than [stage1] and
            [stage2].
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"--config {path} cannot be read ({error.strerror}): name a file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no TOML file: {error}; --show-config prints one") from error
    tables = {1: content.pop("stage1", {}), 2: content.pop("stage2", {})}
    for table in (content, *tables.values()):
        if not isinstance(table, dict) or any(isinstance(v, dict) for v in table.values()):
            raise InputError(f"{path}: settings stand alone, or under [stage1] or [stage2]")
        if by_option := sorted(set(BY_OPTION) & set(table)):
            raise InputError(f"{path}: set {by_option[0]} by --{by_option[0]}, not in the file")
    return {stage: {**content, **table} for stage, table in tables.items()}


def to_toml(configs: Sequence[Config]) -> str:
    """Every setting of some stages, as a file that `read_settings` reads."""
    lines = []
    for config in configs:
        lines += ["", f"[stage{config.stage}]"]
        fields = dataclasses.asdict(config).items()
        lines += [
            f"{name} = {json.dumps(value)}" for name, value in fields if name not in BY_OPTION
        ]
    return "\n".join(lines[1:])
