"""Shipped weights as ONNX files, against Keras."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from t2i_utils.cli import main
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.export.generators import export_weights
from t2i_utils.text.whitening import limit_length

CAPTIONS = ["a small red bird with black wings", "un petit oiseau bleu au ventre blanc", "owl"]


def _run(file, **inputs):
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


@pytest.mark.parametrize("name", ["birds", "toy", "birds-paper"])
def test_onnx_pictures_are_those_of_keras(name, tmp_path, capsys):
    assert main(["export", "--weights", name, "--out", str(tmp_path)]) == 0
    synthesizer = Synthesizer(name)
    generators = synthesizer.weights.generators
    files = ["whitening.onnx", *(f"stage{stage}.onnx" for stage in generators)]
    printed = capsys.readouterr().out
    assert all(file in printed for file in files)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(files)

    embedding = synthesizer.embed(CAPTIONS)
    sentence = synthesizer.encoder.encode(CAPTIONS)
    found = _run(tmp_path / "whitening.onnx", sentence=sentence)
    np.testing.assert_allclose(found, embedding, atol=1e-3)

    noise = synthesizer.noise(len(CAPTIONS), seed=10)
    epsilon = np.zeros((len(CAPTIONS), generators[1].inputs[2].shape[-1]), np.float32)
    small = np.asarray(generators[1].predict_on_batch([embedding, noise, epsilon])[0])
    found = _run(tmp_path / "stage1.onnx", embedding=embedding, noise=noise)
    np.testing.assert_allclose(found, small, atol=1e-3)
    assert found[0].std() > 0.1
    one = _run(tmp_path / "stage1.onnx", embedding=embedding[:1], noise=noise[:1])
    np.testing.assert_allclose(one, small[:1], atol=1e-3)  # the batch's size is free

    if 2 in generators:
        large = np.asarray(generators[2].predict_on_batch([small, embedding, epsilon])[0])
        found = _run(tmp_path / "stage2.onnx", embedding=embedding, stage1_images=small)
        np.testing.assert_allclose(found, large, atol=1e-3)


def test_long_embeddings_are_limited_as_the_library_does_it(tmp_path):
    synthesizer = Synthesizer("toy")
    sentence = synthesizer.encoder.encode(CAPTIONS)
    whitened = synthesizer.weights.whitening(sentence)
    limit = float(np.median(np.linalg.norm(whitened, axis=1)))
    card = {**synthesizer.weights.card, "length_limit": limit}
    export_weights(replace(synthesizer.weights, card=card, generators={}), tmp_path)
    expected, was_limited = limit_length(whitened, limit)
    assert was_limited.sum() == 1
    found = _run(tmp_path / "whitening.onnx", sentence=sentence)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["export", "--weights", "toy", "--out", str(tmp_path / "file" / "onnx")]) == 2
    message = capsys.readouterr().err
    assert message.startswith("t2i export: cannot make") and message.count("\n") == 1


def test_a_layer_without_a_conversion_is_named():
    import keras

    from t2i_utils.errors import InputError
    from t2i_utils.export.generators import generator_graph

    inputs = keras.Input((4, 4, 3))
    model = keras.Model([inputs], keras.layers.GaussianNoise(1.0)(inputs))
    with pytest.raises(InputError, match="GaussianNoise has no conversion"):
        generator_graph(model)
