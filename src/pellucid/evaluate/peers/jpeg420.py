"""JPEG with halved chroma, progressive and with optimised tables: what most pictures are."""

from __future__ import annotations

from pellucid.evaluate.peers._pillow import PillowPeer
from pellucid.evaluate.peers.base import Peer


def make(_threads: int) -> Peer:
    """The adapter; the thread count has no effect."""
    return PillowPeer(
        name="jpeg420",
        format="JPEG",
        feature="libjpeg_turbo",
        library="libjpeg-turbo",
        settings=(5, 15, 35, 60, 80, 92),
        options={"subsampling": "4:2:0", "progressive": True, "optimize": True},
    )
