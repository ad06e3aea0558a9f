"""The codecs of `bench lossless`: samples come back as they were, or within a bound.

Each packs all bands into one file where its format can, else a file a band; `threading` says which.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import __version__ as pillow_version
from PIL import features

from pellucid.errors import MissingExtraError
from pellucid.evaluate.peers import pellucid_codec
from pellucid.evaluate.peers.base import ONE_THREAD, Codec, Kind, Maker, Registry, Samples, in_parts
from pellucid.evaluate.peers.lossy import coder, load, save

OURS, APART = "pellucid", "pellucid-apart"
OWN = (OURS, APART)
ONE_FILE = "all bands in one file"

PNG_TOGETHER = {"uint8": (1, 2, 3, 4), "uint16": (1,)}
WEBP_OPTIONS = {"lossless": True, "method": 6, "quality": 100, "exact": True}
LONGEST_WEBP = 16383  # samples a side that the format can say
COLOUR = (3, 4)  # channels of which JPEG 2000 makes luma and chroma
NEAR_MOST = 255  # of JPEG-LS; also half of the largest sample
JXL_EFFORT = 7
ZSTD_LEVEL = 19
BLOSC_LEVEL = 9
BLOSC_OPTIONS = {"level": BLOSC_LEVEL, "compressor": "zstd", "shuffle": "bitshuffle"}


def only(*types: str) -> Callable[[Kind, float], str]:
    """Refuses samples of other types."""
    words = " and ".join(types)
    return lambda kind, _bound: (
        "" if kind.dtype.name in types else f"takes {words}, not {kind.dtype.name}"
    )


INTEGERS = only("uint8", "uint16", "int16")


def png(_threads: int) -> Codec:
    """Pillow with `optimize`: the search for filters and the strongest deflate.

    Pillow holds 8 bits in 1 to 4 channels and 16 bits in grey.
    """
    return Codec(
        name="png",
        version=f"Pillow {pillow_version}, zlib {features.version('zlib')}, optimize",
        threading=f"{ONE_THREAD}; 16-bit colour and more than 4 bands: one file a band",
        refuses=only(*PNG_TOGETHER),
        **in_parts(
            lambda part, _bound: save("PNG", {"optimize": True}, part),
            lambda file, kind: load("PNG", file, mode=None).astype(kind.dtype),
            lambda kind: kind.channels in PNG_TOGETHER[kind.dtype.name],
        ),
    )


def webp(_threads: int) -> Codec:
    """WebP by Pillow at its slowest, 8-bit RGB and RGBA only; `exact` keeps colours under full
    transparency. MissingExtraError if this Pillow was built without it."""
    if not features.check("webp"):
        raise MissingExtraError("Pillow with libwebp", "bench")

    def refuses(kind: Kind, bound: float) -> str:
        if kind.channels not in COLOUR:
            return f"takes RGB and RGBA, not {kind.channels} channel{'s'[: kind.channels - 1]}"
        if max(kind.shape[:2]) > LONGEST_WEBP:
            return f"takes up to {LONGEST_WEBP} samples a side, not {max(kind.shape[:2])}"
        return only("uint8")(kind, bound)

    library = f"libwebp {features.version('webp')}"
    return Codec(
        name="webp",
        version=f"Pillow {pillow_version}, {library}, method=6 quality=100",
        threading=ONE_THREAD,
        refuses=refuses,
        **in_parts(
            lambda part, _bound: save("WEBP", WEBP_OPTIONS, part),
            # A picture that is opaque all over would come back as RGB.
            lambda file, kind: load("WEBP", file, "RGBA" if kind.channels == 4 else "RGB"),
        ),
    )


def near(kind: Kind, bound: float) -> str:
    """What JPEG-LS refuses."""
    if why := only("uint8", "uint16")(kind, bound):
        return why
    most = min(NEAR_MOST, np.iinfo(kind.dtype).max // 2)
    return f"takes bounds up to {most}, not {bound}" if bound > most else ""


def planes(data: bytes, kind: Kind) -> Samples:
    """Band after band, to (H, W, C)."""
    height, width, channels = kind.shape
    bands = np.frombuffer(data, kind.dtype).reshape(channels, height, width)
    return np.ascontiguousarray(bands.transpose(1, 2, 0))


def lerc(name: str, note: str, packed: dict[str, Any]) -> Maker[Codec]:
    """LERC, with the bound as its maxZError, which holds for alpha too; alone or packed."""
    return coder(
        name, "lerc", note, f"{ONE_THREAD}; {ONE_FILE}",
        lambda _part, bound: {"level": float(bound), **packed},
        bounded=True, refuses=INTEGERS,
    )  # fmt: skip


EXACT: Registry[Codec] = Registry.of(
    "codec",
    {
        OURS: ("pellucid", pellucid_codec.exact),
        APART: ("pellucid, bands apart", pellucid_codec.exact_apart),
        "png": ("PNG, optimized", png),
        "webp": ("WebP, method 6", webp),
        "jxl": (
            "JPEG XL, effort 7",
            coder(
                "jxl", "jpegxl", f", lossless effort={JXL_EFFORT}",
                "up to {} threads both ways; more than 4 bands: one file a band",
                lambda _part, _bound: {"lossless": True, "effort": JXL_EFFORT},
                threaded=True, together=lambda kind: kind.channels <= 4,
                refuses=only("uint8", "uint16"),
            ),
        ),
        "jpeg2000": (
            "JPEG 2000",
            coder(
                "jpeg2000", "jpeg2k", ", reversible", f"up to {{}} threads both ways; {ONE_FILE}",
                lambda part, _bound: {
                    "level": 0, "reversible": True, "mct": np.atleast_3d(part).shape[2] in COLOUR
                },
                threaded=True, refuses=INTEGERS,
            ),
        ),
        # The bound is CharLS's NEAR, which holds for alpha too.
        "jpegls": (
            "JPEG-LS",
            coder(
                "jpegls", "jpegls", "",
                f"{ONE_THREAD}; no colour transform; not 3 or 4 bands: one file a band",
                lambda _part, bound: {"level": int(bound)},
                together=lambda kind: kind.channels in COLOUR, bounded=True, refuses=near,
            ),
        ),
        "lerc": ("LERC", lerc("lerc", "", {})),
        "lerc_zstd": (
            "LERC with zstd",
            lerc(
                "lerc_zstd", f", zstd level={ZSTD_LEVEL}",
                {"compression": "zstd", "compressionargs": {"level": ZSTD_LEVEL}},
            ),
        ),
        # On the samples as they lie in memory: no knowledge of pictures at all.
        "zstd": (
            "zstd, level 19",
            coder(
                "zstd", "zstd", f", level={ZSTD_LEVEL}",
                f"{ONE_THREAD}; samples of all bands side by side",
                lambda _part, _bound: {"level": ZSTD_LEVEL},
                lay=lambda part: part.tobytes(),
                back=lambda data, kind: np.frombuffer(data, kind.dtype),
            ),
        ),
        # As array stores use it, on each band for itself.
        "blosc2": (
            "Blosc2, bit-shuffle and zstd",
            coder(
                "blosc2", "blosc2", f", zstd level={BLOSC_LEVEL} bitshuffle",
                "up to {} threads both ways; one band after the other, in one buffer",
                lambda part, _bound: {"typesize": part.itemsize, **BLOSC_OPTIONS},
                threaded=True, lay=lambda part: np.atleast_3d(part).transpose(2, 0, 1).tobytes(),
                back=planes,
            ),
        ),
    },
)  # fmt: skip
