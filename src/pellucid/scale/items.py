"""What goes round in a run: a picture to be done, what a verb does, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid import CompressOptions, CompressResult

CHECKED = "checked"  # the field of what a verb says that tells what a check has found


@dataclass(frozen=True, slots=True)
class Item:
    """A source as it was listed, before anything of it is read.

    Attributes:
        url: path or URL, as a person knows it; any worker opens it by this.
        place: its place below the target, names with "/" between; never absolute, never with "..".
        size: bytes; None where the listing doesn't say.
        stamp: changes when the source does: an ETag, or the time of its last change; "" if unknown.
    """

    url: str
    place: str
    size: int | None = None
    stamp: str = ""


class State(IntEnum):
    """How it stands with a picture; the numbers are in manifests."""

    WAITING = 0
    DONE = 1
    FAILED = 2
    THERE = 3  # its output was there before the run, and was passed over
    KEPT = 4  # nothing was made on purpose, as the output would have been larger


@dataclass(frozen=True)
class Made:
    """What a verb says of one picture.

    Attributes:
        fields: for a program, as `--json` gives them.
        remarks: for a person.
        damaged: it is done, but lacks what its source had lost.
        kept: why no output was made; "" if one was.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    damaged: bool = False
    kept: str = ""


@dataclass(frozen=True)
class InPieces:
    """How a verb makes the file of a large picture from pieces that many workers code.

    Attributes:
        options: the source's local path -> what it is compressed with.
        made: source, output, result -> what came of it; raises PellucidError where it isn't right.
    """

    options: Callable[[Path], CompressOptions]
    made: Callable[[Path, Path, CompressResult], Made]


@dataclass(frozen=True)
class Verb:
    """What is done with each picture. It is pickled, so that any worker can do it.

    Attributes:
        name: such as "compress".
        words: its options in words, the same for the same options; a manifest keeps them.
        work: source and target, both local paths -> what came of it; raises PellucidError. Without
            an output the target is None.
        output: place of a source -> place of its output; None if there are no outputs.
        suffixes: lower-case, of the files that are taken from folders and by globs.
        prints: name -> id of the models that it uses, as found where it is called: a worker where
            that isn't the same isn't given work. Raises PellucidError if one is missing.
        pieces: of a verb that compresses: how many workers make one file.
    """

    name: str
    words: str
    work: Callable[[Path, Path | None], Made]
    output: Callable[[str], str] | None
    suffixes: tuple[str, ...]
    prints: Callable[[], Mapping[str, str]]
    pieces: InPieces | None = None


@dataclass(frozen=True)
class Row:
    """What came of one picture: a row of the manifest.

    Attributes:
        url: of the source; place: of the output below the target, "" without one.
        size, sha256: bytes of the source that were read, and their hash; 0 and "" if it can't be
            read.
        written, written_sha256: the same of the output.
        seconds: of reading, working and writing.
        error, message: class and text of what went wrong, "" if nothing did. Of KEPT the text says
            why.
        made: what the verb said.
        version, models, worker: who did it; models are name and id, with commas between.
    """

    url: str
    state: State
    place: str = ""
    size: int = 0
    sha256: str = ""
    written: int = 0
    written_sha256: str = ""
    seconds: float = 0.0
    error: str = ""
    message: str = ""
    made: Made = field(default_factory=Made)
    version: str = ""
    models: str = ""
    worker: str = ""
