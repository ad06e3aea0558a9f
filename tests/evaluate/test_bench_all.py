from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli.bench import bench as command
from pellucid.cli.bench_all import measure_part
from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.evaluate import bench as engine
from pellucid.evaluate.bench import Outcome
from pellucid.evaluate.benches import (
    denoise_tasks,
    guided,
    guided_tables,
    intervals,
    large,
    toy,
    video_tasks,
)
from pellucid.evaluate.pictures import LARGEST, SHIPPED, load_rgb, middle, write_samples
from pellucid.evaluate.plan import Request
from pellucid.evaluate.registry import BENCHES
from pellucid.runtime import load_denoiser

for module in ("bjontegaard", "markdown_it", "matplotlib", "skimage"):
    pytest.importorskip(module)

QUICK_STEPS = (("denoise", 25.0), ("decode", 60.0))


def run_all(*words: object) -> str:
    result = CliRunner().invoke(command, ["all", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def corner():
    """A small part of the pair that scikit-image ships."""
    whole = guided.motorcycle()
    rows, columns = slice(200, 264), slice(300, 380)
    return replace(whole, picture=whole.picture[rows, columns], guide=whole.guide[rows, columns])


@pytest.fixture
def peers(monkeypatch, stub_peer, corner):
    """Codecs that cost nothing, and no processes to measure memory in."""
    from pellucid.evaluate import fresh
    from pellucid.evaluate.peers.lossy import LOSSY

    for name in ("pellucid-m", "jpeg420", "webp", "avif_psnr"):
        monkeypatch.setitem(LOSSY.makers, name, lambda threads, name=name: stub_peer(name))
    monkeypatch.setattr(fresh, "can_measure", lambda: False)
    monkeypatch.setattr(denoise_tasks, "QUICK_DENOISERS", ("tv",))
    monkeypatch.setattr("pellucid.evaluate.pictures.LARGEST", (64, 96))
    small = {"width": 48, "height": 32, "frames": 2, "speed_sizes": ("48x32",), "speed_frames": 2}
    monkeypatch.setattr(video_tasks, "QUICK", video_tasks.QUICK | small)
    monkeypatch.setattr(guided, "motorcycle", lambda: corner)


def test_quick_needs_no_pictures(peers, tmp_path):
    out = tmp_path / "out"
    output = run_all("--quick", "-o", out, "--models", "m", "--threads", 1)
    assert f"wrote {out / 'report.html'}" in output
    text = (out / "report.html").read_text(encoding="utf-8")
    for words in ("Compression", "Denoising", "total variation", "pellucid m", "AVIF"):
        assert words in text
    for words in (
        "With a guide",
        "Coverage of intervals",
        "pellucid bench all -o out --models m --threads 1 --quick",
    ):
        assert words in text
    covered = {(row.task, row.step, row.image) for row in intervals.ROWS.load(out)}
    assert covered == {(*step, name) for step in QUICK_STEPS for name in SHIPPED}
    assert {row.pairs for row in guided_tables.DENOISED.load(out)} == {"motorcycle"}
    names = {path.name for path in out.iterdir()}
    assert names >= {"compress-webp.tsv", "denoise-gaussian-tv.tsv", "report.md", "denoise.md"}
    assert names >= {"speed-quality.svg", "rd-psnr.png", "denoise-cost.svg"}
    assert {path.stem for path in (out / "pictures").iterdir()} == set(SHIPPED)


def test_each_bench_is_a_part():
    """But adapt, which trains, and those that measure nothing."""
    parts = {bench.name for bench in BENCHES if bench.requested}
    assert parts == set(command.list_commands(None)) - {"all", "adapt", "report", "table"}


def request_of(data, out, *models):
    return Request(data=data, out=out, models=models, threads=1)


def test_what_cannot_be_had_is_said(tmp_path, picture, capsys):
    """Photographs too small for mosaics, and no sets of small pictures."""
    Image.fromarray(picture).save(tmp_path / "one.png")
    for bench in (large.BENCH, toy.BENCH):
        assert measure_part(bench, request_of(tmp_path, tmp_path / "out", "m")) == []
        assert "left out: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_large_takes_the_photographs(tmp_path, monkeypatch):
    asked = []

    def run(_chosen, plan, _notify):
        asked.append(plan)
        plan.out.mkdir()
        cost = large.LargeResult("compress", 4898, 4898, 4898**2, 9, 10, 11, "model s", 2, "1")
        large.ROWS.add(plan.out, [cost])
        return Outcome(failures=["region: broken"])

    monkeypatch.setattr(engine, "run", run)
    monkeypatch.setattr(large, "load_photos", lambda _folder: [])
    request = request_of(tmp_path, tmp_path / "out", "s", "m")
    assert measure_part(large.BENCH, request) == ["region: broken"]
    assert (asked[0].data, asked[0].model, asked[0].megapixels) == (tmp_path, "s", (24, 100))
    assert "compress (model s)" in (tmp_path / "out" / "large.md").read_text("utf-8")


def test_a_model_without_intervals_is_a_failure_and_others_are_measured(tmp_path, picture):
    folder = tmp_path / "other"
    shutil.copytree(load_denoiser("s").folder, folder)
    (folder / "intervals.npz").unlink()
    (tmp_path / "set").mkdir()
    Image.fromarray(picture).save(tmp_path / "set" / "one.png")
    request = request_of(tmp_path / "set", tmp_path / "out", str(folder), "s")
    failures = measure_part(intervals.BENCH, request)
    assert len(failures) == 2
    assert failures[0].startswith("coverage of intervals, denoise: set: ")
    assert "--calibrate" in failures[0]
    kept = intervals.ROWS.load(tmp_path / "out")
    assert {(row.model, row.task) for row in kept} == {("s", "denoise"), ("s", "decode")}


def test_parts_that_fail_are_told_at_the_end(monkeypatch, tmp_path, picture):
    made = []

    def run(_bench, plan, _notify):
        made.append(plan)
        (plan.out / "other.tsv").write_text("a\n1\n", encoding="utf-8")
        return Outcome(failures=["one by webp: broken"])

    monkeypatch.setattr(engine, "run", run)
    Image.fromarray(picture).save(tmp_path / "one.png")
    words = ["--data", tmp_path, "-o", tmp_path / "out", "--parts", "lossless"]
    (tmp_path / "out").mkdir()
    with pytest.raises(PellucidError, match="1 failures"):
        run_all(*words)
    assert made[0].data == (tmp_path,)
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give --data"),
        (["--quick", "--parts", "sound"], "no part called 'sound'; there are: all, compress"),
        (["--quick", "--parts", "size"], "--quick leaves none of size"),
    ],
)
def test_wrong_options(tmp_path, words, message):
    with pytest.raises(OptionError, match=message):
        run_all("-o", tmp_path / "out", *words)
    assert not (tmp_path / "out").exists()


def test_samples(tmp_path, picture):
    (tmp_path / "data").mkdir()
    for name in ("a", "b", "c"):
        Image.fromarray(picture).save(tmp_path / "data" / f"{name}.png")
    folder = write_samples(tmp_path / "some", tmp_path / "data")
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "b.png"]
    assert np.array_equal(load_rgb(folder / "a.png"), picture)
    big = np.arange(300 * 500 * 3).reshape(300, 500, 3).astype(np.uint8)
    assert np.array_equal(middle(big, LARGEST), big[22:278, 58:442])
    assert middle(big, LARGEST).shape[:2] == LARGEST
    with pytest.raises(InputError, match="isn't a folder"):
        write_samples(tmp_path / "some", tmp_path / "none")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="can't write pictures"):
        write_samples(tmp_path / "file")
