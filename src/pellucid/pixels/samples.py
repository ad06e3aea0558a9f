"""Path or bytes <-> samples in their own type: what a picture filter needs, as `read.py` a codec.

Besides 8-bit grey and RGB this takes transparency (the last of 2 or 4 channels), 16 bits and 32-bit
float grey, and gives them back in a format that holds them. Nothing is converted that would lose
something: Pillow silently drops the low byte of 16-bit colour and channels that it doesn't know, so
both are recognised by the header, and read by another way (`deep.py`) or refused with the way out.

What becomes something else, exactly: a palette becomes its colours, and one colour marked as
transparent an alpha channel.
"""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError, LimitError, OptionError, PellucidError
from pellucid.pixels.as_stored import check_opened, check_tiff
from pellucid.pixels.atomic import check_target, write_atomic
from pellucid.pixels.checks import check_frames, check_size
from pellucid.pixels.deep import Deep, read_deep
from pellucid.pixels.dicom import DICOM, encode_dicom, is_dicom, read_dicom
from pellucid.pixels.dicom_change import Change
from pellucid.pixels.holds import can_hold, check_holds, check_pages, elements_for
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.jpeg2000 import opacity_of
from pellucid.pixels.metadata import with_metadata
from pellucid.pixels.modes import to_samples, with_alpha
from pellucid.pixels.npy import is_npy, read_npy, write_npy
from pellucid.pixels.opened import MAX_PIXELS, load, load_as_stored, opened, raw_mode
from pellucid.pixels.stored import WITH_ALPHA, check_mode, lossy, stored_type
from pellucid.pixels.tiff_sink import Layout, tiff_output
from pellucid.pixels.write import TIFF, check_suffix, encode_picture


def read_samples(
    source: str | os.PathLike[str] | bytes, *, max_pixels: int = MAX_PIXELS
) -> tuple[NDArray[Any], ImageInfo]:
    """Read one picture from a path, or from the bytes of a file, in its own sample type.

    Returns the samples as stored, (height, width, channels), and an ImageInfo with the metadata
    byte for byte. uint8 and uint16 have 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha)
    channels; float32 (which may hold NaN) has 1. An .npy file gives what it holds, of any type and
    number of channels, mapped and not loaded. A DICOM file gives its stored values, frame behind
    frame as channels, and its elements in `dicom`. The EXIF orientation is kept and not applied.

    Raises InputError for what can't be read or would lose something: 16-bit colour of a TIFF,
    1 bit, print colours, more channels, animations, damage; LimitError for more than `max_pixels`
    pixels; MissingExtraError for what only imagecodecs reads.
    """
    if not isinstance(source, bytes) and is_npy(source):
        return read_npy_samples(source, max_pixels)
    if is_dicom(source):
        return read_dicom(source, max_pixels)
    with opened(source) as (image, data, name):
        check_size(image, data, name, max_pixels)
        deep = read_deep(image, data, name)
        if deep is not None:
            return deep.samples, _deep_info(deep, image, data)
        check_tiff(image, name)
        dtype = stored_type(image, data, name)
        check_mode(image, name)
        _name_byte_order(image)
        loaded = load_as_stored(image)
        samples = _eight_bit(loaded, name) if dtype == np.uint8 else np.array(loaded, dtype)
        samples = samples[:, :, np.newaxis] if samples.ndim == 2 else samples  # HxW -> HxWx1
        return samples, _info(samples, image, data)


def _info(samples: NDArray[Any], image: Image.Image, data: bytes) -> ImageInfo:
    height, width, channels = samples.shape
    bits = 8 * samples.itemsize
    alpha = channels in (2, 4) and opacity_of(data) if image.format == "JPEG2000" else None
    info = ImageInfo(width, height, channels, bits, source_format=image.format, alpha=alpha)
    return replace(with_metadata(info, image, data), dpi=_dpi(image))


def _deep_info(deep: Deep, image: Image.Image, data: bytes) -> ImageInfo:
    """The same, with the metadata of the husk if there is one."""
    if deep.husk is None:
        return _info(deep.samples, image, data)
    with opened(deep.husk) as (husk, husk_data, _):
        husk.load()  # metadata behind the samples, too
        return _info(deep.samples, husk, husk_data)


def read_npy_samples(
    source: str | os.PathLike[str], max_pixels: int
) -> tuple[NDArray[Any], ImageInfo]:
    """An array of two or three dimensions as a picture."""
    samples = read_npy(source)
    if samples.ndim not in (2, 3) or 0 in samples.shape:
        raise InputError(
            f"{source} holds an array of shape {samples.shape}, which is no picture; (height, "
            "width) or (height, width, channels) is one"
        )
    height, width = samples.shape[:2]
    if height * width > max_pixels:
        raise LimitError(
            f"{source} has {width} x {height} pixels, over the limit of {max_pixels}; if you trust "
            "it, raise max_pixels"
        )
    samples = samples[:, :, np.newaxis] if samples.ndim == 2 else samples  # HxW -> HxWx1
    return samples, ImageInfo(width, height, samples.shape[2], 8 * samples.itemsize)


def samples_of(image: object) -> NDArray[Any]:
    """The samples of a Pillow image, (height, width, channels), as `read_samples` returns them.

    Raises InputError for a mode that can't be kept; OptionError for another type.
    """
    if not isinstance(image, Image.Image):
        raise OptionError(
            "a picture must be a path, bytes, a numpy array or a Pillow image, not "
            f"{type(image).__name__}"
        )
    name = f"the {image.format or 'Pillow'} image"
    if 0 in image.size:
        raise InputError(f"{name} of size {image.size} has no pixels")
    check_mode(image, name)
    deep = {"I;16": "uint16", "F": "float32"}.get(image.mode[:4])
    if image.mode == "I":
        raise lossy(name, f"mode {image.mode}, raw mode {raw_mode(image)}")
    try:
        check_frames(image, name)
        check_opened(image, name)
        _name_byte_order(image)
        load(image)
        samples = _eight_bit(image, name) if deep is None else np.array(image, deep)
    except PellucidError:
        raise
    except Exception as error:  # decoders raise anything on damaged files
        raise InputError(f"{name} is damaged or cut off: {error}") from error
    return samples[:, :, np.newaxis] if samples.ndim == 2 else samples  # HxW -> HxWx1


def write_samples(
    path: str | os.PathLike[str],
    samples: NDArray[Any],
    info: ImageInfo | None = None,
    *,
    force: bool = False,
    change: Change | None = None,
) -> None:
    """Write `samples`, as `read_samples` returns them, to `path`, in the format its suffix names
    (.npy, without metadata, holds all).

    Metadata are taken from `info` and written where the format can hold them. All formats are
    written without loss but JPEG (quality 95, 4:4:4). The file appears whole or not at all and
    replaces another one only with `force`. A .dcm needs the elements of a DICOM file in `info`, and
    the `change` since they were read.

    Raises OutputError for samples or metadata that the format can't hold (nothing is converted),
    an unknown suffix, a file that exists or an unwritable folder.
    """
    target = check_target(path, force=force)
    if is_npy(target):
        write_npy(target, samples, force=force)
        return
    if target.suffix.lower() in DICOM:
        data = encode_dicom(
            samples, elements_for(target, info, samples.dtype, samples.shape[2]), change
        )
        write_atomic(target, data, force=force)
        return
    suffix = check_suffix(target)
    height, width, channels = samples.shape
    about = info or ImageInfo(width, height, channels, 8 * samples.dtype.itemsize)
    whole = about.axes is None and can_hold(target, samples.dtype, channels)
    if suffix in TIFF and samples.dtype.kind in "uif" and not whole:
        _write_tiles(target, samples, about, force=force)
        return
    check_pages(target, channels, about)
    check_holds(target, samples.dtype, channels)
    data = encode_picture(target, np.ascontiguousarray(samples), about)
    write_atomic(target, data, force=force)


def _write_tiles(path: Path, samples: NDArray[Any], info: ImageInfo, *, force: bool) -> None:
    """A TIFF of more channels or other types than others read as a picture."""
    height, width, channels = samples.shape
    alpha = channels in (2, 4) if info.alpha is None else info.alpha
    rgb = channels - alpha == 3 or (info.axes is not None and channels % 3 == 0)
    layout = Layout((height, width, channels), samples.dtype, alpha, rgb)
    with tiff_output(path, layout, info, force=force) as out:
        out[0:height, 0:width] = samples


def _eight_bit(image: Image.Image, name: str) -> NDArray[np.uint8]:
    """A decoded 8-bit picture -> HxW or HxWxC; transparency stays."""
    if image.mode in WITH_ALPHA and image.has_transparency_data:
        return with_alpha(image)
    return to_samples(image, name)


def _name_byte_order(image: Image.Image) -> None:
    """Say that libtiff hands floats in this machine's order; Pillow takes them as in the file's."""
    tiles: Any = getattr(image, "tile", None)
    if image.mode == "F" and tiles and tiles[0].codec_name == "libtiff":
        arguments = ("F;32NF", *tiles[0].args[1:])
        image.tile = [tiles[0]._replace(args=arguments)]  # type: ignore[attr-defined]


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    """Dots an inch, across and down, where the file says so."""
    dpi = image.info.get("dpi")
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    across, down = map(float, dpi)
    return (across, down) if min(across, down) > 0 and max(across, down) < math.inf else None
