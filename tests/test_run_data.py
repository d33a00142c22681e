"""What a run takes of its sentences: typed ones too, and their largest directions."""

import numpy as np
import pytest
from small_run import configs, toy_pack

from t2i_utils.errors import InputError
from t2i_utils.stackgan.weights import load_whitening
from t2i_utils.training.run import Run


def test_typed_captions_are_trained_on_and_their_length_is_known(tmp_path):
    run = Run(tmp_path / "run", toy_pack(), configs(1, typed_share=0.5, captions_per_image=1))
    batches, longest = run.stages[1].batches, toy_pack().embeddings.shape[1]
    columns = np.concatenate([batches.plan(step).columns for step in range(50)])
    assert 0.35 < (columns >= longest).mean() < 0.65
    lengths = np.linalg.norm(batches.captions, axis=-1)
    limit = run.data.card["length_limit"]
    assert 0.98 < (lengths <= limit).mean() < 1
    with pytest.raises(InputError, match="typed"):  # another whitening than Stage I's
        run.train(1, progress=False)
        Run(tmp_path / "run", toy_pack(), configs(2))


def test_the_largest_directions_alone_are_read_where_so_asked(tmp_path):
    run = Run(tmp_path / "run", toy_pack(), configs(1, text_directions=24))
    captions = run.stages[1].batches.captions
    assert captions[..., :24].any() and not captions[..., 24:].any()
    own = captions[:, : toy_pack().embeddings.shape[1]]
    assert (own**2).mean() == pytest.approx(1, rel=0.02)
    run.train(1, progress=False)
    assert not load_whitening(tmp_path / "run").matrix[:, 24:].any()
    with pytest.raises(InputError, match="text_directions 24, not 0"):
        Run(tmp_path / "run", toy_pack(), configs(2))


def test_both_stages_read_the_same_directions(tmp_path):
    mixed = [*configs(1, text_directions=24), *configs(2, text_directions=12)]
    with pytest.raises(InputError, match="text_directions is 12 in one and 24 in the other"):
        Run(tmp_path / "run", toy_pack(), mixed)
