"""Names of 0.1 that some callers still use."""

from __future__ import annotations

from pellucid.pixels.read import LOSSY_TYPES, picture_of, read_picture, refuse_masked, way_out

__all__ = ["LOSSY_TYPES", "picture_of", "read_picture", "refuse_masked", "way_out"]
