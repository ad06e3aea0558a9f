"""The codec of numcodecs, by itself and in arrays of Zarr version 2."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from array_stores import farthest, in_fresh_process, stack
from pellucid.bitstream import PelFile
from pellucid.bitstream.chunk import write_chunk
from pellucid.bitstream.limits import SIGNATURE
from pellucid.errors import DamagedFileError, InputError, LimitError, NotPelFileError, OptionError

numcodecs = pytest.importorskip("numcodecs")

from pellucid.plugins.numcodecs import Pellucid  # noqa: E402


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        (None, (40, 50)), (None, (2, 40, 50)), (None, (2, 2, 40, 50)), ("XY", (40, 50)),
        ("YXC", (40, 50, 3)), ("YCX", (40, 2, 50)), ("CYX", (2, 40, 4)), ("TCYX", (2, 2, 40, 50)),
        ("YXTC", (40, 50, 1, 2)), ("CYX", (1, 40, 50)),
    ],
)  # fmt: skip
def test_samples_lie_in_memory_as_they_did(axes, shape):
    """The shape is known in a store; here all axes but rows and columns are one."""
    samples = stack(shape)
    codec = Pellucid(axes=axes)
    data = codec.encode(samples)
    back = codec.decode(data)
    assert np.array_equal(back.reshape(shape), samples)
    out = np.empty(shape, samples.dtype)
    codec.decode(data, out=out)
    assert np.array_equal(out, samples)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float16", "float32"])
def test_each_type_comes_back_within_its_bound(dtype):
    samples = stack((1, 40, 50), dtype)
    for bound in (0, 2):
        back = Pellucid(max_error=bound).decode(Pellucid(max_error=bound).encode(samples))
        assert back.dtype == samples.dtype
        assert farthest(back, samples) <= bound


def test_a_picture_with_loss_is_the_file_that_compress_makes():
    picture = (stack((64, 64, 3), "float64") % 200).astype("uint8")
    codec = Pellucid(axes="YXC", quality=70, model="s", tune="psnr")
    data = codec.encode(picture)
    assert data == pellucid.compress(picture, quality=70, model="s", tune="psnr")
    assert np.array_equal(codec.decode(data), pellucid.decompress(data))


def test_holes_stay():
    samples = stack((1, 40, 50))
    samples[0, 5:20, 7:30] = 0
    codec = Pellucid(max_error=4, nodata=0)
    assert np.array_equal(codec.decode(codec.encode(samples)) == 0, samples[0] == 0)


def test_the_configuration_is_json_and_comes_back():
    codec = Pellucid(axes="CYX", max_error=np.float32(0.5), tile=np.int64(64))
    config = json.loads(json.dumps(codec.get_config()))
    assert config == {"id": "pellucid", "axes": "CYX", "max_error": 0.5, "tile": 64}
    assert numcodecs.get_codec(config) == codec
    assert Pellucid().get_config() == {"id": "pellucid"}
    with pytest.raises(OptionError, match="no option level"):
        numcodecs.get_codec({"id": "pellucid", "level": 9})


def test_what_would_come_back_otherwise_is_refused():
    samples = stack()
    with pytest.raises(InputError, match="row order"):
        Pellucid().encode(samples.astype(">u2"))
    with pytest.raises(InputError, match="column order"):
        Pellucid().encode(np.asfortranarray(samples))
    with pytest.raises(OptionError, match="YXC if it is a picture"):
        Pellucid().encode(stack((40, 50, 3)))
    with pytest.raises(OptionError, match="side by side"):
        Pellucid(axes="TYXC")
    with pytest.raises(OptionError, match="letter for each axis"):
        Pellucid(axes="CYX").encode(stack((40, 50)))
    with pytest.raises(OptionError, match="one axis alone"):
        Pellucid().encode(np.zeros(9, np.uint8))
    with pytest.raises(InputError, match="type int64"):
        Pellucid().encode(np.zeros((9, 9), np.int64))


def test_hostile_files_are_refused():
    data = Pellucid().encode(stack((1, 40, 50)))
    with pytest.raises(NotPelFileError):
        Pellucid().decode(b"\0" * 40)
    with pytest.raises(DamagedFileError):
        Pellucid().decode(data[:-3])
    with pytest.raises(DamagedFileError, match="4000 bytes of samples, and out 4100"):
        Pellucid().decode(data, out=np.empty((1, 41, 50), np.uint16))


def test_out_in_column_order_is_refused_and_stays():
    samples = stack((2, 40, 50))
    data = Pellucid(axes="CYX").encode(samples)
    out = np.zeros(samples.shape, samples.dtype, order="F")
    with pytest.raises(InputError, match="row order"):
        Pellucid(axes="CYX").decode(data, out=out)
    assert not out.any()
    out = np.empty_like(samples)
    Pellucid(axes="CYX").decode(data, out=out)
    assert np.array_equal(out, samples)


def test_a_file_beyond_the_limits_is_refused():
    data = Pellucid().encode(stack((1, 40, 50)))
    header = replace(PelFile.parse(data).header, width=2**24, height=2**10)
    with pytest.raises(LimitError):
        Pellucid().decode(SIGNATURE + write_chunk("HEAD", header.pack()))


@settings(max_examples=12)
@given(data=st.data())
def test_any_shape(data):
    axes = data.draw(st.sampled_from(["YX", "XY", "CYX", "YXC", "YCX", "TCYX"]))
    shape = tuple(data.draw(st.integers(1, 40 if letter in "YX" else 2)) for letter in axes)
    samples = stack(shape, data.draw(st.sampled_from(["uint8", "int16"])))
    codec = Pellucid(axes=axes)
    assert np.array_equal(codec.decode(codec.encode(samples)).reshape(shape), samples)


READ = """
import sys, zarr
array = zarr.open_array(r"{store}", mode="r")
print(array[1, 62:66, 50].tolist(), array.compressors)
print("pellucid.plugins.numcodecs" in sys.modules)
"""


def test_arrays_of_zarr_version_2_are_read_in_a_fresh_process(tmp_path):
    zarr = pytest.importorskip("zarr")
    samples, store = stack((2, 70, 60)), tmp_path / "two.zarr"
    array = zarr.create_array(
        store, shape=samples.shape, chunks=(2, 40, 60), dtype="uint16", zarr_format=2,
        compressors=Pellucid(max_error=1),
    )  # fmt: skip
    array[:] = samples
    assert 0 < farthest(array[:], samples) <= 1
    said = in_fresh_process(READ.format(store=store))
    assert said.startswith(str(array[1, 62:66, 50].tolist()))
    assert "Pellucid(axes=None, max_error=1" in said
    assert said.endswith("True")
