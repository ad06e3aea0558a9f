"""The lossy codecs of `bench compress`; `work` is a piece of theirs in a process of its own.

Pillow's differ in format, options and settings only; JPEG XL comes with imagecodecs and HEIC with
pillow-heif.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import AvifImagePlugin, Image, features
from PIL import __version__ as pillow_version

from pellucid.errors import MissingExtraError
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers import pellucid_codec
from pellucid.evaluate.peers.base import (
    Codec,
    Files,
    Kind,
    Maker,
    Registry,
    Samples,
    in_parts,
    kind_of,
)

BITS_PER_PIXEL = 24.0  # of the source
JPEG = ("JPEG", "libjpeg_turbo", "libjpeg-turbo")
SMALL_JPEG = {"progressive": True, "optimize": True}
AVIF_SPEED, AVIF_SLOW = 6, 4  # the default, and a peer for encoders that take their time
JXL_EFFORT, JXL_SLOW = 7, 9
CORNER = 64  # samples a side of a warm-up


def save(kind: str, options: Mapping[str, Any], samples: Samples) -> bytes:
    """(H, W) or (H, W, C) uint8 or uint16 samples as a whole file."""
    stream = io.BytesIO()
    Image.fromarray(samples).save(stream, kind, **options)
    return stream.getvalue()


def load(kind: str, data: bytes, mode: str | None = "RGB") -> Samples:
    """A file to (H, W, 3) uint8, or as another of Pillow's modes; None: as the file has it."""
    with Image.open(io.BytesIO(data), formats=[kind]) as image:
        return np.asarray(image.convert(mode) if mode else image)


def pillow(
    name: str,
    form: tuple[str, str, str],
    settings: tuple[float, ...],
    options: Mapping[str, Any],
    turn: Callable[[float], dict[str, Any]] = lambda setting: {"quality": int(setting)},
    **more: Any,
) -> Maker[Codec]:
    """A codec by `Image.save` and `Image.open`; the maker: MissingExtraError without the library.

    Args:
        form: Pillow's names of the format and of the library behind it, and ours of the library.
        turn: a setting to Pillow's options.
        more: fields of the codec that differ from other formats'.
    """
    kind, feature, library = form
    words = " ".join(f"{key}={value}" for key, value in options.items())
    fields = {
        "threading": "one thread both ways: Pillow offers no choice",
        **in_parts(
            lambda rgb, setting: save(kind, {**options, **turn(setting)}, rgb),
            lambda data, _kind: load(kind, data),
        ),
        **more,
    }

    def make(_threads: int) -> Codec:
        if not features.check(feature):
            raise MissingExtraError(f"Pillow with {library}", "bench")
        version = f"Pillow {pillow_version}, {library} {features.version(feature)}, {words}"
        return Codec(name=name, version=version, settings=settings, **fields)

    return make


def avif(
    name: str,
    settings: tuple[float, ...],
    advanced: Mapping[str, Any],
    threads: int,
    speed: int = AVIF_SPEED,
) -> Codec:
    """libaom: full chroma; without `advanced` it is tuned for the eye, its default."""

    def decode(files: Files, _kind: Kind) -> Samples:
        AvifImagePlugin.DEFAULT_MAX_THREADS = threads
        return load("AVIF", files[0])

    options = {"subsampling": "4:4:4", "speed": speed, "max_threads": threads, **advanced}
    used = f"up to {threads} threads both ways; the encoder decides how many it can use"
    form = ("AVIF", "avif", "libavif")
    return pillow(name, form, settings, options, threading=used, decode=decode)(threads)


def heic_psnr(threads: int) -> Codec:
    """HEIC by x265 in pillow-heif: full chroma, the default preset, tuned for PSNR."""
    library = require("pillow_heif", "pillow-heif")
    options = {"tune": "psnr", "x265:pools": str(threads)}
    info = library.libheif_info()

    def encode(rgb: Samples, setting: float) -> bytes:
        stream = io.BytesIO()
        image = library.from_pillow(Image.fromarray(rgb))
        image.save(stream, quality=int(setting), chroma=444, enc_params=options)
        return stream.getvalue()

    def decode(data: bytes, _kind: Kind) -> Samples:
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
        **in_parts(encode, decode),
    )


def coder(
    name: str,
    part: str,
    note: str,
    threading: str,
    options: Callable[[Samples, float], dict[str, Any]],
    *,
    threaded: bool = False,
    lay: Callable[[Samples], Any] = lambda samples: samples,
    back: Callable[[Any, Kind], Samples] = lambda samples, _kind: samples,
    together: Callable[[Kind], bool] = lambda _kind: True,
    **more: Any,
) -> Maker[Codec]:
    """A codec of the package imagecodecs, of which `part` is one, such as `jpegxl`.

    Args:
        note: of its version, after those of the package and the library.
        threading: as a `Codec` has it, `{}` for the number of threads.
        options: samples and a setting to what the encoder is told.
        threaded: whether both sides take a number of threads.
        lay, back: samples to what the encoder takes, and the reverse.
        together, more: as in `in_parts`; fields of the codec.

    The maker raises MissingExtraError without the package, or if it was built without the codec.
    """

    def make(threads: int) -> Codec:
        library = require("imagecodecs")
        if not getattr(library, part.upper()).available:
            raise MissingExtraError(f"imagecodecs with {part.upper()}", "bench")
        version = getattr(library, f"{part}_version")()
        encode, decode = getattr(library, f"{part}_encode"), getattr(library, f"{part}_decode")
        both = {"numthreads": threads} if threaded else {}
        return Codec(
            name=name,
            version=f"imagecodecs {library.__version__}, {version}{note}",
            threading=threading.format(threads),
            **in_parts(
                lambda one, setting: encode(lay(one), **options(one, setting), **both),
                lambda file, kind: back(decode(file, **both), kind),
                together,
            ),
            **more,
        )

    return make


def jxl(name: str, effort: int) -> Maker[Codec]:
    """libjxl (VarDCT), tuned for the eye by design.

    The setting is Butteraugli distance: the higher, the smaller. From 20 on the encoder would halve
    the picture first.
    """
    return coder(
        name,
        "jpegxl",
        f", effort={effort}",
        "{} threads both ways",
        lambda _rgb, distance: {"distance": distance, "effort": effort},
        threaded=True,
        settings=(14, 8, 4.5, 2.5, 1.5, 0.8),
    )


AVIF_QUALITIES = (8, 28, 48, 64, 77, 88)
LOSSY: Registry[Codec] = Registry.of(
    "codec",
    {
        "pellucid-m": ("pellucid m", partial(pellucid_codec.make, model="m")),
        "pellucid-s": ("pellucid s", partial(pellucid_codec.make, model="s")),
        # Halved chroma is what most pictures have.
        "jpeg420": (
            "JPEG 4:2:0",
            pillow(
                "jpeg420", JPEG, (5, 15, 35, 60, 80, 92), {"subsampling": "4:2:0", **SMALL_JPEG}
            ),
        ),
        "jpeg444": (
            "JPEG 4:4:4",
            pillow(
                "jpeg444", JPEG, (5, 12, 30, 55, 75, 88), {"subsampling": "4:4:4", **SMALL_JPEG}
            ),
        ),
        # The 9/7 wavelet with the irreversible colour transform.
        "jpeg2000": (
            "JPEG 2000",
            pillow(
                "jpeg2000",
                ("JPEG2000", "jpg_2000", "OpenJPEG"),
                (0.1, 0.2, 0.4, 0.8, 1.3, 2.0),
                {"irreversible": True, "mct": 1},
                # Bits per pixel, which OpenJPEG meets closely.
                lambda bpp: {"quality_mode": "rates", "quality_layers": [BITS_PER_PIXEL / bpp]},
            ),
        ),
        # At its slowest method, 6. The format has 4:2:0 chroma only.
        "webp": (
            "WebP, method 6",
            pillow("webp", ("WEBP", "webp", "libwebp"), (0, 10, 35, 65, 82, 95), {"method": 6}),
        ),
        "avif": ("AVIF 4:4:4, speed 6", partial(avif, "avif", AVIF_QUALITIES, {})),
        "avif_slow": (
            "AVIF 4:4:4, speed 4",
            partial(avif, "avif_slow", AVIF_QUALITIES, {}, speed=AVIF_SLOW),
        ),
        "avif_psnr": (
            "AVIF 4:4:4, speed 6, tune=psnr",
            partial(avif, "avif_psnr", (5, 20, 35, 50, 66, 84), {"advanced": {"tune": "psnr"}}),
        ),
        "heic_psnr": ("HEIC 4:4:4, tune=psnr", heic_psnr),
        "jxl": ("JPEG XL, effort 7", jxl("jxl", JXL_EFFORT)),
        "jxl_slow": ("JPEG XL, effort 9", jxl("jxl_slow", JXL_SLOW)),
    },
    groups={
        "jpeg": ("jpeg420", "jpeg444"),
        "avif": ("avif", "avif_psnr"),
        "slow": ("avif_slow", "jxl_slow"),
        "heic": ("heic_psnr",),
    },
    own=pellucid_codec.maker,
)


def work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """One codec compressing or decompressing one picture, warm; see `fresh.measure`.

    Args:
        order: `name` of a codec, `threads` for it and `setting`; `task`, compress or decompress;
            `picture`, a .npy file; `file`, which compress writes and decompress reads.

    Returns:
        The work, and what says the size of its file afterwards.
    """
    codec, file = LOSSY.make(order["name"], order["threads"]), Path(order["file"])
    setting, rgb = order["setting"], np.load(order["picture"], mmap_mode="r")
    corner = np.ascontiguousarray(rgb[:CORNER, :CORNER])
    coded = codec.encode(corner, setting)
    if order["task"] == "decompress":
        data, kind = file.read_bytes(), kind_of(rgb)
        codec.decode(coded, kind_of(corner))
        return lambda: codec.decode((data,), kind), lambda: len(data)
    rgb = np.array(rgb)
    return lambda: file.write_bytes(codec.encode(rgb, setting)[0]), lambda: file.stat().st_size
