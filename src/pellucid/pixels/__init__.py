"""Step 1, any picture <-> samples: the only package that knows picture formats.

    open.py       open_image: the only way in
    formats/      one module a format, in registries: how it is recognised, read and written
    info.py       ImageInfo: geometry, what channels are, metadata
    box.py        Box, and the tiles under one
    lazy.py       pictures in parts: what a Source and a Sink are; the one check of sizes
    reduced.py    a picture at 1/2, 1/4 or 1/8 of its size
    flat.py       samples that lie in a file as in memory
    metadata.py   EXIF, ICC, XMP and resolution, byte for byte
    axes.py       what the channels of a stack are
    geo.py        where a part of a GeoTIFF lies
    extras.py     the optional libraries, asked for where they are used

and the way back:

    sink.py       open_sink: samples -> file, in parts where the format allows
    tiff.py       the directories of a TIFF
    description.py, ome.py  what a TIFF says of its pages: kept true
    dicom.py      the elements of a DICOM file, and what was done to its values
    atomic.py     bytes -> file, whole or not at all

Pillow does most of the decoding; nothing above this package imports it.
"""

from __future__ import annotations

from pellucid.pixels.atomic import check_target, write_atomic
from pellucid.pixels.box import Box, tiles_of, tiles_under
from pellucid.pixels.formats import WRITERS
from pellucid.pixels.formats.dicom import DICOM
from pellucid.pixels.formats.npy import NPY
from pellucid.pixels.formats.zarr import ZARR
from pellucid.pixels.info import ImageInfo, Role
from pellucid.pixels.open import ImageSource, is_in_parts, open_image, read_image
from pellucid.pixels.sink import WRITE_SUFFIXES, open_sink

__all__ = [
    "DICOM",
    "NPY",
    "WRITERS",
    "WRITE_SUFFIXES",
    "ZARR",
    "Box",
    "ImageInfo",
    "ImageSource",
    "Role",
    "check_target",
    "is_in_parts",
    "open_image",
    "open_sink",
    "read_image",
    "tiles_of",
    "tiles_under",
    "write_atomic",
]
