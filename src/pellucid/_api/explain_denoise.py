"""What denoising a picture did: the noise, what was removed, how sure, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.denoise import check_sigma, check_strength, denoise, noise_level, open_samples
from pellucid._api.explanation import Explanation
from pellucid.bitstream import Limits
from pellucid.denoising.estimate import NoiseEstimate
from pellucid.denoising.plan import maps_of, plan_for
from pellucid.denoising.samples import SampleType, split_alpha
from pellucid.errors import OptionError, PellucidError

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
) -> Explanation:
    """`noise` holds sigma, strength and model as `denoise` takes them."""
    from pellucid.explaining import detail_of, removed, strip
    from pellucid.runtime import load_denoiser

    samples, _ = open_samples(image, limits)
    strength = check_strength(noise["strength"])
    told = check_sigma(noise["sigma"], samples.shape[:2])
    if isinstance(told, np.ndarray):
        raise OptionError("sigma is an array; to explain, give one number or auto")
    if told is None:
        told = noise_level(samples)
    net = load_denoiser(noise["model"])
    after = denoise(samples, sigma=told, strength=strength, model=noise["model"])
    before, _ = split_alpha(samples)
    shown, _ = split_alpha(after)
    x, y, width, height = detail = detail_of(before)
    part = np.ascontiguousarray(before[y : y + height, x : x + width])

    def cleaned(picture: NDArray[Any], setting: float) -> tuple[NDArray[Any], str]:
        if setting == 0:
            return picture, "as it was"
        return denoise(picture, sigma=told, strength=setting, model=noise["model"]), ""

    scale = float(np.iinfo(before.dtype).max) if before.dtype.kind in "iu" else 1.0
    return Explanation(
        task="denoise",
        settings={"strength": strength, "model": noise["model"]},
        before=before,
        after=shown,
        removed=removed(before, shown, scale=scale),
        half_width=widths_of(shown, net, told),
        noise=told,
        pixel=None if pixel is None else why(net, before, told, strength, pixel),
        layers=results_of(net, *shown_to(part, told, strength), layers) if layers else {},
        detail=detail,
        strips=strip(part, STRENGTHS, cleaned),
    )


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
    after: NDArray[Any], net: DenoiserModel, noise: NoiseEstimate | float
) -> Floats | None:
    """Half-widths of a denoised picture, if the model was measured."""
    from pellucid.explaining import half_widths, intervals_of

    try:
        intervals = intervals_of(net.folder)
    except PellucidError:
        return None
    return half_widths(after, intervals, sigma=sigma_at(after, noise))


def shown_to(
    part: NDArray[Any], noise: NoiseEstimate | float, strength: float
) -> tuple[Floats, Floats]:
    """A part (h, w, C) and its maps (2, h, w) as the network sees them, stabilised if it is so.

    The runtime also divides both by a number, which changes nothing but their unit.
    """
    plan = plan_for(noise, eight_bits=SampleType.of(part.dtype).eight_bits)
    shown = part.astype(np.float32)
    if plan.stabiliser is not None:
        shown = plan.stabiliser.forward(shown).astype(np.float32)
    return shown, maps_of(plan, strength, part.shape[:2])


def why(
    net: DenoiserModel,
    before: NDArray[Any],
    noise: NoiseEstimate | float,
    strength: float,
    pixel: tuple[int, int],
) -> PixelFilter:
    """The filter at a pixel, from what lies within the network's reach around it."""
    from pellucid.explaining.filters import around, filter_at

    x, y = pixel
    height, width = before.shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        raise OptionError(f"pixel {x},{y} is not inside the picture of {width} x {height}")
    rows, columns = around(y, height, net), around(x, width, net)
    shown, maps = shown_to(before[rows, columns], noise, strength)
    found = filter_at(net, shown, maps, x - columns.start, y - rows.start)
    left, top = found.left + columns.start, found.top + rows.start
    return replace(found, x=x, y=y, left=left, top=top)


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
