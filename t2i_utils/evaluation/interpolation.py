"""Walks: between two noises, between two captions, and along one word of a caption."""

from collections.abc import Sequence

from t2i_utils.drawing.walks import lerp, slerp
from t2i_utils.errors import InputError

__all__ = ["attribute_walk", "lerp", "slerp"]


def attribute_walk(caption: str, words: Sequence[str]) -> list[str]:
    """Put each word in the place of ``{}``: "a {} bird" with ["red", "blue"] gives two captions.

    Raises:
        InputError: the caption has no ``{}``, or `words` is empty.
    """
    if "{}" not in caption or not words:
        raise InputError(f"attribute walk: {caption!r} needs a {{}}, and one word or more for it")
    return [caption.replace("{}", word) for word in words]
