"""`pellucid bench lossless`: beside the codecs that give every sample back, or within a bound."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli._bench_end import close_bench, tell
from pellucid.cli._options import names


def _whole_numbers(
    _context: click.Context, _option: click.Parameter, value: str
) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(part) for part in value.split(",") if part.strip()))
    except ValueError as error:
        raise click.BadParameter(f"whole numbers with commas between, got {value!r}") from error


@click.command()
@click.option(
    "--data",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder of pictures or .npy arrays, or one file. More than once: more sets.",
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the rows."
)
@click.option("--match", default="*", help="Only files with such names, as '*.depth.png'.")
@click.option("--set", "name", help="Name of the set.  [default: the folder's]")
@click.option(
    "--bounds",
    default="0,1",
    show_default=True,
    callback=_whole_numbers,
    help="Largest errors; 0 is lossless.",
)
@click.option(
    "--against",
    default="all",
    show_default=True,
    callback=names,
    help="Codecs, comma between: png, webp, jxl, jpeg2000, jpegls, lerc, lerc_zstd, zstd, blosc2; "
    "or all, or none.",
)
@click.option("--images", type=click.IntRange(min=1), help="Only the first N of each set.")
@click.option(
    "--threads", type=click.IntRange(min=1), default=2, show_default=True, help="Of every codec."
)
@click.option(
    "--repeats", type=click.IntRange(min=1), default=3, show_default=True, help="Runs a timing."
)
@click.option("--fresh", is_flag=True, help="Forget earlier rows of these codecs and sets.")
def lossless(
    data: tuple[Path, ...],
    out: Path,
    match: str,
    name: str | None,
    bounds: tuple[int, ...],
    against: tuple[str, ...],
    images: int | None,
    threads: int,
    repeats: int,
    fresh: bool,
) -> None:
    """Size and speed of lossless and error-bounded files, by pellucid and its peers.

    Pictures of 8 bits, 16-bit grey, transparency; .npy arrays of uint8, uint16 or int16 with any
    number of bands. A codec that can't hold a picture has no row for it; nothing is converted.

    Rows are written as they come; the same command goes on where an earlier one stopped.
    """
    from pellucid.evaluate.exact_codecs import OWN, expand
    from pellucid.evaluate.lossless import bench
    from pellucid.evaluate.lossless.report import write_report

    plan = bench.Plan(
        data=data,
        out=out,
        codecs=(*OWN, *expand(against)),
        bounds=bounds,
        match=match,
        name=name,
        images=images,
        threads=threads,
        repeats=repeats,
        fresh=fresh,
    )
    outcome = bench.run(plan, tell)
    close_bench(write_report(out), outcome.failures)
