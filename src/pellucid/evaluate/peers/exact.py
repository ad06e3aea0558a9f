"""The codecs of `bench lossless`: samples come back as they were, or within a bound.

Each packs all bands into one file where its format can, else a file a band; `threading` says which.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import __version__ as pillow_version
from PIL import features

from pellucid.errors import MissingExtraError
from pellucid.evaluate.peers import pellucid_codec
from pellucid.evaluate.peers.base import ONE_THREAD, Codec, Kind, Registry, Samples, in_parts
from pellucid.evaluate.peers.lossy import imagecodecs, load, save

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


def only(*types: str) -> Callable[[Kind, float], str]:
    """Refuses samples of other types."""
    words = " and ".join(types)
    return lambda kind, _bound: (
        "" if kind.dtype.name in types else f"takes {words}, not {kind.dtype.name}"
    )


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


def jxl(threads: int) -> Codec:
    """Lossless JPEG XL by libjxl, with `threads` threads both ways."""
    library, version = imagecodecs("jpegxl")
    options = {"lossless": True, "effort": JXL_EFFORT, "numthreads": threads}
    return Codec(
        name="jxl",
        version=f"{version}, lossless effort={JXL_EFFORT}",
        threading=f"up to {threads} threads both ways; more than 4 bands: one file a band",
        refuses=only("uint8", "uint16"),
        **in_parts(
            lambda part, _bound: library.jpegxl_encode(part, **options),
            lambda file, _kind: library.jpegxl_decode(file, numthreads=threads),
            lambda kind: kind.channels <= 4,
        ),
    )


def jpeg2000(threads: int) -> Codec:
    """OpenJPEG, reversible, with `threads` threads both ways."""
    library, version = imagecodecs("jpeg2k")
    options = {"level": 0, "reversible": True, "numthreads": threads}
    return Codec(
        name="jpeg2000",
        version=f"{version}, reversible",
        threading=f"up to {threads} threads both ways; {ONE_FILE}",
        refuses=only("uint8", "uint16", "int16"),
        **in_parts(
            lambda part, _bound: library.jpeg2k_encode(
                part, mct=part.shape[2:] in ((n,) for n in COLOUR), **options
            ),
            lambda file, _kind: library.jpeg2k_decode(file, numthreads=threads),
        ),
    )


def jpegls(_threads: int) -> Codec:
    """CharLS, with the bound as its NEAR, which holds for alpha too.

    imagecodecs offers no colour transform.
    """
    library, version = imagecodecs("jpegls")

    def refuses(kind: Kind, bound: float) -> str:
        if why := only("uint8", "uint16")(kind, bound):
            return why
        most = min(NEAR_MOST, np.iinfo(kind.dtype).max // 2)
        return f"takes bounds up to {most}, not {bound}" if bound > most else ""

    return Codec(
        name="jpegls",
        version=version,
        threading=f"{ONE_THREAD}; no colour transform; not 3 or 4 bands: one file a band",
        bounded=True,
        refuses=refuses,
        **in_parts(
            lambda part, bound: library.jpegls_encode(part, level=int(bound)),
            lambda file, _kind: library.jpegls_decode(file),
            lambda kind: kind.channels in COLOUR,
        ),
    )


def lerc(name: str, behind: str, packed: dict[str, Any], _threads: int) -> Codec:
    """LERC, with the bound as its maxZError, which holds for alpha too; alone or packed by zstd."""
    library, version = imagecodecs("lerc")
    return Codec(
        name=name,
        version=version + behind,
        threading=f"{ONE_THREAD}; {ONE_FILE}",
        bounded=True,
        refuses=only("uint8", "uint16", "int16"),
        **in_parts(
            lambda part, bound: library.lerc_encode(part, level=float(bound), **packed),
            lambda file, _kind: library.lerc_decode(file),
        ),
    )


def zstandard(_threads: int) -> Codec:
    """zstd on the samples as they lie in memory: no knowledge of pictures at all."""
    library, version = imagecodecs("zstd")
    return Codec(
        name="zstd",
        version=f"{version}, level={ZSTD_LEVEL}",
        threading=f"{ONE_THREAD}; samples of all bands side by side",
        **in_parts(
            lambda part, _bound: library.zstd_encode(part.tobytes(), level=ZSTD_LEVEL),
            lambda file, kind: np.frombuffer(library.zstd_decode(file), kind.dtype),
        ),
    )


def blosc2(threads: int) -> Codec:
    """Blosc2 with bit-shuffle and zstd, as array stores use it, on each band for itself."""
    library, version = imagecodecs("blosc2")
    options = {"level": BLOSC_LEVEL, "compressor": "zstd", "shuffle": "bitshuffle"}

    def encode(part: Samples, _bound: float) -> bytes:
        bands = np.atleast_3d(part).transpose(2, 0, 1).tobytes()  # HxWxC -> CxHxW
        size = part.itemsize
        return bytes(library.blosc2_encode(bands, typesize=size, numthreads=threads, **options))

    def decode(file: bytes, kind: Kind) -> Samples:
        height, width, channels = kind.shape
        data = library.blosc2_decode(file, numthreads=threads)
        bands = np.frombuffer(data, kind.dtype).reshape(channels, height, width)
        return np.ascontiguousarray(bands.transpose(1, 2, 0))

    return Codec(
        name="blosc2",
        version=f"{version}, zstd level={BLOSC_LEVEL} bitshuffle",
        threading=f"up to {threads} threads both ways; one band after the other, in one buffer",
        **in_parts(encode, decode),
    )


EXACT: Registry[Codec] = Registry.of(
    "codec",
    {
        OURS: ("pellucid", pellucid_codec.exact),
        APART: ("pellucid, bands apart", pellucid_codec.exact_apart),
        "png": ("PNG, optimized", png),
        "webp": ("WebP, method 6", webp),
        "jxl": ("JPEG XL, effort 7", jxl),
        "jpeg2000": ("JPEG 2000", jpeg2000),
        "jpegls": ("JPEG-LS", jpegls),
        "lerc": ("LERC", partial(lerc, "lerc", "", {})),
        "lerc_zstd": (
            "LERC with zstd",
            partial(
                lerc,
                "lerc_zstd",
                f", zstd level={ZSTD_LEVEL}",
                {"compression": "zstd", "compressionargs": {"level": ZSTD_LEVEL}},
            ),
        ),
        "zstd": ("zstd, level 19", zstandard),
        "blosc2": ("Blosc2, bit-shuffle and zstd", blosc2),
    },
)
