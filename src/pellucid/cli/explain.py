"""`pellucid explain`: a .pel file, or what a task does to a picture, as one HTML page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pellucid.cli import _options as options
from pellucid.cli.denoise import number_or_auto

if TYPE_CHECKING:
    from pellucid import Limits


def pixel_option(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """X,Y as two whole numbers."""
    if value is None:
        return None
    try:
        x, y = (int(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"give X,Y such as 120,80, not {value!r}") from error
    return x, y


@click.command(short_help="Where bits went, what was removed, how sure.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="The page.  [default: FILE with .html after it]",
)
@click.option(
    "--task",
    type=click.Choice(["compress", "denoise"]),
    help="For a picture; a .pel file needs none.",
)
@click.option(
    "-q", "--quality", type=click.IntRange(0, 100), default=60, show_default=True, help="compress"
)
@click.option(
    "--sigma",
    default="auto",
    show_default=True,
    callback=number_or_auto,
    help="denoise: auto or a number.",
)
@click.option(
    "--strength", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="denoise"
)
@click.option("--model", default="m", show_default=True, help="Name, or a model's folder.")
@click.option(
    "--pixel",
    metavar="X,Y",
    callback=pixel_option,
    help="denoise: why this pixel. Needs the extra: pip install 'pellucid[explain]'.",
)
@click.option(
    "--layers",
    "layer",
    multiple=True,
    help="denoise: results of a layer by name, or of all. Needs the extra too.",
)
@options.page_option
@options.limits_option
@options.force_option
@options.json_option
def explain(
    file: Path,
    out: Path | None,
    task: Any,
    quality: int,
    sigma: str | float,
    strength: float,
    model: str,
    pixel: tuple[int, int] | None,
    layer: tuple[str, ...],
    page: int | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Explain FILE, a .pel file or a picture with --task, in one HTML page.

    A picture is any file that compress or denoise takes, such as a Zarr store, a page of a TIFF or
    a frame of a DICOM file.

    Where the bits went, down to the byte; what was removed, and whether it was only noise; how far
    off each sample may be; why a pixel came out as it did; other qualities or strengths beside it.
    """
    import pellucid
    from pellucid.explaining.page import page_of
    from pellucid.pixels import check_target, write_atomic

    target = out or file.with_name(file.name + ".html")
    check_target(target, force=force)
    found = pellucid.explain(
        file,
        task=task,
        quality=quality,
        sigma=sigma,
        strength=strength,
        model=model,
        pixel=pixel,
        layers=layer,
        limits=limits,
        page=page,
    )
    title = file.name if page is None else f"{file.name}, page {page}"
    text = page_of(found, title, pellucid.__version__)
    write_atomic(target, text.encode("utf-8", "replace"), force=force)
    said = summary(found)
    if as_json:
        click.echo(json.dumps({"source": str(file), "output": str(target), **said}))
    else:
        click.echo(
            f"{click.format_filename(target)}  {', '.join(f'{k} {v}' for k, v in said.items())}"
        )


def summary(found: Any) -> dict[str, Any]:
    """The main figures."""
    figures: dict[str, Any] = {}
    if found.bits is not None:
        figures["bytes"] = found.bits.file_bytes
    if found.noise is not None:
        figures["sigma"] = round(float(getattr(found.noise, "sigma", found.noise)), 4)
    if found.removed is not None:
        figures["texture_taken"] = round(found.removed.taken, 4)
    if found.half_width is not None:
        mean = float(found.half_width.mean()) if hasattr(found.half_width, "mean") else None
        figures["half_width"] = round(found.half_width if mean is None else mean, 4)
    return figures
