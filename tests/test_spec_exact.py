"""tools/spec_exact.py against pellucid: exact layers must come out the same, sample by sample."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid.bitstream import PelFile, write_file
from pellucid.errors import DamagedFileError
from pellucid.exact.tables import FOLDER
from pictures import unpacked
from spec_files import spec, spec_exact

SIZES = [(1, 1), (1, 7), (9, 1), (33, 65), (70, 31)]
KINDS = ["noise", "smooth", "constant", "steps", "sparse"]


def made(kind: str, dtype: str, height: int, width: int, planes: int) -> np.ndarray:
    """A picture of the kind, over the whole range of the type."""
    rng = np.random.default_rng(height + planes)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    y, x = np.mgrid[:height, :width]
    shape = (height, width, planes)
    if kind == "noise":
        values = rng.integers(low, high + 1, shape)
    elif kind == "smooth":
        wave = (low + high) / 2 + (high - low) / 3 * np.sin(x / 17) * np.cos(y / 13)
        values = wave[..., None] + rng.normal(0, (high - low) / 400, shape)
    elif kind == "constant":
        values = np.full(shape, low + 7)
    elif kind == "steps":
        values = low + 16 * ((x + y)[..., None] // 5 % 14 + rng.integers(0, 2, shape))
    else:
        values = np.where(rng.random(shape) < 0.03, rng.integers(low, high + 1, shape), 0)
    return np.clip(np.rint(values), low, high).astype(dtype)


def kind_of(data: bytes) -> int:
    """The kind byte of the first tile."""
    file = PelFile.parse(data)
    (layer,) = file.header.layer_numbers
    return file.tile(0, layer=layer)[2 if layer == 2 else 0]


def check_same(picture: np.ndarray, bound: int) -> int:
    """Both decoders give the same; returns the kind of the first tile."""
    data = pellucid.compress(picture, max_error=bound)
    theirs = unpacked(data)
    ours = spec_exact.decode_samples(data, FOLDER)
    assert ours.dtype == theirs.dtype == picture.dtype
    assert np.array_equal(ours, theirs)
    assert np.abs(ours.astype(int) - picture).max() <= bound
    return kind_of(data)


@pytest.mark.parametrize("planes", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_agrees_with_pellucid(dtype: str, planes: int) -> None:
    seen = set()
    for number, (height, width) in enumerate(SIZES):
        large = number >= 3
        bounds = (0, (1, 2, 7, 300)[(planes + number) % 4])
        for kind in [KINDS[planes % 5], "smooth"] if large else KINDS:
            for bound in bounds[number % 2 :][:1] if large else bounds:
                seen.add(check_same(made(kind, dtype, height, width, planes), bound))
    assert 2 in seen


@pytest.mark.parametrize("bound", [0, 1, 16383])
def test_agrees_on_classes_escapes_and_shifts(bound: int) -> None:
    picture = made("smooth", "uint16", 165, 150, 1)  # enough samples for classes of activity
    picture[:40] = made("noise", "uint16", 40, 150, 1)
    assert check_same(picture, bound) == 2


@pytest.mark.parametrize("bound", [0, 6])
@pytest.mark.parametrize("hole", [0, 3000, 65535])
@pytest.mark.parametrize("few", [False, True])
def test_agrees_on_holes_and_palettes(few: bool, hole: int, bound: int) -> None:
    rng = np.random.default_rng(hole + bound)
    y, x = np.mgrid[:37, :70]
    depth = 3000 + 900 * np.sin(x / 20) + 700 * np.cos(y / 15) + rng.normal(0, 6, (37, 70))
    depth = np.round(depth / 90) ** 2 if few else depth
    picture = np.where((x - 40) ** 2 + y**2 < 300, hole, depth).astype(np.uint16)[..., None]
    data = pellucid.compress(picture, max_error=bound, nodata=hole)
    back = unpacked(data)
    assert np.array_equal(back == hole, picture == hole)
    assert np.array_equal(spec_exact.decode_samples(data, FOLDER), back)


def test_agrees_on_tiles() -> None:
    picture = made("smooth", "uint8", 20, 530, 3)
    assert PelFile.parse(pellucid.compress(picture, lossless=True)).header.tile_count == 2
    assert check_same(picture, 0) == 2
    assert check_same(picture, 3) == 2


@pytest.mark.parametrize("bound", [0, 2])
def test_damaged_words_come_out_the_same_or_are_refused_by_both(bound: int) -> None:
    rng = np.random.default_rng(bound)
    picture = made("smooth", "uint8", 33, 24, 3)
    data = pellucid.compress(picture, max_error=bound)
    assert kind_of(data) == 2
    file = PelFile.parse(data)
    (layer,) = file.header.layer_numbers
    tile = file.tile(0, layer=layer)
    decoded = 0
    for _ in range(25):
        damaged = bytearray(tile)
        damaged[len(tile) % 4 + int(rng.integers(len(tile) - 4))] ^= 1 << int(rng.integers(8))
        data = write_file(file.header, {}, [bytes(damaged)])
        try:
            theirs = unpacked(data)
        except DamagedFileError:
            with pytest.raises(spec.PelError, match="damaged"):
                spec_exact.decode_samples(data, FOLDER)
        else:
            assert np.array_equal(spec_exact.decode_samples(data, FOLDER), theirs)
            decoded += 1
    assert 0 < decoded < 25


def test_refusals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = pellucid.compress(made("smooth", "uint8", 33, 65, 3), max_error=2)
    file = PelFile.parse(data)
    tile = bytes(file.tile(0, layer=2))
    for payload in (b"", b"\2\0", b"\2\0\3", struct.pack("<H", 0) + tile[2:], tile + b"\0",
                    struct.pack("<H", 16384) + tile[2:], tile[:-4], tile[:2] + b"\0" + tile[3:],
                    tile[:2] + b"\1" + tile[3:]):  # fmt: skip
        with pytest.raises(spec.PelError, match="damaged"):
            spec_exact.decode_samples(write_file(file.header, {}, [payload]), FOLDER)
        with pytest.raises(DamagedFileError):
            unpacked(write_file(file.header, {}, [payload]))
    with pytest.raises(spec.PelError, match="unknown model"):
        spec_exact.decode_samples(data, FOLDER.parent / "s")
    with pytest.raises(spec.PelError, match="unknown feature"):
        spec.decode_latents(data, FOLDER)
    (tmp_path / "a.pel").write_bytes(data)
    command = [str(tmp_path / "a.pel"), "--model", str(FOLDER), "-o", str(tmp_path / "a.npy")]
    assert spec_exact.main(command) == 0
    shown = capsys.readouterr().out.strip()
    assert shown == pellucid.info(data, latents=True).latents_sha256
    assert np.array_equal(np.load(tmp_path / "a.npy"), unpacked(data))
