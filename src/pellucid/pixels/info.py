"""What a picture is besides its samples: geometry, what its channels are, and its metadata.

The metadata are byte strings. EXIF is kept as the TIFF structure that every container shares (it
begins with ``II*\\0`` or ``MM\\0*``): the six bytes ``Exif\\0\\0`` belong to JPEG's marker and are
added and removed there. So a picture read from one format and written in another carries the same
bytes.

Idea and names: the ``ImageProperties`` of imageio's v3 interface, less what a codec can't keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pellucid.pixels.axes import pages_in
from pellucid.pixels.lazy import Source

WITH_ALPHA = (2, 4)  # channels of which the last is alpha if the source says nothing else


class Role(StrEnum):
    """What a channel is."""

    COLOUR = "colour"  # grey, or red, green and blue
    ALPHA = "alpha"  # transparency
    BAND = "band"  # another measurement of the same place, as of a satellite
    FRAME = "frame"  # a frame of a DICOM file, or one of its samples
    PAGE = "page"  # a page of a TIFF or a place of another axis, such as depth or time


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """Geometry and metadata of one picture.

    ``width`` and ``height`` are in pixels as stored: the EXIF orientation is kept in ``exif`` and
    is never applied to the samples. ``bit_depth`` is in bits a sample: 8 also for black and white,
    whose samples are 0 and 255, and less where samples use the lowest bits alone.
    ``source_format`` is the container the picture came from ("PNG", "JPEG", …), None for an array.
    ``dpi`` is in dots an inch, across and down. ``axes`` says what the channels of a stack are
    (`axes.py`); ``alpha`` whether the last channel is transparency, None if the source doesn't say
    and their number decides. ``dicom`` are the elements of a DICOM file, as one without pixels.
    ``flat``: the source is an array without an axis of channels. ``nodata`` is the value that GDAL
    marks as no data.

    >>> [str(role) for role in ImageInfo(640, 480, channels=4).roles]
    ['colour', 'colour', 'colour', 'alpha']
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
    flat: bool = False
    nodata: float | None = None

    @classmethod
    def of(cls, samples: Source) -> ImageInfo:
        """Of samples (H, W, C) without metadata."""
        height, width, channels = samples.shape
        return cls(width, height, channels, 8 * samples.dtype.itemsize)

    @property
    def pages(self) -> int:
        """How many pages or frames the channels are; 1 for a picture."""
        return pages_in(self.axes, self.channels)

    @property
    def samples_a_page(self) -> int:
        """How many channels in a row make one page or frame: all of them for a picture."""
        return self.channels // self.pages

    @property
    def roles(self) -> tuple[Role, ...]:
        """What each channel is."""
        if self.pages > 1:
            return (Role.PAGE if self.dicom is None else Role.FRAME,) * self.channels
        rest = self.channels - self.has_alpha
        first = Role.COLOUR if rest in (1, 3) else Role.BAND
        return (first,) * rest + (Role.ALPHA,) * self.has_alpha

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel is transparency; that of pages and of DICOM never is."""
        if self.dicom is not None or self.pages > 1:
            return False
        return self.channels in WITH_ALPHA if self.alpha is None else self.alpha

    @property
    def colours(self) -> int:
        """How many channels are colours, 1 or 3; 0 for bands, pages and frames."""
        return self.roles.count(Role.COLOUR)
