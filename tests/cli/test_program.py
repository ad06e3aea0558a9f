"""The program as a whole: help, exit codes, pipes, Ctrl-C, what it loads."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.cli import _batch, main
from pellucid.errors import MissingExtraError
from program import ENVIRONMENT, SRC, call, start


def commands(group: click.Group, name: str = "") -> list[list[str]]:
    found = []
    for key, command in group.commands.items():
        path = [*name.split(), key]
        found += [
            path,
            *(commands(command, " ".join(path)) if hasattr(command, "commands") else []),
        ]
    return found


@pytest.mark.parametrize("words", commands(main), ids=" ".join)
def test_help(run, words):
    text = run(*words, "--help").stdout
    command: click.Command = main
    for word in words:
        command = command.commands[word]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "help":
            assert parameter.help, parameter.name
    page = SRC.parent / "docs" / "cli.md"
    assert f"## pellucid {' '.join(words)}\n" in page.read_text("utf-8")
    assert text


def test_an_option_takes_its_value_whatever_it_looks_like(run):
    np.save("a.npy", np.full((4, 5), -9999, np.int16))
    run("compress", "a.npy", "--max-error", 1, "--nodata", -9999)
    for words in (("compress", "a.npy", "--quality"), ("bench", "denoise", "--sigma")):
        assert "requires an argument" in run(*words, code=2).stderr


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from pellucid.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True
    )
    heavy = {"onnxruntime", "torch", "onnx", "matplotlib", "scipy", "constriction"}
    heavy |= {"dask", "distributed", "fsspec", "pyarrow", "sqlite3", "tenacity"}
    assert heavy.isdisjoint(result.stderr.split())
    assert "compress" in result.stdout


def test_version(run):
    assert run("--version").stdout == f"pellucid {pellucid.__version__}\n"


def test_pipe(photo):
    """No progress, no escape sequence; results on stdout, the rest on stderr."""
    Path("b.png").write_bytes(photo.read_bytes())
    result = call("compress", photo, "b.png", "nowhere.png", "-o", "out")
    assert result.returncode == 1
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "out/photo.pel",
        "out/b.pel",
    ]
    read, written = 2 * photo.stat().st_size, 2 * Path("out/b.pel").stat().st_size
    assert result.stderr == (
        "pellucid: nowhere.png: no such file\n2 of 3 done, 1 failed\n"
        f"{read:,} bytes to {written:,}, {1 - written / read:.1%} saved\n"
    )


def test_progress_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = _batch.Progress(7)
    progress.show(3, "photo.png")
    assert "[3/7] photo.png" in capsys.readouterr().err


def test_interrupt_in_the_middle(run, photo, monkeypatch):
    def stopped(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", stopped)  # the last step of a write
    assert "pellucid: interrupted" in run("compress", photo, code=130).stderr
    assert not Path("photo.pel").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_interrupt_by_signal(folder, pixels):
    names = [f"{number}.png" for number in range(300)]  # minutes of work, of which little is done
    Image.fromarray(np.tile(pixels, (6, 6, 1))).save(names[0])
    for name in names[1:]:
        shutil.copy(names[0], name)
    with start("compress", *names, "-o", "out", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the first is done
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=300)
    assert process.returncode == 130
    assert stderr == "pellucid: interrupted\n"
    made = list(Path("out").iterdir())
    assert 0 < len(made) < len(names)
    for path in made:
        assert path.suffix == ".pel"
        assert pellucid.verify(path).sound


def test_info(run, pel, pixels):
    found = json.loads(run("info", pel, "--json", "--latents").stdout)
    assert (found["width"], found["height"]) == (pixels.shape[1], pixels.shape[0])
    assert found["quality"] == 40
    assert len(found["latents_sha256"]) == 64
    text = run("info", pel).stdout
    assert found["model_id"] in text
    assert "SHA-256" not in text


def test_verify(run, pel):
    assert run("verify", pel).stdout == "photo.pel  sound\n"
    assert json.loads(run("verify", pel, "--json").stdout)["sound"] is True


def test_train_without_its_extra(run, monkeypatch):
    Path("r.toml").write_text('name = "x"\n')
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run("train", "r.toml", "--data", ".", code=1)
    assert str(MissingExtraError("torch", "train")) in result.stderr


def test_train_keeps_what_is_there(run):
    for package in ("torch", "onnx"):
        pytest.importorskip(package, exc_type=ImportError)
    Path("r.toml").write_text('name = "x"\n')
    Path("runs").mkdir()
    Path("runs/x.pt").write_text("weights")
    assert "--resume" in run("train", "r.toml", "--data", ".", code=1).stderr
    Path("runs/x.pt").unlink()
    Path("runs/x").mkdir()
    Path("runs/x/diary.txt").write_text("dear")
    for words in ((), ("--force",), ("--resume",)):
        assert "is no model" in run("train", "r.toml", "--data", ".", *words, code=1).stderr
    Path("runs/x/card.json").write_text("{}")
    assert "--force" in run("train", "r.toml", "--data", ".", code=1).stderr
    Path("r.toml").write_text("name = ")
    assert "can't be read" in run("train", "r.toml", "--data", ".", code=1).stderr
    run("train", "nowhere.toml", "--data", ".", code=2)
    run("train", "r.toml", code=2)
