from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import InputError, OutputError
from pellucid.evaluate.record import (
    HEADER,
    Result,
    Timing,
    append_results,
    read_results,
    read_timings,
    write_results,
    write_timings,
)
from pellucid.evaluate.tsv import Table

number = st.floats(allow_nan=False)
ROWS = st.builds(
    Result,
    codec=st.just("webp"),
    setting=number,
    image=st.text("abc é", min_size=1),
    width=st.integers(1, 9999),
    height=st.integers(1, 9999),
    bytes=st.integers(0),
    bpp=number,
    psnr=number,
    ms_ssim=st.none() | number,
    ssimulacra2=st.none() | number,
    encode_s=number,
    decode_s=number,
    threads=st.integers(1, 64),
    repeats=st.integers(1, 9),
    versions=st.text("x1., ='"),
    butteraugli=st.none() | number,
)


@given(rows=st.lists(ROWS, max_size=4))
def test_rows_survive_a_round_trip(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("tsv") / "r.tsv"
    append_results(path, rows[:1])
    append_results(path, rows[1:])
    assert read_results(path) == rows
    write_results(path, rows[::-1])
    assert read_results(path) == rows[::-1]
    assert [p.name for p in path.parent.iterdir()] == ["r.tsv"]


def test_a_line_cut_short_is_left_out(tmp_path, make_row):
    path = tmp_path / "r.tsv"
    append_results(path, [make_row(setting=1), make_row(setting=2)])
    path.write_text(path.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert read_results(path) == [make_row(setting=1)]


def test_tabs_in_a_version_do_not_break_a_line(tmp_path, make_row):
    append_results(tmp_path / "r.tsv", [make_row(versions="a\tb\nc")])
    assert read_results(tmp_path / "r.tsv")[0].versions == "a b c"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "isn't a results file"),
        ("codec\tsetting\n", "isn't a results file"),
        (HEADER.replace("bpp", "rate") + "\n", "isn't a results file of this version"),
        (HEADER + "\nwebp\t1\n", "line 2: 2 cells, expected 16"),
        (HEADER + "\nwebp\tx" + "\t1" * 14 + "\n", "line 2: .*'x'"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / "r.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_results(path)


def test_files_that_are_not_there(tmp_path, make_row):
    with pytest.raises(InputError, match=r"none\.tsv"):
        read_results(tmp_path / "none.tsv")
    with pytest.raises(OutputError, match="can't write"):
        append_results(tmp_path / "no folder" / "r.tsv", [make_row()])


def test_columns_that_came_later(tmp_path, make_row):
    path, old = tmp_path / "r.tsv", make_row()
    write_results(path, [old])
    plain = Timing(*(getattr(old, name) for name in HEADER.split("\t")))
    assert read_timings(path) == [plain]
    assert plain.encode_mb is None
    new = Timing(*(getattr(old, name) for name in HEADER.split("\t")), 0.1, 0.2, 0.3, 0.4, 5.5, 6.0)
    Table(Timing).append(path, [new])
    assert read_timings(path) == [plain, new]
    assert path.read_text(encoding="utf-8").count("encode_low") == 1
    with pytest.raises(InputError, match="of this version"):
        read_results(path)
    write_timings(path, [new])
    assert read_timings(path) == [new]
