"""The elements of a DICOM file: parsed safely, what they say of stored values, another instance's.

Of the transfer syntaxes only the deflated one (PS3.5, A.5) packs the elements themselves, and
pydicom inflates it whatever comes out. So what comes out is measured first, without keeping it.

A picture whose samples were changed is another instance: it gets a UID of its own, the same each
time, says what was done and names the instance that it was (PS3.3, C.7.6.1.1, C.12.1). So is one
frame: of what is told frame by frame its own part stays, the functional groups (C.7.6.16) and its
entry in vectors that run along the frames (C.7.6.6.1). Numbers of frames, such as those to begin
with or to subtract, go; what else would no longer be true, and can't be cut, is refused.

pydicom is in the extra `science` and imported when a DICOM file is met.
"""

from __future__ import annotations

import hashlib
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, LimitError, refusing
from pellucid.pixels.extras import science

DEFLATED = "1.2.840.10008.1.2.1.99"
_STEP = 1 << 20
_FRAME = "ReferencedFrameNumber"
_GROUPS = "PerFrameFunctionalGroupsSequence"
_RUNNING = ("Vector", "Increment")  # how names of elements end that may have a value a frame
_OF_MANY = (  # what a frame alone isn't: a part of a concatenation, or one of several by number
    *("ConcatenationUID", "InConcatenationNumber", "InConcatenationTotalNumber"),
    *("ConcatenationFrameOffsetNumber", "SOPInstanceUIDOfConcatenationSource"),
    *("StartTrim", "StopTrim", "RepresentativeFrameNumber", "FrameNumbersOfInterest"),
    *("FrameOfInterestDescription", "FrameOfInterestType", "RWavePointer"),
    *("MaskSubtractionSequence", "RecommendedViewingMode"),
)
_OVERLAY_FRAMES = 0x0015  # element of the groups 6000, 6002, ..


@dataclass(frozen=True)
class Change:
    """What was done to samples since they were read.

    Attributes:
        what: in words, for the Derivation Description.
        ratio: by which a lossy file is smaller, None if none was made.
    """

    what: str
    ratio: float | None = None


@dataclass(frozen=True)
class Stored:
    """What stored values mean to a filter.

    Attributes:
        low, high: the ends of the range that the stored bits have.
        padding: ends of the range of values that stand for nothing, or None.
    """

    low: int
    high: int
    padding: tuple[int, int] | None


def parse(file: BinaryIO, name: str, *, most: int = 0) -> Any:
    """The data set of an open file; its elements are read, and so known to be sound.

    A deflated one may have up to `most` bytes. Raises InputError, LimitError if they are more.
    """
    pydicom = science("pydicom", said="pydicom, which reads DICOM,")
    with (
        refusing(f"{name} is no DICOM file, or damaged or cut off"),
        warnings.catch_warnings(action="ignore"),  # values that standards don't allow are kept
    ):
        _check_deflated(file, name, most)
        file.seek(0)
        dataset = pydicom.dcmread(file)
        dataset.walk(lambda *_: None)
    return dataset


def _check_deflated(file: BinaryIO, name: str, most: int) -> None:
    """Refuse deflated elements of more than `most` bytes."""
    from pydicom.filereader import _read_file_meta_info, read_preamble

    read_preamble(file, False)
    meta = _read_file_meta_info(file)  # as dcmread does: what it would inflate is found here
    if meta.get("TransferSyntaxUID") != DEFLATED:
        return
    if most == 0:
        raise InputError(f"{name} has deflated DICOM elements, which it must not have")
    inflater, got = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while not inflater.eof and (rest := inflater.unconsumed_tail or file.read(_STEP)):
        got += len(inflater.decompress(rest, _STEP))
        if got > most:
            raise LimitError(
                f"{name} inflates to more than {most} bytes; if you trust it, raise max_pixels"
            )


def frames_of(dataset: Any) -> tuple[int, int]:
    """(frames, channels of each)."""
    return int(dataset.get("NumberOfFrames") or 1), int(dataset.get("SamplesPerPixel", 1))


def drop(dataset: Any, *keywords: str) -> None:
    """Take out elements, where they are there."""
    for keyword in keywords:
        if keyword in dataset:
            delattr(dataset, keyword)


def _values(dataset: Any, keyword: str) -> list[Any]:
    """The values of an element, however many it has."""
    value = dataset.get(keyword)
    if value is None or isinstance(value, str):
        return [value] if value else []
    return list(value) if hasattr(value, "__iter__") else [value]


def stored_of(elements: bytes, name: str) -> Stored:
    """What the elements of a read picture say of its values.

    Raises InputError for indices into a palette, single bits and values that don't begin at bit 0,
    which can't be filtered, and for elements that don't say it.
    """
    dataset = parse(BytesIO(elements), name)
    with refusing(f"{name} has damaged DICOM elements"):
        bits = int(dataset.get("BitsStored", 16))
        if not 1 <= bits <= 16:
            raise InputError(f"{name} stores {bits} bits a sample; 1 to 16 are known")
        if str(dataset.PhotometricInterpretation) == "PALETTE COLOR" or bits == 1:
            raise InputError(
                f"{name} holds {'single bits' if bits == 1 else 'indices into a palette'}, which "
                "have no noise to measure; convert it to grey or RGB first"
            )
        if int(dataset.get("HighBit", bits - 1)) != bits - 1:
            raise InputError(
                f"{name} has its values in {bits} bits up to bit {dataset.HighBit}, with other "
                f"bits below; only those up to bit {bits - 1} can be filtered, so shift them with "
                "another tool first"
            )
        low = -(1 << bits - 1) if int(dataset.get("PixelRepresentation", 0)) else 0
        padding = None
        if "PixelPaddingValue" in dataset:
            first = int(dataset.PixelPaddingValue)
            last = int(dataset.get("PixelPaddingRangeLimit", first))
            padding = (min(first, last), max(first, last))
        return Stored(low, low + (1 << bits) - 1, padding)


# --- another instance -----------------------------------------------------------------------------


def mark_changed(dataset: Any, change: Change, samples: NDArray[Any]) -> None:
    """Make a data set another instance that says where it comes from."""
    pydicom = science("pydicom")
    source = pydicom.Dataset()
    source.ReferencedSOPClassUID = dataset.SOPClassUID
    source.ReferencedSOPInstanceUID = dataset.SOPInstanceUID
    cut = [item for item in dataset.get("SourceImageSequence") or [] if _FRAME in item]
    dataset.SourceImageSequence = [source, *cut]  # what a frame came from stays named
    seed = hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()
    uid = pydicom.uid.generate_uid(entropy_srcs=[str(dataset.SOPInstanceUID), change.what, seed])
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
    dataset.ImageType = ["DERIVED", *(_values(dataset, "ImageType") or ["", "PRIMARY"])[1:]]
    before = str(dataset.get("DerivationDescription") or "")
    dataset.DerivationDescription = f"{before}; {change.what}"[-1024:] if before else change.what
    drop(dataset, "SmallestImagePixelValue", "LargestImagePixelValue")
    if change.ratio is None:
        return
    dataset.LossyImageCompression = "01"
    known = list(map(float, _values(dataset, "LossyImageCompressionRatio")))
    dataset.LossyImageCompressionRatio = [*known, f"{change.ratio:.2f}"]
    if "LossyImageCompressionMethod" in dataset or not known:
        methods = _values(dataset, "LossyImageCompressionMethod")
        dataset.LossyImageCompressionMethod = [*methods, "PELLUCID"]


def take_frame(dataset: Any, samples: NDArray[Any], page: int, name: str) -> None:
    """Make the elements of a file those of one of its frames, with `samples`; of one it is that.

    Raises InputError for elements that say something of frames that can't be cut.
    """
    with refusing(f"{name} has elements that can't be a frame's"):
        frames, _ = frames_of(dataset)
        if frames > 1:
            _refuse(dataset, frames, name)
            _cut_frame(dataset, page, frames)
            mark_changed(dataset, Change(f"pellucid, frame {page + 1} of {frames}"), samples)
            setattr(dataset.SourceImageSequence[0], _FRAME, page + 1)  # DICOM counts from 1


def _refuse(dataset: Any, frames: int, name: str) -> None:
    """InputError for what a frame alone can't keep."""
    told = None
    groups = dataset.get(_GROUPS)
    if groups is not None and len(groups) != frames:
        told = f"is damaged: it has functional groups of {len(groups)} frames, and {frames} frames"
    elif "GridFrameOffsetVector" in dataset:
        told = "gives the places of its frames by distances from the first "
        told += "(GridFrameOffsetVector), so a frame alone would lose its place"
    for element in dataset:
        overlay = element.tag.group >> 8 == 0x60 and element.tag.element == _OVERLAY_FRAMES
        if overlay and int(element.value or 0) > 1:
            told = told or f"has an overlay of {element.value} frames, which can't be cut"
    if told:
        raise InputError(f"{name} {told}; without --page (page=) all can be kept")


def _cut_frame(dataset: Any, number: int, frames: int) -> None:
    """Make the elements of several `frames` those of one; pixels are left alone."""
    from pydicom.datadict import dictionary_VM

    if dataset.get(_GROUPS) is not None:
        setattr(dataset, _GROUPS, [dataset.get(_GROUPS)[number]])
    pointed = list(map(int, _values(dataset, "FrameIncrementPointer")))
    for element in list(dataset):
        named = element.keyword.endswith(_RUNNING) and dictionary_VM(element.tag) == "1-n"
        if (named or element.tag in pointed) and frames == element.VM:
            element.value = [element.value[number]]
    if "FrameTimeVector" in dataset:
        dataset.FrameTimeVector = [0]  # since the frame before, which a first one doesn't have
    drop(dataset, *_OF_MANY, *(["FrameDelay"] if number else []))  # until the first frame of all
    dataset.NumberOfFrames = 1
