"""The recipes by name. Each file in this folder is one: it ends with `register(...)`.

Importing this package is light: a recipe's file, and Keras with it, is imported when its name is
first asked for.
"""

import dataclasses
import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from t2i_utils.config import POLICIES, Config
from t2i_utils.errors import InputError

if TYPE_CHECKING:
    import keras

    from t2i_utils.stackgan.discriminator import Discriminator
    from t2i_utils.stackgan.recipe import Recipe

_registered: dict[str, "Recipe"] = {}


def register(recipe: "Recipe") -> None:
    """Make a recipe known by its name; an earlier one of that name is replaced."""
    _registered[recipe.name] = recipe


def recipe_names() -> list[str]:
    """Names of all recipes: the files of this folder, and what was registered from elsewhere."""
    return sorted({module.name for module in pkgutil.iter_modules(__path__)} | set(_registered))


def get_recipe(name: str) -> "Recipe":
    """The recipe of a name.

    Raises:
        InputError: there is none.
    """
    if name not in _registered:
        if name not in recipe_names():
            raise InputError(
                f"unknown recipe {name!r:.60}: choose one of {', '.join(recipe_names())}, or "
                "import the module that registers it"
            )
        module = importlib.import_module(f"{__name__}.{name}")
        if name not in _registered:
            raise InputError(f"{module.__file__} registers no recipe {name!r}: give it this name")
    return _registered[name]


def make_config(
    recipe: str = "modern", preset: str = "cpu", stage: int = 1, **changes: Any
) -> Config:
    """The configuration of a recipe, fitted to a machine by a preset.

    Args:
        recipe: "paper", "modern", or another registered name.
        preset: "smoke" (a minute or two), "cpu" (hours), "gpu" (many hours).
        stage: 1 (64 px) or 2 (256 px).
        **changes: fields of the configuration to set by hand; None leaves the preset's value. The
            precision "auto" is the best one for this device.

    Raises:
        InputError: an unknown name, or a value out of range.
    """
    found = get_recipe(recipe)
    base = found.config_class(recipe, preset, stage)  # checks the names
    changes = {name: value for name, value in changes.items() if value is not None}
    known = {field.name for field in dataclasses.fields(base)}
    if unknown := sorted(set(changes) - known):
        raise InputError(f"recipe {recipe!r} has no setting {', '.join(unknown)}")
    settings = {**found.settings(preset, stage), **changes}
    if settings.get("precision") == "auto":
        from t2i_utils.precision import best_precision, this_device

        settings["precision"] = POLICIES[best_precision(this_device())[0]]
    return dataclasses.replace(base, **settings)


def fine_tuning(recipe: str, num_images: int) -> dict[str, Any]:
    """What a recipe sets for a Stage I that goes on from trained weights with few pictures.

    The length grows with the square root of their number: 250 steps for 100 pictures, 430 for 300,
    790 for 1,000. From half of it on, the learning rates fall to a tenth.
    """
    steps = 10 * round(2.5 * num_images**0.5)
    schedule = {"steps": steps, "decay_from": steps // 2, "decay_until": steps}
    return {**schedule, **get_recipe(recipe).fine_tuning}


def config_from_json(fields: Any) -> Config:
    """Rebuild a configuration from `Config.to_json`, as its recipe's own class.

    Raises:
        InputError: an unknown recipe or field, or a value that does not fit.
    """
    if not isinstance(fields, dict) or not isinstance(fields.get("recipe"), str):
        raise InputError("a configuration names no recipe: restore it, or take other weights")
    return get_recipe(fields["recipe"]).config_class.from_json(fields)


def build_generator(config: Config, embedding_width: int) -> "keras.Model":
    """Build the generator of a stage and recipe: see `generators` for inputs and outputs."""
    from t2i_utils import backend

    backend.sum_in_one_order()
    return get_recipe(config.recipe).build_generator(config, embedding_width)


def build_discriminator(config: Config, embedding_width: int) -> "Discriminator":
    """Build the discriminator of a stage and recipe."""
    return get_recipe(config.recipe).build_discriminator(config, embedding_width)
