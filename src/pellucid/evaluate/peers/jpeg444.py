"""JPEG with full chroma, progressive and with optimised tables."""

from __future__ import annotations

from pellucid.evaluate.peers._pillow import PillowPeer
from pellucid.evaluate.peers.base import Peer


def make(_threads: int) -> Peer:
    """The adapter; the thread count has no effect."""
    return PillowPeer(
        name="jpeg444",
        format="JPEG",
        feature="libjpeg_turbo",
        library="libjpeg-turbo",
        settings=(5, 12, 30, 55, 75, 88),
        options={"subsampling": "4:4:4", "progressive": True, "optimize": True},
    )
