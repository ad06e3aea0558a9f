"""The conformance cases of a source beside a denoised base, good ones and bad ones.

A bad case is a good one's file with one change, CRCs made right.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
from tools.bad_files import BadCase, chunks_of, file_of
from tools.deep_cases import DeepCase, Samples, changed, colours, disc

from pellucid.bitstream import PelFile, write_chunk


def noisy(width: int, height: int, channels: int, dtype: str, *, alpha: bool = False) -> Samples:
    """Slopes and a disc with white noise, a twentieth of the range; alpha may be soft."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    noise = np.random.Generator(np.random.PCG64(8)).normal(0, 0.05, (height, width, channels))
    levels = np.rint(low + (colours(width, height, channels) + noise).clip(0, 1) * (high - low))
    planes = [levels, np.rint(disc(width, height) * high)] if alpha else [levels]
    samples: Samples = np.dstack(planes).astype(dtype)
    return samples


def kept_cases() -> dict[str, Callable[[], DeepCase]]:
    """All good cases, made when called."""
    return {
        "kept_rgb": lambda: DeepCase(
            noisy(60, 50, 3, "uint8"), 40, "a base, and its source without loss", kept=0
        ),
        "kept_within_4_alpha": lambda: DeepCase(
            noisy(50, 40, 3, "uint8", alpha=True),
            40,
            "the source within 4, both with alpha",
            kept=4,
        ),
        "kept_grey_16": lambda: DeepCase(
            noisy(80, 20, 1, "int16"), 40, "grey of 16 bits with a sign, two tiles", 64, kept=0
        ),
    }


def kept_bad_cases(good: dict[str, bytes]) -> dict[str, BadCase]:
    """All bad cases, made from the files of the good ones."""
    file, alpha, damaged = good["kept_rgb"], good["kept_within_4_alpha"], "DamagedFileError"
    kept = PelFile.parse(file).kept
    assert kept is not None
    sound = kept.pack()
    payloads = {
        "short": (sound[:-1], "17 bytes of KEPT"),
        "long": (sound + b"\0", "19 bytes of KEPT"),
        "empty": (b"", "KEPT of no bytes"),
        "bound": (sound[:16] + struct.pack("<H", 16384), "a bound of 16384 in KEPT"),
    }
    chunks = chunks_of(file)
    late = list(chunks)
    late.insert(-1, late.pop([chunk[:4] for chunk in late].index(b"KEPT")))
    return {
        **{
            f"kept_{name}": BadCase(changed(file, "KEPT", payload), damaged, what)
            for name, (payload, what) in payloads.items()
        },
        "kept_none": BadCase(changed(file, "KEPT"), damaged, "a source layer without KEPT"),
        "kept_doubled": BadCase(changed(file, "KEPT", sound, sound), damaged, "two KEPT"),
        "kept_alone": BadCase(
            changed(good["deep_rgb"], "KEPT", sound), damaged, "KEPT without a source layer"
        ),
        "kept_late": BadCase(file_of(late), damaged, "KEPT after the tiles"),
        "kept_first": BadCase(turned(file, 0, 1), damaged, "the source before the base"),
        "kept_before_alpha": BadCase(turned(alpha, 1, 2), damaged, "the source before alpha"),
        "kept_tile_missing": BadCase(
            file_of([*chunks[:-2], chunks[-1]]), damaged, "no tile of the source"
        ),
    }


def turned(data: bytes, one: int, other: int) -> bytes:
    """The file with two of its tile chunks in each other's place, and an index that says so."""
    chunks = chunks_of(data)
    tiles = [n for n, chunk in enumerate(chunks) if chunk[:4] == b"TILE"]
    first, second = tiles[one], tiles[other]
    chunks[first], chunks[second] = chunks[second], chunks[first]
    lengths = struct.pack(f"<{len(tiles)}I", *(len(chunks[n]) - 12 for n in tiles))
    return file_of([*chunks[: tiles[0] - 1], write_chunk("TIDX", lengths), *chunks[tiles[0] :]])
