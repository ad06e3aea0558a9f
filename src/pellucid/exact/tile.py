"""All planes of a tile as one payload, and back: predicted, deflated or stored, the shortest.

Colour planes first, alpha last; an encoder is free in the order in which it codes them and in
which earlier planes each is predicted from.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import MOST_BOUND
from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.errors import DamagedFileError, PellucidError
from pellucid.exact.holes import hole_of, margin_of
from pellucid.exact.kind import Samples, TileKind, inflate, raw_bytes, raw_samples
from pellucid.exact.known import Reference
from pellucid.exact.plane import Reader, Writer, walk
from pellucid.exact.references import MOST_REFERENCES, references_for, shortest
from pellucid.exact.tables import ExactTables
from pellucid.exact.values import BITS, MASK, Values, choices_of, put_values, take_values

STORED, DEFLATED, PREDICTED = range(3)
BOUND = struct.Struct("<H")  # largest error of the colour planes
WORTH = 0.97  # of the bytes, at most: a margin takes time to decode
REPEATED = 0.3  # part of equal neighbours from which a tile may be a drawing, and deflate is tried

Watch = Callable[[int, int], None]  # is marked a plane and the bits that are left after it


def encode_tile(
    samples: Samples,
    kind: TileKind,
    bound: int,
    tables: ExactTables,
    nodata: int | None = None,
) -> bytes:
    """The payload of `samples` but for the bound, within which each of them comes back.

    Alpha comes back as it is, and so do samples of the value `nodata`.
    """
    raw = raw_bytes(samples, kind)
    options = [bytes([STORED]) + raw]
    neighbours = samples[:, 1:] == samples[:, :-1]
    if neighbours.size and neighbours.mean() > REPEATED:
        options.append(bytes([DEFLATED]) + zlib.compress(raw, 9))
    options.append(bytes([PREDICTED]) + TileWriter(samples, kind, bound, tables, nodata).words())
    return min(options, key=len)


class Choice(NamedTuple):
    """A way to write a plane: which others predict it, and what its values are."""

    number: int
    references: Sequence[int]
    values: Values


class TileWriter:
    """Predicts the planes of a tile, one after another."""

    def __init__(
        self, samples: Samples, kind: TileKind, bound: int, tables: ExactTables, nodata: int | None
    ) -> None:
        self._samples, self._kind, self._bound, self._nodata = samples, kind, bound, nodata
        self._tables, self._encoder = tables, SymbolEncoder(tables)
        self._done: dict[int, Reference] = {}
        self._margins: bool | None = None  # whether the first that was tried paid

    def words(self) -> bytes:
        """Those of all planes."""
        for number in plane_order(self._kind):
            self._done[number] = self._put(self._encoder, self._choice(number))
        return self._encoder.finish()

    def _plane(self, number: int) -> NDArray[np.int64]:
        return self._samples[..., number].astype(np.int64)

    def _choice(self, number: int) -> Choice:
        """The shortest way to write a plane, of those that are tried."""
        plane, kind = self._plane(number), self._kind
        bound, nodata = 0 if kind.exact(number) else self._bound, self._nodata
        # A guide is another picture: what means no data in this one is a value there.
        marked = nodata if self._bound or (nodata is not None and (plane == nodata).any()) else None
        alpha = kind.alpha and number == kind.planes - 1
        hole = None if alpha else hole_of(plane, None if kind.exact(number) else marked)
        before = {n: self._samples[..., n] for n in self._done}
        references = references_for(number, plane, before, kind.guide)

        choices = self._choices(number, references, hole)
        margin = margin_of(plane) if bound and hole is None and self._margins is not False else None
        if margin is None:
            return shortest(choices, self._put, self._tables)
        choices += self._choices(number, references, margin)
        worth = 1.0 if self._margins else WORTH
        best = shortest(
            choices, self._put, self._tables, lambda one: 1 if one.values.hole is None else worth
        )
        if self._margins is None:
            self._margins = best.values.hole is not None
        return best

    def _choices(
        self, number: int, references: Sequence[Sequence[int]], hole: int | None
    ) -> list[Choice]:
        """With this hole, or none."""
        plane, kind = self._plane(number), self._kind
        known = plane.ravel() if hole is None else plane[plane != hole]
        values = choices_of(known, 0 if kind.exact(number) else self._bound, hole)
        return [Choice(number, *one) for one in product(references, values)]

    def _put(self, encoder: SymbolEncoder, choice: Choice) -> Reference:
        """Write a plane."""
        number, references, values = choice
        encoder.put_uniform(np.array([number, len(references)], np.int32), BITS)
        encoder.put_uniform(np.array(references, np.int32), BITS)
        planes = [self._done[n] for n in references]
        return put_plane(encoder, self._plane(number), values, planes, self._tables)


def put_plane(
    encoder: SymbolEncoder,
    plane: NDArray[np.int64],
    values: Values,
    references: Sequence[Reference],
    tables: ExactTables,
) -> Reference:
    """Write a plane; returns what a decoder will know of it, which is checked."""
    put_values(encoder, values, tables)
    holes = mask = None
    if values.hole is not None:
        holes = plane == values.hole
        mask = holes.astype(np.float64)
        walk(Writer(encoder, mask, MASK, tables), mask.shape, [], MASK, tables)
        plane = np.where(holes, int(np.median(plane[~holes])), plane)
        plane = plane if values.palette is None else np.where(holes, values.low, plane)
    if values.steps == 0:
        return flat(plane.shape)
    target = np.floor(values.numbers(plane))
    writer = Writer(encoder, target, values, tables)
    done = walk(writer, plane.shape, references, values, tables, mask)
    off = np.abs(values.samples(done.samples) - plane)
    worst = float((off if holes is None else off[~holes]).max())
    if worst > values.allowed:
        raise PellucidError(
            f"a sample came back {worst:g} off, {values.allowed} is the most: this is an error in "
            "pellucid, please report it with the picture"
        )
    return done


def decode_tile(
    payload: bytes | memoryview,
    kind: TileKind,
    *,
    bounded: bool,
    tables: ExactTables,
    watch: Watch = lambda _plane, _bits: None,
    bound: int = 0,
) -> Samples:
    """(h, w, planes) samples; `bounded` says that the payload begins with a bound, else it is told.

    `watch` is marked the bits that are left, after each plane that was predicted (-1: before the
    first).

    Raises:
        DamagedFileError: the payload is not one that an encoder makes.
    """
    bound = take_bound(payload) if bounded else bound
    body = payload[BOUND.size if bounded else 0 :]
    if not len(body):
        raise DamagedFileError(f"a tile's payload has {len(payload)} bytes; that can't be all")
    mode, body = body[0], body[1:]
    if mode == PREDICTED:
        return unpredict(body, kind, bound, tables, watch)
    if mode == DEFLATED:
        body = inflate(bytes(body), kind.bytes)
    elif mode != STORED:
        raise DamagedFileError(f"a tile's payload is of kind {mode}; 0 to 2 are known")
    if len(body) != kind.bytes:
        raise DamagedFileError(f"a tile holds {len(body)} bytes of samples, not {kind.bytes}")
    return raw_samples(body, kind)


def take_bound(payload: bytes | memoryview) -> int:
    """The bound that a payload begins with; DamagedFileError if none does."""
    bound = int.from_bytes(payload[: BOUND.size], "little")
    if not 1 <= bound <= MOST_BOUND or len(payload) < BOUND.size:
        raise DamagedFileError(f"a tile's bound is {bound}; 1 to {MOST_BOUND} are possible")
    return bound


def unpredict(
    words: bytes | memoryview, kind: TileKind, bound: int, tables: ExactTables, watch: Watch
) -> Samples:
    """What `TileWriter` made of samples."""
    decoder = SymbolDecoder(words, tables)
    watch(-1, decoder.bits_left)
    shape = (kind.height, kind.width)
    out = np.empty((kind.planes, *shape), kind.dtype)  # planes that don't come take no memory
    done: dict[int, Reference] = {}
    while len(done) < kind.planes:
        number, count = decoder.take_uniform(2, BITS).tolist()
        if number >= kind.planes or number in done or count > min(MOST_REFERENCES, len(done)):
            raise DamagedFileError(f"plane {number} with {count} references can't be here")
        references = decoder.take_uniform(count, BITS).tolist()
        if not set(references) <= done.keys():
            raise DamagedFileError(f"plane {number} refers to planes that come later")
        limit = 0 if kind.exact(number) else bound
        values = take_values(decoder, np.iinfo(kind.dtype), limit, tables)
        planes = [done[n] for n in references]
        done[number], holes = take_plane(decoder, shape, values, planes, tables)
        out[number] = values.samples(done[number].samples)
        if holes is not None:
            out[number][holes] = values.hole
        watch(number, decoder.bits_left)
    decoder.finish()
    return out.transpose(1, 2, 0)


def take_plane(
    decoder: SymbolDecoder,
    shape: tuple[int, int],
    values: Values,
    references: Sequence[Reference],
    tables: ExactTables,
) -> tuple[Reference, NDArray[np.bool_] | None]:
    """Read what `put_plane` wrote of a plane: its numbers, and where its holes are."""
    mask = None
    if values.hole is not None:
        mask = walk(Reader(decoder, MASK, tables), shape, [], MASK, tables).samples
    holes = None if mask is None else mask > 0
    if values.steps == 0:
        return flat(shape), holes
    reader = Reader(decoder, values, tables)
    return walk(reader, shape, references, values, tables, mask), holes


def flat(shape: tuple[int, ...]) -> Reference:
    """A plane of one value, which takes no memory."""
    zeros = np.broadcast_to(np.float32(0), shape)
    return Reference(zeros, zeros)


def plane_order(kind: TileKind) -> list[int]:
    """Green before red and blue, which it predicts better than they it; others as they lie."""
    order = []
    for first, count in ((0, kind.guide), (kind.guide, kind.planes - kind.guide - kind.alpha)):
        part = list(range(first, first + count))
        order += [first + 1, first, first + 2] if count == 3 else part
    return order + list(range(len(order), kind.planes))
