"""A request or a .pel file -> its layer; of a picture with loss `lossy.py` chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from threading import Lock
from typing import Any, BinaryIO

from pellucid._api.exact import ExactLayer, encode_exact
from pellucid._api.files import kept_of, metadata_of, name_of
from pellucid._api.kept import JoinedLayer, encode_kept
from pellucid._api.layer import Damaged, Layer
from pellucid._api.learned import LearnedLayer
from pellucid._api.lossy import encode_lossy
from pellucid._api.options import CompressOptions
from pellucid.bitstream import EXACT, PelFile, write_stream
from pellucid.denoising import NoiseEstimate
from pellucid.pixels import open_image

Progress = Callable[[float], None]  # is told the part that is done, 0 to 1


def encode(
    out: BinaryIO, image: Any, options: CompressOptions, *, progress: Progress | None = None
) -> NoiseEstimate | None:
    """Write the file of a picture, in memory or in parts; raises what `compress` does.

    Returns the noise that was left out, if any was.
    """
    limits, most = options.limits, options.limits.max_pixels
    meter = Meter(progress)
    with ExitStack() as opened:
        source = opened.enter_context(open_image(image, page=options.page, max_pixels=most))
        if options.keep_noise:
            made = encode_kept(source, options, name_of(image), meter.add)
        elif options.bound is None:
            made = encode_lossy(source, options, name_of(image), meter.add)
        else:
            guide = None
            if options.guide is not None:
                guide = opened.enter_context(open_image(options.guide, max_pixels=most))
            made = encode_exact(source, options, options.bound, guide)
        kept = kept_of(metadata_of(source.info), options.metadata)
        told = meter.count_off(made.tiles, made.header.tile_chunks)
        write_stream(out, made.header, kept, told, extras=made.extras, limits=limits)
    return made.noise


class Meter:
    """What part of a file is done, 0 to 1: its tiles that are, and what is done of others."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._lock, self._done = progress, Lock(), 0.0

    def add(self, part: float) -> None:
        """Count a part of the file that has been done on any thread."""
        if self._progress is not None:
            with self._lock:
                self._done = min(self._done + part, 1.0)
                self._progress(self._done)

    def count_off(self, tiles: Iterable[bytes], total: int) -> Iterator[bytes]:
        """The tiles; each is done when the next is asked for."""
        for number, tile in enumerate(tiles, start=1):
            yield tile
            self.add(max(number / total - self._done, 0.0))


def open_layer(file: PelFile, damaged: Damaged | None = None) -> Layer:
    """The layer of a parsed file; `damaged` is what `Layer` takes."""
    if file.header.has_source_layer:
        return JoinedLayer(file, damaged)
    return (ExactLayer if file.header.layers in EXACT else LearnedLayer)(file, damaged)
