"""`pellucid bench lossless`: beside the codecs that give every sample back, or within a bound."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, command_line, tell


@click.command()
@shared.data_option(
    "Folder of pictures or .npy arrays, or one file. More than once: more sets.", multiple=True
)
@shared.out_option()
@click.option("--match", default="*", help="Only files with such names, as '*.depth.png'.")
@click.option("--set", "name", help="Name of the set.  [default: the folder's]")
@shared.numbers_option("--bounds", "Largest errors; 0 is lossless.", int, default="0,1")
@shared.names_option(
    "--against",
    "all",
    "Codecs, comma between: png, webp, jxl, jpeg2000, jpegls, lerc, lerc_zstd, zstd, blosc2; "
    "or all, or none.",
)
@shared.count_option("--images", "Only the first N of each set.")
@shared.threads_option("Of every codec.")
@shared.count_option("--repeats", "Runs a timing.", default=3)
@shared.fresh_option("Forget earlier rows of these codecs and sets.")
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
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.benches.lossless import BENCH, Plan
    from pellucid.evaluate.peers.exact import EXACT
    from pellucid.evaluate.report import write_report

    plan = Plan(
        command=command_line(),
        data=data,
        out=out,
        codecs=EXACT.expand(against),
        bounds=bounds,
        match=match,
        name=name,
        images=images,
        threads=threads,
        repeats=repeats,
        fresh=fresh,
    )
    outcome = run(BENCH, plan, tell)
    close_bench(write_report(BENCH, out), outcome.failures)
