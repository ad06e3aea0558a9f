"""pellucid's errors as callers of another library know errors: each is of both kinds.

Who opens pictures with Pillow or imageio catches OSError and has never heard of pellucid. An error
that leaves a plugin is of the class that the library promises, and still of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from pellucid.errors import LimitError, MissingExtraError, OptionError, PellucidError


class Both:
    """What makes an error of two kinds one that can be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        ours, theirs = type(self).__bases__[1:]
        return both, (ours, theirs, str(self))


@cache
def _class(ours: Any, theirs: Any) -> Any:
    return type(ours.__name__, (Both, ours, theirs), {"__module__": __name__})


def both(ours: Any, theirs: Any, message: str) -> Any:
    """An error that is of both classes."""
    return _class(ours, theirs)(message)


@contextmanager
def also(theirs: type[Exception], *, too_large: type[Exception] | None = None) -> Iterator[None]:
    """What pellucid raises in the block is an error of the kind `theirs`, too.

    A LimitError is of the kind `too_large` where one is given. Wrong options, which are ValueErrors
    already, and missing libraries, which are ImportErrors, stay as they are.
    """
    try:
        yield
    except (OptionError, MissingExtraError):
        raise
    except PellucidError as error:
        limited = too_large is not None and isinstance(error, LimitError)
        raise both(type(error), too_large if limited else theirs, str(error)) from error
