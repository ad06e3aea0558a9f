"""Folders, patterns and files of this machine as sources."""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from listed import SUFFIXES, Listed
from pellucid.errors import InputError, OptionError
from pellucid.scale.items import Item
from pellucid.scale.sources.find import find_sources
from pellucid.scale.sources.kinds import kind_of


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the current one with a bit of everything."""
    monkeypatch.chdir(tmp_path)
    files = ["1.jpg", "2024-05/x1.JPG", "2024-05/deep/y.png", "2025-01/x2.png", "note.txt", "raw"]
    files += [".hidden.jpg", ".cache/z.jpg", ".pellucid/staged/a.jpg", "s.zarr/0/c.jpg"]
    for name in files:
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    return tmp_path / "photos"


def test_all_below_a_folder(photos: Path) -> None:
    listed = Listed("photos")
    assert listed.places == [
        *("1.jpg", "2024-05/deep/y.png", "2024-05/x1.JPG", "2025-01/x2.png", "s.zarr")
    ]
    assert listed.passed == {".txt": 1, "": 1}
    assert listed.told == []


def test_an_item_says_where_it_is_and_what_the_disk_knows(photos: Path) -> None:
    items = {item.place: item for item in Listed("photos/").items}
    changed = (photos / "1.jpg").stat().st_mtime_ns
    assert items["1.jpg"] == Item(str(photos / "1.jpg"), "1.jpg", 5, str(changed))
    assert items["s.zarr"] == Item(str(photos / "s.zarr"), "s.zarr", None, "")


def test_a_changed_file_has_another_stamp(photos: Path) -> None:
    (before,) = Listed("photos/1.jpg").items
    os.utime(photos / "1.jpg", ns=(1, 1))
    (after,) = Listed("photos/1.jpg").items
    assert before.url == after.url
    assert before.stamp != after.stamp


def test_the_current_folder_doesnt_matter_to_workers(photos: Path) -> None:
    assert all(os.path.isabs(item.url) for item in Listed("photos").items)
    os.chdir(photos)
    assert Listed(".").places == Listed("../photos").places == Listed(photos.as_uri()).places


def test_links_to_files_are_taken_and_to_folders_are_not(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away/far.png").touch()
    (photos / "link.png").symlink_to(tmp_path / "away/far.png")
    (photos / "loop").symlink_to(".", target_is_directory=True)
    (photos / "away").symlink_to(tmp_path / "away", target_is_directory=True)
    (photos / "broken.png").symlink_to("nowhere.png")
    listed = Listed("photos")
    assert "link.png" in listed.places
    assert not [place for place in listed.places if place.startswith(("loop", "away", "broken"))]
    assert listed.passed == {".txt": 1, "": 1}
    assert listed.told == [f"{photos / 'broken.png'}: neither a file nor a link to one"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of Unix")
def test_a_pipe_called_like_a_picture_is_not_opened(photos: Path) -> None:
    os.mkfifo(photos / "pipe.jpg")
    assert Listed("photos").told == [f"{photos}/pipe.jpg: neither a file nor a link to one"]


def test_a_store_is_passed_by_where_none_is_wanted(photos: Path) -> None:
    passed: Counter[str] = Counter()
    places = {item.place for item in find_sources("photos", (".jpg",), passed)}
    assert places == {"1.jpg", "2024-05/x1.JPG"}
    assert passed == {".png": 2, ".txt": 1, "": 1, ".zarr": 1}


def test_a_folder_that_cannot_be_read_is_a_remark(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    def scandir(path: str) -> object:
        if os.path.basename(path) == "2024-05":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    listed = Listed("photos")
    assert listed.places == ["1.jpg", "2025-01/x2.png", "s.zarr"]
    assert listed.told == [f"{photos / '2024-05'}: the folder can't be read: Permission denied"]
    with pytest.raises(InputError, match="2024-05: cannot be read: Permission denied"):
        Listed("photos/2024-05")


def test_a_file_that_vanishes_meanwhile_is_a_remark(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(b"")
    told: list[str] = []
    found = find_sources(str(tmp_path), SUFFIXES, Counter(), None, told.append)
    first = next(found)
    gone, other = {"a.png", "b.png", "c.png"} - {first.place}
    (tmp_path / gone).unlink()
    assert [item.place for item in found] == [other]
    assert told == [f"{tmp_path / gone}: it can't be looked at: No such file or directory"]


def test_suffixes_that_are_passed_are_counted_within_bounds(tmp_path: Path) -> None:
    for number in range(1500):
        (tmp_path / f"a.{number}").touch()
    (tmp_path / "a.jpg").touch()
    listed = Listed(str(tmp_path))
    assert len(listed.passed) == 1001
    assert listed.passed.total() == 1500
    assert listed.passed["others"] == 500


PATTERNS = {
    "photos/*.jpg": ["1.jpg"],
    "photos/**/*.jpg": ["1.jpg"],
    "photos/**/*.[jJ][pP][gG]": ["1.jpg", "2024-05/x1.JPG"],
    "photos/2024-*/*": ["2024-05/x1.JPG"],
    "photos/2024-05/*": ["x1.JPG"],
    "photos/202?-0[!5]/**": ["2025-01/x2.png"],
    "photos/*/**": ["2024-05/deep/y.png", "2024-05/x1.JPG", "2025-01/x2.png"],
    "photos/n*": ["note.txt"],
    "photos/*.zarr": ["s.zarr"],
    "photos/.*/*.jpg": [".cache/z.jpg"],
    "photos/**/.*": [".hidden.jpg"],
    "photos/?.jpg": ["1.jpg"],
    "p*/1.jpg": ["photos/1.jpg"],
    "*/*/*/*.png": ["photos/2024-05/deep/y.png"],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns(photos: Path, pattern: str) -> None:
    listed = Listed(pattern)
    assert listed.places == PATTERNS[pattern]
    assert not listed.passed
    assert [item.place for item in Listed(str(photos.parent / pattern)).items] == [
        item.place for item in listed.items
    ]


def test_folders_that_a_pattern_rules_out_are_not_read(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, read = os.scandir, []

    def scandir(path: str) -> object:
        read.append(os.path.relpath(path, photos))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    Listed("photos/2024-*/*.JPG")
    assert sorted(read) == [".", "2024-05"]


def test_what_exists_is_no_pattern(photos: Path) -> None:
    (photos / "a[1].jpg").touch()
    (photos / "b[1]").mkdir()
    (photos / "b[1]/c.jpg").touch()
    assert Listed("photos/a[1].jpg").places == ["a[1].jpg"]
    assert Listed("photos/b[1]").places == ["c.jpg"]


KINDS = {
    "photos": "a folder",
    "photos/": "a folder",
    "photos/*.gif": "a pattern",
    "photos/1.jpg": "a file",
    "photos/raw": "a file",
    "photos/s.zarr": "a file",
    "photos/s.zarr/": "a file",
    "photos/note.txt": "a list",
    "-": "a list",
    "m.parquet": "a Parquet manifest",
    "parts.parquet": "a Parquet manifest",
    "folder.lst": "a folder",
}


@pytest.mark.parametrize("source", KINDS)
def test_kinds_in_words(photos: Path, source: str) -> None:
    Path("m.parquet").touch()
    Path("parts.parquet").mkdir()
    Path("folder.lst").mkdir()
    assert kind_of(source).value == KINDS[source]


REFUSED = {
    "nope": "nope: no such file or folder",
    "nope.txt": "nope.txt: no such file or folder",
    "nope.parquet": "nope.parquet: no such file or folder",
    "photos/1.jpg/x": "photos/1.jpg/x: no such file or folder",
    "nope/*.jpg": "nope/*.jpg: no such file or folder",
    "photos/2024-05/deep/*.jpg": "no file matches photos/2024-05/deep/*.jpg",
    "photos/2*": "no file matches photos/2*; what is in folders, /** at its end matches",
    "photos/a**": "'a**' is no pattern: Invalid pattern: '**' can only be an entire",
    "empty": "empty holds no files named *.jpg *.png *.zarr",
    "": "the source '' is no name: nothing but spaces",
    "a\0b": "a NUL",
    "a\udcff": "not UTF-8",
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_is_no_source(photos: Path, source: str) -> None:
    Path("empty").mkdir()
    Path("empty/a.gif").touch()
    with pytest.raises(InputError) as raised:
        Listed(source)
    assert REFUSED[source] in str(raised.value)


def test_a_source_that_is_missing_is_refused_before_iterating() -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        find_sources("nowhere", SUFFIXES, Counter())


def test_a_target_below_the_source_is_passed_by(photos: Path) -> None:
    (photos / "small/2024").mkdir(parents=True)
    (photos / "small/2024/1.jpg.png").touch()
    (photos / "small.jpg").touch()
    (photos.parent / "alias").symlink_to(photos / "small", target_is_directory=True)
    without = [place for place in Listed("photos").places if not place.startswith("small/")]
    for target in ("photos/small", f"{photos}/small/", "alias", (photos / "small").as_uri()):
        assert Listed("photos", target).places == without
        assert not any("small/" in place for place in Listed("photos/**", target).places)
    assert "small.jpg" in without


def test_a_target_elsewhere_changes_nothing(photos: Path) -> None:
    Path("out").mkdir()
    everything = Listed("photos").places
    for target in ("out", ".", "not there", "memory://photos"):
        assert Listed("photos", target).places == everything


@pytest.mark.parametrize("source", ["photos", "photos/*"])
def test_the_source_as_its_own_target_is_refused(photos: Path, source: str) -> None:
    with pytest.raises(OptionError, match="outputs there would become sources"):
        Listed(source, "photos")


@pytest.fixture
def odd(photos: Path) -> Path:
    """A file whose name isn't UTF-8, if the disk takes it."""
    try:
        name = os.fsdecode(b"caf\xe9.jpg")
        (photos / name).touch()
    except (OSError, UnicodeError):
        pytest.skip("names are Unicode on this disk")
    return photos / name


def test_a_name_that_isnt_utf8_is_a_remark(odd: Path) -> None:
    listed = Listed("photos")
    assert listed.told == [f"{odd.parent}{os.sep}caf\\udce9.jpg: its name isn't UTF-8; rename it"]
    assert len(listed.items) == 5


def test_items_survive_sqlite_and_pickling(odd: Path) -> None:
    (odd.parent / "new\nline \x1b[31m ünï 🎞 %u0041 'q'.jpg").touch()
    items = Listed("photos").items
    assert pickle.loads(pickle.dumps(items)) == items
    table = sqlite3.connect(":memory:")
    table.execute("CREATE TABLE t (url TEXT UNIQUE, place TEXT UNIQUE)")
    table.executemany("INSERT INTO t VALUES (?, ?)", [(item.url, item.place) for item in items])
    stored = set(table.execute("SELECT url, place FROM t"))
    table.close()
    assert stored == {(item.url, item.place) for item in items}
