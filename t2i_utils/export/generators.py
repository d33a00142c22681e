"""A weight set as ONNX files: whitening, Stage I and Stage II.

    sentence (n, width) -> whitening.onnx -> embedding (n, width)
    embedding, noise (n, noise_size) -> stage1.onnx -> images (n, 64, 64, 3)
    embedding, stage1_images -> stage2.onnx -> images (n, 256, 256, 3)

`sentence` is what the encoder gives; whitening has a file of its own, since two captions are
blended after it. Pictures are float32 about [-1, 1]. The condition is the mean of its distribution
(epsilon = 0), as wherever this library draws.

A generator is walked operation by operation. Each kind of layer has a function here, of its name,
that adds the layer's nodes: a new layer needs one function more.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.export.graph import Graph
from t2i_utils.stackgan.kernels import ROW_SUMS
from t2i_utils.stackgan.weights import Weights


def export_weights(weights: Weights, folder: Path) -> list[Path]:
    """Write a weight set's ONNX files.

    Args:
        weights: the loaded set.
        folder: where to; made if it is missing.

    Returns:
        The files.

    Raises:
        InputError: the package onnx is missing, the folder cannot be written, or a generator holds
            a layer that has no function here.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make {folder}: {error.strerror or error}") from error
    whitening = folder / "whitening.onnx"
    _whitening_graph(weights).save(whitening)
    files = [whitening]
    for stage, generator in weights.generators.items():
        file = folder / f"stage{stage}.onnx"
        generator_graph(generator).save(file)
        files.append(file)
    return files


def _whitening_graph(weights: Weights) -> Graph:
    width = len(weights.whitening.mean)
    graph = Graph("whitening")
    sentence = graph.input("sentence", ("n", width))
    centred = graph.node("Sub", sentence, graph.constant(weights.whitening.mean))
    matrix = graph.weight(weights.whitening.matrix)
    embedding = graph.node("MatMul", centred, matrix)
    if limit := weights.card.get("length_limit"):  # as t2i_utils.text.whitening.limit_length has it
        length = graph.node("ReduceL2", embedding, graph.constant(np.array([1], np.int64)))
        longest = graph.node("Max", length, graph.constant(np.float32(limit)))
        share = graph.node("Div", graph.constant(np.float32(limit)), longest)
        embedding = graph.node("Mul", embedding, share)
    graph.output(embedding, "embedding", ("n", width))
    return graph


def generator_graph(generator: keras.Model) -> Graph:
    """Turn a generator, whose first output is its pictures, into a graph with epsilon = 0."""
    graph = Graph(generator.name)
    values: dict[int, Any] = {}  # of a Keras tensor, by its id
    inputs = [keras.Input(x.shape[1:], name=x.name) for x in generator.inputs]
    for tensor in inputs:
        if tensor.name == "epsilon":
            values[id(tensor)] = graph.constant(np.zeros((1, tensor.shape[-1]), np.float32))
            continue
        value = graph.input(tensor.name, ("n", *tensor.shape[1:]))
        is_map = len(tensor.shape) == 4
        values[id(tensor)] = graph.node("Transpose", value, perm=(0, 3, 1, 2)) if is_map else value
    kept = list(inputs)  # an id is a tensor's own only while the tensor lives

    def add(operation: Any, *args: Any, **kwargs: Any) -> Any:
        kind = type(operation).__name__
        if kind not in _CONVERSIONS:
            raise InputError(
                f"{kind} has no conversion to ONNX: add one to t2i_utils/export/generators.py"
            )
        tensors, output = keras.tree.flatten(args), operation(*args, **kwargs)
        names = [values.get(id(x), x) for x in tensors]
        values[id(output)] = _CONVERSIONS[kind](graph, operation, names, tensors)
        kept.append(output)
        return output

    outputs = keras.models.clone_model(
        generator, inputs, clone_function=lambda layer: layer, call_function=add
    ).outputs
    images = graph.node("Transpose", values[id(outputs[0])], perm=(0, 2, 3, 1))
    graph.output(images, "images", ("n", *outputs[0].shape[1:]))
    return graph


# Each function takes (graph, operation, values, tensors) and returns the name of the result.
# `values` are the operation's inputs in the graph; `tensors` are the same in Keras, where the last
# axis of a shape is the channels.


def _operand(graph: Graph, value: Any) -> str:
    return value if isinstance(value, str) else graph.constant(np.float32(value))


def _elementwise(kind: str) -> Any:
    def convert(graph: Graph, operation: Any, values: list, tensors: list) -> str:
        return graph.node(kind, *[_operand(graph, value) for value in values])

    return convert


def _leaky_relu(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    return graph.node("LeakyRelu", values[0], alpha=float(layer.negative_slope))


def _activation(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    return _activate(graph, values[0], layer.activation.__name__)


def _activate(graph: Graph, value: str, name: str) -> str:
    kinds = {"linear": "", "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}
    if name not in kinds:
        raise InputError(f"activation {name} has no conversion to ONNX: add it to _activate")
    return graph.node(kinds[name], value) if kinds[name] else value


def _dense(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    value = graph.node("MatMul", values[0], graph.weight(layer.kernel))
    if layer.use_bias:
        value = graph.node("Add", value, graph.constant(np.asarray(layer.bias)))
    return _activate(graph, value, layer.activation.__name__)


def _concatenate(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    return graph.node("Concat", *values, axis=1)


def _reshape(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    shape = graph.constant(np.array((0, *layer.target_shape), np.int64))  # 0: as it was
    value = graph.node("Reshape", values[0], shape)
    return graph.node("Transpose", value, perm=(0, 3, 1, 2))


def _get_item(graph: Graph, operation: Any, values: list, tensors: list) -> str:
    """A slice of the last axis: `x[:, a:b]` of a vector, `x[..., a:b]` of a map."""
    part = [item for item in tensors if isinstance(item, slice)][-1]
    start, stop, _ = part.indices(tensors[0].shape[-1])
    ends = [graph.constant(np.array([place], np.int64)) for place in (start, stop, 1)]
    return graph.node("Slice", values[0], *ends)


def _glu(graph: Graph, operation: Any, values: list, tensors: list) -> str:
    half, gate = graph.nodes("Split", 2, values[0], axis=1, num_outputs=2)
    return graph.node("Mul", half, graph.node("Sigmoid", gate))


def _convolve(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    kernel = np.transpose(np.asarray(layer.kernel), (3, 2, 0, 1))
    inputs = [values[0], graph.weight(kernel)]
    if layer.use_bias:
        inputs.append(graph.constant(np.asarray(layer.bias)))
    value = graph.node(
        "Conv", *inputs, strides=layer.strides, auto_pad="SAME_UPPER", kernel_shape=kernel.shape[2:]
    )
    return _activate(graph, value, layer.activation.__name__)


def _upsample_convolve(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    """The 3x3 kernel is stored, and summed to the 4x4 one by nodes that a runtime folds."""
    kernel = np.transpose(np.asarray(layer.kernel), (2, 3, 0, 1))  # (channels, filters, 3, 3)
    channels, filters = kernel.shape[:2]
    narrow = graph.weight(kernel.reshape(channels, filters, 9))
    wide = graph.node("MatMul", narrow, graph.constant(np.kron(ROW_SUMS, ROW_SUMS).T))
    shape = graph.constant(np.array((channels, filters, 4, 4), np.int64))
    kernel = graph.node("Reshape", wide, shape)
    return graph.node(
        "ConvTranspose", values[0], kernel, strides=(2, 2), pads=(1, 1, 1, 1), kernel_shape=(4, 4)
    )


def _batch_norm(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    mean, variance = np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)
    gamma = np.asarray(layer.gamma) if layer.scale else np.ones_like(mean)
    beta = np.asarray(layer.beta) if layer.center else np.zeros_like(mean)
    if len(tensors[0].shape) == 2:
        scale = gamma / np.sqrt(variance + layer.epsilon)
        scaled = graph.node("Mul", values[0], graph.constant(scale))
        return graph.node("Add", scaled, graph.constant(beta - mean * scale))
    constants = [graph.constant(array) for array in (gamma, beta, mean, variance)]
    return graph.node("BatchNormalization", values[0], *constants, epsilon=layer.epsilon)


def _modulated_batch_norm(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    maps = _batch_norm(graph, layer.normalise, values, tensors)
    modulation = _dense(graph, layer.modulation, values[1:], tensors[1:])
    shape = graph.constant(np.array((0, 0, 1, 1), np.int64))
    scale, shift = [
        graph.node("Reshape", half, shape)
        for half in graph.nodes("Split", 2, modulation, axis=1, num_outputs=2)
    ]
    scaled = graph.node("Mul", maps, graph.node("Add", scale, graph.constant(np.float32(1))))
    return graph.node("Add", scaled, shift)


def _tiled_concatenate(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    shape = graph.constant(np.array((0, 0, 1, 1), np.int64))
    vector = graph.node("Reshape", values[1], shape)
    repeats = graph.constant(np.array((1, 1, *tensors[0].shape[1:3]), np.int64))
    return graph.node("Concat", values[0], graph.node("Tile", vector, repeats), axis=1)


def _depth_to_space(graph: Graph, operation: Any, values: list, tensors: list) -> str:
    return graph.node("DepthToSpace", values[0], blocksize=operation.block_size, mode="DCR")


def _upsampling(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    mode = "linear" if layer.interpolation == "bilinear" else layer.interpolation
    return _resize(graph, values[0], layer.size, mode)


def _resize(graph: Graph, value: str, times: tuple[int, int], mode: str) -> str:
    scales = graph.constant(np.array((1, 1, *times), np.float32))
    return graph.node(
        "Resize", value, "", scales, mode=mode, coordinate_transformation_mode="half_pixel"
    )


def _back_projection(graph: Graph, layer: Any, values: list, tensors: list) -> str:
    large, small = values
    times = tensors[0].shape[1] // tensors[1].shape[1]

    def enlarge(value: str) -> str:
        return _resize(graph, value, (times, times), "linear")

    def highest(value: str) -> str:
        around = graph.node("MaxPool", value, kernel_shape=(3, 3), pads=(1, 1, 1, 1))
        raised = graph.node("Add", around, graph.constant(np.float32(layer.margin)))
        return enlarge(graph.node("Min", raised, graph.constant(np.float32(1))))

    lowest = graph.node("Neg", highest(graph.node("Neg", small)))
    large = graph.node("Min", graph.node("Max", large, lowest), highest(small))
    shrunk = graph.node("AveragePool", large, kernel_shape=(times, times), strides=(times, times))
    missing = enlarge(graph.node("Sub", small, shrunk))
    return graph.node(
        "Add", large, graph.node("Mul", missing, graph.constant(np.float32(layer.share)))
    )


_CONVERSIONS = {
    "Activation": _activation,
    "Add": _elementwise("Add"),
    "BackProjection": _back_projection,
    "BatchNormalization": _batch_norm,
    "Concatenate": _concatenate,
    "Conv2D": _convolve,
    "Dense": _dense,
    "DepthToSpace": _depth_to_space,
    "Exp": _elementwise("Exp"),
    "GetItem": _get_item,
    "Glu": _glu,
    "LeakyReLU": _leaky_relu,
    "Minimum": _elementwise("Min"),
    "ModulatedBatchNorm": _modulated_batch_norm,
    "Multiply": _elementwise("Mul"),
    "Reshape": _reshape,
    "TiledConcatenate": _tiled_concatenate,
    "UpSampling2D": _upsampling,
    "UpsampleConv2D": _upsample_convolve,
}
