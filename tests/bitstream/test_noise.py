"""Chunk nois: what is packed comes back, and any bytes are a model or named as wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.fuzz_reader import with_noise
from pellucid.bitstream import NOISE, Header, NoiseModel, PelFile, write_file
from pellucid.bitstream.noise import noise_problem
from pellucid.errors import DamagedFileError, OptionError, UnsupportedError

RGB = Header(64, 64, 3, 8, 0, 1, 0, 1, 0, 60, 6, bytes(16))
GREY = Header(64, 64, 1, 16, 1, 0, 0, 2, 0, 100, 6, bytes(16))
MODEL = NoiseModel(3, 0, 40, 99, 5, 250, ((1, 2), (3, 4), (5, 6)))
BYTES = st.integers(0, 255)


@st.composite
def models(draw: st.DrawFn) -> tuple[Header, NoiseModel]:
    header = draw(st.sampled_from((RGB, GREY)))
    low, high = (0, 255) if header is RGB else (-32768, 32767)
    ends = sorted(draw(st.sets(st.integers(low, high), min_size=2, max_size=2)))
    points = draw(st.integers(2, 8))
    curve = st.tuples(*[BYTES] * points)
    numbers = draw(st.integers(0, 16)), draw(BYTES), draw(BYTES) if header is RGB else 0
    seed = draw(st.integers(0, 2**32 - 1))
    return header, NoiseModel(*numbers, seed, *ends, draw(st.tuples(*[curve] * header.channels)))


@given(models())
def test_a_model_comes_back(case: tuple[Header, NoiseModel]) -> None:
    header, model = case
    payload = model.pack()
    assert len(payload) + 12 < 64
    assert noise_problem(header, payload) is None
    assert NoiseModel.unpack(payload) == model


@given(st.one_of(st.binary(max_size=64), st.binary(max_size=62).map(lambda rest: b"\1\2" + rest)))
def test_any_payload_is_a_model_or_named_as_wrong(payload: bytes) -> None:
    for header in (RGB, GREY):
        file = PelFile.parse(with_noise(write_file(header, {}, [b""]), payload))
        if noise_problem(header, payload) is None:
            assert NoiseModel.unpack(payload).pack() == payload
            assert file.noise == NoiseModel.unpack(payload)
        else:
            with pytest.raises((DamagedFileError, UnsupportedError), match="chunk nois"):
                _ = file.noise


@pytest.mark.parametrize(
    ("header", "model", "said"),
    [
        (GREY, MODEL, "23 bytes"),
        (RGB, replace(MODEL, scale=17), "scale 17"),
        (RGB, replace(MODEL, low=250), "250 .. 250"),
        (RGB, replace(MODEL, high=256), "5 .. 256; 0 .. 255 is possible"),
        (RGB, replace(MODEL, low=-1), "-1 .. 250"),
        (RGB, replace(MODEL, strengths=((1,), (2,), (3,))), "1 points"),
        (RGB, replace(MODEL, strengths=((1,) * 9,) * 3), "9 points"),
        (GREY, replace(MODEL, strengths=((1, 2),)), "one channel"),
        (replace(RGB, channels=4, colour=2), MODEL, "grey or RGB"),
        (replace(GREY, bit_depth=32, sample_type=2), MODEL, "grey or RGB"),
    ],
)
def test_wrong_models_are_not_written(header: Header, model: NoiseModel, said: str) -> None:
    with pytest.raises(OptionError, match=f"chunk nois can't be written.*({said})"):
        write_file(header, {}, [b""], extras={NOISE: model.pack()})


def test_a_file_says_its_noise() -> None:
    data = write_file(RGB, {}, [b""], extras={NOISE: MODEL.pack()})
    assert PelFile.parse(data).noise == MODEL
    assert PelFile.salvage(data).noise == MODEL
    assert PelFile.parse(write_file(RGB, {}, [b""])).noise is None
