"""Other libraries: optional ones, asked for where they are used, and what is global in them."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from threading import Lock
from typing import Any

from pellucid.errors import MissingExtraError


def science(module: str, extra: str = "science", said: str = "") -> Any:
    """Import a library of an extra; MissingExtraError with the pip line if it isn't there.

    `said` is what the message calls it.
    """
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(said or module, extra) from error
    logger = logging.getLogger(module)
    if not logger.handlers:  # what is wrong with a file is said by errors alone
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    return found


class Together:
    """`change`, of something global, lasts while any thread is inside: the first to come makes it,
    and the last to go takes it back.
    """

    def __init__(self, change: Callable[[], AbstractContextManager[object]]) -> None:
        self._change, self._changed = change, ExitStack()
        self._lock, self._inside = Lock(), 0

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._changed.enter_context(self._change())
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._changed.close()
