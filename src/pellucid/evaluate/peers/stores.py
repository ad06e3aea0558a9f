"""The codecs of `bench zarr`: arrays in Zarr, as their users make them, coded chunk by chunk.

A picture (H, W, C) becomes an array of C planes in memory, with chunks of so many samples a side
and all planes, or one where a codec takes no more. Its files are the chunks; metadata don't count.
ZFP and SZ3 take floats alone, so that whole numbers are stored as such, and rounded when read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from pellucid.errors import MissingExtraError
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers import pellucid_codec
from pellucid.evaluate.peers.base import Codec, Files, Kind, Registry, Samples, kind_of
from pellucid.evaluate.peers.exact import JXL_EFFORT, only

BLOSC_LEVEL = 9
THREADS = "Zarr's threads, a chunk each"
FLOATS = np.dtype("float32")

Created = Callable[[tuple[int, ...], float], dict[str, Any]]  # of a chunk's shape, and a bound


def stored(
    chunk: int,
    name: str,
    version: str,
    created: Created,
    *,
    together: bool = True,
    dtype: np.dtype[Any] | None = None,
    **more: Any,
) -> Codec:
    """A codec that writes and reads an array of Zarr.

    Args:
        chunk: samples a side.
        created: what else `zarr.create_array` is told.
        together: whether all planes are in one chunk.
        dtype: of the array, if it isn't that of the samples.
        more: fields of the codec.
    """
    zarr = require("zarr", extra="science")

    def array_for(kind: Kind, bound: float) -> Any:
        height, width, planes = kind.shape
        chunks = (planes if together else 1, min(chunk, height), min(chunk, width))
        return zarr.create_array(
            {},
            shape=(planes, height, width),
            chunks=chunks,
            dtype=dtype or kind.dtype,
            config={"write_empty_chunks": True},
            **created(chunks, bound),
        )

    def encode(samples: Samples, bound: float) -> Files:
        array = array_for(kind_of(samples), bound)
        array[:] = np.moveaxis(samples, 2, 0).astype(array.dtype)
        chunks = array.store_path.store._store_dict
        return tuple(chunks[key].to_bytes() for key in keys_of(array))

    def decode(files: Files, kind: Kind) -> Samples:
        array = array_for(kind, 0)
        put = zarr.core.buffer.default_buffer_prototype().buffer.from_bytes
        chunks = dict(zip(keys_of(array), map(put, files), strict=True))
        array.store_path.store._store_dict.update(chunks)
        planes: Samples = array[:]
        if dtype is not None:
            limits = np.iinfo(kind.dtype)
            planes = np.rint(planes).clip(limits.min, limits.max)
        samples: Samples = np.moveaxis(planes, 0, 2).astype(kind.dtype)
        return samples

    return Codec(
        name=name,
        version=f"zarr {zarr.__version__}, {version}",
        encode=encode,
        decode=decode,
        **{"threading": THREADS} | more,
    )


def keys_of(array: Any) -> Iterator[str]:
    """The names of all chunks in the store."""
    sides = zip(array.shape, array.chunks, strict=True)
    for place in np.ndindex(*(-(-side // chunk) for side, chunk in sides)):
        yield array.metadata.encode_chunk_key(place)


def pellucid(threads: int, *, chunk: int) -> Codec:
    """Without loss, or with a bound in the configuration."""
    version = pellucid_codec.exact(threads).version  # sets the number of threads

    def created(_chunks: tuple[int, ...], bound: float) -> dict[str, Any]:
        from pellucid.plugins.zarr import PellucidCodec

        codec = PellucidCodec(axes="CYX", max_error=int(bound) or None)
        return {"serializer": codec, "compressors": None}

    return stored(chunk, "pellucid", version, created, bounded=True)


def blosc(_threads: int, *, chunk: int, name: str, shuffle: str) -> Codec:
    """Blosc with zstd at its highest level."""
    codecs = require("zarr.codecs", "zarr", extra="science")
    made = codecs.BloscCodec(cname="zstd", clevel=BLOSC_LEVEL, shuffle=shuffle)
    library = require("numcodecs", extra="science")
    version = f"numcodecs {library.__version__}, Blosc zstd clevel={BLOSC_LEVEL} {shuffle}"
    return stored(chunk, name, version, lambda _chunks, _bound: {"compressors": made})


def default(_threads: int, *, chunk: int) -> Codec:
    """What Zarr does if it isn't told: zstd."""
    library = require("numcodecs", extra="science")
    version = f"numcodecs {library.__version__}, zstd level=0"
    return stored(chunk, "zstd", version, lambda _chunks, _bound: {})


def imagecodec(
    _threads: int,
    *,
    chunk: int,
    name: str,
    part: str,
    note: str,
    options: Created,
    **more: Any,
) -> Codec:
    """One of imagecodecs' codecs for numcodecs, in an array of version 2.

    Raises MissingExtraError if imagecodecs lacks it.
    """
    library = require("imagecodecs")
    if not getattr(library, part.upper()).available:
        raise MissingExtraError(f"imagecodecs with {part.upper()}", "bench")
    codecs = require("imagecodecs.numcodecs", "imagecodecs")
    codecs.register_codecs([f"imagecodecs_{part}"], verbose=False)
    make = getattr(codecs, part.capitalize())
    version = f"imagecodecs {library.__version__}, {getattr(library, f'{part}_version')()}{note}"
    return stored(
        chunk,
        name,
        version,
        lambda chunks, bound: {"zarr_format": 2, "compressors": make(**options(chunks, bound))},
        **more,
    )


def with_loss(_kind: Kind, bound: float) -> str:
    """What ZFP and SZ3 refuse here."""
    return "" if bound else "is compared within bounds, where it is meant to be used"


def stores(chunk: int) -> Registry[Codec]:
    """All of them, for chunks of so many samples a side."""
    of_blosc = partial(blosc, chunk=chunk)
    of_imagecodecs = partial(imagecodec, chunk=chunk)
    bounded = {"dtype": FLOATS, "bounded": True, "refuses": with_loss}
    return Registry.of(
        "codec",
        {
            "pellucid": ("pellucid", partial(pellucid, chunk=chunk)),
            "blosc_shuffle": (
                "Blosc with zstd, shuffle",
                partial(of_blosc, name="blosc_shuffle", shuffle="shuffle"),
            ),
            "blosc_bitshuffle": (
                "Blosc with zstd, bit-shuffle",
                partial(of_blosc, name="blosc_bitshuffle", shuffle="bitshuffle"),
            ),
            "blosc_noshuffle": (
                "Blosc with zstd, no shuffle",
                partial(of_blosc, name="blosc_noshuffle", shuffle="noshuffle"),
            ),
            "zstd": ("zstd, Zarr's default", partial(default, chunk=chunk)),
            "jxl": (
                "JPEG XL, effort 7",
                partial(
                    of_imagecodecs, name="jxl", part="jpegxl",
                    note=f", lossless effort={JXL_EFFORT}; a plane a chunk",
                    options=lambda _chunks, _bound: {"lossless": True, "effort": JXL_EFFORT},
                    together=False, refuses=only("uint8", "uint16"),
                ),
            ),
            "zfp": (
                "ZFP",
                partial(
                    of_imagecodecs, name="zfp", part="zfp", note=", accuracy, of float32",
                    options=lambda _chunks, bound: {"level": int(bound), "mode": "accuracy"},
                    **bounded,
                ),
            ),
            "sz3": (
                "SZ3",
                partial(
                    of_imagecodecs, name="sz3", part="sz3", note=", abs, of float32",
                    options=lambda chunks, bound: {
                        "shape": chunks, "dtype": FLOATS, "mode": "abs", "abs": float(bound)
                    },
                    **bounded,
                ),
            ),
        },
    )  # fmt: skip
