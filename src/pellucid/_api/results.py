"""What the verbs give back: all that the commands print, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising import NoiseEstimate
from pellucid.denoising.plan import PROCESSED
from pellucid.explaining import BitMap, ExactBits, PixelFilter, Removed, Strip


def describe_channels(channels: int, *, alpha: bool = False, pages: int = 1) -> str:
    """What a pixel of `channels`, alpha not counted, is called."""
    if pages > 1:
        return f"{pages} pages of {describe_channels((channels + alpha) // pages)}"
    kind = {1: "grey", 3: "RGB"}.get(channels, f"{channels} channels")
    return f"{kind} with alpha" if alpha else kind


@dataclass(frozen=True)
class NoiseInfo:
    """The noise that was taken off a picture before it was compressed.

    Attributes:
        levels: (P,) brightness, in the samples' unit.
        sigma: (C, P) standard deviation there, of each channel, in the samples' unit.
        correlation: of a sample's noise with its neighbour's; 0 fine, towards 1 coarse.
        shared: correlation of the channels' noise, 0 to 1.
    """

    levels: tuple[float, ...]
    sigma: tuple[tuple[float, ...], ...]
    correlation: float
    shared: float

    @property
    def coarse(self) -> bool:
        """Whether it isn't independent from sample to sample."""
        return self.correlation >= PROCESSED


@dataclass(frozen=True)
class FileInfo:
    """What a .pel file holds.

    `channels` are of colour, or of all `pages` of a stack. `guide` says of a pair's guide how many
    channels of which type it has; all else but sizes is then said of the picture. `max_error`, in
    the samples' unit, is 0 for a lossless file, and None for one of the learned codec, whose
    `quality` it is then; of that, nine
    of ten colour samples are likely within `likely_error` (None where the model isn't installed or
    was never measured), samples of 16 bits lie in `sample_range`, and `alpha_bytes` of the tiles
    are alpha's (None in other files, whose tiles hold both). Of a file with the source beside the
    picture, `source_error` is the largest error of a sample of it, 0 without loss, and
    `kept_bytes` of the tiles are the source's (None in other files). `tune` is what the model is
    tuned for, `eye` or `psnr` (None where it isn't installed, and of exact files). `bytes_by_part`
    maps chunk types to bytes, container included; `orientation` is that of EXIF, 1 to 8, which is
    kept and not applied; `noise` is what grain is made of, None where nothing that can be used is
    said of it; `latents_sha256` is None unless asked for: of latents (and alpha), or of
    samples if the file is lossless or error-bounded.
    """

    version: int
    width: int
    height: int
    channels: int
    bit_depth: int
    dtype: str
    alpha: bool
    max_error: float | None
    quality: int
    likely_error: float | None
    model_id: str
    model_name: str | None
    tune: str | None
    tile_size: int
    tiles: int
    file_bytes: int
    bits_per_pixel: float
    metadata: dict[str, int]
    bytes_by_part: dict[str, int]
    latents_sha256: str | None = None
    guide: str | None = None
    sample_range: tuple[int, int] | None = None
    pages: int = 1
    alpha_bytes: int | None = None
    orientation: int = 1
    source_error: float | None = None
    kept_bytes: int | None = None
    noise: NoiseInfo | None = None

    @property
    def kind(self) -> str:
        """What a pixel has, for a person: grey, RGB, .. with alpha, pages of these."""
        return describe_channels(self.channels, alpha=self.alpha, pages=self.pages)


@dataclass(frozen=True)
class CompressResult:
    """A .pel file that was written.

    Attributes:
        info: what is in it; see `FileInfo`.
        source_bytes: of the file that was compressed; None if it was no single file.
        noise: that of the picture, if it was left out (`denoise`).
        remarks: what a person should know, such as that the file grew.
    """

    info: FileInfo
    source_bytes: int | None = None
    remarks: tuple[str, ...] = ()
    noise: NoiseEstimate | None = None


@dataclass(frozen=True)
class DecompressResult:
    """A picture that was decoded.

    Attributes:
        width, height: in samples, of the region if one was asked for.
        channels: of a sample, alpha included.
        kind: what a pixel has, for a person: grey, RGB, .. with alpha, pages of these.
        picture: (H, W) or (H, W, C) samples; None if they went into a file.
        damaged: number of a damaged tile -> what is wrong with it; in a learned file those of
            alpha, and then those of a source, count on from the others.
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
        tiles: number of a damaged tile -> what is wrong with it; in a learned file those of
            alpha, and then those of a source, count on from the others.
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


@dataclass(frozen=True)
class LeftOut:
    """Noise that no bits were spent on.

    Attributes:
        removed: what the denoiser takes off before coding, and whether it was only noise.
        bytes_with_it: of the file at the same quality with the noise in it.
    """

    removed: Removed
    bytes_with_it: int


@dataclass(frozen=True)
class Explanation:
    """What `explain` found, as arrays. What the task doesn't have is None or empty.

    Attributes:
        task: `file` for a .pel file, else what was done with a picture.
        settings: quality, or sigma and strength, and the model.
        before, after: (H, W, C) samples; a file alone has no `before`.
        about: of the .pel file.
        bits: where its bits went; they sum to 8 times its bytes.
        removed: what was taken off, and whether it was only noise; of a picture that was coded,
            what that lost.
        left_out: of a picture coded without its noise, what went before.
        half_width: (H, W) or one number: nine of ten samples are this near to the truth, in the
            samples' unit, 0 where nothing was known or seen; None if it can't be told.
        unsure: why `half_width` is None, in words.
        noise: what was measured or told.
        pixel: the filter that the denoiser used at the pixel asked for.
        layers: name -> (C, h, w), results of the layers asked for, on the detail.
        detail: x, y, width, height of the part that `strips` and `layers` show.
        strips: the detail at several settings.
        alpha: (H, W) transparency of the picture, None without; what was coded has it in C, too.
    """

    task: Literal["file", "compress", "denoise"]
    settings: dict[str, Any]
    before: NDArray[Any] | None
    after: NDArray[Any]
    about: FileInfo | None = None
    bits: BitMap | ExactBits | None = None
    removed: Removed | None = None
    left_out: LeftOut | None = None
    half_width: NDArray[np.float32] | float | None = None
    unsure: str = ""
    noise: NoiseEstimate | float | None = None
    pixel: PixelFilter | None = None
    layers: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    detail: tuple[int, int, int, int] = (0, 0, 0, 0)
    strips: list[Strip] = field(default_factory=list)
    alpha: NDArray[Any] | None = None
