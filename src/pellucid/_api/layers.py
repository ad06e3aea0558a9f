"""A .pel file or a request -> its layer: the one place that chooses."""

from __future__ import annotations

from pellucid._api.exact import ExactLayer
from pellucid._api.layer import Damaged, Layer
from pellucid._api.learned import LearnedLayer
from pellucid._api.options import CompressOptions
from pellucid.bitstream import EXACT, PelFile


def layer_for(options: CompressOptions) -> type[Layer]:
    """The layer that does what is asked for."""
    return LearnedLayer if options.bound is None else ExactLayer


def open_layer(file: PelFile, damaged: Damaged | None = None) -> Layer:
    """The layer of a parsed file; `damaged` is what `Layer.open` takes."""
    layer = ExactLayer if file.header.layers in EXACT else LearnedLayer
    return layer.open(file, damaged)
