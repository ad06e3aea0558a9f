"""The other side of `memory`: does one piece of work, alone, and says what it took.

`python -m pellucid.evaluate.memory_child ORDER`, where ORDER is JSON:

    work      compress, decompress or denoise; clean: `pellucid.denoise` of samples as stored
    name      of a codec in `peers` or a denoiser in `denoisers`; for clean, of the model
    threads   for it
    picture   .npy file with the samples, to compress or denoise
    file      what compress writes and decompress reads
    setting   of the codec;  sigma  of the denoiser
    repeats   runs; 1 if not given

What a library loads on first use is loaded before, with a corner of the picture or with a small
black one.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

CORNER = 64  # samples a side of the warm-up
MEGABYTE = 1e6


def peak_megabytes() -> float:
    """The most resident memory of this process until now, in millions of bytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEGABYTE if sys.platform == "darwin" else peak * 1024 / MEGABYTE


def codec_work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """The work of a codec, warm, and what says the size of its file afterwards."""
    from pellucid.evaluate.peers import make_peer

    peer, file = make_peer(order["name"], order["threads"]), Path(order["file"])
    setting = order["setting"]
    if order["work"] == "decompress":
        data = file.read_bytes()
        peer.decode(peer.encode(np.zeros((CORNER, CORNER, 3), np.uint8), setting))
        return lambda: peer.decode(data), lambda: len(data)
    rgb = np.load(order["picture"])
    peer.encode(np.ascontiguousarray(rgb[:CORNER, :CORNER]), setting)

    def compress() -> None:
        file.write_bytes(peer.encode(rgb, setting))

    return compress, lambda: file.stat().st_size


def denoiser_work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """The work of a denoiser that is told sigma, warm."""
    from pellucid.evaluate.denoisers import Told, load_denoisers

    found, missing = load_denoisers([order["name"]], order["threads"])
    if not found:
        raise SystemExit(missing[order["name"]])
    noisy, told = np.load(order["picture"]), Told(order["sigma"], bits=order.get("bits"))
    found[0].denoise(np.ascontiguousarray(noisy[:CORNER, :CORNER]), told)
    return lambda: found[0].denoise(noisy, told), lambda: 0


def clean_work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """The work of pellucid's denoiser on samples as they are stored, warm."""
    import pellucid
    from pellucid.evaluate.peers.pellucid_codec import THREADS_VARIABLE

    os.environ[THREADS_VARIABLE] = str(order["threads"])
    noisy, model, sigma = np.load(order["picture"]), order["name"], order["sigma"]
    pellucid.denoise(np.ascontiguousarray(noisy[:CORNER, :CORNER]), sigma=sigma, model=model)
    return lambda: pellucid.denoise(noisy, sigma=sigma, model=model), lambda: 0


WORKS = {
    "compress": codec_work,
    "decompress": codec_work,
    "denoise": denoiser_work,
    "clean": clean_work,
}


def main(text: str) -> None:
    """Do it and write the numbers to standard output as JSON."""
    order = json.loads(text)
    task, size = WORKS[order["work"]](order)
    base = peak_megabytes()
    seconds = []
    for _ in range(order.get("repeats", 1)):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    found = {"seconds": seconds, "peak_mb": peak_megabytes(), "base_mb": base, "size": size()}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
