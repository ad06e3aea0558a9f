"""What the page tells, in order; a section that an explanation has nothing for is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.explaining.bits import BitMap
from pellucid.explaining.page.changed import left_out_body, pixel_body, removed_body
from pellucid.explaining.page.draw import (
    AMOUNT,
    SIGNED,
    ends_of,
    enlarged,
    heat,
    shown,
    smaller,
)
from pellucid.explaining.page.parts import (
    CSS,
    SCRIPT,
    figure,
    heat_map,
    image,
    number,
    pair,
    paragraph,
    row,
    unit_of,
)
from pellucid.explaining.page.spent import latent_bits, tile_bits
from pellucid.pages import Section, document, facts

MOST = 12  # channels shown of a layer, the liveliest
KINDS = {
    "Conv": "convolution",
    "Relu": "activation: what is below 0 becomes 0",
    "AveragePool": "means of squares",
    "Resize": "enlarged",
    "Concat": "side by side",
    "Add": "sum",
    "Sub": "difference",
    "Mul": "product",
    "SpaceToDepth": "squares become channels",
    "DepthToSpace": "channels become squares",
}
SIDE = 96  # samples a side of one channel, at most


def page_of(found: Any, title: str, version: str) -> str:
    """An `Explanation` as HTML.

    Args:
        title: such as the file's name.
        version: of pellucid, for the foot.
    """
    denoised = found.task == "denoise"
    sections: list[Section] = [("picture", "The picture", picture_body(found))]
    if found.bits is not None:
        body = latent_bits(found.bits) if isinstance(found.bits, BitMap) else tile_bits(found.bits)
        sections.append(("bits", "Where the bits went", body))
    if found.left_out is not None:
        sections.append(("noise", "What was left out before coding", left_out_body(found)))
    if found.removed is not None:
        name = "What was removed" if denoised else "What was lost"
        sections.append(("removed", name, removed_body(found, found.removed, denoised=denoised)))
    sections.append(("sure", "How sure it is", sure_body(found)))
    if found.pixel is not None:
        name = f"Why pixel {found.pixel.x}, {found.pixel.y}"
        sections.append(("pixel", name, pixel_body(found)))
    if found.strips:
        sections.append(("strips", "What if", strips_body(found)))
    if found.layers:
        sections.append(("layers", "Layer by layer", layers_body(found)))
    foot = f"Made by pellucid {version}. This file is whole: it loads nothing from anywhere."
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
    settings = [*found.settings.items(), *([] if found.noise is None else [("noise", found.noise)])]
    pairs = [
        ("pixels", f"{width} x {height}"),
        ("channels", f"{channels}{also} of {found.after.dtype.name}"),
        *(setting(name, value, unit_of(found.after.dtype)) for name, value in settings),
    ]
    if found.about is not None:
        pairs.append(("file", f"{found.about.file_bytes:,} bytes"))
        pairs.append(("rate", f"{found.about.bits_per_pixel:.3f} bits per pixel"))
    return paragraph(said) + facts(pairs)


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


def picture_body(found: Any) -> str:
    """The result, over what went in if that is known."""
    if found.before is not None:
        ends = ends_in(found.before, found.alpha)
        return pair(*(shown(one, ends, found.alpha) for one in (found.before, found.after)))
    pages = found.about.pages
    first = found.after[..., : found.after.shape[2] // pages]
    rgb = shown(first, ends_in(first, found.alpha), found.alpha)
    said = f"The first of {pages} pages, as it decodes." if pages > 1 else "As it decodes."
    return figure(image(rgb, "The decoded picture", photograph=True), said)


def ends_in(samples: NDArray[Any], alpha: NDArray[Any] | None) -> tuple[float, float] | None:
    """What a picture (H, W, C) is stretched between, by what alpha doesn't hide; None of 8 bits."""
    if samples.dtype == np.uint8:
        return None
    if alpha is None:
        return ends_of(smaller(samples))
    return ends_of(samples[alpha > 0][:, : 3 if samples.shape[2] >= 3 else 1])


def sure_body(found: Any) -> str:
    """How sure the result is."""
    width, unit = found.half_width, unit_of(found.after.dtype)
    if width is None:
        return paragraph(found.unsure)
    if not isinstance(width, np.ndarray):
        near = f"within {number(float(width))} {unit} of what it was"
        said = "Every sample is exact." if width == 0 else f"Every sample is {near}."
        return paragraph(said + " The encoder checked each of them.")
    small = smaller(width)
    caption = "Half-width of the interval: nine of ten samples lie this near to the truth."
    body = heat_map(
        small, caption, "Map of the half-width of the interval of every sample", unit=unit
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
    return facts(pairs) + row([body]) + paragraph(said, soft=True)


def strips_body(found: Any) -> str:
    """The detail at several settings."""
    what, done = ("strength", "denoised") if found.task == "denoise" else ("quality", "coded")
    x, y, width, height = found.detail
    alpha = None if found.alpha is None else found.alpha[y : y + height, x : x + width]
    ends = ends_in(found.strips[0].picture, alpha)
    figures = []
    for each in found.strips:
        name = f"{what} {each.setting:g}"
        rgb = enlarged(shown(each.picture, ends, alpha), 2)
        drawing = image(rgb, f"Part of the picture at {name}", photograph=True)
        figures.append(figure(drawing, ": ".join(filter(None, (name, each.caption)))))
    said = f"The liveliest {width} x {height} pixels, from {x}, {y} on, {done} by themselves."
    return paragraph(said) + row(figures, small=True)


def layers_body(found: Any) -> str:
    """One picture a layer: its liveliest channels side by side."""
    said = (
        "Results on the part of the picture that stands above. Blue is below 0 and red above; "
        "where nothing is below 0, dark is 0 and bright is much. Each picture shows the channels "
        "that vary most. Names are those of the network's file; the first word is the kind."
    )
    figures = []
    for name, values in found.layers.items():
        kind = name.split("_")[0]
        channels, height, width = values.shape
        means = f" ({KINDS[kind]})" if kind in KINDS else ""
        text = f"{name}{means}: {channels} channels of {width} x {height}"
        alt = f"Result of the layer {text}"
        figures.append(figure(image(mosaic(values), alt, photograph=True, big=True), text))
    return paragraph(said) + row(figures, small=True)


def mosaic(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(C, h, w) -> RGB of the channels that vary most, four in a row."""
    order = np.argsort(-values.std(axis=(1, 2)), kind="stable")[:MOST]
    chosen = np.stack([smaller(values[n], SIDE) for n in np.sort(order)])
    across = min(4, len(chosen))
    blank = -len(chosen) % across
    chosen = np.concatenate([chosen, np.zeros((blank, *chosen.shape[1:]), np.float32)])
    tiles = np.pad(chosen, ((0, 0), (0, 1), (0, 1)))
    count, height, width = tiles.shape
    grid = tiles.reshape(count // across, across, height, width).transpose(0, 2, 1, 3)
    plane = grid.reshape(count // across * height, across * width)
    most = float(np.percentile(np.abs(plane), 99.5)) or 1.0
    if plane.min() >= 0:
        return heat(plane, 0, most, AMOUNT)
    return heat(plane, -most, most, SIGNED)
