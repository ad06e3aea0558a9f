"""Where a picture goes, in parts: `.npy`, Zarr and TIFF on disk, or memory for the others.

Formats that are written whole (PNG and its like) get an array in memory, which is encoded when it
is full.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OutputError
from pellucid.pixels.atomic import check_target, write_atomic
from pellucid.pixels.axes import pages_in
from pellucid.pixels.dicom_change import Change
from pellucid.pixels.formats.dicom import DICOM, encode_dicom
from pellucid.pixels.formats.npy import NPY, npy_output
from pellucid.pixels.formats.zarr import ZARR, zarr_output
from pellucid.pixels.info import WITH_ALPHA, ImageInfo
from pellucid.pixels.lazy import Sink
from pellucid.pixels.metadata import kept_exif
from pellucid.pixels.tiff_sink import Layout, tiff_output
from pellucid.pixels.write import TIFF, able, check_holds, check_quality, encode_picture


@contextmanager
def open_sink(
    path: Path,
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    info: ImageInfo,
    *,
    flat: bool = False,
    force: bool = False,
    threads: int = 1,
    change: Callable[[], Change | None] = lambda: None,
    quality: int | None = None,
    metadata: bool = True,
) -> Iterator[Sink]:
    """What takes the samples (H, W, C) of the picture at `path`, in the format of its suffix.

    The file has its name when the block ends, whole, or never.

    Args:
        info: metadata, and whether the last channel is alpha.
        flat: an `.npy` array of one channel has two dimensions.
        threads: that may deflate tiles.
        change: says, at the end, what a DICOM file must say of its samples.
        quality: of JPEG, 1 to 100.
        metadata: whether EXIF, colour profile, XMP and resolution are written.

    Raises:
        OutputError: the format can't hold such samples, or the file can't be written.
        OptionError: `quality` of another format, or out of range.
        MissingExtraError: writing needs an optional library.
    """
    suffix = path.suffix.lower()
    check_quality(quality, path)
    if not metadata:
        info = replace(info, exif=None, icc=None, xmp=None, dpi=None)
    alpha = shape[2] in WITH_ALPHA if info.alpha is None else info.alpha
    if suffix == NPY:
        with npy_output(path, shape[:2] if flat else shape, dtype, force=force) as out:
            yield out
    elif suffix == ZARR:
        with zarr_output(path, shape, dtype, alpha=alpha, force=force) as store:
            yield store
    elif suffix in TIFF and dtype.kind in "uif":
        rgb = shape[2] - alpha == 3 or (info.axes is not None and shape[2] % 3 == 0)
        layout = Layout(shape, dtype, alpha, rgb)
        info = replace(info, exif=kept_exif(info))  # where a TIFF has its resolution
        with tiff_output(path, layout, info, force=force, threads=threads) as tiles:
            yield tiles
    else:
        check_whole(path, shape, dtype, info, alpha, force)  # before the work
        samples = np.empty(shape, dtype)
        yield samples
        if suffix in DICOM:
            data = encode_dicom(samples, elements_for(path, info, dtype, shape[2]), change())
        else:
            data = encode_picture(path, samples, info, quality)
        write_atomic(path, data, force=force)


def write_image(
    path: str | os.PathLike[str],
    samples: NDArray[Any],
    info: ImageInfo | None = None,
    *,
    force: bool = False,
    change: Change | None = None,
    quality: int | None = None,
    metadata: bool = True,
) -> None:
    """Write samples (H, W) or (H, W, C) to `path`, in the format its suffix names.

    Metadata are taken from `info` and written where the format can hold them; geometry is the
    array's. All formats are written without loss but JPEG (quality 95 unless told, 4:4:4). The file
    appears whole or not at all and replaces another one only with `force`. A .dcm needs the
    elements of a DICOM file in `info`, and the `change` since they were read.

    Raises OutputError for samples or metadata that the format can't hold (nothing is converted),
    an unknown suffix, a file that exists or an unwritable folder; OptionError for a bad `quality`.
    """
    flat = samples.ndim == 2
    whole = samples[..., None] if flat else samples  # HxW -> HxWx1
    if whole.ndim != 3:
        raise OutputError(
            f"cannot write {path}: samples of shape {samples.shape} are no picture; give (H, W) or "
            "(H, W, C)"
        )
    height, width, channels = whole.shape
    sink = open_sink(
        Path(path),
        (height, width, channels),
        whole.dtype,
        info or ImageInfo(width, height, channels, 8 * whole.itemsize),
        flat=flat,
        force=force,
        change=lambda: change,
        quality=quality,
        metadata=metadata,
    )
    with sink as out:
        out[0:height, 0:width] = whole


def check_whole(
    path: Path,
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    info: ImageInfo,
    alpha: bool,
    force: bool,
) -> None:
    """OutputError for a file that can't be there, or a format that can't hold the samples."""
    check_target(path, force=force)
    channels = shape[2]
    if path.suffix.lower() in DICOM:
        elements_for(path, info, dtype, channels)
        return
    pages = pages_in(info.axes, channels)
    if pages > 1:
        raise OutputError(
            f"cannot write {path}: its {channels} channels are {pages} pages or frames, and no "
            "colours; write .tif, .npy or .zarr"
        )
    if channels in WITH_ALPHA and not alpha:
        raise OutputError(
            f"cannot write {path}: the last of its {channels} channels is no transparency; "
            "write .tif, .npy or .zarr"
        )
    check_holds(path, dtype, channels)


def elements_for(target: Path, info: ImageInfo, dtype: np.dtype[Any], channels: int) -> bytes:
    """The elements that a DICOM file of samples is written with; OutputError if there are none."""
    if info.dicom is not None:
        return info.dicom
    pages = pages_in(info.axes, channels)
    raise OutputError(
        f"cannot write {target}: a DICOM file needs the elements of one, and the picture came "
        f"without; these can hold it: {able(dtype, channels if pages == 1 else 0)}"
    )
