"""The optional libraries, asked for where they are used."""

from __future__ import annotations

import importlib
import logging
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
