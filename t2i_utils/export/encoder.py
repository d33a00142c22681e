"""The sentence encoder in files that a browser can read: 30 MB become about 20.

    caption -> plain form -> piece ids -> rows of the table -> encoder.onnx -> sentence (1, 512)

`encoder.onnx` holds the network, `sentencepiece.model` the pieces and their scores, `pieces.bin`
the table of the pieces' vectors in whole numbers, and `encoder.json` tells how to read it.

The table is most of it. Pieces are sorted by how common they are, so the rare ones may be coarse:
their numbers are rounded to every second or third level, which compresses to less than half. Every
caption still gets its own pieces, and the words that people use keep their exact vectors.

Piece `id` is row `id // 17` of block `id % 17`; each block has its own scale. `pieces.bin` holds
the first COMMON_ROWS rows of every block, one byte per number, and then the other rows, two
numbers per byte, the first in the low half (pairs compress better than single numbers).
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from t2i_utils.export.graph import Graph
from t2i_utils.text.encoders.package import data_file, load_network
from t2i_utils.text.export import BEGIN, END, UNKNOWN, WINDOWS

EXACT_ROWS, COMMON_ROWS = 1_180, 3_500  # of each block: all levels kept, every second one kept
RARE = 3  # levels of a usual block that become one in the other rows
USUAL_SCALE = 0.155  # of most blocks; two have larger ones, and are coarse already


def export_encoder(folder: Path) -> None:
    """Write the sentence encoder's four files into a folder that exists."""
    network = load_network()
    _encoder_graph(network).save(folder / "encoder.onnx")
    (folder / "sentencepiece.model").write_bytes(data_file("sp.model").read_bytes())
    table = pack_table(network)
    (folder / "pieces.bin").write_bytes(table.bytes)
    about = {
        "width": network.table.shape[1],
        "rows": len(network.table) // len(network.scale),
        "commonRows": COMMON_ROWS,
        "scale": network.scale.tolist(),
        "low": network.lo.tolist(),
        "rareScale": table.rare_scale.tolist(),
        "unknown": UNKNOWN,
        "begin": BEGIN,
        "end": END,
    }
    (folder / "encoder.json").write_text(json.dumps(about))


class Table(NamedTuple):
    """The packed table: its file, and the (blocks,) scales of numbers from -8 to 7 in rare rows."""

    bytes: bytes
    rare_scale: np.ndarray


def pack_table(network: Any) -> Table:
    """Round the network's table (pieces, width) uint8 and pack it as this module describes."""
    scale, blocks = network.scale, len(network.scale)
    levels = np.stack([network.table[block::blocks] for block in range(blocks)]).astype(np.float32)
    zero = np.round(-network.lo / scale)[:, None, None]  # the level that stands for 0
    levels -= zero

    def step(kept: int) -> np.ndarray:
        return np.maximum(1, np.round(kept * USUAL_SCALE / scale))[:, None, None]

    common = levels[:, :COMMON_ROWS]
    fine = common[:, EXACT_ROWS:]
    fine[:] = np.round(fine / step(2)) * step(2)
    common = np.clip(common + zero, 0, 63).astype(np.uint8)
    rare = np.round(levels[:, COMMON_ROWS:] / step(RARE))
    rare = (np.clip(rare, -8, 7) + 8).astype(np.uint8)
    pairs = rare[..., ::2] | rare[..., 1::2] << 4
    return Table(common.tobytes() + pairs.tobytes(), (scale * step(RARE)[:, 0, 0]))


def _encoder_graph(network: Any) -> Graph:
    """From vectors of pieces (pieces, width) to a sentence (1, width) of length 1."""
    graph = Graph("sentence_encoder")
    width = network.table.shape[1]
    channels = network.w1[0].shape[1]
    pieces = graph.input("pieces", ("pieces", width))

    def linear(value: str, weight: np.ndarray, bias: np.ndarray | None = None) -> str:
        value = graph.node("MatMul", value, graph.weight(weight))
        return value if bias is None else graph.node("Add", value, graph.constant(bias))

    def normalise(value: str, gamma: np.ndarray, beta: np.ndarray) -> str:
        constants = [graph.constant(gamma), graph.constant(beta)]
        return graph.node("LayerNormalization", value, *constants, epsilon=network.eps)

    projected = normalise(
        linear(pieces, network.proj_W, network.proj_b), network.ln_g_all, network.ln_b_all
    )
    projected = graph.node("Transpose", projected, perm=(1, 0))
    batch = graph.constant(np.array([0], np.int64))
    projected = graph.node("Unsqueeze", projected, batch)  # (1, branches * channels, pieces)
    branches = graph.nodes("Split", len(WINDOWS), projected, axis=1, num_outputs=len(WINDOWS))
    layers = zip(network.w1, network.b1, network.w2, network.b2, strict=True)
    features = [pieces]
    for value, (size, left), (w1, b1, w2, b2) in zip(branches, WINDOWS, layers, strict=True):
        for weight, bias in ((w1, b1), (w2, b2)):
            kernel = weight.reshape(size, channels, channels).transpose(2, 1, 0)
            constants = [graph.weight(kernel), graph.constant(bias)]
            seen = graph.node("Conv", value, *constants, pads=(left, size - 1 - left))
            value = graph.node("Add", value, graph.node("Relu", seen))
        value = graph.node("Squeeze", value, batch)
        features.append(graph.node("Transpose", value, perm=(1, 0)))
    joined = normalise(graph.node("Concat", *features, axis=1), network.ln_g, network.ln_b)
    summed = graph.node("ReduceSum", linear(joined, network.cnn_W, network.cnn_b), batch)
    count = graph.node("Gather", graph.node("Shape", pieces), batch)
    count = graph.node("Cast", count, to=1)  # 1 is float32
    pooled = graph.node("Div", summed, graph.node("Sqrt", count))  # (1, width)
    first = graph.node("Relu", linear(pooled, network.d0))
    second = graph.node("Add", linear(pooled, network.p1), linear(first, network.d1))
    second = graph.node("Relu", second)
    third = graph.node("Relu", linear(second, network.d2))
    last = graph.node("Add", linear(second, network.p3), linear(third, network.d3))
    last = graph.node("Tanh", last)
    graph.output(graph.node("LpNormalization", last, axis=1, p=2), "sentence", (1, width))
    return graph
