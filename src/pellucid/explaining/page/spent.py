"""The section on bits: maps, channels, and all parts of a file down to its size."""

from __future__ import annotations

import numpy as np

from pellucid.explaining.bits import PASSES, BitMap, ExactBits
from pellucid.explaining.page.parts import chart, heat_map, paragraph, percent, row
from pellucid.pages import table

MOST_PLANES = 16  # with a line each
# Parts of the container by the names that docs/format.md has for them.
PARTS = {
    "signature": "signature",
    "HEAD": "header",
    "TIDX": "index of tiles",
    "TILE frames": "frames and checksums of tiles",
    "FMAP": "map of floats",
    "exif": "EXIF",
    "iccp": "colour profile",
    "xmp0": "XMP",
    "axes": "axes of pages",
    "dicm": "elements of DICOM",
    "DONE": "mark of the end",
}


def latent_bits(bits: BitMap) -> str:
    """Maps, channels and sums of a learned file."""
    maps = [
        heat_map(values, caption, f"Map of bits: {caption}", unit="bits per pixel")
        for values, caption in (
            (
                bits.latents / 256,
                "Latents y, one value for 16 x 16 pixels: bright places cost most.",
            ),
            (
                bits.hyper / 4096,
                "Hyper-latents z, one for 64 x 64: they say how busy a place is.",
            ),
        )
    ]
    order = np.sort(bits.latent_channels)[::-1]
    half = int(np.searchsorted(np.cumsum(order), order.sum() / 2)) + 1
    means = (
        f"The network makes {len(order)} numbers of every 16 x 16 pixels, the latents y, one for "
        "each of its channels. A coarser summary of them, the hyper-latents z, goes first and says "
        "how large the y of a place may be. Then y goes in three passes (the even and "
        "the odd anchors of a checkerboard, then the others), each predicted from what is known: "
        "the better the prediction, the fewer bits."
    )
    said = f"Of the {len(order)} channels of y, the {half} dearest hold half of its bits."
    parts = {f"y, {name}": value for name, value in zip(PASSES, bits.passes, strict=True)}
    parts |= {"z": float(bits.hyper.sum()), "the entropy coder's last words": bits.coder}
    if bits.alpha:
        parts["alpha, without loss"] = bits.alpha
    if bits.source:
        parts["the source, with its noise"] = bits.source
    bars = chart(order.tolist(), "channel", " of y, dearest first")
    return paragraph(means) + row(maps) + paragraph(said) + bars + sums(parts, bits)


def tile_bits(bits: ExactBits) -> str:
    """Tiles and planes of an exact file."""
    said = "Every sample is predicted from those known around it; the bits are what was missing."
    where = bars = ""
    if bits.tiles.size > 1:
        caption = "Bytes of each tile: plain places are predicted well and cost little."
        most = float(bits.tiles.max()) / 8 or 1.0
        alt = "Map of bytes by tile"
        where = row([heat_map(bits.tiles / 8, caption, alt, high=most, unit="bytes")])
    else:  # of one colour, it would say nothing
        said += " The picture is one tile."
    if len(bits.planes) > 1:
        said += (
            " A plane is one channel (of a pair those of the guide too), predicted with the help "
            "of those before it."
        )
        bars = chart(bits.planes.tolist(), "plane", ", in order")
    parts = {f"plane {n}": float(v) for n, v in enumerate(bits.planes)}
    if len(parts) > MOST_PLANES:
        parts = {"all planes": float(bits.planes.sum())}
    if bits.plain:
        parts["tiles stored or deflated whole"] = bits.plain
    parts["bounds, kinds, the entropy coder's last words"] = bits.frame
    return paragraph(said) + where + bars + sums(parts, bits)


def sums(parts: dict[str, float], bits: BitMap | ExactBits) -> str:
    """All parts of a file, by name in bits, down to its size."""
    for name, size in bits.container.items():
        parts[f"container: {PARTS.get(name, name)}"] = 8.0 * size
    parts["the whole file"] = bits.total
    rows = [
        (name, f"{value / 8:,.1f}", percent(value / 8 / bits.file_bytes, 2))
        for name, value in parts.items()
    ]
    caption = f"All parts of the file, which has {bits.file_bytes:,} bytes"
    return table(("part", "bytes", "of the file"), rows, "parts of the file", caption=caption)
