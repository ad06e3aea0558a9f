"""What a picture is besides its samples: geometry and the metadata that must survive.

The metadata are byte strings that nothing in pellucid edits. EXIF is kept as the TIFF structure
that every container shares (it begins with ``II*\\0`` or ``MM\\0*``): the six bytes ``Exif\\0\\0``
belong to JPEG's marker and are added and removed there. So a picture read from one format and
written in another carries the same bytes.

Idea and names: the ``ImageProperties`` of imageio's v3 interface, less what a codec can't keep.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """Geometry and metadata of one picture.

    ``width`` and ``height`` are in pixels as stored: the EXIF orientation is kept in ``exif`` and
    is never applied to the samples. ``channels`` is 1 (grey) or 3 (RGB), or one more with
    transparency; ``bit_depth`` is in bits a sample. ``source_format`` is the container the picture
    came from ("PNG", "JPEG", …), None for an array. ``dpi`` is in dots an inch, across and down;
    only `samples.py` reads it. ``axes`` says what the channels of a stack are (`axes.py`);
    ``alpha`` whether the last channel is transparency, None by their number. ``dicom`` are the
    elements of a DICOM file, as one without pixels.

    >>> ImageInfo(width=640, height=480, channels=3).pixels
    307200
    """

    width: int
    height: int
    channels: int
    bit_depth: int = 8
    exif: bytes | None = None
    icc: bytes | None = None
    xmp: bytes | None = None
    source_format: str | None = None
    dpi: tuple[float, float] | None = None
    axes: bytes | None = None
    alpha: bool | None = None
    dicom: bytes | None = None

    @property
    def pixels(self) -> int:
        """Number of pixels, width times height."""
        return self.width * self.height
