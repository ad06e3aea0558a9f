"""Two layers that are two pictures: a denoised base, small, and the source exactly, behind it.

Samples of the base are made in floating point and may differ by one between machines, so the source
isn't predicted from them: it is coded as in an exact file. That costs little, as a denoised picture
takes a small part of the bits of its noise. `docs/format.md`, section 17.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from pellucid._api.cleaned import Cleaned
from pellucid._api.codings import ExactTiles
from pellucid._api.exact import ExactLayer, whole_bound
from pellucid._api.layer import Damaged, Encoded, Layer, Layout
from pellucid._api.learned import LearnedLayer, encode_learned
from pellucid._api.meter import Told
from pellucid._api.options import AUTO, PICTURE, SOURCE, CompressOptions
from pellucid.bitstream import KEPT, KEPT_NOISE, Kept, PelFile
from pellucid.exact import exact_model
from pellucid.pixels import Box, ImageSource
from pellucid.pixels.lazy import Sink


def encode_kept(
    source: ImageSource, clean: Cleaned, options: CompressOptions, told: Told
) -> Encoded:
    """Tiles of the denoised picture, then those of the source; as `encode_lossy`.

    Raises what `compress` does.
    """
    bound = whole_bound(options.source_bound, source.dtype)
    layers = 2 + source.info.has_alpha

    def part(done: float) -> None:
        told(done * (layers - 1) / layers)  # all layers have as many tiles

    base = encode_learned(clean, options, part)
    coding = ExactTiles(bound, layers=KEPT_NOISE)
    header = replace(base.header, layers=base.header.layers | KEPT_NOISE)
    extras = {**base.extras, KEPT: Kept(exact_model()[1], bound).pack()}
    tiles = chain(base.tiles, coding.tiles(source, header))
    codings = (*base.codings, coding) if base.codings else ()
    return Encoded(header, extras, tiles, base.noise, codings)


class JoinedLayer(Layer):
    """A base, as in a learned file, and its source, as in an exact one; see `Layer`."""

    def __init__(self, file: PelFile, damaged: Damaged | None = None, device: str = AUTO) -> None:
        super().__init__(file, damaged, device)
        self._lost: Damaged | None = None if damaged is None else {}  # of the source, by number
        self._base = LearnedLayer(file, damaged, device)
        self._source = ExactLayer(file.source, self._lost)

    @property
    def source_error(self) -> float:
        return self._source.max_error

    @property
    def likely_error(self) -> float | None:
        return self._base.likely_error

    def layout(self, which: str, box: Box | None = None) -> Layout:
        if which == SOURCE:
            return self._source.layout(PICTURE, box)
        return self._base.layout(which, box)

    def decode_into(self, sink: Sink, box: Box, which: str) -> None:
        if which == SOURCE:
            self._source.decode_into(sink, box, PICTURE)
        else:
            self._base.decode_into(sink, box, which)
        if self._damaged is not None and self._lost:
            before = self._header.tile_chunks - self._header.tile_count
            self._damaged.update((before + number, why) for number, why in self._lost.items())

    def readers(self) -> Iterator[Callable[[], Any]]:
        return chain(self._base.readers(), self._source.readers())

    def sha256(self) -> str:
        """Of the base."""
        return self._base.sha256()
