"""Where outputs go: staged first, and published whole under their names, or not at all.

A folder: an output is made beside its place, on the same file system, and gets its name by a link,
which never replaces anything, or by a rename with `force`. An object store: a PUT appears whole or
not at all, and on the condition that there is nothing; so there is no temporary key, whose copy
and removal would cost two more requests each. Any other file system: a temporary name, then a move.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from secrets import token_hex

from pellucid.errors import OutputError, PellucidError
from pellucid.pixels.atomic import give_name
from pellucid.scale.retrying import CutError
from pellucid.scale.storage import fetched, is_local, reason_of, resolve, retried, sha256_of

OWN = ".pellucid"  # folder of a run's own files, below the target
STAGED = f"{OWN}/staged"
LONGEST = 100  # characters of a name that a staged one keeps
OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "az", "oci", "oss"}
ARCHIVES = {"zip", "tar", "libarchive"}


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
        if self.path.is_dir():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)


class Target:
    """A folder, or a URL below which outputs lie; it can be pickled."""

    def __init__(self, url: str) -> None:
        """Raises OutputError for what can't be written by many at once; asks no server."""
        self.url = url.rstrip("/") or "/"
        self.local = is_local(url)
        self._system, self._root = resolve(url)
        kinds = self._system.protocol
        self._kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        if self._kinds & ARCHIVES:
            raise OutputError(
                f"{url} is in an archive, which several workers can't write; give a folder, and "
                "pack it afterwards"
            )
        if self._kinds & {"http", "https"}:
            raise OutputError(
                f"{url} can't be written over HTTP; give a folder, or an object store"
            )

    def name(self, place: str) -> str:
        """Path or URL of a place, for people and for fsspec."""
        return os.path.join(self.url, place) if self.local else f"{self.url}/{place}"

    def key(self, place: str) -> str:
        """Path of a place in its file system; OutputError for one that would lie elsewhere."""
        parts = place.split("/")
        if {"", ".", ".."} & set(parts) or "\0" in place or (os.sep != "/" and os.sep in place):
            raise OutputError(f"{place!r} is no place below {self.url}")
        return os.path.join(self._root, *parts) if self.local else f"{self._root}/{place}"

    def check(self) -> None:
        """Raise OutputError unless files can be written here."""
        probe = f"{OWN}/probe-{token_hex(4)}"
        self.write(probe, b"pellucid")
        self.remove([probe])

    def find(self, place: str) -> int | None:
        """Bytes of what is there; None if nothing is."""
        with self._writing(place):
            if self.local:
                key = self.key(place)
                return os.lstat(key).st_size if os.path.lexists(key) else None
            try:
                return int(retried(self._system.info, self.key(place))["size"] or 0)
            except FileNotFoundError:
                return None

    @contextmanager
    def staging(self, place: str, folder: Path) -> Iterator[Staged]:
        """A name to write an output to; `folder` is for what doesn't lie on this machine."""
        name = PurePosixPath(place).name
        name = name if len(name) <= LONGEST else PurePosixPath(name).suffix
        with self._writing(place):
            self.key(place)
            where = Path(self.key(STAGED)) if self.local else folder
            where.mkdir(parents=True, exist_ok=True)
        staged = Staged(place, where / f"{token_hex(8)}-{name}")
        try:
            yield staged
            if staged.path.exists():
                staged.size, staged.sha256 = sha256_of(staged.path)
        except BaseException as error:
            staged.drop()
            if isinstance(error, PellucidError):  # the staged name says nothing to a person
                error.args = (str(error).replace(str(staged.path), self.name(place)),)
            raise

    def publish(self, staged: Staged, *, force: bool) -> None:
        """Give an output its name.

        Raises:
            FileExistsError: there is something, and `force` is false. OutputError: it can't be.
        """
        with self._writing(staged.place):
            if self.local:
                final = Path(self.key(staged.place))
                final.parent.mkdir(parents=True, exist_ok=True)
                give_name(staged.path, final, force=force)
            elif staged.path.is_dir():
                raise OutputError(
                    f"{self.name(staged.place)}: a folder can't be written whole to {self.url}; "
                    "choose another format, such as tif or npy"
                )
            else:
                self._send(staged, force=force)
                staged.drop()

    def _send(self, staged: Staged, *, force: bool) -> None:
        key = self.key(staged.place)
        final = key if self._kinds & OBJECT_STORES else self.key(f"{STAGED}/{token_hex(8)}")
        mode = "overwrite" if force or final != key else "create"
        try:
            retried(self._put, str(staged.path), final, mode, staged)
        except FileExistsError:
            raise
        except OSError as error:
            if mode == "overwrite" or not is_unknown(error):
                raise
            if self._system.exists(key):  # a server that knows no conditions
                raise FileExistsError(f"{self.name(staged.place)} exists already") from error
            retried(self._put, str(staged.path), final, "overwrite", staged)
        if final != key:
            if self._system.exists(key) and not force:
                self._system.rm_file(final)
                raise FileExistsError(f"{self.name(staged.place)} exists already")
            self._system.makedirs(key.rpartition("/")[0], exist_ok=True)
            retried(self._system.mv, final, key)

    def _put(self, path: str, key: str, mode: str, staged: Staged) -> None:
        self._system.put_file(path, key, mode=mode)
        self._system.invalidate_cache(key.rpartition("/")[0])
        size = self._system.info(key)["size"]
        if size != staged.size:
            self._system.rm_file(key)
            raise CutError(f"{size:,} bytes of {staged.size:,} arrived")

    def sha256(self, place: str) -> str:
        """Of what is there; "" if nothing is, or it can't be read."""
        with (
            suppress(PellucidError),
            tempfile.TemporaryDirectory(prefix="pellucid-") as folder,
            fetched(self.name(place), Path(folder)) as path,
        ):
            return sha256_of(path)[1]
        return ""

    def write(self, place: str, data: bytes, *, new: bool = False) -> None:
        """Keep something of the run's own; FileExistsError if it must be `new` and isn't."""
        with self._writing(place):
            if self.local:
                write_local(Path(self.key(place)), data, new=new)
                return
            mode = "create" if new else "overwrite"
            self._system.makedirs(self.key(place).rpartition("/")[0], exist_ok=True)
            retried(self._system.pipe_file, self.key(place), data, mode=mode)

    def read(self, place: str) -> bytes | None:
        """What was kept there; None if nothing is."""
        with self._writing(place):
            try:
                found: bytes = retried(self._system.cat_file, self.key(place))
            except FileNotFoundError:
                return None
            return found

    def own(self, folder: str) -> list[str]:
        """Places of the files in a folder of the run's own."""
        with self._writing(folder):
            self._system.invalidate_cache()
            try:
                names = retried(self._system.ls, self.key(folder), detail=False)
            except FileNotFoundError:
                return []
        return [f"{folder}/{PurePosixPath(Path(name).as_posix()).name}" for name in names]

    def remove(self, places: list[str]) -> None:
        """Remove files of the run's own; those that are gone are."""
        for place in places:
            with self._writing(place), suppress(FileNotFoundError):
                retried(self._system.rm_file, self.key(place))

    def sweep(self) -> None:
        """Remove what runs have left staged, and the folders of a run's own that are empty."""
        with suppress(PellucidError):
            for place in self.own(STAGED):
                with suppress(OSError):
                    self._system.rm(self.key(place), recursive=True)
        self.tidy()

    def tidy(self) -> None:
        """Remove the folders of a run's own that are empty."""
        for folder in (STAGED, f"{OWN}/receipts", OWN) if self.local else ():
            with suppress(OSError):
                os.rmdir(self.key(folder))

    @contextmanager
    def _writing(self, place: str) -> Iterator[None]:
        """What storage raises in the block is an OutputError that names the place."""
        try:
            yield
        except (PellucidError, FileExistsError, FileNotFoundError) as error:
            if isinstance(error, FileNotFoundError):
                raise OutputError(f"cannot write {self.name(place)}: {reason_of(error)}") from error
            raise
        except Exception as error:
            raise OutputError(f"cannot write {self.name(place)}: {reason_of(error)}") from error


def is_unknown(error: OSError) -> bool:
    """Whether a server says that it knows no conditional requests."""
    return "NotImplemented" in f"{error} {error.__cause__}"


def write_local(path: Path, data: bytes, *, new: bool) -> None:
    """Write a small file whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{token_hex(8)}")
    try:
        temporary.write_bytes(data)
        give_name(temporary, path, force=not new)
    finally:
        temporary.unlink(missing_ok=True)
