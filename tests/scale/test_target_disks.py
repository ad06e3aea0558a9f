"""What goes wrong on this machine; tests may be run by who may write anywhere."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pellucid.errors import OutputError
from pellucid.scale.items import Row, State
from pellucid.scale.outputs import staged
from pellucid.scale.outputs.receipts import Receipts
from pellucid.scale.outputs.target import OWN, STAGED, Target
from program import ENVIRONMENT
from targets import DATA, Elsewhere, files, publish, there


@pytest.mark.parametrize("what", ["itself", "its folder", OWN, STAGED])
def test_a_file_where_a_folder_should_be(what: str, tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "out" / what if what in (OWN, STAGED) else tmp_path / "out"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"mine")
    target = Target(str(tmp_path / "out" / ("x" if what == "its folder" else "")))
    uses = [lambda: publish(target, "a.pel", folder)] + [target.check] * (what != STAGED)
    for use in uses:
        with pytest.raises(OutputError, match=r"cannot write .*(must be a folder|Not a directory)"):
            use()
    assert file.read_bytes() == b"mine"


def test_a_file_in_the_way_of_an_outputs_folder(target: Target, folder: Path) -> None:
    publish(target, "a", folder)
    if target.local or isinstance(target._system, Elsewhere):
        with pytest.raises(OutputError, match=r"cannot write .*a/b"):
            publish(target, "a/b", folder)
    assert there(target, "a", folder) == DATA


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_where_the_output_should_be(force: bool, local: Target, folder: Path) -> None:
    publish(local, "a/b", folder)
    with pytest.raises((OutputError, FileExistsError)):
        publish(local, "a", folder, force=force)
    assert there(local, "a/b", folder) == DATA


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
        (errno.ENOSPC, "No space left"),
        (errno.EDQUOT, "quota"),
        (errno.EXDEV, "on another disk .* a DST of its own"),
    ],
)
@pytest.mark.parametrize("function", ["link", "fsync"])
def test_a_disk_that_refuses(
    number: int, said: str, function: str, local: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_words: object) -> None:
        raise OSError(number, os.strerror(number), local.url)

    local.check()
    monkeypatch.setattr(os, function, refuse)
    with pytest.raises(OutputError, match=f"cannot write .*lock: .*{said}"):
        local.write(f"{OWN}/lock", b"x", new=True)
    monkeypatch.undo()
    assert local.own(OWN) == []


def test_a_full_disk(tmp_path: Path) -> None:
    """A child that may write no file of more than 10 kB."""
    program = """
        import resource, signal, sys
        from pathlib import Path
        from pellucid.errors import PellucidError
        from pellucid.scale.outputs.target import Target, OWN
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        target = Target(sys.argv[1])
        target.write(f"{OWN}/small", b"x" * 9_000)
        try:
            target.write(f"{OWN}/large", b"x" * 11_000)
        except PellucidError as error:
            print(error)
        try:
            with target.staging("a.pel", Path("none")) as one:
                one.path.write_bytes(b"x" * 11_000)
        except OSError as error:
            print(error.strerror)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
    )
    assert done.stdout.splitlines() == [
        f"cannot write {tmp_path}/{OWN}/large: File too large",
        "File too large",
    ]
    assert files(tmp_path) == [OWN, f"{OWN}/small", STAGED]


def test_a_file_system_without_links(
    local: Target, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_words: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    publish(local, "a.pel", folder)
    with pytest.raises(FileExistsError):
        publish(local, "a.pel", folder, b"other")
    assert there(local, "a.pel", folder) == DATA


def test_flushes_of_a_group(local: Target, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt is on the disk before outputs have their names."""
    flushed: Counter[str] = Counter()
    fsync = os.fsync

    def counted(number: int) -> None:
        flushed["folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file"] += 1
        fsync(number)

    monkeypatch.setattr(os, "fsync", counted)
    with local.staging("a.pel", folder) as one:
        one.path.write_bytes(DATA)
    Receipts(local, "run").write([(Row("u", State.DONE, "a.pel"), one)])
    assert flushed == {"file": 1, "folder": 1}
    local.publish(one, force=False)
    assert flushed == {"file": 1, "folder": 2}


def test_half_written_files_have_names_that_say_so(
    local: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[str] = []
    give_name: Callable[..., None] = staged.give_name

    def noted(temporary: Path, target: Path, **more: bool) -> None:
        named.append(temporary.name)
        give_name(temporary, target, **more)

    monkeypatch.setattr(staged, "give_name", noted)
    local.write(f"{OWN}/lock", b"x")
    assert staged.is_half(f"{OWN}/{named[0]}")
