"""The codec `pellucid` of numcodecs, for Zarr version 2 and others, found by its entry point.

    zarr.create_array(..., zarr_format=2, compressors=Pellucid(axes="CYX"))

A numcodecs codec isn't told the shape of what it decodes, so all but rows and columns come back as
one axis, unless `out` has the shape; in memory, and so for Zarr, that is the same.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DamagedFileError, InputError, MissingExtraError, OptionError
from pellucid.plugins.chunks import ChunkOptions, default_axes, shape_in

try:
    from numcodecs.abc import Codec
    from numcodecs.compat import ensure_bytes, ndarray_copy
except ImportError as error:
    raise MissingExtraError("numcodecs", "science") from error

__all__ = ["Pellucid"]

OTHER = "C"


class Pellucid(ChunkOptions, Codec):  # type: ignore[misc]  # numcodecs has no types
    """Arrays as .pel files; the arguments are those of `ChunkOptions`.

    Raises OptionError for one that is out of range, or for axes of which others than rows and
    columns lie apart.
    """

    codec_id = "pellucid"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.axes and folded(self.axes).count(OTHER) > 1:
            raise OptionError(
                f"axes is {self.axes!r}; here all axes but Y and X must stand side by side, as in "
                "TCYX"
            )

    def get_config(self) -> dict[str, Any]:
        """For JSON."""
        return {"id": self.codec_id, **self.configuration}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """From what `get_config` gave; OptionError for an option that isn't known."""
        return cls.of(config)

    def encode(self, buf: Any) -> bytes:
        """The file of an array of two axes or more.

        Raises:
            OptionError, InputError: it can't be coded so; what it lacks is said.
        """
        array = np.asarray(buf)
        if array.dtype.newbyteorder("<") != array.dtype or array.flags.fnc:
            order = "column order" if array.flags.fnc else "row order"
            raise InputError(
                f"samples of type {array.dtype.str} in {order} would come back as others: give "
                "little-endian ones in row order (order='C')"
            )
        if self.axes is None and default_axes(array.shape) == "YXC":
            raise OptionError(
                f"axes must be given for an array of shape {array.shape}: YXC if it is a picture, "
                "CYX if the last axis are columns"
            )
        return self.pack(array)

    def decode(self, buf: Any, out: Any = None) -> NDArray[Any]:
        """The array in a file, copied to `out` if there is one.

        Raises InputError if `out` lies in column order, DamagedFileError if it has another size,
        and other FormatErrors for damage.
        """
        if isinstance(out, np.ndarray) and out.flags.fnc:
            raise InputError("out lies in column order (Fortran's); give an array in row order")
        data = ensure_bytes(buf)
        (height, width, others), dtype = shape_in(data)
        size = height * width * others * dtype.itemsize
        if out is not None and memoryview(out).nbytes != size:
            raise DamagedFileError(
                f"the file holds {size} bytes of samples, and out {memoryview(out).nbytes}: it is "
                "not that of this chunk"
            )
        axes = folded(self.axes or (OTHER + "YX" if others > 1 else "YX"))
        sides = {"Y": height, "X": width, OTHER: others}
        shape = tuple(sides[letter] for letter in axes)
        array = replace(self, axes=axes).unpack(data, shape, dtype.newbyteorder("<"))
        array = np.ascontiguousarray(array)  # who reads it goes by memory, not by indices
        return array if out is None else ndarray_copy(array, out)


def folded(axes: str) -> str:
    """The letters with one C for all that stand side by side and are neither rows nor columns."""
    return re.sub("[^YX]+", OTHER, axes)
