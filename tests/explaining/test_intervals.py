"""Half-widths: from errors to tables, and what is done with a table."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import pellucid
from pellucid.cli import main
from pellucid.errors import InputError, PellucidError
from pellucid.evaluate import bench
from pellucid.evaluate import calibrate as calibrating
from pellucid.evaluate.benches import intervals as coverage
from pellucid.evaluate.benches.intervals import BENCH, ROWS, Plan, tables
from pellucid.evaluate.calibrate import calibrate, save_intervals
from pellucid.evaluate.pictures import load_rgb, sample_hash
from pellucid.evaluate.report import markdown
from pellucid.evaluate.runs import load_runs
from pellucid.explaining.intervals import (
    GROUPS,
    Intervals,
    boxed,
    half_widths,
    intervals_of,
)
from pellucid.runtime import load_denoiser, load_model
from pictures import photograph, unpacked
from shipped import CODECS

DENOISERS = ("m", "s")


def run(data, out, notify=lambda _line: None, **options):
    """The new rows of `bench intervals` on one folder."""
    before = ROWS.load(out)
    bench.run(BENCH, Plan(data=(data,), out=out, **options), notify)
    return [row for row in ROWS.load(out) if row not in before]


@pytest.fixture
def folder(tmp_path):
    for number, (top, left) in enumerate([(0, 128), (200, 0), (256, 256)]):
        crop = photograph(160, 160, top=top, left=left)
        Image.fromarray(crop).save(tmp_path / f"{number}.png")
    return tmp_path


@pytest.mark.parametrize("net", [*map(load_model, CODECS), *map(load_denoiser, DENOISERS)])
def test_shipped_intervals_name_their_model(net):
    found = intervals_of(net.folder)
    assert found.model == net.id.hex()
    assert found.pictures >= 50


def test_intervals_of_other_weights_are_refused(tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(load_denoiser("s").folder, folder)
    card = json.loads((folder / "card.json").read_text("utf-8"))
    identity = card["id"]
    (folder / "card.json").write_text(json.dumps({**card, "id": "00" * 16}), "utf-8")
    with pytest.raises(PellucidError, match=rf"{identity}.*measure again.*--calibrate"):
        intervals_of(folder)


def test_test_pictures_are_refused_to_calibrate(folder, monkeypatch):
    secret = sorted(folder.glob("*.png"))[1]
    known = {sample_hash(load_rgb(secret)): "set/01"}
    monkeypatch.setattr(calibrating, "test_set_hashes", lambda: known)
    with pytest.raises(InputError, match=r"1\.png is the test picture set/01"):
        calibrate(sorted(folder.glob("*.png")), "denoise", "s")


@pytest.mark.parametrize("name", CODECS)
def test_shipped_codecs_have_intervals(name):
    codec = intervals_of(load_model(name).folder)
    assert codec.levels.tolist() == list(range(0, 101, 10))
    assert (np.diff(codec.typical) <= 0).all()
    assert codec.typical[0] > 2 * codec.typical[-1]


@pytest.mark.parametrize("name", DENOISERS)
def test_shipped_denoisers_have_intervals(name):
    denoiser = intervals_of(load_denoiser(name).folder)
    assert denoiser.widths.shape == (1, GROUPS, GROUPS)
    assert denoiser.widths.min() > 0
    # the more the result varies, the less sure it is
    assert denoiser.widths[0, -1, -1] > 3 * denoiser.widths[0, 0, 0]


@pytest.mark.parametrize("sigma", [10.0, 40.0])
def test_denoised_photograph_is_covered(sigma):
    """One picture is one draw: its coverage lies around 90 %, and much lower would be wrong."""
    truth = photograph(256, 256).astype(np.float32)
    noisy = truth + np.random.default_rng(1).normal(0, sigma, truth.shape).astype(np.float32)
    result = pellucid.denoise(noisy, sigma=sigma)
    widths = half_widths(result, intervals_of(load_denoiser("m").folder), sigma=sigma)
    assert 0.85 < (np.abs(result - truth) <= widths[..., None]).mean() < 0.97


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("quality", [25, 75])
def test_decoded_photograph_is_covered(name, quality):
    truth, folder = photograph(256, 256), load_model(name).folder
    result = unpacked(pellucid.compress(truth, quality=quality, model=folder))
    widths = half_widths(result, intervals_of(folder), level=quality)
    inside = np.abs(result.astype(int) - truth) <= widths[..., None]
    assert 0.84 < inside.mean() < 0.97


def test_units_do_not_matter():
    intervals = intervals_of(load_denoiser("m").folder)
    picture = photograph(64, 70).astype(np.float32)
    one = half_widths(picture, intervals, sigma=20.0)
    assert half_widths(picture / 255, intervals, sigma=20 / 255) * 255 == pytest.approx(one, 1e-3)


def test_sigma_may_differ_from_place_to_place():
    intervals = intervals_of(load_denoiser("m").folder)
    picture = photograph(300, 40).astype(np.float32)
    sigma = np.full((300, 40), 20, np.float32)
    same = half_widths(picture, intervals, sigma=20.0)
    assert np.array_equal(half_widths(picture, intervals, sigma=sigma), same)
    sigma[150:] = 0
    half = half_widths(picture, intervals, sigma=sigma)
    assert not half[150:].any()
    assert np.array_equal(half[:150], same[:150])


def test_between_levels():
    tables = np.stack([np.full((GROUPS, GROUPS), w, np.float32) for w in (1, 3)])
    edges = np.zeros((2, GROUPS - 1), np.float32)
    levels, typical = np.float32([0, 10]), np.float32([1, 3])
    found = Intervals(levels, edges, tables, typical)
    assert found.at(5)[0, 0] == 2
    assert found.at(10)[0, 0] == 3
    assert found.at(99)[0, 0] == 3
    assert found.typical_at(2.5) == 1.5


def test_boxed_is_a_mean_of_squares():
    plane = np.random.default_rng(0).random((7, 6))
    wide = np.pad(plane, 1, "symmetric")
    by_hand = sum(wide[y : y + 7, x : x + 6] for y in range(3) for x in range(3)) / 9
    assert boxed(plane, 3) == pytest.approx(by_hand)


def test_calibrate_then_measure(folder, tmp_path, tiny_denoiser):
    pictures = sorted(folder.glob("*.png"))
    found = calibrate(pictures, "denoise", tiny_denoiser)
    assert found.model == load_denoiser(tiny_denoiser).id.hex()
    assert found.pictures == 3
    path = save_intervals(found, load_denoiser(tiny_denoiser).folder)
    again = tmp_path / "again"  # the same with one sample changed, which coverage takes for others
    again.mkdir()
    for each in pictures:
        changed = load_rgb(each)
        changed[0, 0, 0] ^= 1
        Image.fromarray(changed).save(again / each.name)
    try:
        rows = run(again, tmp_path / "out", task="denoise", model=tiny_denoiser, steps=(15, 25))
    finally:
        path.unlink()
    assert len(rows) == 6
    mean = np.mean([row.covered for row in rows])
    assert 0.86 < mean < 0.94  # measured on next to what it was made from


@pytest.fixture
def measured_denoiser(folder, tiny_denoiser):
    """A denoiser with intervals from the pictures of `folder`."""
    found = calibrate(sorted(folder.glob("*.png")), "denoise", tiny_denoiser)
    path = save_intervals(found, load_denoiser(tiny_denoiser).folder)
    yield tiny_denoiser
    path.unlink()


def test_pictures_of_the_calibration_are_left_out(folder, tmp_path, measured_denoiser):
    """By their samples: another name and format don't hide them, nor does --grey."""
    said: list[str] = []
    options = {"task": "denoise", "model": measured_denoiser, "steps": (25,), "notify": said.append}
    with pytest.raises(InputError, match=r"made from all pictures of .*; measure others"):
        run(folder, tmp_path / "out", **options)
    others = tmp_path / "others"
    others.mkdir()
    Image.open(folder / "1.png").save(others / "copy.bmp")
    Image.fromarray(photograph(96, 96, top=40, left=40)).save(others / "new.png")
    for grey in (False, True):
        rows = run(others, tmp_path / "out", images=1, grey=grey, **options)
        assert [row.image for row in rows] == ["new"]
        assert "without copy.bmp: the intervals were made from it" in said
        said.clear()


def test_without_a_list_of_pictures_only_test_sets_are_known_to_be_others(
    folder, tmp_path, measured_denoiser, monkeypatch
):
    path = load_denoiser(measured_denoiser).folder / "intervals.npz"
    with np.load(path) as found:
        parts = {name: found[name] for name in found if name != "seen"}
    np.savez(path, **parts)
    said: list[str] = []
    options = {"task": "denoise", "model": measured_denoiser, "steps": (25,), "notify": said.append}
    assert len(run(folder, tmp_path / "out", **options)) == 3
    assert said[0].startswith("without a check of 3 pictures (0.png, ..): the model's intervals")
    known = {sample_hash(load_rgb(each)): "set/x" for each in folder.glob("*.png")}
    monkeypatch.setattr(coverage, "test_set_hashes", lambda: known)
    said.clear()
    run(folder, tmp_path / "out", **options)
    assert said == []
    np.savez(path, **parts, seen=np.zeros((2, 32), np.uint8))
    with pytest.raises(PellucidError, match=r"seen has the shape \(2, 32\).*not \(3, 32\)"):
        intervals_of(path.parent)


@pytest.mark.parametrize("task", ["denoise", "decode"])
def test_grey_pictures_are_measured_as_grey(task, tmp_path):
    """What is grey by itself and what is made grey give rows of their own, with a command."""
    folder = tmp_path / "set"
    folder.mkdir()
    colour = photograph(96, 128, top=10, left=10)
    Image.fromarray(colour).save(folder / "colour.png")
    Image.fromarray(colour).convert("L").save(folder / "grey.png")
    options = {"task": task, "model": "s", "steps": (30.0,)}
    rows = run(folder, tmp_path, **options)
    assert [(row.image, row.channels) for row in rows] == [("grey", 1), ("colour", 3)]
    same = run(folder, tmp_path, grey=True, **options)
    assert [(row.image, row.channels) for row in same] == [("colour", 1)]  # the other is there
    if task == "decode":  # without noise of its own the same picture
        assert same[0].covered == rows[0].covered
    kept = ROWS.load(tmp_path)
    assert sorted((row.image, row.channels) for row in kept) == [
        ("colour", 1),
        ("colour", 3),
        ("grey", 1),
    ]
    text = markdown(tables(tmp_path))
    assert "set, grey (2)" in text
    assert "set (1)" in text


def test_command_for_grey(tmp_path):
    Image.fromarray(photograph(64, 64)).save(tmp_path / "one.png")
    words = ["bench", "intervals", "--data", str(tmp_path), "--model", "s", "--at", "25", "--grey"]
    done = CliRunner().invoke(main, [*words, "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert f"| denoise | s | {tmp_path.name}, grey (1) | sigma 25 |" in done.output
    (made,) = load_runs(tmp_path / "out")
    assert (made.what, made.files) == (
        f"coverage of intervals, denoise: {tmp_path.name}, grey",
        ["intervals.tsv"],
    )
    assert made.command == (
        f"pellucid bench intervals --data {tmp_path.name} -o out --model s --at 25 --grey"
    )
    done = CliRunner().invoke(main, [*words, "--calibrate"])
    assert done.exit_code == 2
    assert "--grey goes with --out" in done.output


def test_calibrated_codec_has_a_table_a_quality(folder, tiny_installed):
    found = calibrate(sorted(folder.glob("*.png"))[:1], "decode", tiny_installed)
    assert found.widths.shape == (11, GROUPS, GROUPS)
    assert np.isfinite(found.widths).all()
    assert found.widths.min() > 0


def test_without_intervals_there_is_a_way_out(tmp_path):
    with pytest.raises(PellucidError, match="bench intervals --calibrate"):
        intervals_of(tmp_path)


@pytest.mark.parametrize("bad", [b"", b"PK\x03\x04 no archive", None])
def test_broken_intervals_are_named(tmp_path, bad):
    path = tmp_path / "intervals.npz"
    if bad is None:
        wrong = np.zeros(3, np.float32)
        parts = dict.fromkeys(("levels", "edges", "widths", "typical"), wrong)
        np.savez(path, **parts, model="00", pictures=1)
    else:
        path.write_bytes(bad)
    with pytest.raises(PellucidError, match=r"intervals\.npz"):
        intervals_of(tmp_path)
