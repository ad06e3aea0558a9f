"""What each format gives the registries: how it is recognised and opened, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, refusing
from pellucid.pixels.atomic import check_target, write_atomic
from pellucid.pixels.dicom import Change
from pellucid.pixels.extras import science
from pellucid.pixels.formats.input import Input
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import Sink, Source

Opened = AbstractContextManager[tuple[Source, ImageInfo]]


@dataclass(frozen=True)
class Format:
    """One picture format.

    Attributes:
        name: as messages call it.
        claims: whether an input is of this format, by its name or its first bytes.
        open: gives samples (H, W, C) as stored and what they are, while the block lasts. Takes the
            input and the most pixels; raises InputError, LimitError and MissingExtraError.
        pages: whether `open` takes a third argument, the page or frame, from 0.
        in_parts: whether files may be such that a part is read without the rest.
    """

    name: str
    claims: Callable[[Input], bool]
    open: Callable[..., Opened]
    pages: bool = False
    in_parts: bool = False


def whole(
    read: Callable[[Input, int], tuple[Source, ImageInfo]],
) -> Callable[[Input, int], Opened]:
    """The `open` of a format whose files are read at once, by `read`."""
    return lambda source, max_pixels: nullcontext(read(source, max_pixels))


def damage(name: str) -> AbstractContextManager[None]:
    """Whatever a decoder raises in the block is an InputError that names the file."""
    return refusing(f"{name} is damaged or cut off")


def decoded(
    source: Input,
    function: str,
    what: str,
    extra: str,
    wanted: tuple[tuple[int, ...], str] | None = None,
) -> NDArray[Any]:
    """(H, W, C) of a file by a function of imagecodecs, which reads `what` and is in `extra`.

    `wanted` is the shape, or its beginning, and the type that the file says. Raises InputError for
    damage or if the samples aren't so, MissingExtraError.
    """
    library = science("imagecodecs", extra, f"imagecodecs, which reads {what},")
    with damage(source.name):
        samples = np.asarray(getattr(library, function)(source.data))
    samples = samples[..., None] if samples.ndim == 2 else samples
    if wanted and (samples.shape[: len(wanted[0])], samples.dtype.name) != wanted:
        raise InputError(
            f"{source.name} is damaged: it decodes to {samples.dtype} of the shape "
            f"{samples.shape}, and says {wanted[1]} of {wanted[0]}"
        )
    return samples


# --- back -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Output:
    """A picture to be written: `info` has its geometry and metadata; the rest as in `open_sink`.

    `others` are the suffixes of the formats that hold its samples.
    """

    path: Path
    dtype: np.dtype[Any]
    info: ImageInfo
    force: bool
    threads: int
    change: Callable[[], Change | None]
    quality: int | None
    others: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.info.height, self.info.width, self.info.channels


@dataclass(frozen=True)
class Writer:
    """How files with some suffixes are written.

    Attributes:
        open: gives what takes the samples; when the block ends the file has its name, or never.
        holds: whether it keeps samples of a type, and so many channels.
        stacks: whether it keeps pages, bands, and whether the last channel is alpha.
        metadata: the kinds that it keeps.
    """

    suffixes: tuple[str, ...]
    open: Callable[[Output], AbstractContextManager[Sink]]
    holds: Callable[[np.dtype[Any], int], bool] = lambda *_: True
    stacks: bool = False
    metadata: tuple[str, ...] = ("exif", "icc", "xmp", "axes")


def only(**channels: tuple[int, ...]) -> Callable[[np.dtype[Any], int], bool]:
    """What a format holds: numbers of channels for each type of samples."""
    return lambda dtype, count: count in channels.get(dtype.name, ())


def at_once(
    encode: Callable[[NDArray[Any], Output], bytes],
) -> Callable[[Output], AbstractContextManager[Sink]]:
    """The `open` of a format whose files are encoded from all samples, in memory, at the end."""

    @contextmanager
    def opened(out: Output) -> Iterator[Sink]:
        check_target(out.path, force=out.force)  # before the work
        samples = np.empty(out.shape, out.dtype)
        yield samples
        write_atomic(out.path, encode(samples, out), force=out.force)

    return opened
