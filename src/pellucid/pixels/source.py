"""Names of 0.1 that some callers still use."""

from __future__ import annotations

from pellucid.pixels.open import refuse_page
from pellucid.pixels.read import open_parts

__all__ = ["open_parts", "refuse_page"]
