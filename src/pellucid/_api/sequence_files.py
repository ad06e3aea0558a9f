"""Frames of a sequence -> pictures in files, one or all of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pellucid._api.decode import Opened
from pellucid._api.meter import Progress
from pellucid._api.on_disk import decompress_to
from pellucid._api.options import DecompressOptions
from pellucid._api.results import DecompressResult
from pellucid._api.sequence import Sequence
from pellucid._api.sequence_results import SequenceSaved
from pellucid.errors import DamagedFileError, NotPelFileError, OptionError, naming
from pellucid.pixels import WRITERS
from pellucid.pixels.atomic import check_target, new_folder, write_atomic

PEL = ".pel"
_PLACE = re.compile(r"%(0[0-9])?d")


def save_frame(
    sequence: Sequence,
    number: int,
    target: str | os.PathLike[str],
    *,
    jpeg_quality: int | None = None,
    metadata: bool = True,
    force: bool = False,
) -> DecompressResult:
    """Write one frame to a picture, as `decompress_file` does; as a .pel file it is taken out as it
    is.

    Raises what that does, OptionError if there is no such frame, and DamagedFileError.
    """
    data = sequence.pel(number)
    with naming(f"frame {number}"):
        if Path(target).suffix.lower() == PEL:
            opened = Opened(data, DecompressOptions(), tolerant=sequence.keep_going)
            write_atomic(target, data, force=force)
            return opened.result()
        return decompress_to(
            data,
            target,
            sequence.options,
            jpeg_quality=jpeg_quality,
            metadata=metadata,
            keep_going=sequence.keep_going,
            force=force,
        )


def save_frames(
    sequence: Sequence,
    target: str | os.PathLike[str],
    *,
    suffix: str = ".png",
    jpeg_quality: int | None = None,
    metadata: bool = True,
    force: bool = False,
    progress: Progress | None = None,
) -> SequenceSaved:
    """Write all frames, several at a time, each to a picture of its own.

    Args:
        target: a folder to be made, in which frame 12 is 00000012.png; or a name with a place for
            the number, such as `out_%05d.tif`.
        suffix: of the pictures in a folder.
        force: replace pictures that exist, or a folder that holds nothing but such pictures.
        jpeg_quality, metadata: as in `decompress_file`.
        progress: is told what part is done, 0 to 1.

    Of a sequence that is opened with `keep_going` damaged frames are written as far as they are
    whole. Raises what `save_frame` does; then there is no new folder.
    """
    save = partial(save_frame, sequence, jpeg_quality=jpeg_quality, metadata=metadata, force=force)
    place = Path(target)
    if _PLACE.search(place.name):
        name_of = pattern_of(place)
        for number in range(len(sequence)):
            check_target(name_of(number), force=force)
        return _save(sequence, save, name_of, progress)
    if place.suffix.lower() in (*WRITERS, PEL):
        raise OptionError(
            f"{target} is one picture, and the sequence has {len(sequence)}: choose one with "
            f"--frame (save_frame), or name a folder, or all with {place.stem}_%05d{place.suffix}"
        )
    own = re.compile(rf"\d{{8}}{re.escape(suffix)}")
    with new_folder(
        place, force=force, ours=lambda there: all(own.fullmatch(n) for n in os.listdir(there))
    ) as folder:
        folder.mkdir()
        return _save(sequence, save, lambda number: folder / f"{number:08}{suffix}", progress)


def pattern_of(target: Path) -> Callable[[int], Path]:
    """Number -> name; OptionError for a name with other places than one for a number."""
    if len(_PLACE.findall(target.name)) != 1 or "%" in _PLACE.sub("", target.name, count=1):
        raise OptionError(
            f"{target.name} needs one place for the number, such as %05d, and no other %"
        )
    return lambda number: target.with_name(target.name % number)


def _save(
    sequence: Sequence,
    save: Callable[[int, Path], DecompressResult],
    name_of: Callable[[int], Path],
    progress: Progress | None,
) -> SequenceSaved:
    """All frames, each by `save`; those of which nothing is whole aren't there."""

    def work(number: int) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
        try:
            made = save(number, name_of(number))
        except (DamagedFileError, NotPelFileError) as error:
            if not sequence.keep_going:
                raise
            return False, (str(error),), ()
        return True, tuple(f"frame {number}: {said}" for said in made.damage), made.remarks

    written, damage, remarks = 0, list(sequence.damage), dict[str, None]()
    for number, (done, lost, said) in enumerate(sequence.each(work)):
        written += done
        damage += lost
        remarks |= dict.fromkeys(said)
        if progress is not None:
            progress((number + 1) / len(sequence))
    return SequenceSaved(written, len(sequence), tuple(damage), tuple(remarks))
