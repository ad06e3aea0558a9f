"""The rows of `bench lossless`, and the few numbers worth showing that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pellucid.evaluate.peers.exact import EXACT, OURS, OWN
from pellucid.evaluate.rows import Rows


@dataclass(frozen=True, slots=True)
class ExactResult:
    """One picture coded and decoded.

    `data` names the set of pictures. `bound` is the largest error that was allowed, 0 for lossless,
    and `worst` the largest that decoding gave. `bytes` are those of all files, `bits` 8 * bytes /
    (width * height * channels). `encode_s` and `decode_s` are wall seconds, medians of `repeats`
    runs that took turns with the other codecs; `threads` is what was asked for.
    """

    method: str
    data: str
    picture: str
    width: int
    height: int
    channels: int
    dtype: str
    bound: int
    files: int
    bytes: int
    bits: float
    worst: int
    encode_s: float
    decode_s: float
    threads: int
    repeats: int
    version: str

    @property
    def samples(self) -> int:
        """How many numbers the picture is made of."""
        return self.width * self.height * self.channels


ROWS = Rows(ExactResult, "lossless-{method}.tsv")


@dataclass(frozen=True, slots=True)
class Standing:
    """One codec on one set at one bound, over the pictures that it has and pellucid has.

    `bits` are a sample, rates megasamples a second. `size` and the times are those of the codec
    divided by pellucid's, over the same pictures; None where pellucid has none of them.
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


def standings(rows: Sequence[ExactResult], data: str, bound: int) -> list[Standing]:
    """Every codec of a set and bound, pellucid's first, the others by size."""
    here = [row for row in rows if (row.data, row.bound) == (data, bound)]
    ours = {row.picture: row for row in here if row.method == OURS}
    found = []
    for method in EXACT.labels:
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
    for method in (name for name in EXACT.labels if name not in OWN):
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
        encode_rate=_megasamples(samples, encode),
        decode_rate=_megasamples(samples, decode),
        encode_time=encode / sum(row.encode_s for row in ours) if ours else None,
        decode_time=decode / sum(row.decode_s for row in ours) if ours else None,
        worst=max(row.worst for row in own),
    )


def _megasamples(samples: int, seconds: float) -> float:
    """A second."""
    return samples / 1e6 / max(seconds, 1e-9)
