"""Captions to pictures."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_run import copy_of_run, trained_run

import t2i_utils
from t2i_utils.drawing.synthesizer import BATCH_SIZE, Synthesizer
from t2i_utils.errors import InputError
from t2i_utils.stackgan.recipes import config_from_json
from t2i_utils.stackgan.weights import (
    StageToSave,
    available_weights,
    find_weights,
    load_weights,
    read_card,
    save_weights,
)
from t2i_utils.text import load_encoder

CAPTIONS = ["a small red bird with black wings", "un oiseau jaune"]


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    """Both stages, hardly trained."""
    return Synthesizer(trained_run())


def test_both_stages_are_drawn_at_their_sizes(synthesizer):
    pictures = synthesizer.draw(synthesizer.embed(CAPTIONS), synthesizer.noise(2), 2)
    assert {stage: images.shape for stage, images in pictures.items()} == {
        1: (2, 64, 64, 3),
        2: (2, 256, 256, 3),
    }
    assert all(images.dtype == np.uint8 for images in pictures.values())


def test_caption_and_noise_both_change_the_picture(synthesizer):
    embeddings = synthesizer.embed([CAPTIONS[0], CAPTIONS[1], CAPTIONS[0]])
    noise = synthesizer.noise(3)
    drawn = synthesizer.draw(embeddings, noise[[0, 0, 1]], 1)[1]
    assert (drawn[0] != drawn[1]).any() and (drawn[0] != drawn[2]).any()


def test_a_list_can_be_drawn_in_parts(synthesizer):
    whole = synthesizer.noise(BATCH_SIZE + 3, seed=5)
    np.testing.assert_array_equal(whole[10:], synthesizer.noise(BATCH_SIZE - 7, 5, start=10))
    assert (whole != synthesizer.noise(BATCH_SIZE + 3, seed=6)).any()
    embeddings = synthesizer.embed(CAPTIONS)[np.arange(BATCH_SIZE + 3) % 2]
    drawn = synthesizer.draw(embeddings, whole, 1)[1].astype(int)
    assert len(drawn) == BATCH_SIZE + 3
    last = synthesizer.draw(embeddings[-3:], whole[-3:], 1)[1].astype(int)
    assert abs(drawn[-3:] - last).max() <= 1  # another batch, another order of additions


def test_embeddings_are_whitened_by_the_training_set(synthesizer):
    vectors = synthesizer.encoder.encode(CAPTIONS)
    whitening = synthesizer.weights.whitening
    back = synthesizer.embed(CAPTIONS) @ np.linalg.inv(whitening.matrix) + whitening.mean
    np.testing.assert_allclose(back, vectors, atol=1e-3)


def test_an_encoder_of_another_width_is_refused():
    class Narrow:
        name, width = "narrow", 3

        def encode(self, captions):
            return np.ones((len(captions), 3), "float32")

    with pytest.raises(InputError, match="narrow gives 3 numbers, the weights in .* expect 512"):
        Synthesizer(trained_run(), Narrow())


def test_another_encoder_of_the_same_width_is_refused_with_both_names():
    class Other:
        name, width = "a stranger", 512

        def encode(self, captions):
            return np.ones((len(captions), 512), "float32")

    with pytest.raises(InputError, match="'universal-sentence-encoder.*'a stranger'"):
        Synthesizer(trained_run(), Other())


def test_shipped_weights_name_the_encoder_that_draws_them():
    for name in available_weights():
        card = read_card(find_weights(name))
        assert card["encoder"]["name"] == load_encoder("package").name


def test_a_stage_that_the_weights_lack_is_named():
    synthesizer = Synthesizer(load_weights(trained_run(), (1,)))
    with pytest.raises(InputError, match="has no Stage 2: draw with --stage 1"):
        synthesizer.draw(synthesizer.embed(CAPTIONS), synthesizer.noise(2), 2)


def test_generate_is_one_call_and_repeats_by_seed():
    one = t2i_utils.generate(CAPTIONS, trained_run(), stage=1, seed=3)
    assert one.shape == (2, 64, 64, 3) and one.dtype == np.uint8
    np.testing.assert_array_equal(t2i_utils.generate(CAPTIONS, trained_run(), 1, 3), one)
    assert (t2i_utils.generate(CAPTIONS, trained_run(), 1, 4) != one).any()
    single = t2i_utils.generate(CAPTIONS[0], trained_run())
    assert single.shape == (1, 256, 256, 3)


def test_generate_notices_that_a_run_has_new_weights(tmp_path):
    folder = copy_of_run(tmp_path / "run") / "weights"
    before = t2i_utils.generate("a bird", folder, stage=1)
    weights = load_weights(folder, (1,))
    generator = weights.generators[1]
    generator.set_weights([array * 0.5 for array in generator.get_weights()])
    config = config_from_json(weights.card["stages"]["1"]["config"])
    card = {"encoder": weights.card["encoder"]}
    stages = [StageToSave(generator, config, {})]
    save_weights(folder, stages, weights.whitening, card)
    assert (t2i_utils.generate("a bird", folder, stage=1) != before).any()


def test_generate_refuses_what_it_cannot_draw():
    with pytest.raises(InputError, match="caption 2 is empty"):
        t2i_utils.generate(["a bird", " "], trained_run(), 1)
    with pytest.raises(InputError, match="stage 3"):
        t2i_utils.generate("a bird", trained_run(), stage=3)


def test_importing_the_package_is_light():
    script = (
        "import sys, t2i_utils; assert callable(t2i_utils.generate);"
        "print([m for m in ('tensorflow', 'keras', 'jax', 'numpy', 'PIL') if m in sys.modules])"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_what_lies_far_out_is_shortened_and_said(tmp_path):
    folder = copy_of_run(tmp_path / "run")
    plain = Synthesizer(folder)
    lengths = np.linalg.norm(plain.embed(CAPTIONS), axis=-1)
    card = json.loads((folder / "weights" / "card.json").read_text())
    limit = float(lengths.mean())
    (folder / "weights" / "card.json").write_text(json.dumps({**card, "length_limit": limit}))
    limited = Synthesizer(folder)
    far, near = np.argmax(lengths), np.argmin(lengths)
    found = limited.embed(CAPTIONS)
    np.testing.assert_array_equal(found[near], plain.embed(CAPTIONS)[near])
    expected = plain.embed(CAPTIONS)[far] * limit / lengths[far]
    np.testing.assert_allclose(found[far], expected, rtol=1e-5, atol=1e-6)
    notes = limited.notes(CAPTIONS)
    assert notes[near] is None and CAPTIONS[far] in str(notes[far])
    assert plain.notes(CAPTIONS) == [None, None]
    assert "knows no word" in str(plain.notes(["\U0001f426"])[0])


def test_several_sets_and_batch_sizes_are_drawn_without_a_warning(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("tensorflow"), "propagate", True)
    for _ in range(3):
        synthesizer = Synthesizer("toy")
        for count in (1, 2):
            synthesizer.generate("a bird", stage=1, samples=count)
    assert "retracing" not in caplog.text
