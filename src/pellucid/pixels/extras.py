"""The optional libraries for large and scientific files, asked for where they are used."""

from __future__ import annotations

import importlib
import logging
from typing import Any

from pellucid.errors import MissingExtraError

EXTRA = "science"


def science(module: str) -> Any:
    """Import a library of the extra; MissingExtraError with the pip line if it isn't there."""
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(module, EXTRA) from error
    logger = logging.getLogger(module)
    if not logger.handlers:  # what is wrong with a file is said by errors alone
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    return found
