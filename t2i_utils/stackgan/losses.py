"""The losses of both recipes, on float32 logits."""

from collections.abc import Sequence
from typing import Any

from keras import ops

TEMPERATURE = 0.1  # of the contrastive loss
LEFT_OUT = 1e4  # taken from a similarity that must not count


def discriminator_loss(kind: str, real: Any, wrong: Any, fake: Any) -> Any:
    """Matching-aware loss: real picture with its text, with a wrong text, and a fake with its text.

    The weights are 1, 1/2 and 1/2 (StackGAN's released code).

    Args:
        kind: "bce" or "hinge".
        real: logits of real pictures with their own text, any shape.
        wrong: logits of real pictures with the text of another class.
        fake: logits of generated pictures with the text they were made from.

    Returns:
        A scalar.

    Raises:
        KeyError: another kind.
    """
    penalty = {"bce": _cross_entropy, "hinge": _hinge}[kind]
    return _mean(penalty(real)) + 0.5 * (_mean(penalty(-wrong)) + _mean(penalty(-fake)))


def generator_loss(kind: str, fake: Any) -> Any:
    """What the generator minimises: -log D for "bce" (non-saturating), -D for "hinge"."""
    return _mean({"bce": _cross_entropy, "hinge": ops.negative}[kind](fake))


def _cross_entropy(logits: Any) -> Any:
    """Of logits that should be positive."""
    return ops.softplus(-logits)


def _hinge(logits: Any) -> Any:
    """Of logits that should be 1 or more."""
    return ops.relu(1 - logits)


def kl_divergence(mu: Any, log_sigma: Any) -> Any:
    """KL(N(mu, sigma^2) || N(0, 1)), a mean over batch and dimensions (StackGAN's code).

    Args:
        mu: (batch, size).
        log_sigma: (batch, size), the logarithm of the standard deviation.
    """
    return _mean(-log_sigma + 0.5 * (ops.exp(2 * log_sigma) + ops.square(mu)) - 0.5)


def contrastive_loss(
    image_vectors: Any, text_vectors: Any, matches: Any, image_classes: Any, text_classes: Any
) -> Any:
    """InfoNCE: each picture must find its own sentence among many (XMC-GAN, section 4.1).

    Other sentences of the picture's own class may well be true of it: they are left out.

    Args:
        image_vectors: (n, size), of unit length.
        text_vectors: (m, size), of unit length.
        matches: (n,) integers: which sentence is the picture's own.
        image_classes: (n,) integers, the pictures' classes.
        text_classes: (m,) integers, the sentences' classes.

    Returns:
        (n,), a loss for each picture; log(m) at chance.
    """
    similarity = ops.matmul(image_vectors, ops.transpose(text_vectors)) / TEMPERATURE
    own = ops.one_hot(matches, text_vectors.shape[0])
    same_class = ops.cast(ops.equal(image_classes[:, None], text_classes[None, :]), "float32")
    similarity -= LEFT_OUT * (same_class - own * same_class)
    return -ops.sum(own * ops.log_softmax(similarity, axis=-1), axis=-1)


def matching_losses(match_real: Any, match_fake: Any) -> tuple[Any, Any]:
    """What each player makes of the contrastive losses of photographs and of drawn pictures.

    The towers learn matching from photographs; the generator then finds what they mistake for a
    match, such as a beak in the colour of the belly. So a drawn picture should match as well as
    photographs do, and no better: up to there the generator learns, and beyond the discriminator
    learns to doubt it. (Ours.)

    Args:
        match_real: (n,), contrastive losses of photographs.
        match_fake: (m,), contrastive losses of drawn pictures.

    Returns:
        (the discriminator's loss, the generator's loss), two scalars.
    """
    real = _mean(match_real)
    excess = match_fake - ops.stop_gradient(real)
    return real + _mean(ops.relu(-excess)), _mean(ops.relu(excess))


def diversity_loss(
    fake_features: Sequence[Any], real_features: Sequence[Any], difference: float
) -> Any:
    """How far two pictures of one caption fall short of differing nearly as two photographs do.

    Mode seeking (Mao et al., CVPR 2019, arXiv 1903.05628), measured on the discriminator's frozen
    features: without it the generator draws one pose for every noise.

    Args:
        fake_features: maps (batch, h, w, channels); rows 0 and 1 have one caption, 2 and 3, ...
        real_features: the same maps of photographs.
        difference: wanted, as a share of that of two photographs.

    Returns:
        A scalar: 0 when the pictures differ enough at every scale, at most 1.
    """
    shortfalls = []
    for fake, real in zip(fake_features, real_features, strict=True):
        wanted = difference * ops.stop_gradient(_pair_distance(real))
        shortfalls.append(ops.relu(1 - _pair_distance(fake) / wanted))
    return sum(shortfalls) / len(shortfalls)


def _pair_distance(maps: Any) -> Any:
    """Of neighbours: both lie on one device where a batch is spread over several."""
    one, other = ops.unstack(ops.reshape(maps, (-1, 2, *maps.shape[1:])), axis=1)
    return _mean(ops.abs(one - other))


def _mean(values: Any) -> Any:
    return ops.mean(ops.cast(values, "float32"))
