"""A folder of pictures, and a camera, as clips; a video file stands for the camera."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clips import clip_bytes, read_clip, samples, through
from pellucid import Limits
from pellucid.errors import InputError, LimitError
from pellucid.video import SourceOptions


@pytest.fixture
def pictures() -> Path:
    """Twelve, whose names don't sort as their numbers do."""
    folder = Path("pictures")
    folder.mkdir()
    for number in range(12):
        Image.fromarray(samples(number)).save(folder / f"shot{number}.png")
    return folder


def test_a_folder(pictures: Path) -> None:
    (pictures / ".hidden").write_bytes(b"?")
    result = through(pictures, "out.mkv", codec="ffv1", read=SourceOptions(rate=Fraction(5)))
    found = read_clip("out.mkv")
    assert (result.missing, found.layout) == ((), "bgr0")
    assert found.times == [Fraction(number, 5) for number in range(12)]
    for number, frame in enumerate(found.frames):
        seen = frame.reshape(48, 64, 4)
        np.testing.assert_array_equal(seen[..., 2::-1], samples(number))


def test_pictures_that_cannot_be_frames(pictures: Path) -> None:
    (pictures / "shot5.png").write_bytes(b"nothing")
    result = through(pictures, "out.mkv")
    assert len(read_clip("out.mkv").frames) == 11
    assert "1 frame couldn't be decoded whole; the first: pictures/shot5.png" in result.missing[0]
    Image.fromarray(samples(8)[:40]).save(pictures / "shot8.png")
    result = through(pictures, "other.mkv")
    assert len(read_clip("other.mkv").frames) == 7
    assert result.missing[0].startswith("pictures/shot8.png is 64 x 40, uint8 with 3 channels")
    (pictures / "shot0.png").unlink()
    Image.fromarray(np.dstack([samples(0), samples(0)[..., 0]])).save(pictures / "shot0.png")
    with pytest.raises(
        InputError, match=r"shot0.png: a frame is grey or RGB .* 4 channels of uint8"
    ):
        through(pictures, "third.mkv")


def test_pictures_with_too_many_pixels(pictures: Path) -> None:
    with pytest.raises(LimitError, match="over the limit"):
        through(pictures, "out.mkv", read=SourceOptions(limits=Limits(max_pixels=1000)))


def test_a_camera() -> None:
    Path("video.avi").write_bytes(
        clip_bytes("avi", codec="mjpeg", layout="yuvj420p", count=10, options={"qmin": "1"})
    )
    result = through("camera:video.avi", "out.mkv", codec="ffv1")
    found = read_clip("out.mkv")
    assert (result.missing, len(found.frames), result.info.time_base) == ((), 10, Fraction(1, 1000))
    assert all(a < b for a, b in zip(found.times, found.times[1:], strict=False))
    seen = found.frames[4].reshape(48, 64, 4)[..., 2::-1]
    assert np.abs(seen - samples(4)).mean() < 12  # red is red


@pytest.mark.parametrize("name", ["camera:99", "camera:/dev/nothing", "camera:"])
def test_no_camera(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="gives no picture; is it there, and not in use"):
        through(name, "out.mkv")
    assert capfd.readouterr() == ("", "")
