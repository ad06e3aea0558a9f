"""Lists of pictures in Parquet."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listed import Listed, places, urls, write
from pellucid.errors import InputError, PellucidError

pytestmark = pytest.mark.usefixtures("here")


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
        Listed(table("m.parquet", **columns))
    assert has in str(raised.value)


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())]
)
def test_kinds_of_strings(kind: pa.DataType) -> None:
    assert places(table("m.parquet", url=pa.array(["a", "b", "a"], kind))) == ["a", "b", "a"]


def test_sizes_if_they_are_there(here: Path) -> None:
    write("b.jpg", b"12345")
    names, sizes = ["s3://b/a.jpg", "b.jpg", "b.jpg", "b.jpg"], [7, None, 9, -1]
    items = Listed(table("m.parquet", url=names, size=pa.array(sizes, pa.int64()))).items
    assert [item.size for item in items] == [7, 5, 9, 5]
    items = Listed(table("m.parquet", url=names, size=["7", "x", "", "1"])).items
    assert [item.size for item in items] == [None, 5, 5, 5]


def test_rows_that_name_nothing_are_remarks() -> None:
    found = Listed(table("m.parquet", url=["a", None, "", " ", "b\0", "c"]))
    assert found.places == ["a", "c"]
    assert found.told == [
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
        Listed("m.parquet")


def test_a_part_that_is_damaged_is_named() -> None:
    write("m.parquet/part.parquet", b"PAR1")
    with pytest.raises(InputError, match=r"part\.parquet cannot be read as Parquet"):
        Listed("m.parquet")


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
        Listed(source)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1PAR1", b"\0" * 100, b"not Parquet at all"])
def test_what_is_no_parquet(data: bytes) -> None:
    with pytest.raises(InputError, match=r"m\.parquet cannot be read as Parquet"):
        Listed(write("m.parquet", data))


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
        items = Listed("fuzz.parquet").items
    except PellucidError:
        return
    assert all(item.url for item in items)
