"""Where a picture goes, in parts: `.npy`, Zarr and TIFF on disk, or memory for the others.

Formats that are written whole (PNG and its like, and small TIFFs) get an array in memory, which is
encoded when it is full.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import OutputError
from pellucid.pixels.atomic import check_target
from pellucid.pixels.dicom import DICOM
from pellucid.pixels.dicom_change import Change
from pellucid.pixels.holds import can_hold, check_holds, check_pages, elements_for
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import LARGE, Sink
from pellucid.pixels.npy import is_npy, npy_output
from pellucid.pixels.samples import write_samples
from pellucid.pixels.tiff_sink import Layout, tiff_output
from pellucid.pixels.write import TIFF
from pellucid.pixels.zarrs import is_zarr, zarr_output

WITH_ALPHA = (2, 4)  # channels of which the last is alpha if nothing else is said


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
) -> Iterator[Sink]:
    """What takes the samples (H, W, C) of the picture at `path`, in the format of its suffix.

    The file has its name when the block ends, whole, or never.

    Args:
        info: metadata, and whether the last channel is alpha.
        flat: an `.npy` array of one channel has two dimensions.
        threads: that may deflate tiles.
        change: says, at the end, what a DICOM file must say of its samples.

    Raises:
        OutputError: the format can't hold such samples, or the file can't be written.
        MissingExtraError: writing needs an optional library.
    """
    alpha = shape[2] in WITH_ALPHA if info.alpha is None else info.alpha
    if is_npy(path):
        with npy_output(path, shape[:2] if flat else shape, dtype, force=force) as out:
            yield out
    elif is_zarr(path):
        with zarr_output(path, shape, dtype, alpha=alpha, force=force) as store:
            yield store
    elif path.suffix.lower() in TIFF and not _simple(path, shape, dtype, info, alpha):
        rgb = shape[2] - alpha == 3 or (info.axes is not None and shape[2] % 3 == 0)
        layout = Layout(shape, dtype, alpha, rgb)
        with tiff_output(path, layout, info, force=force, threads=threads) as tiles:
            yield tiles
    else:
        check_whole(path, shape, dtype, info, alpha, force)  # before the work
        samples = np.empty(shape, dtype)
        yield samples
        write_samples(path, samples, info, force=force, change=change())


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
    if path.suffix.lower() in DICOM:
        elements_for(path, info, dtype, shape[2])
        return
    check_pages(path, shape[2], info)
    if shape[2] in WITH_ALPHA and not alpha:
        raise OutputError(
            f"cannot write {path}: the last of its {shape[2]} channels is no transparency; "
            "write .tif, .npy or .zarr"
        )
    check_holds(path, dtype, shape[2])


def _simple(
    path: Path, shape: tuple[int, int, int], dtype: np.dtype[Any], info: ImageInfo, alpha: bool
) -> bool:
    """Whether a TIFF is small and plain enough to be written whole."""
    plain = alpha == (shape[2] in WITH_ALPHA) and info.axes is None
    return plain and math.prod(shape[:2]) <= LARGE and can_hold(path, dtype, shape[2])
