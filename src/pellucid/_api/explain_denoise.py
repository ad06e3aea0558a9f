"""What denoising a picture did: the noise, what was removed, how sure, and why."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.clean_file import open_noisy
from pellucid._api.denoise import (
    WITH_ALPHA,
    check_sigma,
    check_strength,
    denoise,
    noise_level,
    open_samples,
)
from pellucid._api.explanation import NEVER, Explanation
from pellucid.bitstream import Limits
from pellucid.denoising.clean import nothing_to_do
from pellucid.denoising.estimate import NoiseEstimate
from pellucid.denoising.plan import maps_of, plan_for
from pellucid.denoising.samples import SampleType, split_alpha
from pellucid.denoising.survey import look_through
from pellucid.denoising.view import part_of
from pellucid.errors import OptionError, PellucidError
from pellucid.pixels import ImageInfo
from pellucid.pixels.dicom_stored import stored_of
from pellucid.pixels.source import refuse_page

if TYPE_CHECKING:
    from pellucid.explaining import PixelFilter
    from pellucid.runtime import DenoiserModel

Floats = NDArray[np.float32]
ALL = "all"
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the strips


def explain_denoise(
    image: Any,
    noise: dict[str, Any],
    pixel: tuple[int, int] | None,
    layers: Sequence[str],
    limits: Limits,
    page: int | None = None,
) -> Explanation:
    """`noise` holds sigma, strength and model as `denoise` takes them."""
    from pellucid.explaining import detail_of, removed, strip
    from pellucid.runtime import load_denoiser

    samples = whole_samples(image, limits, page)
    refuse_many(image, samples.shape[2])
    strength = check_strength(noise["strength"])
    told = check_sigma(noise["sigma"], samples.shape[:2])
    if isinstance(told, np.ndarray):
        raise OptionError("sigma is an array; to explain, give one number or auto")
    if told is None:
        told = noise_level(samples)
    net = load_denoiser(noise["model"])
    after = denoise(samples, sigma=told, strength=strength, model=noise["model"])
    before, alpha = split_alpha(samples)
    shown, _ = split_alpha(after)
    filled, weight, known = seen_by_network(samples, strength)
    clean = shown if known.all() else np.where(known[..., None], shown, filled)
    x, y, width, height = detail = detail_of(filled)
    rows, columns = slice(y, y + height), slice(x, x + width)
    part = np.ascontiguousarray(filled[rows, columns])

    def cleaned(picture: NDArray[Any], setting: float) -> tuple[NDArray[Any], str]:
        if setting == 0:
            return picture, "as it was"
        return denoise(picture, sigma=told, strength=setting, model=noise["model"]), ""

    half_width, unsure = widths_of(clean, net, told, strength, samples.dtype)
    if half_width is not None:
        half_width[weight == 0] = 0
    return Explanation(
        task="denoise",
        settings={"strength": strength, "model": noise["model"]},
        before=before,
        after=shown,
        alpha=alpha,
        removed=removed(filled, clean, scale=scale_of(filled[known])),
        half_width=half_width,
        unsure=unsure,
        noise=told,
        pixel=None if pixel is None else why(net, filled, told, weight, pixel),
        layers=results_of(net, *shown_to(part, told, weight[rows, columns]), layers)
        if layers
        else {},
        detail=detail,
        strips=strip(part, STRENGTHS, cleaned),
    )


def whole_samples(image: Any, limits: Limits, page: int | None) -> NDArray[Any]:
    """Samples (H, W, C) of what `denoise` and `denoise_file` take, a page of it if there are some.

    OptionError for a page of what has none; else it raises what they do.
    """
    if isinstance(image, str | os.PathLike):
        with open_noisy(image, limits, page) as (parts, about):
            refuse_frames(image, parts.shape[2], about)
            image = np.asarray(parts[0 : parts.shape[0], 0 : parts.shape[1]])
    else:
        refuse_page(page, "what is no file")
    return open_samples(image, limits)[0]


def refuse_frames(image: Any, channels: int, about: ImageInfo) -> None:
    """OptionError for a DICOM file of several frames: they lie like channels and are none."""
    if about.dicom is None:
        return
    each = stored_of(about.dicom, str(image)).channels
    if channels != each:
        raise OptionError(
            f"{image} has {channels // each} frames; choose one with --page N (page=N), from 0"
        )


def refuse_many(image: Any, channels: int) -> None:
    """OptionError for bands, which are denoised together and can't be explained so."""
    if channels > WITH_ALPHA:
        name = f"{image}: " if isinstance(image, str | os.PathLike) else ""
        raise OptionError(
            f"{name}{channels} channels (bands) can't be explained together; give 1 to {WITH_ALPHA}"
        )


def seen_by_network(
    samples: NDArray[Any], strength: float
) -> tuple[NDArray[Any], Floats, NDArray[np.bool_]]:
    """Colour (H, W, C) without holes, the strength (H, W) with 0 where a pixel is left as it is
    (a hole, a mark, hidden by alpha), and where anything is known.
    """
    part = part_of(samples, look_through(samples))
    seen = part.known if part.alpha is None else part.known & (part.alpha != 0)
    return part.filled, seen * np.float32(strength), part.known


def scale_of(samples: NDArray[Any]) -> float:
    """What `removed` takes as the largest value: 255, or the range of nearly all finite samples."""
    if samples.dtype == np.uint8:
        return 255.0
    if not samples.size:
        return 1.0
    low, high = np.percentile(samples, (0.1, 99.9))
    return float(high - low) or 1.0


def sigma_at(picture: NDArray[Any], noise: NoiseEstimate | float) -> float | Floats:
    """Standard deviation of the noise in the samples' unit, one or (H, W)."""
    if not isinstance(noise, NoiseEstimate):
        return float(noise)
    if noise.slope <= 0:
        return noise.sigma
    light = picture.mean(axis=2, dtype=np.float32)
    least = (0.2 * noise.sigma) ** 2
    local: Floats = np.sqrt(np.maximum(noise.slope * light + noise.offset, least))
    return local


def widths_of(
    after: NDArray[Any],
    net: DenoiserModel,
    noise: NoiseEstimate | float,
    strength: float,
    dtype: np.dtype[Any],
) -> tuple[Floats | None, str]:
    """Half-widths of a denoised picture whose samples are `dtype`, or why there are none.

    They were measured where all of independent noise is taken off, and hold for nothing else.
    """
    from pellucid.explaining import half_widths, intervals_of

    if nothing_to_do(noise, strength, dtype):
        return None, "Nothing was taken off: the result is the picture as it was."
    plan = plan_for(noise, eight_bits=SampleType.of(dtype).eight_bits)
    if plan.processed or strength < 1:
        return None, "Not measured for JPEG, processed noise or strength below 1."
    try:
        intervals = intervals_of(net.folder)
    except PellucidError:
        return None, NEVER
    return half_widths(after, intervals, sigma=sigma_at(after, noise)), ""


def shown_to(
    part: NDArray[Any], noise: NoiseEstimate | float, weight: float | Floats
) -> tuple[Floats, Floats]:
    """A part (h, w, C) and its maps (2, h, w) as the network sees them, stabilised if it is so.

    The runtime also divides both by a number, which changes nothing but their unit.
    """
    plan = plan_for(noise, eight_bits=SampleType.of(part.dtype).eight_bits)
    shown = part.astype(np.float32)
    if plan.stabiliser is not None:
        shown = plan.stabiliser.forward(shown).astype(np.float32)
    return shown, maps_of(plan, weight, part.shape[:2])


def why(
    net: DenoiserModel,
    filled: NDArray[Any],
    noise: NoiseEstimate | float,
    weight: Floats,
    pixel: tuple[int, int],
) -> PixelFilter:
    """The filter at a pixel, from what lies within the network's reach around it."""
    from pellucid.explaining.filters import around, filter_at

    x, y = pixel
    height, width = filled.shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        raise OptionError(f"pixel {x},{y} is not inside the picture of {width} x {height}")
    if nothing_to_do(noise, float(weight[y, x]), filled.dtype):
        raise OptionError(
            f"pixel {x},{y} is left as it is: it is a hole or hidden by alpha, or sigma or "
            "strength is 0; ask for another"
        )
    rows, columns = around(y, height, net), around(x, width, net)
    shown, maps = shown_to(filled[rows, columns], noise, weight[rows, columns])
    found = filter_at(net, shown, maps, x - columns.start, y - rows.start)
    left, top = found.left + columns.start, found.top + rows.start
    eight_bits = SampleType.of(filled.dtype).eight_bits
    stabilised = plan_for(noise, eight_bits=eight_bits).stabiliser is not None
    return replace(found, x=x, y=y, left=left, top=top, stabilised=stabilised)


def results_of(
    net: DenoiserModel, shown: Floats, maps: Floats, layers: Sequence[str]
) -> dict[str, Floats]:
    """(C, h, w) of layers of the network; `all` names every one."""
    from pellucid.explaining import OpenNetwork
    from pellucid.explaining.filters import grown
    from pellucid.runtime.denoiser import FILE

    network = OpenNetwork(net.folder / FILE)
    names = list(network.layers) if ALL in layers else list(layers)
    planes = np.broadcast_to(shown, (*shown.shape[:2], 3)).transpose(2, 0, 1)
    inputs = {
        "noisy": grown(planes, net.multiple),
        "maps": grown(maps, net.multiple),
    }
    return {name: found[0] for name, found in network.results(inputs, names).items()}
