"""Sources that are fetched, or aren't, for tests of storage."""

from __future__ import annotations

from pathlib import Path

import pytest

from pellucid.errors import InputError
from pellucid.scale.storage import fetched, resolve
from s3_server import BUCKET
from targets import DATA

URL = f"s3://{BUCKET}/a.png"


def put(url: str, data: bytes = DATA) -> None:
    system, path = resolve(url)
    system.pipe_file(path, data)


def got(url: str, folder: Path, size: int | None = None) -> bytes:
    """What comes; nothing is left of it."""
    with fetched(url, folder, size) as path:
        data = path.read_bytes()
    assert not list(folder.iterdir())
    return data


def refused(url: str, folder: Path, size: int | None = None) -> str:
    """Why nothing comes, in one line that begins with the URL; nothing is left of it."""
    with pytest.raises(InputError) as caught, fetched(url, folder, size):
        pass
    assert not list(folder.iterdir())
    said = str(caught.value)
    assert said.startswith(f"{url}: ")
    assert "\n" not in said
    return said
