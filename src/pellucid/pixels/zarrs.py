"""Names of 0.1 that some callers still use."""

from __future__ import annotations

from pellucid.pixels.formats.zarr import MARKS

__all__ = ["MARKS"]
