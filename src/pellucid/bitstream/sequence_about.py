"""What holds of all frames of a sequence: `sequence.json` of `docs/format.md`, section 19."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Self

import numpy as np

from pellucid.bitstream.limits import MAX_CHANNELS, MAX_SIDE
from pellucid.errors import DamagedFileError, OptionError, VersionError, is_whole, require

FORMAT, SEQUENCE_VERSION = "pellucid sequence", 1
MOST_BYTES = 2**20
MOST_TAGS, MOST_TEXT = 256, 4096
MOST_TERM = 2**63  # of a fraction, and of ticks
TYPES = ("uint8", "uint16", "int16", "float16", "float32")
ROTATIONS = (0, 90, 180, 270)


@dataclass(frozen=True, kw_only=True)
class SequenceAbout:
    """What all frames share.

    Attributes:
        width, height, channels: of each frame in samples, alpha counted among the channels.
        dtype: type of the samples, as NumPy calls it.
        rate: frames a second; None if it varies or the pictures have no time.
        time_base: seconds a tick, in which timestamps and durations are.
        rotation: degrees clockwise by which a viewer turns the frames: 0, 90, 180 or 270.
        tags: short texts by name, such as a title.

    Raises OptionError for a value out of range.
    """

    width: int
    height: int
    channels: int
    dtype: str
    rate: Fraction | None = None
    time_base: Fraction = Fraction(1)
    rotation: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = (("width", MAX_SIDE), ("height", MAX_SIDE), ("channels", MAX_CHANNELS + 1))
        for name, most in sizes:
            value = getattr(self, name)
            fine = is_whole(value) and 1 <= value <= most
            require(fine, name, value, f"a whole number from 1 to {most}")
        require(self.dtype in TYPES, "dtype", self.dtype, f"one of {', '.join(TYPES)}")
        check_clock(self.rate, self.time_base, self.rotation, self.tags)

    @classmethod
    def of(cls, shape: tuple[int, int, int], dtype: np.dtype[Any], **clock: Any) -> Self:
        """That of frames (H, W, C); `clock` are the other attributes."""
        height, width, channels = shape
        return cls(width=width, height=height, channels=channels, dtype=dtype.name, **clock)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, self.channels

    @property
    def kind(self) -> str:
        """Size and type of a frame, for a person."""
        return f"{self.width} x {self.height}, {self.channels} channels, {self.dtype}"

    def pack(self) -> bytes:
        """The bytes of `sequence.json`."""
        rate, base = self.rate, self.time_base
        said = {
            "format": FORMAT,
            "version": SEQUENCE_VERSION,
            "width": self.width,
            "height": self.height,
            "channels": self.channels,
            "dtype": self.dtype,
            "rate": None if rate is None else [rate.numerator, rate.denominator],
            "time_base": [base.numerator, base.denominator],
            "rotation": self.rotation,
            "tags": dict(self.tags),
        }
        return (json.dumps(said, indent=1) + "\n").encode("ascii")

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """What the bytes say; names that this version doesn't know are passed over.

        Raises DamagedFileError, or VersionError for a newer one.
        """
        try:
            said = json.loads(data.decode("ascii"))
            if not isinstance(said, dict) or said.get("format") != FORMAT:
                raise ValueError(f"its format isn't {FORMAT!r}")
            _check_version(said.get("version"))
            same = ("width", "height", "channels", "dtype", "rotation", "tags")
            values: dict[str, Any] = {name: said[name] for name in same}
            rate = None if said["rate"] is None else _fraction(said["rate"])
            return cls(**values, rate=rate, time_base=_fraction(said["time_base"]))
        except KeyError as error:
            raise DamagedFileError(f"sequence.json lacks {error}; get the file again") from error
        except (ValueError, TypeError, ZeroDivisionError, RecursionError) as error:
            raise DamagedFileError(f"sequence.json: {error}; get the file again") from error


def check_clock(rate: object, time_base: object, rotation: object, tags: object) -> None:
    """Raise OptionError for what can't be said of a sequence."""
    what = "a fractions.Fraction above 0 of numbers below 2^63"
    fine = rate is None or _is_positive(rate)
    require(fine, "rate", rate, f"{what}, or None")
    require(_is_positive(time_base), "time_base", time_base, what)
    fine = is_whole(rotation) and rotation in ROTATIONS
    require(fine, "rotation", rotation, "0, 90, 180 or 270")
    texts = [*tags.keys(), *tags.values()] if isinstance(tags, Mapping) else [None]
    fine = len(texts) <= 2 * MOST_TAGS
    fine = fine and all(isinstance(text, str) and len(text) <= MOST_TEXT for text in texts)
    require(fine, "tags", tags, f"{MOST_TAGS} texts by name at most, none over {MOST_TEXT} letters")


def _is_positive(value: object) -> bool:
    return isinstance(value, Fraction) and 0 < value.numerator < MOST_TERM > value.denominator


def _check_version(version: object) -> None:
    if not is_whole(version) or version < 1:  # type: ignore[operator]
        raise OptionError(f"its version is {version!r}")
    if version > SEQUENCE_VERSION:  # type: ignore[operator]
        raise VersionError(
            f"the sequence has version {version}, and this pellucid reads {SEQUENCE_VERSION}; "
            "update it: pip install -U pellucid"
        )


def _fraction(terms: Any) -> Fraction:
    numerator, denominator = terms
    if not (is_whole(numerator) and is_whole(denominator)):
        raise TypeError(f"{terms!r} are no two whole numbers")
    return Fraction(numerator, denominator)
