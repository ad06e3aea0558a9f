"""Noisy pictures compressed: what is measured, and what the tables make of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli.bench import bench as command
from pellucid.errors import InputError, MissingExtraError, OptionError
from pellucid.evaluate.bench import run as run_bench
from pellucid.evaluate.benches import joint
from pellucid.evaluate.benches.denoise_tasks import find_sources
from pellucid.evaluate.benches.joint import BENCH, Plan
from pellucid.evaluate.benches.joint_rows import (
    SPEED_ROWS,
    SWEEP,
    JointResult,
    JointTiming,
    bits_off,
)
from pellucid.evaluate.benches.joint_tables import overview
from pellucid.evaluate.benches.joint_tasks import KINDS, PHOTONS, READ_OUT, curved, linear
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.base import kind_of
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.peers.joint import WAYS, make, own_ways
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.registry import SECTIONS
from pellucid.evaluate.report import markdown, write_report

for module in ("bjontegaard", "matplotlib", "skimage"):
    pytest.importorskip(module)


@dataclass
class StubDenoiser:
    """Gives a darker picture, so that what is behind it can be told."""

    name: str
    needs: str = "sigma"
    version: str = "cleaner 1"
    threading: str = "one thread"

    def __post_init__(self):
        self.told = []

    def denoise(self, noisy, given):
        self.told.append((given.sigma, given.bits, noisy.shape))
        return noisy - 20.25


@pytest.fixture
def peers(monkeypatch, stub_peer):
    """Codecs that cost nothing; returns the denoisers by name."""
    for name in ("pellucid-m", "pellucid-m-joint", "webp", "avif"):
        monkeypatch.setitem(LOSSY.makers, name, lambda threads, name=name: stub_peer(name))
    found = {"bm3d": StubDenoiser("bm3d"), "pellucid-m": StubDenoiser("pellucid-m", "nothing")}
    for name, one in found.items():
        monkeypatch.setitem(DENOISERS.makers, name, lambda threads, one=one: one)
    monkeypatch.setattr(joint, "REST", 0.0)
    return found


@pytest.fixture
def plan(tmp_path, picture):
    data = tmp_path / "set"
    data.mkdir()
    for name, crop in (("one", 96), ("two", 80)):
        Image.fromarray(picture[:crop]).save(data / f"{name}.png")
    return Plan(
        data=data, out=tmp_path / "out", tasks=("sigma10",), against=("webp", "bm3d+avif"),
        models=("m",), metrics=("psnr",), repeats=0, processes=0, threads=1,
    )  # fmt: skip


def measured(plan, *notify):
    outcome = run_bench(BENCH, plan, *notify)
    assert outcome.failures == []
    return outcome


def kept(plan, name):
    return SWEEP.read(plan.out / f"joint-{name}.tsv")


def test_a_row_for_every_picture_way_and_setting(plan, peers):
    assert measured(plan).new_rows == 2 * 5 * 6
    found = kept(plan, "bm3d+avif")
    assert [(row.image, row.setting) for row in found] == [
        (image, float(setting)) for image in ("one", "two") for setting in range(1, 7)
    ]
    first = found[0]
    assert (first.codec, first.task, first.data) == ("bm3d+avif", "sigma10", "set")
    assert first.versions == "cleaner 1; stub 1"
    assert first.noisy_psnr == pytest.approx(28.1, abs=0.4)
    assert first.bpp == pytest.approx(8 * first.bytes / (96 * 128), abs=1e-6)
    assert first.ssimulacra2 is None
    assert all(row.denoise_s > 0 for row in found)
    assert all(row.denoise_s == 0 for row in kept(plan, "pellucid-m-joint"))


def test_quality_is_that_of_what_was_denoised_to_the_clean_picture(plan, peers):
    measured(plan)
    source = find_sources(KINDS["sigma10"].files, plan.data)[0]
    scene = KINDS["sigma10"].load(source)
    plain = LOSSY.make("webp", 1)
    for name, seen in (("webp", scene.noisy), ("bm3d+avif", scene.noisy - 20.25)):
        seen = np.clip(np.rint(seen), 0, 255).astype(np.uint8)
        decoded = plain.decode(plain.encode(seen, 6), kind_of(seen))
        row = next(r for r in kept(plan, name) if (r.image, r.setting) == ("one", 6))
        assert row.psnr == round(psnr(scene.clean, decoded), 4)


def test_a_denoiser_runs_once_a_picture_and_is_told_what_is_known(plan, peers):
    plan = replace(plan, against=("webp", "bm3d+avif", "pellucid-m+avif"))
    measured(plan)
    shapes = [(96, 128, 3), (80, 128, 3)]
    warm = (64, 64, 3)
    cleaned = [told for told in peers["bm3d"].told if told[2] != warm]
    assert cleaned == [(10, 8, shape) for shape in shapes]
    cleaned = [told for told in peers["pellucid-m"].told if told[2] != warm]
    assert cleaned == [(None, 8, shape) for shape in shapes]  # for two codecs
    peers["bm3d"].told.clear()
    measured(replace(plan, tasks=("camera",)))
    sigmas = [sigma for sigma, _, shape in peers["bm3d"].told if shape != warm]
    assert all(1 < sigma < 20 for sigma in sigmas)
    assert len(sigmas) == 2
    found = kept(plan, "bm3d+avif")
    told = {(row.task, "; sigma by pellucid" in row.versions) for row in found}
    assert told == {("sigma10", False), ("camera", True)}
    assert measured(replace(plan, tasks=("jpeg20",))).new_rows == 2 * 5 * 6
    assert kept(plan, "bm3d+avif") == found  # nothing can be told about JPEG


def test_an_interrupted_run_goes_on_where_it_stopped(plan, peers):
    measured(plan)
    path = plan.out / "joint-webp.tsv"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) // 2], encoding="utf-8")
    left = len(kept(plan, "webp"))
    assert measured(plan).new_rows == 12 - left > 0
    assert len(kept(plan, "webp")) == 12
    assert measured(plan).new_rows == 0
    assert measured(replace(plan, tasks=("none", "sigma10"))).new_rows == 2 * 5 * 6
    peers["bm3d"].version = "cleaner 2"
    assert measured(plan).new_rows == 12
    versions = {(row.task, row.versions) for row in kept(plan, "bm3d+avif")}
    assert ("sigma10", "cleaner 2; stub 1") in versions
    assert ("sigma10", "cleaner 1; stub 1") not in versions
    assert len(versions) == 2  # those of the other kind of noise stay
    assert measured(replace(plan, settings=2, fresh=True)).new_rows == 2 * 5 * 2
    assert {row.setting for row in kept(plan, "webp") if row.task == "sigma10"} == {1, 6}


def test_a_missing_method_is_told_and_left_out(plan, peers, monkeypatch):
    def missing(threads):
        raise MissingExtraError("bm3d", "bench")

    monkeypatch.setitem(DENOISERS.makers, "bm3d", missing)
    lines = []
    outcome = measured(plan, lines.append)
    assert list(outcome.missing) == ["bm3d+avif"]
    assert lines[0].startswith("without bm3d+avif: bm3d is not installed")
    assert outcome.new_rows == 2 * 4 * 6


def scene_of(plan, task):
    return KINDS[task].load(find_sources(KINDS[task].files, plan.data)[0])


def test_noise_is_the_same_each_time_and_as_a_file_has_it(plan, picture):
    for task in ("sigma25", "camera", "jpeg10"):
        one, again = scene_of(plan, task), scene_of(plan, task)
        assert one.noisy.dtype == one.clean.dtype == np.uint8
        assert np.array_equal(one.noisy, again.noisy)
        assert np.array_equal(one.clean, picture)
        assert not np.array_equal(one.noisy, one.clean)
    clean = scene_of(plan, "none")
    assert np.array_equal(clean.noisy, clean.clean)
    assert (clean.sigma, scene_of(plan, "sigma25").sigma) == (None, 25)


@pytest.mark.parametrize("level", [60, 128, 220])
def test_a_camera_s_noise_has_the_variance_of_its_light(tmp_path, level):
    Image.new("RGB", (200, 200), (level,) * 3).save(tmp_path / "flat.png")
    (source,) = find_sources(KINDS["camera"].files, tmp_path)
    scene = KINDS["camera"].load(source)
    light = linear(scene.noisy.astype(np.float32) / 255)
    x = float(linear(np.float32(level / 255)))
    assert light.mean() == pytest.approx(x, rel=0.01)
    assert light.var() == pytest.approx(PHOTONS * x + READ_OUT, rel=0.03)


def test_the_curve_of_srgb_and_back():
    steps = np.arange(256, dtype=np.float32) / 255
    assert np.allclose(curved(linear(steps)), steps, atol=1e-5)
    # Values of IEC 61966-2-1.
    assert float(linear(np.float32(0.5))) == pytest.approx(0.214041, abs=1e-5)
    assert float(linear(np.float32(0.04))) == pytest.approx(0.04 / 12.92, abs=1e-7)
    assert curved(np.array([-0.1, 2.0], np.float32)) == pytest.approx([0, 1])


def test_pairs_of_a_camera(plan, peers, tmp_path, picture, noisy):
    data = tmp_path / "pairs"
    data.mkdir()
    for end, pixels in (("real", noisy), ("mean", picture)):
        Image.fromarray(pixels).save(data / f"a_{end}.png")
    plan = replace(plan, data=data, tasks=("real",))
    measured(plan)
    row = kept(plan, "webp")[0]
    assert (row.image, row.task, row.noisy_psnr) == ("a", "real", round(psnr(picture, noisy), 4))
    (data / "a_mean.png").unlink()
    with pytest.raises(InputError, match="needs pictures called"):
        measured(plan)


def test_a_way_has_a_setting_between_each_two_of_its_codec():
    assert make(1, name="avif").settings[:5] == (8, 18, 28, 38, 48)
    assert len(make(1, name="webp").settings) == 11
    assert own_ways(("m-eye", "none")) == [
        "pellucid-m-eye",
        "pellucid-m-eye-joint",
        "pellucid-m+pellucid-m-eye",
    ]
    with pytest.raises(OptionError, match="no method called 'bpg'; there are: all, none, bm3d"):
        WAYS.expand(["bpg"])


def test_bits_at_the_quality_that_a_curve_levels_off_at():
    """A peer that gains nothing from 0.8 bits per pixel on, and then loses."""
    peer = [(0.2, 26.0), (0.4, 28.0), (0.8, 29.0), (1.6, 28.8), (3.2, 28.5)]
    half = [(rate / 2, quality) for rate, quality in peer[:3]] + [(0.8, 33.0)]
    assert bits_off(peer, half) == pytest.approx(-50)
    assert bits_off(peer, half, 0.4) == pytest.approx(-50)
    assert bits_off(peer, half, 1.6) == pytest.approx(-50)  # the peer needs no more than 0.8
    between = bits_off(peer, [(0.1, 26.0), (0.4, 30.0)])
    assert between == pytest.approx(100 * (0.1 * 4**0.75 / 0.8 - 1))
    assert bits_off(peer, [(0.4, 31.0), (0.8, 33.0)]) == pytest.approx(-50)  # at its smallest
    assert bits_off(peer, [(0.1, 26.0), (0.4, 28.9)]) is None  # not reached
    assert bits_off(peer, half, 0.1) is None  # no file so small
    assert bits_off([(0.2, float("inf"))], half) is None


CURVES = {
    "pellucid-m-joint": [(0.1, 26.0), (0.2, 29.0), (0.4, 32.0), (0.8, 35.0)],
    "pellucid-m": [(0.2, 26.0), (0.4, 29.0), (0.8, 32.0), (1.6, 31.0)],
    "bm3d+avif": [(0.08, 26.0), (0.16, 29.0), (0.32, 32.0), (0.64, 35.0)],
    "avif": [(0.1, 20.0), (0.4, 24.0), (0.9, 25.0), (2.0, 24.5)],
}
TIMES = [
    ("pellucid-m-joint", 0.0, 0.2),
    ("bm3d+avif", 9.0, 1.0),
    ("pellucid-m+pellucid-m", 0.3, 0.1),
]  # seconds to denoise and to encode


@pytest.fixture
def results(tmp_path, make_row):
    """BM3D lacks a picture of the simulated camera."""

    def row(kind=JointResult, **changes):
        plain = asdict(make_row(ms_ssim=None, ssimulacra2=None, repeats=3))
        return kind(**plain | {"data": "kodak24", "task": "sigma10"} | changes)

    SWEEP.add(
        tmp_path,
        [
            row(
                codec=codec, image=image, task=task, setting=bpp, bpp=bpp, psnr=value, noisy_psnr=of
            )
            for codec, curve in CURVES.items()
            for image, of in (("one", 28.0), ("two", 29.0))
            for task in ("sigma10", "camera")
            for bpp, value in curve
            if (codec, image, task) != ("bm3d+avif", "two", "camera")
        ],
    )
    for codec, denoise, encode in TIMES:
        sizes = {"width": 1000, "height": 1000}
        spread = {"denoise_low": denoise, "denoise_high": 2 * denoise}
        spread |= {"encode_low": encode, "encode_high": encode}
        times = {"denoise_s": denoise, "encode_s": encode, **spread}
        SPEED_ROWS.add(tmp_path, [row(JointTiming, codec=codec, **sizes, **times)])
    return tmp_path


def test_tables_have_a_line_a_kind_of_noise_and_a_column_a_peer(results):
    how, by_psnr, best, common, _speed, _note = overview(results)
    assert "clipped and rounded to 8 bits" in how
    assert str(by_psnr).splitlines() == [
        "| pellucid m, joint: by PSNR | pictures | noisy (dB) | pellucid m "
        "| BM3D (non-commercial), then AVIF | AVIF |",
        "| --- | --: | --: | --: | --: | --: |",
        "| white noise, sigma 10, Kodak | 2 | 28.50 | −50.0 % | +25.0 % | – |",
        "| simulated camera, Kodak | 2 | 28.50 | −50.0 % | +25.0 % *n* 1 | – |",
    ]
    # AVIF's best is 25 dB at 0.9 bits per pixel; the joint codec's smallest file is better.
    assert best.header[0] == "pellucid m, joint: at the best PSNR"
    assert best.body[0][3:] == ["−50.0 %", "+25.0 %", "−88.9 %"]
    assert common.header[0] == "pellucid m, joint: at 0.85 bpp"
    assert common.body[0][-1] == "−88.2 %"
    assert SECTIONS["joint"](results)[1] == by_psnr


def test_speed_beside_the_joint_codec(results):
    *_, speed, note = overview(results)
    assert speed.header[-1] == "time / pellucid m, joint"
    assert [line[0] for line in speed.body] == [
        "pellucid m, joint",
        "denoised, then pellucid m",
        "BM3D (non-commercial), then AVIF",
    ]
    assert speed.body[0][1:] == ["–", "0.2 (0.2–0.2)", "0.2", "1"]
    assert speed.body[2][1:] == ["9 (9–18)", "1 (1–1)", "10", "50"]
    assert note.startswith("Medians of 3 interleaved runs in memory, quartiles in brackets, 1 pict")
    assert note.endswith(
        "pellucid m, joint takes 0.5 of the time of denoised, then pellucid m and 0.02 of the time "
        "of BM3D (non-commercial), then AVIF."
    )


def test_report_and_plot(results):
    text, paths = write_report(BENCH, results)
    names = ["joint.md", "joint-sigma10-kodak24.png", "joint-sigma10-kodak24.svg"]
    assert [path.name for path in paths] == names
    assert "- pellucid m, joint: libwebp 1.6.0" in text
    drawn = paths[-1].read_text(encoding="utf-8")
    assert all(f">{WAYS.label(name)}<" in drawn for name in CURVES)


def test_without_a_joint_codec_or_rows_there_are_no_tables(plan, peers):
    assert markdown(overview(plan.out)) == ""
    measured(replace(plan, models=("none",)))
    assert overview(plan.out) == []
    with pytest.raises(InputError, match="no rows in"):
        write_report(BENCH, plan.out / "none")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": ("snow",)}, "no task called 'snow'; there are: none, sigma5"),
        ({"against": ("dncnn+avif",)}, "no method called 'dncnn.avif'"),
        ({"metrics": ("ssimulacra2",)}, "the metrics must include psnr"),
        ({"images": 0}, "images must be at least 1, got 0"),
        ({"settings": 1}, "settings must be at least 2, got 1"),
        ({"tasks": ()}, "no tasks; give some"),
    ],
)
def test_wrong_options(plan, change, message):
    with pytest.raises(OptionError, match=message):
        measured(replace(plan, **change))


def test_command(plan, peers):
    words = ["joint", "--data", plan.data, "-o", plan.out, "--models", "m", "--metrics", "psnr"]
    words += ["--against", "avif", "--tasks", "sigma10,jpeg40", "--images", "1", "--repeats", "1"]
    result = CliRunner().invoke(command, [*map(str, words), "--threads", "1"])
    assert result.exit_code == 0, result.output
    assert "| pellucid m, joint: by PSNR |" in result.output
    assert "| JPEG, quality 40, set | 1 |" in result.output
    assert [row.image for row in SPEED_ROWS.load(plan.out)] == ["one"] * 4
    assert all(row.psnr > 0 for row in SPEED_ROWS.load(plan.out))
    assert (plan.out / "joint-sigma10-set.svg").exists()
