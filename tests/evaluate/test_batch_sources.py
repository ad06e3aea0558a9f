"""What stands beside a measurement of `bench batch`: folders of sources, and servers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from pellucid.errors import InputError, OutputError, PellucidError
from pellucid.evaluate.benches import (
    batch_servers,
    batch_sources,
)
from pellucid.evaluate.benches.batch_rows import FREE, GET, LIST, PUT


def test_tiny_files_and_what_was_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_sources, "IN_FOLDER", 4)
    monkeypatch.setattr(batch_sources, "OF_FILE", 8)
    (tmp_path / "tiny-10.part" / "left").mkdir(parents=True)
    made = batch_sources.tiny_files(tmp_path, 10)
    files = sorted(path for path in made.rglob("*") if path.is_file())
    assert [path.relative_to(made).as_posix() for path in files[3:5]] == [
        "00000/000000003.jpg",
        "00001/000000004.jpg",
    ]
    assert (len(files), len({path.stat().st_ino for path in files})) == (10, 2)
    before = files[0].stat().st_mtime_ns
    assert batch_sources.tiny_files(tmp_path, 10) == made
    assert files[0].stat().st_mtime_ns == before
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="can't write to"):
        batch_sources.tiny_files(tmp_path / "file", 3)


def test_photographs_come_again(tmp_path: Path, photographs: Path) -> None:
    made = batch_sources.photographs(tmp_path, photographs, 5)
    names = sorted(path.name for path in made.iterdir())
    assert names == ["00000-0.png", "00001-1.png", "00002-0.png", "00003-1.png", "00004-0.png"]
    assert batch_sources.pixels_of(made) == 5 * 96 * 128
    with pytest.raises(InputError, match="isn't a folder"):
        batch_sources.photographs(tmp_path, tmp_path / "none", 5)


def test_a_large_photograph(tmp_path: Path, photographs: Path) -> None:
    made = batch_sources.photograph(tmp_path, photographs, 0.04)
    with Image.open(made / "1.jpg") as one, Image.open(made / "2.jpg") as two:
        assert one.size == two.size == (200, 200)
        assert one.format == "JPEG"


def test_requests_by_their_price() -> None:
    kinds = {
        ("PUT", "/pictures/a.jpg"): PUT,
        ("POST", "/pictures/a.jpg?uploads"): PUT,
        ("POST", "/pictures?delete"): FREE,
        ("DELETE", "/pictures/a.jpg"): FREE,
        ("HEAD", "/pictures/a.jpg"): GET,
        ("GET", "/pictures/prefix/a.jpg"): GET,
        ("GET", "/pictures?list-type=2&prefix=a"): LIST,
        ("GET", "/"): LIST,
    }
    assert {request: batch_servers.kind_of(*request) for request in kinds} == kinds


def test_requests_are_counted_in_the_log_of_the_server(tmp_path: Path) -> None:
    log = tmp_path / "s3.log"
    log.write_text(
        'loading\n127.0.0.1 - - [01/Dec] "PUT /pictures/a HTTP/1.1" 200 -\n'
        '127.0.0.1 - - [01/Dec] "\x1b[33mHEAD /pictures/b HTTP/1.1\x1b[0m" 404 -\n'
        '127.0.0.1 - - [01/Dec] "\x1b[35m\x1b[1mDELETE /pictures/a HTTP/1.1\x1b[0m" 204 -\n'
    )
    assert batch_servers.Bucket("s3://pictures", log).requests() == {PUT: 1, GET: 1, FREE: 1}


def test_a_server_that_does_not_start_is_told(tmp_path: Path) -> None:
    log = tmp_path / "thing.log"
    with (
        batch_servers.process(log, "no_such_module") as server,
        pytest.raises(PellucidError, match=r"thing: .*No module named no_such_module"),
    ):
        batch_servers.wait_for(server, log, tmp_path / "never")
    assert server.wait() != 0


def test_the_memory_of_a_process_that_is_gone() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with pytest.raises(PellucidError, match="only be seen on Linux"):
        batch_servers.Scheduler("", gone.pid).peak_mb()


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of another process")
def test_what_a_process_takes() -> None:
    this = batch_servers.Scheduler("", os.getpid())
    assert this.cpu() > 0
    assert 20 < this.peak_mb() < 100_000
