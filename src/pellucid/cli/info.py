"""`pellucid info`: what is in a file, without decoding its pixels."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pellucid.cli import _options as options
from pellucid.cli._options import option
from pellucid.cli._program import about
from pellucid.cli._streams import real_files
from pellucid.errors import PellucidError

if TYPE_CHECKING:
    from pellucid import FileInfo, Limits, NoiseInfo


# By the orientation in EXIF, which is kept and not applied.
TURNS = {
    2: "mirror left to right",
    3: "turn by 180 degrees",
    4: "mirror top to bottom",
    5: "mirror left to right and turn by 90 degrees counterclockwise",
    6: "turn by 90 degrees clockwise",
    7: "mirror left to right and turn by 90 degrees clockwise",
    8: "turn by 90 degrees counterclockwise",
}


TUNED = {"eye": "the eye", "psnr": "PSNR"}


@click.command(short_help="What is in a .pel file.")
@click.argument("file", type=options.PATH)
@options.json_option
@options.limits_option
@option("--latents", "Add the SHA-256 of the decoded integer latents.")
def info(file: Path, limits: Limits, as_json: bool, latents: bool) -> None:
    """Say what is in a .pel file: size, quality, model, metadata, where the bytes are.

    The hash of the latents is the same on every machine; two files with the same hash, model and
    quality hold the same picture. Width and height are as stored, as --region counts them; how EXIF
    has viewers turn the picture is said.
    """
    import pellucid

    try:
        with real_files(file) as (source, _):
            found = pellucid.info(source, latents=latents, limits=limits)
    except PellucidError as error:
        error.args = (about(file, error),)
        raise
    if as_json:
        click.echo(json.dumps({"file": str(file), **asdict(found)}, indent=2))
    else:
        click.echo("\n".join([str(file), *describe(found)]))


def kind_of(found: FileInfo) -> str:
    """How well the samples are kept."""
    if found.max_error is not None:
        return within(found.max_error)
    beside = "" if found.source_error is None else f", and the source {within(found.source_error)}"
    return f"quality {found.quality}{beside}"


def within(bound: float) -> str:
    """A bound on errors in words."""
    return f"each sample within {bound}" if bound else "lossless"


def noise_of(noise: NoiseInfo) -> str:
    """What was taken off, which `decompress --grain` puts back."""
    channels = list(zip(*noise.sigma, strict=True))
    places = {"dark": 0, "middle": len(channels) // 2, "bright": -1}
    said = (
        f"{sum(channels[k]) / len(channels[k]):.3g} where {name} ({noise.levels[k]:.0f})"
        for name, k in places.items()
    )
    kind = "coarse" if noise.coarse else "fine"
    return f"taken off: sigma {', '.join(said)}; {kind}"


def describe(found: FileInfo) -> list[str]:
    """Lines for a person."""
    name = found.model_name or "not installed"
    metadata = [f"{key.upper()} {size:,} bytes" for key, size in found.metadata.items()]
    parts = [f"{key} {size:,}" for key, size in found.bytes_by_part.items()]
    again = ""
    if found.alpha_bytes is not None:
        again = f", and as many of alpha, {found.alpha_bytes:,} bytes"
    rows = {
        "picture": f"{found.width} x {found.height}, {found.kind}, {found.dtype}",
        **({"guide": found.guide} if found.guide else {}),
        "size": f"{found.file_bytes:,} bytes, {found.bits_per_pixel:.3f} bits per pixel",
        "kept": kind_of(found),
        "model": f"{name} ({found.model_id})"
        + (f", tuned for {TUNED[found.tune]}" if found.tune in TUNED else ""),
        "tiles": f"{found.tiles} of up to {found.tile_size} x {found.tile_size}{again}",
        "metadata": ", ".join(metadata) or "none",
        "bytes": ", ".join(parts),
        "format": f"version {found.version}",
    }
    if found.kept_bytes is not None:
        rows["tiles"] += f", and as many of the source, {found.kept_bytes:,} bytes"
    if found.orientation in TURNS:
        rows["picture"] += f", which viewers {TURNS[found.orientation]}"
    if found.sample_range is not None:
        low, high = found.sample_range
        rows["kept"] += f", samples {low} to {high}"
    if found.likely_error is not None:
        near = f"{found.likely_error:{',.0f' if found.likely_error >= 100 else 'g'}}"
        rows["kept"] += f"; in a photograph nine of ten samples within {near}"
    if found.noise is not None:
        rows["noise"] = noise_of(found.noise)
    if found.latents_sha256:
        rows["latents"] = f"SHA-256 {found.latents_sha256}"
    return [f"  {key:<9} {value}" for key, value in rows.items()]
