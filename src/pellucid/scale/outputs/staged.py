"""What is written before it has its name: outputs, and the small files of a run's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from secrets import token_hex

from pellucid.pixels.atomic import give_name
from pellucid.scale.storage import remove

__all__ = ["Staged", "is_half", "make_folder", "write_local"]

HALF = "."  # how the names of what is half written begin


@dataclass
class Staged:
    """An output before it has its name.

    Attributes:
        place: of the output. path: the file or folder that is to be written.
        size, sha256: of what was written, known when the block of `staging` ends.
    """

    place: str
    path: Path
    size: int = 0
    sha256: str = ""

    def drop(self) -> None:
        """It won't be needed."""
        remove(self.path)


def is_half(place: str) -> bool:
    """Whether a file of a run's own was cut off before it had its name."""
    return PurePosixPath(place).name.startswith(HALF)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, if they aren't there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(error.errno, f"{path} is a file, and must be a folder") from error


def write_local(path: Path, data: bytes, *, new: bool) -> None:
    """Write a small file whole, or not at all; it is on the disk then."""
    make_folder(path.parent)
    temporary = path.with_name(f"{HALF}{token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        give_name(temporary, path, force=not new)
    finally:
        temporary.unlink(missing_ok=True)
