"""Paper birds: what notebook 07 shows is what their captions say, and the test part is new."""

import numpy as np

from t2i_utils.course.paper_birds import INKS, PAPERS, paper_birds, write_pictures
from t2i_utils.data import read_dataset


def test_the_test_part_has_pairs_of_colours_that_training_never_sees():
    training, held_back = (
        {(bird.body, bird.wings) for bird in paper_birds(40, part)} for part in (False, True)
    )
    assert not training & held_back
    for place in (0, 1):  # but each colour alone
        assert {pair[place] for pair in training} == set(INKS)


def test_the_same_seed_cuts_the_same_birds():
    (first,), (again,), (other,) = (list(paper_birds(1, seed=seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.picture, again.picture)
    assert not np.array_equal(first.picture, other.picture)


def test_a_bird_shows_what_its_captions_say():
    for bird in paper_birds(8):
        pixels = {tuple(pixel) for pixel in bird.picture[::2, ::2].reshape(-1, 3).tolist()}
        assert {INKS[bird.body], INKS[bird.wings], PAPERS[bird.paper]} <= pixels
        assert len(set(bird.captions)) == 4
        for word in (bird.body, bird.wings, bird.paper):
            assert sum(word in caption.replace(",", "").split() for caption in bird.captions) >= 2


def test_the_folder_is_read_with_its_two_parts(tmp_path):
    captions = write_pictures(tmp_path, training=6, held_back=3)
    lines = [f'{name},"{text}"' for name, own in captions.items() for text in own]
    (tmp_path / "captions.csv").write_text("file,caption\n" + "\n".join(lines))
    records = read_dataset(tmp_path).records
    assert [record.official for record in records].count("train") == 6
    assert len(records) == 9 and all(len(record.captions) == 4 for record in records)
