"""Checks of the exercises in notebook 03 (Stage-I GAN)."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from t2i_utils.course.checks import (
    as_array,
    call,
    one_number,
    passes_gradients,
    short,
    verdict,
)
from t2i_utils.course.checks_03_contrastive import check_contrastive as check_contrastive

# --- exercise 1 --------------------------------------------------------------------------------


def check_modulation(layer_class: type) -> bool:
    """Exercise 1: a BatchNorm whose scale and shift come from a condition.

    Args:
        layer_class: a layer with the sublayers `normalise` and `modulation`, and a `call` that
            takes [maps (batch, h, w, channels), condition (batch, size)] and `training`.
    """
    rng = np.random.default_rng(0)
    maps = rng.normal(1, 2, (4, 2, 3, 5)).astype("float32")  # four sides, all different
    condition = rng.normal(size=(4, 6)).astype("float32")
    layer = layer_class()
    layer.build([maps.shape, condition.shape])
    for variable in layer.modulation.variables:
        variable.assign(rng.normal(0, 0.5, variable.shape))
    layer.normalise.moving_mean.assign(rng.normal(size=5))
    layer.normalise.moving_variance.assign(rng.uniform(1, 2, 5))
    for training in (False, True):  # training changes the moving statistics, so it comes last
        cases = _modulations(layer, maps, condition, training)
        answer, problem = call(layer.call, [ops.array(maps), ops.array(condition)], training)
        if problem:
            return verdict(False, _modulation_problem(problem))
        found = as_array(answer)
        if found is None or found.shape != maps.shape:
            shape = short(answer) if found is None else found.shape
            return verdict(
                False, f"return maps of the shape of the input, {maps.shape}: got {shape}"
            )
        if not np.allclose(found, cases[""], rtol=1e-3, atol=1e-4):
            same = [hint for hint, case in cases.items() if np.allclose(found, case, atol=1e-4)]
            return verdict(
                False, same[0] if same else "normalise, then * (1 + scale), then + shift"
            )
    return verdict(True, "the sentence scales and shifts every channel of a normalised map")


def _modulations(
    layer: Any, maps: np.ndarray, condition: np.ndarray, training: bool
) -> dict[str, np.ndarray]:
    """The right result under the key "", and the usual mistakes' under the hints for them."""
    kernel, bias = (np.asarray(value) for value in layer.modulation.get_weights())
    scale, shift = np.split((condition @ kernel + bias)[:, None, None, :], 2, axis=-1)
    kept = [np.asarray(value) for value in layer.normalise.get_weights()[-2:]]
    batch = [maps.mean((0, 1, 2)), maps.var((0, 1, 2))]

    def normal(statistics: list[np.ndarray]) -> np.ndarray:
        mean, variance = statistics
        return (maps - mean) / np.sqrt(variance + layer.normalise.epsilon)

    right, other = (normal(batch), normal(kept)) if training else (normal(kept), normal(batch))
    return {
        "": right * (1 + scale) + shift,
        "hand `training` on: self.normalise(maps, training=training)": other * (1 + scale) + shift,
        "multiply by 1 + scale: at scale 0 the maps should pass as they are": right * scale + shift,
        "the first half is the scale, the second the shift": right * (1 + shift) + scale,
        "normalise the maps first: self.normalise(maps, training=training)": maps * (1 + scale)
        + shift,
        "the shift is missing": right * (1 + scale),
        "the scale is missing": right + shift,
        "the condition does nothing yet: multiply by 1 + scale, add the shift": right,
        "those are the maps as they came: normalise, scale and shift them": maps,
        "add the shift after scaling, or it is scaled too": (right + shift) * (1 + scale),
    }


def _modulation_problem(problem: str) -> str:
    if "replace the ..." in problem:
        return "replace the ... in `call`: normalise the maps, then scale and shift them"
    if "shape" in problem.lower() or "dimension" in problem.lower():
        return (
            "scale and shift are (batch, channels), the maps (batch, h, w, channels): give them "
            f"two more axes by [:, None, None, :] ({problem[:80]})"
        )
    return problem


# --- exercise 2 --------------------------------------------------------------------------------


def check_pair_loss(function: Callable[..., Any]) -> bool:
    """Exercise 2: the hinge loss of the discriminator over three kinds of pair."""
    rng = np.random.default_rng(0)
    # Logits on both sides of both margins. The last three cases show a term that is missing.
    cases = [tuple(rng.normal(0, 2, (3, 40)).astype("float32"))]
    cases += [tuple(np.full((3, 4), value, "float32")) for value in (0.0, 3.0, -3.0)]
    for logits in cases:
        answer, problem = call(function, *(values.copy() for values in logits))
        if problem:
            return verdict(False, problem)
        value, right = one_number(answer), _hinge(*logits)
        if value is None:
            return verdict(False, f"return one number, a mean over the batch; got {short(answer)}")
        if not np.isclose(value, right, rtol=1e-4, atol=1e-5):
            return verdict(False, _pair_hint(value, logits))
    if not passes_gradients(function, [np.full(4, 0.5)] * 3):
        return verdict(
            False,
            "the number is right, but no gradient comes through: NumPy keeps none; take ops.relu "
            "(or ops.maximum) and ops.mean",
        )
    return verdict(True, "three margins, weighted 1, 1/2 and 1/2, and gradients pass")


def _hinge(real: Any, wrong: Any, fake: Any, weight: float = 0.5) -> float:
    def mean(values: Any) -> float:
        return float(np.maximum(values, 0).mean())

    return mean(1 - real) + weight * (mean(1 + wrong) + mean(1 + fake))


def _pair_hint(value: float, logits: tuple[np.ndarray, ...]) -> str:
    real, wrong, fake = logits
    for mistake, hint in (
        (_hinge(real, wrong, fake, 1.0), "weigh the terms 1, 1/2 and 1/2, not 1, 1 and 1"),
        (_hinge(real, wrong, fake) / 2, "that is half of it: the weights are 1, 1/2 and 1/2"),
        (_hinge(real, wrong, fake, 1.0) / 3, "weigh the terms 1, 1/2 and 1/2; do not average them"),
        (_hinge(-real, -wrong, -fake), "the signs are turned round: a real pair should be above 1"),
        (_hinge(real, -wrong, fake), "a wrong text should get a logit below -1, not above 1"),
        (_hinge(real, wrong, -fake), "a generated picture should get a logit below -1"),
        (_hinge(real, fake, fake), "the wrong text is missing: that term is what makes it read"),
        (float(np.maximum(1 - real, 0).mean() + 0.5 * np.maximum(1 + fake, 0).mean()),
         "the wrong text is missing: that term is what makes it read"),
        (float(np.maximum(1 - real, 0).mean() + np.maximum(1 + fake, 0).mean()),
         "the wrong text is missing: that term is what makes it read"),
        (float((1 - real).mean() + 0.5 * ((1 + wrong).mean() + (1 + fake).mean())),
         "cut each logit's term at 0 with ops.relu *before* the mean: beyond its margin it "
         "costs nothing"),
        (float(np.maximum(-real, 0).mean()
               + 0.5 * (np.maximum(wrong, 0).mean() + np.maximum(fake, 0).mean())),
         "the margin is missing: 1 - real, 1 + wrong, 1 + fake"),
        (_hinge(real, wrong, fake) * real.size, "that is a sum: take the mean of each term"),
        (float(np.logaddexp(0, -real).mean()
               + 0.5 * (np.logaddexp(0, wrong).mean() + np.logaddexp(0, fake).mean())),
         "that is the paper's cross-entropy; the hinge is max(0, 1 - real) and so on"),
    ):  # fmt: skip
        if np.isclose(value, mistake, rtol=1e-4, atol=1e-5):
            return hint
    return (
        f"for logits of mean {real.mean():.2f} (real), {wrong.mean():.2f} (wrong) and "
        f"{fake.mean():.2f} (fake) expected {_hinge(real, wrong, fake):.4f}, got {value:.4f}"
    )


# --- exercise 3 --------------------------------------------------------------------------------


def ready_update(
    tape: Any, d_loss: Any, g_loss: Any, discriminator: Any, generator: Any, *optimizers: Any
) -> None:
    """A right answer: the notebook trains with it until the learner's own is right."""
    players = ((d_loss, discriminator), (g_loss, generator))
    for (loss, player), optimizer in zip(players, optimizers, strict=True):
        gradients = tape.gradient(loss, player.trainable_variables)
        optimizer.apply(gradients, player.trainable_variables)


class _Tape:
    """Stands for a gradient tape: its gradients say which loss was differentiated for what.

    Attributes:
        numbers: {(name of the loss, name of the network): the gradient}.
    """

    numbers = {("d", "d"): 1.0, ("d", "g"): 10.0, ("g", "d"): 100.0, ("g", "g"): 1000.0}

    def __init__(self, losses: Mapping[str, Any], networks: Mapping[str, Any]) -> None:
        self._losses = {id(loss): name for name, loss in losses.items()}
        self._owners = {id(v): name for name, net in networks.items() for v in net.variables}

    def gradient(self, target: Any, sources: Any) -> Any:
        loss = self._losses[id(target)]
        return keras.tree.map_structure(
            lambda variable: ops.full(variable.shape, self.numbers[loss, self._owner(variable)]),
            sources,
        )

    def _owner(self, variable: Any) -> str:
        return self._owners[id(variable)]


def check_update(function: Callable[..., Any]) -> bool:
    """Exercise 3: each player learns from its own loss, for its own weights.

    Args:
        function: called with (tape, d_loss, g_loss, discriminator, generator, d_optimizer,
            g_optimizer); it changes both networks' weights and returns nothing.
    """
    rates = {"d": 1e-2, "g": 1e-3}
    networks = {
        name: keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]) for name in rates
    }
    before = {name: network.get_weights()[0] for name, network in networks.items()}
    losses = {name: ops.array(value) for name, value in (("d", 1.5), ("g", -0.5))}
    optimizers = {name: keras.optimizers.SGD(rate) for name, rate in rates.items()}
    for optimizer in optimizers.values():  # so that using the wrong one is no error of Keras's
        optimizer.build([v for network in networks.values() for v in network.trainable_variables])
    tape = _Tape(losses, networks)
    if not callable(function):
        return verdict(False, f"a function is wanted, got {short(function)}")
    try:
        function(tape, *losses.values(), *networks.values(), *optimizers.values())
    except KeyError:
        return verdict(False, "give tape.gradient a loss and the weights of one of the networks")
    except Exception as error:  # whatever a learner's code may raise
        what = " ".join(str(error).split())
        return verdict(False, f"your function stopped with {type(error).__name__}: {what}")
    moved = {
        name: float((network.get_weights()[0] - before[name]).mean())
        for name, network in networks.items()
    }
    hint = _update_hint(moved, rates)
    return verdict(not hint, hint or "each loss moves the weights of its own player, and no other")


def _update_hint(moved: Mapping[str, float], rates: Mapping[str, float]) -> str:
    """What is wrong with an update by which the weights moved so far; "" where nothing is."""
    names = {"d": "discriminator", "g": "generator"}

    def is_step(player: str, loss: str, owner: str, sign: float = -1.0) -> bool:
        gradient = _Tape.numbers[loss, player]
        return bool(np.isclose(moved[player], sign * rates[owner] * gradient, rtol=1e-2))

    if not any(moved.values()):
        return "no weight has moved: replace the ..., take gradients, then apply them"
    for player, other in (("d", "g"), ("g", "d")):
        name = names[player]
        if is_step(player, player, player):
            continue
        if not moved[player]:
            return f"the {name}'s weights have not moved: apply its gradients with its optimiser"
        if is_step(player, other, player):
            return f"the {name} must learn from {player}_loss, its own, not from {other}_loss"
        if is_step(player, player, other):
            return f"the {name} has an optimiser of its own, {player}_optimizer"
        if is_step(player, player, player, sign=1.0):
            return f"the {name} climbs its loss: an optimiser takes the gradient as it is"
        return (
            f"the {name}'s weights were moved by something else than {player}_loss, once: each "
            "loss is differentiated for the weights of its own player only"
        )
    return ""


# --- exercise 4 --------------------------------------------------------------------------------


def ready_alarm(
    diversity: Any, diversity_real: Any, share: float = 0.25, patience: int = 50
) -> int:
    """A right answer: the notebook tests its runs with it until the learner's own is right."""
    return _alarm(np.asarray(diversity) < share * np.asarray(diversity_real), patience)


def check_collapse_alarm(function: Callable[..., Any]) -> bool:
    """Exercise 4: the step at which a collapse is reported, or -1 if there is none.

    The learner's function is called with (diversity, diversity_real, share, patience).
    """
    for what, ratios, patience in (
        ("a healthy run", [0.8, 0.6, 0.7, 0.9, 0.8], 2),
        ("a run that collapses at once", [0.1] * 6, 3),
        ("a run that collapses late", [0.9, 0.8, 0.7, 0.1, 0.1, 0.1, 0.1], 3),
        ("a dip that is too short", [0.9, 0.1, 0.1, 0.8, 0.9, 0.8], 3),
        ("two short dips", [0.1, 0.1, 0.9, 0.1, 0.1, 0.9], 3),
        ("a dip, then a collapse", [0.1, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9], 3),
    ):
        diversity_real = np.linspace(0.4, 0.6, len(ratios))
        diversity = np.array(ratios) * diversity_real
        answer, problem = call(function, diversity.copy(), diversity_real.copy(), 0.25, patience)
        if problem:
            return verdict(False, f"{problem} ({what}; if it never rings, return -1)")
        number = as_array(answer)
        if number is None or number.size != 1 or number.dtype.kind not in "iu":
            return verdict(False, f"return a step as a whole number, or -1; got {short(answer)}")
        value, right = int(number.reshape(())), _alarm(np.array(ratios) < 0.25, patience)
        if value != right:
            return verdict(False, f"{what}: {_alarm_hint(value, right, ratios, patience)}")
    return verdict(True, "it rings for a collapse, and sleeps through a dip")


def _alarm(alike: np.ndarray, patience: int) -> int:
    in_a_row = 0
    for step, is_alike in enumerate(alike):
        in_a_row = in_a_row + 1 if is_alike else 0
        if in_a_row == patience:
            return step
    return -1


def _alarm_hint(value: int, right: int, ratios: list[float], patience: int) -> str:
    alike = np.array(ratios) < 0.25
    listed = ", ".join(f"{ratio:g}" for ratio in ratios)
    given = f"diversity is {listed} of diversity_real, patience {patience}"
    total = np.flatnonzero(np.cumsum(alike) == patience)
    if right == -1 and not alike.any():
        return f"compare with share * diversity_real, picture by picture ({given})"
    if len(total) and value == total[0] and value != right:
        return f"the steps must be *in a row*: start to count anew when one is fine ({given})"
    if right >= 0 and value == right - patience + 1:
        return f"that is where it begins; the alarm rings at the last of the {patience} ({given})"
    if right >= 0 and value == right + 1:
        return f"one too late: it rings at the step that completes the {patience} ({given})"
    if right >= 0 and value == -1:
        return f"it never rang, and should at step {right} ({given})"
    return f"expected {right}, got {value} ({given})"
