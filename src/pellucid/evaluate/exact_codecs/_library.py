"""imagecodecs, which brings most codecs along, asked for one of them."""

from __future__ import annotations

from typing import Any

from pellucid.errors import MissingExtraError
from pellucid.evaluate._extras import require


def imagecodecs_with(codec: str) -> Any:
    """The module imagecodecs.

    Raises:
        MissingExtraError: it isn't installed, or was built without `codec`.
    """
    library = require("imagecodecs")
    if not getattr(library, codec).available:
        raise MissingExtraError(f"imagecodecs with {codec}", "bench")
    return library


def version_of(library: Any, part: str) -> str:
    """Versions of imagecodecs and of the library behind a codec."""
    return f"imagecodecs {library.__version__}, {getattr(library, part + '_version')()}"
