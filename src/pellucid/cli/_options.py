"""Options and kinds of value that several commands share."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pellucid.bitstream import DEFAULT_LIMITS
from pellucid.errors import OptionError

if TYPE_CHECKING:
    from pellucid import Limits

UNITS = {"": 0, "k": 1, "M": 2, "G": 3}  # powers of 1000, or with an i of 1024
_SIZE = re.compile(r"(\d{1,15}(?:\.\d+)?|\.\d+) ?(?:([kKMG])(i?))?B?")

Command = Callable[..., None]
FILE = click.Path(readable=False)  # no check, but a shell completes it
PATH = click.Path(path_type=Path)
THERE = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
ABOVE_0 = click.FloatRange(min=0, min_open=True)


def to_bytes(value: str) -> int:
    """200k, 200kB, 1.5M, 100KiB or plain bytes -> whole bytes; k is 1000 and Ki 1024."""
    match = _SIZE.fullmatch(value.strip())
    if not match:
        raise click.BadParameter(f"{value!r} is not a size; write 200k, 1.5MB, 100KiB or 51200")
    number, unit, binary = match.groups(default="")
    factor: int = (1024 if binary else 1000) ** UNITS[unit.replace("K", "k")]
    return round(float(number) * factor)


def to_limits(value: str) -> Limits:
    """What --max-pixels says -> limits of a picture."""
    return replace(DEFAULT_LIMITS, max_pixels=to_bytes(value))


def to_numbers(form: str, such_as: str) -> Callable[[str], tuple[int, ...]]:
    """What reads whole numbers with commas between, as many as `form` has."""

    def to_form(value: str) -> tuple[int, ...]:
        parts = value.split(",")
        try:
            if len(parts) == len(form.split(",")):
                return tuple(map(int, parts))
        except ValueError:
            pass
        raise click.BadParameter(f"{value!r} is not {form}, such as {such_as}")

    return to_form


def number_or(*words: str) -> Callable[[str], str | float]:
    """What reads one of these words, or a number."""

    def to_either(value: str) -> str | float:
        try:
            return value if value in words else float(value)
        except ValueError as error:
            known = " nor ".join(words)
            raise click.BadParameter(f"{value!r} is neither {known} nor a number from 0") from error

    return to_either


def option(
    names: str, text: str, kind: Any = None, form: str | None = None, **more: Any
) -> Callable[[Command], Command]:
    """An option, as "-q --quality", that takes a value of a kind; without one it is a flag."""
    # False lets an option stand without its value, and be `flag_value` then
    flag = True if kind is None else False if "flag_value" in more else None
    return click.option(*names.split(), help=text, type=kind, metavar=form, is_flag=flag, **more)


limits_option = option(
    "--max-pixels limits",
    "Take larger pictures than 268M pixels (1G), if you trust them.",
    to_limits,
    "N",
    default=str(DEFAULT_LIMITS.max_pixels),
    show_default=False,
)
page_option = option(
    "--page",
    "Only this page of a TIFF, or frame of a DICOM file, from 0.",
    click.IntRange(min=0),
    "N",
)
model_option = option("--model", "m, s (faster), or a model's folder.", str, default="m")
device_option = option(
    "--device",
    "Where networks run: auto takes what is fastest (openvino comes with pellucid[fast]).",
    str,
    "auto|cpu|openvino|cuda",
    default="auto",
)
sigma_option = functools.partial(click.option, "--sigma", default="auto", type=number_or("auto"))
denoise_option = functools.partial(
    click.option,
    "--denoise",
    default="off",
    type=number_or("off", "auto"),
    metavar="auto|off|0..1",
)
strength_option = functools.partial(click.option, "--strength", default=1.0)
metadata_option = functools.partial(
    click.option, "--no-metadata", "metadata", is_flag=True, callback=lambda _c, _o, no: not no
)
force_option = option("--force", "Overwrite outputs that exist.")
json_option = option("--json as_json", "One JSON object a file on stdout, one a line.")


@dataclass(frozen=True)
class Batch:
    """What all commands take that make files of files.

    Raises OptionError for options that contradict each other.
    """

    inputs: tuple[str, ...]
    out: str | None = None
    recursive: bool = False
    force: bool = False
    skip_existing: bool = False
    keep_times: bool = False
    jobs: int = 1
    as_json: bool = False
    progress: bool = False

    def __post_init__(self) -> None:
        if self.force and self.skip_existing:
            raise OptionError(
                "--force overwrites what exists and --skip-existing leaves it; choose"
            )


BATCH_OPTIONS = (
    click.argument("inputs", metavar="IN...", nargs=-1, required=True, type=FILE),
    option(
        "-o --out",
        "A file for one input, or a folder (made if missing), or - for standard output. Default: "
        "beside each input.",
        FILE,
        "OUT",
    ),
    option("-r --recursive", "Take folders as inputs, with all that is below them."),
    force_option,
    option("--skip-existing", "Pass over inputs whose output exists already."),
    option("--keep-times", "Give outputs the time of last change of their inputs."),
    option(
        "--jobs",
        "Work on so many files at a time.  [default: 1]",
        click.IntRange(min=1),
        "N",
        default=1,
        show_default=False,
    ),
    json_option,
    option(
        "--progress",
        "Say how far each picture is, on stderr, also where that is no terminal or with --json.",
    ),
)


def batch_options(command: Command) -> Command:
    """Give a command IN... and the options of `Batch`; it takes them as one, its first argument."""

    @functools.wraps(command)
    def with_batch(**given: Any) -> None:
        batch = Batch(**{field.name: given.pop(field.name) for field in fields(Batch)})
        command(batch, **given)

    result: Command = with_batch
    for option in reversed(BATCH_OPTIONS):
        result = option(result)
    return result
