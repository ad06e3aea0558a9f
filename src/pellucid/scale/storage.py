"""Sources as local files, wherever they are: fsspec opens what a URL names.

Credentials and addresses of servers are those of the environment in which this runs: fsspec's own
variables and configuration, and those of each cloud.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pellucid.errors import InputError, MissingExtraError, OptionError, PellucidError, first_line
from pellucid.pixels import ZARR
from pellucid.scale.retrying import CutError, kinds_of, retried, without_retries

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

__all__ = [
    "fetched",
    "is_local",
    "reason_of",
    "remove",
    "resolve",
    "retried",
    "sha256_of",
    "stamp_of",
]

CHAINS = 16  # archives that stay open
CACHES = {"simplecache", "filecache", "blockcache", "cached"}
_LOCAL = ("file://", "local://")
_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://|::")
_TRIES = re.compile(r" \(reached max retries: \d+\)")  # of botocore, which tries once
_opening = Lock()


def is_local(url: str) -> bool:
    """Whether this is a path on this machine; one that exists is, whatever it looks like."""
    return url.startswith(_LOCAL) or os.path.lexists(url) or _URL.search(url) is None


def resolve(url: str) -> tuple[AbstractFileSystem, str]:
    """The file system that a path or URL is in, and its path there.

    Raises:
        OptionError: no such kind of URL, or one of a cache. MissingExtraError: what it needs isn't
            installed.
        InputError: the archive that it is in can't be opened.
    """
    if is_local(url):
        path = LocalFileSystem._strip_protocol(url) if url.startswith(_LOCAL) else url
        return fsspec.filesystem("file"), os.path.abspath(path)
    head, chained, rest = url.partition("::")
    if not chained:
        return _opened(url)
    kind, _, inside = head.partition("://")
    if kind in CACHES:
        raise OptionError(
            f"{url}: {kind}:: keeps copies of what it reads, of which there is no use here; name "
            f"{rest} itself"
        )
    chain = f"{kind}://::{rest}"
    stamp = stamp_of(Path(resolve(rest)[1])) if is_local(rest) else ()
    with _opening:  # the directory of an archive is read once, unless another one is there
        try:
            return _archive(chain, stamp), inside
        except InputError as error:
            error.args = (str(error).replace(chain, url, 1),)
            raise


@lru_cache(CHAINS)
def _archive(chain: str, _stamp: tuple[int, ...]) -> AbstractFileSystem:
    return _opened(chain)[0]


def _opened(url: str) -> tuple[AbstractFileSystem, str]:
    kind = re.split("://|::", url)[0]
    try:
        if re.search(r"(?:^|::)s3a?://", url):
            without_retries(fsspec.filesystem("s3"))  # the one that fsspec gives this thread
        system, path = retried(fsspec.core.url_to_fs, url)
    except ImportError as error:
        package = {"gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}.get(kind, "s3fs")
        line = f"pip install {package}"
        if package == "s3fs" and not kind.startswith("s3"):
            raise InputError(f"{url}: {kind}:// can't be opened: {first_line(error)}") from error
        raise MissingExtraError(package, "scale", command=line) from error
    except ValueError as error:
        if "Protocol not known" not in str(error):
            raise InputError(f"{url}: cannot be opened: {first_line(error)}") from error
        raise OptionError(f"{url}: {kind}:// is no kind of URL that fsspec knows") from error
    except Exception as error:  # of an archive, or of a server
        raise InputError(f"{url}: cannot be opened: {reason_of(error)}") from error
    return system, path


def reason_of(error: BaseException) -> str:
    """Why storage failed, in short; says where credentials come from if it's for want of them."""
    if isinstance(error, BadZipFile) and isinstance(error.__context__, OSError):
        error = error.__context__
    said = first_line(error) if isinstance(error, Exception) else type(error).__name__
    if isinstance(error, FileNotFoundError):
        return "no such file" if "bucket" not in said.lower() else said
    if isinstance(error, PermissionError) and error.filename is not None:
        return error.strerror or said
    if isinstance(error, PermissionError) or "redential" in said:
        return f"{said}; credentials are those of the environment where this runs"
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    if getattr(error, "errno", None) == errno.EXDEV:
        return "it is on another disk than the rest; make each disk a DST of its own"
    return _TRIES.sub("", getattr(error, "strerror", None) or said)


@contextmanager
def fetched(url: str, folder: Path, size: int | None = None) -> Iterator[Path]:
    """A source as a local path: the file itself, or a whole copy in `folder` while the block lasts.

    Args:
        size: bytes that the listing said it has.

    Raises:
        InputError: it's gone, can't be read, or came short each time.
    """
    if is_local(url):
        path = Path(resolve(url)[1])
        if not path.exists():
            raise InputError(f"{url}: no such file")
        yield path
        return
    system, inside = resolve(url)
    copy = folder / f"source{PurePosixPath(inside).suffix}"
    try:
        try:
            retried(_copy, system, inside, copy, size)
        except PellucidError:
            raise
        except Exception as error:
            raise InputError(f"{url}: {reason_of(error)}") from error
        yield copy
    finally:
        remove(copy)


def _copy(system: Any, path: str, copy: Path, size: int | None) -> None:
    remove(copy)
    if copy.suffix.lower() == ZARR:
        system.get(path, str(copy), recursive=True)
        return
    # in one piece, as the parts of a file that changes meanwhile would be of different ones
    whole = {"max_concurrency": 1} if "s3" in kinds_of(system) else {}
    system.get_file(path, str(copy), **whole)
    got = copy.stat().st_size
    if got == size:
        return
    now = system.size(path)
    there = "" if now is None else f" of {now:,}"
    if size is not None:
        kind = ValueError if got == now else CutError  # of which another try may get more
        raise kind(f"{got:,} bytes came{there} ({size:,} when it was listed)")
    if now not in (None, got):
        raise CutError(f"{got:,} bytes came{there}")


def stamp_of(path: Path) -> tuple[int, ...]:
    """What changes with a file: size, time, number. Of a folder, or of nothing, it is empty."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return () if path.is_dir() else (found.st_size, found.st_mtime_ns, found.st_ino)


def remove(path: Path) -> None:
    """A file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def sha256_of(path: Path) -> tuple[int, str]:
    """Bytes and SHA-256, in hexadecimal, of a file; of a folder its files in order of their names.

    Raises InputError if it can't be read.
    """
    try:
        if not path.is_dir():
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256")
                return file.tell(), found.hexdigest()
        size, whole = 0, hashlib.sha256()
        for one in sorted(found for found in path.rglob("*") if found.is_file()):
            number, part = sha256_of(one)
            whole.update(f"{one.relative_to(path).as_posix()}\n{part}\n".encode())
            size += number
        return size, whole.hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason_of(error)}") from error
