"""Standard input and output, and pipes, as files: `-` and what has no name to keep.

A pipe can be read only once, and a codec looks at a picture several times. So it is copied to a
temporary file, named by what its first bytes say, before anything looks at it; and what goes to
standard output is made in a temporary file first, as an output that fails must not be half there.
"""

from __future__ import annotations

import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from pellucid.cli._program import drop_rest
from pellucid.errors import InputError, OutputError, PellucidError, reading

STREAM = Path("-")
# First bytes of a file -> the suffix of its kind, where that decides how it is read or written.
MAGIC = {
    b"\x89PNG": ".png",
    b"\xff\xd8": ".jpg",
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), ".tif"),
    b"\x93NUMPY": ".npy",
    b"RIFF": ".webp",
    b"BM": ".bmp",
    b"P5": ".pgm",
    b"P6": ".ppm",
}
DICOM_MARK, DICOM_AT = b"DICM", 128


def is_unnamed(path: Path) -> bool:
    """Whether `path` is standard input or a device's name for a pipe: nothing can lie beside it."""
    return path == STREAM or str(path).startswith(("/dev/", "/proc/"))


def is_pipe(path: Path) -> bool:
    """Whether `path` can be read only once."""
    if path == STREAM:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False  # whoever opens it says why
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


@contextmanager
def real_files(
    source: Path, target: Path | None = None, suffix: Callable[[Path], str] | None = None
) -> Iterator[tuple[Path, Path | None]]:
    """Paths of regular files for a source and a target that may be streams, while the block lasts.

    `suffix` gives that of an output for its source. Errors that the block raises name the streams.
    """
    with ExitStack() as stack:
        real, place = source, target
        if is_pipe(source) or target == STREAM:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pellucid-"))
            real = copied_in(source, Path(folder)) if is_pipe(source) else source
            if target == STREAM and suffix is not None:
                place = Path(folder, f"output{suffix(real)}")
        try:
            yield real, place
        except PellucidError as error:
            error.args = (str(error).replace(str(real), str(source)),)
            raise
        if place is not None and target == STREAM:
            copy_out(place)


def copied_in(source: Path, folder: Path) -> Path:
    """A file in `folder` with all that a stream gives; InputError if it can't be read."""
    copy = folder / "input"
    if source == STREAM and sys.stdin is None:
        raise InputError("standard input is closed")
    with (
        reading(source, "file"),
        nullcontext(sys.stdin.buffer) if source == STREAM else open(source, "rb") as stream,
        copy.open("wb") as file,
    ):
        shutil.copyfileobj(stream, file)
    return copy.rename(copy.with_suffix(suffix_of(copy)))


def suffix_of(path: Path) -> str:
    """The suffix that a file's first bytes ask for; none if they say nothing."""
    with path.open("rb") as file:
        head = file.read(DICOM_AT + len(DICOM_MARK))
    if head[DICOM_AT:] == DICOM_MARK:
        return ".dcm"
    return next((MAGIC[mark] for mark in MAGIC if head.startswith(mark)), "")


def copy_out(path: Path) -> None:
    """All of a file to standard output; OutputError if that can't be, but for a closed pipe."""
    if path.is_dir():
        raise OutputError(
            "what is made is a folder and can't go to standard output; give a name with -o"
        )
    try:
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_rest(sys.stdout)
        raise OutputError(f"cannot write to standard output: {error.strerror}") from error
