"""Manifests that can't be used: another's, another run's, something else, damaged, a full disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from manifests import ABOUT, done, failed, items, opened, output, recounted, told
from pellucid.errors import InputError, OptionError, OutputError
from pellucid.scale.items import State
from pellucid.scale.manifest.schema import APPLICATION, VERSION
from program import WITH_TESTS


def begun(path: Path, count: int = 3) -> bytes:
    with opened(path) as manifest:
        manifest.add(items(count), output)
    return path.read_bytes()


def test_a_run_is_not_begun_over_another(path):
    before = begun(path)
    with pytest.raises(OutputError, match=r"run\.sqlite exists already: go on .* by --resume"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["verb", "words", "source", "target"])
def test_only_the_same_run_is_resumed(path, name):
    begun(path)
    said = rf"run\.sqlite is of another run: its {name} is '{ABOUT[name]}', not 'other'; resume"
    with pytest.raises(OptionError, match=said):
        opened(path, resume=True, **{name: "other"})
    with opened(path, resume=True, version="0.2.0") as manifest:
        assert manifest.about["version"] == "0.1.0"


def test_it_is_one_file_when_it_is_closed(path):
    begun(path)
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("resume", [False, True])
def test_one_client_at_a_time(path, resume):
    """In this process and from another one; nothing is waited for."""
    with opened(path) as manifest:
        if resume:
            with pytest.raises(OutputError, match=r"another batch uses .*run\.sqlite; wait"):
                opened(path, resume=True)
        code = (
            "import sys; from pathlib import Path; from manifests import opened\n"
            "from pellucid.errors import OutputError\n"
            "try: opened(Path(sys.argv[1]), resume=True)\n"
            "except OutputError as error: print(error)"
        )
        command = [sys.executable, "-c", code, str(path)]
        said = subprocess.run(command, env=WITH_TESTS, capture_output=True, text=True, check=True)
        assert "another batch uses" in said.stdout
        manifest.add(items(1), output)
    with opened(path, resume=True) as manifest:
        assert manifest.counts().total == 1


@pytest.mark.parametrize("data", [b"", b"a picture, say" * 500, b"SQLite format 3\0" + bytes(5000)])
def test_other_files_are_refused_and_left_alone(path, data):
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"run\.sqlite is (damaged, or )?no manifest of a batch"):
        opened(path, resume=True)
    assert path.read_bytes() == data


def test_other_databases_are_refused(path):
    with closing(sqlite3.connect(path)) as data:
        data.execute("CREATE TABLE picture (a)")
    before = path.read_bytes()
    with pytest.raises(InputError, match="no manifest of a batch; name another"):
        opened(path, resume=True)
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused(path):
    begun(path)
    with closing(sqlite3.connect(path)) as data:
        data.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(InputError, match=rf"a manifest of version {VERSION + 1}, of a newer"):
        opened(path, resume=True)


def test_a_manifest_without_its_tables_is_damaged(path):
    with closing(sqlite3.connect(path)) as data:
        data.execute(f"PRAGMA application_id = {APPLICATION}")
        data.execute(f"PRAGMA user_version = {VERSION}")
        data.execute("CREATE TABLE run (key, value)")
    with pytest.raises(InputError, match=r"is damaged.*\(no doer in it\)"):
        opened(path, resume=True)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_cut_file_is_damaged(path, kept):
    data = begun(path, 2000)
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(InputError, match=r"run\.sqlite is damaged"):
        opened(path, resume=True)


def test_damage_that_is_found_later_is_named(path):
    data = bytearray(begun(path, 2000))
    page = 4096
    with closing(sqlite3.connect(path)) as asked:
        query = "SELECT rootpage FROM sqlite_master WHERE name LIKE 'sqlite_autoindex_picture%'"
        ((root,),) = asked.execute(query)
    data[page * (root - 1) : page * root] = b"\xaa" * page  # the urls' index
    path.write_bytes(data)
    with opened(path, resume=True) as manifest:
        before = told(manifest)
        for act in (
            lambda: manifest.add(items(10), output),
            lambda: manifest.record([done(one) for one in items(2)]),
            lambda: manifest.give_back(items(2)),
        ):
            with pytest.raises(InputError, match=r"run\.sqlite is damaged"):
                act()
        assert told(manifest) == before


def test_a_log_without_its_manifest_is_refused(path):
    path.with_name("run.sqlite-wal").write_bytes(b"x")
    with pytest.raises(OutputError, match=r"run\.sqlite-wal is left of a manifest that is gone"):
        opened(path)
    assert not path.exists()


@pytest.mark.parametrize("name", ["missing/run.sqlite", "."])
def test_where_no_file_can_be_made(tmp_path, name):
    with pytest.raises(OutputError, match=r"cannot write|exists already"):
        opened(tmp_path / name)
    with pytest.raises(OutputError, match="cannot write"):
        opened(tmp_path / name, resume=True)


def test_a_full_disk_costs_only_what_was_not_yet_written(path):
    with opened(path) as manifest:
        manifest.add(items(500), output)
        manifest.record([done(one) for one in items(100)])
        before = told(manifest)
        (pages,) = manifest.ask("PRAGMA page_count")[0]
        manifest.ask(f"PRAGMA max_page_count = {pages}")
        for act in (
            lambda: manifest.add(items(500, 500), output),
            lambda: manifest.record([failed(one, message="x" * 5000) for one in items(90, 100)]),
        ):
            with pytest.raises(OutputError, match=r"cannot write .*run\.sqlite: the disk is full"):
                act()
        assert told(manifest) == before
        manifest.ask(f"PRAGMA max_page_count = {pages * 99}")  # there is room again
        manifest.record([failed(one) for one in items(9, 100)])
        said = told(manifest)
    assert said == recounted(path)


def test_a_disk_that_became_read_only(path):
    with opened(path) as manifest:
        manifest.ask("PRAGMA query_only = 1")
        with pytest.raises(
            OutputError, match=r"cannot write .*run\.sqlite: it can't be written to"
        ):
            manifest.add(items(1), output)
        with pytest.raises(OutputError, match="cannot write"):
            manifest.mark_listed()
        assert not manifest.is_listed
        assert manifest.counts().total == 0


def test_mistakes_in_a_question_are_not_hidden(path):
    with opened(path) as manifest, pytest.raises(sqlite3.OperationalError, match="no such column"):
        manifest.ask("SELECT none_such FROM picture")


def test_people_can_read_it(path):
    with opened(path) as manifest:
        manifest.add(items(4), output)
        manifest.record([done(items(1)[0]), failed(items(2)[1])])
    with closing(sqlite3.connect(path)) as data:
        data.row_factory = sqlite3.Row
        assert {row["state"] for row in data.execute("SELECT * FROM pictures")} == {
            state.name.lower() for state in (State.DONE, State.FAILED, State.WAITING)
        }
        (one,) = data.execute("SELECT * FROM done")
        assert (one["url"], one["output"], one["percent"]) == ("photos/0/0.jpg", "0/0.jpg.pel", 25)
        assert len(one["sha256"]) == 64
        (one,) = data.execute("SELECT * FROM failed")
        assert (one["error"], one["message"]) == ("InputError", "no picture")


def test_every_search_uses_an_index(path):
    """A restart of 10^8 pictures mustn't read them all but once, to count them."""
    questions = {
        "SELECT id FROM picture WHERE state = 0 AND id > 5 ORDER BY id LIMIT 9": "waiting",
        "SELECT id FROM picture WHERE url IN ('a', 'b')": "sqlite_autoindex_picture",
        "SELECT id FROM picture WHERE output IN ('a', 'b')": "one_source_an_output",
        "UPDATE picture SET state = 0 WHERE state = 2 AND doer IS NOT NULL": "by_error",
    }
    with opened(path) as manifest:
        for question, index in questions.items():
            plan = " ".join(row[-1] for row in manifest.ask(f"EXPLAIN QUERY PLAN {question}"))
            assert index in plan
            assert "B-TREE" not in plan
