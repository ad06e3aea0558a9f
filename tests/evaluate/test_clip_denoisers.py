"""One contract for every denoiser of clips; a new one is tested by being registered."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.errors import MissingExtraError, OptionError, PellucidError
from pellucid.evaluate import clips
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers import video
from pellucid.evaluate.peers.video import CLIP_DENOISERS, FRAMES, ClipDenoiser

cv2 = pytest.importorskip("cv2")

NAMES = ("pellucid-s", "pellucid-s" + FRAMES, *CLIP_DENOISERS.others)
SIGMA = 10.0


def scene() -> np.ndarray:
    """Rows of smooth shades and a hard edge, as large as a clip of 48 x 64 takes."""
    noise = np.random.default_rng(0).uniform(30, 220, (8, 12, 3))
    large = cv2.resize(noise, (96, 64), interpolation=cv2.INTER_CUBIC)
    large[20:40, 30:60] = (200, 60, 90)
    return np.clip(large, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    return clips.make_clip("static", [scene()], frames=8, size=(48, 64))


def denoiser(name: str) -> ClipDenoiser:
    try:
        return CLIP_DENOISERS.make(name, 1)
    except MissingExtraError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", NAMES)
def test_contract(name: str, clip: np.ndarray) -> None:
    one = denoiser(name)
    noisy = clips.noisy(clip, SIGMA, 1)
    kept = noisy.copy()
    result = one.run(noisy, SIGMA)
    assert np.array_equal(noisy, kept)
    assert (result.shape, result.dtype) == (clip.shape, np.uint8)
    assert np.array_equal(result, one.run(noisy, SIGMA))
    assert psnr(clip, result) > psnr(clip, noisy) + 1
    # in order and in place: each frame is nearest to its own number
    steps = np.arange(8, dtype=np.uint8)[:, None, None, None] * 25 + np.zeros_like(clip)
    means = one.run(steps, SIGMA).mean(axis=(1, 2, 3))
    assert np.argsort(means).tolist() == list(range(8))
    assert one.version
    assert one.threading.startswith("one thread")


def test_frames_of_ours_see_nothing_of_each_other(clip: np.ndarray) -> None:
    noisy = clips.noisy(clip, SIGMA, 1)
    alone, over_time = denoiser("pellucid-s" + FRAMES), denoiser("pellucid-s")
    assert np.array_equal(alone.run(noisy, SIGMA)[5], alone.run(noisy[5:6], SIGMA)[0])
    assert not np.array_equal(over_time.run(noisy, SIGMA)[5], over_time.run(noisy[5:6], SIGMA)[0])
    assert alone.version != over_time.version


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match="no denoiser of clips called 'vbm4d'; there are: all"):
        CLIP_DENOISERS.expand(["vbm4d"])
    with pytest.raises(OptionError, match="there is no denoiser 'z'"):
        CLIP_DENOISERS.make("pellucid-z" + FRAMES, 1)
    av = pytest.importorskip("av")
    monkeypatch.setattr(av.filter, "filters_available", set())
    monkeypatch.setattr(video.shutil, "which", lambda _name: None)
    with pytest.raises(MissingExtraError, match="the program ffmpeg, for hqdn3d"):
        CLIP_DENOISERS.make("hqdn3d", 1)


def test_the_program_gives_what_the_libraries_give(clip: np.ndarray) -> None:
    pytest.importorskip("av")
    if not (program := video.shutil.which("ffmpeg")):
        pytest.skip("no program ffmpeg")
    noisy = clips.noisy(clip, SIGMA, 1)
    one = video.filtered(noisy, "nlmeans=s=4", 1)
    other = video.piped(noisy, "nlmeans=s=4", 1, program=program)
    assert np.abs(one.astype(int) - other).max() <= 4  # they differ in the version
    with pytest.raises(PellucidError, match="ffmpeg failed: "):
        video.piped(noisy, "nosuchfilter", 1, program=program)
