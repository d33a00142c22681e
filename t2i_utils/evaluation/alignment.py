"""R-precision: does a picture match its own caption better than the captions of other birds?

Source: Xu et al., AttnGAN, CVPR 2018 (arXiv 1711.10485), section 4: one true caption against 99.
"""

import numpy as np

from t2i_utils.errors import InputError

NUM_WRONG = 99


def r_precision(
    image_vectors: np.ndarray,
    text_vectors: np.ndarray,
    class_ids: np.ndarray,
    num_wrong: int = NUM_WRONG,
    seed: int = 0,
) -> float:
    """The share of pictures that are closest to their own caption among 1 + `num_wrong`.

    Args:
        image_vectors: (n, size), of unit length, by an image-text matcher.
        text_vectors: (n, size), of unit length: row i is the caption of picture i.
        class_ids: (n,): the wrong captions of a picture are drawn from rows of other classes.
        num_wrong: wrong captions per picture, all different; chance is 1 / (1 + num_wrong).
        seed: of the choice of wrong captions.

    Raises:
        InputError: a picture has fewer than `num_wrong` captions of other classes.
    """
    most = np.unique(class_ids, return_counts=True)[1].max()
    if len(class_ids) - most < num_wrong:
        raise InputError(
            f"R-precision: {len(class_ids)} captions, {most} of them of one class, leave fewer "
            f"than {num_wrong} of other classes: take more pictures"
        )
    random = np.random.default_rng(seed)
    right = 0
    for row, vector in enumerate(image_vectors):
        others = np.flatnonzero(class_ids != class_ids[row])
        wrong = random.choice(others, num_wrong, replace=False)
        right += vector @ text_vectors[row] > (text_vectors[wrong] @ vector).max()
    return right / len(image_vectors)


def shuffle_across_classes(class_ids: np.ndarray, seed: int = 0) -> np.ndarray:
    """A permutation (n,) that gives each row a row of another class.

    It makes a control: with captions that belong to other pictures, a score must fall to chance.

    Raises:
        InputError: one class has more than half of the rows.
    """
    _, codes, counts = np.unique(class_ids, return_inverse=True, return_counts=True)
    if 2 * counts.max() > len(class_ids):
        raise InputError(
            f"shuffled captions: {counts.max()} of {len(class_ids)} pictures are of one class; "
            "take more classes"
        )
    random = np.random.default_rng(seed)
    # Sort by class, then shift by the size of the largest class: no row gets its own class.
    order = np.lexsort((random.random(len(codes)), random.permutation(len(counts))[codes]))
    shuffled = np.empty(len(codes), np.int64)
    shuffled[order] = np.roll(order, counts.max())
    return shuffled
