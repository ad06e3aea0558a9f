"""The manifest as a Parquet file."""

from __future__ import annotations

import sys

import pytest

from manifests import done, failed, item, items, opened, output
from pellucid.errors import MissingExtraError, OutputError
from pellucid.scale.items import Item
from pellucid.scale.manifest.export import COLUMNS


@pytest.fixture
def manifest(tmp_path):
    with opened(tmp_path / "run.sqlite") as manifest:
        manifest.add([*items(9), item(9, None)], output)
        manifest.record([done(item(0)), failed(item(1), message="a\udcff"), done(item(9), size=7)])
        yield manifest


def test_all_rows_are_in_it(manifest, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert manifest.to_parquet(tmp_path / "run.parquet") == 10
    table = parquet.read_table(tmp_path / "run.parquet")
    assert table.column_names == list(COLUMNS)
    rows = table.to_pylist()
    assert [row["url"] for row in rows] == [one.url for one in items(10)]
    one = next(manifest.rows())
    wanted = {"sha256": one.sha256, "written": 250, "damaged": False, "worker": one.worker}
    assert {name: rows[0][name] for name in wanted} == wanted
    assert [rows[n]["state"] for n in (0, 1, 2)] == ["done", "failed", "waiting"]
    assert [rows[n]["size"] for n in (0, 2, 9)] == [1000, 1000, 7]
    assert rows[0]["finished"].tzname() == "UTC"
    assert rows[1]["message"] == "a\\udcff"
    assert rows[2]["sha256"] is rows[2]["seconds"] is rows[2]["finished"] is None


def test_rows_are_written_in_groups(manifest, tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("pellucid.scale.manifest.export.GROUP", 1200)
    manifest.add(items(2500), output)
    assert manifest.to_parquet(tmp_path / "run.parquet") == 2500
    file = parquet.ParquetFile(tmp_path / "run.parquet")
    sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert sizes == [1200, 1200, 100]


def test_an_empty_one_has_its_columns(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    with opened(tmp_path / "run.sqlite") as manifest:
        assert manifest.to_parquet(tmp_path / "run.parquet") == 0
    assert parquet.read_table(tmp_path / "run.parquet").column_names == list(COLUMNS)


def test_it_is_written_whole_or_not_at_all(manifest, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    path = tmp_path / "run.parquet"
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match="exists already"):
        manifest.to_parquet(path)
    monkeypatch.setattr(manifest, "pages", lambda _: iter([(1, "too", "few")]))
    with pytest.raises(OutputError, match="cannot write"):
        manifest.to_parquet(path, force=True)
    assert path.read_bytes() == b"old"
    monkeypatch.undo()
    assert manifest.to_parquet(path, force=True) == 10
    assert sorted(one.name for one in tmp_path.glob("*.parquet*")) == ["run.parquet"]


def test_without_pyarrow(manifest, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pellucid\[scale\]'"):
        manifest.to_parquet(tmp_path / "run.parquet")
    assert not (tmp_path / "run.parquet").exists()


def test_a_name_that_pyarrow_takes(tmp_path):
    pytest.importorskip("pyarrow")
    with opened(tmp_path / "run.sqlite") as manifest:
        manifest.add([Item("a\nb\u202e.jpg", "a\nb\u202e.jpg")], output)
        assert manifest.to_parquet(tmp_path / "run.parquet") == 1
