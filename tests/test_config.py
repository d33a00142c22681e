"""Presets and recipes."""

import pytest

from t2i_utils.config import PRESETS
from t2i_utils.errors import InputError
from t2i_utils.stackgan.recipes import config_from_json, make_config, recipe_names


@pytest.mark.parametrize("stage", [1, 2])
def test_paper_recipe_has_the_released_settings(stage):
    config = make_config("paper", "gpu", stage)
    assert (config.generator_width, config.discriminator_width) == (128, 64)
    assert (config.noise_size, config.condition_size) == (100, 128)
    assert config.kl_weight == 2.0
    assert config.captions_per_image == 4
    assert config.batch_size == 64
    assert (config.beta_1, config.beta_2) == (0.5, 0.999)
    assert config.generator_learning_rate == config.discriminator_learning_rate == 2e-4
    assert config.halve_every_epochs == {1: 50, 2: 100}[stage]
    assert config.average_decay == 0
    assert not hasattr(config, "contrastive_weight")
    assert config.steps == pytest.approx(600 * 8855 / 64, rel=0.001)  # 600 epochs


@pytest.mark.parametrize("recipe", recipe_names())
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("stage", [1, 2])
def test_every_configuration_survives_json(recipe, preset, stage):
    config = make_config(recipe, preset, stage)
    assert (config.recipe, config.preset, config.stage) == (recipe, preset, stage)
    assert config.image_size == 64 * 4 ** (stage - 1)
    assert config_from_json(config.to_json()) == config


def test_presets_differ_in_size():
    widths = [make_config("paper", preset, 1).generator_width for preset in PRESETS]
    steps = [make_config("modern", preset, 1).steps for preset in PRESETS]
    assert widths == sorted(set(widths))
    assert steps == sorted(set(steps))


def test_changes_win_and_none_leaves_the_preset():
    config = make_config("modern", "smoke", 1, steps=7, batch_size=None)
    assert config.steps == 7
    assert config.batch_size == make_config("modern", "smoke", 1).batch_size


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"recipe": "new"}, "unknown recipe 'new': choose one of modern, paper"),
        ({"preset": "tpu"}, "unknown preset 'tpu': choose one of smoke, cpu, gpu"),
        ({"stage": 3}, "unknown stage 3: choose one of 1, 2"),
        ({"steps": -3}, "steps -3 is not a whole number from 1 to"),
        ({"steps": 0}, "steps 0 is not a whole number from 1 to"),
    ],
)
def test_bad_values_are_refused_in_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        make_config(**arguments)
    assert "\n" not in str(caught.value)


def test_unknown_fields_of_a_saved_configuration_are_refused():
    fields = {**make_config().to_json(), "colour": 1, "shape": 2}
    with pytest.raises(InputError, match="unknown fields colour, shape"):
        config_from_json(fields)
