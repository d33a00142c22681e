"""`t2i export`: a weight set as ONNX files, which any ONNX runtime loads."""

import argparse
from pathlib import Path

from t2i_utils.commands.arguments import Parser
from t2i_utils.quiet_import import quiet_import

ABOUT = """write a weight set as ONNX files, for use outside Python

  t2i export --weights birds --out onnx      whitening.onnx, stage1.onnx, stage2.onnx

whitening.onnx turns a sentence (what the encoder gives) into an embedding, stage1.onnx an embedding
and noise into pictures of 64 px, stage2.onnx these and the embedding into pictures of 256 px. The
pictures are float32 in [-1, 1]; those of Stage II may pass it a little and are to be clipped."""


def add_arguments(parser: Parser) -> None:
    """Describe the command's options."""
    parser.add_argument(
        "--weights",
        default="birds",
        metavar="NAME|DIR",
        help="a shipped set, or a training run's folder; default: birds",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder for the files"
    )
    parser.run_with(run)


def run(options: argparse.Namespace) -> int:
    """Write the files and print their names and sizes."""
    from t2i_utils.export.graph import import_onnx

    import_onnx()  # before anything slow happens
    with quiet_import():
        from t2i_utils.export.generators import export_weights
        from t2i_utils.stackgan.weights import load_weights

        weights = load_weights(options.weights)
    for file in export_weights(weights, options.out):
        print(f"{file}  {file.stat().st_size / 1e6:.1f} MB")
    return 0
