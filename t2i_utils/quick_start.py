"""A quick start for commands that draw or describe a few pictures: Keras on NumPy alone.

TensorFlow takes longer to import than a few pictures take to draw. Keras has a backend that
computes with NumPy, without gradients. It leaves convolutions and pooling to JAX, which is as slow
to start; so they are written here, for what our networks use. A network that needs more of JAX
starts the command again, on TensorFlow. Pictures differ from TensorFlow's by roundings.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from t2i_utils.environment import backend_name
from t2i_utils.quiet_import import quiet_import

FEW = 8  # pictures; to draw or describe more, TensorFlow is worth its start
# Keras and TensorFlow import these for plots, tables, notebooks and a converter: 3 s of 10.
_NEEDLESS = ("IPython", "matplotlib", "pandas", "jax")
# What Keras's NumPy backend imports for convolutions, pooling and Fourier transforms.
_JAX = ("jax", "jax.lax", "keras.src.backend.jax", "keras.src.backend.jax.math")


@contextlib.contextmanager
def quick_import(num_pictures: int) -> Iterator[None]:
    """Load Keras within this block, as fast as can be for so many pictures.

    Only commands use this, and not the Python API: it decides for the whole process.
    """
    if "keras" in sys.modules:
        yield
        return
    if sys.stderr.isatty():
        print("loading the networks ...", file=sys.stderr)
    if num_pictures <= FEW and not os.environ.get("KERAS_BACKEND"):
        os.environ["KERAS_BACKEND"] = "numpy"
    backend = backend_name()
    absent = {name: None for name in _NEEDLESS if name not in (backend, *sys.modules)}
    with quiet_import(), _modules(absent):
        if backend == "numpy":
            _load_numpy_backend()
        yield


@contextlib.contextmanager
def _modules(replacements: dict[str, Any]) -> Iterator[None]:
    """Let imports find these modules; None makes an import fail."""
    before = {name: sys.modules[name] for name in replacements if name in sys.modules}
    sys.modules.update(replacements)
    try:
        yield
    finally:
        for name in replacements:
            del sys.modules[name]
        sys.modules.update(before)


class _NotHere(ModuleType):
    """In place of JAX, its modules and functions: whoever calls one needs another backend."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _NotHere(name)

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        _start_again()


def _start_again() -> NoReturn:
    """Run this process's command again from its beginning, on TensorFlow."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _load_numpy_backend() -> None:
    with _modules({name: _NotHere(name) for name in _JAX}):
        from keras.src.backend.numpy import nn
    np.seterr(over="ignore")  # a sigmoid far below 0 is 0, by 1 / infinity
    nn.conv, nn.depthwise_conv = conv, depthwise_conv
    nn.average_pool, nn.max_pool = average_pool, max_pool


def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> np.ndarray:
    """Convolve (batch, height, width, channels) with (rows, columns, channels, filters)."""
    kernel = np.asarray(kernel)
    _check(inputs, kernel, data_format, dilation_rate)
    if kernel.shape[:2] == _pair(strides) == (1, 1):
        return np.tensordot(inputs, kernel[0, 0], 1)
    windows = _windows(inputs, kernel.shape[:2], strides, padding)
    return np.tensordot(windows, kernel, axes=((4, 5, 3), (0, 1, 2)))


def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> np.ndarray:
    """Convolve each channel with its own kernel, of (rows, columns, channels, 1)."""
    kernel = np.asarray(kernel)
    _check(inputs, kernel, data_format, dilation_rate)
    if kernel.shape[3] > 1:
        _start_again()
    windows = _windows(inputs, kernel.shape[:2], strides, padding)
    outputs = np.zeros(windows.shape[:4], inputs.dtype)
    for row, column in np.ndindex(*kernel.shape[:2]):
        outputs += windows[..., row, column] * kernel[row, column, :, 0]
    return outputs


def average_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> np.ndarray:
    """Average windows of (batch, height, width, channels)."""
    return _pools(inputs, pool_size, strides, padding, data_format).mean(axis=(4, 5))


def max_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> np.ndarray:
    """The largest value of windows of (batch, height, width, channels)."""
    return _pools(inputs, pool_size, strides, padding, data_format).max(axis=(4, 5))


def _pools(
    inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: str | None
) -> np.ndarray:
    if padding != "valid" or inputs.ndim != 4 or data_format == "channels_first":
        _start_again()
    size = _pair(pool_size)
    return _windows(inputs, size, strides or size, padding)


def _check(inputs: Any, kernel: Any, data_format: str | None, dilation_rate: Any) -> None:
    """Start again for what is not written here: dilation, groups, other numbers of dimensions."""
    if (
        inputs.ndim != 4
        or data_format == "channels_first"
        or _pair(dilation_rate) != (1, 1)
        or inputs.shape[-1] != kernel.shape[2]
    ):
        _start_again()


def _pair(size: Any) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else tuple(size)


def _windows(inputs: np.ndarray, size: tuple[int, int], strides: Any, padding: str) -> np.ndarray:
    """A view of all windows: (batch, height, width, channels, rows, columns)."""
    strides = _pair(strides)
    if padding == "same":
        pads = [
            max(0, (-(-length // step) - 1) * step + width - length)
            for length, step, width in zip(inputs.shape[1:3], strides, size, strict=True)
        ]
        inputs = np.pad(inputs, [(0, 0), *((pad // 2, pad - pad // 2) for pad in pads), (0, 0)])
    return sliding_window_view(inputs, size, axis=(1, 2))[:, :: strides[0], :: strides[1]]
