"""A picture -> a frame of a sequence, by one thread alone, and when it is shown.

Frames are small for a network that uses all cores: two side by side with one thread each take less
time than one after the other with two. The bytes are those that `compress` gives in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from io import BytesIO
from typing import Any, NamedTuple

from pellucid._api.codec import Picture
from pellucid._api.layers import encode, open_layer
from pellucid._api.options import PICTURE, CompressOptions
from pellucid.bitstream import PelFile
from pellucid.bitstream.sequence_about import SequenceAbout
from pellucid.errors import OptionError, is_whole, naming, require


class Coded(NamedTuple):
    """A frame as a .pel file, with what must be the same of all."""

    data: bytes
    about: SequenceAbout


class Waiting(NamedTuple):
    """A frame that is being compressed, and its time in ticks."""

    coded: Future[Coded]
    timestamp: int
    duration: int


def compressed(picture: Picture, options: CompressOptions, number: int) -> Coded:
    """A frame's file, made by this thread alone; errors name the frame."""
    from pellucid.runtime.session import alone

    out = BytesIO()
    with naming(f"frame {number}"), alone():
        encode(out, picture, options)
    data = out.getvalue()
    shape, dtype, *_ = open_layer(PelFile.parse(data, limits=options.limits)).layout(PICTURE)
    return Coded(data, SequenceAbout.of(shape, dtype))


def time_of(number: int, timestamp: int | None, last: int | None, clock: Mapping[str, Any]) -> int:
    """The timestamp of a frame, checked; without one it is as `rate` says, or its number.

    Raises OptionError unless it is later than `last`, of the frame before.
    """
    if timestamp is None:
        rate, base = clock["rate"], clock["time_base"]
        timestamp = number if rate is None else round(number / (rate * base))
    require(is_whole(timestamp), "timestamp", timestamp, "a whole number of ticks")
    if last is not None and timestamp <= last:
        raise OptionError(
            f"frame {number} is at {timestamp} ticks, and the one before at {last}; timestamps "
            "must ascend"
        )
    return int(timestamp)
