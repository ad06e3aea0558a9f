"""Where people already are: what lets other programs open .pel files, one small file each.

    pillow.py     Image.open("x.pel"), image.save("x.pel"); call its `register()` first
    imageio.py    imageio.v3 by plugin="pellucid"; call its `register()` first
    desktop.py    the kind of file and thumbnails of a Linux desktop; `pellucid desktop install`
    zarr.py       the codec of Zarr version 3, found by its entry point
    numcodecs.py  the same for numcodecs and Zarr version 2, found by its entry point
    chunks.py     a chunk of an array <-> a .pel file, for both; turns.py: how many at a time

Each is imported by name; importing one changes nothing in the library that it is for.
"""

from __future__ import annotations

__all__: list[str] = []
