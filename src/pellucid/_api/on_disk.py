"""From file to file, in parts: pictures that needn't fit into memory, and outputs that are whole.

What a format lets be written in parts (`pixels/sink.py`) never is in memory as a whole, and what
can be read in parts neither (`pixels/source.py`).
"""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from pellucid._api.about import FileInfo, bound_of, info
from pellucid._api.codec import decode_into, layout_of
from pellucid._api.encode import Encoding, Progress, encode
from pellucid._api.files import box_of, open_pel
from pellucid.bitstream import DEFAULT_LIMITS, Limits, PelFile, require_supported
from pellucid.pixels import ImageInfo, open_sink
from pellucid.pixels.atomic import new_file
from pellucid.pixels.dicom_change import Change
from pellucid.pixels.geo import moved
from pellucid.pixels.lazy import Sink


def compress_file(
    source: str | os.PathLike[str] | Any,
    target: str | os.PathLike[str],
    *,
    force: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> FileInfo:
    """Compress a picture to a .pel file, tile by tile; the bytes are those that `compress` gives.

    `source` and `options` are those of `compress`. A large TIFF, a Zarr store, an .npy file and
    what is sliced like an array are read in parts. `progress` is told what part is done, 0 to 1.

    Raises:
        OutputError: `target` exists and `force` is false, or it can't be written; and what
        `compress` raises. Then there is no new file.
    """
    chosen = Encoding(**options)
    with new_file(target, force=force) as out:
        encode(out, source, chosen, progress=progress)
    return info(target, limits=chosen.limits)


def decompress_file(
    source: bytes | str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    region: tuple[int, int, int, int] | None = None,
    which: str = "picture",
    force: bool = False,
    progress: Progress | None = None,
    limits: Limits = DEFAULT_LIMITS,
    damaged: list[int] | None = None,
) -> tuple[int, int, int]:
    """Decode a .pel file to a picture, in the format that the suffix of `target` names.

    TIFF, Zarr and .npy are written part by part. The other arguments are those of `decompress` and
    `compress_file`. Returns height, width and channels.

    Raises:
        OutputError: `target` exists and `force` is false, it can't be written, or its format can't
        hold the samples; and what `decompress` raises. Then there is no new file.
    """
    file = open_pel(source, limits, tolerant=damaged is not None)
    return write_picture(
        file,
        Path(target),
        region=region,
        which=which,
        force=force,
        progress=progress,
        damaged=damaged,
    )


def write_picture(
    file: PelFile,
    target: Path,
    *,
    region: tuple[int, int, int, int] | None = None,
    which: str = "picture",
    force: bool = False,
    progress: Progress | None = None,
    damaged: list[int] | None = None,
) -> tuple[int, int, int]:
    """The same of an open file."""
    from pellucid._api.pairs import check_which
    from pellucid.runtime.session import thread_count

    require_supported(file.header)
    check_which(which, file)
    box = box_of(region, file)
    shape, dtype = layout_of(file, box, which)
    kept: dict[str, Any] = file.metadata if which == "picture" else {}  # they are the picture's
    alpha = bool(file.header.alpha) if which == "picture" else None
    about = ImageInfo(
        shape[1],
        shape[0],
        shape[2],
        8 * dtype.itemsize,
        alpha=alpha,
        **kept,
    )
    if box is not None:
        about = replace(about, exif=moved(about.exif, box.x, box.y))
    sink = open_sink(
        target,
        shape,
        dtype,
        about,
        force=force,
        threads=thread_count(),
        change=lambda: change_of(file, damaged),
    )
    with sink as out:
        decode_into(Watched(out, shape, progress), file, box, damaged, which)
    return shape


def change_of(file: PelFile, damaged: list[int] | None) -> Change | None:
    """What a DICOM file must say of samples that aren't the source's; None if they are."""
    if "dicom" not in file.metadata:
        return None
    bound = bound_of(file)
    lost = f"; {len(damaged)} tiles lost" if damaged else ""
    if not bound:
        return Change(f"damaged file{lost}") if damaged else None
    shape, dtype = layout_of(file, None)
    ratio = math.prod(shape) * dtype.itemsize / file.chunks[-1].end
    return Change(f"pellucid, stored values within {bound:g}{lost}", ratio)


class Watched:
    """A sink that tells what part of a picture it has got."""

    def __init__(self, sink: Sink, shape: tuple[int, ...], progress: Progress | None) -> None:
        self._sink, self._total, self._progress = sink, shape[0] * shape[1], progress
        self._done = 0

    def __setitem__(self, key: tuple[slice, slice], samples: Any) -> None:
        self._sink[key] = samples
        self._done += samples.shape[0] * samples.shape[1]
        if self._progress is not None:
            self._progress(self._done / self._total)
