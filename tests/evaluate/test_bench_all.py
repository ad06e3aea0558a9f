from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli import bench_all
from pellucid.cli.bench import bench as command
from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.evaluate.pictures import load_rgb
from pellucid.evaluate.samples import LARGEST, SHIPPED, middle, write_samples

for module in ("bjontegaard", "markdown_it", "matplotlib", "skimage"):
    pytest.importorskip(module)


def run(*words: object) -> str:
    result = CliRunner().invoke(command, ["all", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def peers(monkeypatch, stub_peer):
    """Codecs that cost nothing, and no processes to measure memory in."""
    from pellucid.evaluate import compress_bench
    from pellucid.evaluate.denoising import timing
    from pellucid.evaluate.peers import FACTORIES

    for name in ("pellucid-m", "jpeg420", "webp", "avif_psnr"):
        monkeypatch.setitem(FACTORIES, name, lambda threads, name=name: stub_peer(name))
    for bench in (compress_bench, timing):
        monkeypatch.setattr(bench, "can_measure", lambda: False)
    monkeypatch.setattr(bench_all, "QUICK_DENOISERS", ("tv",))
    monkeypatch.setattr("pellucid.evaluate.samples.LARGEST", (64, 96))


def test_quick_needs_no_pictures(peers, tmp_path):
    out = tmp_path / "out"
    output = run("--quick", "-o", out, "--models", "m", "--threads", 1)
    assert f"wrote {out / 'report.html'}" in output
    text = (out / "report.html").read_text(encoding="utf-8")
    for words in ("Compression", "Denoising", "total variation", "pellucid m", "AVIF"):
        assert words in text
    names = {path.name for path in out.iterdir()}
    assert names >= {"compress-webp.tsv", "denoise-gaussian-tv.tsv", "report.md", "denoise.md"}
    assert names >= {"speed-quality.svg", "rd-psnr.png", "denoise-cost.svg"}
    assert {path.stem for path in (out / "pictures").iterdir()} == set(SHIPPED)


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
