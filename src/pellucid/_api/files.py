"""A .pel file opened, a region of it, and its tiles: what all that reads files shares."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Any

from pellucid.bitstream import EXACT, Limits, PelFile
from pellucid.errors import InputError, OptionError

if TYPE_CHECKING:
    from pellucid.codec.geometry import Box

MAPPED = 1 << 24  # bytes from which a file is mapped, not read


def open_pel(
    data: bytes | str | os.PathLike[str], limits: Limits, *, tolerant: bool = False
) -> PelFile:
    """Bytes or a path -> a parsed file; a tolerant reader takes what is whole of a broken one.

    A large file is mapped, so that only what is asked for is read; it must not change meanwhile.
    """
    read = PelFile.salvage if tolerant else PelFile.parse
    if isinstance(data, str | os.PathLike):
        return read(bytes_of(data), limits=limits)
    return read(data, limits=limits)


def bytes_of(path: str | os.PathLike[str]) -> bytes | mmap:
    """What a file holds, mapped if that is much; InputError if it can't be read."""
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size < MAPPED:
                return file.read()
            return mmap(file.fileno(), 0, access=ACCESS_READ)
    except FileNotFoundError as error:
        raise InputError(f"{path!s}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{path!s}: is a folder, not a file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path!s}: cannot be read: {reason}") from error


def box_of(region: tuple[int, int, int, int] | None, file: PelFile) -> Box | None:
    """A region that lies in the picture, or OptionError; None for all of it."""
    from pellucid.codec.geometry import Box

    return None if region is None else Box(*check_region(region, file))


def check_region(region: tuple[int, int, int, int], file: PelFile) -> tuple[int, int, int, int]:
    """`region` as int if it lies in the picture, else OptionError."""
    try:
        x, y, width, height = map(operator.index, region)
    except (TypeError, ValueError) as error:
        raise OptionError(
            f"region is {region!r}; it must be four whole numbers: x, y, width, height"
        ) from error
    header = file.header
    inside = x >= 0 and y >= 0 and x + width <= header.width and y + height <= header.height
    if width < 1 or height < 1 or not inside:
        raise OptionError(
            f"region {x},{y},{width},{height} is not inside the picture of {header.width} x "
            f"{header.height} (x, y, width, height in samples)"
        )
    return x, y, width, height


def reader_of(file: PelFile) -> Callable[[int], Any]:
    """Tile number -> its latents, or its samples in an exact file; DamagedFileError names it."""
    if file.header.layers in EXACT:
        from pellucid._api.exact import tile_of
        from pellucid.exact import check_tile, map_of

        return lambda number: check_tile(file.header, number, tile_of(file), map_of(file))
    from pellucid.codec.decompress import tile_reader
    from pellucid.runtime import find_model

    return tile_reader(file.header, file.tile, find_model(file.header.model_id))
