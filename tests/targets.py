"""Targets for tests: file systems that are neither this machine's nor an object store, and more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from pellucid.scale.outputs.target import Target
from pellucid.scale.storage import fetched

DATA = bytes(range(256)) * 400
# Of the targets that tests/scale/conftest.py has, these two.
on_disk_and_s3 = pytest.mark.parametrize("target", ["local", "s3"], indirect=True)


class Elsewhere(LocalFileSystem):  # type: ignore[misc]
    """A file system that is neither this machine's, for all we know, nor an object store."""

    protocol = "elsewhere"
    cut = 0

    def put_file(self, path: str, key: str, *words: Any, **more: Any) -> None:
        super().put_file(path, key, *words, **more)
        if Elsewhere.cut:
            Elsewhere.cut -= 1
            os.truncate(key, 3)


class Strict(Elsewhere):
    """Its moves never replace anything, as those of SMB."""

    protocol = "strict"

    def mv(self, old: str, new: str, **more: Any) -> None:
        if os.path.exists(new):
            raise FileExistsError(new)
        super().mv(old, new, **more)


fsspec.register_implementation("elsewhere", Elsewhere, clobber=True)
fsspec.register_implementation("strict", Strict, clobber=True)


def publish(
    target: Target, place: str, folder: Path, data: bytes = DATA, *, force: bool = False
) -> None:
    with target.staging(place, folder) as one:
        one.path.write_bytes(data)
    try:
        target.publish(one, force=force)
        assert not one.path.exists()
    finally:
        one.drop()


def there(target: Target, place: str, folder: Path) -> bytes:
    """What has this name."""
    if target.local:
        return Path(target.key(place)).read_bytes()
    with fetched(target.name(place), folder) as path:
        return path.read_bytes()


def files(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*"))
