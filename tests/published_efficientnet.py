"""The published EfficientNet-Lite0 in NumPy, to compare the Keras network with."""

from typing import Any

import numpy as np

from t2i_utils.vision.efficientnet_lite import BLOCKS, IMAGENET_MEAN, IMAGENET_STD
from t2i_utils.vision.published import BATCH_NORM_EPSILON


def reference_outputs(tensors: dict[str, np.ndarray], images: np.ndarray) -> list[np.ndarray]:
    """Run the original Lite0 in NumPy and float64, with BatchNorm as layers of its own.

    It is slow and shares no code with the Keras network; the tests compare the two.

    Args:
        tensors: of `read_tensors`.
        images: (batch, height, width, 3) in [-1, 1].

    Returns:
        The feature maps at strides 4, 8, 16 and 32, the pooled features and the logits.
    """

    def convolve(x: np.ndarray, name: str, norm: str, stride: int = 1, clip: bool = True) -> Any:
        kernel = tensors[f"{name}.weight"].astype("float64")  # (out, in, k, k); depthwise: in = 1
        size = kernel.shape[-1]
        padding = [max(size - stride + -n % stride, 0) for n in x.shape[1:3]]
        edges = [(total // 2, total - total // 2) for total in padding]
        x = np.pad(x, ((0, 0), *edges, (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (1, 2))
        windows = windows[:, ::stride, ::stride]  # (batch, h, w, channels, k, k)
        if kernel.shape[1] == 1:
            x = np.einsum("bhwcij,cij->bhwc", windows, kernel[:, 0])
        else:
            x = np.tensordot(windows, kernel, ((3, 4, 5), (1, 2, 3)))
        mean, variance, weight, bias = (
            tensors[f"{norm}.{part}"].astype("float64")
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        x = (x - mean) / np.sqrt(variance + BATCH_NORM_EPSILON) * weight + bias
        return np.clip(x, 0, 6) if clip else x

    x = ((images + 1) / 2 - np.array(IMAGENET_MEAN)) / np.array(IMAGENET_STD)
    x = convolve(x, "_conv_stem", "_bn0", 2)
    outputs = []
    block = 0
    for group, (_, repeats, _, _, stride) in enumerate(BLOCKS):
        for repeat in range(repeats):
            prefix, before = f"_blocks.{block}", x
            if f"{prefix}._expand_conv.weight" in tensors:
                x = convolve(x, f"{prefix}._expand_conv", f"{prefix}._bn0")
            x = convolve(x, f"{prefix}._depthwise_conv", f"{prefix}._bn1", 1 if repeat else stride)
            x = convolve(x, f"{prefix}._project_conv", f"{prefix}._bn2", clip=False)
            x = x + before if repeat else x
            block += 1
        if group in (1, 2, 4, 6):
            outputs.append(x)
    pooled = convolve(x, "_conv_head", "_bn1").mean((1, 2))
    logits = pooled @ tensors["_fc.weight"].T.astype("float64") + tensors["_fc.bias"]
    return [*outputs, pooled, logits]
