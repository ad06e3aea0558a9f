"""What is in a .pel file."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid._api.files import PelSource, open_pel
from pellucid._api.layers import open_layer
from pellucid._api.options import PICTURE
from pellucid.bitstream import DEFAULT_LIMITS, Limits, PelFile, check_limits, require_supported
from pellucid.pixels.geo import orientation_of


@dataclass(frozen=True)
class FileInfo:
    """What a .pel file holds.

    `channels` are of colour, or of all `pages` of a stack. `guide` says of a pair's guide how many
    channels of which type it has; all else but sizes is then said of the picture. `max_error`, in
    the samples' unit, is 0 for a lossless file, and None for one of the learned codec, whose
    `quality` it is then; of that, nine
    of ten colour samples are likely within `likely_error` (None where the model isn't installed or
    was never measured), samples of 16 bits lie in `sample_range`, and `alpha_bytes` of the tiles
    are alpha's (None in other files, whose tiles hold both). `bytes_by_part` maps chunk
    types to bytes, container included; `orientation` is that of EXIF, 1 to 8, which is kept and not
    applied; `latents_sha256` is None unless asked for: of latents (and
    alpha), or of samples if the file is lossless or error-bounded.
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

    @property
    def kind(self) -> str:
        """What a pixel has, for a person: grey, RGB, .. with alpha, pages of these."""
        return describe_channels(self.channels, alpha=self.alpha, pages=self.pages)


def info(data: PelSource, *, latents: bool = False, limits: Limits = DEFAULT_LIMITS) -> FileInfo:
    """What is in a .pel file; with `latents` also the SHA-256 of its decoded integer latents.

    Raises:
        FormatError: it can't be read. LimitError: it is above `limits`.
    """
    check_limits(limits)
    file = open_pel(data, limits)
    header, layer, found = file.header, open_layer(file), file.sample_range
    parts: dict[str, int] = {}
    for chunk in file.chunks:
        parts[chunk.type] = parts.get(chunk.type, 0) + chunk.end - chunk.offset
    (_, _, channels), dtype, alpha, pages = layer.layout(PICTURE)
    if latents:
        require_supported(header)
    return FileInfo(
        version=1,
        width=header.width,
        height=header.height,
        channels=channels - alpha,
        bit_depth=8 * dtype.itemsize,
        dtype=dtype.name,
        alpha=alpha,
        max_error=layer.max_error,
        quality=header.quality,
        likely_error=layer.likely_error,
        model_id=header.model_id.hex(),
        model_name=name_of_model(header.model_id),
        tile_size=header.tile_size,
        tiles=header.tile_count,
        file_bytes=file.chunks[-1].end,
        bits_per_pixel=8 * file.chunks[-1].end / (header.width * header.height),
        metadata={name: len(value) for name, value in file.metadata.items()},
        bytes_by_part=parts,
        latents_sha256=layer.sha256() if latents else None,
        guide=None if layer.guide is None else f"{layer.guide[0]} x {layer.guide[1].name}",
        sample_range=None if found is None else (found.low, found.high),
        pages=pages,
        alpha_bytes=alpha_bytes(file),
        orientation=orientation_of(file.metadata.get("exif")),
    )


def alpha_bytes(file: PelFile) -> int | None:
    """What the tiles of an alpha layer take, container included; None without such a layer."""
    if not file.header.has_alpha_layer:
        return None
    tiles = [chunk.end - chunk.offset for chunk in file.chunks if chunk.type == "TILE"]
    return sum(tiles[file.header.tile_count :])  # behind those of the colours


def describe_channels(channels: int, *, alpha: bool = False, pages: int = 1) -> str:
    """What a pixel of `channels`, alpha not counted, is called."""
    if pages > 1:
        return f"{pages} pages of {describe_channels((channels + alpha) // pages)}"
    kind = {1: "grey", 3: "RGB"}.get(channels, f"{channels} channels")
    return f"{kind} with alpha" if alpha else kind


def name_of_model(identity: bytes) -> str | None:
    """The name of an installed model, or None."""
    from pellucid.exact import exact_model
    from pellucid.runtime import installed_models

    names = {value: name for name, value in installed_models().items()} | {
        exact_model()[1].hex(): "exact"
    }
    return names.get(identity.hex())
