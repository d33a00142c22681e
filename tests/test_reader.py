"""The reader of parts."""

import numpy as np
import pytest
from small_captioner import caption_pack
from small_reader import CLAIMS, random_maps, random_reader

from t2i_utils.arrays import write_arrays
from t2i_utils.captioning import reader as module
from t2i_utils.captioning.reader import ALWAYS, PartReader, rarity_of
from t2i_utils.captioning.reader_training import fit_scale, held_back, learnable, train_reader
from t2i_utils.captioning.regions import DEEP
from t2i_utils.errors import InputError
from t2i_utils.vision import load_features


def test_it_gives_a_probability_of_each_claim_and_where_it_looked(monkeypatch):
    reader = random_reader()
    found = reader(*random_maps(3))
    assert found.true.shape == found.named.shape == (3, len(CLAIMS))
    assert ((found.true > 0) & (found.true < 1)).all() and np.ptp(found.true) > 0.05
    assert set(reader.parts) == {"beak", "belly", "bird", "wing"}
    np.testing.assert_allclose(found.looks.sum(axis=(2, 3)), 1, atol=1e-4)
    assert np.ptp(found.looks) > 1e-3
    monkeypatch.setattr(module, "BATCH_SIZE", 2)
    for whole, parts in zip(found, reader(*random_maps(3)), strict=True):
        np.testing.assert_allclose(whole, parts, atol=1e-4)
    facts = reader.facts(found)[1]
    place = reader.claims.index(CLAIMS[3])
    assert facts.true[CLAIMS[3]] == pytest.approx(found.true[1, place])


def test_what_is_saved_reads_the_same_but_for_float16(tmp_path):
    reader, maps, file = random_reader(), random_maps(2), tmp_path / "reader.npz"
    write_arrays(file, *reader.to_arrays())
    again = PartReader.load(file)
    assert again.claims == reader.claims
    for own, other in zip(reader(*maps), again(*maps), strict=True):
        np.testing.assert_allclose(own, other, atol=0.02)


def test_the_log_odds_of_its_networks_are_averaged():
    reader, (low, regions) = random_reader(), random_maps(2)
    both = reader.logits(low, regions[..., DEEP])
    alone = [PartReader(CLAIMS, [n]).logits(low, regions[..., DEEP]) for n in reader.networks]
    assert np.ptp(np.stack([one.true for one in alone]), axis=0).min() > 1e-4
    for mean, *each in zip(both, *alone, strict=True):
        np.testing.assert_allclose(mean, np.mean(each, axis=0), atol=1e-4)


ONE = {"claims": [["wing colour", "red"]]}


@pytest.mark.parametrize(
    "note",
    [{}, {"claims": []}, {"claims": [["a"]]}, {"claims": 3}]
    + [{**ONE, "tuned": tuned} for tuned in ([], [True] * 9, 3)],
)
def test_another_file_is_refused(tmp_path, note):
    write_arrays(tmp_path / "reader.npz", {"x": np.zeros(3)}, note)
    with pytest.raises(InputError, match="reader.npz"):
        PartReader.load(tmp_path / "reader.npz")


def test_calibration_brings_probabilities_to_the_shares_that_are_true():
    """What is true is drawn at chances far from those that the logits say."""
    random = np.random.default_rng(0)
    logits = random.standard_normal((40000, 3))
    chances = 1 / (1 + np.exp(-0.5 * logits - np.array([1.0, 1.0, -1.0])))
    true, known = random.random(logits.shape) < chances, random.random(logits.shape) < 0.7
    true[~known] = True  # what is not known must not count
    scale, offset = fit_scale(logits, true, known, np.array([0, 0, 1]))
    np.testing.assert_allclose(scale, 0.5, atol=0.05)
    np.testing.assert_allclose(offset, [1, 1, -1], atol=0.05)


def test_training_learns():
    losses: list[np.ndarray] = []
    reader, card = train_reader(
        caption_pack(), None, steps=6, num_views=0, progress=False,
        watch=lambda step, each: losses.append(each),
    )  # fmt: skip
    assert losses[-1][:3].sum() < losses[0][:3].sum()
    assert card["steps"] == 6 and card["claims"] == len(reader.claims)
    assert card["networks"] == len(reader.networks) == 2 and len(losses) == 12
    own, imagenet = reader.networks[1].trunk, load_features("lite0")
    assert reader.networks[0].trunk is None and own is not None
    moved = [
        np.abs(own.get_layer(name).bias - imagenet.get_layer(name).bias).max()
        for name in ("block5_expand", "block15_project")
    ]
    assert min(moved) > 0 and max(moved) < 0.01  # six small steps
    assert reader.presence is not ALWAYS


def test_a_stop_keeps_the_networks_that_are_finished():
    calls: list[int] = []

    def watch(step, _):
        calls.append(step)
        if len(calls) == 6:
            raise KeyboardInterrupt

    reader, card = train_reader(
        caption_pack(), None, steps=4, num_views=0, progress=False, watch=watch
    )
    assert calls == [1, 2, 3, 4, 1, 2]
    assert card["networks"] == len(reader.networks) == 1 and card["steps"] == 4


def test_classes_that_calibrate_are_not_trained_on():
    pack = caption_pack()
    rows = pack.indices("zero-shot", "train")
    back = held_back(pack, rows)
    classes = pack.class_ids[rows]
    assert not set(classes[back]) & set(classes[~back])


def test_rare_claims_are_not_learnt():
    captions = [["a red crown"]] * 4 + [["a white belly"]] * 5
    assert [claim.value for claim in learnable(captions)] == ["white"]


def test_a_rare_colour_counts_more_and_all_together_as_much_as_before():
    shares = np.array([0.5, 0.3, 0.01, 0.0])
    rarity = rarity_of(shares)
    assert 0 < rarity[0] < rarity[1] < rarity[2] <= rarity[3] < 3
    assert shares @ rarity == pytest.approx(shares.sum())
