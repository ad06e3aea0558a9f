from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import InputError, OutputError
from pellucid.evaluate.benches.compress_rows import SPEED_ROWS, SWEEP, Result, Timing

HEADER = SWEEP.header
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
    SWEEP.append(path, rows[:1])
    SWEEP.append(path, rows[1:])
    assert SWEEP.read(path) == rows
    SWEEP.write(path, rows[::-1])
    assert SWEEP.read(path) == rows[::-1]
    assert [p.name for p in path.parent.iterdir()] == ["r.tsv"]


def test_a_line_cut_short_is_left_out(tmp_path, make_row):
    path = tmp_path / "r.tsv"
    SWEEP.append(path, [make_row(setting=1), make_row(setting=2)])
    path.write_text(path.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert SWEEP.read(path) == [make_row(setting=1)]


def test_tabs_in_a_version_do_not_break_a_line(tmp_path, make_row):
    SWEEP.append(tmp_path / "r.tsv", [make_row(versions="a\tb\nc")])
    assert SWEEP.read(tmp_path / "r.tsv")[0].versions == "a b c"


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
        SWEEP.read(path)


def test_files_that_are_not_there(tmp_path, make_row):
    with pytest.raises(InputError, match=r"none\.tsv"):
        SWEEP.read(tmp_path / "none.tsv")
    with pytest.raises(OutputError, match="can't write"):
        SWEEP.append(tmp_path / "no folder" / "r.tsv", [make_row()])


def test_columns_that_came_later(tmp_path, make_row):
    path, old = tmp_path / "r.tsv", make_row()
    SWEEP.write(path, [old])
    plain = Timing(*(getattr(old, name) for name in HEADER.split("\t")))
    assert SPEED_ROWS.read(path) == [plain]
    assert plain.encode_mb is None
    new = Timing(*(getattr(old, name) for name in HEADER.split("\t")), 0.1, 0.2, 0.3, 0.4, 5.5, 6.0)
    SPEED_ROWS.append(path, [new])
    assert SPEED_ROWS.read(path) == [plain, new]
    assert path.read_text(encoding="utf-8").count("encode_low") == 1
    with pytest.raises(InputError, match="of this version"):
        SWEEP.read(path)
    SPEED_ROWS.write(path, [new])
    assert SPEED_ROWS.read(path) == [new]


def test_each_row_has_its_file(tmp_path, make_row):
    rows = [make_row(codec=codec, image=image) for codec in ("a", "b") for image in ("two", "one")]
    SWEEP.add(tmp_path, rows)
    assert [path.name for path in SWEEP.paths(tmp_path)] == ["compress-a.tsv", "compress-b.tsv"]
    assert SWEEP.load(tmp_path) == rows
    SWEEP.sort(tmp_path, lambda row: row.image)
    assert [row.image for row in SWEEP.load(tmp_path)] == ["one", "two", "one", "two"]
    kept = SWEEP.keep(tmp_path, lambda row: row.codec == "b" and row.image == "one")
    assert kept == SWEEP.load(tmp_path) == [rows[3]]
    assert [path.name for path in SWEEP.paths(tmp_path)] == ["compress-b.tsv"]
