"""A picture and what was last made of it, as files in its folder; the worker's side of `kept.py`.

    file          what the browser sent: removed when it is read, unless it is a .pel file
    source.npy    its samples; about: what they are
    made-*/       what settings made of them: after.npy, file.pel, figures, and peers

Samples are mapped, so that a job reads what it needs of them. A folder `made-*` appears whole or
not at all, as a job may be ended anywhere.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OutputError, refusing
from pellucid.explaining.page.shown import Ends
from pellucid.pixels import ImageInfo, ImageSource
from pellucid.serve.page.settings import Settings

__all__ = ["About", "Made", "Stored"]

FULL = "cannot keep the picture"
LAST = 2  # settings whose results are kept


@dataclass(frozen=True)
class About:
    """What a picture is besides its samples; `ends` are what is drawn black and white."""

    info: ImageInfo
    ends: Ends
    file_bytes: int
    is_pel: bool


class Stored:
    """A picture in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def file(self) -> Path:
        """What the browser sent."""
        return self._folder / "file"

    @property
    def pel(self) -> bytes | None:
        """The same if that is a .pel file."""
        return self.file.read_bytes() if self.about.is_pel else None

    def keep(self, samples: NDArray[Any], about: About) -> None:
        """Write what was read; OutputError if there is no room."""
        with refusing(FULL, OutputError):
            np.save(self._folder / "source.npy", samples)
            (self._folder / "about").write_bytes(pickle.dumps(about))
        if not about.is_pel:
            self.file.unlink()

    @property
    def about(self) -> About:
        """What `keep` was told."""
        found: About = pickle.loads((self._folder / "about").read_bytes())
        return found

    @property
    def source(self) -> ImageSource:
        """Samples (H, W, C), as `compress` takes them."""
        return ImageSource(mapped(self._folder / "source.npy"), self.about.info)

    def made(self, chosen: Settings, make: Callable[[], Made]) -> Kept:
        """What settings make of the picture, as it was kept or, else, as `make` does it now."""
        key = hashlib.sha256(chosen.model_dump_json().encode()).hexdigest()[:24]
        place = self._folder / f"made-{key}"
        if not place.is_dir():
            made = make()
            with TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as name:
                _write(made, Path(name))
                for old in self._oldest():
                    rmtree(old, ignore_errors=True)
                if not place.is_dir():  # another job may have been first
                    Path(name).rename(place)
        return Kept(place)

    def _oldest(self) -> list[Path]:
        """All results but the latest."""
        made = sorted(self._folder.glob("made-*"), key=lambda path: path.stat().st_mtime)
        return made[: -LAST + 1]


@dataclass(frozen=True)
class Made:
    """What settings made of a picture; `pel` is None where it was only denoised."""

    samples: NDArray[Any]
    pel: bytes | None
    figures: dict[str, Any]


def _write(made: Made, folder: Path) -> None:
    with refusing(FULL, OutputError):
        np.save(folder / "after.npy", made.samples)
        (folder / "figures").write_text(json.dumps(made.figures))
        if made.pel is not None:
            (folder / "file.pel").write_bytes(made.pel)


class Kept:
    """The same in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def samples(self) -> NDArray[Any]:
        """(H, W, C)."""
        return mapped(self.folder / "after.npy")

    @property
    def pel(self) -> bytes | None:
        """The .pel file, if one was made."""
        path = self.folder / "file.pel"
        return path.read_bytes() if path.is_file() else None

    def peer(self, name: str, find: Callable[[], bytes]) -> bytes:
        """The file of another format that was found, or is by `find` now."""
        path = self.folder / name
        if not path.is_file():
            work = path.with_name(f"{name}-{token_hex(4)}")
            work.write_bytes(find())
            work.replace(path)
        return path.read_bytes()

    @property
    def figures(self) -> dict[str, Any]:
        """Numbers for the page."""
        found: dict[str, Any] = json.loads((self.folder / "figures").read_text())
        return found


def mapped(path: Path) -> NDArray[Any]:
    """An array in a file, as one that can't be written to."""
    return np.asarray(np.load(path, mmap_mode="r"))
