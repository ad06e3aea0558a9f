"""The friendly layer: paths, bytes and arrays in; strict layers below.

Heavy imports (ONNX Runtime) happen inside the calls, so that `import pellucid` stays quick.
"""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.encode import DEFAULT_MODEL, Encoding, encode
from pellucid._api.files import box_of, open_pel
from pellucid.bitstream import DEFAULT_LIMITS, EXACT, Limits, PelFile, require_supported
from pellucid.pixels.lazy import Sink

if TYPE_CHECKING:
    from PIL import Image

    from pellucid.codec.geometry import Box

    ImageSource = NDArray[Any] | Image.Image | str | os.PathLike[str] | bytes


def compress(
    image: ImageSource,
    *,
    quality: int | None = None,
    bpp: float | None = None,
    size: int | None = None,
    psnr: float | None = None,
    lossless: bool = False,
    max_error: float | None = None,
    nodata: float | None = None,
    guide: Any = None,
    model: str = DEFAULT_MODEL,
    metadata: bool = True,
    limits: Limits = DEFAULT_LIMITS,
    page: int | None = None,
) -> bytes:
    """Compress a picture to the bytes of a .pel file.

    Args:
        image: array (H, W) or (H, W, C) of uint8, uint16 or int16, C 1 to 4 (of 2 or 4 the last is
            alpha, which comes back as it is), Pillow image, path, or encoded bytes; or what is
            sliced like an array (Zarr, Dask), which is read in parts.
        quality: 0 (smallest) to 100 (best), whole; 60 if no target is given.
        bpp: highest quality whose file has at most this many bits a pixel.
        size: highest quality whose file has at most this many bytes.
        psnr: lowest quality that reaches this many dB over all colours that alpha doesn't hide,
            counted from 255, or of 16 bits from the picture's own range.
        lossless: every sample comes back as it is; any number of channels, float16 and float32 too.
        max_error: every sample comes back at most this far off, in its own unit (whole for whole
            samples); alpha, NaN and infinities as they are; takes what `lossless` takes.
        nodata: with max_error: samples of this value stay, and no other becomes it (0 in depths).
        guide: with lossless or max_error: an aligned picture, kept without loss in the same file.
        model: name of an installed model (`models()`) or a model's folder.
        metadata: keep EXIF, ICC profile, XMP and the elements of DICOM; pages stay anyway.
        limits: raise `max_pixels` here for a huge picture; who decodes the file must do so too.
        page: of a TIFF with several, or frame of a DICOM file, from 0.

    Raises:
        InputError: the picture can't be read. OptionError: an option is out of range.
        LimitError: the picture is above `limits`. TargetError: no quality meets the target.

    The same picture and options give the same bytes. At most one target may be given.
    """
    out = BytesIO()
    options = Encoding(
        quality=quality,
        bpp=bpp,
        size=size,
        psnr=psnr,
        lossless=lossless,
        max_error=max_error,
        nodata=nodata,
        guide=guide,
        model=model,
        metadata=metadata,
        limits=limits,
        page=page,
    )
    encode(out, image, options)
    return out.getvalue()


def decompress(
    data: bytes | str | os.PathLike[str],
    *,
    region: tuple[int, int, int, int] | None = None,
    which: str = "picture",
    limits: Limits = DEFAULT_LIMITS,
    damaged: list[int] | None = None,
) -> NDArray[Any]:
    """Decode a .pel file (bytes or path) to (height, width, channels) samples.

    They have the type they had before compression; alpha is the last channel.

    Args:
        region: (x, y, width, height) in samples; only the tiles it needs are decoded.
        which: `guide` for the guide of a file that holds one, instead of the picture.
        limits: raise `max_pixels` here for a huge file that you trust.
        damaged: if given, damage costs only the tiles it lies in, wherever that is behind the
            file's header: each is filled with grey and its number appended, instead of raising
            DamagedFileError. Lost alpha of a learned file becomes opaque; its tiles are numbered on
            from those of the colours. What else is wrong, `verify` tells.

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
    from pellucid._api.pairs import check_which

    require_supported(file.header)
    check_which(which, file)
    box = box_of(region, file)
    out = np.empty(*layout_of(file, box, which))
    decode_into(out, file, box, damaged, which)
    return out


def layout_of(
    file: PelFile, box: Box | None, which: str = "picture"
) -> tuple[tuple[int, int, int], np.dtype[Any]]:
    """Shape (H, W, C) and type of the samples of a part of the picture."""
    from pellucid._api.exact import region_of
    from pellucid._api.pairs import file_pair
    from pellucid.exact.picture import layout_of as exact_layout

    header = file.header
    if header.layers in EXACT:
        return exact_layout(header, region_of(box), file_pair(file), which)
    size = (header.height, header.width) if box is None else (box.height, box.width)
    return (*size, header.channels + header.alpha), header.dtype


def decode_into(
    out: Sink,
    file: PelFile,
    box: Box | None,
    damaged: list[int] | None,
    which: str = "picture",
) -> None:
    """Samples of a part of the picture, or of all of it, into `out`, part by part."""
    if file.header.layers in EXACT:
        from pellucid._api.exact import decompress_samples

        decompress_samples(file, box, damaged, out, which=which)
    else:
        from pellucid._api.learned import decompress_learned

        decompress_learned(out, file, box, damaged)


def models() -> dict[str, str]:
    """Installed codec models: name -> id (hex)."""
    from pellucid.runtime import installed_models

    return installed_models()
