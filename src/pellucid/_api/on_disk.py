"""From file to file, in parts: pictures that needn't fit into memory, and outputs that are whole.

What a format lets be written in parts (`pixels/sink.py`) never is in memory as a whole, and what
can be read in parts neither (`pixels/open.py`).
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from pellucid._api.about import info
from pellucid._api.codec import Picture
from pellucid._api.decode import Opened
from pellucid._api.files import PelSource, check_pel_name, kept_of, left_out, refuse_same_file
from pellucid._api.layers import encode
from pellucid._api.meter import Progress, Watched
from pellucid._api.options import (
    AUTO,
    GUIDE,
    OFF,
    PICTURE,
    CompressOptions,
    DecompressOptions,
    Region,
)
from pellucid._api.results import CompressResult, DecompressResult
from pellucid.bitstream import DEFAULT_LIMITS, Limits
from pellucid.denoising import NoiseEstimate
from pellucid.errors import OutputError
from pellucid.pixels import DICOM, ImageInfo, open_sink
from pellucid.pixels.atomic import new_file
from pellucid.pixels.dicom import Change
from pellucid.pixels.geo import cropped
from pellucid.pixels.metadata import with_resolution

NOTHING = (
    "no noise was found to leave out, so the picture is in the file twice: lossless alone, or "
    "leaving keep_noise out, takes less"
)


def compress_file(
    source: Picture,
    target: str | os.PathLike[str],
    *,
    quality: int | None = None,
    bpp: float | None = None,
    size: int | None = None,
    psnr: float | None = None,
    lossless: bool = False,
    max_error: float | None = None,
    nodata: float | None = None,
    guide: Picture | None = None,
    model: str | os.PathLike[str] | None = None,
    tune: str | None = None,
    effort: int = 0,
    metadata: bool = True,
    limits: Limits = DEFAULT_LIMITS,
    page: int | None = None,
    tile: int | None = None,
    denoise: str | float = OFF,
    keep_noise: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> CompressResult:
    """Compress a picture to a .pel file, tile by tile; the bytes are those that `compress` gives.

    A large TIFF, a Zarr store, an .npy file and what is sliced like an array are read in parts.

    Args:
        source: what `compress` takes, as all arguments that aren't named here.
        target: a name that no other picture format has.
        force: replace `target` if it exists; never a file that is read.
        progress: is told what part is done, 0 to 1.

    Raises:
        OutputError: `target` exists and `force` is false, is the source, or can't be written.
        OptionError: `target` is named like another kind of picture.
        And what `compress` raises. Then there is no new file.
    """
    options = CompressOptions.of(locals())
    return compress_to(source, target, options, force=force, progress=progress)


def compress_to(
    source: Picture,
    target: str | os.PathLike[str],
    options: CompressOptions,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> CompressResult:
    """The same with options that are checked already."""
    refuse_same_file(target, source, options.guide)
    check_pel_name(target)
    with new_file(target, force=force) as out:
        noise = encode(out, source, options, progress=progress)
    return result_of(target, options, noise, size_of(source))


def size_of(source: object) -> int | None:
    """Bytes of a picture that is a single file; None of any other."""
    if isinstance(source, str | os.PathLike) and Path(source).is_file():
        return Path(source).stat().st_size
    return None


def result_of(
    target: str | os.PathLike[str],
    options: CompressOptions,
    noise: NoiseEstimate | None,
    before: int | None,
) -> CompressResult:
    """What is said of a file that was just written; its source had `before` bytes."""
    found = info(target, limits=options.limits)
    remarks = (NOTHING,) if options.keep_noise and noise is None else ()
    exact = found.max_error is not None or found.source_error is not None
    if before is None or not exact or found.file_bytes <= before:
        return CompressResult(found, before, remarks, noise)
    grown = (
        f"the file grew from {before:,} to {found.file_bytes:,} bytes: lossless, max_error "
        "and keep_noise keep every sample, with the errors that a lossy format such as JPEG made, "
        "and metadata are kept byte for byte"
    )
    return CompressResult(found, before, (*remarks, grown), noise)


def decompress_file(
    source: PelSource,
    target: str | os.PathLike[str],
    *,
    region: Region | None = None,
    scale: int = 1,
    which: str = PICTURE,
    grain: float = 0.0,
    limits: Limits = DEFAULT_LIMITS,
    device: str = AUTO,
    jpeg_quality: int | None = None,
    metadata: bool = True,
    keep_going: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> DecompressResult:
    """Decode a .pel file to a picture, in the format that the suffix of `target` names.

    TIFF, Zarr and .npy are written part by part.

    Args:
        source: path or bytes of a .pel file; `region`, `scale`, `which`, `grain`, `limits`
            and `device` as in `decompress`.
        jpeg_quality: of a JPEG, 1 to 100; 95 if it isn't given.
        metadata: write EXIF, ICC profile and XMP, too.
        keep_going: save what is whole of a damaged file, as `salvage` does.
        force, progress: as in `compress_file`.

    Raises:
        OutputError: `target` exists and `force` is false, is the source, can't be written, or its
        format can't hold the samples; and what `decompress` raises. Then there is no new file.
    """
    options = DecompressOptions(
        region=region, scale=scale, which=which, grain=grain, limits=limits, device=device
    )
    return decompress_to(
        source,
        target,
        options,
        jpeg_quality=jpeg_quality,
        metadata=metadata,
        keep_going=keep_going,
        force=force,
        progress=progress,
    )


def decompress_to(
    source: PelSource,
    target: str | os.PathLike[str],
    options: DecompressOptions,
    *,
    jpeg_quality: int | None = None,
    metadata: bool = True,
    keep_going: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> DecompressResult:
    """The same with options that are checked already."""
    from pellucid.runtime.session import thread_count

    refuse_same_file(target, source)
    opened = Opened(source, options, tolerant=keep_going)
    shape, dtype, alpha, _ = opened.layout
    if options.scale > 1 and Path(target).suffix.lower() in DICOM:
        raise OutputError(f"cannot write {target}: DICOM can't say that a picture is reduced")
    kept = kept_of(opened.metadata, metadata)
    told = None if options.which == GUIDE else alpha
    size = (opened.box.width, opened.box.height, shape[2], 8 * dtype.itemsize)
    about = with_resolution(ImageInfo(*size, alpha=told, flat=shape[2] == 1, **kept))  # type: ignore[arg-type]
    if options.region is not None or options.scale > 1:
        about = cropped(about, opened.box, options.scale)
    sink = open_sink(
        Path(target),
        shape,
        dtype,
        about,
        force=force,
        threads=thread_count(),
        change=lambda: change_of(opened),
        quality=jpeg_quality,
    )
    with sink as out:
        opened.decode_into(Watched(out, shape, progress))
    return opened.result(remarks=left_out(Path(target), kept))


def change_of(opened: Opened) -> Change | None:
    """What a DICOM file must say of samples that aren't the source's; None if they are."""
    if "dicom" not in opened.file.metadata:
        return None
    bound, damaged = opened.layer.max_error, opened.damaged
    lost = f"; {len(damaged)} tiles lost" if damaged else ""
    if not bound:
        return Change(f"damaged file{lost}") if damaged else None
    shape, dtype, *_ = opened.layer.layout(PICTURE)
    ratio = math.prod(shape) * dtype.itemsize / opened.file.chunks[-1].end
    return Change(f"pellucid, stored values within {bound:g}{lost}", ratio)
