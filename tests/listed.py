"""What is found in a source of pictures, for tests."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pellucid.scale.sources.find import find_sources

SUFFIXES = (".jpg", ".png", ".zarr")


class Listed:
    """What `find_sources` gives, tells and counts; names are in order of the alphabet."""

    def __init__(self, source: str, exclude: str | None = None) -> None:
        self.passed: Counter[str] = Counter()
        self.told: list[str] = []
        self.items = list(find_sources(source, SUFFIXES, self.passed, exclude, self.told.append))
        self.places = sorted(item.place for item in self.items)
        self.urls = sorted(item.url for item in self.items)


def urls(source: str) -> list[str]:
    """Those that a list names, in its order; nothing is told."""
    found = Listed(source)
    assert not found.told
    return [item.url for item in found.items]


def places(source: str) -> list[str]:
    """What outputs may be called, in the order of a list."""
    return [item.place for item in Listed(source).items]


def write(name: str, data: bytes) -> str:
    """A file in the current folder; returns its name."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(data)
    return name
