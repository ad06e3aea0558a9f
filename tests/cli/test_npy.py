"""Arrays in NumPy's own files: what no picture format holds, through every command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import pellucid

BANDS = np.random.default_rng(0).normal(900, 60, (40, 50, 7)).cumsum(axis=1).astype(np.int16)


def test_bands_there_and_back(run) -> None:
    np.save("bands.npy", BANDS)
    run("compress", "bands.npy", "--lossless")
    about = run("info", "bands.pel").stdout
    assert "7 channels" in about
    assert "int16" in about
    assert "lossless" in about
    run("decompress", "bands.pel", "-o", "back.npy")
    assert np.array_equal(np.load("back.npy"), BANDS)
    assert np.load("back.npy").dtype == np.int16
    assert "these can: .npy" in run("decompress", "bands.pel", code=1).stderr
    assert not Path("bands.png").exists()


def test_a_bound_and_a_region(run) -> None:
    np.save("bands.npy", BANDS)
    fields = json.loads(run("compress", "bands.npy", "--max-error", 9, "--json").stdout)
    assert fields["max_error"] == 9
    assert fields["quality"] is None
    run("decompress", "bands.pel", "-o", "part.npy", "--region", "5,6,20,10")
    off = np.load("part.npy").astype(int) - BANDS[6:16, 5:25]
    assert 0 < np.abs(off).max() <= 9


def test_a_folder_of_arrays_and_pictures(run, photo) -> None:
    Path("in").mkdir()
    np.save("in/bands.npy", BANDS)
    Path("in/photo.png").write_bytes(Path(photo).read_bytes())
    run("compress", "-r", "in", "-o", "out", "--lossless")
    assert sorted(path.name for path in Path("out").iterdir()) == ["bands.pel", "photo.pel"]
    run("compress", "-r", "in", "-o", "lossy")
    assert [path.name for path in Path("lossy").iterdir()] == ["photo.pel"]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 4)), "float64"),
        (np.zeros(3, np.uint8), r"shape \(3,\)"),
        (np.zeros((0, 3), np.uint8), "no picture"),
        (np.array([{}]), "can't be read as an array"),
    ],
)
def test_arrays_that_are_none(run, array: np.ndarray, message: str) -> None:
    np.save("bad.npy", array, allow_pickle=True)
    result = run("compress", "bad.npy", "--lossless", code=1)
    assert re.search(message, result.stderr)


def test_damaged_array_files(run) -> None:
    np.save("bad.npy", BANDS)
    Path("bad.npy").write_bytes(Path("bad.npy").read_bytes()[:300])
    assert "can't be read" in run("compress", "bad.npy", "--lossless", code=1).stderr
    np.savez("many.npz", BANDS, BANDS)
    Path("many.npz").rename("many.npy")
    assert "several arrays" in run("compress", "many.npy", "--lossless", code=1).stderr


def test_larger_than_the_limit(run) -> None:
    np.save("large.npy", np.zeros((300, 400), np.uint8))
    options = ("--lossless", "--max-pixels", "100k")
    assert "over the limit" in run("compress", "large.npy", *options, code=1).stderr
    run("compress", "large.npy", "--lossless")
    for command in ("decompress", "verify", "info"):
        wrong = run(command, "large.pel", "--max-pixels", "100k", code=1).stderr
        assert "max_pixels" in wrong, command


def test_denoising_arrays(run) -> None:
    noisy = np.random.default_rng(1).normal(0, 25, (70, 80)).astype(np.int16)
    np.save("noisy.npy", noisy)
    run("denoise", "noisy.npy", "--sigma", 25, "--model", "s")
    clean = np.load("noisy.clean.npy")
    assert clean.dtype == np.int16
    assert clean.shape == (70, 80)
    assert clean.std() < 0.5 * noisy.std()
    assert clean.min() < 0 < clean.max()
    assert pellucid.denoise("noisy.npy", sigma=25, model="s").std() == clean.std()


@pytest.mark.parametrize(
    "header",
    [
        f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({2**70}, 3)}}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (True, 3)}",
        f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({2**40}, {2**40})}}",
        "{['a']: 1}",
        "-" * 9000 + "1",
    ],
)
def test_headers_that_make_no_sense(run, header: str) -> None:
    text = header.encode() + b"\n"
    Path("bad.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    for command in (("compress", "--lossless"), ("denoise",)):
        assert "bad.npy" in run(command[0], "bad.npy", *command[1:], code=1).stderr
    Path("bad.npy").write_bytes(b"PK\3\4 no archive")
    assert "archive" in run("compress", "bad.npy", "--lossless", code=1).stderr
    assert "no such file" in run("compress", "none.npy", "--lossless", code=1).stderr


def test_wrong_settings_are_not_taken_for_a_full_disk(run, monkeypatch) -> None:
    np.save("bands.npy", BANDS)
    run("compress", "bands.npy", "--lossless")
    monkeypatch.setenv("PELLUCID_THREADS", "abc")
    wrong = run("decompress", "bands.pel", "-o", "back.npy", code=2).stderr
    assert "PELLUCID_THREADS" in wrong
    assert "cannot write" not in wrong
    assert not Path("back.npy").exists()


def test_a_full_disk_is_an_error_like_others(run, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    np.save("bands.npy", BANDS)
    run("compress", "bands.npy", "--lossless")
    monkeypatch.setattr("os.posix_fallocate", full, raising=False)
    wrong = run("decompress", "bands.pel", "-o", "back.npy", code=1).stderr
    assert "No space left" in wrong
    assert not Path("back.npy").exists()


def test_floats_in_and_out(run) -> None:
    y, x = np.mgrid[:30, :40]
    samples = (np.sin(x / 9) * np.cos(y / 7)).astype(np.float32)
    samples[3] = np.nan
    np.save("a.npy", samples)
    run("compress", "a.npy", "--lossless")
    run("decompress", "a.pel", "-o", "a.tif")
    run("compress", "a.tif", "-o", "b.pel", "--lossless")
    run("decompress", "b.pel", "-o", "b.npy")
    assert np.load("b.npy").tobytes() == samples.tobytes()
    report = run("compress", "a.tif", "-o", "c.pel", "--max-error", "0.001", "--json").stdout
    assert json.loads(report)["max_error"] == 0.001
    assert "within 0.001" in run("info", "c.pel").stdout
    run("decompress", "c.pel", "-o", "c.tif")
    run("decompress", "c.pel", "-o", "c.npy")
    back = np.load("c.npy")
    known = np.isfinite(samples)
    assert np.array_equal(known, np.isfinite(back))
    assert np.abs(back[known].astype(float) - samples[known]).max() <= 0.001
    assert "can't hold float32 grey" in run("decompress", "c.pel", "-o", "c.png", code=1).stderr
    message = run("compress", "a.npy", "--max-error", "1e-9", "--force", code=2).stderr
    assert "or more, or lossless" in message
