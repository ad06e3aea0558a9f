"""Lossy WebP at its slowest method, 6. The format has 4:2:0 chroma only."""

from __future__ import annotations

from pellucid.evaluate.peers._pillow import PillowPeer
from pellucid.evaluate.peers.base import Peer


def make(_threads: int) -> Peer:
    """The adapter; the thread count has no effect."""
    return PillowPeer(
        name="webp",
        format="WEBP",
        feature="webp",
        library="libwebp",
        settings=(0, 10, 35, 65, 82, 95),
        options={"method": 6},
    )
