"""What is in a .pel file, and what is wrong with it, tile by tile."""

from __future__ import annotations

from pellucid._api.files import PelSource, open_pel
from pellucid._api.layers import open_layer
from pellucid._api.noise import about_noise
from pellucid._api.options import PICTURE
from pellucid._api.results import FileInfo, Verification
from pellucid.bitstream import (
    ALPHA_LAYER,
    DEFAULT_LIMITS,
    SOURCE_LAYER,
    Limits,
    PelFile,
    check_limits,
    require_supported,
)
from pellucid.errors import DamagedFileError, UnsupportedError
from pellucid.pixels.geo import orientation_of


def info(data: PelSource, *, latents: bool = False, limits: Limits = DEFAULT_LIMITS) -> FileInfo:
    """What is in a .pel file; with `latents` also the SHA-256 of its decoded integer latents.

    Raises:
        FormatError: it can't be read. LimitError: it is above `limits`.
    """
    check_limits(limits)
    file = open_pel(data, limits)
    header, layer, found = file.header, open_layer(file), file.sample_range
    name, tune = model_facts(header.model_id)
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
        model_name=name,
        tune=tune,
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
        alpha_bytes=layer_bytes(file, ALPHA_LAYER),
        source_error=layer.source_error,
        kept_bytes=layer_bytes(file, SOURCE_LAYER),
        orientation=orientation_of(file.metadata.get("exif")),
        noise=about_noise(file),
    )


def layer_bytes(file: PelFile, layer: int) -> int | None:
    """What the tiles of a layer take, container included; None without such a layer."""
    if layer not in file.header.layer_numbers:
        return None
    tiles = [chunk.end - chunk.offset for chunk in file.chunks if chunk.type == "TILE"]
    start = file.header.layer_numbers.index(layer) * file.header.tile_count
    return sum(tiles[start : start + file.header.tile_count])


def model_facts(identity: bytes) -> tuple[str | None, str | None]:
    """Name and tuning of the model of an id; None of what isn't installed or has no tuning."""
    from pellucid.exact import exact_model
    from pellucid.runtime import find_folder, read_card, tune_of

    if identity == exact_model()[1]:
        return "exact", None
    folder = find_folder(identity)
    if folder is None:
        return None, None
    card = read_card(folder)
    return card["name"], tune_of(card)


def verify(data: PelSource, *, limits: Limits = DEFAULT_LIMITS) -> Verification:
    """Check every checksum of a .pel file and decode every latent; says what is wrong.

    Raises:
        FormatError: nothing of the file can be read, or it can't be decoded here. LimitError.
    """
    check_limits(limits)
    file = open_pel(data, limits, tolerant=True)
    require_supported(file.header)
    tiles = {}
    for place, read in enumerate(open_layer(file, {}).readers()):
        try:
            read()
        except DamagedFileError as error:
            tiles[place] = str(error)
    other = file.damage
    try:
        _ = file.noise
    except UnsupportedError:
        pass  # a newer one
    except DamagedFileError as error:
        other += (str(error),)
    return Verification(tiles, other, file.header.tile_chunks)
