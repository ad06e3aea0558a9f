"""What a model did, as arrays; `page/` draws them.

    bits.py         where the bits of a file went
    removed.py      what was taken off a picture, and whether it was only noise
    intervals.py    how far off each sample may be
    filters.py      the filter a denoiser used at a pixel
    network.py      looks into a network, and back through it
    strips.py       one detail at several qualities or strengths
    page/           the report, one HTML file

ONNX Runtime only. Looking into a network also needs the package onnx, the extra `explain`.
"""

from __future__ import annotations

from pellucid.explaining.bits import BitMap, ExactBits, bit_map, exact_bits
from pellucid.explaining.filters import PixelFilter, filter_at
from pellucid.explaining.intervals import Intervals, half_widths, intervals_of, known_widths
from pellucid.explaining.network import OpenNetwork
from pellucid.explaining.removed import Removed, removed
from pellucid.explaining.strips import Strip, detail_of

__all__ = [
    "BitMap",
    "ExactBits",
    "Intervals",
    "OpenNetwork",
    "PixelFilter",
    "Removed",
    "Strip",
    "bit_map",
    "detail_of",
    "exact_bits",
    "filter_at",
    "half_widths",
    "intervals_of",
    "known_widths",
    "removed",
]
