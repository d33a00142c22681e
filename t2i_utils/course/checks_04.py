"""Checks of the exercises in notebook 04 (Stage-II GAN)."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.course.checks import as_array, call, one_number, short, verdict


def check_residual_block(function: Callable[..., Any]) -> bool:
    """Exercise 1: two 3x3 convolutions with BatchNorm, added to the input, then ReLU."""
    inputs = keras.Input((8, 8, 6))
    outputs, problem = call(function, inputs)
    if problem:
        return verdict(False, problem)
    if not isinstance(outputs, keras.KerasTensor):
        return verdict(False, f"return the output of the last layer, got {short(outputs)}")
    if tuple(outputs.shape) != tuple(inputs.shape):
        return verdict(
            False,
            f"the shape must stay {inputs.shape[1:]}, got {outputs.shape[1:]}: padding='same', "
            "and as many filters as the input has channels",
        )
    try:
        model = keras.Model(inputs, outputs)
    except ValueError:
        return verdict(False, "the output does not come from the input: chain the layers")
    keras.utils.set_random_seed(0)
    convolutions = [x for x in model.layers if isinstance(x, layers.Conv2D)]
    norms = [x for x in model.layers if isinstance(x, layers.BatchNormalization)]
    sizes = [x.kernel_size for x in convolutions]
    if sizes != [(3, 3)] * 2:
        return verdict(False, f"two 3x3 convolutions are wanted, got {sizes}")
    if any(x.use_bias for x in convolutions):
        return verdict(False, "BatchNorm adds a bias of its own: use_bias=False in both")
    if len(norms) != 2:
        return verdict(False, f"a BatchNorm after each convolution: you have {len(norms)}, not 2")
    return verdict(*_block_behaviour(model, convolutions, norms))


def _block_behaviour(model: Any, convolutions: list[Any], norms: list[Any]) -> tuple[bool, str]:
    """Run the block on random maps, once with large kernels and once with kernels of zeros."""
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(4, 8, 8, 6)).astype("float32")
    for layer in convolutions:
        layer.kernel.assign(rng.normal(0, 0.5, layer.kernel.shape))
    outputs = model.predict_on_batch(maps)
    added = outputs - maps
    if (outputs < 0).any():
        return False, "negative numbers come out: ReLU belongs after the addition too"
    for layer in convolutions:
        layer.kernel.assign(np.zeros(layer.kernel.shape))
    silent = model.predict_on_batch(maps)
    if np.allclose(silent, 0):
        return False, "with silent convolutions nothing is left of the input: add it at the end"
    if not np.allclose(silent, np.maximum(maps, 0), atol=1e-5):
        return False, "with silent convolutions the block must give ReLU(input): add the input once"
    if (added[outputs > 0] >= -1e-6).all():
        return False, "the block can only add, never take away: no ReLU before the addition"
    if not np.ptp(added[outputs > 0]) > 0:
        return False, "the convolutions change nothing: are they in the path?"
    for layer in convolutions:
        layer.kernel.assign(rng.normal(0, 0.5, layer.kernel.shape))
    for layer in norms:  # statistics by which the order of the layers shows
        layer.moving_mean.assign(rng.normal(size=6))
        layer.moving_variance.assign(rng.uniform(0.5, 2, 6))
    first, second = ((convolutions[i], norms[i]) for i in (0, 1))
    x = ops.relu(first[1](first[0](maps)))
    right = ops.relu(maps + second[1](second[0](x)))
    if not np.allclose(model.predict_on_batch(maps), right, atol=1e-3):
        return False, "another order: convolution, BatchNorm, ReLU, convolution, BatchNorm"
    return True, "the input passes, and the convolutions only say what to change"


def ready_last_layer(maps: Any, sketch: Any) -> Any:
    """A right answer: the notebook trains with it until the learner's own is right."""
    change = layers.Conv2D(12, 3, padding="same", kernel_initializer="zeros")(maps)
    enlarged = layers.UpSampling2D(4, interpolation="bilinear")(sketch)
    return layers.add([enlarged, ops.depth_to_space(change, 2)])


def check_last_layer(function: Callable[..., Any]) -> bool:
    """Exercise 2: a change read from the maps, added to the enlarged sketch."""
    maps, sketch = keras.Input((8, 8, 6)), keras.Input((4, 4, 3))
    outputs, problem = call(function, maps, sketch)
    if problem:
        return verdict(False, problem)
    if not isinstance(outputs, keras.KerasTensor):
        return verdict(False, f"return the output of the last layer, got {short(outputs)}")
    if tuple(outputs.shape) != (None, 16, 16, 3):
        return verdict(
            False,
            f"maps of (8, 8, 6) and a sketch of (4, 4, 3) should give (16, 16, 3), got "
            f"{outputs.shape[1:]}",
        )
    try:
        model = keras.Model([maps, sketch], outputs)
    except ValueError:
        return verdict(False, "the output does not come from the inputs: chain the layers")
    convolutions = [x for x in model.layers if isinstance(x, layers.Conv2D)]
    if not convolutions:
        return verdict(False, "a convolution must read the change from the maps")
    if len(convolutions) > 1 or convolutions[0].filters != 12:
        found = [x.filters for x in convolutions]
        return verdict(False, f"one convolution to 12 channels, got {found}")
    hint = _last_layer_hint(model, convolutions[0])
    return verdict(not hint, hint or "it starts as the enlarged sketch, and learns only a change")


def _last_layer_hint(model: Any, convolution: Any) -> str:
    """What is wrong with a last layer; "" where nothing is."""
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(2, 8, 8, 6)).astype("float32")
    sketch = rng.uniform(-1, 1, (2, 4, 4, 3)).astype("float32")
    if convolution.kernel_size != (3, 3):
        return f"a 3x3 convolution is wanted, got {convolution.kernel_size}"
    if np.any(convolution.kernel.numpy()):
        return "an untrained Stage II must change nothing: kernel_initializer='zeros'"
    start = model.predict_on_batch([maps, sketch])
    enlarged = np.asarray(layers.UpSampling2D(4, interpolation="bilinear")(sketch))
    if np.allclose(start, 0):
        return "with a silent convolution nothing is left: add the enlarged sketch"
    if np.allclose(start, np.tanh(enlarged), atol=1e-5):
        return "no tanh: pictures are clipped where they are shown"
    if np.allclose(start, sketch.repeat(4, axis=1).repeat(4, axis=2), atol=1e-5):
        return "the sketch was enlarged in squares: interpolation='bilinear'"
    if not np.allclose(start, enlarged, atol=1e-4):
        return "with a silent convolution the enlarged sketch must come out, added once"
    convolution.kernel.assign(rng.normal(0, 0.3, convolution.kernel.shape))
    change = model.predict_on_batch([maps, sketch]) - start
    right = np.asarray(ops.depth_to_space(convolution(maps), 2))
    if np.allclose(change, right, atol=1e-4):
        return ""
    if not change.any():
        return "the convolution changes nothing: is it in the path?"
    if np.allclose(change, -right, atol=1e-4):
        return "the change is taken away: add it"
    if np.allclose(change, np.maximum(right, 0), atol=1e-4):
        return "a change can be negative too: no ReLU after the last convolution"
    return "lay the 12 channels out by ops.depth_to_space(x, 2), and add nothing but that"


def ready_sketches(stage1: Any, embeddings: Any, noise: Any, epsilon: Any) -> Any:
    """A right answer: the game draws with it until the learner's own is right."""
    return ops.stop_gradient(stage1([embeddings, noise, epsilon], training=False)[0])


def _small_stage1() -> keras.Model:
    """[sentences (n, 5), noise (n, 3), epsilon (n, 2)] to pictures of 4 x 4 and two vectors."""
    text, noise, epsilon = (keras.Input((size,)) for size in (5, 3, 2))
    mu, log_sigma = layers.Dense(2)(text), layers.Dense(2)(text)
    condition = layers.add([mu, layers.multiply([ops.exp(log_sigma), epsilon])])
    x = layers.Dense(48, use_bias=False)(layers.Concatenate()([condition, noise]))
    x = layers.Reshape((4, 4, 3))(x)
    return keras.Model([text, noise, epsilon], [layers.BatchNormalization()(x), mu, log_sigma])


def check_sketches(function: Callable[..., Any]) -> bool:
    """Exercise 3: Stage I's pictures; no statistic moves, and no gradient comes through."""
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(6, size)).astype("float32") for size in (5, 3, 2)]
    keras.utils.set_random_seed(0)
    stage1 = _small_stage1()
    before = stage1.get_weights()
    right, *others = (np.asarray(x) for x in stage1(inputs, training=False))
    learning = np.asarray(stage1(inputs, training=True)[0])
    stage1.set_weights(before)
    answer, problem = call(function, stage1, *inputs)
    moved = not all(map(np.array_equal, before, stage1.get_weights()))
    stage1.set_weights(before)
    if problem:
        return verdict(False, problem)
    if moved:
        return verdict(False, "BatchNorm's running statistics moved: call with training=False")
    if isinstance(answer, (list, tuple)):
        return verdict(False, f"you return {len(answer)} things; the sketches are the first: [0]")
    values = as_array(answer)
    if values is None:
        return verdict(False, f"return the sketches, got {short(answer)}")
    if any(values.shape == x.shape and np.allclose(values, x, atol=1e-5) for x in others):
        return verdict(False, "that is not the first of the three things: take [0]")
    if values.shape != right.shape or not np.allclose(values, right, atol=1e-4):
        same = values.shape == right.shape and np.allclose(values, learning, atol=1e-4)
        hint = "call with training=False" if same else "give [embeddings, noise, epsilon] as it is"
        return verdict(False, f"these are other pictures than Stage I's: {hint}")
    if not keras.ops.is_tensor(answer):
        return verdict(False, "return what the model gives when it is *called*, a tensor")

    def losses() -> tuple[list[Any], None]:
        return [ops.mean(ops.square(function(stage1, *inputs)))], None

    _, _, (gradients,) = backend.gradients(losses, stage1.trainable_variables)
    if any(x is not None and np.asarray(x).any() for x in gradients):
        return verdict(False, "a gradient reaches Stage I's weights: ops.stop_gradient(...)")
    return verdict(True, "the sketches come out, and nothing in Stage I moves")


def ready_lesson(generator: Any, optimizer: Any, inputs: Any, originals: Any) -> Any:
    """A right answer: the notebook trains with it until the learner's own is right."""
    variables = generator.trainable_variables

    def losses() -> tuple[list[Any], None]:
        return [ops.mean(ops.abs(generator(inputs, training=True)[0] - originals))], None

    (loss,), _, (gradients,) = backend.gradients(losses, variables)
    optimizer.apply(gradients, variables)
    return loss


def _small_generator() -> keras.Model:
    """[sketches (n, 4, 4, 3), sentences (n, 5), epsilon (n, 2)] to pictures of 16 x 16 and more."""
    sketch, text, epsilon = (keras.Input(shape) for shape in ((4, 4, 3), (5,), (2,)))
    mu, log_sigma = layers.Dense(2)(text), layers.Dense(2)(text)
    condition = layers.Dense(3)(layers.add([mu, layers.multiply([ops.exp(log_sigma), epsilon])]))
    x = layers.add([layers.UpSampling2D(4)(sketch), layers.Reshape((1, 1, 3))(condition)])
    images = layers.Conv2D(3, 3, padding="same")(layers.BatchNormalization()(x))
    return keras.Model([sketch, text, epsilon], [images, mu, log_sigma])


def check_lesson(function: Callable[..., Any]) -> bool:
    """Exercise 4: one step of a generator towards pictures that are known."""
    rng = np.random.default_rng(0)
    shapes = (6, 4, 4, 3), (6, 5), (6, 2), (6, 16, 16, 3)
    *inputs, originals = (rng.normal(size=shape).astype("float32") for shape in shapes)
    keras.utils.set_random_seed(0)
    generator = _small_generator()
    start = generator.get_weights()
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(generator.trainable_variables)
    answer, problem = call(function, generator, optimizer, inputs, originals)
    after = generator.get_weights()
    if problem:
        return verdict(False, problem)
    value = one_number(answer)
    if value is None:
        return verdict(False, f"return the loss, one number; got {short(answer)}")
    hint = _loss_hint(value, generator, start, inputs, originals)
    if hint:
        return verdict(False, hint)
    generator.set_weights(start)
    ready_lesson(generator, optimizer, inputs, originals)
    trained = [w.path for w in generator.trainable_weights]
    steps = [
        (new - old, right - old)
        for old, new, right, weight in zip(
            start, after, generator.get_weights(), generator.weights, strict=True
        )
        if weight.path in trained
    ]
    return verdict(*_step_hint(steps))


def _loss_hint(
    value: float, generator: Any, start: list[Any], inputs: Any, originals: np.ndarray
) -> str:
    """What is wrong with the loss that a lesson returned; "" where nothing is."""
    generator.set_weights(start)
    still, made = (  # in this order: a call with training=True moves BatchNorm's statistics
        np.asarray(generator(inputs, training=training)[0]) - originals
        for training in (False, True)
    )
    right = np.abs(made).mean()
    if np.isclose(value, right, rtol=1e-4):
        return ""
    for wrong, hint in (
        (np.abs(still).mean(), "call the generator with training=True, so BatchNorm learns"),
        (np.square(made).mean(), "that is the *squared* difference: take ops.abs"),
        (made.mean(), "take ops.abs of the difference, or up and down cancel"),
        (-made.mean(), "take ops.abs of the difference, or up and down cancel"),
        (np.abs(made).sum(), "take the mean, not the sum"),
        (-right, "the sign is turned: the loss is the mean absolute difference"),
    ):
        if np.isclose(value, wrong, rtol=1e-4):
            return hint
    return f"the loss should be {right:.4f}, got {value:.4f}: the pictures are the first output"


def _step_hint(steps: list[tuple[np.ndarray, np.ndarray]]) -> tuple[bool, str]:
    """Judge the (change, right change) of each trainable array after one step."""
    if not any(change.any() for change, _ in steps):
        return False, "the loss is right, but no weight has moved: optimizer.apply(gradients, ...)"
    if all(np.allclose(change, right, atol=1e-5) for change, right in steps):
        return True, "the loss is returned, and every weight took its step towards the originals"
    if all(np.allclose(change, -right, atol=1e-5) for change, right in steps):
        return False, "the weights went uphill: give the gradients of the loss as they are"
    if any(right.any() and not change.any() for change, right in steps):
        return False, "some weights have not moved: take all of generator.trainable_variables"
    return False, "the weights took another step: one call of optimizer.apply, with the gradients"
