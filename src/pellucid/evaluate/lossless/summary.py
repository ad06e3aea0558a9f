"""Rows -> the few numbers worth showing. Pure functions; `report` and `sections` draw them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pellucid.evaluate.exact_codecs import LABELS, OURS, OWN
from pellucid.evaluate.lossless.rows import ExactResult


@dataclass(frozen=True, slots=True)
class Standing:
    """One codec on one set at one bound, over the pictures that it has and pellucid has.

    `bits` are a sample; the others are those of the codec divided by pellucid's, over the same
    pictures (None where pellucid has none of them). Rates are megasamples a second.
    """

    method: str
    pictures: int
    bits: float
    size: float | None
    encode_rate: float
    decode_rate: float
    encode_time: float | None
    decode_time: float | None
    worst: int


def sets_in(rows: Iterable[ExactResult]) -> list[str]:
    """Names of the sets, each once, sorted."""
    return sorted({row.data for row in rows})


def bounds_in(rows: Iterable[ExactResult]) -> list[int]:
    """The bounds, each once, ascending."""
    return sorted({row.bound for row in rows})


def standings(rows: Sequence[ExactResult], data: str, bound: int) -> list[Standing]:
    """Every codec of a set and bound, pellucid's first, the others by size."""
    here = [row for row in rows if (row.data, row.bound) == (data, bound)]
    ours = {row.picture: row for row in here if row.method == OURS}
    found = []
    for method in LABELS:
        own = [row for row in here if row.method == method]
        both = [row for row in own if row.picture in ours]
        if own:
            found.append(_standing(method, both or own, [ours[row.picture] for row in both]))
    return sorted(found, key=lambda one: (one.method != OURS, one.size or one.bits))


def smaller_without_loss(rows: Sequence[ExactResult], data: str, bound: int) -> dict[str, float]:
    """Codecs whose lossless files take fewer bytes than pellucid's within a bound, with the ratio.

    Over the pictures that have both.
    """
    here = [row for row in rows if row.data == data]
    ours = {r.picture: r.bytes for r in here if r.method == OURS and r.bound == bound}
    found = {}
    for method in (name for name in LABELS if name not in OWN):
        own = [r for r in here if r.method == method and r.bound == 0 and r.picture in ours]
        ratio = sum(r.bytes for r in own) / max(1, sum(ours[r.picture] for r in own))
        if own and ratio < 1:
            found[method] = ratio
    return found


def _standing(method: str, own: Sequence[ExactResult], ours: Sequence[ExactResult]) -> Standing:
    samples, size = sum(row.samples for row in own), sum(row.bytes for row in own)
    encode, decode = sum(row.encode_s for row in own), sum(row.decode_s for row in own)
    return Standing(
        method=method,
        pictures=len(own),
        bits=8 * size / samples,
        size=size / sum(row.bytes for row in ours) if ours else None,
        encode_rate=rate(samples, encode),
        decode_rate=rate(samples, decode),
        encode_time=encode / sum(row.encode_s for row in ours) if ours else None,
        decode_time=decode / sum(row.decode_s for row in ours) if ours else None,
        worst=max(row.worst for row in own),
    )


def rate(samples: int, seconds: float) -> float:
    """Megasamples a second."""
    return samples / 1e6 / max(seconds, 1e-9)
