from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli import bench_all
from pellucid.cli.bench import bench as command
from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.evaluate.guided import inputs
from pellucid.evaluate.guided import rows as guided_rows
from pellucid.evaluate.intervals import load_coverage
from pellucid.evaluate.pictures import load_rgb
from pellucid.evaluate.samples import LARGEST, SHIPPED, middle, write_samples
from pellucid.runtime import load_denoiser

for module in ("bjontegaard", "markdown_it", "matplotlib", "skimage"):
    pytest.importorskip(module)

QUICK_STEPS = (("denoise", 25.0), ("decode", 60.0))


def run(*words: object) -> str:
    result = CliRunner().invoke(command, ["all", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def corner():
    """A small part of the pair that scikit-image ships."""
    whole = inputs.motorcycle()
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
    monkeypatch.setattr(bench_all, "QUICK_DENOISERS", ("tv",))
    monkeypatch.setattr("pellucid.evaluate.samples.LARGEST", (64, 96))
    monkeypatch.setattr("pellucid.evaluate.guided.inputs.motorcycle", lambda: corner)


def test_quick_needs_no_pictures(peers, tmp_path):
    out = tmp_path / "out"
    output = run("--quick", "-o", out, "--models", "m", "--threads", 1)
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
    covered = {(row.task, row.step, row.image) for row in load_coverage(out)}
    assert covered == {(*step, name) for step in QUICK_STEPS for name in SHIPPED}
    assert {row.pairs for row in guided_rows.load_denoised(out)} == {"motorcycle"}
    names = {path.name for path in out.iterdir()}
    assert names >= {"compress-webp.tsv", "denoise-gaussian-tv.tsv", "report.md", "denoise.md"}
    assert names >= {"speed-quality.svg", "rd-psnr.png", "denoise-cost.svg"}
    assert {path.stem for path in (out / "pictures").iterdir()} == set(SHIPPED)


def test_each_bench_is_a_part():
    """But adapt, which trains, and those that measure nothing."""
    assert set(bench_all.STEPS) == set(command.commands) - {"all", "adapt", "report", "table"}


def test_photographs_too_small_for_mosaics_are_said(tmp_path, picture, capsys):
    Image.fromarray(picture).save(tmp_path / "one.png")
    wish = bench_all.Wish(tmp_path, tmp_path / "out", False, ("m",), 1)
    assert bench_all.large_step(wish) == []
    assert "left out: " in capsys.readouterr().err
    assert not (tmp_path / "out" / "large.tsv").exists()


def test_large_step_takes_the_photographs(tmp_path, monkeypatch):
    from pellucid.evaluate import bench
    from pellucid.evaluate.benches import large

    asked = []

    def run(chosen, plan, _notify):
        asked.append(plan)
        plan.out.mkdir()
        cost = large.LargeResult("compress", 4898, 4898, 4898**2, 9, 10, 11, "model s", 2, "1")
        large.ROWS.add(plan.out, [cost])
        return bench.Outcome(failures=["region: broken"], new_rows=chosen is large.BENCH)

    monkeypatch.setattr(bench, "run", run)
    wish = bench_all.Wish(tmp_path, tmp_path / "out", False, ("s", "m"), 2)
    assert bench_all.large_step(wish) == ["region: broken"]
    assert (asked[0].data, asked[0].model, asked[0].megapixels) == (tmp_path, "s", (24, 100))
    assert "compress (model s)" in (tmp_path / "out" / "large.md").read_text("utf-8")


def test_a_model_without_intervals_is_a_failure_and_others_are_measured(tmp_path, picture):
    folder = tmp_path / "other"
    shutil.copytree(load_denoiser("s").folder, folder)
    (folder / "intervals.npz").unlink()
    (tmp_path / "set").mkdir()
    Image.fromarray(picture).save(tmp_path / "set" / "one.png")
    wish = bench_all.Wish(tmp_path / "set", tmp_path / "out", False, (str(folder), "s"), 1)
    failures = bench_all.intervals_step(wish)
    assert len(failures) == 2
    assert "--calibrate" in failures[0]
    kept = load_coverage(tmp_path / "out")
    assert {(row.model, row.task) for row in kept} == {("s", "denoise"), ("s", "decode")}


def test_parts_that_fail_are_told_at_the_end(monkeypatch, tmp_path, picture):
    made = []

    def step(wish):
        made.append(wish)
        (wish.out / "toy.tsv").write_text("a\n1\n", encoding="utf-8")
        return ["one by webp: broken"]

    monkeypatch.setattr(bench_all, "STEPS", {"toy": bench_all.Step(step)})
    Image.fromarray(picture).save(tmp_path / "one.png")
    words = ["--data", tmp_path, "-o", tmp_path / "out", "--parts", "toy"]
    (tmp_path / "out").mkdir()
    with pytest.raises(PellucidError, match="1 failures"):
        run(*words)
    assert made[0].data == tmp_path
    assert not made[0].quick
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give --data"),
        (["--quick", "--parts", "sound"], "no part called 'sound'; there are: compress"),
        (["--quick", "--parts", "size"], "--quick leaves none of size"),
    ],
)
def test_wrong_options(tmp_path, words, message):
    with pytest.raises(OptionError, match=message):
        run("-o", tmp_path / "out", *words)
    assert not (tmp_path / "out").exists()


def test_samples(tmp_path, picture):
    (tmp_path / "data").mkdir()
    for name in ("a", "b", "c"):
        Image.fromarray(picture).save(tmp_path / "data" / f"{name}.png")
    folder = write_samples(tmp_path / "some", tmp_path / "data")
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "b.png"]
    assert np.array_equal(load_rgb(folder / "a.png"), picture)
    big = np.arange(300 * 500 * 3).reshape(300, 500, 3).astype(np.uint8)
    assert np.array_equal(middle(big), big[22:278, 58:442])
    assert middle(big).shape[:2] == LARGEST
    with pytest.raises(InputError, match="isn't a folder"):
        write_samples(tmp_path / "some", tmp_path / "none")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="can't write pictures"):
        write_samples(tmp_path / "file")
