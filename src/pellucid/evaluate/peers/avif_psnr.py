"""AVIF by libaom: full chroma, speed 6, tuned for PSNR."""

from __future__ import annotations

from pellucid.evaluate.peers.avif import make_tuned
from pellucid.evaluate.peers.base import Peer


def make(threads: int) -> Peer:
    """The adapter, with up to `threads` threads both ways."""
    return make_tuned(
        threads,
        name="avif_psnr",
        settings=(5, 20, 35, 50, 66, 84),
        advanced={"tune": "psnr"},
    )
