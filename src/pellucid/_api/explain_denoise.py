"""What denoising a picture did: the noise, what was removed, how sure, and why."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.denoise import warn_of
from pellucid._api.results import Explanation
from pellucid.denoising import DenoiseOptions, NoiseEstimate
from pellucid.denoising.flow import denoise_into, noise_of
from pellucid.denoising.picture import Picture
from pellucid.denoising.plan import LEAST_NOISE, Plan, noise_level_maps, plan_for
from pellucid.denoising.remove import denoise_array
from pellucid.denoising.samples import MOST, split_alpha
from pellucid.errors import OptionError
from pellucid.pixels import Box, ImageSource, open_image

if TYPE_CHECKING:
    from pellucid.explaining import PixelFilter
    from pellucid.runtime import DenoiserModel

Floats = NDArray[np.float32]
Noise = NoiseEstimate | float
ALL = "all"
MOVES = ("Squeeze", "Unsqueeze", "Reshape", "Transpose")  # layers that compute nothing
STRENGTHS = (0.25, 0.5, 0.75, 1.0)  # of the strips


def explain_denoise(
    image: Any, options: DenoiseOptions, pixel: tuple[int, int] | None, layers: Sequence[str]
) -> Explanation:
    """What `denoise` does to a picture with these options."""
    from pellucid.explaining import Strip, detail_of, removed
    from pellucid.runtime import load_denoiser

    net = load_denoiser(options.model)
    most = options.limits.max_pixels
    with open_image(image, page=options.page, max_pixels=most) as source:
        check_channels(source)
        noise = options.sigma_for(source.shape[:2])
        if isinstance(noise, np.ndarray):
            raise OptionError("sigma is an array; to explain, give one number or auto")
        noise = noise_of(source) if noise is None else noise
        stored = source.read()
        after = np.empty_like(stored)
        warn_of(denoise_into(source, after, replace(options, sigma=noise)))
    before, alpha = split_alpha(stored)
    after, _ = split_alpha(after)
    part = Picture(stored).part(Box.whole(stored.shape))
    filled, valid = part.filled, part.valid
    weight = part.seen * np.float32(options.strength)
    clean = after if valid.all() else np.where(valid[..., None], after, filled)
    detail = Box.of_region(detail_of(filled))
    shown = np.ascontiguousarray(filled[detail.slices])

    plan = plan_for(noise, eight_bits=stored.dtype == np.uint8)
    half_width, unsure = widths_of(clean, net, noise, plan, options.strength)
    if half_width is not None:
        half_width[weight == 0] = 0
    return Explanation(
        task="denoise",
        settings={"strength": options.strength, "model": options.model},
        before=before,
        after=after,
        alpha=alpha,
        removed=removed(filled, clean, scale=scale_of(filled[valid])),
        half_width=half_width,
        unsure=unsure,
        noise=noise,
        pixel=None if pixel is None else why(net, filled, plan, weight, pixel),
        layers=results_of(net, shown, plan, weight[detail.slices], layers) if layers else {},
        detail=detail.region,
        strips=[
            Strip(0.0, shown, "as it was"),
            *(Strip(part, denoise_array(shown, noise, part, net), "") for part in STRENGTHS),
        ],
    )


def check_channels(source: ImageSource) -> None:
    """OptionError for frames and bands, which can't be explained together."""
    channels, frames = source.shape[2], source.info.pages
    if source.info.dicom is not None and frames > 1:
        raise OptionError(
            f"the picture has {frames} frames; choose one with --page N (page=N), from 0"
        )
    if channels > MOST and frames == 1:
        raise OptionError(
            f"{channels} channels (bands) can't be explained together; give 1 to {MOST}"
        )


def scale_of(samples: NDArray[Any]) -> float:
    """What `removed` takes as the largest value: 255, or the range of nearly all finite samples."""
    if samples.dtype == np.uint8:
        return 255.0
    if not samples.size:
        return 1.0
    low, high = np.percentile(samples, (0.1, 99.9))
    return float(high - low) or 1.0


def sigma_at(picture: NDArray[Any], noise: Noise) -> float | Floats:
    """Standard deviation of the noise in the samples' unit, one or (H, W)."""
    if not isinstance(noise, NoiseEstimate):
        return float(noise)
    if noise.slope <= 0:
        return noise.sigma
    light = picture.mean(axis=2, dtype=np.float32)
    least = (LEAST_NOISE * noise.sigma) ** 2
    local: Floats = np.sqrt(np.maximum(noise.slope * light + noise.offset, least))
    return local


def widths_of(
    after: NDArray[Any], net: DenoiserModel, noise: Noise, plan: Plan, strength: float
) -> tuple[Floats | None, str]:
    """Half-widths of a denoised picture, or why there are none.

    They were measured where all of independent noise is taken off, and hold for nothing else.
    """
    from pellucid.explaining import known_widths

    if not (plan.sigma and strength):
        return None, "Nothing was taken off: the result is the picture as it was."
    if plan.processed or strength < 1:
        return None, "Not measured for JPEG, processed noise or strength below 1."
    return known_widths(after, net.folder, sigma=sigma_at(after, noise))


def seen_by_network(part: NDArray[Any], plan: Plan, weight: Floats) -> tuple[Floats, Floats]:
    """A part (h, w, C) and its noise level maps (2, h, w) as the network sees them.

    The runtime also divides both by a number, which changes nothing but their unit.
    """
    shown = part.astype(np.float32)
    if plan.stabiliser is not None:
        shown = plan.stabiliser.forward(shown).astype(np.float32)
    return shown, noise_level_maps(plan, weight, Box.whole(part.shape))


def why(
    net: DenoiserModel, filled: NDArray[Any], plan: Plan, weight: Floats, pixel: tuple[int, int]
) -> PixelFilter:
    """The filter at a pixel; OptionError if it lies outside or was left as it is."""
    from pellucid.explaining.filters import check_inside, filter_at

    try:
        x, y = map(operator.index, pixel)
    except (TypeError, ValueError) as error:
        raise OptionError(f"pixel is {pixel!r}; it must be two whole numbers: x, y") from error
    check_inside(x, y, filled.shape)
    if not (plan.sigma and weight[y, x]):
        raise OptionError(
            f"pixel {x},{y} is left as it is: it is invalid or hidden by alpha, or sigma or "
            "strength is 0; ask for another"
        )
    found = filter_at(net, *seen_by_network(filled, plan, weight), x, y)
    return replace(found, stabilised=plan.stabiliser is not None)


def results_of(
    net: DenoiserModel, part: NDArray[Any], plan: Plan, weight: Floats, layers: Sequence[str]
) -> dict[str, Floats]:
    """(C, h, w) of layers of the network for a part; `all` names every one."""
    from pellucid.explaining import OpenNetwork
    from pellucid.explaining.filters import inputs_of
    from pellucid.runtime.denoiser import FILE

    network = OpenNetwork(net.folder / FILE)
    names = list(layers)
    if ALL in layers:  # but for what only moves samples
        names = [name for name, kind in network.layers.items() if kind not in MOVES]
    inputs = inputs_of(net, *seen_by_network(part, plan, weight))
    return {name: found[0] for name, found in network.results(inputs, names).items()}
