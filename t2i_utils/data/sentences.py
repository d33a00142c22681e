"""Sentences that are made of a pack's captions, to be trained on beside them, and their vectors."""

from collections.abc import Iterable, Sequence

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.text.encoders import load_encoder_of
from t2i_utils.text.exchanged import exchange_colours
from t2i_utils.text.typed import typed_captions

TYPED = 6  # short captions of each picture, as people type them: see `text.typed`
_TOGETHER = 1024  # sentences encoded at once
_TYPED_SEED, _EXCHANGED_SEED = 0, 1  # which stream of random numbers


def typed_sentences(
    captions: Iterable[Sequence[str]], image_ids: Iterable[int], class_names: Iterable[str]
) -> list[list[str]]:
    """`TYPED` sentences of each picture: see `text.typed`."""
    pictures = zip(captions, image_ids, class_names, strict=True)
    return [
        typed_captions(own, TYPED, seed=[_TYPED_SEED, number], class_name=name)
        for own, number, name in pictures
    ]


def exchanged_sentences(
    captions: Iterable[Sequence[str]], image_ids: Iterable[int]
) -> list[list[str | None]]:
    """Each caption with two colours exchanged, or None: see `text.exchanged`."""
    return [
        [exchange_colours(caption, random) for caption in own]
        for own, number in zip(captions, image_ids, strict=True)
        for random in [np.random.default_rng([_EXCHANGED_SEED, number])]
    ]


def encode_into(
    embeddings: np.ndarray, sentences: Sequence[Sequence[str | None]], encoder_name: str
) -> None:
    """Write each picture's sentences, encoded, into its row; None leaves zeros.

    Args:
        embeddings: (n, columns, width) float16, filled in place.
        sentences: of each of the n pictures, at most as many as there are columns.
        encoder_name: of the encoder that the pack was made with.

    Raises:
        InputError: that encoder is not there.
    """
    encoder = load_encoder_of(encoder_name)
    if encoder.name != encoder_name:
        raise InputError(
            f"the pack was made with the sentence encoder {encoder_name!r}, this one is "
            f"{encoder.name!r}: say by T2I_ENCODER where the former lies"
        )
    different = sorted({text for row in sentences for text in row if text})  # many are alike
    places = {text: place for place, text in enumerate(different)}
    vectors = np.zeros((len(different) + 1, encoder.width), np.float16)  # the last: no sentence
    for start in range(0, len(different), _TOGETHER):
        some = encoder.encode(different[start : start + _TOGETHER])
        vectors[start : start + len(some)] = some
    for row, texts in zip(embeddings, sentences, strict=True):
        row[: len(texts)] = vectors[[places[text] if text else -1 for text in texts]]
