"""Where a picture goes, in parts: `.npy`, Zarr and TIFF on disk, or memory for the others.

Formats that are written whole (PNG and its like) get an array in memory, which is encoded when it
is full. How each is written stands in its module of `formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import OptionError, OutputError
from pellucid.pixels.dicom import Change
from pellucid.pixels.formats import PICTURES, WRITERS, Output, Writer, pillow_write
from pellucid.pixels.info import WITH_ALPHA, ImageInfo
from pellucid.pixels.lazy import Sink

WRITE_SUFFIXES = tuple(suffix for writer in PICTURES for suffix in writer.suffixes)
_ANY = (".npy", ".tif", ".zarr")  # which hold all samples


@contextmanager
def open_sink(
    path: Path,
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    info: ImageInfo,
    *,
    force: bool = False,
    threads: int = 1,
    change: Callable[[], Change | None] = lambda: None,
    quality: int | None = None,
) -> Iterator[Sink]:
    """What takes the samples (H, W, C) of the picture at `path`, in the format of its suffix.

    The file has its name when the block ends, whole, or never.

    Args:
        info: metadata, whether the last channel is alpha, and whether an `.npy` array is `flat`.
        threads: that may deflate tiles.
        change: says, at the end, what a DICOM file must say of its samples.
        quality: of JPEG, 1 to 100.

    Raises:
        OutputError: the format can't hold such samples, or the file can't be written.
        OptionError: `quality` of another format, or out of range.
        MissingExtraError: writing needs an optional library.
    """
    height, width, channels = shape
    info = replace(info, height=height, width=width, channels=channels)
    able = " ".join((*suffixes_for(dtype, info), *_ANY))
    out = Output(path, dtype, info, force, threads, change, quality, able)
    with _writer_of(out).open(out) as sink:
        yield sink


def suffixes_for(dtype: np.dtype[Any], info: ImageInfo) -> list[str]:
    """The suffixes of formats of a single picture that can hold such samples."""
    odd = info.pages > 1 or (info.channels in WITH_ALPHA and not info.has_alpha)
    able = [name for name, one in WRITERS.items() if one.holds(dtype, info.channels)]
    return [name for name in able if not (odd or WRITERS[name].stacks)]


def _writer_of(out: Output) -> Writer:
    """The format that the suffix names; OutputError if there is none, or it can't hold the samples.

    OptionError for a quality of another format than JPEG, or outside 1 to 100.
    """
    info, channels, quality, suffix = out.info, out.info.channels, out.quality, out.path.suffix
    suffix, way, problem = suffix.lower(), "write .tif, .npy or .zarr", None
    writer = WRITERS.get(suffix)
    if quality is not None and writer is not pillow_write.JPEG:
        raise OptionError(f"quality {quality} applies to JPEG only; {suffix} is written lossless")
    if quality is not None and (isinstance(quality, bool) or quality not in range(1, 101)):
        raise OptionError(f"quality must be 1..100, not {quality}")
    if writer is None:
        problem = f"the suffix {suffix or '(none)'} names no known format; use one of "
        problem += " ".join(WRITERS)
    elif not writer.stacks and info.pages > 1:
        problem = f"its {channels} channels are {info.pages} pages or frames, and no colours; {way}"
    elif not writer.stacks and channels in WITH_ALPHA and not info.has_alpha:
        problem = f"the last of its {channels} channels is no transparency; {way}"
    elif not writer.holds(out.dtype, channels) and (suffix, channels) == (".pgm", 3):
        problem = f"a .pgm holds grey pictures only, and this one is RGB; {out.others} can"
    elif not writer.holds(out.dtype, channels):
        kind = {1: "grey", 2: "grey with transparency", 3: "RGB", 4: "RGB with transparency"}
        what = f"{out.dtype.name} {kind.get(channels, f'of {channels} channels')}"
        problem = f"{suffix} can't hold {what}; these can: {out.others}"
    if writer is None or problem:
        raise OutputError(f"cannot write {out.path}: {problem}")
    return writer
