"""Presets (smoke, cpu, gpu) times recipes (paper, modern), as frozen dataclasses.

`paper` is the recipe of StackGAN's released code (Zhang et al., ICCV 2017, arXiv 1612.03242).
`modern` keeps the two stages and changes the rest: a projected discriminator on frozen ImageNet
features (Sauer et al., NeurIPS 2021, arXiv 2111.01007), hinge losses (DF-GAN, arXiv 2008.05865),
a contrastive image-text loss (XMC-GAN, arXiv 2101.04702), a loss that makes noise count (mode
seeking, arXiv 1903.05628), a discriminator that sees blurred pictures first (StyleGAN-XL, arXiv
2202.00273) and an averaged generator.
A preset fits a recipe to a machine: widths, batch, precision and length.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from t2i_utils.errors import InputError

RECIPES = ("paper", "modern")
PRESETS = ("smoke", "cpu", "gpu")
IMAGE_SIZES = {1: 64, 2: 256}
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Config:
    """Everything that decides how one stage is built and trained, data apart.

    Widths are numbers of channels, learning rates are per step of Adam, weights multiply losses.
    """

    recipe: str = "modern"
    preset: str = "cpu"
    stage: int = 1
    # architecture
    condition_size: int = 128  # of c, the sampled condition
    noise_size: int = 100  # of z
    generator_width: int = 64  # gf_dim: channels of a stage's last maps, before RGB
    discriminator_width: int = 64  # df_dim (paper), channels of a head (modern)
    feature_size: int = 128  # modern: pictures are shown to EfficientNet-Lite0 at this size
    initial_log_sigma: float = 0.0  # of the condition, before training
    # objective
    kl_weight: float = 1.0
    contrastive_weight: float = 0.0
    diversity_weight: float = 0.0  # Stage I: two pictures of one caption must differ; even batches
    blur_steps: int = 0  # modern: the discriminator's view sharpens over so many first steps
    hidden_square: float = 0.0  # modern: side of what the discriminator is not shown, of 1
    num_distractors: int = 0  # more sentences that the contrastive loss tells apart
    captions_per_image: int = 1  # embeddings of so many captions are averaged in training
    # optimisation
    batch_size: int = 64
    steps: int = 1000
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    beta_1: float = 0.5
    beta_2: float = 0.999
    halve_every_epochs: int = 0  # the learning rates halve so often; 0: never
    average_decay: float = 0.0  # of the generator's weights (EMA); 0: no averaging
    precision: str = "float32"

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("recipe", self.recipe, RECIPES),
            ("preset", self.preset, PRESETS),
            ("stage", self.stage, (1, 2)),
        ):
            if value not in choices:
                allowed = ", ".join(map(str, choices))
                raise InputError(f"unknown {name} {value!r}: choose one of {allowed}")
        if self.steps < 1:
            raise InputError(f"--steps {self.steps} is not a positive number of training steps")

    @property
    def image_size(self) -> int:
        """Height and width of the stage's pictures, in pixels."""
        return IMAGE_SIZES[self.stage]

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Config":
        """Rebuild a configuration from `to_json`; unknown fields raise `InputError`."""
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(fields) - known):
            raise InputError(f"configuration has unknown fields {', '.join(unknown)}")
        return cls(**fields)


_PAPER: dict[str, Any] = {
    "generator_width": 128,
    "discriminator_width": 64,
    "kl_weight": 2.0,
    "captions_per_image": 4,
    "halve_every_epochs": 50,
}
_MODERN: dict[str, Any] = {
    "generator_width": 48,
    "discriminator_width": 64,
    "initial_log_sigma": -2.0,
    "kl_weight": 0.1,
    "contrastive_weight": 2.5,
    "hidden_square": 0.5,  # against learning few photographs by heart; drawn birds need none
    "num_distractors": 4096,
    "generator_learning_rate": 6e-4,
    "discriminator_learning_rate": 5e-4,
    "beta_1": 0.0,
    "beta_2": 0.99,
    "average_decay": 0.998,
}
_MODERN_SMOKE: dict[str, Any] = {
    "generator_width": 8,
    "discriminator_width": 16,
    "feature_size": 64,
    "num_distractors": 512,
}

# What each preset changes, by recipe and stage. Steps on a GPU are the paper's 600 epochs of
# 8,855 pictures in batches of 64.
_CHANGES: dict[tuple[str, str, int], dict[str, Any]] = {
    ("paper", "smoke", 1): {"generator_width": 16, "discriminator_width": 16},
    ("paper", "smoke", 2): {"generator_width": 8, "discriminator_width": 8},
    ("paper", "cpu", 1): {"generator_width": 64, "steps": 4000},
    ("paper", "cpu", 2): {"generator_width": 32, "discriminator_width": 16, "steps": 2000},
    ("paper", "gpu", 1): {"steps": 83000},
    ("paper", "gpu", 2): {"steps": 83000},
    ("modern", "smoke", 1): _MODERN_SMOKE,
    ("modern", "smoke", 2): _MODERN_SMOKE,
    ("modern", "cpu", 1): {"generator_width": 48, "steps": 4000},
    ("modern", "cpu", 2): {"generator_width": 16, "batch_size": 16, "steps": 1500},
    ("modern", "gpu", 1): {"steps": 40000},
    ("modern", "gpu", 2): {"generator_width": 32, "steps": 40000},
}
_PRESETS: dict[str, dict[str, Any]] = {
    "smoke": {"batch_size": 8, "steps": 20},
    "cpu": {"precision": "mixed_bfloat16"},
    "gpu": {"precision": "mixed_bfloat16"},
}


def make_config(
    recipe: str = "modern", preset: str = "cpu", stage: int = 1, **changes: Any
) -> Config:
    """The configuration of a recipe, fitted to a machine by a preset.

    Args:
        recipe: "paper" or "modern".
        preset: "smoke" (a minute or two), "cpu" (hours), "gpu" (many hours).
        stage: 1 (64 px) or 2 (256 px).
        **changes: fields of `Config` to set by hand; None leaves the preset's value.

    Raises:
        InputError: an unknown name, or a value out of range.
    """
    base = Config(recipe, preset, stage)  # checks the names
    fields = {
        **(_PAPER if recipe == "paper" else _MODERN),
        **({"halve_every_epochs": 100} if (recipe, stage) == ("paper", 2) else {}),
        **(
            {"diversity_weight": 2.0, "blur_steps": 800} if (recipe, stage) == ("modern", 1) else {}
        ),
        **_PRESETS[preset],
        **_CHANGES[recipe, preset, stage],
        **{key: value for key, value in changes.items() if value is not None},
    }
    return dataclasses.replace(base, **fields)
