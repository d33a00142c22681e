"""From what the controls say to requests."""

from t2i_utils.drawing.request import Request

# What can be shown, and the stages that draw it.
SIZES = {"both sizes": (1, 2), "64 px": (1,), "256 px": (2,)}
# What a blend changes: the caption, the noise.
BLENDS = {"the words": (True, False), "the bird": (False, True), "both": (True, True)}


def requests_of(
    *,
    caption: str,
    weights: str = "birds",
    shown: str = "both sizes",
    seed: int = 0,
    samples: int = 1,
    truncation: float = 1.0,
    way: str = "the words",
    to_caption: str = "",
    to_seed: int = 0,
    amount: float = 0.0,
) -> list[Request]:
    """What to draw, one request per sample.

    Args:
        caption: free text.
        weights: a shipped set, or a folder.
        shown: a name in `SIZES`.
        seed: of the noise.
        samples: how many rows of the seed's noise.
        truncation: how much of the noise.
        way: what a blend changes, a name in `BLENDS`.
        to_caption: where a blend of the captions leads.
        to_seed: where a blend of the noise leads.
        amount: how far; at 0 the picture depends on the first caption and seed only.

    Raises:
        InputError: something that cannot be drawn.
    """
    blends_caption, blends_noise = BLENDS[way] if amount else (False, False)
    return [
        Request(
            caption,
            weights=weights,
            stage=max(SIZES[shown]),
            seed=seed,
            sample=sample,
            truncation=truncation,
            to_caption=to_caption if blends_caption else None,
            to_seed=to_seed if blends_noise else None,
            amount=amount,
        )
        for sample in range(samples)
    ]
