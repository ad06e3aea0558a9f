"""The section on layers: what convolution, pooling and activation make of the detail."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.explaining.page.draw import AMOUNT, SIGNED, heat, smaller
from pellucid.explaining.page.parts import figure, paragraph, row

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
        figures.append(figure(mosaic(values), text, alt, photograph=True, big=True))
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
