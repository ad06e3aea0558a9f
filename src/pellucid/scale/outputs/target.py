"""Where outputs go: staged first, and published whole under their names, or not at all.

A folder: an output is made beside its place, on the same file system, and gets its name by a link,
which never replaces anything, or by a rename with `force`. Elsewhere: see `remote.py`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any

from pellucid.errors import OutputError, PellucidError
from pellucid.pixels.atomic import give_name
from pellucid.scale.outputs.remote import S3, Remote
from pellucid.scale.outputs.staged import Staged, is_half, make_folder, write_local
from pellucid.scale.places import OWN
from pellucid.scale.storage import fetched, is_local, reason_of, resolve, retried, sha256_of

__all__ = ["OWN", "RECEIPTS", "STAGED", "Staged", "StrangeError", "Target"]

STAGED = f"{OWN}/staged"
RECEIPTS = f"{OWN}/receipts"
LONGEST = 100  # bytes of a name that a staged one keeps
MOST_READ = 64 * 2**20  # bytes of a file of the run's own
ARCHIVES = {"zip", "tar", "libarchive"}
PROBE = f"{OWN}/.probe"
TOGETHER = 16  # files that are removed at once


class StrangeError(OutputError):
    """What lies where a run keeps its own files isn't of one."""


class Target:
    """A folder, or a URL below which outputs lie.

    It can be pickled, without credentials: wherever it comes to, those of that place count.
    """

    def __init__(self, url: str) -> None:
        """Raises OutputError for what can't be written by many at once; asks no server."""
        self.local = is_local(url)
        kind, chained, _ = ("", "", "") if self.local else url.partition("::")
        if chained and kind.partition("://")[0] in ARCHIVES:
            raise OutputError(
                f"{url} is in an archive, which several workers can't write; give a folder, and "
                "pack it afterwards"
            )
        if chained:
            raise OutputError(f"{url} is a chain of URLs, which can't be written; give one URL")
        system, self._root = resolve(url)
        head, mark, rest = url.rpartition("://")
        # of a path the whole, as a worker may be in another folder
        self.url = self._root if self.local else f"{head}{mark}{rest.rstrip('/')}"
        self._connect(system)
        if self._remote.kinds & {"http", "https"}:
            raise OutputError(
                f"{url} can't be written over HTTP; give a folder, or an object store"
            )

    def _connect(self, system: Any) -> None:
        self._system, self._remote = system, Remote(system)

    def __getstate__(self) -> dict[str, Any]:
        heeds = self._remote.heeds
        return {"url": self.url, "local": self.local, "_root": self._root, "heeds": heeds}

    def __setstate__(self, state: dict[str, Any]) -> None:
        heeds = state.pop("heeds")
        vars(self).update(state)
        self._connect(resolve(self.url)[0])
        self._remote.heeds = heeds

    def name(self, place: str) -> str:
        """Path or URL of a place, for people and for fsspec."""
        return os.path.join(self.url, place) if self.local else f"{self.url}/{place}"

    def key(self, place: str) -> str:
        """Path of a place in its file system; OutputError for one that would lie elsewhere."""
        parts = place.split("/")
        if (
            {"", ".", ".."} & set(parts)
            or "\0" in place
            or (os.sep != "/" and (os.sep in place or ":" in parts[0]))
            or (self._remote.kinds & S3 and "?versionId=" in place)  # s3fs leaves it out
        ):
            raise OutputError(f"{place!r} is no place below {self.url}")
        return os.path.join(self._root, *parts) if self.local else f"{self._root}/{place}"

    def output_key(self, place: str) -> str:
        """`key` of an output, which isn't where a run keeps its own files."""
        if place.split("/")[0].lower() == OWN:
            raise OutputError(
                f"{place!r} is no place for an output: a run keeps its own files there"
            )
        return self.key(place)

    def check(self) -> None:
        """Raise OutputError unless files can be written here."""
        probe = f"{PROBE}-{token_hex(8)}"
        self.write(probe, b"pellucid")
        with suppress(FileExistsError):
            self.write(probe, b"pellucid", new=True)
            self._remote.heeds = self.local  # a server that passes over conditions
        self.remove([probe])
        self._remote.remove_folder(self.key(OWN))  # unless something else is there

    def find(self, place: str) -> int | None:
        """Bytes of what is there; None if nothing is."""
        with self._writing(place):
            key = self.key(place)
            if not self.local:
                return self._remote.find(key)
            try:
                return os.lstat(key).st_size
            except FileNotFoundError:
                return None

    @contextmanager
    def staging(self, place: str, folder: Path) -> Iterator[Staged]:
        """A name to write an output to; `folder` is for what doesn't lie on this machine."""
        name = PurePosixPath(place).name
        name = name if len(os.fsencode(name)) <= LONGEST else PurePosixPath(name).suffix
        with self._writing(place):
            self.output_key(place)
            where = Path(self.key(STAGED)) if self.local else folder
            make_folder(where)
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
        """Give an output its name. What is there already is left if it is the same.

        Raises:
            FileExistsError: there is something else, and `force` is false. OutputError: it can't
                be.
        """
        with self._writing(staged.place):
            key = self.output_key(staged.place)
            try:
                if self.local:
                    make_folder(Path(key).parent)
                    give_name(staged.path, Path(key), force=force)
                    return
                if staged.path.is_dir():
                    raise OutputError(
                        f"{self.name(staged.place)}: a folder can't be written whole to "
                        f"{self.url}; choose another format, such as tif or npy"
                    )
                passing = self.key(f"{STAGED}/{token_hex(8)}")
                self._remote.publish(staged.path, staged.size, key, passing, force=force)
            except FileExistsError:  # perhaps by a try of ours whose answer was lost
                if not self.is_same(staged):
                    raise FileExistsError(f"{self.name(staged.place)} exists already") from None
            staged.drop()

    def is_same(self, staged: Staged) -> bool:
        """Whether what is there is what was staged."""
        with suppress(PellucidError):
            same = self.local or self.find(staged.place) == staged.size
            return same and self.sha256(staged.place) == staged.sha256
        return False

    def sha256(self, place: str) -> str:
        """Of what is there; "" if nothing is. Raises PellucidError if it can't be read."""
        try:
            self.key(place)
        except OutputError:  # nothing lies elsewhere
            return ""
        if self.find(place) is None:
            return ""
        with tempfile.TemporaryDirectory(prefix="pellucid-") as folder:
            key = self.key(place)
            with fetched(key if self.local else self.name(place), Path(folder)) as path:
                return sha256_of(path)[1]

    def write(self, place: str, data: bytes, *, new: bool = False) -> None:
        """Keep something of the run's own; FileExistsError if it must be `new` and isn't."""
        with self._writing(place):
            if self.local:
                write_local(Path(self.key(place)), data, new=new)
            else:
                self._remote.write(self.key(place), data, new=new)

    def read(self, place: str) -> bytes | None:
        """What was kept there; None if nothing is. StrangeError if that is very much."""
        size = self.find(place)
        if size is None:
            return None
        if size > MOST_READ:
            raise StrangeError(f"{self.name(place)} has {size:,} bytes, and isn't of a batch")
        with self._writing(place):
            try:
                found: bytes = retried(self._system.cat_file, self.key(place))
            except FileNotFoundError:
                return None
            except IsADirectoryError as error:
                raise StrangeError(
                    f"{self.name(place)} is a folder, and isn't of a batch"
                ) from error
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
        """Remove files of the run's own; those that are gone are.

        A server is sent several requests at once: a run removes a receipt for each of its groups.
        """
        if self.local:
            for place in places:
                self._remove(place)
            return
        with ThreadPoolExecutor(TOGETHER) as pool:
            list(pool.map(self._remove, places))

    def _remove(self, place: str) -> None:
        with self._writing(place), suppress(FileNotFoundError):
            retried(self._system.rm_file, self.key(place))

    def sweep(self) -> None:
        """Remove what runs have left staged or half written, and what then is empty."""
        for folder in (STAGED, RECEIPTS, OWN):
            with suppress(PellucidError):
                for place in self.own(folder):
                    if folder == STAGED or is_half(place):
                        with suppress(OSError):
                            self._system.rm(self.key(place), recursive=True)
        self.tidy()

    def tidy(self) -> None:
        """Remove the folders of a run's own that are empty."""
        for folder in (STAGED, RECEIPTS, OWN):
            self._remote.remove_folder(self.key(folder))

    @contextmanager
    def _writing(self, place: str) -> Iterator[None]:
        """What storage raises in the block is an OutputError that names the place."""
        try:
            yield
        except (PellucidError, FileExistsError):
            raise
        except Exception as error:
            raise OutputError(f"cannot write {self.name(place)}: {reason_of(error)}") from error
