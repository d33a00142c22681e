"""What decides how one stage is built and trained, as a frozen dataclass.

A recipe (`t2i_utils.stackgan.recipes`) may add fields of its own in a subclass, and fills in the
values; a preset fits them to a machine.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Self

from t2i_utils.errors import InputError

PRESETS = ("smoke", "cpu", "gpu")
IMAGE_SIZES = {1: 64, 2: 256}  # stage: height and width of its pictures, in pixels
# What people call a precision, and Keras's dtype policy of it.
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}
LARGEST_SEED = 2**32 - 1

# Weight files written before recipes had fields of their own name these for every recipe.
_ONCE_COMMON = {
    "feature_size",
    "initial_log_sigma",
    "contrastive_weight",
    "diversity_weight",
    "blur_steps",
    "hidden_square",
}


def whole(default: Any, least: int = 0, most: int = 2**31 - 1) -> Any:
    """A field that is a whole number between two bounds, both allowed.

    Configurations are read from files that anybody may have written: the bounds keep a network from
    taking all memory before anything is compared with it. `...` as default: there is none.
    """
    bounds = {"least": least, "most": most}
    if default is ...:
        return dataclasses.field(metadata=bounds)
    return dataclasses.field(default=default, metadata=bounds)


def check_fields(config: Any) -> None:
    """Whether each number and text of a dataclass is one, and within its bounds: see `whole`.

    Raises:
        InputError: it names the field and its value.
    """
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        least, most = field.metadata.get("least", -math.inf), field.metadata.get("most", math.inf)
        if field.type is int:
            expected = f"a whole number from {least:g} to {most:g}"
            fits = type(value) is int and least <= value <= most
        elif field.type is float:
            expected, number = "a number", isinstance(value, int | float)
            fits = number and not isinstance(value, bool) and abs(value) < 1e9
        else:
            expected, fits = "a word", field.type is not str or isinstance(value, str)
        if not fits:
            raise InputError(
                f"{field.name} {value!r:.60} is not {expected}, as it is in every configuration: "
                "mend it, or take other weights"
            )


@dataclass(frozen=True)
class Config:
    """The fields that every recipe has.

    Widths are numbers of channels, learning rates are per step of Adam, weights multiply losses.
    """

    recipe: str = "modern"
    preset: str = "cpu"
    stage: int = whole(1)
    # architecture
    condition_size: int = whole(128, 1, 1024)  # of c, the sampled condition
    noise_size: int = whole(100, 1, 1024)  # of z
    generator_width: int = whole(64, 2, 256)  # gf_dim: channels of a stage's last maps, before RGB
    discriminator_width: int = whole(64, 2, 512)  # df_dim (paper), channels of a head (modern)
    # objective
    kl_weight: float = 1.0
    num_distractors: int = whole(0, 0, 10**6)  # other pictures' sentences that a batch brings along
    captions_per_image: int = whole(1, 1, 100)  # so many embeddings are averaged in training
    typed_share: float = 0.0  # of the sentences: short ones, as people would type them
    text_directions: int = whole(0)  # of whitened sentences, the largest are kept; 0: all
    # optimisation
    batch_size: int = whole(64, 1, 1024)
    accumulate: int = whole(1, 1, 1024)  # parts that a batch is computed in, one after the other
    steps: int = whole(1000, 1)
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    beta_1: float = 0.5
    beta_2: float = 0.999
    halve_every_epochs: int = whole(0)  # the learning rates halve so often; 0: never
    decay_from: int = whole(0)  # step from which the learning rates fall to a tenth; 0: never
    decay_until: int = whole(0)  # step at which they have fallen
    average_decay: float = 0.0  # of the generator's weights (EMA); 0: no averaging
    precision: str = "float32"

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("preset", self.preset, PRESETS),
            ("stage", self.stage, tuple(IMAGE_SIZES)),
            ("precision", self.precision, tuple(POLICIES.values())),
        ):
            if value not in choices:
                allowed = ", ".join(map(str, choices))
                raise InputError(f"unknown {name} {value!r:.60}: choose one of {allowed}")
        check_fields(self)
        if self.typed_share and self.captions_per_image > 1:
            raise InputError(
                "typed_share needs captions that are not averaged: set captions_per_image to 1"
            )
        if self.batch_size % self.accumulate:
            raise InputError(
                f"a batch of {self.batch_size} has no {self.accumulate} equal parts: set "
                "accumulate to a number that divides it"
            )
        if self.decay_from and self.decay_until <= self.decay_from:
            raise InputError(
                f"decay_until {self.decay_until} must lie behind decay_from {self.decay_from}"
            )

    @property
    def part_size(self) -> int:
        """How many pictures of a batch are computed at once."""
        return self.batch_size // self.accumulate

    @property
    def image_size(self) -> int:
        """Height and width of the stage's pictures, in pixels."""
        return IMAGE_SIZES[self.stage]

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Rebuild a configuration from `to_json`; unknown fields raise `InputError`."""
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(fields) - known - _ONCE_COMMON):
            raise InputError(f"configuration has unknown fields {', '.join(unknown)[:60]}")
        return cls(**{name: value for name, value in fields.items() if name in known})
