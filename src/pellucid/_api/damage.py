"""What is wrong with a file, tile by tile, and what could be saved of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pellucid._api.files import open_pel, reader_of
from pellucid.bitstream import DEFAULT_LIMITS, EXACT, Limits, PelFile, require_supported
from pellucid.errors import DamagedFileError


@dataclass(frozen=True)
class Damage:
    """`tiles`: number -> what is wrong with it, by number; `other`: what is wrong beside them.

    `total` is the number of tiles that the picture has; those of alpha in a learned file count on
    from the others.
    """

    tiles: dict[int, str]
    other: tuple[str, ...]
    total: int

    def __bool__(self) -> bool:
        return bool(self.tiles or self.other)

    @property
    def messages(self) -> list[str]:
        """All that is wrong: tiles first."""
        return [*self.tiles.values(), *self.other]


def verify(data: bytes | str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """Check every checksum and decode every latent; returns what is wrong, nothing if all is well.

    A message names each damaged tile with its size and place in pixels; others follow for what else
    is damaged.

    Raises:
        FormatError: nothing of the file can be read, or it can't be decoded here.
    """
    return find_damage(data, limits).messages


def find_damage(data: bytes | str | os.PathLike[str], limits: Limits = DEFAULT_LIMITS) -> Damage:
    """Read a file tolerantly and try each of its tiles; raises what `verify` does."""
    file = open_pel(data, limits, tolerant=True)
    require_supported(file.header)
    tiles = {}
    for place, read in enumerate(readers_of(file)):
        try:
            read()
        except DamagedFileError as error:
            tiles[place] = str(error)
    return Damage(tiles, file.damage, file.header.tile_chunks)


def readers_of(file: PelFile) -> Iterator[Callable[[], Any]]:
    """What reads each tile, those of alpha last; it fails where a tolerant decoder fills."""
    numbers = range(file.header.tile_count)
    if file.header.layers in EXACT:
        read = reader_of(file)
    else:
        from pellucid._api.learned import colours_of

        read, _ = colours_of(file, tolerant=True)
    yield from (partial(read, number) for number in numbers)
    if file.header.has_alpha_layer:
        from pellucid._api.alpha import alpha_reader

        alpha = alpha_reader(file)
        assert alpha is not None
        yield from (partial(alpha, number) for number in numbers)
