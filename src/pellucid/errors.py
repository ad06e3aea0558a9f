"""Everything that pellucid raises on purpose, in one tree.

    PellucidError
    ├── InputError              a picture that can't be read: not an image, unknown mode, zero bytes
    ├── LimitError              a size above the limits, of a picture or in a .pel file
    ├── FormatError             a .pel file that can't be decoded
    │   ├── NotPelFileError     the bytes are something else (wrong magic, empty)
    │   ├── VersionError        written by a newer pellucid
    │   ├── UnsupportedError    a valid file that uses what this version doesn't know yet
    │   ├── UnknownModelError   the file names a model that isn't installed
    │   └── DamagedFileError    truncated, checksum mismatch, contradictory sizes
    ├── MismatchError           a .pel file that isn't what it must be, beside its source
    ├── TargetError             `--bpp`, `--size` or `--psnr` can't be met
    ├── OutputError             unwritable output, or an existing one without `force`
    ├── OptionError             a value outside its range (also a ValueError)
    └── MissingExtraError       an optional part that isn't installed; says the pip line

Each message gives the cause, the wrong value and the way out. The command line turns these
into exit code 1 (`OptionError`: 2); any other exception is a bug.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from numbers import Integral
from typing import Any


class PellucidError(Exception):
    """Base of everything pellucid raises on purpose."""


class InputError(PellucidError):
    """The source picture can't be read."""


class LimitError(PellucidError):
    """A size of the picture, or in the .pel file, is above the limits, which can be raised."""


class FormatError(PellucidError):
    """The bytes can't be decoded as a .pel file."""


class NotPelFileError(FormatError):
    """The bytes are not a .pel file at all."""


class VersionError(FormatError):
    """The file needs a newer pellucid."""


class UnsupportedError(FormatError):
    """The file is valid but uses a feature that this version doesn't decode."""


class UnknownModelError(FormatError):
    """The model that the file names isn't installed."""


class DamagedFileError(FormatError):
    """The file is truncated, fails a checksum or contradicts itself."""


class MismatchError(PellucidError):
    """What a file decodes to isn't what it must be, beside the picture that it was made of."""


class TargetError(PellucidError):
    """A target for rate or quality can't be met."""


class OutputError(PellucidError):
    """The output can't be written."""


class OptionError(PellucidError, ValueError):
    """An option has a value outside its range."""


class MissingExtraError(PellucidError, ImportError):
    """An optional dependency isn't installed."""

    def __init__(self, package: str, extra: str, *, command: str | None = None) -> None:
        self._given = package, extra, command
        line = command or f"pip install 'pellucid[{extra}]'"
        super().__init__(f"{package} is not installed; get it with: {line}")

    def __reduce__(self) -> tuple[Any, ...]:
        package, extra, command = self._given
        return partial(type(self), command=command), (package, extra)


def require(fine: object, name: str, value: object, what: str) -> None:
    """Raise OptionError unless `fine`: the option `name` is `value` and must be `what`."""
    if not fine:
        raise OptionError(f"{name} is {value!r}; it must be {what}")


def is_whole(value: object) -> bool:
    """Whether an option is of a whole number's type; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


@contextmanager
def refusing(message: str, kind: type[PellucidError] = InputError) -> Iterator[None]:
    """Whatever another library raises in the block is an error of this kind: message and reason."""
    try:
        yield
    except PellucidError:
        raise
    except Exception as error:
        said = " ".join(str(error).partition("\nTraceback ")[0].split())  # of pydicom: many lines
        raise kind(f"{message}: {said or type(error).__name__}") from error


@contextmanager
def naming(what: str) -> Iterator[None]:
    """What is raised on purpose in the block says first what it is about."""
    try:
        yield
    except PellucidError as error:
        error.args = (f"{what}: {error}",)
        raise


@contextmanager
def reading(name: str | os.PathLike[str], what: str = "picture") -> Iterator[None]:
    """What goes wrong in the block is an InputError that names the file that is read."""
    try:
        yield
    except PellucidError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{name!s}: no such file") from error
    except (OSError, ValueError) as error:
        if os.path.isdir(name):
            raise InputError(f"{name!s} is a folder, not a {what}") from error
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name!s}: cannot be read: {reason}") from error


def first_line(error: Exception) -> str:
    """What an error of another library says, in short; its kind if it says nothing."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


def without_name(said: str, name: str) -> str:
    """What is said of a file, without its name at the start."""
    return said.removeprefix(f"{name}: ").removeprefix(f"{name} ")


class PellucidWarning(UserWarning):
    """What a person should know of a picture that is read or written all the same."""
