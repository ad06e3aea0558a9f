"""`pellucid serve`: the verbs over HTTP, and a page for people."""

from __future__ import annotations

import click

from pellucid.cli import _options as options
from pellucid.cli._browser import open_soon
from pellucid.cli._options import option
from pellucid.cli._program import say
from pellucid.serve import ServerLimits
from pellucid.serve.run import serve as run_server

DEFAULTS = ServerLimits()


@click.command(short_help="A page, and an API, over HTTP.")
@option("--host", "Address to listen at.", str, "ADDRESS", default="127.0.0.1")
@option("--port", "0 takes any that is free.", click.IntRange(0, 65535), "N", default=8000)
@option(
    "--token",
    "Which requests must give; needed for a host that others can reach. Better in the variable "
    "PELLUCID_TOKEN, as others see a command's options.",
    str,
    envvar="PELLUCID_TOKEN",
)
@option(
    "--max-bytes",
    "Of a request.",
    options.to_bytes,
    "BYTES",
    default=f"{DEFAULTS.request_bytes // 10**6}M",
)
@option(
    "--max-pixels", "Of a picture.", options.to_bytes, "N", default=f"{DEFAULTS.pixels // 10**6}M"
)
@option("--seconds", "Of work on a request.", options.ABOVE_0, "S", default=DEFAULTS.seconds)
@option(
    "--at-once",
    "Requests worked on at a time, each in a process.",
    click.IntRange(min=1),
    "N",
    default=DEFAULTS.at_once,
)
@option(
    "--waiting",
    "Further requests that wait; beyond these the answer is 429.",
    click.IntRange(min=0),
    "N",
    default=DEFAULTS.waiting,
)
@option(
    "--kept",
    "Of pictures that the page keeps, in temporary files.",
    options.to_bytes,
    "BYTES",
    default=f"{DEFAULTS.kept_bytes // 10**9}G",
)
@option("--open open_page", "Open the page in a browser.")
def serve(
    host: str,
    port: int,
    token: str | None,
    max_bytes: int,
    max_pixels: int,
    seconds: float,
    at_once: int,
    waiting: int,
    kept: int,
    open_page: bool,
) -> None:
    """Serve a page for people, and an HTTP API under /v1, until Ctrl-C.

    Needs the extra: pip install 'pellucid[web]'. It listens on this machine alone, unless told
    otherwise. Requests are logged on stderr, one JSON object a line, without pictures or names.
    """
    limits = ServerLimits(
        request_bytes=max_bytes,
        pixels=max_pixels,
        seconds=seconds,
        at_once=at_once,
        waiting=waiting,
        kept_bytes=kept,
    )

    def ready(url: str) -> None:
        say(f"serving {url.partition('?')[0]} until Ctrl-C")
        if open_page:
            open_soon(url)

    run_server(limits, host=host, port=port, token=token, ready=ready)
