"""Zarr arrays, of version 2 and 3, read and written in parts, with the package zarr.

A store is a folder. In a group of several resolutions (OME-Zarr) the first, the whole one, is read.
Axes have names in OME-Zarr, in version 3 and in xarray's arrays: rows and columns are `y` and `x`
then, and all others become channels, none of them alpha unless an attribute says so, as in what is
written here. Without names they are (y, x) or (y, x, channel), as in NumPy.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, OutputError, refusing
from pellucid.pixels.atomic import new_folder
from pellucid.pixels.axes import SAMPLES, pack_axes
from pellucid.pixels.extras import science
from pellucid.pixels.formats.format import Format, Output, Writer
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.tiff_segments import LARGEST
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import Sink, Source, box_of, check_size

ZARR = ".zarr"
CHUNK = 512  # samples a side
MARKS = ("zarr.json", ".zarray", ".zgroup")
PAGES = ("Z", "T", "Q")  # axes whose every place is a picture of its own
BANDS = ("band", "bands", "rgb", "rgba")
NAMES = "_ARRAY_DIMENSIONS"
LAST, ALPHA = "last_channel", "alpha"  # the attribute of an array that pellucid wrote


def _claims(source: Input) -> bool:
    """Whether an input is a store by its name, or a folder with the files of one."""
    path = source.path
    return source.suffix == ZARR or (path is not None and source.is_folder and _is_store(path))


@contextmanager
def open_zarr(source: Input, max_pixels: int) -> Iterator[tuple[Source, ImageInfo]]:
    """The samples (H, W, C) of a store, to be read in parts.

    Raises InputError for what is no picture, LimitError, MissingExtraError without zarr.
    """
    zarr, name = science("zarr"), source.name
    if not source.is_folder:
        raise InputError(f"{name}: no such folder, as a Zarr store is")
    with refusing(f"{name} can't be read as a Zarr store"):
        array, names = _array(zarr.open(name, mode="r"), name)
        samples = ZarrSource(array, names, name)
    check_size(name, samples.shape, max_pixels)
    stack = [letter for letter, _ in samples.others if letter != SAMPLES]
    pages = len(stack) > 1 or any(letter in PAGES for letter in stack)
    axes = pack_axes(samples.others) if pages else None
    alpha = None if names is None else samples.has_alpha
    yield samples, replace(ImageInfo.of(samples), source_format="Zarr", axes=axes, alpha=alpha)


class ZarrSource:
    """A Zarr array as samples (H, W, C); `others` are the axes that became channels.

    `has_alpha`: an attribute says that the last channel is transparency. Raises InputError for no
    picture, and for chunks that a reader would have to make room for, however few are stored.
    """

    def __init__(self, array: Any, names: list[str] | None, path: str) -> None:
        self._array, self._path = array, path
        chunk = tuple(getattr(array, "shards", None) or array.chunks)
        size = math.prod(map(int, chunk)) * np.dtype(array.dtype).itemsize
        if size > LARGEST:
            raise InputError(
                f"{path} has chunks of {size} bytes each ({chunk}), {LARGEST} is the most; save it "
                "again with smaller ones, for example of 512 x 512"
            )
        shape = tuple(map(int, array.shape))
        names = names or ["y", "x", "s"][: len(shape)]
        if len(names) != len(shape) or (names.count("y"), names.count("x")) != (1, 1):
            raise InputError(
                f"{path} holds an array of shape {shape} with the axes {', '.join(names)}; a "
                "picture has y and x, and axes without names are (y, x) or (y, x, channel)"
            )
        self._y, self._x = names.index("y"), names.index("x")
        rest = [place for place in range(len(shape)) if place not in (self._y, self._x)]
        self._order = (self._y, self._x, *rest)
        self.others = [(_letter(names[place]), shape[place]) for place in rest]
        channels = math.prod(length for _, length in self.others)
        self.shape = (shape[self._y], shape[self._x], channels)
        self.dtype = np.dtype(array.dtype).newbyteorder("=")
        self.has_alpha = bool(len(rest) == 1 and channels > 1 and array.attrs.get(LAST) == ALPHA)

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        box = box_of(key, self.shape)
        where = [slice(None)] * len(self._order)
        where[self._y], where[self._x] = box.slices
        with refusing(f"{self._path} is damaged or can't be decoded"):
            part = np.asarray(self._array[tuple(where)])
        samples = part.transpose(self._order).reshape(box.height, box.width, self.shape[2])
        return samples.astype(self.dtype, copy=False)


@contextmanager
def zarr_output(out: Output) -> Iterator[Sink]:
    """A store of one array (H, W, C), or (H, W), to be filled in; it has its name at the end.

    An attribute says whether the last channel is transparency. Raises OutputError.
    """
    zarr = science("zarr")
    axes = 2 if out.shape[2] == 1 else 3
    chunks = (*(min(CHUNK, side) for side in out.shape[:2]), out.shape[2])
    with new_folder(out.path, force=out.force, ours=_is_store) as folder:
        with refusing(f"cannot write {out.path}", OutputError):
            array = zarr.create_array(
                os.fspath(folder),
                shape=out.shape[:axes],
                chunks=chunks[:axes],
                dtype=out.dtype.newbyteorder("="),
                dimension_names=["y", "x", "c"][:axes],
                attributes={LAST: ALPHA} if out.info.has_alpha else None,
            )
        yield ZarrSink(array)


class ZarrSink:
    """Takes samples (h, w, C) for parts of a Zarr array."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        self._array[key] = samples.reshape(samples.shape[: self._array.ndim])


def _array(opened: Any, path: str) -> tuple[Any, list[str] | None]:
    """The array to read, and the names of its axes where they have any."""
    if hasattr(opened, "shape"):
        names = getattr(opened.metadata, "dimension_names", None) or opened.attrs.get(NAMES)
        known = names and all(isinstance(name, str) for name in names)
        return opened, [name.lower() for name in names] if known else None
    about = dict(opened.attrs)
    scales = about.get("ome", about).get("multiscales")
    if scales:
        array = opened[scales[0]["datasets"][0]["path"]]
        axes = scales[0].get("axes") or list("tczyx")[-len(array.shape) :]
        return array, [(a if isinstance(a, str) else a["name"]).lower() for a in axes]
    arrays = sorted(name for name, _ in opened.arrays())
    if len(arrays) != 1:
        raise InputError(
            f"{path} is a group of {len(arrays)} arrays ({', '.join(arrays)}); give one of them, "
            f"as {path}/name"
        )
    return _array(opened[arrays[0]], path)


def _letter(name: str) -> str:
    """An axis' letter in the chunk `axes`: C for channels and bands, S, Z, T, else Q."""
    if name in BANDS:
        return "C"
    first = name[:1].upper()
    return first if first in ("C", "Z", "T", "S") else "Q"


def _is_store(folder: Path) -> bool:
    return any((folder / name).is_file() for name in MARKS)


FORMAT = Format("Zarr", _claims, open_zarr, in_parts=True)
WRITER = Writer((ZARR,), zarr_output, stacks=True, metadata=())
