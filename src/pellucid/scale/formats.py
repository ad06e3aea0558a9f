"""Whether the format of a picture's file keeps every sample: by what is in it, not by its name."""

from __future__ import annotations

from pathlib import Path

from pellucid.pixels.formats import Input, format_of
from pellucid.pixels.formats.pillow import FORMAT as BY_PILLOW
from pellucid.pixels.formats.pillow import opened

# Names of formats, Pillow's among them, whose files hold samples as they were given. Of what a TIFF
# or a DICOM file has inside as JPEG nothing is lost once more.
WITHOUT_LOSS = {
    *("BMP", "DICOM", "GIF", "NumPy", "PNG", "PNG of 16 bits", "PPM", "TIFF", "Zarr"),
}
WEBP = b"RIFF", b"WEBPVP8L"  # of a file without loss: its first bytes, and those from the eighth


def is_without_loss(path: Path) -> bool:
    """Whether a file's format keeps every sample.

    WebP, AVIF, JPEG XL and JPEG 2000 can be either: these are taken for lossy ones, but a WebP
    whose first bytes say that it isn't.

    Raises:
        InputError: the file can't be read, or is no picture.
    """
    given = Input(path)
    name = format_of(given).name
    if name != BY_PILLOW.name:
        return name in WITHOUT_LOSS
    with opened(given.data, given.name) as image:
        name = image.format or ""
    start, kind = WEBP
    return name in WITHOUT_LOSS or (given.head.startswith(start) and given.head[8:16] == kind)
