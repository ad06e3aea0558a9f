"""Put bands together: files of one size, each a band or a few -> one array, height x width x bands.

`python tools/bands_to_npy.py B01.jp2 B02.jp2 ... -o bands.npy` reads what imagecodecs reads (JPEG
2000, TIFF, PNG and more), in the order given; of a TIFF with overviews the first page. The samples
keep their type, which must be the same in all files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, PellucidError
from pellucid.pixels import ImageInfo, open_sink


def read_bands(path: Path) -> NDArray[Any]:
    """One file as (H, W, bands).

    Raises:
        InputError: it can't be read, or isn't a picture.
    """
    try:
        picture = np.asarray(imagecodecs.imread(path))
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{path} can't be read: {error}") from error
    if picture.ndim == 2:
        picture = picture[..., np.newaxis]  # HxW -> HxWx1
    if picture.ndim != 3:
        raise InputError(f"{path} has shape {picture.shape}; give pictures of one page")
    return picture


def join_bands(paths: Sequence[Path]) -> NDArray[Any]:
    """All bands of all files as (H, W, bands); InputError if size or type differ."""
    pictures = [read_bands(path) for path in paths]
    first = pictures[0]
    for path, picture in zip(paths, pictures, strict=True):
        if (picture.shape[:2], picture.dtype) != (first.shape[:2], first.dtype):
            raise InputError(
                f"{path} is {picture.shape[:2]} {picture.dtype}, and {paths[0]} is "
                f"{first.shape[:2]} {first.dtype}; resample one of them first"
            )
    return np.concatenate(pictures, axis=2)


def main() -> int:
    """Write the array; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bands", nargs="+", type=Path, help="files, in the order of the bands")
    parser.add_argument("-o", "--out", required=True, type=Path, help="the .npy file")
    parser.add_argument("--force", action="store_true", help="overwrite it")
    options = parser.parse_args()
    try:
        array = join_bands(options.bands)
        about = ImageInfo.of(array)
        with open_sink(options.out, array.shape, array.dtype, about, force=options.force) as out:
            out[:, :] = array
    except PellucidError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}  {array.shape} {array.dtype}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
