"""tools/spec_alpha.py against pellucid: alpha and 16 bits of the learned layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid.exact.tables import FOLDER
from pictures import unpacked
from shipped import CODECS
from spec_files import spec, spec_alpha

SIZES = [(1, 1), (70, 33), (20, 530)]


def made(height: int, width: int, channels: int, dtype: str) -> np.ndarray:
    """Waves over a part of the type's range, and soft alpha where the channels have some."""
    y, x = np.mgrid[:height, :width]
    limits = np.iinfo(dtype)
    wave = 0.4 + 0.3 * np.sin(x / 17)[..., None] * np.cos(y / 13 + 1)[..., None]
    wave = (
        wave + np.arange(channels) / 20 + np.random.default_rng(width).normal(0, 0.01, wave.shape)
    )
    samples = np.rint(limits.min + wave.clip(0, 0.9) * (limits.max - limits.min)).astype(dtype)
    if channels in (2, 4):
        samples[..., -1] = limits.max * np.clip((x - width / 3) / 9, 0, 1)
    return samples


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
@pytest.mark.parametrize("model", CODECS)
def test_agrees_with_pellucid(model: str, dtype: str, channels: int) -> None:
    height, width = SIZES[(channels + len(dtype)) % len(SIZES)]
    picture = made(height, width, channels, dtype)
    data = pellucid.compress(picture, quality=55, model=FOLDER.parent / model)
    ours, shown = spec_alpha.decode_picture(data, FOLDER.parent / model, FOLDER)
    assert shown == pellucid.info(data, latents=True).latents_sha256
    theirs = unpacked(data)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    assert ours.dtype == dtype
    span = int(np.ptp(theirs[..., :1].astype(int))) + 1
    assert np.abs(ours.astype(int) - theirs).max() <= max(1, span / 255)
    if channels in (2, 4):
        assert np.array_equal(ours[..., -1], picture[..., -1])


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = pellucid.compress(made(40, 50, 4, "uint16"), model=FOLDER.parent / "s")
    (tmp_path / "a.pel").write_bytes(data)
    model = ["--model", str(FOLDER.parent / "s")]
    command = [str(tmp_path / "a.pel"), *model, "--exact", str(FOLDER)]
    assert spec_alpha.main([*command, "-o", str(tmp_path / "a.npy")]) == 0
    wanted = pellucid.info(data, latents=True).latents_sha256
    assert capsys.readouterr().out.strip() == wanted
    assert np.load(tmp_path / "a.npy").dtype == np.uint16
    assert spec.main([str(tmp_path / "a.pel"), *model]) == 1
    assert "spec_alpha" in capsys.readouterr().err
    (tmp_path / "a.pel").write_bytes(data[:-1])
    assert spec_alpha.main(command) == 1
    assert "damaged" in capsys.readouterr().err
