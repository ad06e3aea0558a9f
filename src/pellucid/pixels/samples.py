"""Names of 0.1 that some callers still use."""

from __future__ import annotations

from pellucid.pixels.read import read_samples, samples_of
from pellucid.pixels.sink import write_image as write_samples

__all__ = ["read_samples", "samples_of", "write_samples"]
