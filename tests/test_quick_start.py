"""A few pictures are drawn and described by NumPy alone, and are those that TensorFlow gives."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from keras import ops
from PIL import Image

import t2i_utils
from t2i_utils import quick_start

ROOT = Path(__file__).parent.parent
COMMAND = """
import sys
from t2i_utils.cli import main
main(sys.argv[1:])
assert not {"tensorflow", "jax", "matplotlib", "pandas"} & set(sys.modules)
"""


def run(*words: str | Path) -> str:
    """A command in a process of its own, which must not load TensorFlow."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *map(str, words)],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    captions = folder / "captions.txt"
    captions.write_text("a red bird\na small blue bird with a yellow belly\n")
    run("generate", "--weights", "toy", "--captions", captions, "--out", folder)
    return folder


def test_pictures_are_those_of_tensorflow_within_1_of_255(drawn):
    expected = t2i_utils.generate(["a red bird", "a small blue bird with a yellow belly"], "toy")
    for file, picture in zip(("000001.png", "000002.png"), expected, strict=True):
        found = np.asarray(Image.open(drawn / file)).astype(int)
        assert np.abs(found - picture).max() <= 1


def test_words_are_those_of_tensorflow(drawn):
    picture = drawn / "000002.png"
    said = run("describe", picture)
    assert said == f"{picture}\t{t2i_utils.describe([picture])[0]}\n"


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("size", [1, 3, 4])
def test_convolutions_are_those_of_keras(size, strides, padding):
    random = np.random.default_rng(size)
    maps = random.standard_normal((2, 9, 12, 6)).astype("float32")
    kernel = random.standard_normal((size, size, 6, 5)).astype("float32")
    found = quick_start.conv(maps, kernel, strides, padding)
    np.testing.assert_allclose(found, ops.conv(maps, kernel, strides, padding), atol=2e-5)
    kernel = kernel[..., :1]
    found = quick_start.depthwise_conv(maps, kernel, strides, padding)
    expected = ops.depthwise_conv(maps, kernel, strides, padding)
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_pooling_is_that_of_keras():
    maps = np.random.default_rng(0).random((2, 9, 12, 6), np.float32)
    found = quick_start.average_pool(maps, 3)
    np.testing.assert_allclose(found, ops.average_pool(maps, 3), atol=1e-6)
    np.testing.assert_array_equal(quick_start.max_pool(maps, 3), ops.max_pool(maps, 3))


@pytest.mark.parametrize(
    "call", ["max_pool(x, 2, padding='same')", "conv(x, x[0, :2, :2, :, None], dilation_rate=2)"]
)
def test_a_network_that_needs_more_starts_again_on_tensorflow(call):
    code = (
        "from t2i_utils.quick_start import quick_import\n"
        "with quick_import(1):\n    import keras, numpy as np\n"
        f"x = np.ones((1, 4, 4, 3), 'float32')\nkeras.ops.{call}\nprint(keras.backend.backend())"
    )
    own = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=own, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "tensorflow\n"), done.stderr
