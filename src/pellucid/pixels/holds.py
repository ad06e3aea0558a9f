"""Which samples each format holds without loss, and the errors for those that it doesn't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import OutputError
from pellucid.pixels.axes import pages_in
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


def elements_for(
    target: Path, info: ImageInfo | None, dtype: np.dtype[Any], channels: int
) -> bytes:
    """The elements that a DICOM file of samples is written with; OutputError if there are none."""
    if info is not None and info.dicom is not None:
        return info.dicom
    pages = 1 if info is None else pages_in(info.axes, channels)
    raise OutputError(
        f"cannot write {target}: a DICOM file needs the elements of one, and the picture came "
        f"without; these can hold it: {_able(dtype, channels if pages == 1 else 0)}"
    )


def can_hold(path: Path, dtype: np.dtype[Any], channels: int) -> bool:
    """Whether a file written whole, in the format of the suffix of `path`, holds such samples."""
    return channels in _HOLDS.get(path.suffix.lower(), {}).get(dtype.name, ())


def check_holds(target: Path, dtype: np.dtype[Any], channels: int) -> None:
    """OutputError unless the format of a suffix is known and holds such samples, as `can_hold`."""
    suffix = check_suffix(target)
    if can_hold(target, dtype, channels):
        return
    raise OutputError(
        f"cannot write {target}: {suffix} can't hold {_describe(dtype, channels)}; "
        f"these can: {_able(dtype, channels)}"
    )


def _able(dtype: np.dtype[Any], channels: int) -> str:
    """The suffixes of all formats that hold such samples; the last three hold any."""
    able = [key for key, held in _HOLDS.items() if channels in held.get(dtype.name, ())]
    return " ".join(dict.fromkeys([*able, ".npy", ".tif", ".zarr"]))


def check_pages(target: Path, channels: int, info: ImageInfo) -> None:
    """OutputError if channels are pages or frames, which would be taken for colours."""
    pages = pages_in(info.axes, channels)
    if pages > 1:
        raise OutputError(
            f"cannot write {target}: its {channels} channels are {pages} pages or frames, and no "
            "colours; write .tif, .npy or .zarr"
        )


def _describe(dtype: np.dtype[Any], channels: int) -> str:
    kind = {1: "grey", 2: "grey with transparency", 3: "RGB", 4: "RGB with transparency"}
    return f"{dtype.name} {kind.get(channels, f'of {channels} channels')}"
