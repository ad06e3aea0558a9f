"""`pellucid explain`: a .pel file, or what a task does to a picture, as one HTML page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from pellucid.cli import _options as options
from pellucid.cli._options import option
from pellucid.errors import OptionError


@click.command(short_help="Where bits went, what was removed, how sure.")
@click.argument("file", type=options.PATH)
@option("-o --out", "The page.  [default: FILE with .html after it]", options.PATH)
@option("--task", "For a picture; a .pel file needs none.", click.Choice(["compress", "denoise"]))
@option("-q --quality", "compress", click.IntRange(0, 100), default=60)
@options.denoise_option(help="compress: as pellucid compress takes it.")
@options.sigma_option(metavar="TEXT", help="denoise: auto or a number.")
@options.strength_option(type=click.FloatRange(0, 1), help="denoise")
@option("--model", "Name, or a model's folder.", str, default="m")
@option(
    "--pixel",
    "denoise: why this pixel. Needs the extra: pip install 'pellucid[explain]'.",
    options.to_numbers("X,Y", "120,80"),
    "X,Y",
)
@option(
    "--layers",
    "denoise: results of a layer by name, or of all. Needs the extra too.",
    str,
    multiple=True,
)
@options.page_option
@options.limits_option
@options.force_option
@options.json_option
def explain(
    file: Path, out: Path | None, page: int | None, force: bool, as_json: bool, **wanted: Any
) -> None:
    """Explain FILE, a .pel file or a picture with --task, in one HTML page.

    A picture is any file that compress or denoise takes, such as a Zarr store, a page of a TIFF or
    a frame of a DICOM file.

    Where the bits went, down to the byte; what was removed, and whether it was only noise; how far
    off each sample may be; why a pixel came out as it did; other qualities or strengths beside it.
    """
    import pellucid
    from pellucid._api.files import PICTURE_SUFFIXES, refuse_same_file
    from pellucid.explaining.page import page_of
    from pellucid.pixels import check_target, write_atomic

    if file == Path("-"):
        raise OptionError("explain takes a file and not standard input; save it as one first")
    target = out or file.with_name(file.name + ".html")
    if target.suffix.lower() in (*PICTURE_SUFFIXES, ".pel"):
        raise OptionError(f"the output {target} looks like a picture; explain writes .html pages")
    refuse_same_file(target, file)
    check_target(target, force=force)
    found = pellucid.explain(file, page=page, **wanted)
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
    if found.left_out is not None:
        figures["bytes_with_noise"] = found.left_out.bytes_with_it
    if found.removed is not None:
        figures["texture_taken"] = round(found.removed.taken, 4)
    if found.half_width is not None:
        mean = float(found.half_width.mean()) if hasattr(found.half_width, "mean") else None
        figures["half_width"] = round(found.half_width if mean is None else mean, 4)
    return figures
