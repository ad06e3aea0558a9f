"""What the page tells, in order; a section that an explanation has nothing for is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.explaining.bits import BitMap
from pellucid.explaining.exact_bits import ExactBits
from pellucid.explaining.page.draw import ends_of, enlarged, shown, smaller
from pellucid.explaining.page.layers import layers_body
from pellucid.explaining.page.numbers import number, unit_of
from pellucid.explaining.page.parts import figure, heat_figure, pair, paragraph, row
from pellucid.explaining.page.pixel import pixel_body
from pellucid.explaining.page.removed import removed_body
from pellucid.explaining.page.spent import latent_bits, tile_bits
from pellucid.explaining.page.style import CSS, SCRIPT
from pellucid.pages import Section, document, facts


def page_of(found: Any, title: str, version: str) -> str:
    """An `Explanation` as HTML.

    Args:
        title: such as the file's name.
        version: of pellucid, for the foot.
    """
    made = [
        picture_section(found),
        bits_section(found),
        removed_section(found),
        sure_section(found),
        pixel_section(found),
        strips_section(found),
        layers_section(found),
    ]
    foot = f"Made by pellucid {version}. This file is whole: it loads nothing from anywhere."
    sections = [part for part in made if part is not None]
    return document(title, lead(found), sections, paragraph(foot), css=CSS, script=SCRIPT)


def lead(found: Any) -> str:
    """What was done, in one line, and the facts."""
    height, width, channels = found.after.shape
    coded = found.alpha is not None and found.task != "denoise"  # which splits alpha off
    channels, also = channels - coded, " and alpha," * (found.alpha is not None)
    said = {
        "file": "What is in this file, and what its bits were spent on.",
        "compress": "What compressing this picture spends, loses and leaves uncertain.",
        "denoise": "What denoising this picture takes off, why, and how sure it is.",
    }[found.task]
    pairs = [
        ("pixels", f"{width} x {height}"),
        ("channels", f"{channels}{also} of {found.after.dtype.name}"),
        *(setting(name, value, unit_of(found.after.dtype)) for name, value in settings(found)),
    ]
    if found.about is not None:
        pairs.append(("file", f"{found.about.file_bytes:,} bytes"))
        pairs.append(("rate", f"{found.about.bits_per_pixel:.3f} bits per pixel"))
    return paragraph(said) + facts(pairs)


def settings(found: Any) -> list[tuple[str, Any]]:
    """What was asked for, and the noise."""
    noise = found.noise
    pairs = list(found.settings.items())
    return pairs if noise is None else [*pairs, ("noise", noise)]


def setting(name: str, value: Any, unit: str) -> tuple[str, str]:
    """One of these as a person reads it."""
    if name == "quality":
        return name, f"{value} of 100"
    if name == "strength":
        return name, f"{value:g} of 1"
    if name == "max_error":
        return "largest error", f"{number(float(value))} {unit}" if value else "0, lossless"
    if name != "noise":
        return name, str(value)
    grows = ", more in the light" if getattr(value, "slope", 0) > 0 else ""
    sigma = f"sigma {number(float(getattr(value, 'sigma', value)))} {unit}{grows}"
    return "noise, as given" if isinstance(value, float) else "noise, as measured", sigma


def picture_section(found: Any) -> Section:
    """The result, over what went in if that is known."""
    name = "The picture"
    if found.before is None:
        pages = found.about.pages
        first = found.after[..., : found.after.shape[2] // pages] if pages > 1 else found.after
        rgb = shown(first, ends_in(first, found.alpha), found.alpha)
        said = f"The first of {pages} pages, as it decodes." if pages > 1 else "As it decodes."
        return "picture", name, figure(rgb, said, "The decoded picture", photograph=True)
    ends = ends_in(found.before, found.alpha)
    before, after = (shown(one, ends, found.alpha) for one in (found.before, found.after))
    return "picture", name, pair(before, after, ("before", "after"), "pair")


def ends_in(samples: NDArray[Any], alpha: NDArray[Any] | None) -> tuple[float, float] | None:
    """What a picture (H, W, C) is stretched between, by what alpha doesn't hide; None of 8 bits."""
    if samples.dtype == np.uint8:
        return None
    if alpha is None:
        return ends_of(smaller(samples))
    return ends_of(samples[alpha > 0][:, : 3 if samples.shape[2] >= 3 else 1])


def bits_section(found: Any) -> Section | None:
    """Where the bits went."""
    if isinstance(found.bits, BitMap):
        return "bits", "Where the bits went", latent_bits(found.bits)
    if isinstance(found.bits, ExactBits):
        return "bits", "Where the bits went", tile_bits(found.bits)
    return None


def removed_section(found: Any) -> Section | None:
    """What was taken off."""
    if found.removed is None:
        return None
    name = "What was removed" if found.task == "denoise" else "What was lost"
    return "removed", name, removed_body(found)


def sure_section(found: Any) -> Section | None:
    """How sure the result is."""
    name = "How sure it is"
    width, unit = found.half_width, unit_of(found.after.dtype)
    if width is None:
        return "sure", name, paragraph(found.unsure)
    if not isinstance(width, np.ndarray):
        near = f"within {number(float(width))} {unit} of what it was"
        said = "Every sample is exact." if width == 0 else f"Every sample is {near}."
        return "sure", name, paragraph(said + " The encoder checked each of them.")
    small = smaller(width)
    body = heat_figure(
        small,
        "Half-width of the interval: nine of ten samples lie this near to the truth.",
        "Map of the half-width of the interval of every sample",
        low=0,
        high=float(np.percentile(small, 99.5)) or 1.0,
        unit=unit,
    )
    pairs = [
        (
            f"{share} % of the places are surer than",
            f"± {number(float(np.percentile(small, share)))} {unit}",
        )
        for share in (10, 50, 90)
    ]
    said = (
        "Made from errors on photographs kept for it, by how much the result varies around a "
        "sample. A promise about many samples, not about one; drawings and other kinds of pictures "
        "may differ. What was measured of it is in pellucid's docs/explain.md."
    )
    return "sure", name, facts(pairs) + row([body]) + paragraph(said, soft=True)


def pixel_section(found: Any) -> Section | None:
    """The filter at the pixel asked for."""
    if found.pixel is None:
        return None
    return "pixel", f"Why pixel {found.pixel.x}, {found.pixel.y}", pixel_body(found)


def strips_section(found: Any) -> Section | None:
    """The detail at several settings."""
    if not found.strips:
        return None
    what = "strength" if found.task == "denoise" else "quality"
    x, y, width, height = found.detail
    alpha = None if found.alpha is None else found.alpha[y : y + height, x : x + width]
    ends = ends_in(found.strips[0].picture, alpha)
    figures = [
        figure(
            enlarged(shown(each.picture, ends, alpha), 2),
            f"{what} {each.setting:g}{': ' * bool(each.caption)}{each.caption}",
            f"Part of the picture at {what} {each.setting:g}",
            photograph=True,
        )
        for each in found.strips
    ]
    done = "denoised" if found.task == "denoise" else "coded"
    said = f"The liveliest {width} x {height} pixels, from {x}, {y} on, {done} by themselves."
    return "strips", "What if", paragraph(said) + row(figures, small=True)


def layers_section(found: Any) -> Section | None:
    """Results of layers."""
    if not found.layers:
        return None
    return "layers", "Layer by layer", layers_body(found)
