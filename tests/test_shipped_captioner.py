"""The shipped captioner, on photographs of classes that it never saw, without boxes."""

import numpy as np
import pytest

from t2i_utils.captioning.bird_finder import read_photograph
from t2i_utils.captioning.caption_metrics import score_descriptions
from t2i_utils.captioning.claim_scores import score_claims
from t2i_utils.captioning.claims import claims_of
from t2i_utils.captioning.describer import LEAST_BIRD, load_describer
from t2i_utils.captioning.no_bird import without_birds
from t2i_utils.captioning.paragraph import stated
from t2i_utils.data import read_dataset

COUNT = 96
GOAL = 0.72  # one person against ten scores 0.73, the two commonest colours 0.55


@pytest.mark.cub
def test_it_names_the_colours_of_unseen_birds_in_its_own_words(cub_root):
    records = [record for record in read_dataset(cub_root).records if record.zero_shot == "test"]
    chosen = np.random.default_rng(3).permutation(len(records))[:COUNT]
    records = [records[place] for place in chosen]
    found = load_describer().describe([read_photograph(record.path) for record in records])
    said = [description.sentences[0] for description in found]
    captions = [record.captions for record in records]
    scores = score_descriptions(said, captions)
    assert scores.colour_f1 >= GOAL and scores.part_f1 >= 0.33 and scores.distinct >= 0.75
    assert np.mean([description.bird >= LEAST_BIRD for description in found]) > 0.97  # no warning
    facts = [description.facts for description in found if description.facts]
    detailed = score_claims([stated(known.sure()) for known in facts], captions)
    person = score_claims([claims_of(own[0]) for own in captions], [own[1:] for own in captions])
    assert detailed["precision"] >= 0.82 and detailed["true"] >= 2 * person["true"]
    shuffled = score_descriptions(said[1:] + said[:1], captions)
    assert shuffled.colour_f1 < scores.colour_f1 - 0.1
    assert shuffled.cider_d < 0.7 * scores.cider_d


def test_noise_text_and_drawings_get_a_warning():
    squares = without_birds(np.random.default_rng(5), 12)
    assert load_describer().eyes(squares).bird.max() < LEAST_BIRD
