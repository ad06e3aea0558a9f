"""`bench video`: cases, rows that mean what they say, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import InputError, OptionError
from pellucid.evaluate import clips
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches import video_costs, video_tasks
from pellucid.evaluate.benches.video import BENCH
from pellucid.evaluate.benches.video_rows import (
    COST_ROWS,
    SPEED_ROWS,
    SWEEP,
    VideoCost,
    VideoResult,
    VideoTiming,
)
from pellucid.evaluate.benches.video_tables import overview
from pellucid.evaluate.benches.video_tasks import Plan, cases
from pellucid.evaluate.peers.video import CLIP_DENOISERS, ClipDenoiser
from pellucid.evaluate.report import markdown

cv2 = pytest.importorskip("cv2")


@pytest.fixture
def data(tmp_path: Path, picture: np.ndarray) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a", "b"):
        Image.fromarray(picture).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that gives the mean of each frame and the one before."""

    def denoise(clip: np.ndarray, _sigma: float) -> np.ndarray:
        return (clip // 2 + np.roll(clip, 1, axis=0) // 2).astype(np.uint8)

    peer = ClipDenoiser("nlmeans", "1", denoise, "one thread")
    monkeypatch.setitem(CLIP_DENOISERS.makers, "nlmeans", lambda _threads: peer)


def plan_of(data: Path, **more: object) -> Plan:
    words = {"kinds": ("static", "pan"), "sigma": (10.0,), "clips": 1, "frames": 6}
    sizes = {"width": 64, "height": 48, "speed_sizes": ("40x32",), "speed_frames": 3}
    chosen = {"against": ("nlmeans",), "models": ("none",), "repeats": 1, "costs": ("none",)}
    return Plan(data=data, out=data.parent / "out", threads=1, **words | sizes | chosen | more)


def test_rows(data: Path, halved: None) -> None:
    outcome = run(BENCH, plan_of(data))
    assert (outcome.failures, outcome.new_rows) == ([], 3)
    rows = {row.kind: row for row in SWEEP.load(data.parent / "out")}
    static = rows["static"]
    assert (static.clip, static.frames, static.width, static.height) == ("a", 6, 64, 48)
    assert rows["pan"].clip == "b"
    assert static.noisy_psnr == pytest.approx(28.2, abs=0.3)
    assert static.psnr == pytest.approx(static.noisy_psnr + 3, abs=0.4)  # half of the variance
    assert static.late_psnr == pytest.approx(static.psnr, abs=0.2)
    # three neighbouring means of two: their spread is that of noise, divided by the root of 2
    assert 2.5 < (static.flicker or 0) < 10 / np.sqrt(2)
    assert rows["pan"].flicker is None
    (timing,) = SPEED_ROWS.load(data.parent / "out")
    assert (timing.width, timing.height, timing.frames, timing.repeats) == (40, 32, 3, 1)
    assert timing.rate == pytest.approx(3 / timing.seconds)
    assert run(BENCH, plan_of(data, repeats=0)).new_rows == 0
    assert run(BENCH, plan_of(data, repeats=0, frames=8)).new_rows == 2


def test_cases(data: Path, tmp_path: Path) -> None:
    found = cases(plan_of(data, clips=2, sigma=(10.0, 25.0)))
    assert [case.about for case in found[:3]] == [
        ("static", "a", 10.0),
        ("static", "a", 25.0),
        ("pan", "b", 10.0),
    ]
    assert len(found) == 8
    weak, strong = found[0].load(), found[1].load()
    assert np.array_equal(weak.clean, strong.clean)
    noise = [np.int16(one.noisy) - one.clean for one in (weak, strong)]
    assert np.corrcoef(*(one.ravel() for one in noise))[0, 1] > 0.9  # the same pattern
    (data / "c.mp4").touch()
    assert cases(plan_of(data, kinds=("none",)))[0].about == ("real", "c", 10.0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="neither photographs nor files of video"):
        cases(plan_of(tmp_path / "empty"))
    with pytest.raises(InputError, match="isn't a folder"):
        cases(plan_of(tmp_path / "none"))
    with pytest.raises(InputError, match="--repeats 0"):
        video_tasks.timed_cases(plan_of(tmp_path / "empty"))
    with pytest.raises(OptionError, match="speed_sizes has '640'; give sizes such as 640x480"):
        run(BENCH, plan_of(data, speed_sizes=("640",)))


def test_real_clips(tmp_path: Path, halved: None, picture: np.ndarray) -> None:
    pytest.importorskip("av")
    folder = tmp_path / "videos"
    folder.mkdir()
    frames = np.stack([np.roll(picture, n, axis=1) for n in range(5)])
    video_costs.write_video(folder / "one.mp4", iter(frames), 25)
    outcome = run(BENCH, plan_of(folder, repeats=0))
    assert (outcome.failures, outcome.new_rows) == ([], 1)
    (row,) = SWEEP.load(tmp_path / "out")
    assert (row.kind, row.clip, row.width, row.height) == ("real", "one", 128, 96)


def test_the_overview_has_made_clips_and_speed(tmp_path: Path) -> None:
    row = VideoResult(
        "pellucid-s", "k", "pan", "a", 10.0, 6, 64, 48, 28.1, 37.5, 38.0, None, 1.0, 2, "1"
    )
    assert overview(tmp_path) == []
    SWEEP.add(tmp_path, [replace(row, kind="real", psnr=50.0)])
    assert overview(tmp_path) == []
    SWEEP.add(tmp_path, [row, replace(row, clip="b", psnr=38.5)])
    timing = VideoTiming("pellucid-s-fast", "k", 40, 32, 8, 10.0, 0.5, 0.4, 0.6, 2, 3, "1")
    SPEED_ROWS.add(tmp_path, [timing])
    text = markdown(overview(tmp_path))
    assert "| method | dB, sigma 10 | 40 x 32, frames/s |" in text
    assert "| pellucid s | 38.00 | \u2013 |" in text
    assert "| pellucid s-fast | \u2013 | 16 |" in text
    assert "PSNR over 2 made clips, noisy 28.1 dB" in text


def test_a_method_that_fails_is_told_and_others_are_timed(
    data: Path, halved: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_clip: np.ndarray, _sigma: float) -> np.ndarray:
        raise ValueError("stub fails")

    peer = ClipDenoiser("hqdn3d", "1", fail, "one thread")
    monkeypatch.setitem(CLIP_DENOISERS.makers, "hqdn3d", lambda _threads: peer)
    outcome = run(BENCH, plan_of(data, against=("nlmeans", "hqdn3d"), kinds=("static",)))
    assert outcome.failures == [
        "static, a, sigma 10 by hqdn3d: stub fails",
        "speed of hqdn3d: stub fails",
    ]
    assert [row.method for row in SPEED_ROWS.load(data.parent / "out")] == ["nlmeans"]


def test_costs(data: Path) -> None:
    tasks = ("camera", "long", "compress", "decompress")
    plan = plan_of(data, models=("s",), kinds=("none",), costs=tasks, cost_frames=5, long_frames=6)
    current = replace(plan, against=("none",), rate=50.0)
    outcome = run(video_costs.COSTS, current)
    assert outcome.failures == []
    rows = {row.task: row for row in COST_ROWS.load(data.parent / "out")}
    assert rows.keys() == {*tasks}
    assert all((row.width, row.height) == (40, 32) for row in rows.values())
    assert 0 < (rows["camera"].delay or 0) <= (rows["camera"].delay_most or 0)
    assert rows["camera"].seconds > 4 / 50
    assert 10 < (rows["long"].early_mb or 0) <= (rows["long"].peak_mb or 0)
    assert rows["long"].frames == 6
    assert rows["decompress"].delay is None
    assert run(video_costs.COSTS, current).new_rows == 0
    assert run(video_costs.COSTS, replace(current, cost_frames=4)).new_rows == 3


def test_the_whole_command(data: Path) -> None:
    pytest.importorskip("av")
    plan = plan_of(data, models=("s",), costs=("file",), cost_frames=5, speed_sizes=("96x64",))
    outcome = run(video_costs.COSTS, plan)
    assert outcome.failures == []
    (row,) = COST_ROWS.load(data.parent / "out")
    assert (row.task, row.frames) == ("file", 5)
    assert row.seconds > 0
    assert (row.peak_mb or 0) > 10


def result(method: str, kind: str, psnr: float, **more: object) -> VideoResult:
    flicker = {"pellucid-s": 1.0, "pellucid-s-frames": 4.0}.get(method, 3.0)
    one = VideoResult(
        method,
        "set",
        kind,
        "one",
        10.0,
        24,
        64,
        48,
        28.1,
        psnr,
        psnr + 1,
        flicker if kind == "static" else None,
        1.0,
        2,
        "1",
    )
    return replace(one, **more)


def test_tables(tmp_path: Path) -> None:
    assert BENCH.tables(tmp_path) == []
    names = {"nlmeans": 31.0, "pellucid-s": 35.0, "pellucid-s-frames": 33.0}
    rows = [
        result(name, kind, psnr - less)
        for name, psnr in names.items()
        for kind, less in (("static", 0.0), ("pan", 1.0), ("shake", 2.0), ("real", 0.5))
    ]
    rows.append(result("pellucid-s", "cut", 50.0))  # that no other method has
    SWEEP.add(tmp_path, rows)
    for name, seconds in (("nlmeans", 4.0), ("pellucid-s", 0.8)):
        timing = VideoTiming(name, "set", 640, 480, 8, 10.0, seconds, seconds, seconds, 2, 3, "1")
        SPEED_ROWS.add(tmp_path, [timing])
    cost = VideoCost("long", "s", 1280, 720, 2200, 550.0, None, None, 300.0, 310.0, 2, "1")
    COST_ROWS.add(tmp_path, [cost])
    text = markdown(BENCH.tables(tmp_path))
    assert "| static, sigma 10 | 1 | 28.10 | 35.00 | 33.00 | 31.00 |" in text
    assert "| moving, sigma 10 | 2 | 28.10 | 33.50 | 31.50 | 29.50 |" in text
    assert "| all made clips, sigma 10 | 3 | 28.10 | 34.00 |" in text
    assert "| real, sigma 10 | 1 | 28.10 | 34.50 |" in text
    assert "cut, sigma" not in text
    assert "| static, sigma 10 | +2.00 | +2.00 |" in text
    assert "| pellucid s | 1.00 | 0.25 |" in text
    assert "| pellucid s | 10 (10–10) | 5 | – |" in text
    assert "| long | s | 1280 x 720 | 2200 | 4.00 | – | – | 300 | 310 |" in text
    assert "- nlmeans, FFmpeg: 1" in text
    assert {path.name for path in BENCH.found(tmp_path)} == {
        "video-costs.tsv",
        "video-nlmeans.tsv",
        "video-pellucid-s-frames.tsv",
        "video-pellucid-s.tsv",
        "video-speed.tsv",
    }


def test_kinds_of_clips_and_tables_agree() -> None:
    from pellucid.evaluate.benches import video_tables

    assert {*clips.KINDS} < {*video_tables.ORDER}
    assert {*video_tables.MOVES} < {*clips.KINDS}
