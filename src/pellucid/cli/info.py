"""`pellucid info`: what is in a file, without decoding its pixels."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pellucid.cli import _options as options
from pellucid.cli._options import option
from pellucid.cli._program import about
from pellucid.cli._streams import real_files
from pellucid.errors import OptionError, PellucidError

if TYPE_CHECKING:
    from pellucid import FileInfo, Limits, NoiseInfo, SequenceInfo


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
    """Say what is in a .pel file or a sequence: size, quality, model, metadata, where bytes are.

    The hash of the latents is the same on every machine; two files with the same hash, model and
    quality hold the same picture. Width and height are as stored, as --region counts them; how EXIF
    has viewers turn the picture is said.
    """
    import pellucid

    try:
        with real_files(file) as (source, _):
            if pellucid.is_sequence(source):
                fields, lines = about_sequence(source, limits, latents=latents)
            else:
                found = pellucid.info(source, latents=latents, limits=limits)
                fields, lines = asdict(found), describe(found)
    except PellucidError as error:
        error.args = (about(file, error),)
        raise
    if as_json:
        click.echo(json.dumps({"file": str(file), **fields}, indent=2, default=str))
    else:
        click.echo("\n".join([str(file), *lines]))


def about_sequence(
    source: Path, limits: Limits, *, latents: bool
) -> tuple[dict[str, Any], list[str]]:
    """What is in a sequence, damaged or not: fields for a program, and lines for a person."""
    import pellucid

    if latents:
        raise OptionError("--latents is of one picture; take a frame out: decompress --frame")
    options = pellucid.DecompressOptions(limits=limits)
    with pellucid.open_sequence(source, options, keep_going=True) as sequence:
        found, damage = sequence.info(), sequence.damage
    sizes = found.frame_bytes or (0,)
    fields = asdict(found) | {"bits_per_pixel": found.bits_per_pixel, "damage": damage}
    fields["frame_bytes"] = {"all": sum(sizes), "least": min(sizes), "most": max(sizes)}
    return {**fields.pop("about"), **fields}, describe_sequence(found, damage)


def describe_sequence(found: SequenceInfo, damage: tuple[str, ...]) -> list[str]:
    """Lines for a person."""
    about, first, sizes = found.about, found.first, found.frame_bytes or (0,)
    kind = f"{about.channels} channels" if first is None else first.kind
    rate = "at times of their own" if about.rate is None else f"{float(about.rate):.6g} a second"
    rows = {
        "frames": f"{found.frames} of {about.width} x {about.height}, {kind}, {about.dtype}",
        "time": f"{found.seconds:,.3f} seconds, frames {rate}",
        "size": f"{found.file_bytes:,} bytes, {found.bits_per_pixel:.3f} bits per pixel; frames of "
        f"{min(sizes):,} to {max(sizes):,}, on average {sum(sizes) // len(sizes):,}",
    }
    if found.missing:
        rows["frames"] += f"; {found.missing} of them are missing"
    if about.rotation:
        rows["frames"] += f", which viewers turn by {about.rotation} degrees clockwise"
    if first is not None:
        rows |= {"kept": f"{kind_of(first)} (the first frame)", "model": model_of(first)}
    attached = [f"{name} {size:,} bytes" for name, size in found.attached.items()]
    rows |= {"attached": ", ".join(attached) or "nothing"}
    rows |= {name: text for name, text in (("damage", "; ".join(damage)),) if text}
    rows |= {f"tag {name}": text for name, text in about.tags.items()}
    return lines_of(rows)


def kind_of(found: FileInfo) -> str:
    """How well the samples are kept."""
    if found.max_error is not None:
        return within(found.max_error)
    beside = "" if found.source_error is None else f", and the source {within(found.source_error)}"
    return f"quality {found.quality}{beside}"


def model_of(found: FileInfo) -> str:
    """Name, id and tuning of the model."""
    tuned = f", tuned for {TUNED[found.tune]}" if found.tune in TUNED else ""
    return f"{found.model_name or 'not installed'} ({found.model_id}){tuned}"


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
        "model": model_of(found),
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
    return lines_of(rows)


def lines_of(rows: dict[str, str]) -> list[str]:
    """Lines for a person, each after what it is about."""
    return [f"  {key:<9} {value}" for key, value in rows.items()]
