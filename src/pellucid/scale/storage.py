"""Stand-in until there is the real one."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import fsspec


def resolve(url: str) -> tuple[Any, str]:
    """File system and path."""
    fs, path = fsspec.core.url_to_fs(url)
    return fs, path


def is_local(url: str) -> bool:
    """Whether it is a path."""
    return os.path.lexists(url) or ("://" not in url and "::" not in url)


def retried(function: Callable[..., Any], *args: Any, **kw: Any) -> Any:
    """Once."""
    return function(*args, **kw)
