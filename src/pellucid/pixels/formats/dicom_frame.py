"""One frame of a DICOM file as a picture of its own, with the elements that belong to it.

Of what is told frame by frame the frame's own part stays: its functional groups (PS3.3, C.7.6.16)
and its entry in vectors that run along the frames (C.7.6.6.1). Numbers of frames, such as those to
begin with or to subtract, go; what else would no longer be true, and can't be cut, is refused. A
frame is another instance than the file that it came from, and names it.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, OptionError
from pellucid.pixels.dicom_change import FRAME, Change, mark_changed

GROUPS = "PerFrameFunctionalGroupsSequence"
RUNNING = ("Vector", "Increment")  # how names of elements end that may have a value a frame
CONCATENATION = (
    "ConcatenationUID",
    "InConcatenationNumber",
    "InConcatenationTotalNumber",
    "ConcatenationFrameOffsetNumber",
    "SOPInstanceUIDOfConcatenationSource",
)
NUMBERED = (  # elements that number frames, or need others than the one
    "StartTrim",
    "StopTrim",
    "RepresentativeFrameNumber",
    "FrameNumbersOfInterest",
    "FrameOfInterestDescription",
    "FrameOfInterestType",
    "RWavePointer",
    "MaskSubtractionSequence",
    "RecommendedViewingMode",
)
_OVERLAY_FRAMES = 0x0015  # element of the groups 6000, 6002, ..


def frames_of(dataset: Any) -> tuple[int, int]:
    """(frames, channels of each)."""
    return int(dataset.get("NumberOfFrames") or 1), int(dataset.get("SamplesPerPixel", 1))


def check_frame(page: int, frames: int, name: str) -> int:
    """`page` if it is one of the frames of a file; else OptionError."""
    try:
        number = operator.index(page)
    except TypeError as error:
        raise OptionError(f"page is {page!r}; it must be a whole number from 0") from error
    if not 0 <= number < frames:
        count = "1 frame, 0" if frames == 1 else f"{frames} frames, 0 to {frames - 1}"
        raise OptionError(f"{name} has {count}, and no {number}")
    return number


def take_frame(dataset: Any, samples: NDArray[Any], page: int, name: str) -> None:
    """Make the elements of a file those of one of its frames, with `samples`; of one it is that."""
    try:
        frames, _ = frames_of(dataset)
        if frames > 1:
            cut_frame(dataset, page, frames, name)
            mark_changed(dataset, Change(f"pellucid, frame {page + 1} of {frames}"), samples)
            setattr(dataset.SourceImageSequence[0], FRAME, page + 1)  # DICOM counts from 1
    except InputError:
        raise
    except Exception as error:  # elements of damaged files hold anything
        raise InputError(f"{name} has elements that can't be a frame's: {error}") from error


def cut_frame(dataset: Any, number: int, frames: int, name: str) -> None:
    """Make the elements of a file of several `frames` those of one; pixels are left alone.

    Raises InputError for elements that say something of frames that can't be cut.
    """
    from pydicom.datadict import dictionary_VM

    _refuse(dataset, frames, name)
    groups = dataset.get(GROUPS)
    if groups is not None:
        setattr(dataset, GROUPS, [groups[number]])
    told = dataset.get("FrameIncrementPointer")
    pointed = [] if told is None else [int(tag) for tag in np.atleast_1d(told)]
    for element in list(dataset):
        named = element.keyword.endswith(RUNNING) and dictionary_VM(element.tag) == "1-n"
        if (named or element.tag in pointed) and frames == element.VM:
            element.value = [element.value[number]]
    if "FrameTimeVector" in dataset:
        dataset.FrameTimeVector = [0]  # since the frame before, which a first one doesn't have
    late = ("FrameDelay",) if number else ()  # until the first frame of all
    for keyword in (*CONCATENATION, *NUMBERED, *late):
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.NumberOfFrames = 1


def _refuse(dataset: Any, frames: int, name: str) -> None:
    """InputError for what a frame alone can't keep."""
    groups = dataset.get(GROUPS)
    if groups is not None and len(groups) != frames:
        raise InputError(
            f"{name} is damaged: it has functional groups of {len(groups)} frames, and {frames} "
            "frames; without --page (page=) all can be kept"
        )
    if "GridFrameOffsetVector" in dataset:
        raise InputError(
            f"{name} gives the places of its frames by distances from the first "
            "(GridFrameOffsetVector), so a frame alone would lose its place; without --page "
            "(page=) all can be kept"
        )
    for element in dataset:
        tag = element.tag
        overlay = tag.group >> 8 == 0x60 and tag.element == _OVERLAY_FRAMES
        if overlay and element.value is not None and int(element.value) > 1:
            raise InputError(
                f"{name} has an overlay of {element.value} frames, which can't be cut; without "
                "--page (page=) all can be kept"
            )
