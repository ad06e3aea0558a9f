"""A Linux desktop: what kind of file .pel and .pels are, and thumbnails of them.

`install` writes two files below a folder for data: the kinds of file, found by their first bytes
and by their names, and how a file manager has a thumbnail made. That is done by this Python, which
the second file names.

Source: freedesktop.org's shared MIME-info database; the thumbnailers of GNOME and Xfce.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from pellucid._api.about import info
from pellucid._api.codec import decompress
from pellucid._api.results import FileInfo
from pellucid._api.sequence import is_sequence, open_sequence
from pellucid.errors import OutputError, refusing
from pellucid.pixels.atomic import write_atomic
from pellucid.pixels.reduced import SCALES

SHIPPED = Path(__file__).parent / "freedesktop"
PLACES = {"mime/packages": "pellucid.xml", "thumbnailers": "pellucid.thumbnailer"}
UPDATE = "update-mime-database"  # the program that makes the types known


def data_folder() -> Path:
    """Where a user's own data are; XDG_DATA_HOME says."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def install(share: Path) -> list[Path]:
    """Write the files below `share`, over those of an earlier time; returns their names.

    Raises OutputError for a place that can't be written.
    """
    for path in paths_in(share):
        text = (SHIPPED / path.name).read_text("utf-8")
        text = text.replace("@python@", sys.executable).replace("@command@", command())
        with refusing(f"cannot write {path}", OutputError):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text.encode(), force=True)
    update(share)
    return paths_in(share)


def remove(share: Path) -> list[Path]:
    """Delete the files below `share`; returns the names of those that were there.

    Raises OutputError for one that can't be deleted.
    """
    there = [path for path in paths_in(share) if path.exists()]
    for path in there:
        with refusing(f"cannot delete {path}", OutputError):
            path.unlink()
    if there:
        update(share)
    return there


def paths_in(share: Path) -> list[Path]:
    """The files that `install` writes."""
    return [share / place / name for place, name in PLACES.items()]


def update(share: Path) -> None:
    """Have the desktop read its types again, where it has the program for it."""
    program = shutil.which(UPDATE)
    if program is not None:
        with refusing(f"{UPDATE} failed", OutputError):
            done = subprocess.run(
                [program, str(share / "mime")], check=False, capture_output=True, text=True
            )
            if done.returncode:
                raise OutputError(f"{UPDATE} failed: {done.stderr.strip()}")


def command() -> str:
    """This Python and package as the start of a line of Exec; -P keeps other folders out of it."""
    quoted = re.sub(r'([\\"`$])', r"\\\1", sys.executable).replace("\\", "\\\\")
    return f'"{quoted}"'.replace("%", "%%") + " -P -m pellucid"


def thumbnail(source: Path, target: Path, size: int) -> None:
    """Write a PNG of the picture in a .pel file, or of a sequence's first, `size` samples a side.

    It stands upright, whatever its EXIF says. `target` may have any name, and is written in place:
    a file manager has it open.

    Raises what `pellucid.decompress` does, and OutputError.
    """
    data: Any = source
    if is_sequence(source):
        with open_sequence(source) as sequence:
            data = sequence.pel(0)
    about = info(data)
    fit = max(about.width, about.height) // size
    scale = max(scale for scale in SCALES if scale <= max(fit, 1))
    image = Image.fromarray(shown(decompress(data, scale=scale), about))
    image.thumbnail((size, size))
    image.getexif()[ExifTags.Base.Orientation] = about.orientation
    out = BytesIO()
    ImageOps.exif_transpose(image).save(out, "PNG")
    with refusing(f"cannot write {target}", OutputError):
        target.write_bytes(out.getvalue())


def shown(samples: NDArray[Any], about: FileInfo) -> NDArray[np.uint8]:
    """Samples of any type -> grey or RGB of 8 bits, with alpha or without.

    Of other than 8 bits the least becomes 0, and the greatest 255. Of more than three channels the
    first is taken, and of pages the first page.
    """
    samples = samples.reshape(*samples.shape[:2], -1)
    colours = samples[..., : 3 if about.channels // about.pages == 3 else 1]
    if samples.dtype != np.uint8:
        values = np.where(np.isfinite(colours), colours.astype(np.float64), np.nan)
        low, high = np.nanmin(values, initial=np.inf), np.nanmax(values, initial=-np.inf)
        colours = np.nan_to_num((values - low) / max(high - low, 1e-300) * 255)
    parts = [colours.astype(np.uint8)]
    if about.alpha:
        unit = np.iinfo(samples.dtype).max // 255
        parts.append((np.maximum(samples[..., -1:], 0) // unit).astype(np.uint8))
    picture = np.concatenate(parts, axis=2)
    return picture[..., 0] if picture.shape[2] == 1 else picture
