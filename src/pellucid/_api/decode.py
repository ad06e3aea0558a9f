"""A .pel file that is open, with what is wanted of it: what all that decodes shares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.files import PelSource, open_pel
from pellucid._api.layer import Damaged
from pellucid._api.layers import open_layer
from pellucid._api.noise import grained_sink, noise_of_file
from pellucid._api.options import GUIDE, DecompressOptions
from pellucid._api.results import DecompressResult, describe_channels
from pellucid.bitstream import ALPHA_LAYER, require_supported
from pellucid.pixels.lazy import Sink
from pellucid.pixels.reduced import Reduced


class Opened:
    """A part of a file's picture, ready to be decoded.

    Attributes:
        box: the part, in the picture.
        layout: shape (h, w, C) and type of its samples as they are wanted, reduced by `scale`, and
            what their channels are.
        damaged: number of a damaged tile -> why, of a tolerant reader; else None.
    """

    def __init__(
        self, data: PelSource, options: DecompressOptions, *, tolerant: bool = False
    ) -> None:
        """Open a file's bytes or path; a tolerant reader fills what is damaged."""
        self.file, self.options = open_pel(data, options.limits, tolerant=tolerant), options
        require_supported(self.file.header)
        self.damaged: Damaged | None = {} if tolerant else None
        self.layer = open_layer(self.file, self.damaged, options.device)
        self.box = options.box(self.file.header)
        self._noise = noise_of_file(self.file) if options.grain else None
        layout = self.layer.layout(options.which, self.box)
        (height, width, channels), scale = layout.shape, options.scale
        self.layout = layout._replace(shape=(-(-height // scale), -(-width // scale), channels))

    @property
    def metadata(self) -> dict[str, bytes]:
        """What the file keeps beside the samples, which is the picture's and not the guide's."""
        return {} if self.options.which == GUIDE else self.file.metadata

    def decode_into(self, sink: Sink) -> None:
        """The samples (h, w, C), part by part."""
        if self.options.scale > 1:
            sink = Reduced(sink, self.options.scale, alpha=self.layout.alpha)
        if self._noise is not None:
            sink = grained_sink(sink, self.file, self._noise, self.options.grain, self.box)
        self.layer.decode_into(sink, self.box, self.options.which)

    def samples(self) -> NDArray[Any]:
        """The same in memory."""
        out = np.empty(self.layout.shape, self.layout.dtype)
        self.decode_into(out)
        return out

    def read(self) -> NDArray[Any]:
        """The same as `decompress` gives them: one channel has no axis of its own."""
        samples = self.samples()
        return samples[..., 0] if samples.shape[2] == 1 else samples

    def result(
        self, picture: NDArray[Any] | None = None, remarks: tuple[str, ...] = ()
    ) -> DecompressResult:
        """What was decoded, and what damage has cost."""
        (height, width, channels), _, alpha, pages = self.layout
        return DecompressResult(
            width=width,
            height=height,
            channels=channels,
            kind=describe_channels(channels - alpha, alpha=alpha, pages=pages),
            picture=picture,
            damaged=dict(sorted((self.damaged or {}).items())),
            lost_metadata=self.file.lost_metadata,
            damage=tuple(self._losses()),
            remarks=remarks,
        )

    def _losses(self) -> list[str]:
        """What a person must know about the picture of a damaged file."""
        header, found = self.file.header, []
        for filling, alpha in (("filled with grey", False), ("made opaque", True)):
            places = [
                place
                for place in sorted(self.damaged or {})
                if (header.layer_at(place) == ALPHA_LAYER) == alpha
            ]
            if places:
                tiles = ", ".join(map(header.chunk_name, places))
                found.append(f"damaged and {filling}: {tiles}")
        if self.file.lost_metadata:
            kinds = ", ".join(name.upper() for name in self.file.lost_metadata)
            found.append(f"damaged and left out: {kinds}")
        return found + [f"damaged: {message}" for message in self.file.damage]
