"""A small part of a data set that looks like the whole: for smoke tests and first tries."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from t2i_utils.data.records import Record
from t2i_utils.errors import InputError


def choose_records(
    records: Sequence[Record], limit: int | None, seed: int = 0
) -> tuple[Record, ...]:
    """At most `limit` records, the same ones for the same seed, in their old order.

    Each of the (up to four) parts that the two splits cut out keeps its share, and at least one
    record where `limit` allows; inside a part the classes with the fewest records so far come
    first.

    Raises:
        InputError: if `limit` is below 1.
    """
    if limit is not None and limit < 1:
        raise InputError(f"the limit on pictures must be at least 1, got {limit}")
    if limit is None or limit >= len(records):
        return tuple(records)
    parts: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for position in np.random.default_rng(seed).permutation(len(records)):
        parts[records[position].zero_shot, records[position].official].append(int(position))
    largest_first = sorted(parts.values(), key=len, reverse=True)[:limit]
    shares = [1] * len(largest_first)
    for _ in range(limit - len(shares)):  # each goes to the part that has had least of its own
        behind = min(range(len(shares)), key=lambda i: shares[i] / len(largest_first[i]))
        shares[behind] += 1
    taken: Counter[int] = Counter()
    chosen: list[int] = []
    for part, share in zip(largest_first, shares, strict=True):
        waiting: defaultdict[int, list[int]] = defaultdict(list)
        for position in part:
            waiting[records[position].class_id].append(position)
        for _ in range(share):
            class_id = min((key for key in waiting if waiting[key]), key=lambda key: taken[key])
            chosen.append(waiting[class_id].pop())
            taken[class_id] += 1
    return tuple(records[position] for position in sorted(chosen))
