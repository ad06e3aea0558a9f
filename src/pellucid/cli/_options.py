"""Options and kinds of value that several commands share."""

from __future__ import annotations

import re
from dataclasses import replace

import click

from pellucid.bitstream import DEFAULT_LIMITS, Limits

UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d+)?|\.\d+) ?([kKMG]?)B?")


def to_bytes(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """200k, 1.5M or plain bytes -> whole bytes; k is 1000."""
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip())
    if not match:
        raise click.BadParameter(f"{value!r} is not a size; write 200k, 1.5M or 51200")
    return round(float(match[1]) * UNITS[match[2].replace("K", "k")])


def to_region(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[int, int, int, int] | None:
    """X,Y,W,H -> (x, y, width, height)."""
    if value is None:
        return None
    try:
        x, y, width, height = map(int, value.split(","))
    except ValueError as error:
        message = f"{value!r} is not X,Y,W,H, such as 0,0,640,480"
        raise click.BadParameter(message) from error
    return x, y, width, height


def to_limits(_context: click.Context, _option: click.Parameter, value: str | None) -> Limits:
    """What --max-pixels says -> limits of a picture."""
    pixels = to_bytes(_context, _option, value)
    return DEFAULT_LIMITS if pixels is None else replace(DEFAULT_LIMITS, max_pixels=pixels)


limits_option = click.option(
    "--max-pixels",
    "limits",
    metavar="N",
    callback=to_limits,
    help="Take larger pictures than 268M pixels (1G), if you trust them.",
)
inputs_argument = click.argument("inputs", metavar="IN...", nargs=-1, required=True)
out_option = click.option(
    "-o",
    "--out",
    metavar="OUT",
    help="A file for one input, or a folder (made if missing). Default: beside each input.",
)
force_option = click.option("--force", is_flag=True, help="Overwrite outputs that exist.")
recursive_option = click.option(
    "-r", "--recursive", is_flag=True, help="Take folders as inputs, with all that is below them."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a file on stdout, one a line."
)


progress_option = click.option(
    "--progress",
    is_flag=True,
    help="Say how far each picture is, on stderr, also where that is no terminal or with --json.",
)
page_option = click.option(
    "--page",
    metavar="N",
    type=click.IntRange(min=0),
    help="Only this page of a TIFF, or frame of a DICOM file, from 0.",
)


def names(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    """What stands between commas, without the spaces around it."""
    return tuple(name.strip() for name in value.split(",") if name.strip())
