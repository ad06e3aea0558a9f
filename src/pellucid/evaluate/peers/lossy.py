"""The lossy codecs of `bench compress`; `work` is a piece of theirs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.evaluate.peers import heic, imagecodecs, pellucid_codec, pillow
from pellucid.evaluate.peers.base import Codec, Registry, kind_of

LOSSY: Registry[Codec] = Registry(
    what="codec",
    makers={
        "pellucid-s": partial(pellucid_codec.make, model="s"),
        "pellucid-m": partial(pellucid_codec.make, model="m"),
        "jpeg420": pillow.jpeg420,
        "jpeg444": pillow.jpeg444,
        "jpeg2000": pillow.jpeg2000,
        "webp": pillow.webp,
        "avif": pillow.avif_eye,
        "avif_psnr": pillow.avif_psnr,
        "heic_psnr": heic.heic_psnr,
        "jxl": imagecodecs.jxl,
    },
    labels={
        "pellucid-m": "pellucid m",
        "pellucid-s": "pellucid s",
        "jpeg420": "JPEG 4:2:0",
        "jpeg444": "JPEG 4:4:4",
        "jpeg2000": "JPEG 2000",
        "webp": "WebP, method 6",
        "avif": "AVIF 4:4:4, speed 6",
        "avif_psnr": "AVIF 4:4:4, speed 6, tune=psnr",
        "heic_psnr": "HEIC 4:4:4, tune=psnr",
        "jxl": "JPEG XL, effort 7",
    },
    groups={
        "jpeg": ("jpeg420", "jpeg444"),
        "avif": ("avif", "avif_psnr"),
        "heic": ("heic_psnr",),
    },
)
CORNER = 64  # samples a side of a warm-up


def work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """One codec compressing or decompressing one picture, warm; see `fresh.measure`.

    Args:
        order: `name` of a codec, `threads` for it and `setting`; `task`, compress or decompress;
            `picture`, a .npy file to compress; `file`, which compress writes and decompress reads.

    Returns:
        The work, and what says the size of its file afterwards.
    """
    codec, file = LOSSY.make(order["name"], order["threads"]), Path(order["file"])
    setting = order["setting"]
    if order["task"] == "decompress":
        data, black = file.read_bytes(), np.zeros((CORNER, CORNER, 3), np.uint8)
        codec.decode(codec.encode(black, setting), kind_of(black))
        return lambda: codec.decode((data,), kind_of(black)), lambda: len(data)
    rgb = np.load(order["picture"])
    codec.encode(np.ascontiguousarray(rgb[:CORNER, :CORNER]), setting)

    def compress() -> None:
        file.write_bytes(codec.encode(rgb, setting)[0])

    return compress, lambda: file.stat().st_size
