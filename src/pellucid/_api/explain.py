"""`pellucid.explain`: what a file holds, or what coding or denoising a picture did to it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid._api.about import info
from pellucid._api.codec import compress
from pellucid._api.decode import Opened
from pellucid._api.files import name_of
from pellucid._api.options import (
    DEFAULT_MODEL,
    DEFAULT_QUALITY,
    OFF,
    CompressOptions,
    DecompressOptions,
)
from pellucid._api.results import Explanation, LeftOut
from pellucid.bitstream import DEFAULT_LIMITS, SIGNATURE, Limits, PelFile, check_limits
from pellucid.bitstream.zip_records import LOCAL_MARK
from pellucid.denoising import DenoiseOptions, NoiseEstimate
from pellucid.errors import OptionError
from pellucid.pixels import Box, open_image
from pellucid.pixels.formats import Input

QUALITIES = (10, 30, 50, 70, 90)  # of the strips


def explain(
    image: Any,
    *,
    task: Literal["compress", "denoise"] | None = None,
    quality: int = DEFAULT_QUALITY,
    sigma: str | float | NoiseEstimate = "auto",
    strength: float = 1.0,
    model: str = DEFAULT_MODEL,
    pixel: tuple[int, int] | None = None,
    layers: Sequence[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    page: int | None = None,
    denoise: str | float = OFF,
) -> Explanation:
    """Explain a .pel file (path or bytes), or what `compress` or `denoise` does to a picture.

    Args:
        image: a .pel file, or what the task takes: `compress_file` and `denoise_file` say which
            files. All of it is held in memory.
        task: for a picture; a .pel file needs none.
        quality: to compress with.
        sigma, strength: to denoise with, as `denoise` takes them; one number for all samples.
        pixel: x and y of the pixel whose filter is wanted (denoise).
        layers: names of network layers whose results are wanted, or `all` (denoise).
        page: of a TIFF with several, or frame of a DICOM file, from 0.
        denoise: to compress with, as `compress` takes it.

    Raises:
        OptionError: an option doesn't fit. PellucidError: pixel or layers without the package onnx;
        else what compress, decompress and denoise raise.
    """
    check_limits(limits)
    if denoise != OFF and task != "compress":
        raise OptionError(f"denoise is {denoise!r}; it goes with task='compress' (--task compress)")
    image, is_pel = read_once(image)
    if is_pel:
        if task is not None or pixel is not None or layers or page is not None:
            raise OptionError(
                "a .pel file is explained as it is; leave task, pixel, layers and page out"
            )
        return explain_file(image, limits)
    if task == "compress":
        if pixel is not None or layers:
            raise OptionError("pixel and layers look into a denoiser; use them with task='denoise'")
        options = CompressOptions(
            quality=quality, model=model, limits=limits, page=page, denoise=denoise
        )
        return explain_compress(image, options)
    if task == "denoise":
        from pellucid._api.explain_denoise import explain_denoise

        asked = DenoiseOptions(sigma, strength, model=model, page=page, limits=limits)
        return explain_denoise(image, asked, pixel, layers)
    raise OptionError(
        f"task is {task!r}; for a picture it must be 'compress' or 'denoise' (--task, task=)"
    )


def read_once(image: Any) -> tuple[Any, bool]:
    """`image`, and whether it is a .pel file.

    Of a pipe or a file object, which give their bytes only once, all of these. InputError if there
    is no file, or an empty one, OptionError for a sequence.
    """
    named = isinstance(image, str | os.PathLike | bytes | bytearray | memoryview)
    if not named and not hasattr(image, "read"):
        return image, False
    given = Input(image)
    if given.head.startswith(LOCAL_MARK):
        raise OptionError(
            f"{given.name} is a sequence (.pels), and explain takes one picture; take a frame out: "
            "pellucid decompress --frame 0 -o frame.pel"
        )
    return image if given.path is not None else given.data, given.head[:4] == SIGNATURE[:4]


def explain_file(data: Any, limits: Limits) -> Explanation:
    """A .pel file: its bits, its picture, how sure it is."""
    from pellucid.explaining import bit_map, exact_bits
    from pellucid.runtime import find_model

    about = info(data, limits=limits)
    opened = Opened(data, DecompressOptions(limits=limits))
    file = opened.file
    after = opened.samples()
    alpha = after[..., -1] if about.alpha else None
    found = Explanation("file", {"max_error": about.max_error}, None, after, about, alpha=alpha)
    bound = opened.layer.max_error
    if bound is not None:
        return replace(found, bits=exact_bits(file), half_width=float(bound))
    net = find_model(file.header.model_id)
    half_width, unsure = decoded_widths(after, file, net.folder)
    return replace(
        found,
        settings={"quality": about.quality, "model": about.model_name or about.model_id},
        bits=bit_map(file, net),
        half_width=half_width,
        unsure=unsure,
    )


def explain_compress(image: Any, options: CompressOptions) -> Explanation:
    """A picture coded at a quality: the same, what was lost of what can be seen, and what noise was
    left out before.
    """
    from pellucid._api.cleaned import cleaned, removal_of
    from pellucid._api.learned import check_samples
    from pellucid.codec import look_at
    from pellucid.explaining import Strip, detail_of, removed

    with open_image(image, page=options.page, max_pixels=options.limits.max_pixels) as opened:
        check_samples(opened, name_of(image))
        source = opened.without_full_alpha()
        made = cleaned(source, removal_of(source, options, itself=True))
        clean = made.source
        picture = look_at(clean, alpha=source.info.has_alpha)
        whole = Box.whole(source.shape).slices
        before, coming, seen = (np.asarray(one[whole]) for one in (source, clean, picture.seen()))
    asked: dict[str, Any] = {"limits": options.limits, "page": options.page}
    asked |= {"model": options.model, "denoise": options.denoise}
    found = explain_file(compress(image, quality=options.quality, **asked), options.limits)
    colours, noisy = (one[..., : picture.colours] for one in (coming, before))
    kept = found.after[..., : picture.colours]
    if picture.alpha:
        hidden = before[..., -1:] == 0
        noisy, colours = (np.where(hidden, kept, one) for one in (noisy, colours))
    x, y, width, height = detail = detail_of(seen)
    part = np.ascontiguousarray(coming[y : y + height, x : x + width])
    scale = float(picture.peak or 1)
    if made.noise is not None:
        plain = compress(image, quality=options.quality, **asked | {"denoise": OFF})
        left_out = LeftOut(removed(noisy, colours, scale=scale), len(plain))
        settings = {**found.settings, "denoise": options.denoise}
        found = replace(found, settings=settings, noise=made.noise, left_out=left_out)

    def coded(setting: int) -> tuple[NDArray[Any], str]:
        file = compress(part, quality=setting, model=options.model)
        said = f"{8 * len(file) / (width * height):.2f} bits per pixel"
        return Opened(file, DecompressOptions()).samples(), said

    return replace(
        found,
        task="compress",
        before=before,
        removed=removed(colours, kept, scale=scale),
        detail=detail,
        strips=[Strip(setting, *coded(setting)) for setting in QUALITIES],
    )


def decoded_widths(
    after: NDArray[Any], file: PelFile, folder: Path
) -> tuple[NDArray[np.float32] | None, str]:
    """Half-widths of a decoded picture, 0 where alpha hides it; or why there are none.

    16-bit samples are looked at as the network gave them, 0 to 255, for which it was measured.
    """
    from pellucid.codec.picture import WHITE, to_levels
    from pellucid.explaining import known_widths

    header, found = file.header, file.sample_range
    levels, unit = after[..., : header.channels], np.float32(1)
    if found is not None:
        levels, unit = to_levels(levels, found), np.float32(found.span / WHITE)
    widths, unsure = known_widths(levels, folder, level=header.quality)
    if widths is not None:
        widths *= unit
        if header.alpha:
            widths[after[..., -1] == 0] = 0
    return widths, unsure
