"""Files: a .pel file read, names an output can't have, and what is kept beside the samples."""

from __future__ import annotations

import os
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from pellucid.bitstream import Limits, PelFile
from pellucid.bitstream.writer import METADATA_CHUNKS
from pellucid.errors import OptionError, OutputError, reading
from pellucid.pixels import WRITERS, ImageInfo
from pellucid.pixels.metadata import kept_exif

PelSource = bytes | str | os.PathLike[str] | BinaryIO

PICTURE_SUFFIXES = {*WRITERS} | {
    *(".apng", ".avif", ".avifs", ".bmp", ".dib", ".cr2", ".cr3", ".dng", ".exr", ".gif", ".hdr"),
    *(".heic", ".heif", ".ico", ".j2c", ".j2k", ".jfif", ".jp2", ".jpe", ".jpf", ".jpx", ".jxl"),
    *(".jxr", ".nef", ".pam", ".pbm", ".pdf", ".pgm", ".pnm", ".ppm", ".psd", ".qoi", ".svg"),
    ".tga",
}
MAPPED = 1 << 24  # bytes from which a file is mapped, not read


def open_pel(data: PelSource, limits: Limits, *, tolerant: bool = False) -> PelFile:
    """Bytes, a path or a binary file object -> a parsed file.

    A tolerant reader takes what is whole of a broken one. A large file is mapped, so that only what
    is asked for is read; it must not change meanwhile. A file object is read to its end.
    Raises OptionError for anything else, and what `PelFile.parse` raises.
    """
    read = PelFile.salvage if tolerant else PelFile.parse
    if isinstance(data, str | os.PathLike):
        return read(bytes_of(data), limits=limits)
    try:
        view = memoryview(data.read() if hasattr(data, "read") else data)
    except TypeError as error:
        raise OptionError(
            f"a .pel file must be a path, its bytes or a file object, not {type(data).__name__}"
        ) from error
    return read(view, limits=limits)


def bytes_of(path: str | os.PathLike[str]) -> bytes | mmap:
    """What a file holds, mapped if that is much; InputError if it can't be read."""
    with reading(path, "file"), open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size < MAPPED:
            return file.read()
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def name_of(source: object) -> str:
    """What messages call a picture that a caller gave."""
    return str(source) if isinstance(source, str | os.PathLike) else "the input"


def refuse_same_file(target: str | os.PathLike[str], *sources: object) -> None:
    """OutputError if `target` is one of the files that are read, by whatever name.

    OptionError if it is no path.
    """
    if not isinstance(target, str | os.PathLike):
        raise OptionError(f"the target is {target!r}; it must be a path")
    for source in sources:
        with suppress(OSError, ValueError):  # of names that no file can have
            if isinstance(source, str | os.PathLike) and os.path.samefile(source, target):
                raise OutputError(
                    f"{target} is the file that is read; it can't be replaced by what is made of "
                    "it: choose another name (-o)"
                )


def check_pel_name(target: str | os.PathLike[str]) -> None:
    """OptionError if the name of a .pel file to be written promises a picture of another format."""
    suffix = Path(target).suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        raise OptionError(
            f"the output {target} looks like a picture; compress writes .pel files, so name it "
            f"{Path(target).with_suffix('.pel').name}"
        )


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
    held = WRITERS[suffix].metadata
    kinds = ", ".join(name.upper() for name in metadata if name not in held)
    return (f"{suffix} can't hold metadata; left out: {kinds}",) if kinds else ()
