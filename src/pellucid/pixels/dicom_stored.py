"""What the stored values of a DICOM picture mean to a filter: their range, and what is padding."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pellucid.errors import InputError
from pellucid.pixels.formats.dicom_frame import frames_of
from pellucid.pixels.formats.dicom_parse import parse


@dataclass(frozen=True)
class Stored:
    """What stored values mean to a filter.

    Attributes:
        channels: of each frame.
        low, high: the ends of the range that the stored bits have.
        padding: ends of the range of values that stand for nothing, or None.
    """

    channels: int
    low: int
    high: int
    padding: tuple[int, int] | None


def stored_of(elements: bytes, name: str) -> Stored:
    """What the elements of a read picture say.

    Raises InputError for indices into a palette, single bits and values that don't begin at bit 0,
    which can't be filtered, and for elements that don't say it.
    """
    dataset = parse(BytesIO(elements), name)
    try:
        return _stored(dataset, name)
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} has damaged DICOM elements: {error}") from error


def _stored(dataset: Any, name: str) -> Stored:
    bits = int(dataset.get("BitsStored", 16))
    if not 1 <= bits <= 16:
        raise InputError(f"{name} stores {bits} bits a sample; 1 to 16 are known")
    if str(dataset.PhotometricInterpretation) == "PALETTE COLOR" or bits == 1:
        raise InputError(
            f"{name} holds {'single bits' if bits == 1 else 'indices into a palette'}, which have "
            "no noise to measure; convert it to grey or RGB first"
        )
    if int(dataset.get("HighBit", bits - 1)) != bits - 1:
        raise InputError(
            f"{name} has its values in {bits} bits up to bit {dataset.HighBit}, with other bits "
            f"below; only those up to bit {bits - 1} can be filtered, so shift them with another "
            "tool first"
        )
    signed = int(dataset.get("PixelRepresentation", 0))
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    padding = None
    if "PixelPaddingValue" in dataset:
        ends = [int(dataset.PixelPaddingValue)]
        ends.append(int(dataset.get("PixelPaddingRangeLimit", ends[0])))
        padding = (min(ends), max(ends))
    return Stored(frames_of(dataset)[1], low, high, padding)
