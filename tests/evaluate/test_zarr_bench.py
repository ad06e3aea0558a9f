"""Every codec of `bench zarr`, and what the bench says of their rows."""

from __future__ import annotations

import numpy as np
import pytest

from array_stores import stack
from pellucid.errors import MissingExtraError
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches.zarr import BENCH, ROWS, Plan
from pellucid.evaluate.peers.base import kind_of
from pellucid.evaluate.peers.stores import stores
from pellucid.evaluate.report import markdown

pytest.importorskip("zarr")

NAMES = list(stores(1).makers)


def picture(dtype: str) -> np.ndarray:
    """40 x 50 of 3 planes, near an end of the type."""
    planes = stack((3, 40, 50), "float64") - 90
    return np.moveaxis(planes, 0, 2).clip(np.iinfo(dtype).min).astype(dtype)


@pytest.mark.filterwarnings("ignore::UserWarning:imagecodecs")
@pytest.mark.parametrize("name", NAMES)
def test_samples_come_back_within_the_bound_or_are_refused(name):
    try:
        codec = stores(32).make(name, 1)
    except MissingExtraError as error:
        pytest.skip(str(error))
    for dtype in ("uint16", "int16"):
        samples = picture(dtype)
        for bound in (0, 3) if codec.bounded else (0,):
            if codec.refuses(kind_of(samples), bound):
                assert (name, bound) in {("zfp", 0), ("sz3", 0), ("jxl", 0)}
                continue
            files = codec.encode(samples, bound)
            assert len(files) == (12 if name == "jxl" else 4)
            back = codec.decode(files, kind_of(samples))
            assert (back.shape, back.dtype) == (samples.shape, samples.dtype)
            assert np.abs(back.astype(int) - samples).max() <= bound
    assert any(digit.isdigit() for digit in codec.version)
    assert "threads" in codec.threading


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "set").mkdir()
    np.save(tmp_path / "set" / "one.npy", picture("uint16"))
    return Plan(
        data=(tmp_path / "set",), out=tmp_path / "out", bounds=(0, 2), chunk=32, repeats=1,
        codecs=("blosc_shuffle", "blosc_bitshuffle"), threads=1,
    )  # fmt: skip


def test_rows_and_what_is_said_of_them(plan):
    assert not run(BENCH, plan).failures
    rows = ROWS.load(plan.out)
    assert {(row.method, row.bound) for row in rows} == {
        ("pellucid", 0), ("pellucid", 2), ("blosc_shuffle", 0), ("blosc_bitshuffle", 0),
    }  # fmt: skip
    assert {(row.chunk, row.files, row.channels) for row in rows} == {(32, 4, 3)}
    sizes = {row.method: row.bytes for row in rows if not row.bound}
    best = min(sizes["blosc_shuffle"], sizes["blosc_bitshuffle"])
    text = markdown(BENCH.sections["zarr"](plan.out))
    assert f"pellucid takes {sizes['pellucid'] / best:.2f} of the bytes of Blosc" in text
    assert "| Blosc with zstd, shuffle |" in text
    assert "Chunks of up to 32 a side." in text
    assert run(BENCH, plan).new_rows == 0
    assert BENCH.sections["zarr"](plan.out / "none") == []
