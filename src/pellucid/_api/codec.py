"""The friendly layer: paths, bytes and arrays in; strict layers below.

Heavy imports (ONNX Runtime) happen inside the calls, so that `import pellucid` stays quick.
"""

from __future__ import annotations

import operator
import os
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import DEFAULT_LIMITS, Limits, PelFile, require_supported, write_file
from pellucid.errors import InputError, OptionError
from pellucid.pixels import ImageInfo, from_array, read_image

if TYPE_CHECKING:
    from PIL import Image

    from pellucid.codec import Compressed
    from pellucid.runtime import CodecModel

    ImageSource = NDArray[np.uint8] | Image.Image | str | os.PathLike[str] | bytes

DEFAULT_QUALITY = 60
DEFAULT_MODEL = "m"


@dataclass(frozen=True)
class FileInfo:
    """What a .pel file holds.

    `bytes_by_part` maps chunk types to bytes, container included; `latents_sha256` is None unless
    asked for.
    """

    version: int
    width: int
    height: int
    channels: int
    bit_depth: int
    quality: int
    model_id: str
    model_name: str | None
    tile_size: int
    tiles: int
    file_bytes: int
    bits_per_pixel: float
    metadata: dict[str, int]
    bytes_by_part: dict[str, int]
    latents_sha256: str | None = None


def compress(
    image: ImageSource,
    *,
    quality: int | None = None,
    bpp: float | None = None,
    size: int | None = None,
    psnr: float | None = None,
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
        model: name of an installed model (`models()`) or a model's folder.
        metadata: keep EXIF, ICC profile and XMP.
        limits: raise `max_pixels` here for a huge picture; who decodes the file must do so too.

    Raises:
        InputError: the picture can't be read. OptionError: an option is out of range.
        LimitError: the picture is above `limits`. TargetError: no quality meets the target.

    The same picture and options give the same bytes. One of the four targets at most.
    """
    from pellucid.codec import compress_pixels, make_header
    from pellucid.runtime import load_model

    check_options(quality=quality, bpp=bpp, size=size, psnr=psnr)
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
    limits: Limits = DEFAULT_LIMITS,
    damaged: list[int] | None = None,
) -> NDArray[np.uint8]:
    """Decode a .pel file (bytes or path) to (height, width, channels) 8-bit samples.

    Args:
        region: (x, y, width, height) in samples; only the tiles it needs are decoded.
        limits: raise `max_pixels` here for a huge file that you trust.
        damaged: if given, damage costs only the tiles it lies in, wherever that is behind the
            file's header: each is filled with grey and its number appended, instead of raising
            DamagedFileError. What else is wrong, `verify` tells.

    Raises:
        FormatError: see the tree in `pellucid.errors`.
    """
    return decode(open_pel(data, limits, tolerant=damaged is not None), region, damaged)


def decode(
    file: PelFile, region: tuple[int, int, int, int] | None, damaged: list[int] | None
) -> NDArray[np.uint8]:
    """An open file -> samples; see `decompress`."""
    from pellucid.codec.decompress import decompress_pixels, filling_reader, tile_reader
    from pellucid.codec.geometry import Box
    from pellucid.runtime import find_model

    require_supported(file.header)
    box = None if region is None else Box(*check_region(region, file))
    net = find_model(file.header.model_id)
    read = tile_reader(file.header, file.tile, net)
    if damaged is not None:
        read = filling_reader(file.header, read, net, damaged)
    return decompress_pixels(file.header, read, net, region=box)


def info(
    data: bytes | str | os.PathLike[str], *, latents: bool = False, limits: Limits = DEFAULT_LIMITS
) -> FileInfo:
    """What is in a .pel file; with `latents` also the SHA-256 of its decoded integer latents."""
    file = open_pel(data, limits)
    header = file.header
    parts: dict[str, int] = {}
    for chunk in file.chunks:
        parts[chunk.type] = parts.get(chunk.type, 0) + chunk.end - chunk.offset
    total = file.chunks[-1].end
    return FileInfo(
        version=1,
        width=header.width,
        height=header.height,
        channels=header.channels,
        bit_depth=header.bit_depth,
        quality=header.quality,
        model_id=header.model_id.hex(),
        model_name=name_of_model(header.model_id),
        tile_size=header.tile_size,
        tiles=header.tile_count,
        file_bytes=total,
        bits_per_pixel=8 * total / (header.width * header.height),
        metadata={name: len(value) for name, value in file.metadata.items()},
        bytes_by_part=parts,
        latents_sha256=fingerprint(file) if latents else None,
    )


def models() -> dict[str, str]:
    """Installed codec models: name -> id (hex)."""
    from pellucid.runtime import installed_models

    return installed_models()


def open_image(image: Any, limits: Limits) -> tuple[NDArray[np.uint8], ImageInfo]:
    """Any accepted image -> samples and what belongs to them."""
    if isinstance(image, str | os.PathLike | bytes):
        return read_image(image, max_pixels=limits.max_pixels)
    return from_array(image)


def open_pel(
    data: bytes | str | os.PathLike[str], limits: Limits, *, tolerant: bool = False
) -> PelFile:
    """Bytes or a path -> a parsed file; a tolerant reader takes what is whole of a broken one."""
    if isinstance(data, str | os.PathLike):
        try:
            data = Path(data).read_bytes()
        except OSError as error:
            raise InputError(f"{data!s} can't be read: {error.strerror or error}") from error
    return (PelFile.salvage if tolerant else PelFile.parse)(data, limits=limits)


def check_options(
    *, quality: int | None, bpp: float | None, size: int | None, psnr: float | None
) -> None:
    """Raise OptionError for two targets at once or a value out of range."""
    options = {"quality": quality, "bpp": bpp, "size": size, "psnr": psnr}
    given = {name: value for name, value in options.items() if value is not None}
    if len(given) > 1:
        raise OptionError(f"give one of quality, bpp, size, psnr; got {', '.join(given)}")
    if quality is not None and not (isinstance(quality, Integral) and 0 <= quality <= 100):
        raise OptionError(f"quality is {quality!r}; it must be a whole number from 0 to 100")
    for name in ("bpp", "size", "psnr"):
        value = given.get(name)
        if value is not None and not (isinstance(value, Real) and 0 < value < float("inf")):
            raise OptionError(f"{name} is {value!r}; it must be a number above 0")


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


def name_of_model(identity: bytes) -> str | None:
    """The name of an installed model, or None."""
    names = {value: name for name, value in models().items()}
    return names.get(identity.hex())


def fingerprint(file: PelFile) -> str:
    """SHA-256 of a file's decoded integer latents."""
    from pellucid.codec import latents_sha256
    from pellucid.codec.decompress import tile_reader
    from pellucid.runtime import find_model

    require_supported(file.header)
    read = tile_reader(file.header, file.tile, find_model(file.header.model_id))
    return latents_sha256(read(number) for number in range(file.header.tile_count))
