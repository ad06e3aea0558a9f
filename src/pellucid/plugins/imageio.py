"""imageio's v3 interface reads and writes .pel files and .pels sequences, after `register()`.

A file of one picture is one image, as `pellucid.decompress` gives it. The pages of a stack and the
frames of a sequence are images that `index` chooses, and without one come all together: (pages, H,
W), or (pages, H, W, S) of S samples a pixel.

Source: imageio.core.v3_plugin_api.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.codec import compress
from pellucid._api.decode import Opened
from pellucid._api.options import CompressOptions, DecompressOptions
from pellucid._api.sequence import Sequence, open_sequence
from pellucid._api.sequence_writer import write_sequence
from pellucid.bitstream import DEFAULT_LIMITS, Limits
from pellucid.bitstream.limits import SIGNATURE
from pellucid.bitstream.zip_records import LOCAL_MARK
from pellucid.errors import InputError, LimitError, MissingExtraError, require
from pellucid.pixels import open_image
from pellucid.pixels.lazy import CHANNELS
from pellucid.pixels.metadata import with_metadata
from pellucid.plugins.errors import also

try:
    from imageio.config import known_plugins
    from imageio.config.extensions import FileExtension, extension_list, known_extensions
    from imageio.config.plugins import PluginConfig
    from imageio.core.request import RETURN_BYTES, InitializationError, IOMode, Request
    from imageio.core.v3_plugin_api import ImageProperties, PluginV3
except ImportError as error:
    raise MissingExtraError("imageio", "", command="pip install imageio") from error

NAME, PICTURE, SEQUENCE = "pellucid", ".pel", ".pels"
MARKS = {PICTURE: SIGNATURE, SEQUENCE: LOCAL_MARK}

Index = int | EllipsisType | None


def register() -> None:
    """Let imageio know the plugin in this process, by its name and by the suffixes of files.

    Once more does no harm.
    """
    known_plugins[NAME] = PluginConfig(NAME, PellucidPlugin.__name__, __name__)
    for suffix in MARKS:
        if suffix not in known_extensions:
            kind = FileExtension(name="Pellucid", extension=suffix, priority=[NAME])
            known_extensions[suffix] = [kind]
            extension_list.append(kind)


class PellucidPlugin(PluginV3):
    """A .pel or .pels file that imageio has open to read it, or to write it once.

    What is wrong with a file raises one of pellucid's errors, which is an OSError, too.
    """

    def __init__(self, request: Request) -> None:
        """Raises InitializationError for what is no such file, or is to be written as another."""
        super().__init__(request)
        self._reads, self._written = request.mode.io_mode == IOMode.read, False
        suffix = request.extension or PICTURE
        if self._reads and request.firstbytes.startswith(SIGNATURE):
            suffix = PICTURE  # whatever it is called
        self._is_sequence = suffix == SEQUENCE
        if suffix not in MARKS:
            raise InitializationError(f"pellucid has no {suffix} files, but .pel and .pels")
        if self._reads and not request.firstbytes.startswith(MARKS[suffix]):
            raise InitializationError(f"{request.filename} doesn't begin as {suffix} files do")

    def read(self, *, index: Index = None, **options: Any) -> NDArray[Any]:
        """An image, or by index=... all of them; `options` are those of `pellucid.decompress`.

        Raises ValueError for an index that there is no image of, and LimitError for more samples in
        all images together than one may have.
        """
        with also(OSError):
            images = self._images(**options)
            if self._means_all(index, images):
                return stacked(images, options.get("limits", DEFAULT_LIMITS))
            return images[number_of(index or 0, images)]

    def iter(self, **options: Any) -> Iterator[NDArray[Any]]:
        """The images one after the other; frames of a sequence are decoded when they are due."""
        with also(OSError):
            yield from self._images(**options)

    def properties(self, index: Index = None, **options: Any) -> ImageProperties:
        """Shape and type of what `read` with these options gives, from the header alone."""
        with also(OSError):
            images = self._images(**options)
            if isinstance(images, Pages):
                shape, dtype = images.shape, images.opened.layout.dtype
            else:
                about = images.about
                shape = flat((about.height, about.width, about.channels))
                dtype = np.dtype(about.dtype)
            if not self._means_all(index, images):
                number_of(index or 0, images)
                return ImageProperties(shape, dtype)
        return ImageProperties((len(images), *shape), dtype, n_images=len(images), is_batch=True)

    def metadata(
        self,
        index: Index = None,
        exclude_applied: bool = True,  # noqa: ARG002 - nothing is
        **options: Any,
    ) -> dict[str, Any]:
        """EXIF, ICC profile, XMP, axes and elements of DICOM as bytes, where the file has them.

        Those of a frame by its index; without one, what is said of the whole sequence.
        """
        with also(OSError):
            images = self._images(**options)
            whole = self._means_all(index, images)
            number = 0 if whole else number_of(index or 0, images)
            if isinstance(images, Pages):
                return images.opened.metadata
            if whole:
                return asdict(images.about)
            return Opened(images.pel(number), DecompressOptions(**options)).metadata

    def write(
        self,
        ndimage: Any,
        *,
        is_batch: bool = False,
        exif: bytes | None = None,
        icc: bytes | None = None,
        xmp: bytes | None = None,
        rate: Any = None,
        **options: Any,
    ) -> bytes | None:
        """Compress an array (H, W) or (H, W, C); several, in a list or a batch, make a .pels.

        Nothing is written before all of it is compressed.

        Args:
            ndimage: what `pellucid.compress` takes, or a list of it.
            is_batch: the first axis counts images.
            exif, icc, xmp: metadata of a .pel, as `immeta` gives them.
            rate: frames a second of a .pels.
            options: those of `pellucid.compress`.

        Returns the bytes of the file if the target is "<bytes>".
        """
        several = is_batch or isinstance(ndimage, list | tuple)
        with also(OSError):
            if self._written:
                raise InputError("the file is written in one go: give all images as one list")
            if self._is_sequence:
                data = sequence_of(ndimage if several else [ndimage], rate, options)
            elif several:
                raise InputError("a .pel file holds one picture; name the file .pels for several")
            else:
                about = {"exif": exif, "icc_profile": icc, "xmp": xmp}
                most = CompressOptions(**options).limits.max_pixels
                with open_image(ndimage, max_pixels=most) as source:
                    kept = with_metadata(source.info, about)
                    data = compress(source.with_info(kept), **options)
        self.request.get_file().write(data)
        self._written = True
        return data if self.request.raw_uri == RETURN_BYTES else None

    def _means_all(self, index: Index, images: Pages | Sequence) -> bool:
        return index is ... or (index is None and (self._is_sequence or len(images) > 1))

    def _images(self, **options: Any) -> Pages | Sequence:
        wanted = DecompressOptions(**options)
        if self._is_sequence:
            return open_sequence(self.request.get_file(), wanted)
        return Pages(Opened(self._data, wanted))

    @cached_property
    def _data(self) -> bytes:
        data: bytes = self.request.get_file().read()
        return data


class Pages:
    """The images of a .pel file: the pages of a stack, or the one picture.

    `shape` is that of each.
    """

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        (height, width, channels), _, _, self._count = opened.layout
        self.shape = flat((height, width, channels // self._count))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> NDArray[Any]:
        page: NDArray[Any] = self._pages[number]
        return page

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter(self._pages)

    @cached_property
    def _pages(self) -> NDArray[Any]:
        """All of them, (pages, H, W) or (pages, H, W, S)."""
        samples = self.opened.samples()
        pages = samples.reshape(*samples.shape[:2], self._count, -1).transpose(2, 0, 1, 3)
        return np.ascontiguousarray(pages).reshape(self._count, *self.shape)


def flat(shape: tuple[int, int, int]) -> tuple[int, ...]:
    """(H, W, S), or (H, W) of one sample a pixel."""
    return shape if shape[2] > 1 else shape[:2]


def number_of(index: Any, images: Pages | Sequence) -> int:
    """The number of an image, from 0; ValueError if there is none of this index."""
    number = operator.index(index)
    fine = -len(images) <= number < len(images)
    require(fine, "index", number, f"below {len(images)}, the number of images in the file")
    return number % len(images)


def stacked(images: Pages | Sequence, limits: Limits) -> NDArray[Any]:
    """All images in one array; LimitError for more samples than one picture may have."""
    samples, most = images[number_of(0, images)].size * len(images), CHANNELS * limits.max_pixels
    if samples > most:
        raise LimitError(
            f"{len(images)} images have {samples} samples, over the limit of {most}; take them one "
            "by one with imiter, or if you trust the file raise max_pixels"
        )
    return np.stack(list(images))


def sequence_of(pictures: Any, rate: Any, options: dict[str, Any]) -> bytes:
    """The bytes of a .pels file of these pictures."""
    if len(pictures) == 0:
        raise InputError("no picture was given; a sequence has one or more")
    with TemporaryDirectory(prefix="pellucid-") as folder:
        path = Path(folder, f"sequence{SEQUENCE}")
        with write_sequence(path, CompressOptions(**options), rate=rate) as out:
            for picture in pictures:
                out.add(picture)
        return path.read_bytes()
