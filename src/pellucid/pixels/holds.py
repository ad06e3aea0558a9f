"""Which samples each format holds without loss, and the errors for those that it doesn't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import OutputError
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.write import check_suffix

# Suffix -> dtype -> numbers of channels that its format holds without loss.
_ANY: dict[str, tuple[int, ...]] = {"uint8": (1, 2, 3, 4)}
_OPAQUE: dict[str, tuple[int, ...]] = {"uint8": (1, 3)}
_DEEP: dict[str, tuple[int, ...]] = {"uint16": (1,)}
_FLOAT_GREY: dict[str, tuple[int, ...]] = {"float32": (1,)}
_HOLDS: dict[str, dict[str, tuple[int, ...]]] = {
    ".png": _ANY | {"uint16": (1, 2, 3, 4)},
    ".webp": _ANY,
    ".tif": _ANY | _DEEP | _FLOAT_GREY,
    ".tiff": _ANY | _DEEP | _FLOAT_GREY,
    ".jpg": _OPAQUE,
    ".jpeg": _OPAQUE,
    ".bmp": _OPAQUE,
    ".ppm": _OPAQUE | {"uint16": (1, 3)},
    ".pgm": {"uint8": (1,), "uint16": (1,)},
}


def elements_for(target: Path, info: ImageInfo | None) -> bytes:
    """The elements that a DICOM file is written with; OutputError if there are none."""
    if info is not None and info.dicom is not None:
        return info.dicom
    raise OutputError(
        f"cannot write {target}: a DICOM file needs the elements of one, and the picture came "
        f"without; use one of {' '.join([*_HOLDS, '.npy', '.zarr'])}"
    )


def can_hold(path: Path, dtype: np.dtype[Any], channels: int) -> bool:
    """Whether a file written whole, in the format of the suffix of `path`, holds such samples."""
    return channels in _HOLDS.get(path.suffix.lower(), {}).get(dtype.name, ())


def check_holds(target: Path, dtype: np.dtype[Any], channels: int) -> None:
    """OutputError unless the format of a suffix is known and holds such samples, as `can_hold`."""
    suffix = check_suffix(target)
    if can_hold(target, dtype, channels):
        return
    able = [key for key, held in _HOLDS.items() if channels in held.get(dtype.name, ())]
    raise OutputError(
        f"cannot write {target}: {suffix} can't hold {_describe(dtype, channels)}; "
        f"these can: {' '.join(dict.fromkeys([*able, '.npy', '.tif', '.zarr']))}"
    )


def _describe(dtype: np.dtype[Any], channels: int) -> str:
    kind = {1: "grey", 2: "grey with transparency", 3: "RGB", 4: "RGB with transparency"}
    return f"{dtype.name} {kind.get(channels, f'of {channels} channels')}"
