"""A request or a .pel file -> its layer: the one place that chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO

from pellucid._api.exact import ExactLayer, encode_exact
from pellucid._api.files import kept_of, metadata_of, name_of
from pellucid._api.layer import Damaged, Layer
from pellucid._api.learned import LearnedLayer, encode_learned
from pellucid._api.options import CompressOptions
from pellucid.bitstream import EXACT, PelFile, write_stream
from pellucid.pixels import open_image

Progress = Callable[[float], None]  # is told the part that is done, 0 to 1


def encode(
    out: BinaryIO, image: Any, options: CompressOptions, *, progress: Progress | None = None
) -> None:
    """Write the file of a picture, in memory or in parts; raises what `compress` does."""
    limits, most = options.limits, options.limits.max_pixels
    with ExitStack() as opened:
        source = opened.enter_context(open_image(image, page=options.page, max_pixels=most))
        if options.bound is None:
            header, extras, tiles = encode_learned(source, options, name_of(image))
        else:
            guide = None
            if options.guide is not None:
                guide = opened.enter_context(open_image(options.guide, max_pixels=most))
            header, extras, tiles = encode_exact(source, options, options.bound, guide)
        kept = kept_of(metadata_of(source.info), options.metadata)
        told = tiles if progress is None else count_off(tiles, header.tile_chunks, progress)
        write_stream(out, header, kept, told, extras=extras, limits=limits)


def count_off(tiles: Iterable[bytes], total: int, progress: Progress) -> Iterator[bytes]:
    """The tiles; `progress` is told after each what part of them has gone."""
    for done, tile in enumerate(tiles, start=1):
        yield tile
        progress(done / total)


def open_layer(file: PelFile, damaged: Damaged | None = None) -> Layer:
    """The layer of a parsed file; `damaged` is what `Layer` takes."""
    return (ExactLayer if file.header.layers in EXACT else LearnedLayer)(file, damaged)
