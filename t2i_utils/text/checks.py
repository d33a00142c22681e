"""Captions are checked before they are encoded, so that a mistake is said in plain words."""

from collections.abc import Sequence

from t2i_utils.errors import InputError
from t2i_utils.text.encoders import SentenceEncoder

MAX_WORDS = 200
MAX_CHARACTERS = 2000


def check_captions(captions: str | Sequence[str]) -> list[str]:
    """Return the captions with white space made single and trimmed, or say which one is unusable.

    A limit protects the picture rather than the machine: the encoder averages over a caption, and
    above a paragraph the words for a bird's colours drown.

    Args:
        captions: One caption or several. Each has at most 200 words (`MAX_WORDS`) and
            2,000 characters (`MAX_CHARACTERS`); Chinese, Japanese and Thai have no spaces, so the
            second limit is theirs.

    Raises:
        InputError: There is no caption, or one is empty, too long, no string or not valid text.
    """
    captions = [captions] if isinstance(captions, str) else list(captions)
    if not captions:
        raise InputError("no caption given: write at least one, such as 'a small red bird'")
    return [check_caption(caption, f"caption {n}") for n, caption in enumerate(captions, start=1)]


def check_caption(caption: str, name: str) -> str:
    """Return one caption with white space made single and trimmed: see `check_captions`.

    Args:
        caption: free text.
        name: what messages call it, such as "the second caption".

    Raises:
        InputError: it is empty, too long, no string or not valid text.
    """
    if not isinstance(caption, str):
        kind = type(caption).__name__
        raise InputError(f"{name} is of type {kind}, expected a string")
    words = caption.split()
    text = " ".join(words)
    if not text:
        raise InputError(f"{name} is empty: describe a bird, such as 'a small red bird'")
    shown = f"{name} ('{text[:30]}...')"
    if len(words) > MAX_WORDS:
        raise InputError(
            f"{shown} has {len(words):,} words, more than {MAX_WORDS}: use one or two sentences"
        )
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"{shown} has {len(text):,} characters, more than {MAX_CHARACTERS:,}: "
            "use one or two sentences"
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{name} is not valid text at character {error.start + 1}: save or type it as UTF-8"
        ) from None
    return text


def unknown_words_note(caption: str, encoder: SentenceEncoder) -> str | None:
    """Return a note when the encoder knows no word of the caption (emoji, say), else None.

    Such a caption can still be drawn, but its picture says nothing about it. An encoder that cannot
    tell (it has no `knows`) gives no note.
    """
    knows = getattr(encoder, "knows", None)
    if knows is None or knows(caption):
        return None
    return f"the encoder knows no word of '{caption}': the picture does not depend on it"
