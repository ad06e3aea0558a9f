"""A picture, in memory or in parts, into a stream: what `compress` and `compress_file` share."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, BinaryIO

from pellucid._api.layers import layer_for
from pellucid._api.metadata import kept_of, metadata_of
from pellucid._api.options import CompressOptions
from pellucid._api.progress import Progress, count_off
from pellucid.bitstream import write_stream
from pellucid.pixels import open_image


def encode(
    out: BinaryIO, image: Any, options: CompressOptions, *, progress: Progress | None = None
) -> None:
    """Write the file of `image` to `out`; raises what `compress` does."""
    limits = options.limits
    with ExitStack() as opened:
        source = opened.enter_context(open_image(image, page=options.page, limits=limits))
        guide = None
        if options.guide is not None:
            guide = opened.enter_context(open_image(options.guide, limits=limits))
        header, extras, tiles = layer_for(options).encode(
            source, options, origin=image, guide=guide
        )
        kept = kept_of(metadata_of(source.info), options.metadata)
        counted = count_off(tiles, header.tile_chunks, progress)
        write_stream(out, header, kept, counted, extras=extras, limits=limits)
