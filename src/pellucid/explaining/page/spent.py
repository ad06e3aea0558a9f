"""The section on bits: maps, channels, and all parts of a file down to its size."""

from __future__ import annotations

import numpy as np

from pellucid.explaining.bits import PASSES, BitMap
from pellucid.explaining.exact_bits import ExactBits
from pellucid.explaining.page.charts import chart
from pellucid.explaining.page.numbers import percent
from pellucid.explaining.page.parts import heat_figure, paragraph, row
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
    per_sample = bits.latents / 256  # a latent covers 16 x 16 samples
    per_hyper = bits.hyper / 4096
    maps = [
        heat_figure(
            values,
            caption,
            f"Map of bits: {caption}",
            low=0,
            high=float(np.percentile(values, 99.5)) or 1.0,
            unit="bits per pixel",
        )
        for values, caption in (
            (per_sample, "Latents y, one value for 16 x 16 pixels: bright places cost most."),
            (per_hyper, "Hyper-latents z, one for 64 x 64: they say how busy a place is."),
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
    rows = [
        (f"y, {name}", *amount(value, bits))
        for name, value in zip(PASSES, bits.passes, strict=True)
    ]
    rows.append(("z", *amount(float(bits.hyper.sum()), bits)))
    rows.append(("the entropy coder's last words", *amount(bits.coder, bits)))
    if bits.alpha:
        rows.append(("alpha, without loss", *amount(bits.alpha, bits)))
    return (
        paragraph(means)
        + row(maps)
        + paragraph(said)
        + chart(order.tolist(), "channel", " of y, dearest first")
        + sums(rows, bits)
    )


def tile_bits(bits: ExactBits) -> str:
    """Tiles and planes of an exact file."""
    said = "Every sample is predicted from those known around it; the bits are what was missing. "
    if bits.tiles.size > 1:
        caption = "Bytes of each tile: plain places are predicted well and cost little."
        most = float(bits.tiles.max()) / 8 or 1.0
        map_ = heat_figure(
            bits.tiles / 8, caption, "Map of bytes by tile", low=0, high=most, unit="bytes"
        )
        where = row([map_])
    else:
        where = ""  # of one colour, it would say nothing
        said += "The picture is one tile. "
    if len(bits.planes) > 1:
        said += (
            "A plane is one channel (of a pair those of the guide too), predicted with the help "
        )
        said += "of those before it."
    rows = [(f"plane {n}", *amount(float(v), bits)) for n, v in enumerate(bits.planes)]
    if len(rows) > MOST_PLANES:
        rows = [("all planes", *amount(float(bits.planes.sum()), bits))]
    if bits.plain:
        rows.append(("tiles stored or deflated whole", *amount(bits.plain, bits)))
    rows.append(("bounds, kinds, the entropy coder's last words", *amount(bits.frame, bits)))
    bars = chart(bits.planes.tolist(), "plane", ", in order") if len(bits.planes) > 1 else ""
    return paragraph(said.strip()) + where + bars + sums(rows, bits)


def sums(rows: list[tuple[str, str, str]], bits: BitMap | ExactBits) -> str:
    """All parts of a file down to its size."""
    for name, size in bits.container.items():
        rows.append((f"container: {PARTS.get(name, name)}", *amount(8.0 * size, bits)))
    rows.append(("the whole file", *amount(bits.total, bits)))
    caption = f"All parts of the file, which has {bits.file_bytes:,} bytes"
    head = ("part", "bytes", "of the file")
    return table(head, rows, "parts of the file", caption=caption)


def amount(value: float, bits: BitMap | ExactBits) -> tuple[str, str]:
    """Bits as bytes, and as a part of the file."""
    return f"{value / 8:,.1f}", f"{percent(value / 8 / bits.file_bytes, 2)}"
