"""What the workers do for the page: from a picture's folder to an answer in a file.

All stand at the top of the module and take names of folders and files, as `work.py` wants it.
Answers with pixels are RGBA without any header; how large they are, and figures, is returned.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid.bitstream import Limits
from pellucid.errors import LimitError, OptionError, OutputError, refusing
from pellucid.explaining.page.shown import Ends, rgba_of, stored_box
from pellucid.pixels import ImageInfo, ImageSource, open_sink
from pellucid.runtime.session import thread_count
from pellucid.serve.jobs import remarked
from pellucid.serve.page import make, overlays, peers
from pellucid.serve.page.settings import FileKind, Overlay, Peer, Region, Settings
from pellucid.serve.page.stored import Kept, Stored

__all__ = ["download", "original", "overlay", "peer", "peer_picture", "preview", "read", "result"]

ROOM = 4  # times a picture's own size: that, two results, and what is written on the way


def read(folder: Path, limits: Limits, most: int) -> dict[str, Any]:
    """Decode what was sent; what the page says of it, and the `room` that it takes.

    Raises:
        LimitError: it takes more than `most` bytes. What reading it does.
    """
    stored = Stored(folder)
    with remarked(folder) as said:
        samples, about = make.read(stored.file.read_bytes(), limits)
    room = ROOM * samples.nbytes + about.file_bytes
    if room > most:
        raise LimitError(
            f"the picture takes {room:,} bytes while it is worked on, and the page may use "
            f"{most:,}; start the server with --kept {1 + room // 10**6}M, or use the command "
            "pellucid compress"
        )
    stored.keep(samples, about)
    return {**make.described(about, samples, limits), "remarks": said, "room": room}


def original(folder: Path, target: Path) -> dict[str, Any]:
    """The picture as it was."""
    stored = Stored(folder)
    about = stored.about
    return _write(stored.source.read(), about.info, about.ends, target)


def preview(
    folder: Path, chosen: Settings, region: Region, limits: Limits, target: Path
) -> dict[str, Any]:
    """A part of what the settings make, before the whole."""
    stored = Stored(folder)
    about = stored.about
    box = stored_box(*region, about.info)
    samples = make.preview(stored.source, chosen, box, limits)
    return _write(samples, about.info, about.ends, target)


def result(folder: Path, chosen: Settings, limits: Limits, target: Path) -> dict[str, Any]:
    """What the settings make of the picture."""
    stored = Stored(folder)
    kept, about = _made(stored, chosen, limits), stored.about
    return {**kept.figures, **_write(kept.samples, about.info, about.ends, target)}


def overlay(
    folder: Path, chosen: Settings, kind: Overlay, limits: Limits, target: Path
) -> dict[str, Any]:
    """A map over that."""
    stored = Stored(folder)
    kept, source = _made(stored, chosen, limits), stored.source
    found = overlays.map_of(kind, source, kept.samples, kept.pel, limits)
    shades, most = overlays.drawn(found, source.shape)
    about = ImageInfo(source.shape[1], source.shape[0], 3, exif=source.info.exif)
    told = {"most": most, "more": bool(found.values.max() > most), "unit": found.unit}
    told["even"] = found.even
    return {**told, **_write(shades, about, None, target)}


def peer(folder: Path, chosen: Settings, name: Peer, limits: Limits) -> dict[str, Any]:
    """Figures of another format at the same bytes."""
    stored = Stored(folder)
    return peers.figures_of(stored.source, _peer(stored, chosen, name, limits))


def peer_picture(
    folder: Path, chosen: Settings, name: Peer, limits: Limits, target: Path
) -> dict[str, Any]:
    """Its picture; OptionError if there is none of so few bytes."""
    stored = Stored(folder)
    about, source = stored.about, stored.source
    data = _peer(stored, chosen, name, limits)
    if not data:
        raise OptionError(f"no {name} file is as small as the .pel file; choose another format")
    samples = peers.decoded(data, source.shape[2])
    return _write(samples, about.info, about.ends, target)


def download(
    folder: Path, chosen: Settings, kind: FileKind, limits: Limits, target: Path
) -> dict[str, Any]:
    """The result as a file: what was only denoised becomes a lossless .pel file."""
    stored = Stored(folder)
    kept = _made(stored, chosen, limits)
    source = ImageSource(kept.samples, stored.about.info)
    if kind == "pel":
        lossless = pellucid.CompressOptions(lossless=True, limits=limits)
        target.write_bytes(kept.pel or make.encoded(source, lossless)[0])
    else:
        path = target.with_suffix(f".{kind}")
        with remarked(target.parent):
            write_picture(source, path)
        path.rename(target)
    return {}


def write_picture(source: ImageSource, path: Path) -> None:
    """All samples, with the metadata that the format of the suffix can hold."""
    shape, info = source.shape, source.info
    with open_sink(path, shape, source.dtype, info, threads=thread_count()) as sink:
        sink[0 : shape[0], 0 : shape[1]] = source.read()


def _made(stored: Stored, chosen: Settings, limits: Limits) -> Kept:
    return stored.made(chosen, lambda: make.make(stored.source, stored.pel, chosen, limits))


def _peer(stored: Stored, chosen: Settings, name: Peer, limits: Limits) -> bytes:
    kept = _made(stored, chosen, limits)
    return kept.peer(name, lambda: peers.best(name, stored.source, kept.pel or b""))


def _write(samples: NDArray[Any], info: ImageInfo, ends: Ends, target: Path) -> dict[str, Any]:
    pixels: NDArray[np.uint8] = rgba_of(samples, info, ends)
    with refusing("cannot write the answer", OutputError):
        target.write_bytes(pixels.data)
    height, width, _ = pixels.shape
    return {"width": width, "height": height}
