"""Lists of pictures, in files, on standard input and in Parquet."""

from __future__ import annotations

import codecs
import io
import sys
import zipfile
from collections import Counter
from pathlib import Path

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listed import Listed, places, urls, write
from pellucid.errors import InputError, PellucidError
from pellucid.scale.sources.find import find_sources
from pellucid.scale.sources.lists import LONGEST

pytestmark = pytest.mark.usefixtures("here")


def test_lines_with_anything_a_text_editor_may_leave(here: Path) -> None:
    data = codecs.BOM_UTF8 + "# first\r\na.jpg\r\n\r\n\nb ü/c.png\n # d.jpg\ne.jpg".encode()
    assert urls(write("l.txt", data)) == [
        str(here / x) for x in ("a.jpg", "b ü/c.png", " # d.jpg", "e.jpg")
    ]


def test_relative_lines_are_seen_from_the_list(here: Path) -> None:
    source = write("lists/l.LST", b"a.jpg\n./b.jpg\nc/../d.jpg\n../photos/e.jpg\n../../../f.jpg\n")
    assert urls(source) == [
        *(str(here / "lists" / name) for name in ("a.jpg", "b.jpg", "d.jpg")),
        *(str(here / "photos/e.jpg"), str(here.parent.parent / "f.jpg")),
    ]
    assert places(source) == ["a.jpg", "b.jpg", "d.jpg", "photos/e.jpg", "f.jpg"]


NAMED = {
    "/data/x/a.jpg": "data/x/a.jpg",
    "s3://b/x/y.jpg": "b/x/y.jpg",
    "C:\\a\\b.jpg": "C/a/b.jpg",
    "D:/a/../b.jpg": "D/b.jpg",
    "https://host/a/b.jpg?X-Amz-Signature=1#top": "host/a/b.jpg",
    "sftp://me:secret@host:22/a.jpg": "me@host:22/a.jpg",
    "abfs://box@account.net/a.jpg": "box@account.net/a.jpg",
    "zip://a/b.png::s3://b/x.zip": "b/x.zip/a/b.png",
    "s3://b/../../etc/x.jpg": "etc/x.jpg",
    "memory://.pellucid/x.jpg": "%u002epellucid/x.jpg",
    ".pellucid/x.jpg": "%u002epellucid/x.jpg",
    "a?b*[c].jpg": "a?b*[c].jpg",
}


def test_places_of_lines(here: Path) -> None:
    assert places(write("l.txt", "\n".join(NAMED).encode())) == list(NAMED.values())


def test_a_line_with_file_protocol_is_a_path(here: Path) -> None:
    write("a b.jpg", b"123")
    (item,) = Listed(write("l.txt", f"file://{here.as_posix()}/a b.jpg".encode())).items
    assert item.url == str(here / "a b.jpg")
    assert item.size == 3


def test_files_of_this_machine_have_size_and_stamp(here: Path) -> None:
    write("a.jpg", b"123")
    Path("s.zarr").mkdir()
    items = Listed(write("l.txt", b"a.jpg\ns.zarr\ngone.jpg\n")).items
    assert [item.size for item in items] == [3, None, None]
    assert items[0].stamp == str(Path("a.jpg").stat().st_mtime_ns)


def test_lines_that_name_nothing_are_remarks(here: Path) -> None:
    bad = [b"a\0.jpg", b"   ", b"\xff\xfe.jpg", b"x" * LONGEST, b"y" * (3 * LONGEST)]
    found = Listed(write("l.txt", b"\n".join([b"1.jpg", *bad, b"2.jpg"])))
    assert found.places == ["1.jpg", "2.jpg"]
    assert found.told == [
        "l.txt, line 2: a NUL, which no name has",
        "l.txt, line 3: nothing but spaces",
        "l.txt, line 4: not UTF-8",
        f"l.txt, line 5: longer than {LONGEST} bytes",
        f"l.txt, line 6: longer than {LONGEST} bytes",
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# nothing\n"])
def test_an_empty_list_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"l\.txt names no pictures"):
        Listed(write("l.txt", data))


def test_a_list_in_utf16_is_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match=r"l\.txt is UTF-16; save it as UTF-8"):
        Listed(write("l.txt", "a.jpg".encode("utf-16")))


def test_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"a.jpg\n\ns3://b/c.jpg\n"))
    monkeypatch.setattr(sys, "stdin", stream)
    assert urls("-") == [str(here / "a.jpg"), "s3://b/c.jpg"]
    assert not stream.buffer.closed


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        Listed("-")


def test_a_list_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    source = write("l.txt", b"a.jpg")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", source)

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match=r"l\.txt: cannot be read: Permission denied"):
        Listed(source)


def test_a_list_in_memory_or_in_an_archive(here: Path) -> None:
    lines = b"a.jpg\n../b.jpg\n../../../c.jpg\n/d.jpg\n"
    fsspec.filesystem("memory").pipe("/box/lists/l.txt", lines)
    with zipfile.ZipFile("x.zip", "w") as archive:
        archive.writestr("lists/l.txt", lines)
    names = ["box/lists/a.jpg", "box/b.jpg", "c.jpg"]
    assert urls("memory://box/lists/l.txt") == [f"memory://{name}" for name in names] + ["/d.jpg"]
    assert urls("zip://lists/l.txt::x.zip") == [
        *(f"zip://{name}::{here}/x.zip" for name in ("lists/a.jpg", "b.jpg", "c.jpg")),
        "/d.jpg",
    ]
    assert places("memory://box/lists/l.txt") == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_a_list_is_read_as_it_is_needed(here: Path) -> None:
    """A list of a gigabyte needn't be in memory; its first line comes before its last is read."""
    lines = Path("l.txt")
    lines.write_bytes(b"a.jpg\n" * 20_000)
    items = find_sources("l.txt", (), Counter())
    next(items)
    with lines.open("r+b") as file:
        file.seek(6 * 19_999)
        file.write(b"\0")
    assert len(list(items)) == 19_998
    assert Listed("l.txt").told == ["l.txt, line 20000: a NUL, which no name has"]


@settings(max_examples=200)
@given(
    st.binary(max_size=200)
    | st.lists(
        st.sampled_from([b"\n", b"\r", b"..", b"/", b"::", b"://", b"zip", b"C:", b"\0"])
    ).map(b"".join)
)
def test_whatever_a_list_holds(data: bytes) -> None:
    Path("fuzz.txt").write_bytes(data)
    try:
        items = Listed("fuzz.txt").items
    except PellucidError:
        return
    for item in items:
        item.url.encode()
        assert not {"", ".", ".."} & set(item.place.split("/"))
        assert "\0" not in item.url
