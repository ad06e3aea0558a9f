"""`pellucid batch`: a verb on all pictures of an archive, by the workers of a Dask scheduler.

Each verb is the command of its name: it has that command's options, and does with a picture what
that does (`_verbs.py`). Dask, and what goes with it, is loaded when a run begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import click

from pellucid.cli import _batch_shown as shown
from pellucid.cli import _verbs as verbs
from pellucid.cli._batch_options import (
    RUN_OPTIONS,
    anywhere,
    check_together,
    dashboard_of,
    in_words,
    own_options,
    params_of,
)
from pellucid.cli._program import say
from pellucid.cli._progress import Progress
from pellucid.cli._transcode import TRANSCODE_OPTIONS, VERIFIED_OPTION, verb_to_transcode
from pellucid.cli.compress import compress
from pellucid.cli.decompress import decompress
from pellucid.cli.denoise import denoise
from pellucid.cli.verify import verify
from pellucid.errors import MissingExtraError
from pellucid.scale.items import Verb

DEFAULT = "compress"
SOURCE = click.Argument(["source"], metavar="SRC", type=str)
TARGET = click.Argument(["target"], metavar="DST", type=str)
ASKED = (  # options of the run that `BatchOptions` has by the same names
    *("scheduler", "workers", "manifest", "report", "parquet"),
    *("resume", "force", "skip_existing", "limit"),
)
OF_SCALE = "dask", "distributed", "fsspec", "pyarrow", "tenacity"


class Verbs(click.Group):
    """A group whose first command needn't be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As a group does it; what isn't a verb's name is the first argument of the default one."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The order in which they were added."""
        return list(self.commands)


class VerbCommand(click.Command):
    """A verb, whose help names its own options apart from those of the run."""

    own: frozenset[str | None] = frozenset()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Two lists."""
        params = self.get_params(ctx)
        for title, wanted in ((f"Options of {self.name}", True), ("Options of the run", False)):
            options = (param for param in params if isinstance(param, click.Option))
            chosen = [param for param in options if (param.name in self.own) == wanted]
            lines = [line for param in chosen if (line := param.get_help_record(ctx))]
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines)


@click.group(cls=Verbs, short_help="A verb on whole archives, by many workers.")
def batch() -> None:
    """Do a verb on all pictures of an archive: here, with all cores, or by the workers of a Dask
    scheduler.

    pellucid batch SRC DST is pellucid batch compress SRC DST; a folder that is called like a verb
    is ./denoise.

    SRC is a folder, with all that is below it; a pattern such as 'photos/**/*.jpg'; a list of
    files, one a line, in a .txt file or from standard input (-); a Parquet file with a column url;
    or a URL of one of these, such as s3://bucket/photos. DST is a folder or a URL. Outputs lie in
    DST as their sources do in SRC, each with the whole name of its source: a.jpg.pel.

    A manifest has a row for each picture: what came of it, or why it failed, which never ends the
    run. Whatever ends it, --resume goes on, and each output is made once. No source is ever changed
    or deleted. Exit code 1 if a picture failed. Needs the extra: pip install 'pellucid[scale]'.
    """


def added(
    command: click.Command,
    make: Callable[..., Verb],
    short: str,
    text: str,
    *,
    name: str | None = None,
    own: Sequence[click.Parameter] = (),
    of_run: Sequence[click.Parameter] = (),
    arguments: Sequence[click.Argument] = (SOURCE, TARGET),
) -> None:
    """Add a verb to the group.

    Args:
        command: has the verb's options; also its name, if that isn't given.
        make: the verb, by its options in words, and by their names.
        short, text: its help, of which `short` is the beginning.
        own, of_run: further options, of the verb and of the run.
    """
    own = (*own_options(command), *own)

    def run(**given: Any) -> None:
        names = [param.name for param in own if param.name in given]
        wanted = anywhere({name: given.pop(name) for name in names})
        check_together({**wanted, **given})
        plain = found.make_context(found.name, [str(one.name) for one in arguments]).params
        do(make(in_words(own, wanted, plain), **wanted), given)

    name = name or command.name
    found = VerbCommand(name, callback=run, help=f"{short} {text}", short_help=short)
    found.params = [*arguments, *own, *params_of(*RUN_OPTIONS), *of_run]
    found.own = frozenset(param.name for param in own)
    batch.add_command(found)


def do(verb: Verb, given: dict[str, Any]) -> None:
    """Do a run, or say what it would do, or take."""
    engine, as_json = engine_of(), given["as_json"]
    options = engine.BatchOptions(
        source=given["source"],
        target=given.get("target"),
        verified=given.get("verified"),
        dashboard=dashboard_of(given["dashboard"], given["scheduler"]),
        **{name: given[name] for name in ASKED},
    )
    if given["dry_run"]:
        shown.show_plan(engine.plan_batch(verb, options, say), as_json=as_json)
    elif given["sample"]:
        estimate = engine.sample_batch(verb, options, given["sample"], say)
        shown.show_estimate(estimate, given["price"], as_json=as_json)
    else:
        progress = Progress(0, wanted=given["progress"], quiet=as_json)
        summary = finished(engine, verb, options, progress)
        shown.finish(verb.name, summary, as_json=as_json)


def finished(engine: ModuleType, verb: Verb, options: Any, progress: Progress) -> Any:
    """The summary of a run that has come to its end."""

    def told(text: str) -> None:
        progress.clear()
        say(text)

    try:
        return engine.run_batch(verb, options, shown.Running(progress), told)
    except KeyboardInterrupt:
        told("what is done is done; the same command with --resume goes on")
        raise
    finally:
        progress.clear()


def engine_of() -> ModuleType:
    """What does runs; MissingExtraError without Dask and its like."""
    try:
        from pellucid.scale import run
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package not in OF_SCALE:
            raise
        raise MissingExtraError(package, "scale") from error
    return run


added(
    compress,
    verbs.verb_to_compress,
    "Pictures to .pel.",
    "The options are those of pellucid compress. a.jpg becomes a.jpg.pel.",
)
added(
    denoise,
    verbs.verb_to_denoise,
    "Pictures without their noise.",
    "The options are those of pellucid denoise. Outputs are called as their sources, with .png "
    "behind it where that format would add noise: a.jpg becomes a.jpg.png.",
)
added(
    decompress,
    verbs.verb_to_decompress,
    ".pel to pictures.",
    "The options are those of pellucid decompress. a.jpg.pel becomes a.jpg.png. Of sequences "
    "(.pels) one frame each can be taken, with --frame.",
)
added(
    verify,
    verbs.verb_to_verify,
    "Checksums and latents of .pel files.",
    "Does what pellucid verify does, and writes nothing but the manifest and the report.",
    arguments=(SOURCE,),
)
added(
    compress,
    verb_to_transcode,
    "Archives to .pel, each file checked.",
    "A source without loss (TIFF, PNG, BMP, PPM, DICOM, arrays) becomes a lossless file. One with "
    "loss (JPEG, HEIC, AVIF), or whose format can be either (JPEG XL, JPEG 2000, most of WebP), "
    "becomes one of --quality, or as --bpp, --size or --psnr say. --lossless, --max-error and "
    "--keep-noise hold for all sources.\n\n"
    "Each output is decoded and compared with its source before it gets its name. What isn't "
    "identical, or within the bound, or lacks metadata, has failed, and there is no output. Nor is "
    "there one where it would be no smaller than its source, which isn't a failure. No source is "
    "ever deleted.",
    name="transcode",
    own=params_of(*TRANSCODE_OPTIONS),
    of_run=params_of(VERIFIED_OPTION),
)
