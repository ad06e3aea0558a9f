"""Floats without loss and within a bound: maps, marks, bits, and what is refused."""

from __future__ import annotations

import re
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import pellucid
from pellucid.bitstream import PelFile, write_chunk, write_file
from pellucid.errors import DamagedFileError, OptionError
from pellucid.exact import FloatMap, find_map, map_of
from pellucid.exact.tables import FOLDER
from pictures import unpacked
from spec_files import spec, spec_exact

NAN, INF = np.float32("nan"), np.float32("inf")


def wave(height: int = 60, width: int = 70) -> np.ndarray:
    """Smooth, with grain, of about -1 to 1; no two samples alike."""
    y, x = np.mgrid[:height, :width]
    grain = np.random.default_rng(5).normal(0, 0.01, (height, width))
    return (np.sin(x / 20) * np.cos(y / 15) + grain).astype(np.float32)


def round_trip(samples: np.ndarray, **options: float) -> tuple[np.ndarray, bytes, FloatMap]:
    """What both decoders give, (H, W, C), the file and its map."""
    data = pellucid.compress(samples, **options)
    back = unpacked(data)
    assert spec_exact.decode_samples(data, FOLDER).tobytes() == back.tobytes()
    assert back.dtype == samples.dtype
    found = map_of(PelFile.parse(data))
    assert found is not None
    return back, data, found


COUNTS = np.rint((wave().astype(np.float64) + 1.2) * 100)
DEEP = np.rint((wave().astype(np.float64) + 1.2) * 20000)


@pytest.mark.parametrize(
    "samples",
    [
        COUNTS,
        COUNTS * 7 - 3000,
        COUNTS / 255,
        COUNTS / 10,
        COUNTS * 1.2345 + 273.15,
        COUNTS * 1e-20,
        COUNTS * 1e30,
        DEEP,
        DEEP / 65535,
        DEEP / 65535 - 0.5,
        DEEP / 4096,
        DEEP * 0.01 - 1000,
        np.full((5, 6), 3.3),
        np.zeros((5, 6)),
    ],
    ids=map(str, range(14)),
)
def test_whole_numbers_in_disguise_are_found(samples: np.ndarray) -> None:
    samples = samples.astype(np.float32)
    back, data, found = round_trip(samples, lossless=True)
    assert found.offsets is not None
    assert back.tobytes() == samples.tobytes()
    assert pellucid.info(data).max_error == 0
    assert samples.size < 100 or len(data) < 0.4 * samples.nbytes


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_any_floats_come_back_bit_for_bit(dtype: str) -> None:
    samples = np.stack([wave(), wave() * 1e-3, np.exp(9 * wave())], axis=-1).astype(dtype)
    samples[:9, :, 0], samples[9, :9, 1], samples[9, 9, 1] = NAN, INF, -INF
    samples[20, :, 1] = -0.0
    samples[21:23, :, 2] = 0
    back, data, found = round_trip(samples, lossless=True)
    assert found.offsets is None
    assert back.tobytes() == samples.tobytes()
    assert len(data) < samples.nbytes


def test_signs_of_zeros_and_bits_of_nans_stay_in_a_map_too() -> None:
    samples = (COUNTS / 255).astype(np.float32)
    samples[3], samples[4], samples[5:9] = -0.0, 0.0, NAN
    samples.view(np.uint32)[6, 0] = 0xFFC12345
    samples[9, 3:5] = INF, -INF
    back, _, found = round_trip(samples, lossless=True)
    assert found.offsets is not None
    assert len(found.marks) == 5
    assert back.tobytes() == samples[..., None].tobytes()


def test_a_thousand_kinds_of_nan() -> None:
    bits = np.uint32(0x7FC00000) + np.arange(1000, dtype=np.uint32).reshape(25, 40)
    samples = bits.view(np.float32)
    assert round_trip(samples, lossless=True)[0].tobytes() == samples.tobytes()
    with pytest.raises(OptionError, match="1000 different NaNs"):
        pellucid.compress(samples, max_error=1)


@pytest.mark.parametrize("bound", [0.3, 0.01, 1e-3, 1e-4, 2e-5])
@pytest.mark.parametrize("scale", [1, 1e-30, 1e30])
def test_a_bound_holds_in_the_samples_unit(bound: float, scale: float) -> None:
    samples = (wave() * np.float32(scale)).astype(np.float32)
    back, data, _ = round_trip(samples, max_error=bound * scale)
    off = np.abs(back[..., 0].astype(np.float64) - samples.astype(np.float64))
    assert bound * scale * 0.8 < off.max() <= bound * scale
    assert pellucid.info(data).max_error == bound * scale
    assert pellucid.info(data).dtype == "float32"


def test_a_bound_on_whole_numbers_costs_what_it_costs_in_integers() -> None:
    for bound in (1, 2.5):
        back, data, found = round_trip(COUNTS.astype(np.float32), max_error=bound)
        assert found.steps == (1,)
        assert np.abs(back[..., 0] - COUNTS).max() == int(bound)
        whole = pellucid.compress(COUNTS.astype(np.uint8), max_error=int(bound))
        assert len(data) < len(whole) + 60


def test_nan_and_infinities_stay_within_a_bound() -> None:
    samples = wave()
    samples[:9], samples[20, :9], samples[30:] = NAN, -INF, 0
    back, _, _ = round_trip(samples, max_error=0.01)
    finite = np.isfinite(samples)
    assert back[..., 0][~finite].tobytes() == samples[~finite].tobytes()
    assert np.ptp(back[31:]) == 0
    assert np.abs(back[..., 0][finite] - samples[finite]).max() <= 0.01


@pytest.mark.parametrize("mark", [-9999, 0, 0.5, float(np.finfo(np.float32).min)])
def test_nodata_stays_and_nothing_becomes_it(mark: float) -> None:
    samples = wave()
    samples[10:20] = mark
    back, _, _ = round_trip(samples, max_error=0.05, nodata=mark)
    assert np.array_equal(back[..., 0] == np.float32(mark), samples == np.float32(mark))
    known = samples != np.float32(mark)
    assert np.abs(back[..., 0][known] - samples[known]).max() <= 0.05


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("mark", [0, 7, -9999])
def test_planes_of_nothing_but_nodata(dtype: str, mark: int) -> None:
    samples = np.full((20, 30, 2), mark, dtype)
    samples[..., 1] += np.arange(30, dtype=dtype) % 5 * 100
    for part in (samples, samples[..., :1]):
        data = pellucid.compress(part, max_error=0.5, nodata=mark)
        back = pellucid.decompress(data).reshape(part.shape)
        np.testing.assert_allclose(back, part, rtol=0, atol=0.5)
        np.testing.assert_array_equal(back == mark, part == mark)


@pytest.mark.parametrize("scale", [1.0, 12345.678, 1e-9])
def test_the_bound_that_an_error_names_works(scale: float) -> None:
    samples = (wave() * scale).astype(np.float32)
    with pytest.raises(OptionError, match="65536 numbers") as caught:
        pellucid.compress(samples, max_error=scale * 1e-7)
    (named,) = re.findall(r"give ([\d.e+-]+) or more", str(caught.value))
    pellucid.compress(samples, max_error=float(named))
    assert float(named) < 1.02 * float(np.ptp(samples.astype(float))) / 2 / 65535


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_error": -0.5}, "max_error is -0.5"),
        ({"max_error": float("nan")}, "max_error is nan"),
        ({"max_error": float("inf")}, "max_error is inf"),
        ({"max_error": "1"}, "max_error is '1'"),
        ({"max_error": 1, "nodata": float("nan")}, "nodata is nan"),
        ({"max_error": 1, "nodata": 1e300}, "nodata is 1e"),
        ({"max_error": 1, "nodata": "x"}, "nodata is 'x'"),
        ({"max_error": 1, "lossless": True}, "choose one"),
    ],
)
def test_options_that_cannot_be(options: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        pellucid.compress(wave(), **options)


def test_whole_samples_take_whole_bounds() -> None:
    picture = COUNTS.astype(np.uint8)
    assert pellucid.compress(picture, max_error=2.0) == pellucid.compress(picture, max_error=2)
    for bound in (2.5, 16384, 1e300):
        with pytest.raises(OptionError, match="whole number from 0 to 16383"):
            pellucid.compress(picture, max_error=bound)


def test_channels_have_maps_of_their_own_and_none_is_alpha() -> None:
    samples = np.stack([wave() * 10**n for n in range(4)], axis=-1).astype(np.float32)
    back, data, _ = round_trip(samples, max_error=0.02)
    about = pellucid.info(data)
    assert (about.channels, about.alpha) == (4, False)
    assert (np.abs(back.astype(float) - samples).max(axis=(0, 1)) > 0.01).all()
    assert np.abs(back.astype(float) - samples).max() <= 0.02


def test_tiles_regions_damage_and_byte_order() -> None:
    samples = np.tile(wave(), (9, 1))[..., None]
    samples[:600] = samples[:600].round(3)
    data = pellucid.compress(samples.astype(">f4"), lossless=True)
    assert data == pellucid.compress(samples, lossless=True)
    part = unpacked(data, region=(5, 500, 20, 30))
    assert np.array_equal(part, samples[500:530, 5:25])
    file = PelFile.parse(data)
    place = file.chunks[-2].offset + 30
    broken = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    saved = pellucid.salvage(broken)
    rest = saved.picture[..., None]
    assert list(saved.damaged) == [1]
    assert np.array_equal(rest[:512], samples[:512])
    assert np.isnan(rest[512:]).all()
    assert len(pellucid.verify(broken).messages) == 1


def test_without_its_map_a_file_is_damaged_and_all_tiles_are_lost() -> None:
    data = pellucid.compress(wave(), max_error=0.01)
    file = PelFile.parse(data)
    (chunk,) = [chunk for chunk in file.chunks if chunk.type == "FMAP"]
    for broken in (
        data[: chunk.offset] + data[chunk.end :],
        data[: chunk.offset + 9] + b"?" + data[chunk.offset + 10 :],
    ):
        with pytest.raises(DamagedFileError, match="FMAP"):
            unpacked(broken)
        saved = pellucid.salvage(broken)
        assert np.isnan(saved.picture).all()
        assert list(saved.damaged) == [0]
        assert "FMAP" in pellucid.verify(broken).messages[0]
    whole = replace(file.header, sample_type=0, bit_depth=16)
    tile = bytes(file.tile(0, layer=2))
    with pytest.raises(OptionError, match="map of floats"):
        write_file(whole, {}, [tile], extras={"FMAP": b"\1"})
    without = write_file(whole, {}, [tile])
    end = PelFile.parse(without).chunks[0].end
    with pytest.raises(DamagedFileError, match="map of floats"):
        unpacked(without[:end] + write_chunk("FMAP", b"\1") + without[end:])
    bounded = replace(file.header, layers=0b100)
    with pytest.raises(DamagedFileError, match="layer 1 alone"):
        unpacked(write_file(bounded, {}, [tile], extras={"FMAP": b"\1"}))


@pytest.mark.parametrize("bits", [16, 32])
def test_maps_survive_packing_and_damaged_ones_are_refused_by_both(bits: int) -> None:
    samples = wave().astype(f"f{bits // 8}")[..., None]
    samples[3, 4:6, 0] = NAN, INF
    found, _ = find_map(samples, 0.01)
    payload = found.pack()
    assert FloatMap.parse(payload, bits=bits, channels=1) == found
    rng = np.random.default_rng(1)
    for _ in range(400):
        changed = bytearray(payload)
        changed[rng.integers(len(changed))] = rng.integers(256)
        length = int(rng.integers(len(changed) + 1)) if rng.random() < 0.2 else len(changed)
        refused = []
        for read in (
            lambda data: FloatMap.parse(data, bits=bits, channels=1),
            lambda data: spec_exact.read_float_map(data, bits, 1),
        ):
            try:
                read(bytes(changed[:length]))
            except (DamagedFileError, spec.PelError):
                refused.append(True)
            else:
                refused.append(False)
        assert refused[0] is refused[1], bytes(changed[:length])


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(np.uint32, (7, 9), elements=st.integers(0, 2**32 - 1)),
    st.sampled_from([0.0, 1e-3, 1.0, 1e6, 1e38]),
)
def test_any_bits_at_all(bits: np.ndarray, bound: float) -> None:
    samples = bits.view(np.float32)
    pellucid.compress(samples, lossless=True)  # is never refused
    try:
        back = unpacked(pellucid.compress(samples, max_error=bound))[..., 0]
    except OptionError:
        return
    finite = np.isfinite(samples)
    assert back[~finite].tobytes() == samples[~finite].tobytes()
    off = np.abs(back[finite].astype(np.float64) - samples[finite].astype(np.float64))
    assert off.max(initial=0) <= bound
    if bound == 0:
        assert back.tobytes() == samples.tobytes()


def test_order_of_bits_is_that_of_floats() -> None:
    values = np.array([[-np.inf, -3e38, -1, -1e-45, -0.0, 0.0, 1e-45, 1, np.inf]], np.float32)
    codes = FloatMap(np.dtype("f4"), 1).codes(values[..., None]).astype(np.int64)
    keys = codes[0, :, 0] * 65536 + codes[0, :, 1]
    assert (np.diff(keys) > 0).all()
    assert struct.unpack("<I", np.float32(1).tobytes())[0] + 2**31 == keys[7]
