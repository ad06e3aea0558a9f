"""Pillow opens and saves .pel files, once `register()` was called.

Opening reads the header and the metadata; samples are decoded when the image is loaded, as Pillow
does it: reduced, in bounded memory, if `draft` or `thumbnail` asked for less. What is no .pel file
is left to Pillow's other formats. A damaged one raises at `open` only if its header can't be
read, otherwise at `load`, as a JPEG that is cut off does; with PIL.ImageFile.LOAD_TRUNCATED_IMAGES
what is lost becomes grey.

Source: "Writing your own image plugin" in Pillow's handbook.
"""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import IO, Any

from PIL import Image, ImageFile, UnidentifiedImageError

from pellucid._api.about import verify
from pellucid._api.codec import compress
from pellucid._api.decode import Opened
from pellucid._api.layer import Layout
from pellucid._api.options import CompressOptions, DecompressOptions
from pellucid.bitstream import DEFAULT_LIMITS, Limits, check_limits
from pellucid.bitstream.limits import MEDIA_TYPE, SIGNATURE
from pellucid.errors import DamagedFileError, UnsupportedError
from pellucid.pixels import ImageInfo, open_image
from pellucid.pixels.metadata import EXIF_MARKER, resolution_of, with_metadata, with_resolution
from pellucid.pixels.reduced import SCALES
from pellucid.plugins.errors import also

FORMAT, SUFFIX = "PEL", ".pel"
# Type of samples, channels and whether the last one is alpha -> mode of an image.
MODES = {
    ("uint8", 1, False): "L",
    ("uint8", 2, True): "LA",
    ("uint8", 3, False): "RGB",
    ("uint8", 4, True): "RGBA",
    ("uint16", 1, False): "I;16",
}
METADATA = ("exif", "icc_profile", "xmp", "dpi")  # in `info`, and options of `save`
OPTIONS = frozenset(option.name for option in fields(CompressOptions))

opening = partial(also, UnidentifiedImageError, too_large=Image.DecompressionBombError)
loading = partial(also, OSError, too_large=Image.DecompressionBombError)
saving = partial(also, OSError)


def register(*, limits: Limits = DEFAULT_LIMITS) -> None:
    """Let Pillow know .pel files in this process; once more does no harm.

    Args:
        limits: of the files that are opened; Pillow's own MAX_IMAGE_PIXELS holds, too.
    """
    check_limits(limits)
    Image.register_open(FORMAT, partial(PelImageFile, limits=limits), accept)
    Image.register_save(FORMAT, save)
    Image.register_extension(FORMAT, SUFFIX)
    Image.register_mime(FORMAT, MEDIA_TYPE)


def accept(prefix: bytes) -> bool:
    """Whether a file begins as .pel files do."""
    return prefix.startswith(SIGNATURE)


class PelImageFile(ImageFile.ImageFile):
    """A .pel file that is open; `info` has icc_profile, exif, xmp and dpi where the file has them.

    The mode is L, LA, RGB, RGBA or I;16. EXIF isn't applied: PIL.ImageOps.exif_transpose does it.

    Raises what Pillow documents, in errors that are pellucid's too: UnidentifiedImageError for a
    file that can't be read or has other samples, DecompressionBombError for one above the limits,
    OSError when samples are decoded.
    """

    format = FORMAT
    format_description = "Pellucid image"
    _data: bytes | None = None  # until it is decoded

    def __init__(
        self, fp: Any, filename: str | bytes | None = None, *, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self._limits, self._scale = limits, 1
        super().__init__(fp, filename)

    def _open(self) -> None:
        assert self.fp is not None
        data = self.fp.read()
        with opening():
            opened = Opened(data, DecompressOptions(limits=self._limits), tolerant=True)
            self._mode = mode_of(opened.layout)
        self._size = (opened.box.width, opened.box.height)
        self.info.update(info_of(opened))
        self._data = data

    def draft(
        self,
        mode: str | None,  # noqa: ARG002 - only the size counts
        size: tuple[int, int] | None,
    ) -> tuple[str, tuple[int, int, float, float]] | None:
        """Decode 1/2, 1/4 or 1/8 of the sides, if that is still as large as `size`."""
        if self._data is None or self._scale > 1 or not size:
            return None
        (width, height), fit = self.size, min(self.width // size[0], self.height // size[1])
        self._scale = max(scale for scale in SCALES if scale <= max(fit, 1))
        self._size = (-(-width // self._scale), -(-height // self._scale))
        return self.mode, (0, 0, width / self._scale, height / self._scale)

    def load(self) -> Any:
        """Decode the samples, unless that is done."""
        if self._data is not None:
            options = DecompressOptions(scale=self._scale, limits=self._limits)
            with loading():
                opened = Opened(self._data, options, tolerant=ImageFile.LOAD_TRUNCATED_IMAGES)
                self.im = Image.fromarray(opened.read()).im
            self._finish()
        return super().load()

    def verify(self) -> None:
        """Check every checksum and decode every latent; the image can't be used afterwards."""
        if self._data is not None:
            with loading():
                found = verify(self._data, limits=self._limits)
                if not found.sound:
                    raise DamagedFileError("; ".join(found.messages))
            self._data = None
        super().verify()

    def _finish(self) -> None:
        """What an image does that was decoded: it leaves the file, and can be changed."""
        self._data, self.readonly = None, 0
        if self.fp is not None and self._exclusive_fp:
            self.fp.close()
        self.fp = None


def mode_of(layout: Layout) -> str:
    """The mode that holds samples; UnsupportedError if none does."""
    (_, _, channels), dtype, alpha, pages = layout
    mode = MODES.get((dtype.name, channels, alpha)) if pages == 1 else None
    if mode is None:
        what = f"{pages} pages" if pages > 1 else f"{channels} channels, {alpha:d} of them alpha"
        raise UnsupportedError(
            f"the .pel file has samples of type {dtype.name} in {what}, which no mode of Pillow "
            "holds; pellucid.decompress gives them as an array"
        )
    return mode


def info_of(opened: Opened) -> dict[str, Any]:
    """The metadata as Pillow's own formats name and give them."""
    (height, width, channels), kept = opened.layout.shape, opened.metadata
    about = with_resolution(ImageInfo(width, height, channels, exif=kept.get("exif")))
    found = {
        "exif": about.exif and EXIF_MARKER + about.exif,
        "icc_profile": kept.get("icc"),
        "xmp": kept.get("xmp"),
        "dpi": about.dpi or resolution_of(about.exif),
    }
    return {name: value for name, value in found.items() if value}


def save(image: Image.Image, fp: IO[bytes], filename: str | bytes = "") -> None:  # noqa: ARG001
    """Compress an image; nothing is written before all of it is compressed.

    Takes the options of `pellucid.compress`; others are passed over, as by all formats of Pillow.
    Metadata are those of `image.info` unless exif, icc_profile, xmp or dpi give others (None:
    none), and none with `metadata=False`.
    """
    given = image.encoderinfo
    metadata = {name: given[name] for name in METADATA if name in given}
    if isinstance(metadata.get("exif"), Image.Exif):
        metadata["exif"] = metadata["exif"].tobytes()
    with saving():
        options = {name: value for name, value in given.items() if name in OPTIONS}
        most = CompressOptions(**options).limits.max_pixels
        with open_image(image, max_pixels=most) as source:
            about = with_metadata(source.info, {**image.info, **metadata})
            data = compress(source.with_info(about), **options)
    fp.write(data)
