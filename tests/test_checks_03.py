"""The checks of notebook 03: the solution passes, each usual mistake gets the hint that fits."""

import numpy as np
import pytest
from answers import said
from keras import layers, ops

from t2i_utils.course import checks_03
from t2i_utils.stackgan.layers import ModulatedBatchNorm


def refused(capsys, check, *answer, hint: str) -> None:
    assert check(*answer) is False
    line = said(capsys)
    assert line.startswith("Not yet: ") and hint in line, line


# --- exercise 1 --------------------------------------------------------------------------------


class Modulated(layers.Layer):
    """What the notebook gives: two sublayers; tests put a `call` in."""

    def build(self, shapes):
        maps, condition = shapes
        self.normalise = layers.BatchNormalization(center=False, scale=False)
        self.modulation = layers.Dense(2 * maps[-1])
        self.normalise.build(maps)
        self.modulation.build(condition)

    def halves(self, condition):
        return ops.split(self.modulation(condition)[:, None, None, :], 2, axis=-1)


def modulated(call):
    return type("Mine", (Modulated,), {"call": call})


def right_call(self, inputs, training=None):
    maps, condition = inputs
    scale, shift = self.halves(condition)
    return self.normalise(maps, training=training) * (1 + scale) + shift


def in_another_style(self, inputs, training=None):
    numbers = self.modulation(inputs[1])
    channels = inputs[0].shape[-1]
    scale = ops.reshape(numbers[:, :channels], (-1, 1, 1, channels))
    shift = ops.reshape(numbers[:, channels:], (-1, 1, 1, channels))
    x = self.normalise(inputs[0], training=training)
    return x + x * scale + shift


@pytest.mark.parametrize(
    "layer_class", [modulated(right_call), modulated(in_another_style), ModulatedBatchNorm]
)
def test_the_modulation_is_accepted(capsys, layer_class):
    assert checks_03.check_modulation(layer_class) is True
    assert said(capsys).startswith("Right: ")


def wrong(change):
    """A layer whose `call` returns change(normalised maps, scale, shift, maps)."""

    def call(self, inputs, training=None):
        maps, condition = inputs
        return change(self.normalise(maps, training=training), *self.halves(condition), maps)

    return modulated(call)


@pytest.mark.parametrize(
    ("layer_class", "hint"),
    [
        (modulated(lambda self, inputs, training=None: ...), "replace the ... in `call`"),
        (modulated(lambda self, inputs, training=None: None), "replace the ... in `call`"),
        (modulated(lambda self, inputs: ...), "TypeError"),
        (wrong(lambda x, scale, shift, maps: x * scale + shift), "1 + scale"),
        (wrong(lambda x, scale, shift, maps: x * (1 + shift) + scale), "first half"),
        (wrong(lambda x, scale, shift, maps: maps * (1 + scale) + shift), "normalise the maps"),
        (wrong(lambda x, scale, shift, maps: x * (1 + scale)), "shift is missing"),
        (wrong(lambda x, scale, shift, maps: x + shift), "scale is missing"),
        (wrong(lambda x, scale, shift, maps: x), "does nothing"),
        (wrong(lambda x, scale, shift, maps: maps), "as they came"),
        (wrong(lambda x, scale, shift, maps: (x + shift) * (1 + scale)), "after scaling"),
        (wrong(lambda x, scale, shift, maps: x * (1 - scale) + shift), "then * (1 + scale)"),
        (wrong(lambda x, scale, shift, maps: scale + shift), "shape"),
        (modulated(lambda self, inputs, training=None: "maps"), "shape"),
        (modulated(lambda self, inputs, training=None: self.normalise(inputs[0])
                   * (1 + self.halves(inputs[1])[0]) + self.halves(inputs[1])[1]), "hand"),
        (modulated(lambda self, inputs, training=None: inputs[0] * self.modulation(inputs[1])),
         "two more axes"),
    ],
)  # fmt: skip
def test_a_wrong_modulation_gets_its_hint(capsys, layer_class, hint):
    refused(capsys, checks_03.check_modulation, layer_class, hint=hint)


# --- exercise 2 --------------------------------------------------------------------------------


relu, mean = ops.relu, ops.mean


def pair_loss(real, wrong, fake):
    return mean(relu(1 - real)) + (mean(relu(1 + wrong)) + mean(relu(1 + fake))) / 2


def with_maximum(real, wrong, fake):
    def term(values):
        return mean(ops.maximum(0.0, values))

    return term(1 - real) + 0.5 * term(1 + wrong) + 0.5 * term(1 + fake)


def in_numpy(real, wrong, fake):
    real, wrong, fake = (np.asarray(logits) for logits in (real, wrong, fake))
    terms = [np.maximum(0, 1 + sign * x).mean() for sign, x in ((-1, real), (1, wrong), (1, fake))]
    return terms[0] + 0.5 * terms[1] + 0.5 * terms[2]


def test_the_pair_loss_is_accepted_and_is_the_librarys(capsys):
    from t2i_utils.stackgan.losses import discriminator_loss

    def librarys(*logits):
        return discriminator_loss("hinge", *logits)

    for function in (pair_loss, with_maximum, librarys):
        assert checks_03.check_pair_loss(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda real, wrong, fake: ..., "replace the ..."),
        (lambda real, wrong, fake: None, "replace the ..."),
        (lambda real, wrong: 0.0, "TypeError"),
        (lambda real, wrong, fake: relu(1 - real), "one number"),
        (lambda r, w, f: mean(relu(1 - r)) + mean(relu(1 + w)) + mean(relu(1 + f)), "1, 1 and"),
        (lambda r, w, f: pair_loss(r, w, f) / 2, "half of it"),
        (lambda r, w, f: mean(relu(1 - r) + relu(1 + w) + relu(1 + f)) / 3, "do not average"),
        (lambda r, w, f: pair_loss(-r, -w, -f), "turned round"),
        (lambda r, w, f: pair_loss(r, -w, f), "wrong text should"),
        (lambda r, w, f: pair_loss(r, w, -f), "generated picture should"),
        (lambda r, w, f: mean(relu(1 - r)) + mean(relu(1 + f)), "wrong text is missing"),
        (lambda r, w, f: mean(relu(1 - r)) + mean(relu(1 + f)) / 2, "wrong text is missing"),
        (lambda r, w, f: mean(1 - r) + (mean(1 + w) + mean(1 + f)) / 2, "*before*"),
        (lambda r, w, f: relu(mean(1 - r)) + (relu(mean(1 + w)) + relu(mean(1 + f))) / 2,
         "*before*"),
        (lambda r, w, f: mean(relu(-r)) + (mean(relu(w)) + mean(relu(f))) / 2, "margin"),
        (lambda r, w, f: ops.sum(relu(1 - r)) + (ops.sum(relu(1 + w)) + ops.sum(relu(1 + f))) / 2,
         "sum"),
        (lambda r, w, f: mean(ops.softplus(-r))
         + (mean(ops.softplus(w)) + mean(ops.softplus(f))) / 2, "cross-entropy"),
        (lambda r, w, f: 1.25, "expected"),
        (lambda r, w, f: float("nan"), "expected"),
        (in_numpy, "no gradient comes through"),
        (lambda r, w, f: ops.convert_to_tensor(in_numpy(r, w, f)), "no gradient comes through"),
    ],
)  # fmt: skip
def test_a_wrong_pair_loss_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_03.check_pair_loss, function, hint=hint)


# --- exercise 3 --------------------------------------------------------------------------------


def update(tape, d_loss, g_loss, discriminator, generator, d_optimizer, g_optimizer):
    gradients = tape.gradient(d_loss, discriminator.trainable_variables)
    d_optimizer.apply(gradients, discriminator.trainable_variables)
    gradients = tape.gradient(g_loss, generator.trainable_variables)
    g_optimizer.apply(gradients, generator.trainable_variables)


def update_in_another_style(tape, d_loss, g_loss, *players):
    weights = [player.trainable_weights for player in players[:2]]
    found = [tape.gradient(loss, w) for loss, w in zip((d_loss, g_loss), weights, strict=True)]
    for optimizer, gradients, w in zip(players[2:], found, weights, strict=True):
        optimizer.apply_gradients(zip(gradients, w, strict=True))


@pytest.mark.parametrize("function", [update, update_in_another_style, checks_03.ready_update])
def test_the_update_is_accepted(capsys, function):
    assert checks_03.check_update(function) is True
    assert said(capsys).startswith("Right: ")


def steps(*terms):
    """An update of (loss, player, optimiser, sign) steps."""

    def function(tape, d_loss, g_loss, discriminator, generator, d_optimizer, g_optimizer):
        names = {"d": (d_loss, discriminator, d_optimizer), "g": (g_loss, generator, g_optimizer)}
        for loss, player, optimizer, sign in terms:
            weights = names[player][1].trainable_variables
            gradients = tape.gradient(names[loss][0], weights)
            names[optimizer][2].apply([sign * gradient for gradient in gradients], weights)

    return function


D, G = ("d", "d", "d", 1), ("g", "g", "g", 1)


def on_all_weights(tape, d_loss, g_loss, discriminator, generator, d_optimizer, g_optimizer):
    weights = discriminator.trainable_variables + generator.trainable_variables
    d_optimizer.apply(tape.gradient(d_loss, weights), weights)
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda *arguments: ..., "no weight has moved"),
        (lambda *arguments: None, "no weight has moved"),
        (lambda tape, d_loss, g_loss, d, g, *o: tape.gradient(d_loss, d.trainable_variables),
         "no weight has moved"),
        (lambda tape, loss: None, "TypeError"),
        (lambda tape, d_loss, *rest: tape.gradient(d_loss + 1, rest[1].variables), "a loss and"),
        (steps(D), "generator's weights have not moved"),
        (steps(G), "discriminator's weights have not moved"),
        (steps(("g", "d", "d", 1), G), "the discriminator must learn from d_loss"),
        (steps(D, ("d", "g", "g", 1)), "the generator must learn from g_loss"),
        (steps(("d", "d", "g", 1), G), "optimiser of its own, d_optimizer"),
        (steps(D, ("g", "g", "d", 1)), "optimiser of its own, g_optimizer"),
        (steps(("d", "d", "d", -1), G), "the discriminator climbs"),
        (steps(D, ("g", "g", "g", -1)), "the generator climbs"),
        (steps(D, D, G), "something else than d_loss, once"),
        (on_all_weights, "something else than d_loss, once"),
    ],
)  # fmt: skip
def test_a_wrong_update_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_03.check_update, function, hint=hint)


# --- exercise 4 --------------------------------------------------------------------------------


def alarm(diversity, diversity_real, share, patience, *, reset=True, shift=0):
    in_a_row = 0
    for step in range(len(diversity)):
        alike = diversity[step] < share * diversity_real[step]
        in_a_row = in_a_row + 1 if alike else (0 if reset else in_a_row)
        if in_a_row == patience:
            return step + shift
    return -1


def test_the_alarm_is_accepted(capsys):
    assert checks_03.check_collapse_alarm(alarm) is True
    assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (lambda d, r, s, p: ..., "replace the ..."),
        (lambda d, r, s, p: None, "return -1"),
        (lambda d, r, s, p: "late", "whole number"),
        (lambda d, r, s, p: 0.5, "whole number"),
        (lambda d, r, s, p: alarm(d, r, s, p, reset=False), "in a row"),
        (lambda d, r, s, p: alarm(d, r, s, p, shift=1 - p) if alarm(d, r, s, p) >= 0 else -1,
         "where it begins"),
        (lambda d, r, s, p: alarm(d, r, s, p, shift=1) if alarm(d, r, s, p) >= 0 else -1,
         "one too late"),
        (lambda d, r, s, p: -1, "never rang"),
        (lambda d, r, s, p: alarm(d, np.ones_like(r) * 4, s, p), "diversity_real"),
        (lambda d, r, s, p: len(d), "diversity_real"),
    ],
)  # fmt: skip
def test_a_wrong_alarm_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_03.check_collapse_alarm, function, hint=hint)


# --- exercise 5 --------------------------------------------------------------------------------


def scores_of(images, texts):
    return images @ texts.T / 0.1


def log_softmax(scores, axis=1):
    return scores - np.log(np.exp(scores).sum(axis=axis, keepdims=True))


def contrastive(images, texts):
    return -np.diagonal(log_softmax(scores_of(images, texts))).mean()


def test_the_contrastive_loss_is_accepted_and_is_the_librarys(capsys):
    from t2i_utils.stackgan.losses import contrastive_loss

    def librarys(images, texts):
        places = ops.arange(len(images))
        classes = ops.arange(len(texts))
        images, texts = (ops.cast(vectors, "float32") for vectors in (images, texts))
        return ops.mean(contrastive_loss(images, texts, places, places, classes))

    for function in (contrastive, librarys):
        assert checks_03.check_contrastive(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (lambda images, texts: ..., "replace the ..."),
        (lambda images, texts: scores_of(images, texts), "one number"),
        (lambda i, t: contrastive(0.1 * i, t), "temperature, 0.1"),
        (lambda i, t: contrastive(0.01 * i, t), "*divide*"),
        (lambda i, t: -np.diagonal(log_softmax(scores_of(i, t), 0)).mean(), "axis 1"),
        (lambda i, t: -contrastive(i, t), "the sign"),
        (lambda i, t: len(i) * contrastive(i, t), "that is a sum"),
        (lambda i, t: -log_softmax(scores_of(i, t)).mean(), "diagonal"),
        (lambda i, t: -np.exp(np.diagonal(log_softmax(scores_of(i, t)))).mean(), "logarithm of"),
        (lambda i, t: 1 - np.exp(np.diagonal(log_softmax(scores_of(i, t)))).mean(), "1 minus"),
        (lambda i, t: -np.diagonal(scores_of(i, t)).mean(), "softmax is missing"),
        (lambda i, t: -np.diagonal(i @ t.T).mean(), "temperature and softmax"),
        (lambda i, t: (contrastive(i, t) + -np.diagonal(log_softmax(scores_of(i, t), 0)).mean())
         / 2, "one direction"),
        (lambda i, t: -np.log(np.exp((i * t).sum(1) / 0.1)
                              / np.exp(scores_of(i, t)).sum(1)).mean(), "more sentences"),
        (lambda i, t: 0.5, "expected"),
    ],
)  # fmt: skip
def test_a_wrong_contrastive_loss_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_03.check_contrastive, function, hint=hint)
