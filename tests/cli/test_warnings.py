"""What isn't kept of a picture is said on stderr, in one line; what libraries warn of is not."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

import pellucid

RGB = np.random.default_rng(2).integers(0, 256, (20, 30, 3), np.uint8)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pellucid", *words]
    about = {**os.environ, "PYTHONPATH": str(Path(pellucid.__file__).parents[1])}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=about)


def test_a_second_picture_is_named_and_odd_exif_is_not(tmp_path: Path) -> None:
    pictures = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    pictures[0].save(tmp_path / "two.jpg", "MPO", save_all=True, append_images=pictures[1:])
    done = run(tmp_path, "compress", "two.jpg", "--lossless")
    assert done.returncode == 0
    assert "pellucid: two.jpg: holds 2 pictures, of which the first is taken\n" in done.stderr
    odd = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x0112, 3, 10**6, 10**6) + bytes(4)
    file = BytesIO()
    pictures[0].save(file, "WEBP", exif=odd, lossless=True)
    (tmp_path / "odd.webp").write_bytes(file.getvalue())
    done = run(tmp_path, "compress", "odd.webp", "--lossless")
    assert (done.returncode, done.stderr) == (0, "")
