"""What the page tells, in order; a section that an explanation has nothing for is left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.explaining.bits import PASSES, BitMap
from pellucid.explaining.exact_bits import ExactBits
from pellucid.explaining.page import charts
from pellucid.explaining.page.draw import ends_of, enlarged, shown, smaller
from pellucid.explaining.page.layers import layers_body
from pellucid.explaining.page.parts import (
    document,
    facts,
    figure,
    heat_figure,
    pair,
    paragraph,
    row,
)
from pellucid.explaining.page.pixel import pixel_body
from pellucid.explaining.page.removed import removed_body

Section = tuple[str, str, str]  # mark, heading, body


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
    return document(title, lead(found), [part for part in made if part is not None], foot)


def lead(found: Any) -> str:
    """What was done, in one line, and the facts."""
    height, width, channels = found.after.shape
    said = {
        "file": "What is in this file, and what its bits were spent on.",
        "compress": "What compressing this picture spends, loses and leaves uncertain.",
        "denoise": "What denoising this picture takes off, why, and how sure it is.",
    }[found.task]
    pairs = [("picture", f"{width} x {height} x {channels} {found.after.dtype.name}")]
    pairs += [(name.replace("_", " "), str(value)) for name, value in found.settings.items()]
    if found.about is not None:
        pairs.append(("file", f"{found.about.file_bytes:,} bytes"))
        pairs.append(("rate", f"{found.about.bits_per_pixel:.3f} bits a pixel"))
    if found.noise is not None:
        sigma = getattr(found.noise, "sigma", found.noise)
        pairs.append(("noise", f"sigma {sigma:.3g}"))
    return paragraph(said) + facts(pairs)


def picture_section(found: Any) -> Section:
    """The result, over what went in if that is known."""
    name = "The picture"
    if found.before is None:
        rgb = shown(found.after)
        return (
            "picture",
            name,
            figure(rgb, "As it decodes.", "The decoded picture", photograph=True),
        )
    ends = None if found.before.dtype == np.uint8 else ends_of(smaller(found.before))
    names = ("before", "after")
    return "picture", name, pair(shown(found.before, ends), shown(found.after, ends), names, "pair")


def bits_section(found: Any) -> Section | None:
    """Where the bits went."""
    if isinstance(found.bits, BitMap):
        return "bits", "Where the bits went", latent_bits(found.bits)
    if isinstance(found.bits, ExactBits):
        return "bits", "Where the bits went", tile_bits(found.bits)
    return None


def latent_bits(bits: BitMap) -> str:
    """Maps, channels and sums of a learned file."""
    per_sample = bits.latents / 256  # a latent covers 16 x 16 samples
    per_hyper = bits.hyper / 4096
    maps = [
        heat_figure(
            values,
            caption,
            f"Map of bits: {caption}",
            low=0,
            high=float(np.percentile(values, 99.5)) or 1.0,
            unit="bits a pixel",
        )
        for values, caption in (
            (per_sample, "Latents y, one value for 16 x 16 samples: bright places cost most."),
            (per_hyper, "Hyper-latents z, one for 64 x 64: they say how busy a place is."),
        )
    ]
    order = np.sort(bits.latent_channels)[::-1]
    half = int(np.searchsorted(np.cumsum(order), order.sum() / 2)) + 1
    said = f"Of {len(order)} channels of y, the {half} dearest hold half of its bits."
    rows = [
        (f"y, {name}", *amount(value, bits))
        for name, value in zip(PASSES, bits.passes, strict=True)
    ]
    rows.append(("z", *amount(float(bits.hyper.sum()), bits)))
    rows.append(("the coder's last words", *amount(bits.coder, bits)))
    if bits.alpha:
        rows.append(("alpha, without loss", *amount(bits.alpha, bits)))
    return (
        row(maps)
        + paragraph(said)
        + charts.bars(order.tolist(), "Bits of the channels of y, dearest first")
        + sums(rows, bits)
    )


def tile_bits(bits: ExactBits) -> str:
    """Tiles and planes of an exact file."""
    most = float(bits.tiles.max()) / 8 or 1.0
    caption = "Bytes of each tile: plain places are predicted well and cost little."
    map_ = heat_figure(bits.tiles / 8, caption, "Map of bytes by tile", low=0, high=most, unit="B")
    rows = [(f"plane {n}", *amount(float(v), bits)) for n, v in enumerate(bits.planes)]
    if len(rows) > 16:
        rows = [("all planes", *amount(float(bits.planes.sum()), bits))]
    if bits.plain:
        rows.append(("tiles stored or deflated whole", *amount(bits.plain, bits)))
    rows.append(("frames of the payloads", *amount(bits.frame, bits)))
    chart = charts.bars(bits.planes.tolist(), "Bits of the planes") if len(bits.planes) > 1 else ""
    return row([map_]) + chart + sums(rows, bits)


def sums(rows: list[tuple[str, str, str]], bits: BitMap | ExactBits) -> str:
    """All parts of a file down to its size."""
    rows += [(f"container: {name}", *amount(8.0 * n, bits)) for name, n in bits.container.items()]
    rows.append(("all", *amount(bits.total, bits)))
    caption = f"All parts of the file, which has {bits.file_bytes:,} bytes"
    return charts.table(("part", "bytes", "of the file"), rows, caption)


def amount(value: float, bits: BitMap | ExactBits) -> tuple[str, str]:
    """Bits as bytes, and as a part of the file."""
    return f"{value / 8:,.1f}", f"{value / 8 / bits.file_bytes:.2%}"


def removed_section(found: Any) -> Section | None:
    """What was taken off."""
    if found.removed is None:
        return None
    name = "What was removed" if found.task == "denoise" else "What was lost"
    return "removed", name, removed_body(found)


def sure_section(found: Any) -> Section | None:
    """How sure the result is."""
    name = "How sure it is"
    width = found.half_width
    if width is None:
        return "sure", name, paragraph(found.unsure)
    if not isinstance(width, np.ndarray):
        said = "Every sample is exact." if width == 0 else f"Every sample is within {width:g}."
        return "sure", name, paragraph(said + " The encoder checked each of them.")
    small = smaller(width)
    body = heat_figure(
        small,
        "Half-width of the interval: nine of ten samples lie this near to the truth.",
        "Map of the half-width of the interval of every sample",
        low=0,
        high=float(np.percentile(small, 99.5)) or 1.0,
        unit="of a sample's unit",
    )
    pairs = [
        (f"{share} % of the places are surer than", f"± {np.percentile(small, share):.3g}")
        for share in (10, 50, 90)
    ]
    said = (
        "Made from errors on photographs kept for it, by how restless the result is around a "
        "sample. A promise about many samples, not about one; drawings and other kinds of pictures "
        "may differ. docs/explain.md has the coverage that was measured."
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
    ends = None if found.before.dtype == np.uint8 else ends_of(found.strips[0].picture)
    figures = [
        figure(
            enlarged(shown(each.picture, ends), 2),
            f"{what} {each.setting:g}{': ' * bool(each.caption)}{each.caption}",
            f"The detail at {what} {each.setting:g}",
            photograph=True,
        )
        for each in found.strips
    ]
    x, y, width, height = found.detail
    said = f"The liveliest {width} x {height} samples, at {x}, {y}, coded or cleaned alone."
    return "strips", "What if", paragraph(said) + row(figures, small=True)


def layers_section(found: Any) -> Section | None:
    """Results of layers."""
    if not found.layers:
        return None
    return "layers", "Layer by layer", layers_body(found)
