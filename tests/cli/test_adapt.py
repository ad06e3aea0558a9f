"""`pellucid adapt`: noisy pictures in, a model out that `denoise --model` takes."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import MissingExtraError

SECONDS = 0.12
QUICK = ("--minutes", SECONDS / 60, "--threads", 1)


def noisy(seed: int, height: int = 80, width: int = 96) -> Image.Image:
    rng = np.random.default_rng(seed)
    ramp = np.linspace(60, 200, width)[None, :, None]
    picture = ramp + rng.normal(0, 20, (height, width, 3))
    return Image.fromarray(np.rint(picture).clip(0, 255).astype(np.uint8))


@pytest.fixture
def album(folder: Path) -> Path:
    Path("album").mkdir()
    for number in range(2):
        noisy(number).save(f"album/{number}.png")
    return Path("album")


@pytest.fixture
def threads():
    """PyTorch's number of threads, as it was."""
    torch = pytest.importorskip("torch", exc_type=ImportError)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_folder_becomes_a_model_that_denoises(run, album, tiny_denoiser, threads):
    result = run("adapt", album, "-o", "mine", "--model", tiny_denoiser, *QUICK)
    assert result.stdout.startswith("mine: loss on rows kept from learning ")
    assert result.stderr.startswith("2 scene(s), single shots; starting from tiny\n")
    assert {path.name for path in Path("mine").iterdir()} == {"card.json", "denoiser.onnx"}
    run("denoise", "album/0.png", "--model", "mine", "-o", "clean.png")
    with Image.open("clean.png") as clean, Image.open("album/0.png") as before:
        assert clean.size == before.size
        assert np.any(np.asarray(clean) != np.asarray(before))
    run("denoise", "album/0.png", "--model", "mine/card.json", "-o", "again.png")
    assert Path("again.png").read_bytes() == Path("clean.png").read_bytes()


def test_one_picture_and_repeats(run, album, tiny_denoiser, threads):
    run("adapt", "album/0.png", "-o", "one", "--model", tiny_denoiser, *QUICK)
    result = run("adapt", album, "-o", "two", "--repeats", "--model", tiny_denoiser, *QUICK)
    assert result.stderr.startswith("1 scene(s), repeats; ")


def test_an_existing_model_is_replaced_with_force_only(run, album, tiny_denoiser, threads):
    words = ("adapt", album, "-o", "mine", "--model", tiny_denoiser, *QUICK)
    run(*words)
    before = Path("mine/card.json").stat().st_mtime_ns
    assert "replace that model with --force" in run(*words, code=1).stderr
    assert Path("mine/card.json").stat().st_mtime_ns == before
    run(*words, "--force")
    assert Path("mine/card.json").stat().st_mtime_ns > before


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_folder_of_something_else_is_never_replaced(run, album, force):
    Path("mine").mkdir()
    Path("mine/diary.txt").write_text("dear")
    stderr = run("adapt", album, "-o", "mine", *force, code=1).stderr
    assert "mine is no model, and the model would replace it" in stderr
    assert Path("mine/diary.txt").read_text() == "dear"
    stderr = run("adapt", album, "-o", "album", *force, code=1).stderr
    assert "album is no model" in stderr


@pytest.mark.parametrize("name", ["one.ppm", "one.pgm", "one.gif", "picture"])
def test_a_file_of_any_name(run, folder, tiny_denoiser, threads, name):
    image = noisy(1).convert("L") if name.endswith(("gif", "pgm")) else noisy(1)
    image.save(name, None if "." in name else "PNG")
    result = run("adapt", name, "-o", "mine", "--model", tiny_denoiser, *QUICK)
    assert result.stderr.startswith("1 scene(s), single shots")
    Path("note.txt").write_text("no picture")
    stderr = run(
        "adapt", "note.txt", "-o", "other", "--model", tiny_denoiser, *QUICK, code=1
    ).stderr
    assert "note.txt is not a picture" in stderr
    words = ("adapt", name, "-o", "other", "--repeats", "--model", tiny_denoiser)
    assert f"{name} is one picture; repeats need a folder" in run(*words, code=1).stderr


def test_where_a_model_cannot_go_is_said_before_the_work(run, album, monkeypatch):
    Path("file").touch()
    Path("mine").mkdir()
    for name in ("card.json", "diary.txt"):
        Path("mine", name).write_text("{}")
    for out, message in (
        (".", "is no model"),
        ("file/mine", "cannot make the folder"),
        ("mine", "mine also holds diary.txt, which would be lost"),
    ):
        assert message in run("adapt", album, "-o", out, "--force", code=1).stderr
    assert Path("mine/diary.txt").exists()
    album = album.resolve()
    Path("empty").mkdir()
    monkeypatch.chdir("empty")
    assert "is no model" in run("adapt", album, "-o", ".", code=1).stderr
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    assert "cannot write to the folder" in run("adapt", album, "-o", "new", code=1).stderr


def test_what_cannot_be_learned_from_is_said(run, album, tiny_denoiser):
    words = ("-o", "mine", "--model", tiny_denoiser, *QUICK)
    Path("empty").mkdir()
    assert "no pictures in empty" in run("adapt", "empty", *words, code=1).stderr
    Image.new("RGB", (99, 99), "navy").save("flat.png")
    assert "has no noise" in run("adapt", "flat.png", *words, code=1).stderr
    noisy(1, 40).save("small.png")
    assert "too small to learn from" in run("adapt", "small.png", *words, code=1).stderr
    noisy(3, 88).save("album/other.png")
    assert "sizes differ" in run("adapt", album, "--repeats", *words, code=1).stderr
    Path("album/bad.png").write_bytes(Path("album/1.png").read_bytes()[:400])
    assert "bad.png" in run("adapt", album, *words, code=1).stderr
    assert not Path("mine").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("-o", "mine", "--minutes", "0"),
        ("-o", "mine", "--minutes", "soon"),
        ("-o", "mine", "--threads", "0"),
        ("-o", "mine", "--model", "none"),
        ("-o", "mine", "--strength", "1"),
        (),
    ],
)
def test_wrong_usage(run, album, words):
    assert run("adapt", album, *words, code=2).stderr
    assert not Path("mine").exists()


def test_no_such_folder(run):
    assert "does not exist" in run("adapt", "none", "-o", "mine", code=2).stderr


def test_a_missing_extra_is_named(run, album, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else found(name)
    )
    stderr = run("adapt", album, "-o", "mine", code=1).stderr
    assert "torch is not installed; get it with: pip install 'pellucid[train]'" in stderr
    assert issubclass(MissingExtraError, ImportError)
