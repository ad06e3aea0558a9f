"""What a file says besides its header: FMAP, the map of floats of an exact file; and of a learned
one RANG, the range of 16-bit samples, ALPH, whose tables its alpha layer is coded with, EDGE, the
lines of one colour along its edges, and KEPT, the tables and the bound of its source; and of any
nois, the noise that was taken off.

`docs/format.md`, sections 2, 8, 12 and 15 to 18. These chunks are critical and checked as soon as
they are met, so that whoever has a `PelFile` can use them; but for FMAP, which is checked when
floats are decoded, and nois, which is not critical and checked when grain is asked for.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from pellucid.bitstream.edges import EDGE, edges_problem
from pellucid.bitstream.header import BASE, FLOAT, Header
from pellucid.bitstream.limits import MODEL_ID_BYTES, MOST_BOUND
from pellucid.bitstream.noise import NOISE, noise_problem
from pellucid.errors import OptionError

FLOAT_MAP, RANGE, ALPHA, KEPT = "FMAP", "RANG", "ALPH", "KEPT"
EXTRAS = (FLOAT_MAP, RANGE, ALPHA, EDGE, KEPT)  # in file order, before nois
_LAYOUT, _KEPT = struct.Struct("<ii"), struct.Struct(f"<{MODEL_ID_BYTES}sH")


@dataclass(frozen=True, slots=True)
class SampleRange:
    """The samples that the network's 0 and 255 stand for."""

    low: int
    high: int

    @property
    def span(self) -> int:
        """From the lowest sample to the highest."""
        return self.high - self.low

    def pack(self) -> bytes:
        """The payload of RANG."""
        return _LAYOUT.pack(self.low, self.high)

    @classmethod
    def unpack(cls, payload: bytes | memoryview) -> SampleRange:
        """The range in a payload of the right length."""
        return cls(*_LAYOUT.unpack(payload))


@dataclass(frozen=True, slots=True)
class Kept:
    """The id of the tables that a source is coded with, and the largest error of its samples."""

    model_id: bytes
    bound: int

    def pack(self) -> bytes:
        """The payload of KEPT."""
        return _KEPT.pack(self.model_id, self.bound)

    @classmethod
    def unpack(cls, payload: bytes | memoryview) -> Kept:
        """What a payload of the right length says."""
        return cls(*_KEPT.unpack(payload))


def needs_range(header: Header) -> bool:
    """Whether a file of this header must say the range of its samples."""
    return bool(header.layers & BASE) and header.bit_depth == 16 and header.sample_type != FLOAT


def extras_problem(header: Header, type_: str, payload: bytes | memoryview) -> str | None:
    """What is wrong with a chunk of EXTRAS, or nois, in a file of this header; None if nothing."""
    if type_ == ALPHA:
        if not header.has_alpha_layer:
            return "names the tables of an alpha layer, in a file that has none"
        wrong = len(payload) != MODEL_ID_BYTES
        return f"holds {len(payload)} bytes, not {MODEL_ID_BYTES}" if wrong else None
    if type_ == KEPT:
        return _kept_problem(header, payload)
    if type_ == EDGE:
        return edges_problem(header, payload)
    if type_ == NOISE:
        return noise_problem(header, payload)
    if type_ == FLOAT_MAP:
        return None if header.sample_type == FLOAT else "is a map of floats, in a file of none"
    if not needs_range(header):
        return "gives the range of 16-bit samples with loss, in a file that has none"
    if len(payload) != _LAYOUT.size:
        return f"holds {len(payload)} bytes, not {_LAYOUT.size}"
    found, most = SampleRange.unpack(payload), np.iinfo(header.dtype)
    if most.min <= found.low <= found.high <= most.max:
        return None
    return (
        f"says that samples lie in {found.low} .. {found.high}; {most.min} .. {most.max} are "
        "possible"
    )


def _kept_problem(header: Header, payload: bytes | memoryview) -> str | None:
    if not header.has_source_layer:
        return "names the tables of a source, in a file that has none"
    if len(payload) != _KEPT.size:
        return f"holds {len(payload)} bytes, not {_KEPT.size}"
    bound = Kept.unpack(payload).bound
    return (
        f"gives a bound of {bound}; 0 to {MOST_BOUND} are possible" if bound > MOST_BOUND else None
    )


def required_extras(header: Header) -> dict[str, str]:
    """The chunks without which a file of this header isn't whole, and what needs each."""
    found = {RANGE: "16 bits with loss"} if needs_range(header) else {}
    found |= {ALPHA: "an alpha layer"} if header.has_alpha_layer else {}
    return found | ({KEPT: "a source layer"} if header.has_source_layer else {})


def check_given(header: Header, extras: dict[str, bytes]) -> None:
    """Raise OptionError unless a writer was given what the header asks for, and no more."""
    wanted = required_extras(header).keys()
    if extras.keys() - {FLOAT_MAP, EDGE, NOISE} != wanted:
        raise OptionError(
            f"this header goes with the chunks {sorted(wanted)}, and {sorted(extras)} were given"
        )
    for type_, payload in extras.items():
        if problem := extras_problem(header, type_, payload):
            raise OptionError(f"chunk {type_} can't be written: it {problem}")
