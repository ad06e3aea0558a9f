"""The benches: what each measures and shows, one file each, with its rows and tables beside it."""

from __future__ import annotations
