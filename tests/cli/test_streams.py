"""Standard input and output, and pipes, in place of files."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import pellucid
from pellucid.cli import main
from program import shell, start

posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes with names")


def piped(data: bytes, *words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words], input=data)
    assert result.exit_code == code, result.output
    return result


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def test_explain_takes_a_file(photo: Path) -> None:
    said = piped(photo.read_bytes(), "explain", "-", "--task", "denoise", code=2).stderr
    assert said == "pellucid: explain takes a file and not standard input; save it as one first\n"


def test_compress_and_back(photo: Path, pixels: np.ndarray) -> None:
    packed = piped(photo.read_bytes(), "compress", "-", "--quality", 35)
    assert packed.stderr == ""
    assert packed.stdout_bytes == pellucid.compress(pixels, quality=35)
    back = piped(packed.stdout_bytes, "decompress", "-")
    np.testing.assert_array_equal(
        opened(back.stdout_bytes), pellucid.decompress(packed.stdout_bytes)
    )
    assert back.stdout_bytes[1:4] == b"PNG"
    tiff = piped(packed.stdout_bytes, "decompress", "-", "-o", "-", "--format", "tif")
    assert tiff.stdout_bytes[:2] == b"II"
    piped(packed.stdout_bytes, "decompress", "-", "-o", "back.webp")
    assert Path("back.webp").exists()
    assert "sound" in piped(packed.stdout_bytes, "verify", "-").stdout
    assert "quality 35" in piped(packed.stdout_bytes, "info", "-").stdout
    assert not list(Path().glob("-*"))


def test_a_file_to_standard_output(run, photo: Path, pixels: np.ndarray) -> None:
    result = run("compress", photo, "-o", "-", "--json")
    assert result.stdout_bytes == pellucid.compress(pixels)
    assert '"output": "-"' in result.stderr
    assert not Path("-").exists()
    assert "need a folder" in run("compress", photo, photo, "-o", "-", code=2).stderr


def test_denoise_keeps_the_format(photo: Path, pixels: np.ndarray) -> None:
    clean = piped(photo.read_bytes(), "denoise", "-", "--model", "s")
    np.testing.assert_array_equal(opened(clean.stdout_bytes), pellucid.denoise(pixels, model="s"))
    Path("a.npy").touch()
    np.save("a.npy", pixels[..., 0].astype(np.float32))
    clean = piped(Path("a.npy").read_bytes(), "denoise", "-", "--model", "s", "--sigma", 5)
    samples = np.load(io.BytesIO(clean.stdout_bytes))
    assert (samples.shape, samples.dtype) == (pixels.shape[:2], np.float32)


def test_arrays_and_pages_through_a_pipe(run, pixels: np.ndarray) -> None:
    stack = np.stack([pixels] * 3).astype(np.uint16)
    np.save("a.npy", stack[0])
    packed = piped(Path("a.npy").read_bytes(), "compress", "-", "--lossless").stdout_bytes
    np.testing.assert_array_equal(pellucid.decompress(packed), stack[0])
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite("a.tif", stack, photometric="rgb")
    piped(Path("a.tif").read_bytes(), "compress", "-", "--page", 1, "--lossless", "-o", "page.pel")
    np.testing.assert_array_equal(pellucid.decompress("page.pel"), stack[1])


@pytest.mark.parametrize("command", ["compress", "denoise", "decompress", "verify", "info"])
@pytest.mark.parametrize("data", [b"", b"Dear reader, " * 20])
def test_what_is_no_picture(command: str, data: bytes) -> None:
    said = piped(data, command, "-", code=1).stderr
    assert said.startswith("pellucid: -: ")
    assert said.count("\n") == 1
    assert "pellucid-" not in said, "the name of a temporary file means nothing to a person"


@posix
def test_pipes_of_a_shell(photo: Path, pixels: np.ndarray) -> None:
    expected = pellucid.compress(pixels, model="s")
    for line in (
        f"cat {photo} | pellucid compress --model s /dev/stdin -o a.pel",
        f"pellucid compress --model s <(cat {photo}) -o a.pel",
        f"pellucid compress --model s /dev/stdin -o a.pel < {photo}",
        f"cat {photo} | pellucid compress --model s - | cat > a.pel",
    ):
        result = shell(line)
        assert (result.returncode, result.stderr) == (0, ""), line
        assert Path("a.pel").read_bytes() == expected
        Path("a.pel").unlink()
    line = f"pellucid compress - <{photo} | pellucid decompress - | pellucid denoise - -o b.png"
    result = shell(line)
    assert (result.returncode, result.stderr) == (0, "")
    assert opened(Path("b.png").read_bytes()).shape == pixels.shape


@posix
def test_a_pipe_whose_writer_has_gone(run, photo: Path, pixels: np.ndarray) -> None:
    """The bytes are there once; who opens the pipe again waits for ever."""
    os.mkfifo("photo.fifo")
    for command, made in (("compress", "photo.pel"), ("denoise", "photo.clean.png")):
        data = photo.read_bytes()
        writer = threading.Thread(target=Path("photo.fifo").write_bytes, args=(data,))
        writer.start()
        run(command, "photo.fifo", "--model", "s")
        writer.join()
        assert Path(made).exists()
    writer = threading.Thread(
        target=Path("photo.fifo").write_bytes, args=(Path("photo.pel").read_bytes(),)
    )
    writer.start()
    run("decompress", "photo.fifo", "-o", "back.png")
    writer.join()
    assert opened(Path("back.png").read_bytes()).shape == pixels.shape


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_streams_that_fail(photo: Path) -> None:
    result = shell(f"pellucid compress {photo} -o - >/dev/full")
    assert result.returncode == 1
    assert result.stderr == (
        f"pellucid: {photo}: cannot write to standard output: No space left on device\n"
    )
    result = shell(f"pellucid compress {photo} -o - >&-")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "standard output is closed" in result.stderr
    result = shell("pellucid compress - -o a.pel <&-")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    result = shell(f"pellucid compress {photo} -o - | true; echo ${{PIPESTATUS[0]}}")
    assert result.stderr == ""


@posix
def test_no_bytes_onto_a_terminal(photo: Path) -> None:
    ours, theirs = os.openpty()
    with start("compress", photo, "-o", "-", stdout=theirs) as process:
        _, said = process.communicate(timeout=300)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 1
    assert "give a name with -o" in said
