"""Verbs for tests of batches, which any worker can import, and a program that does one."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

from pellucid.scale.items import Made, Verb
from pellucid.scale.run import BatchOptions, run_batch

DEADLY = "deadly"  # in the name of a source at which its worker dies


def copied(source: Path, target: Path | None) -> Made:
    """A copy, slow enough that a run can be cut off in the midst of it."""
    assert target is not None
    if DEADLY in source.name:
        os._exit(9)
    with target.open("wb") as file:
        data = source.read_bytes()
        file.write(data[: len(data) // 2])
        file.flush()
        time.sleep(0.03)
        file.write(data[len(data) // 2 :])
    return Made({"bytes": len(data)})


def counted(source: Path, target: Path | None) -> Made:
    """Reads only."""
    return Made({"bytes": source.stat().st_size})


def copy_of(place: str) -> str:
    """The name of a copy."""
    return f"{place}.copy"


def no_models() -> Mapping[str, str]:
    """For verbs without a model."""
    return {}


def changing() -> Mapping[str, str]:
    """A model that is another one each time."""
    return {"m": str(next(TIMES))}


TIMES = count()
COPY = Verb("copy", "", copied, copy_of, (".bin",), no_models)
COUNT = Verb("count", "", counted, None, (".bin",), no_models)


def make_sources(folder: Path, number: int) -> dict[str, bytes]:
    """Files of different bytes, in some folders; place -> bytes."""
    made = {}
    for index in range(number):
        place = f"{index % 3}/{index:04}.bin"
        made[place] = f"{index} ".encode() * 500
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(made[place])
    return made


def files_below(folder: Path) -> dict[str, bytes]:
    """Place -> bytes of all files below a folder but the manifest and what belongs to it."""
    found = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a run that goes on may remove it
            if path.is_file() and not path.name.startswith("pellucid-batch."):
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def remove(folder: Path) -> None:
    """A folder that may be there."""
    shutil.rmtree(folder, ignore_errors=True)


def main(source: str, target: str, *more: str) -> None:
    """Copy all of `source`; `more` are "resume" and the address of a scheduler."""
    options = BatchOptions(
        source=source,
        target=target,
        resume="resume" in more,
        scheduler=next((word for word in more if "://" in word), None),
        workers=None if any("://" in word for word in more) else 2,
    )
    run_batch(COPY, options, lambda _counts, _workers: None, sys.stdout.write)
    sys.stdout.write("ended")


if __name__ == "__main__":
    main(*sys.argv[1:])
