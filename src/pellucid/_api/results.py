"""What the verbs give back: all that the commands print, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from pellucid._api.about import FileInfo


@dataclass(frozen=True)
class CompressResult:
    """A .pel file that was written.

    Attributes:
        info: what is in it; see `FileInfo`.
        source_bytes: of the file that was compressed; None if it was no single file.
        remarks: what a person should know, such as that the file grew.
    """

    info: FileInfo
    source_bytes: int | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class DecompressResult:
    """A picture that was decoded.

    Attributes:
        width, height: in samples, of the region if one was asked for.
        channels: of a sample, alpha included.
        kind: what a pixel has, for a person: grey, RGB, .. with alpha, pages of these.
        picture: (H, W) or (H, W, C) samples; None if they went into a file.
        damaged: number of a damaged tile -> what is wrong with it; those of alpha in a learned file
            count on from the others.
        lost_metadata: kinds of metadata (exif, icc, xmp, axes, dicom) that damage has cost.
        damage: all that damage has cost, for a person, one line a kind; empty for a sound file.
        remarks: what else a person should know, such as metadata that the format can't hold.
    """

    width: int
    height: int
    channels: int
    kind: str
    picture: NDArray[Any] | None = None
    damaged: dict[int, str] = field(default_factory=dict)
    lost_metadata: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """What is wrong with a .pel file.

    Attributes:
        tiles: number of a damaged tile -> what is wrong with it; those of alpha in a learned file
            count on from the others.
        other: what is wrong beside the tiles.
        total: number of tiles that the file should hold.
    """

    tiles: dict[int, str]
    other: tuple[str, ...]
    total: int

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.tiles and not self.other

    @property
    def messages(self) -> list[str]:
        """All that is wrong: tiles first, each with its size and place in pixels."""
        return [*self.tiles.values(), *self.other]

    @property
    def salvageable(self) -> int:
        """How many tiles are whole, which `salvage` and --keep-going can save."""
        return self.total - len(self.tiles)
