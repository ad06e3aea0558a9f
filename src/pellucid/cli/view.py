"""`pellucid view`: pictures in a browser, on the page of `pellucid serve`."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import click

from pellucid.cli import _options as options
from pellucid.cli._browser import open_soon
from pellucid.cli._options import option
from pellucid.cli._program import say
from pellucid.errors import InputError
from pellucid.serve import ServerLimits
from pellucid.serve.run import serve

# What a person may ask of their own machine.
LIMITS = ServerLimits(request_bytes=2**30, pixels=2**27, seconds=600.0, kept_bytes=4 * 10**9)


@click.command(short_help="Pictures and .pel files in a browser.")
@click.argument("files", type=options.PATH, nargs=-1, required=True)
@option(
    "--kept",
    "Of pictures that the page keeps, in temporary files.",
    options.to_bytes,
    "BYTES",
    default=f"{LIMITS.kept_bytes // 10**9}G",
)
@option("--no-open", "Say the address instead of opening a browser.")
def view(files: tuple[Path, ...], kept: int, no_open: bool) -> None:
    """Show FILES, pictures or .pel files, in a browser: before and after, with figures.

    Needs the extra: pip install 'pellucid[web]'. The page comes from this machine, at a free port,
    to who has the address alone, until Ctrl-C. The files stay as they are.
    """
    for file in files:
        if not file.is_file():
            raise InputError(f"{file}: {'is a folder' if file.is_dir() else 'no such file'}")

    def ready(url: str) -> None:
        say(url if no_open else "the page opens in a browser; Ctrl-C ends it")
        if not no_open:
            open_soon(url)

    token = secrets.token_urlsafe(24)
    limits = replace(LIMITS, kept_bytes=kept)
    serve(limits, port=0, token=token, handed=files, quiet=True, ready=ready)
