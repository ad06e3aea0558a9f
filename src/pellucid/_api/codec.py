"""The friendly layer: paths, bytes and arrays in; strict layers below.

Heavy imports (ONNX Runtime) happen inside the calls, so that `import pellucid` stays quick.
"""

from __future__ import annotations

import os
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.files import box_of, open_pel, reader_of
from pellucid.bitstream import (
    DEFAULT_LIMITS,
    EXACT,
    Limits,
    PelFile,
    require_supported,
    write_file,
)
from pellucid.errors import OptionError
from pellucid.pixels import ImageInfo, from_array, read_image

if TYPE_CHECKING:
    from PIL import Image

    from pellucid.codec import Compressed
    from pellucid.runtime import CodecModel

    ImageSource = NDArray[np.uint8] | Image.Image | str | os.PathLike[str] | bytes

DEFAULT_QUALITY = 60
DEFAULT_MODEL = "m"


def compress(
    image: ImageSource,
    *,
    quality: int | None = None,
    bpp: float | None = None,
    size: int | None = None,
    psnr: float | None = None,
    lossless: bool = False,
    max_error: int | None = None,
    nodata: int | None = None,
    guide: Any = None,
    model: str = DEFAULT_MODEL,
    metadata: bool = True,
    limits: Limits = DEFAULT_LIMITS,
) -> bytes:
    """Compress a picture to the bytes of a .pel file.

    Args:
        image: 8-bit array (H, W), (H, W, 1) or (H, W, 3), Pillow image, path, or encoded bytes.
        quality: 0 (smallest) to 100 (best), whole; 60 if no target is given.
        bpp: highest quality whose file has at most this many bits a pixel.
        size: highest quality whose file has at most this many bytes.
        psnr: lowest quality that reaches this many dB over all samples.
        lossless: every sample comes back as it is. Takes uint8, uint16 and int16 with any number
            of channels (of 2 or 4 the last is alpha), and the path of an .npy file.
        max_error: every sample comes back at most this far off, in the samples' own unit, and
            alpha as it is; takes what `lossless` takes.
        nodata: with max_error: samples of this value come back as they are, and no other becomes
            it, such as 0 in depth maps.
        guide: with lossless or max_error: an aligned picture, kept without loss in the same file.
        model: name of an installed model (`models()`) or a model's folder.
        metadata: keep EXIF, ICC profile and XMP.
        limits: raise `max_pixels` here for a huge picture; who decodes the file must do so too.

    Raises:
        InputError: the picture can't be read. OptionError: an option is out of range.
        LimitError: the picture is above `limits`. TargetError: no quality meets the target.

    The same picture and options give the same bytes. At most one of the targets may be given.
    """
    from pellucid._api.exact import check_max_error, compress_samples
    from pellucid.codec import compress_pixels, make_header
    from pellucid.runtime import load_model

    bound = check_max_error(lossless, max_error)
    check_options(quality=quality, bpp=bpp, size=size, psnr=psnr, max_error=bound)
    if bound is not None:
        return compress_samples(
            image, guide, max_error=bound, nodata=nodata, metadata=metadata, limits=limits
        )
    check_inexact(nodata, guide)
    net = load_model(model)
    pixels, about = open_image(image, limits)
    make_header(pixels, net, DEFAULT_QUALITY).check_limits(limits)
    kept = metadata_of(about) if metadata else {}
    if bpp is not None or size is not None or psnr is not None:
        quality = quality_for(pixels, net, kept, limits, bpp=bpp, size=size, psnr=psnr)
    chosen = DEFAULT_QUALITY if quality is None else quality
    return to_file(compress_pixels(pixels, net, chosen), kept, limits)


def decompress(
    data: bytes | str | os.PathLike[str],
    *,
    region: tuple[int, int, int, int] | None = None,
    which: str = "picture",
    limits: Limits = DEFAULT_LIMITS,
    damaged: list[int] | None = None,
) -> NDArray[Any]:
    """Decode a .pel file (bytes or path) to (height, width, channels) samples.

    They have the type they had before compression (8 bits, unless the file is lossless or
    error-bounded); alpha is the last channel.

    Args:
        region: (x, y, width, height) in samples; only the tiles it needs are decoded.
        which: `guide` for the guide of a file that holds one, instead of the picture.
        limits: raise `max_pixels` here for a huge file that you trust.
        damaged: if given, damage costs only the tiles it lies in, wherever that is behind the
            file's header: each is filled with grey and its number appended, instead of raising
            DamagedFileError. What else is wrong, `verify` tells.

    Raises:
        FormatError: see the tree in `pellucid.errors`.
    """
    return decode(open_pel(data, limits, tolerant=damaged is not None), region, damaged, which)


def decode(
    file: PelFile,
    region: tuple[int, int, int, int] | None,
    damaged: list[int] | None,
    which: str = "picture",
) -> NDArray[Any]:
    """An open file -> samples; see `decompress`."""
    from pellucid._api.exact import check_which
    from pellucid.codec.decompress import decompress_pixels, filling_reader
    from pellucid.runtime import find_model

    require_supported(file.header)
    check_which(which, file)
    box = box_of(region, file)
    if file.header.layers in EXACT:
        from pellucid._api.exact import decompress_samples

        return decompress_samples(file, box, damaged, which=which)
    net = find_model(file.header.model_id)
    read = reader_of(file)
    if damaged is not None:
        read = filling_reader(file.header, read, net, damaged)
    return decompress_pixels(file.header, read, net, region=box)


def models() -> dict[str, str]:
    """Installed codec models: name -> id (hex)."""
    from pellucid.runtime import installed_models

    return installed_models()


def open_image(image: Any, limits: Limits) -> tuple[NDArray[np.uint8], ImageInfo]:
    """Any accepted image -> samples and what belongs to them."""
    if isinstance(image, str | os.PathLike | bytes):
        return read_image(image, max_pixels=limits.max_pixels)
    return from_array(image)


def check_inexact(nodata: int | None, guide: Any) -> None:
    """Raise OptionError for what only files with an exact layer have."""
    if nodata is not None:
        raise OptionError(f"nodata is {nodata!r}; it goes with lossless or max_error only")
    if guide is not None:
        raise OptionError("a guide goes with lossless or max_error only; give one of these")


def check_options(
    *,
    quality: int | None,
    bpp: float | None,
    size: int | None,
    psnr: float | None,
    max_error: int | None = None,
) -> None:
    """Raise OptionError for two targets at once or a value out of range."""
    options = {"quality": quality, "bpp": bpp, "size": size, "psnr": psnr}
    given = {name: value for name, value in options.items() if value is not None}
    if max_error is not None:
        given["max_error" if max_error else "lossless"] = max_error
    if len(given) > 1:
        raise OptionError(
            "give one of quality, bpp, size, psnr, lossless, max_error; got " + ", ".join(given)
        )
    if quality is not None and not (isinstance(quality, Integral) and 0 <= quality <= 100):
        raise OptionError(f"quality is {quality!r}; it must be a whole number from 0 to 100")
    for name in ("bpp", "size", "psnr"):
        value = given.get(name)
        if value is not None and not (isinstance(value, Real) and 0 < value < float("inf")):
            raise OptionError(f"{name} is {value!r}; it must be a number above 0")


def metadata_of(about: ImageInfo) -> dict[str, bytes]:
    """The metadata that a file keeps."""
    found = {"exif": about.exif, "icc": about.icc, "xmp": about.xmp}
    return {name: value for name, value in found.items() if value}


def to_file(compressed: Compressed, metadata: dict[str, bytes], limits: Limits) -> bytes:
    """A compressed picture and its metadata as the bytes of a file."""
    return write_file(compressed.header, metadata, compressed.tiles, limits=limits)


def quality_for(
    pixels: NDArray[np.uint8],
    net: CodecModel,
    metadata: dict[str, bytes],
    limits: Limits,
    *,
    bpp: float | None,
    size: int | None,
    psnr: float | None,
) -> int:
    """The quality that meets the one target given."""
    from pellucid.codec import Target, compress_pixels, reach_target
    from pellucid.codec.score import psnr_of

    count = pixels.shape[0] * pixels.shape[1]
    if psnr is not None:
        hint = "; choose a lower PSNR"
        target = Target(psnr, "dB", at_least=True, hint=hint)
        return reach_target(target, lambda quality: psnr_of(pixels, net, quality))

    def file_bytes(quality: int) -> int:
        return len(to_file(compress_pixels(pixels, net, quality), metadata, limits))

    hint = "; choose a larger target, or reduce the picture"
    if size is not None:
        return reach_target(Target(size, "bytes", hint=hint), file_bytes)
    assert bpp is not None
    target = Target(bpp, "bits a pixel", hint=hint)
    return reach_target(target, lambda quality: 8 * file_bytes(quality) / count)
