"""Step 1, file <-> array: the only package that knows picture formats.

    open.py       open_image: the only way in
    box.py        Box, and the tiles under one
    info.py       ImageInfo: geometry, what channels are, metadata
    opened.py     path or bytes -> an opened picture
    read.py       file or bytes -> array, with a clear error for everything that can't be read
    picture.py    the same of 8 or 16 bits, with transparency
    checks.py     what a header must say before anything is decoded
    modes.py      a decoder's sample layouts -> HxWxC uint8
    metadata.py   EXIF, ICC and XMP, byte for byte
    tiff.py       TIFF directories: metadata out of and into them
    write.py      array -> file
    stored.py     what the samples of a file are, by its header
    samples.py    file <-> array in its own type: transparency, 16 bits, float
    holds.py      which samples each format holds
    deep.py       what Pillow would cut to 8 bits
    as_stored.py  what else it would change, refused
    png_chunks.py, png_deep.py   PNG of 16 bits in colour or with alpha
    npy.py        file <-> array in NumPy's own format
    jpeg2000.py   JPEG 2000 of more than 8 bits
    dicom.py      DICOM: stored values and elements, and a valid file again
    dicom_frame.py, dicom_change.py, dicom_parse.py, dicom_stored.py   its parts
    atomic.py     bytes -> file, whole or not at all

and for pictures that needn't fit into memory:

    lazy.py       what a picture in parts is
    source.py     file -> its samples in parts, if that is worth it
    sink.py       samples in parts -> file
    flat.py       samples that lie in a file as in memory
    tiff_facts.py, tiff_pages.py, segments.py   TIFF in parts, by tifffile
    tiff_sink.py  a tiled TIFF of any size
    zarrs.py      Zarr stores
    ome.py        OME-XML of a TIFF: kept, or made
    stacked.py    what ImageJ and tifffile tell of a stack: kept true
    ome_page.py   what it says of one page
    axes.py       what the channels of a stack are
    geo.py        where a part of a GeoTIFF lies
    extras.py     the optional libraries for these

Pillow does the decoding of pictures; nothing above this package imports it.
"""

from __future__ import annotations

from pellucid.pixels.atomic import check_target, write_atomic
from pellucid.pixels.box import Box, tiles_of, tiles_under
from pellucid.pixels.dicom import DICOM, is_dicom
from pellucid.pixels.info import ImageInfo, Role
from pellucid.pixels.npy import NPY, is_npy, npy_output, read_npy, write_npy
from pellucid.pixels.open import DEFAULT_LIMITS, ImageSource, PixelLimits, open_image
from pellucid.pixels.read import from_array, read_image
from pellucid.pixels.samples import read_samples, write_samples
from pellucid.pixels.sink import open_sink
from pellucid.pixels.source import open_parts
from pellucid.pixels.write import WRITE_SUFFIXES, write_image
from pellucid.pixels.zarrs import ZARR, is_zarr

__all__ = [
    "DEFAULT_LIMITS",
    "DICOM",
    "NPY",
    "WRITE_SUFFIXES",
    "ZARR",
    "Box",
    "ImageInfo",
    "ImageSource",
    "PixelLimits",
    "Role",
    "check_target",
    "from_array",
    "is_dicom",
    "is_npy",
    "is_zarr",
    "npy_output",
    "open_image",
    "open_parts",
    "open_sink",
    "read_image",
    "read_npy",
    "read_samples",
    "tiles_of",
    "tiles_under",
    "write_atomic",
    "write_image",
    "write_npy",
    "write_samples",
]
