"""Lists of pictures, in files, on standard input and in Parquet."""

from __future__ import annotations

import codecs
import io
import sys
import zipfile
from collections import Counter
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.errors import InputError, PellucidError
from pellucid.scale.items import Item
from pellucid.scale.sources.find import find_sources
from pellucid.scale.sources.lists import LONGEST


def listed(source: str) -> tuple[list[Item], list[str]]:
    told: list[str] = []
    return list(find_sources(source, (".jpg",), Counter(), None, told.append)), told


def urls(source: str) -> list[str]:
    items, told = listed(source)
    assert not told
    return [item.url for item in items]


def places(source: str) -> list[str]:
    return [item.place for item in listed(source)[0]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, data: bytes) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(data)
    return name


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
    (item,), _ = listed(write("l.txt", f"file://{here.as_posix()}/a b.jpg".encode()))
    assert item.url == str(here / "a b.jpg")
    assert item.size == 3


def test_files_of_this_machine_have_size_and_stamp(here: Path) -> None:
    write("a.jpg", b"123")
    Path("s.zarr").mkdir()
    items, _ = listed(write("l.txt", b"a.jpg\ns.zarr\ngone.jpg\n"))
    assert [item.size for item in items] == [3, None, None]
    assert items[0].stamp == str(Path("a.jpg").stat().st_mtime_ns)


def test_lines_that_name_nothing_are_remarks(here: Path) -> None:
    bad = [b"a\0.jpg", b"   ", b"\xff\xfe.jpg", b"x" * LONGEST, b"y" * (3 * LONGEST)]
    items, told = listed(write("l.txt", b"\n".join([b"1.jpg", *bad, b"2.jpg"])))
    assert [item.place for item in items] == ["1.jpg", "2.jpg"]
    assert told == [
        "l.txt, line 2: a NUL, which no name has",
        "l.txt, line 3: nothing but spaces",
        "l.txt, line 4: not UTF-8",
        f"l.txt, line 5: longer than {LONGEST} bytes",
        f"l.txt, line 6: longer than {LONGEST} bytes",
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# nothing\n"])
def test_an_empty_list_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"l\.txt names no pictures"):
        listed(write("l.txt", data))


def test_a_list_in_utf16_is_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match=r"l\.txt is UTF-16; save it as UTF-8"):
        listed(write("l.txt", "a.jpg".encode("utf-16")))


def test_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"a.jpg\n\ns3://b/c.jpg\n"))
    monkeypatch.setattr(sys, "stdin", stream)
    assert urls("-") == [str(here / "a.jpg"), "s3://b/c.jpg"]
    assert not stream.buffer.closed


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        listed("-")


def test_a_list_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    source = write("l.txt", b"a.jpg")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", source)

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match=r"l\.txt: cannot be read: Permission denied"):
        listed(source)


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
    told: list[str] = []
    assert len(list(items)) == 19_998
    list(find_sources("l.txt", (), Counter(), None, told.append))
    assert told == ["l.txt, line 20000: a NUL, which no name has"]


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
        items, _ = listed("fuzz.txt")
    except PellucidError:
        return
    for item in items:
        item.url.encode()
        assert not {"", ".", ".."} & set(item.place.split("/"))
        assert "\0" not in item.url


def table(name: str, **columns: object) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), name)
    return name


COLUMNS = {
    "url": {"path": ["p"], "source": ["s"], "url": ["u"], "n": [1]},
    "source": {"path": ["p"], "source": ["s"], "url": [1]},
    "path": {"path": ["p"], "other": ["o"]},
    "image_name": {"image_name": ["i"], "number": [1]},
}


@pytest.mark.parametrize("chosen", COLUMNS)
def test_the_column_of_names(chosen: str) -> None:
    assert places(table("m.parquet", **COLUMNS[chosen])) == COLUMNS[chosen][chosen]


@pytest.mark.parametrize(
    ("columns", "has"),
    [
        ({"a": ["x"], "b": ["y"]}, "it has a, b"),
        ({"a": [1]}, "it has a"),
        ({f"c{n}": [n] for n in range(30)}, "c19 …"),
        ({}, "no columns"),
    ],
)
def test_no_column_that_fits(columns: dict[str, object], has: str) -> None:
    with pytest.raises(InputError, match="no column url, source or path") as raised:
        listed(table("m.parquet", **columns))
    assert has in str(raised.value)


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())]
)
def test_kinds_of_strings(kind: pa.DataType) -> None:
    assert places(table("m.parquet", url=pa.array(["a", "b", "a"], kind))) == ["a", "b", "a"]


def test_sizes_if_they_are_there(here: Path) -> None:
    write("b.jpg", b"12345")
    names, sizes = ["s3://b/a.jpg", "b.jpg", "b.jpg", "b.jpg"], [7, None, 9, -1]
    items, _ = listed(table("m.parquet", url=names, size=pa.array(sizes, pa.int64())))
    assert [item.size for item in items] == [7, 5, 9, 5]
    items, _ = listed(table("m.parquet", url=names, size=["7", "x", "", "1"]))
    assert [item.size for item in items] == [None, 5, 5, 5]


def test_rows_that_name_nothing_are_remarks() -> None:
    items, told = listed(table("m.parquet", url=["a", None, "", " ", "b\0", "c"]))
    assert [item.place for item in items] == ["a", "c"]
    assert told == [
        "m.parquet, row 2: empty",
        "m.parquet, row 3: empty",
        "m.parquet, row 4: nothing but spaces",
        "m.parquet, row 5: a NUL, which no name has",
    ]


def test_many_row_groups_in_order() -> None:
    names = [f"{number}.jpg" for number in range(25_000)]
    pq.write_table(pa.table({"url": names}), "m.parquet", row_group_size=1000)
    assert places("m.parquet") == names


def test_a_folder_of_parts_is_one_manifest(here: Path) -> None:
    table("m.parquet/part-0.parquet", url=["a.jpg"])
    table("m.parquet/year=2024/part-1.parquet", url=["b.jpg"])
    write("m.parquet/_SUCCESS", b"")
    assert sorted(urls("m.parquet")) == [str(here / "a.jpg"), str(here / "b.jpg")]


def test_a_folder_without_parts() -> None:
    write("m.parquet/_SUCCESS", b"")
    with pytest.raises(InputError, match=r"m.parquet is a folder without \*.parquet"):
        listed("m.parquet")


def test_a_part_that_is_damaged_is_named() -> None:
    write("m.parquet/part.parquet", b"PAR1")
    with pytest.raises(InputError, match=r"part\.parquet cannot be read as Parquet"):
        listed("m.parquet")


def test_parquet_by_url(here: Path) -> None:
    table("m.parquet", url=["a.jpg", "s3://b/c.jpg"])
    fsspec.filesystem("memory").pipe("/tables/m.parquet", Path("m.parquet").read_bytes())
    fsspec.filesystem("memory").pipe("/tables/d.parquet/0.parquet", Path("m.parquet").read_bytes())
    for name in ("m", "d"):
        assert urls(f"memory://tables/{name}.parquet") == ["memory://tables/a.jpg", "s3://b/c.jpg"]


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    source = table("m.parquet", url=["a.jpg"])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(PellucidError, match=r"pip install 'pellucid\[scale\]'"):
        listed(source)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1PAR1", b"\0" * 100, b"not Parquet at all"])
def test_what_is_no_parquet(data: bytes) -> None:
    with pytest.raises(InputError, match=r"m\.parquet cannot be read as Parquet"):
        listed(write("m.parquet", data))


@settings(max_examples=100)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8), st.booleans())
def test_damage_anywhere_in_parquet(place: int, damage: bytes, cut: bool) -> None:
    buffer = io.BytesIO()
    names = [f"s3://bucket/{number}.jpg" for number in range(50)]
    pq.write_table(pa.table({"url": names, "size": range(50)}), buffer)
    data = bytearray(buffer.getvalue())
    at = place % len(data)
    data[at : at + len(damage)] = damage
    Path("fuzz.parquet").write_bytes(data[:at] if cut else data)
    try:
        items, _ = listed("fuzz.parquet")
    except PellucidError:
        return
    assert all(item.url for item in items)
