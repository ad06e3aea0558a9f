"""`pellucid demo`, and the examples of README.md and the docs."""

from __future__ import annotations

import hashlib
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

import pellucid
from opened import read_samples
from pellucid import _api
from pellucid.cli.demo import Stage, show_denoising, with_noise
from pellucid.errors import OutputError

PACKAGE = Path(pellucid.__file__).parent
ROOT = PACKAGE.parent.parent
SAMPLE = PACKAGE / "samples" / "chelsea.png"


def test_demo(run):
    output = run("demo").stdout
    names = {path.name for path in Path("demo").iterdir()}
    assert {"original.png", "comparison.png", "quality-40.pel", "quality-40.png"} <= names
    assert {"noisy.png", "denoised.png"} <= names
    before, after = (
        float(x) for x in re.findall(r"added: ([\d.]+) dB.*off: ([\d.]+) dB", output)[0]
    )
    assert after > before + 5
    assert "Open demo/comparison.png" in output
    for quality in (40, 60, 80):
        size = Path(f"demo/quality-{quality}.pel").stat().st_size
        assert re.search(rf"^ *{quality} +{size:,} ", output, re.MULTILINE)
    latents = pellucid.info("demo/quality-40.pel", latents=True).latents_sha256
    assert latents is not None
    assert latents[:16] in output
    with Image.open("demo/comparison.png") as image:
        assert min(image.size) > 800


def test_demo_overwrites_only_what_it_made(folder):
    stage = Stage(folder, force=False)
    for _ in range(2):  # the same file again is no reason to stop
        path = stage.write("a.png", b"one")
    with pytest.raises(OutputError, match="--force"):
        stage.write("a.png", b"two")
    assert path.read_bytes() == b"one"
    Stage(folder, force=True).write("a.png", b"two")
    assert path.read_bytes() == b"two"


def test_demo_of_denoising(folder, monkeypatch, capsys):
    """With a denoiser that knows the answer."""
    picture = read_samples(SAMPLE)[0]
    noise = SimpleNamespace(sigma=24.6)
    monkeypatch.setattr(_api, "noise_level", lambda noisy: noise)
    monkeypatch.setattr(_api, "denoise", lambda noisy, **_: picture)
    panels = show_denoising(Stage(folder, force=False), picture)
    kept = {path.stem: read_samples(path)[0] for path in folder.iterdir()}
    for (_, shown), name in zip(panels, ("noisy", "denoised"), strict=True):
        np.testing.assert_array_equal(shown, kept[name])
    text = capsys.readouterr().out
    assert "of standard deviation 25 added: 20." in text
    assert "Measured as 24.6 and taken off: inf dB" in text
    np.testing.assert_array_equal(kept["noisy"], with_noise(picture))
    assert np.std(kept["noisy"] - picture.astype(float)) == pytest.approx(25, rel=0.03)


def test_sample_is_small_and_described():
    assert SAMPLE.stat().st_size < 500_000
    assert "CC0" in (SAMPLE.parent / "README.md").read_text("utf-8")
    with Image.open(SAMPLE) as image:
        assert (image.mode, image.size) == ("RGB", (451, 300))
        digest = hashlib.sha256(image.tobytes()).hexdigest()
    data = pytest.importorskip("skimage.data")
    assert digest == hashlib.sha256(data.chelsea().tobytes()).hexdigest()


def code_blocks(page: str, language: str) -> list[str]:
    """The examples of a page."""
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def write_clip(name, frame):
    """A short video of one picture."""
    with av.open(name, "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.height, stream.width = frame.shape[:2]
        for number in range(3):
            shown = av.VideoFrame.from_ndarray(frame, "rgb24")
            shown.pts = number
            file.mux(stream.encode(shown))
        file.mux(stream.encode())


@pytest.fixture
def album():
    """What the examples work on."""
    Path("album").mkdir()
    for name in ("photo.png", "album/one.png"):
        Path(name).write_bytes(SAMPLE.read_bytes())
    with Image.open(SAMPLE) as image:
        image.convert("L").save("mask.png")
        image.save("old.jpg", quality=30)
        night = np.asarray(image.convert("RGB")) + np.random.default_rng(2).normal(
            0, 15, (300, 451, 3)
        )
    Image.fromarray(night.clip(0, 255).astype(np.uint8)).save("night.png")
    write_clip("night.mp4", night.clip(0, 255).astype(np.uint8)[:64, :96])
    noise = np.random.default_rng(1).integers(0, 99, (40, 50, 5))
    np.save("scan.npy", noise.astype(np.uint16))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("README.md", "bits per pixel"),
        ("docs/denoising.md", "sigma"),
        ("docs/lossless.md", "at most 2 off"),
        ("docs/noisy.md", "NoiseInfo"),
    ],
)
def test_python_examples(album, capsys, page, said):
    blocks = code_blocks(page, "python")
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:  # later ones go on from earlier ones
        exec(compile(block, page, "exec"), names)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("page", "least"),
    [("README.md", 6), ("docs/denoising.md", 5), ("docs/lossless.md", 6), ("docs/noisy.md", 6)],
)
def test_command_examples(run, album, page, least):
    blocks = code_blocks(page, "sh")
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    assert len(lines) >= least
    for program, *words in lines:
        assert program == "pellucid"
        run(*words)


def test_links_lead_somewhere():
    missing = []
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if not (page.parent / link).exists():
                missing.append(f"{page.name}: {link}")
    assert not missing
