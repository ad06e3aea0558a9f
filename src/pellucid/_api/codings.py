"""How the tiles of each layer are coded: what was decided for them, and no samples.

What is decided of the whole picture is apart from what each tile needs of it. So other processes
that can open the picture make the same tiles (`pieces.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pellucid._api.meter import Told
from pellucid._api.options import CompressOptions
from pellucid.bitstream import Edges, Header, SampleRange
from pellucid.codec import Picture, compress_tiles
from pellucid.codec.noise import NoiseLevel
from pellucid.errors import UnknownModelError
from pellucid.exact import FloatMap, Pair, alpha_tiles, exact_tiles
from pellucid.pixels.lazy import Source
from pellucid.runtime import load_codec


class Coding(Protocol):
    """How the tiles of one layer are coded: all that was decided for them, and no samples.

    Others are made of the same, so that any process that can open the picture makes the same tiles.
    """

    def tiles(
        self, samples: Source, header: Header, wanted: Sequence[int] | None, told: Told
    ) -> Iterator[bytes]:
        """The payloads of the tiles of these numbers, in their order; of all if it is None.

        Args:
            header: of the whole file.
            told: is told what part of a tile has been done, by what takes long.
        """


def tiles_of(
    codings: Iterable[Coding],
    samples: Source,
    header: Header,
    told: Told,
    wanted: Sequence[int] | None = None,
) -> Iterator[bytes]:
    """The payloads of the tiles of these numbers, or of all, in each layer after the other."""
    for coding in codings:
        yield from coding.tiles(samples, header, wanted, told)


@dataclass(frozen=True)
class ColourTiles:
    """How colours are coded, see `Coding`; what is found in a picture is as in `Picture`."""

    options: CompressOptions
    alpha: bool
    range: SampleRange | None
    backdrop: tuple[int, ...]
    edges: Edges | None
    noise: NoiseLevel | None

    @classmethod
    def of(cls, picture: Picture, options: CompressOptions) -> ColourTiles:
        """How a picture is coded that has been looked at."""
        found = picture.range, picture.backdrop, picture.edges, picture.noise
        return cls(options, picture.alpha, *found)

    def tiles(
        self, samples: Source, header: Header, wanted: Sequence[int] | None, told: Told
    ) -> Iterator[bytes]:
        """UnknownModelError if the model is another one here than in the header."""
        net = load_codec(self.options.model_folder)
        if net.id != header.model_id:
            raise UnknownModelError(
                f"the model in {self.options.model_folder} is {net.id.hex()} here, and the file is "
                f"made with {header.model_id.hex()}; install the same version everywhere"
            )
        picture = Picture(samples, self.alpha, self.range, self.backdrop, self.edges, self.noise)
        tiles = compress_tiles(picture, net, header, self.options.effort, told, wanted)
        return (payload for payload, _ in tiles)


@dataclass(frozen=True)
class AlphaTiles:
    """How alpha in a layer of its own is coded; see `Coding`."""

    def tiles(
        self,
        samples: Source,
        header: Header,
        wanted: Sequence[int] | None,
        told: Told,  # noqa: ARG002 - a tile is done in no time
    ) -> Iterator[bytes]:
        return alpha_tiles(samples, header, wanted)


@dataclass(frozen=True)
class ExactTiles:
    """How samples, or those of a source layer, are coded; see `Coding`, and `exact_tiles`.

    Attributes:
        layers: of the header, if it isn't the file's own.
    """

    max_error: int
    nodata: int | None = None
    floats: FloatMap | None = None
    pair: Pair | None = None
    layers: int | None = None

    def tiles(
        self,
        samples: Source,
        header: Header,
        wanted: Sequence[int] | None = None,
        told: Told | None = None,  # noqa: ARG002 - a tile is done in no time
    ) -> Iterator[bytes]:
        if self.layers is not None:
            header = replace(header, layers=self.layers)
        return exact_tiles(
            samples,
            header,
            max_error=self.max_error,
            nodata=self.nodata,
            floats=self.floats,
            pair=self.pair,
            wanted=wanted,
        )
