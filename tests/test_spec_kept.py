"""tools/spec_kept.py against pellucid: the source beside a denoised base."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid.exact.tables import FOLDER
from pictures import unpacked
from spec_files import spec_alpha, spec_kept
from test_spec_alpha import made

MODEL = FOLDER.parent / "s"


@pytest.mark.parametrize(
    ("dtype", "channels", "bound"),
    [("uint8", 3, 0), ("uint8", 4, 3), ("uint16", 1, 0), ("int16", 2, 200), ("uint16", 3, 9)],
)
def test_agrees_with_pellucid(dtype: str, channels: int, bound: int) -> None:
    picture = made(70, 33, channels, dtype)
    data = pellucid.compress(picture, model=MODEL, tile=64, keep_noise=True, max_error=bound)
    ours, said = spec_kept.decode_source(data, FOLDER)
    assert said == bound
    assert ours.dtype == dtype
    assert np.array_equal(ours, unpacked(data, which="source"))
    base, shown = spec_alpha.decode_picture(data, MODEL, FOLDER)
    assert shown == pellucid.info(data, latents=True).latents_sha256
    theirs = unpacked(data)
    span = int(np.ptp(theirs[..., :1].astype(int))) + 1
    assert np.abs(base.astype(int) - theirs).max() <= max(1, span / 255)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = made(20, 30, 3, "uint8")
    file = tmp_path / "a.pel"
    file.write_bytes(pellucid.compress(picture, model=MODEL, keep_noise=True))
    command = [str(file), "--exact", str(FOLDER)]
    assert spec_kept.main([*command, "-o", str(tmp_path / "a.npy")]) == 0
    assert capsys.readouterr().out.strip() == hashlib.sha256(picture.tobytes()).hexdigest()
    assert np.array_equal(np.load(tmp_path / "a.npy"), picture)
    file.write_bytes(pellucid.compress(picture, model=MODEL))
    assert spec_kept.main(command) == 1
    assert "no layer 3" in capsys.readouterr().err
