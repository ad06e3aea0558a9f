"""What is in a .pel file."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pellucid._api.codec import models
from pellucid._api.files import open_pel, reader_of
from pellucid.bitstream import DEFAULT_LIMITS, EXACT, Limits, PelFile, require_supported
from pellucid.errors import PellucidError
from pellucid.pixels.axes import pages_in

if TYPE_CHECKING:
    from pellucid.exact.pair import Pair

DTYPES = ("uint", "int", "float")  # by the header's sample type


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
    types to bytes, container included; `latents_sha256` is None unless asked for: of latents (and
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

    @property
    def kind(self) -> str:
        """What a pixel has, for a person: grey, RGB, .. with alpha, pages of these."""
        return kind_of_channels(self.channels, alpha=self.alpha, pages=self.pages)


def info(
    data: bytes | str | os.PathLike[str], *, latents: bool = False, limits: Limits = DEFAULT_LIMITS
) -> FileInfo:
    """What is in a .pel file; with `latents` also the SHA-256 of its decoded integer latents."""
    file = open_pel(data, limits)
    header = file.header
    parts: dict[str, int] = {}
    for chunk in file.chunks:
        parts[chunk.type] = parts.get(chunk.type, 0) + chunk.end - chunk.offset
    total = file.chunks[-1].end
    pair, found = pair_of(file), file.sample_range
    dtype = DTYPES[header.sample_type] + str(header.bit_depth)
    return FileInfo(
        version=1,
        width=header.width,
        height=header.height,
        channels=header.channels - (pair.planes if pair else 0),
        bit_depth=8 * pair.picture.itemsize if pair else header.bit_depth,
        dtype=pair.picture.name if pair else dtype,
        alpha=bool(header.alpha),
        max_error=bound_of(file),
        quality=header.quality,
        likely_error=likely_error(file),
        model_id=header.model_id.hex(),
        model_name=name_of_model(header.model_id),
        tile_size=header.tile_size,
        tiles=header.tile_count,
        file_bytes=total,
        bits_per_pixel=8 * total / (header.width * header.height),
        metadata={name: len(value) for name, value in file.metadata.items()},
        bytes_by_part=parts,
        latents_sha256=fingerprint(file) if latents else None,
        guide=f"{pair.planes} x {pair.guide.name}" if pair else None,
        sample_range=None if found is None else (found.low, found.high),
        pages=pages_of(file),
        alpha_bytes=alpha_bytes(file),
    )


def alpha_bytes(file: PelFile) -> int | None:
    """What the tiles of an alpha layer take, container included; None without such a layer."""
    if not file.header.has_alpha_layer:
        return None
    tiles = [chunk.end - chunk.offset for chunk in file.chunks if chunk.type == "TILE"]
    return sum(tiles[file.header.tile_count :])  # behind those of the colours


def pages_of(file: PelFile) -> int:
    """How many pages or frames the channels of a file's picture are."""
    axes = file.metadata.get("axes")
    planes = file.header.channels + file.header.alpha
    pair = pair_of(file)
    return pages_in(axes, planes - pair.planes if pair else planes)


def kind_of_channels(channels: int, *, alpha: bool = False, pages: int = 1) -> str:
    """What a pixel of `channels`, alpha not counted, is called."""
    if pages > 1:
        return f"{pages} pages of {kind_of_channels((channels + alpha) // pages)}"
    kind = {1: "grey", 3: "RGB"}.get(channels, f"{channels} channels")
    return f"{kind} with alpha" if alpha else kind


def pair_of(file: PelFile) -> Pair | None:
    """How the two pictures of a pair lie in it; None for one picture."""
    if file.header.layers not in EXACT:
        return None
    from pellucid._api.pairs import file_pair

    return file_pair(file)


def bound_of(file: PelFile) -> float | None:
    """The largest error of a sample that the file allows; None for a learned one."""
    if file.header.layers not in EXACT:
        return None
    from pellucid._api.exact import file_bound

    return file_bound(file)


def likely_error(file: PelFile) -> float | None:
    """How far nine of ten samples are off at most, for photographs at the file's quality.

    In the samples' own unit: of 16 bits it grows with their range.
    """
    if file.header.layers in EXACT:
        return None
    from pellucid.codec.picture import WHITE
    from pellucid.explaining import intervals_of
    from pellucid.runtime import find_model

    try:
        folder = find_model(file.header.model_id).folder
        unit = 1.0 if file.sample_range is None else file.sample_range.span / WHITE
        return round(unit * intervals_of(folder).typical_at(file.header.quality), 2)
    except PellucidError:
        return None


def name_of_model(identity: bytes) -> str | None:
    """The name of an installed model, or None."""
    from pellucid.exact import exact_model

    names = {value: name for name, value in models().items()} | {exact_model()[1].hex(): "exact"}
    return names.get(identity.hex())


def fingerprint(file: PelFile) -> str:
    """SHA-256 of a file's decoded integer latents, and of its alpha behind them."""
    from pellucid._api.alpha import alpha_reader
    from pellucid.codec import latents_sha256

    require_supported(file.header)
    if file.header.layers in EXACT:
        from pellucid._api.exact import decompress_samples

        samples = decompress_samples(file, None, None)
        return hashlib.sha256(samples.astype(samples.dtype.newbyteorder("<")).tobytes()).hexdigest()
    read, alpha = reader_of(file), alpha_reader(file)
    numbers = range(file.header.tile_count)
    planes = () if alpha is None else (alpha(number) for number in numbers)
    return latents_sha256((read(number) for number in numbers), planes)
