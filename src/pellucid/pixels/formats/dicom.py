"""DICOM: stored values out of a file, its elements as metadata, and a valid file again.

The samples are the stored values, bit for bit as pydicom decodes them: no rescaling, no window, no
palette is applied; the elements that say how to show them are kept, and so are the UIDs. Frames lie
behind one another as channels. A picture whose samples were changed is another instance.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DamagedFileError, InputError, OptionError, OutputError, refusing
from pellucid.pixels.axes import SAMPLES, UNNAMED, pack_axes
from pellucid.pixels.dicom import (
    DEFLATED,
    drop,
    frames_of,
    mark_changed,
    parse,
    take_frame,
)
from pellucid.pixels.formats.format import Format, Output, Writer, at_once
from pellucid.pixels.formats.input import Input
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import Sink, check_size

DICOM = (".dcm", ".dicom")
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
OFFSETS = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")  # of frames that are compressed
COLOURS = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB")
EXPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
MOST_ELEMENTS = 2**26  # bytes of a deflated data set that are no samples


@contextmanager
def open_dicom(
    source: Input, max_pixels: int, page: int | None = None
) -> Iterator[tuple[NDArray[Any], ImageInfo]]:
    """Stored values (height, width, frames * channels) and an ImageInfo that holds the elements.

    With `page` those of one frame, from 0: of several it is another instance than the file.

    Raises InputError for what can't be decoded or given back, LimitError above `max_pixels`,
    OptionError if there is no such frame.
    """
    name = source.name
    with source.open() as file:
        dataset = parse(file, name, most=MOST_ELEMENTS + 8 * max_pixels)
    samples = _decoded(dataset, name, max_pixels, page)
    if page is not None:
        take_frame(dataset, samples, page, name)
    drop(dataset, *PIXELS)
    with refusing(f"{name} has elements that can't be written again"):
        elements = _packed(dataset)
    frames, channels = frames_of(dataset)
    axes = pack_axes([(UNNAMED, frames), (SAMPLES, channels)][: 1 + (channels > 1)])
    info = replace(ImageInfo.of(samples), source_format="DICOM", dicom=elements)
    yield samples, replace(info, axes=axes if frames > 1 else None)


def _decoded(dataset: Any, name: str, max_pixels: int, page: int | None) -> NDArray[Any]:
    """The stored values of all frames, or of one, as channels, in this machine's byte order."""
    with refusing(f"{name} is a DICOM file without a picture"):
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        frames, channels = frames_of(dataset)
        colour, bits = str(dataset.PhotometricInterpretation), int(dataset.get("BitsAllocated", 0))
        encapsulated = dataset.file_meta.TransferSyntaxUID.is_encapsulated
        if min(rows, columns, frames, channels) < 1:
            raise ValueError(f"{columns} x {rows}, {frames} frames of {channels} channels")
    if page is not None and not 0 <= page < frames:
        count = "1 frame, 0" if frames == 1 else f"{frames} frames, 0 to {frames - 1}"
        raise OptionError(f"{name} has {count}, and no {page}")
    index, cut = page, slice(None)
    if page is not None and bits == 1:  # a frame may begin within a byte: all are decoded
        index, cut = None, slice(page, page + 1)
    frames = frames if index is None else 1
    check_size(name, (rows, columns, frames * channels), max_pixels)
    if colour not in COLOURS and not encapsulated:
        raise InputError(
            f"{name} has the colour space {colour}, and only {', '.join(COLOURS)} can be kept; "
            "convert it with pydicom's convert_color_space"
        )
    with (
        refusing(f"{name} is damaged, or its pixels can't be decoded"),
        warnings.catch_warnings(action="ignore"),
    ):
        # Overlays may lie in the bits above.
        dataset.pixel_array_options(index=index, correct_unused_bits=False)
        stored = dataset.pixel_array
    if encapsulated and colour not in COLOURS:
        dataset.PhotometricInterpretation = "RGB"  # what pydicom makes of it
    if bits not in (1, 8, 16) and stored.dtype.name != "float32":
        raise InputError(f"{name} has {bits} bits a sample ({stored.dtype}); up to 16 can be read")
    if stored.size != rows * columns * frames * channels:
        raise InputError(f"{name} is damaged: its pixels have the shape {stored.shape}")
    planes = stored.reshape(frames, rows, columns, channels)[cut].transpose(1, 2, 0, 3)
    samples = np.ascontiguousarray(planes.reshape(rows, columns, -1))
    wide = np.int16 if samples.dtype == np.int8 else samples.dtype.newbyteorder("=")
    return samples.astype(wide, copy=False)


def _packed(dataset: Any) -> bytes:
    """A data set as the bytes of a file, in a transfer syntax that compresses nothing."""
    drop(dataset, *OFFSETS)
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated or syntax == DEFLATED:
        dataset.file_meta.TransferSyntaxUID = type(syntax)(EXPLICIT)
    out = BytesIO()
    with warnings.catch_warnings(action="ignore"):
        dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


# --- back -----------------------------------------------------------------------------------------


@contextmanager
def dicom_output(out: Output) -> Iterator[Sink]:
    """What takes the samples of a file with the elements in `info`; OutputError without any."""
    if out.info.dicom is None:
        raise OutputError(
            f"cannot write {out.path}: a DICOM file needs the elements of one, and the picture "
            f"came without; these can hold it: {out.others}"
        )
    with at_once(_encode)(out) as samples:
        yield samples


def _encode(samples: NDArray[Any], out: Output) -> bytes:
    """A DICOM file of samples (height, width, frames * channels) with the elements of a read one.

    Without a `change` it is the same instance. Raises OutputError if the samples don't fit them, or
    they can't be written; DamagedFileError if they describe no picture.
    """
    height, width, planes = samples.shape
    try:
        dataset = parse(BytesIO(out.info.dicom or b""), "the file's DICOM part")
        with refusing("the file's DICOM part describes no picture"):
            frames, channels = frames_of(dataset)
            described = (int(dataset.Rows), int(dataset.Columns), frames * channels)
    except InputError as error:
        raise DamagedFileError(str(error)) from error
    if samples.shape != described:
        raise OutputError(
            f"{width} x {height} samples of {planes} channels are not the whole picture that the "
            f"DICOM elements describe, {described[1]} x {described[0]}; write a part as .npy or "
            ".png"
        )
    stacked = samples.reshape(height, width, frames, channels).transpose(2, 0, 1, 3)
    with refusing(
        "cannot write a DICOM file with the elements that the picture came with (write it as .npy "
        "or .tif)",
        OutputError,
    ):
        _put_pixels(dataset, stacked)
        if (change := out.change()) is not None:
            mark_changed(dataset, change, samples)
        return _packed(dataset)


def _put_pixels(dataset: Any, stacked: NDArray[Any]) -> None:
    """Set the pixel data of (frames, height, width, channels) stored values."""
    order = ">" if dataset.file_meta.TransferSyntaxUID == BIG else "<"
    if stacked.dtype.kind == "f":
        dataset.FloatPixelData = stacked.astype(f"{order}f4").tobytes()
        return
    bits = int(dataset.BitsAllocated)
    if bits == 1:
        data = np.packbits(stacked.ravel(), bitorder="little").tobytes()
    else:
        letter = "i" if dataset.PixelRepresentation else "u"
        held = stacked.astype(f"{order}{letter}{bits // 8}")
        if not np.array_equal(held, stacked):
            raise OutputError(f"samples of {stacked.dtype} don't fit in {bits} bits, as DICOM's do")
        if stacked.shape[3] > 1 and dataset.get("PlanarConfiguration", 0) == 1:
            held = held.transpose(0, 3, 1, 2)
        data = held.tobytes()
    data += b"\0" * (len(data) % 2)
    if bits == 8 and order == ">":  # OW: two samples in each 16-bit word
        data = np.frombuffer(data, "<u2").astype(">u2").tobytes()
    dataset.PixelData = data
    dataset["PixelData"].VR = "OB" if bits <= 8 and order == "<" else "OW"
    dataset["PixelData"].is_undefined_length = False


FORMAT = Format(
    "DICOM",
    lambda source: source.head[128:132] == b"DICM" or source.suffix in DICOM,
    open_dicom,
    pages=True,
)
# Frames, the axes, are among its elements.
WRITER = Writer(DICOM, dicom_output, stacks=True, metadata=("dicom", "axes"))
