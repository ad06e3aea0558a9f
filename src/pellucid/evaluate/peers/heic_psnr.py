"""HEIC by x265 in pillow-heif: full chroma, the default preset, tuned for PSNR."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import Peer, Rgb


@dataclass(frozen=True)
class HeicPeer:
    """A `Peer`; `library` is the module pillow_heif."""

    library: Any
    threads: int
    name: str = "heic_psnr"
    settings: tuple[float, ...] = (5, 18, 30, 40, 50, 60)

    @property
    def version(self) -> str:
        info = self.library.libheif_info()
        return f"pillow-heif {self.library.__version__}, libheif {info['libheif']}, {info['HEIF']}"

    @property
    def threading(self) -> str:
        return (
            f"encoder: a pool of {self.threads} threads (x265 pools); "
            f"decoder: up to {self.threads}, which a picture of one tile can't use"
        )

    def encode(self, rgb: Rgb, setting: float) -> bytes:
        stream = io.BytesIO()
        options = {"tune": "psnr", "x265:pools": str(self.threads)}
        image = self.library.from_pillow(Image.fromarray(rgb))
        image.save(stream, quality=int(setting), chroma=444, enc_params=options)
        return stream.getvalue()

    def decode(self, data: bytes) -> Rgb:
        self.library.options.DECODE_THREADS = self.threads
        return np.asarray(self.library.open_heif(data, convert_hdr_to_8bit=True))


def make(threads: int) -> Peer:
    """The adapter, with `threads` threads for the encoder.

    Raises:
        MissingExtraError: pillow-heif isn't installed.
    """
    return HeicPeer(require("pillow_heif", "pillow-heif"), threads)
