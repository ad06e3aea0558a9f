from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, replace
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli.bench import bench as command
from pellucid.errors import InputError, MissingExtraError, OptionError, OutputError, PellucidError
from pellucid.evaluate import fresh
from pellucid.evaluate.bench import run as run_bench
from pellucid.evaluate.benches import denoise as bench
from pellucid.evaluate.benches.denoise_rows import SPEED_ROWS, SWEEP, scores
from pellucid.evaluate.benches.denoise_tasks import TASKS, Pair, Plan, find_sources, fitted_line
from pellucid.evaluate.benches.denoise_tools import ESTIMATES, estimates
from pellucid.evaluate.metrics import psnr, ssim
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.report import markdown, write_report
from pellucid.evaluate.runs import methods_of

for module in ("skimage", "matplotlib"):
    pytest.importorskip(module)


@dataclass
class StubDenoiser:
    """Mixes a picture with the mean of its neighbours, more of it for a bigger sigma."""

    name: str = "tv"
    version: str = "stub 1"
    threading: str = "one thread"
    channels: tuple[int, ...] = (1, 3)
    needs: str = "sigma"
    kmac: float | None = 12.5
    runs: int = 0
    fail_at: float = -1

    def denoise(self, noisy, told):
        self.runs += 1
        if told.sigma == self.fail_at:
            raise ValueError("stub fails here")
        share = 0.5 if told.sigma is None else min(told.sigma, 80) / 80
        around = sum(np.roll(noisy, k, axis) for k in (-1, 1) for axis in (0, 1)) / 4
        return ((1 - share) * noisy + share * around).astype(np.float32)


@pytest.fixture
def stub(monkeypatch):
    peer = StubDenoiser()
    monkeypatch.setitem(DENOISERS.makers, "tv", lambda threads: peer)
    return peer


@pytest.fixture
def own(monkeypatch):
    """Stands in for pellucid: its model m as the stub, and a noise level that is 10 % too high."""
    importlib.import_module("pellucid.evaluate.registry")  # commands load it: of the real package
    stub = StubDenoiser("pellucid-m", needs="nothing")
    monkeypatch.setattr(fresh, "can_measure", lambda: False)  # no processes for stubs
    fake = ModuleType("pellucid")
    fake.__version__ = "9.9"
    fake.noise_level = lambda image: SimpleNamespace(sigma=1.1 * difference(image))
    monkeypatch.setitem(sys.modules, "pellucid", fake)
    monkeypatch.setitem(DENOISERS.makers, "pellucid-m", lambda threads: stub)
    return stub


def difference(image):
    """Of a picture flat but for noise."""
    return float(np.std(image))


@pytest.fixture
def plan(tmp_path, picture):
    data = tmp_path / "set"
    data.mkdir()
    for name, crop in (("one", 48), ("two", 40)):
        Image.fromarray(picture[:crop, :50]).save(data / f"{name}.png")
    return Plan(data=data, out=tmp_path / "out", methods=("tv",), models=(), threads=1)


def measured(plan, *notify):
    return run_bench(bench.BENCH, plan, *notify)


def kept(plan, method="tv", task=None):
    return SWEEP.read(plan.out / f"denoise-{task or plan.task}-{method}.tsv")


def test_a_row_for_every_picture_and_level(plan, stub):
    assert measured(plan).new_rows == 6
    found = kept(plan)
    assert [(r.level, r.image, r.told) for r in found] == [
        (level, image, f"{level:g}") for level in (15.0, 25.0, 50.0) for image in ("one", "two")
    ]
    first = found[0]
    assert (first.data, first.width, first.height, first.repeats) == ("set", 50, 48, 1)
    assert 24 < first.noisy_psnr < 25.5
    assert first.noisy_psnr < first.psnr
    assert 0 < first.ssim < 1
    assert methods_of(plan.out, "denoise")["tv"]["kmac"] == 12.5


def test_an_interrupted_run_goes_on_where_it_stopped(plan, stub):
    measured(plan)
    path = plan.out / "denoise-gaussian-tv.tsv"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) * 2 // 3], encoding="utf-8")
    left = len(kept(plan))
    assert measured(plan).new_rows == 6 - left > 0
    before = stub.runs
    assert measured(plan).new_rows == 0
    assert stub.runs == before
    assert len(kept(plan)) == 6
    assert measured(replace(plan, sigma=(35.0,))).new_rows == 2
    assert len(kept(plan)) == 8


def test_rows_of_another_version_or_threads_are_made_again(plan, stub):
    measured(plan)
    stub.version = "stub 2"
    assert measured(plan).new_rows == 6
    assert {row.version for row in kept(plan)} == {"stub 2"}
    assert measured(replace(plan, threads=2)).new_rows == 6
    assert measured(replace(plan, threads=2, fresh=True)).new_rows == 6


def test_one_failure_does_not_stop_the_others(plan, stub):
    stub.fail_at = 25
    (plan.data / "broken.png").write_bytes(b"not a picture")
    outcome = measured(plan)
    assert outcome.new_rows == 4
    assert len(outcome.failures) == 5
    assert "one by tv at 25: stub fails here" in outcome.failures


def test_a_missing_method_is_told_and_left_out(plan, stub, monkeypatch):
    def missing(threads):
        raise MissingExtraError("bm3d", "bench")

    monkeypatch.setitem(DENOISERS.makers, "bm3d", missing)
    lines = []
    outcome = measured(replace(plan, methods=("bm3d", "tv")), lines.append)
    assert outcome.new_rows == 6
    assert list(outcome.missing) == ["bm3d"]
    assert lines[0].startswith("without bm3d: bm3d is not installed")


def test_noise_is_the_same_each_time_and_not_clipped(plan):
    task = TASKS["gaussian"]
    one, two = find_sources(task, plan.data)
    weak, again, strong = task.load(one, 25), task.load(one, 25), task.load(one, 50)
    assert np.array_equal(weak.noisy, again.noisy)
    assert np.allclose(strong.noisy - strong.clean, 2 * (weak.noisy - weak.clean), atol=1e-3)
    assert weak.noisy.min() < 0
    assert weak.noisy.dtype == np.float32
    assert not np.allclose(weak.noisy[:40], task.load(two, 25).noisy)
    grey = TASKS["grey"].load(one, 25)
    assert grey.clean.shape == (48, 50, 1)
    luma = np.asarray(Image.open(one.path).convert("L"), np.float32)
    assert np.array_equal(grey.clean[..., 0], luma)


def test_every_takes_each_nth(plan):
    assert [s.image for s in find_sources(TASKS["gaussian"], plan.data, 2)] == ["one"]


def real_folder(tmp_path, picture, noisy):
    data = tmp_path / "cameras"
    data.mkdir()
    for name in ("a_iso1", "b_iso2"):
        Image.fromarray(noisy).save(data / f"{name}_real.png")
        Image.fromarray(picture).save(data / f"{name}_mean.png")
    return data


def test_where_noise_is_real_peers_get_their_best_sigma(plan, stub, own, tmp_path, picture, noisy):
    data = real_folder(tmp_path, picture, noisy)
    plan = replace(
        plan, data=data, task="real", methods=("pellucid-m", "tv"), sigma=(5.0, 40.0, 75.0)
    )
    assert measured(plan).new_rows == 2 + 6
    assert {row.told for row in kept(plan, "pellucid-m")} == {"auto"}
    found = scores([*kept(plan, "pellucid-m"), *kept(plan)])
    best = found["tv", 0.0]
    by_sigma = {t: [r.psnr for r in kept(plan) if r.told == t] for t in ("5", "40", "75")}
    assert best.psnr == max(np.mean(values) for values in by_sigma.values())
    assert best.tried == ("5", "40", "75")
    text, _ = write_report(bench.BENCH, plan.out)
    assert f"best sigma {best.told} of 5 40 75" in text
    assert "## Noise of cameras: cameras" in text
    (data / "a_iso1_mean.png").unlink()
    with pytest.raises(InputError, match="needs pictures called"):
        measured(plan)


def test_pairs_are_16_bits_and_a_line_is_fitted(plan, stub, tmp_path, picture, noisy):
    data = tmp_path / "scope"
    for folder, pixels in (("raw", noisy), ("gt", picture)):
        (data / folder).mkdir(parents=True)
        Image.fromarray(pixels[..., 0]).save(data / folder / "cell.png")
    stub.needs = "line"
    plan = replace(plan, data=data, task="pairs")
    measured(plan)
    (row,) = kept(plan)
    assert (row.told, row.level) == ("line", 0.0)
    case = TASKS["pairs"].load(find_sources(TASKS["pairs"], data)[0], 0)
    assert case.bits == 16
    clean = np.linspace(0, 255, 200_000, dtype=np.float32).reshape(400, 500, 1)
    noise = np.sqrt(2 * clean + 30) * np.random.default_rng(0).standard_normal(clean.shape)
    slope, offset = fitted_line(Pair((clean + noise).astype(np.float32), clean))
    assert (slope, offset) == pytest.approx((2, 30), rel=0.2)
    (data / "gt" / "cell.png").unlink()
    with pytest.raises(InputError, match="called raw/NAME and gt/NAME"):
        measured(plan)


def test_jpeg_gives_the_gain_over_it(plan, stub):
    plan = replace(plan, task="jpeg", quality=(10, 40), sigma=(8.0,))
    assert measured(plan).new_rows == 4
    found = kept(plan)
    assert found[0].noisy_psnr < found[2].noisy_psnr
    text, _ = write_report(bench.BENCH, plan.out)
    assert "| method | quality 10 | quality 40 | noise level given |" in text
    cell = scores(found)["tv", 10.0]
    gain = f"({cell.psnr - cell.noisy:+.2f})".replace("-", "−")
    assert gain in text


def test_report_with_a_method_on_fewer_pictures(plan, stub, own, monkeypatch):
    few = StubDenoiser("bm3d")
    monkeypatch.setitem(DENOISERS.makers, "bm3d", lambda threads: few)
    measured(replace(plan, methods=("pellucid-m", "tv")))
    monkeypatch.setattr(bench, "peak_of_denoiser", lambda *_words, **_more: 123.4)
    monkeypatch.setattr(fresh, "can_measure", lambda: True)
    measured(replace(plan, methods=("bm3d", "pellucid-m"), every=2, repeats=2))
    found = SPEED_ROWS.load(plan.out)
    assert [row.method for row in found] == ["bm3d", "pellucid-m"]
    assert all(0 < r.seconds_low <= r.seconds <= r.seconds_high for r in found)
    text, paths = write_report(bench.BENCH, plan.out)
    names = ["denoise.md", "denoise-cost.png", "denoise-cost.svg"]
    assert [path.name for path in paths] == names
    assert "| method | s/megapixel | kMAC/pixel | memory (MB) | time / pellucid m |" in text
    assert text.count("| 123 |") == len(found)
    assert "## Gaussian noise, colour: set\n\n2 pictures. White Gaussian noise" in text
    assert "neither clipped nor rounded" in text
    head, _, common = text.partition("Over fewer pictures, those that every method has (1 picture)")
    assert "| pellucid m |" in head
    assert "| BM3D (non-commercial) |" not in head
    assert "because of BM3D (non-commercial):" in common
    assert "| BM3D (non-commercial) |" in common
    assert (
        "Medians of 2 interleaved runs in memory, quartiles in brackets, 1 picture (50x48, RGB, "
        "sigma 25)" in text
    )
    assert "times as fast as BM3D (non-commercial)." in text
    assert "- total variation, scikit-image: stub 1; one thread" in text


def test_measured_noise_levels(plan, own):
    for name in ("one", "two"):
        Image.new("RGB", (64, 64), (120, 120, 120)).save(plan.data / f"{name}.png")
    plan = replace(plan, task="estimate", sigma=(10.0, 50.0))
    assert measured(plan).new_rows == 4
    assert measured(plan).new_rows == 0
    found = ESTIMATES.load(plan.out)
    assert [(r.level, r.image) for r in found][:2] == [(10.0, "one"), (10.0, "two")]
    assert found[0].sigma == pytest.approx(11, rel=0.05)
    table, _note = estimates(plan.out)
    bias, absolute, worst = (float(cell.removesuffix(" %")) for cell in table.body[1][2:])
    assert bias == pytest.approx(10, abs=3)
    assert worst >= absolute > 5
    text = markdown(bench.BENCH.tables(plan.out))
    assert "| true sigma | measured | bias | mean error | worst picture |" in text
    assert "2 pictures (set) with white Gaussian noise" in text


def test_scores():
    clean = np.full((16, 16, 1), 250, np.float32)
    assert psnr(clean, clean + 100) == psnr(clean, clean + 5)  # clipped at 255
    assert psnr(clean, clean + np.float32(0.25)) == pytest.approx(60.17, abs=0.01)  # not rounded
    assert psnr(clean, clean) == np.inf
    assert ssim(clean, clean) == pytest.approx(1)
    assert ssim(clean[:8], clean[:8]) is None
    with pytest.raises(OptionError, match="two pictures alike"):
        psnr(clean, clean[:8])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "snow"}, "no task called 'snow'; there are: gaussian"),
        ({"sigma": (0.0,)}, "more than 0 and at most 255, got 0"),
        ({"task": "jpeg", "quality": (101,)}, "at least 1 and at most 100, got 101"),
        ({"task": "real", "quality": (25,)}, "--quality goes with --task jpeg"),
        ({"task": "real", "sigma": (-1.0,)}, "got -1"),
        ({"methods": ("dncnn",)}, "no denoiser called 'dncnn'"),
        ({"every": 0}, "every must be at least 1"),
        ({"threads": 0}, "threads must be at least 1"),
    ],
)
def test_wrong_options(plan, change, message):
    with pytest.raises(OptionError, match=message):
        measured(replace(plan, **change))


def test_folders(plan, stub, tmp_path):
    with pytest.raises(InputError, match="isn't a folder"):
        measured(replace(plan, data=tmp_path / "none"))
    with pytest.raises(InputError, match="no rows in"):
        write_report(bench.BENCH, tmp_path)
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    with pytest.raises(OutputError, match="can't write"):
        measured(replace(plan, out=blocker / "out"))


def run(*words, code=0):
    result = CliRunner().invoke(command, ["denoise", *(str(word) for word in words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def test_command(plan, stub, own):
    words = ["--data", plan.data, "-o", plan.out, "--against", "tv", "--model", "m"]
    output = run(*words, "--sigma", "25", "--repeats", "1", "--threads", "1")
    assert "| method | sigma 25 |" in output
    assert "| pellucid m |" in output
    assert (plan.out / "denoise-gaussian-pellucid-m.tsv").exists()
    assert (plan.out / "denoise-speed.tsv").exists()
    assert "## Measured noise level" in run(*words, "--task", "estimate", "--sigma", "20")
    assert "pellucid-m" not in run(*words[:-1], "none", "--task", "grey")
    with pytest.raises(OptionError, match="--quality goes with --task jpeg"):
        run(*words, "--quality", "10")
    with pytest.raises(OptionError, match="--repeats goes with --task gaussian"):
        run(*words, "--task", "grey", "--repeats", "2")
    with pytest.raises(OptionError, match="dncnn"):
        run("--data", plan.data, "-o", plan.out, "--against", "dncnn")
    assert "numbers with commas between" in run(*words, "--sigma", "a", code=2)
    stub.version, stub.fail_at = "stub 2", 25
    with pytest.raises(PellucidError, match="2 failures"):
        run(*words, "--sigma", "25")
