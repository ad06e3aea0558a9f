"""All planes of a tile as one payload, and back: predicted, deflated or stored, the shortest.

Colour planes first, alpha last; an encoder is free in the order in which it codes them and in
which earlier planes each is predicted from.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.errors import DamagedFileError, PellucidError
from pellucid.exact.known import Reference, Vector
from pellucid.exact.plane import Range, Reader, Writer, walk
from pellucid.exact.tables import ExactTables

STORED, DEFLATED, PREDICTED = range(3)
BOUND = struct.Struct("<H")  # largest error of the colour planes
MOST_BOUND = 16383
MOST_REFERENCES = 2
HEAD_BITS = 17  # of each number before a plane
SIGNED = 1 << 15  # added to limits, which may be negative
ALIKE = 0.2  # correlation of two planes' differences from which one helps with the other
REPEATED = 0.3  # part of equal neighbours from which a tile may be a drawing, and deflate is tried

Samples = NDArray[Any]  # (h, w, planes) of uint8, uint16 or int16


@dataclass(frozen=True)
class TileKind:
    """What a decoder knows of a tile before it reads it.

    Attributes:
        dtype: little-endian type of the samples.
        planes: of colour, and one of alpha if `alpha`.
    """

    height: int
    width: int
    planes: int
    alpha: bool
    dtype: np.dtype[Any]

    @property
    def bytes(self) -> int:
        """Of the samples as they are."""
        return self.height * self.width * self.planes * self.dtype.itemsize


def encode_tile(samples: Samples, kind: TileKind, bound: int, tables: ExactTables) -> bytes:
    """The payload of `samples`, each of which comes back within `bound` (of alpha: as it is)."""
    raw = np.ascontiguousarray(samples.transpose(2, 0, 1), kind.dtype).tobytes()
    options = [bytes([STORED]) + raw]
    neighbours = samples[:, 1:] == samples[:, :-1]
    if neighbours.size and neighbours.mean() > REPEATED:
        options.append(bytes([DEFLATED]) + zlib.compress(raw, 9))
    options.append(bytes([PREDICTED]) + predict(samples, kind, bound, tables))
    return (BOUND.pack(bound) if bound else b"") + min(options, key=len)


def predict(samples: Samples, kind: TileKind, bound: int, tables: ExactTables) -> bytes:
    """The words of all planes."""
    encoder = SymbolEncoder(tables)
    done: dict[int, Reference] = {}
    for number in plane_order(kind):
        plane = samples[..., number].astype(np.int64)
        lossless = kind.alpha and number == kind.planes - 1
        span = range_of(plane, 0 if lossless else bound)
        references = alike(plane, {n: samples[..., n] for n in done})
        for part in (
            [number, len(references)],
            references,
            [span.low + SIGNED, span.high + SIGNED, span.unit],
        ):
            encoder.put_uniform(np.array(part, np.int32), HEAD_BITS)
        target = (plane - span.low) / span.unit
        if span.steps == 0:
            done[number] = flat(plane.shape)
            continue
        writer = Writer(encoder, target, span, tables)
        done[number] = walk(writer, target.shape, [done[n] for n in references], span)
        worst = np.abs(done[number].samples - target).max() * span.unit
        if worst > span.bound:
            raise PellucidError(
                f"a sample came back {worst:g} off, {span.bound} is the most: this is an error in "
                "pellucid, please report it with the picture"
            )
    return encoder.finish()


def decode_tile(
    payload: bytes | memoryview, kind: TileKind, *, bounded: bool, tables: ExactTables
) -> Samples:
    """(h, w, planes) samples; `bounded` says that the payload begins with a bound.

    Raises:
        DamagedFileError: the payload is not one that an encoder makes.
    """
    start = BOUND.size if bounded else 0
    if len(payload) <= start:
        raise DamagedFileError(f"a tile's payload has {len(payload)} bytes; that can't be all")
    bound = BOUND.unpack_from(payload)[0] if bounded else 0
    if bounded and not 1 <= bound <= MOST_BOUND:
        raise DamagedFileError(f"a tile's bound is {bound}; 1 to {MOST_BOUND} are possible")
    mode, body = payload[start], payload[start + 1 :]
    if mode == PREDICTED:
        return unpredict(body, kind, bound, tables)
    if mode == DEFLATED:
        body = inflate(bytes(body), kind.bytes)
    elif mode != STORED:
        raise DamagedFileError(f"a tile's payload is of kind {mode}; 0 to 2 are known")
    if len(body) != kind.bytes:
        raise DamagedFileError(f"a tile holds {len(body)} bytes of samples, not {kind.bytes}")
    planes = np.frombuffer(body, kind.dtype).reshape(kind.planes, kind.height, kind.width)
    return planes.transpose(1, 2, 0)


def inflate(body: bytes, size: int) -> bytes:
    """`size` bytes out of a zlib stream, of which no more than that is ever made."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(body, size + 1)
    except zlib.error as error:
        raise DamagedFileError(f"a tile's deflated samples are damaged: {error}") from error
    if not stream.eof or stream.unused_data:
        raise DamagedFileError("a tile's deflated samples are cut off or too many")
    return data


def unpredict(
    words: bytes | memoryview, kind: TileKind, bound: int, tables: ExactTables
) -> Samples:
    """What `predict` made of samples."""
    decoder = SymbolDecoder(words, tables)
    shape = (kind.height, kind.width)
    out = np.empty((kind.planes, *shape), kind.dtype)  # planes that don't come take no memory
    done: dict[int, Reference] = {}
    limits = np.iinfo(kind.dtype)
    while len(done) < kind.planes:
        number, count = decoder.take_uniform(2, HEAD_BITS).tolist()
        if number >= kind.planes or number in done or count > min(MOST_REFERENCES, len(done)):
            raise DamagedFileError(f"plane {number} with {count} references can't be here")
        references = decoder.take_uniform(count, HEAD_BITS).tolist()
        low, high, unit = decoder.take_uniform(3, HEAD_BITS).tolist()
        low, high = low - SIGNED, high - SIGNED
        if not (
            limits.min <= low <= high <= limits.max and unit and set(references) <= done.keys()
        ):
            raise DamagedFileError(f"the range or the references of plane {number} are impossible")
        lossless = kind.alpha and number == kind.planes - 1
        span = Range(low, high, unit, 0 if lossless else bound)
        if span.steps == 0:
            done[number] = flat(shape)
        else:
            reader = Reader(decoder, span, tables)
            done[number] = walk(reader, shape, [done[n] for n in references], span)
        out[number] = done[number].samples * unit + low
    decoder.finish()
    return out.transpose(1, 2, 0)


def flat(shape: tuple[int, ...]) -> Reference:
    """A plane of one value."""
    return Reference(np.zeros(shape), np.zeros(shape))


def plane_order(kind: TileKind) -> list[int]:
    """Green before red and blue, which it predicts better than they it; others as they lie."""
    order = list(range(kind.planes))
    return [1, 0, *order[2:]] if kind.planes - kind.alpha == 3 else order


def range_of(plane: NDArray[np.int64], bound: int) -> Range:
    """The plane's range; the unit is the step of all its values."""
    low, high = int(plane.min()), int(plane.max())
    return Range(low, high, max(1, int(np.gcd.reduce((plane - low).ravel()))), bound)


def alike(plane: NDArray[np.int64], others: dict[int, Samples]) -> Sequence[int]:
    """The planes of `others` that predict `plane` best, two at most."""
    if plane.shape[1] < 3:
        return list(others)[-MOST_REFERENCES:]
    change = across(plane)
    found = {number: likeness(change, across(other)) for number, other in others.items()}
    best = sorted(found, key=lambda n: -found[n])[:MOST_REFERENCES]
    return [number for number in best if found[number] >= ALIKE]


def across(plane: Samples) -> Vector:
    """Differences of neighbours in a row, flat."""
    return np.diff(plane.astype(np.float64), axis=1).ravel()


def likeness(one: Vector, other: Vector) -> float:
    """Size of the correlation of two planes' differences."""
    power = float(one @ one) * float(other @ other)
    return abs(float(one @ other)) / power**0.5 if power else 0.0
