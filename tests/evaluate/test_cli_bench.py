from __future__ import annotations

import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli.bench import bench
from pellucid.errors import OptionError, PellucidError
from pellucid.evaluate import runs
from pellucid.evaluate.peers.lossy import LOSSY

for module in ("bjontegaard", "matplotlib"):
    pytest.importorskip(module)


@pytest.fixture
def folder(tmp_path, picture, monkeypatch, stub_peer):
    for name in ("pellucid-m", "webp"):
        monkeypatch.setitem(LOSSY.makers, name, lambda threads, name=name: stub_peer(name))
    (tmp_path / "data").mkdir()
    Image.fromarray(picture).save(tmp_path / "data" / "one.png")
    return tmp_path


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(bench, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def test_compress_then_table(folder):
    words = ["compress", "--data", folder / "data", "-o", folder / "out", "--quick"]
    output = run(*words, "--against", "webp", "--models", "m")
    assert "| WebP, method 6 | 0.0 % (0.0 %) |" in output
    assert (folder / "out" / "rd-psnr.png").exists()
    line = "pellucid bench compress --data data -o out --against webp --models m --quick"
    assert {run.command for run in runs.load_runs(folder / "out")} == {line}
    readme = folder / "README.md"
    readme.write_text("<!-- bench:start -->\n<!-- bench:end -->\n", encoding="utf-8")
    table = ["table", "--results", folder / "out", "--readme", readme]
    with pytest.raises(PellucidError, match="out of step"):
        run(*table, "--check")
    assert "rewritten" in run(*table)
    assert "in step" in run(*table, "--check")


def test_wrong_usage(folder):
    with pytest.raises(OptionError, match="bpg"):
        run("compress", "--data", folder / "data", "-o", folder / "out", "--against", "bpg")
    assert "--data" in run("compress", "-o", folder / "out", code=2)
