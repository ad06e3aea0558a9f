"""What a file keeps of a picture beside its samples, and what a format can't hold of it."""

from __future__ import annotations

from pathlib import Path

from pellucid.bitstream.writer import METADATA_CHUNKS
from pellucid.pixels import DICOM, NPY, ZARR, ImageInfo
from pellucid.pixels.metadata import kept_exif

WITHOUT_METADATA = (".bmp", ".ppm", ".pgm", NPY, ZARR)


def metadata_of(info: ImageInfo) -> dict[str, bytes]:
    """The metadata that a file keeps, by kind: exif, icc, xmp, axes, dicom.

    A picture without EXIF whose resolution is known gets EXIF of that alone.
    """
    found = {name: getattr(info, name) for name in METADATA_CHUNKS} | {"exif": kept_exif(info)}
    return {name: value for name, value in found.items() if value}


def kept_of(metadata: dict[str, bytes], wanted: bool) -> dict[str, bytes]:
    """All metadata if they are wanted; else the pages alone, which are always kept."""
    return metadata if wanted else {name: metadata[name] for name in metadata if name == "axes"}


def left_out(target: Path, metadata: dict[str, bytes]) -> tuple[str, ...]:
    """What a person must know about metadata that the picture's format can't hold."""
    suffix = target.suffix.lower()
    if suffix in DICOM:
        metadata = {name: value for name, value in metadata.items() if name != "dicom"}
    elif suffix not in WITHOUT_METADATA:
        metadata = {name: value for name, value in metadata.items() if name == "dicom"}
    kinds = ", ".join(name.upper() for name in metadata)
    return (f"{suffix} can't hold metadata; left out: {kinds}",) if kinds else ()
