"""HEIC by x265 in pillow-heif: full chroma, the default preset, tuned for PSNR."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import Codec, Samples, one_file


def heic_psnr(threads: int) -> Codec:
    """With `threads` threads for the encoder; MissingExtraError without pillow-heif."""
    library = require("pillow_heif", "pillow-heif")
    options = {"tune": "psnr", "x265:pools": str(threads)}
    info = library.libheif_info()

    def encode(rgb: Samples, setting: float) -> bytes:
        stream = io.BytesIO()
        image = library.from_pillow(Image.fromarray(rgb))
        image.save(stream, quality=int(setting), chroma=444, enc_params=options)
        return stream.getvalue()

    def decode(data: bytes) -> Samples:
        library.options.DECODE_THREADS = threads
        return np.asarray(library.open_heif(data, convert_hdr_to_8bit=True))

    return Codec(
        name="heic_psnr",
        version=f"pillow-heif {library.__version__}, libheif {info['libheif']}, {info['HEIF']}",
        threading=(
            f"encoder: a pool of {threads} threads (x265 pools); "
            f"decoder: up to {threads}, which a picture of one tile can't use"
        ),
        settings=(5, 18, 30, 40, 50, 60),
        **one_file(encode, decode),
    )
