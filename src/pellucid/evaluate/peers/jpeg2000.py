"""JPEG 2000 by OpenJPEG: the 9/7 wavelet with the irreversible colour transform.

The setting is the target rate in bits per pixel, which the encoder meets closely.
"""

from __future__ import annotations

from typing import Any

from pellucid.evaluate.peers._pillow import PillowPeer
from pellucid.evaluate.peers.base import Peer

BITS_PER_PIXEL = 24.0  # of the source


def _as_ratio(setting: float) -> dict[str, Any]:
    return {"quality_mode": "rates", "quality_layers": [BITS_PER_PIXEL / setting]}


def make(_threads: int) -> Peer:
    """The adapter; the thread count has no effect."""
    return PillowPeer(
        name="jpeg2000",
        format="JPEG2000",
        feature="jpg_2000",
        library="OpenJPEG",
        settings=(0.1, 0.2, 0.4, 0.8, 1.3, 2.0),
        options={"irreversible": True, "mct": 1},
        from_setting=_as_ratio,
    )
