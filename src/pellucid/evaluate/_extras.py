"""Optional libraries, asked for where they are used, with the pip line if they're missing."""

from __future__ import annotations

import importlib
from typing import Any

from pellucid.errors import MissingExtraError


def require(module: str, package: str | None = None, *, extra: str = "bench") -> Any:
    """Import `module`, a part of `extra`; `package` is its name in the message.

    Raises:
        MissingExtraError: the library isn't installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(package or module.partition(".")[0], extra) from error
