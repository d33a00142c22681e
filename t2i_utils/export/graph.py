"""An ONNX graph, written node by node.

Maps lie as ONNX has them, (batch, channels, height, width). Weights are stored as float16 and
widened by the graph itself, so that every runtime computes in float32; a runtime that folds
constants does this once, when it loads the file.
"""

from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import replace_file

OPSET = 18
IR_VERSION = 10  # the newest that onnxruntime 1.20, of 2024, reads
FEW = 1024  # numbers or fewer: stored in float32


def import_onnx() -> Any:
    """Return the package `onnx`.

    Raises:
        InputError: it is not installed.
    """
    try:
        import onnx  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise InputError(
            "exporting needs the package onnx: run "
            'pip install "text-to-image-synthesizer[export]", or in a checkout pip install onnx'
        ) from None
    return onnx


class Graph:
    """Nodes, constants, inputs and outputs under way to a file.

    Values are named by strings: a method that adds something returns the name of its result.
    """

    def __init__(self, name: str) -> None:
        self._onnx = import_onnx()
        self._name = name
        self._nodes, self._constants, self._inputs, self._outputs = [], [], [], []
        self._count = 0

    def input(self, name: str, shape: tuple[int | str, ...]) -> str:
        """Declare a float32 input; a size that is a string may differ from run to run."""
        helper = self._onnx.helper
        kind = self._onnx.TensorProto.FLOAT
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, value: str, name: str, shape: tuple[int | str, ...]) -> None:
        """Declare a value to be a float32 output of this name."""
        helper = self._onnx.helper
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        kind = self._onnx.TensorProto.FLOAT
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output."""
        name = self._new(kind)
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def nodes(self, kind: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node with several outputs."""
        names = [self._new(kind) for _ in range(count)]
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def constant(self, array: Any) -> str:
        """Add an array as it is; float64 becomes float32."""
        array = np.asarray(array)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        name = self._new("constant")
        contiguous = np.ascontiguousarray(array).reshape(array.shape)
        self._constants.append(self._onnx.numpy_helper.from_array(contiguous, name))
        return name

    def weight(self, array: Any) -> str:
        """Add a weight as float16, and the node that widens it; a small one stays float32."""
        array = np.asarray(array, np.float32)
        if array.size <= FEW:
            return self.constant(array)
        narrow = self.constant(array.astype(np.float16))
        return self.node("Cast", narrow, to=self._onnx.TensorProto.FLOAT)

    def save(self, path: Path) -> None:
        """Check the model and write it.

        Raises:
            InputError: the file cannot be written.
        """
        onnx = self._onnx
        graph = onnx.helper.make_graph(
            self._nodes, self._name, self._inputs, self._outputs, self._constants
        )
        model = onnx.helper.make_model(
            graph,
            producer_name="text-to-image-synthesizer",
            ir_version=IR_VERSION,
            opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        )
        onnx.checker.check_model(model, full_check=True)
        replace_file(path, lambda file: file.write(model.SerializeToString()))

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind.lower()}_{self._count}"
