"""AVIF by libaom: full chroma, speed 6, the default tuning (for the eye, not for PSNR)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import AvifImagePlugin

from pellucid.evaluate.peers._pillow import PillowPeer
from pellucid.evaluate.peers.base import Peer, Rgb

SPEED = 6


@dataclass(frozen=True)
class AvifPeer(PillowPeer):
    """Sets the decoder's thread count too, which Pillow keeps in a module variable."""

    threads: int = 1

    def decode(self, data: bytes) -> Rgb:
        before = AvifImagePlugin.DEFAULT_MAX_THREADS
        AvifImagePlugin.DEFAULT_MAX_THREADS = self.threads
        try:
            return super().decode(data)
        finally:
            AvifImagePlugin.DEFAULT_MAX_THREADS = before


def make_tuned(
    threads: int,
    *,
    name: str,
    settings: tuple[float, ...],
    advanced: Mapping[str, str] | None = None,
) -> Peer:
    """An AVIF adapter with libaom's own options on top."""
    options: dict[str, Any] = {"subsampling": "4:4:4", "speed": SPEED, "max_threads": threads}
    if advanced:
        options["advanced"] = dict(advanced)
    return AvifPeer(
        name=name,
        format="AVIF",
        feature="avif",
        library="libavif",
        settings=settings,
        options=options,
        threading=f"up to {threads} threads both ways; the encoder decides how many it can use",
        threads=threads,
    )


def make(threads: int) -> Peer:
    """The adapter, with up to `threads` threads both ways."""
    return make_tuned(threads, name="avif", settings=(8, 28, 48, 64, 77, 88))
