"""The codec of Zarr version 3: what comes back, what is refused, and how little is decoded."""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from array_stores import farthest, in_fresh_process, stack
from pellucid.errors import (
    DamagedFileError,
    InputError,
    MissingExtraError,
    NotPelFileError,
    OptionError,
    PellucidError,
)

zarr = pytest.importorskip("zarr")

from pellucid.plugins.chunks import ChunkOptions  # noqa: E402
from pellucid.plugins.turns import CHUNKS, Turns  # noqa: E402
from pellucid.plugins.zarr import PellucidCodec  # noqa: E402


def made(shape, dtype="uint16", *, store=None, chunks=None, codec=None, **more):
    """An array of Zarr with the codec and none behind it."""
    more.setdefault("fill_value", 0)
    return zarr.create_array(
        {} if store is None else store,
        shape=shape,
        chunks=chunks or shape,
        dtype=dtype,
        serializer=codec or PellucidCodec(),
        compressors=None,
        **more,
    )


@pytest.fixture
def decoded(monkeypatch):
    """The numbers of the tiles that were decoded."""
    from pellucid.exact import decode

    numbers, real = [], decode.decoded

    def counting(header, number, *rest):
        numbers.append(number)
        return real(header, number, *rest)

    monkeypatch.setattr(decode, "decoded", counting)
    return numbers


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float16", "float32", ">u2", ">f4"])
@pytest.mark.parametrize("bound", [0, 2])
def test_each_type_comes_back_within_its_bound(dtype, bound):
    samples = stack((1, 40, 50), dtype)
    codec = PellucidCodec(max_error=bound) if bound else PellucidCodec()
    array = made(samples.shape, dtype, chunks=(1, 40, 30), codec=codec)
    array[:] = samples
    back = array[:]
    assert back.dtype == samples.dtype
    assert farthest(back, samples) <= bound
    assert (farthest(back, samples) > 0) == (bound > 0)
    assert array.nbytes_stored() < 1.2 * samples.nbytes


def test_not_a_number_stays_so():
    samples = stack((3, 40, 50), "float32")
    samples[0, 3:9] = np.nan
    samples[1, 5, 7] = np.inf
    array = made(samples.shape, "float32", codec=PellucidCodec(max_error=0.5), fill_value=np.nan)
    array[:] = samples
    assert np.array_equal(np.isnan(array[:]), np.isnan(samples))
    assert array[1, 5, 7] == np.inf
    array[2] = np.nan
    assert np.isnan(array[2]).all()


AXES = {
    "YX": (40, 50),
    "XY": (40, 50),
    "CYX": (2, 40, 50),
    "YXC": (40, 50, 3),
    "YCX": (40, 2, 50),
    "TCYX": (2, 2, 30, 40),
    "TYXC": (2, 30, 40, 2),
    "TCZYX": (1, 2, 1, 40, 50),
}


@pytest.mark.parametrize("axes", AXES)
def test_axes_of_every_order(axes):
    samples = stack(AXES[axes])
    array = made(samples.shape, codec=PellucidCodec(axes=axes))
    array[:] = samples
    assert np.array_equal(array[:], samples)
    some = (..., slice(3, 30), 1) if axes.endswith("C") else (..., slice(3, 30), slice(9, 11))
    assert np.array_equal(array[some], samples[some])


def test_the_axes_that_are_meant_are_written_down():
    for shape, axes in ((40, 50), "YX"), ((3, 40, 50), "ZYX"), ((40, 50, 3), "YXC"):
        array = made(shape)
        assert array.metadata.codecs == (PellucidCodec(axes=axes),)
        entry = {"name": "pellucid", "configuration": {"axes": axes}}
        assert array.metadata.to_dict()["codecs"] == (entry,)


def test_planes_of_four_are_bands_and_keep_the_bound():
    """Not colours and alpha, of which the last would be kept exactly."""
    samples = stack((4, 40, 40))
    array = made(samples.shape, codec=PellucidCodec(max_error=3))
    array[:] = samples
    assert all(0 < farthest(array[n], samples[n]) <= 3 for n in range(4))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_pictures_with_loss(dtype):
    picture = (stack((64, 64, 3), "float64") % 200).astype(dtype)
    array = made(picture.shape, dtype, codec=PellucidCodec(quality=90, model="s"))
    array[:] = picture
    assert array[:].shape == picture.shape
    assert np.array_equal(array[10:20, 5], array[:][10:20, 5])
    (data,) = [value.to_bytes() for key, value in array.store._store_dict.items() if "c/" in key]
    expected = pellucid.compress(picture, quality=90, model="s")
    assert data == expected
    assert np.array_equal(array[:], pellucid.decompress(expected))


def test_the_model_need_not_be_there_to_read():
    picture = np.zeros((64, 64, 3), np.uint8) + 9
    array = made(picture.shape, "uint8", codec=PellucidCodec(quality=50, model="gone"))
    with pytest.raises(OptionError, match="gone"):
        array[:] = picture


def test_what_cannot_be_coded_is_refused_when_the_array_is_made():
    for dtype in ("bool", "int8", "uint32", "int32", "int64", "float64", "complex64"):
        for shards in (None, (3, 40, 50)):
            store = {}
            with pytest.raises(InputError, match=f"type {dtype} can't"):
                made((3, 40, 50), dtype, store=store, chunks=(3, 20, 25), shards=shards)
            assert store == {}
    wrong = {
        "whole number": {"max_error": 0.5},
        "nodata is -1": {"max_error": 1, "nodata": -1},
        "must have a letter for each axis": {"axes": "YX"},
        "5 channels": {"quality": 50},
    }
    for message, options in wrong.items():
        with pytest.raises(PellucidError, match=message):
            made((5, 40, 50), codec=PellucidCodec(**options))
    with pytest.raises(InputError, match=r"float32.*with loss only"):
        made((40, 50), "float32", codec=PellucidCodec(quality=50))
    with pytest.raises(OptionError, match="one axis alone"):
        made((40,))


@pytest.mark.parametrize(
    "options",
    [
        {"axes": "CX"}, {"axes": "YYX"}, {"axes": "yx"}, {"axes": 3}, {"max_error": -1},
        {"quality": 101}, {"quality": 5, "max_error": 1}, {"tile": 100}, {"tune": "eye"},
        {"nodata": "none", "max_error": 1}, {"effort": 3},
    ],
)  # fmt: skip
def test_options_out_of_range(options):
    with pytest.raises(OptionError):
        PellucidCodec(**options)


def test_an_entry_with_an_unknown_option():
    entry = {"name": "pellucid", "configuration": {"level": 3}}
    with pytest.raises(OptionError, match="no option level; it has axes, max_error"):
        PellucidCodec.from_dict(entry)
    with pytest.raises(OptionError, match="'zstd'"):
        PellucidCodec.from_dict({"name": "zstd"})


@pytest.mark.parametrize("shards", [None, (1, 260, 200)])
def test_only_tiles_that_are_needed_are_decoded(decoded, shards):
    samples = stack((1, 260, 200))
    codec = PellucidCodec(tile=64)  # a chunk has 3 x 4 tiles
    array = made(samples.shape, chunks=(1, 130, 200), shards=shards, codec=codec)
    array[:] = samples
    parts = (
        ((0, slice(70, 90), slice(130, 140)), [6]),
        ((0, slice(129, 131)), [*range(4), *range(8, 12)]),  # of two chunks
        ((0, 5, 199), [3]),
        ((0, slice(5, 5)), []),
    )
    for part, tiles in parts:
        decoded.clear()
        assert np.array_equal(array[part], samples[part])
        assert sorted(decoded) == tiles
    decoded.clear()
    assert np.array_equal(array.oindex[[0], [5, 60], [3, 9]], samples[:, [[5], [60]], [3, 9]])
    assert decoded == [0]
    decoded.clear()
    points = ([0, 0], [3, 9], [70, 80])
    assert np.array_equal(array.vindex[points], samples[points])
    assert decoded == [1]


def test_a_part_of_a_chunk_is_written():
    samples = stack((1, 70, 80))
    array = made(samples.shape, chunks=(1, 64, 40))
    array[:] = samples
    array[0, 10:20, 50:70] = 7
    samples[0, 10:20, 50:70] = 7
    assert np.array_equal(array[:], samples)


def test_holes_stay_and_nothing_becomes_one():
    samples = stack((1, 70, 80))
    holes = np.zeros(samples.shape, bool)
    holes[0, 20:40, 30:70] = True
    samples[holes] = 0
    array = made(samples.shape, chunks=(1, 64, 64), codec=PellucidCodec(max_error=4, nodata=0))
    array[:] = samples
    assert np.array_equal(array[:] == 0, holes)
    assert 0 < farthest(array[:], samples) <= 4


def test_chunks_of_the_fill_value_are_not_stored():
    array = made((1, 128, 64), chunks=(1, 64, 64), codec=PellucidCodec(max_error=1), fill_value=9)
    array[0, :64] = stack((64, 64))
    array[0, 64:] = 9
    assert sum("c/" in key for key in array.store._store_dict) == 1
    assert (array[0, 64:] == 9).all()


@pytest.mark.parametrize("bound", [0, 4])
@pytest.mark.parametrize("axes", ["CYX", "YXC"])
def test_padding_costs_little(axes, bound):
    values = stack((1, 100, 110), "float64")
    samples = (90 * (values - values.min()) + 50).astype(np.uint16)  # 0 doesn't stand apart
    padded = np.zeros((1, 128, 128), np.uint16)
    padded[:, :100, :110] = samples
    options = ChunkOptions(axes=axes, max_error=bound)
    order = [axes.index(letter) for letter in "CYX"]
    samples, padded = (np.transpose(one, np.argsort(order)) for one in (samples, padded))
    told = options.pack(padded, 0)
    assert len(told) < 1.05 * len(options.pack(samples))
    assert len(told) <= len(options.pack(padded))
    back = options.unpack(told, padded.shape, padded.dtype)
    assert farthest(back, padded) == bound
    assert np.array_equal(back == 0, padded == 0)


def test_a_fill_value_among_the_samples_keeps_none_from_its_bound():
    samples = stack((1, 60, 64), "int16") - np.int16(100)
    padded = np.zeros((1, 64, 64), np.int16)
    padded[:, :60] = samples
    options = ChunkOptions(max_error=3)
    assert options.pack(padded, np.int16(0)) == options.pack(padded)


def test_the_same_samples_give_the_same_bytes(monkeypatch):
    """Whatever the number of threads and the order of chunks."""
    found = []
    for threads in (1, 4):
        monkeypatch.setenv("PELLUCID_THREADS", str(threads))
        store, codec = {}, PellucidCodec(tile=64)
        with zarr.config.set({"async.concurrency": 2 * threads}):
            array = made((1, 200, 200), store=store, chunks=(1, 100, 100), codec=codec)
            array[:] = stack((1, 200, 200))
        found.append({key: value.to_bytes() for key, value in store.items()})
    assert found[0] == found[1]
    assert len(found[0]) == 5


READ = """
import sys, zarr
group = zarr.open_consolidated(r"{store}", mode="r")
print(group["depth"][1, 62:66, 50].tolist(), group["depth"].metadata.codecs[0].codecs)
print("pellucid.plugins.zarr" in sys.modules)
"""


@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_reopened_in_a_fresh_process_with_consolidated_metadata(tmp_path):
    store = tmp_path / "depth.zarr"
    array = zarr.create_group(store).create_array(
        "depth", shape=(2, 70, 60), chunks=(1, 64, 64), shards=(2, 128, 64), dtype="uint16",
        serializer=PellucidCodec(max_error=1), compressors=None,
    )  # fmt: skip
    samples = stack((2, 70, 60))
    array[:] = samples
    zarr.consolidate_metadata(store)
    said = in_fresh_process(READ.format(store=store))
    assert "PellucidCodec(axes='ZYX', max_error=1" in said
    assert said.startswith(str(array[1, 62:66, 50].tolist()))
    assert said.endswith("True")


def test_damage_is_said():
    array = made((1, 64, 64))
    array[:] = stack((1, 64, 64))
    data = array.store._store_dict["c/0/0/0"].to_bytes()
    put = zarr.core.buffer.default_buffer_prototype().buffer.from_bytes
    for wrong, error in (
        (data[:-20], DamagedFileError),
        (data[:100] + b"\0" * 8 + data[108:], DamagedFileError),
        (b"\0" * 30, NotPelFileError),
        (b"", NotPelFileError),
        (pellucid.compress(stack((64, 65)), lossless=True), DamagedFileError),
        (pellucid.compress(stack((64, 64), "int16"), lossless=True), DamagedFileError),
    ):
        array.store._store_dict["c/0/0/0"] = put(wrong)
        with pytest.raises(error):
            _ = array[:]
        with pytest.raises(error):
            _ = array[0, 3, 4]


def test_a_file_that_claims_more_than_a_chunk_is_refused_before_it_is_decoded(decoded):
    huge = pellucid.compress(np.zeros((4096, 4096), np.uint16), lossless=True)
    assert len(huge) < 10_000
    with pytest.raises(DamagedFileError, match=r"4096 rows of 4096 uint16 .*are 64 rows of 64"):
        ChunkOptions(axes="YX").unpack(huge, (64, 64), np.dtype("uint16"))
    assert decoded == []


@pytest.fixture(scope="module")
def packed():
    """A chunk's options, samples and file, of two tiles."""
    options, samples = ChunkOptions(tile=64, max_error=1), stack((1, 30, 80))
    return options, samples, options.pack(samples)


@settings(max_examples=60)
@given(data=st.data())
def test_changed_bytes_give_an_error_or_a_chunk(packed, data):
    options, samples, whole = packed
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    changed = changed[: data.draw(st.integers(len(changed) - 3, len(changed)))]
    try:
        back = options.unpack(bytes(changed), samples.shape, samples.dtype)
    except PellucidError:
        return
    assert (back.shape, back.dtype) == (samples.shape, samples.dtype)


@settings(max_examples=12)
@given(data=st.data())
def test_any_shape_axes_and_part(data):
    axes = data.draw(st.sampled_from([*AXES]))
    shape = tuple(data.draw(st.integers(1, 70 if letter in "YX" else 2)) for letter in axes)
    bound = data.draw(st.sampled_from([0, 1, 7]))
    options = ChunkOptions(axes=axes, max_error=bound, tile=64)
    samples = stack(shape, data.draw(st.sampled_from(["uint8", "uint16", "int16"])))
    options.check(shape, samples.dtype)
    packed = options.pack(samples)
    selection = tuple(
        slice(*sorted(data.draw(st.tuples(st.integers(0, side), st.integers(0, side)))))
        for side in shape
    )
    part = options.unpack(packed, shape, samples.dtype, selection)
    assert part.shape == samples[selection].shape
    assert part.size == 0 or farthest(part, samples[selection]) <= bound


def test_no_more_chunks_at_a_time_than_threads(monkeypatch):
    monkeypatch.setenv("PELLUCID_THREADS", "2")
    turns, inside, most = Turns(), [], []
    together = threading.Barrier(2, timeout=120)

    def work(number):
        with turns.turn():
            inside.append(number)
            most.append(len(inside))
            together.wait()
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads)
    assert len(most) == 6
    assert max(most) == 2


def test_whole_chunks_keep_the_bound_however_often_others_are_written():
    array = made((4, 40, 50), chunks=(1, 40, 50), codec=PellucidCodec(max_error=5))
    samples = stack((4, 40, 50))
    for number in range(4):
        array[number] = samples[number]
    assert 0 < farthest(array[:], samples) <= 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_all_its_turns(monkeypatch):
    monkeypatch.setenv("PELLUCID_THREADS", "1")
    with CHUNKS.turn():
        child = os.fork()
        if child == 0:
            with CHUNKS.turn():
                os._exit(0)
    for _ in range(2400):
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("it waits for turns of its parent")


def test_xarray_and_dask(tmp_path):
    """As in docs/zarr.md."""
    xarray, dask = pytest.importorskip("xarray"), pytest.importorskip("dask.array")
    samples = stack((2, 70, 80))
    scene = xarray.DataArray(samples, dims=("band", "y", "x"), name="scene").to_dataset()
    codec = PellucidCodec(axes="CYX", max_error=1)
    scene.to_zarr(
        tmp_path / "scene.zarr",
        zarr_format=3,
        consolidated=False,
        encoding={"scene": {"serializer": codec, "compressors": None, "chunks": (2, 64, 64)}},
    )
    with xarray.open_zarr(tmp_path / "scene.zarr", consolidated=False) as back:
        assert farthest(back.scene.values, samples) == 1
    lazy = dask.from_zarr(str(tmp_path / "scene.zarr"), component="scene")
    assert lazy.chunks == ((2,), (64, 6), (64, 16))
    assert farthest(lazy[0, :30, :30].compute(scheduler="threads"), samples[0, :30, :30]) == 1


def test_without_zarr_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr.abc.codec", None)
    monkeypatch.delitem(sys.modules, "pellucid.plugins.zarr")
    with pytest.raises(MissingExtraError, match=r"pip install 'pellucid\[science\]'"):
        importlib.import_module("pellucid.plugins.zarr")


def test_a_codec_can_be_sent_to_another_process():
    codec = PellucidCodec(axes="CYX", max_error=2)
    assert pickle.loads(pickle.dumps(codec)) == codec
