"""Refined latents: they cost less, decode everywhere, and are the same whatever the threads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from coded import decoded
from pellucid.codec import (
    Target,
    compress_tiles,
    decompress_into,
    header_of,
    latents_sha256,
    look_at,
    reach_refined,
    tile_reader,
)
from pellucid.codec.compress import analyse
from pellucid.codec.distortion import Distortion, surroundings_of
from pellucid.codec.geometry import latents_of
from pellucid.codec.picture import Picture
from pellucid.codec.refine import STEPS, Refinement
from pellucid.codec.targets import Difference
from pellucid.errors import OptionError, PellucidError
from pellucid.runtime import CodecModel, load_model
from pictures import FILLS, filled, photograph, unpacked

PHOTOGRAPH = photograph(128, 160, top=20, left=150)


def cost(picture: Picture, model: CodecModel, quality: int, effort: int, log2: int = 10) -> float:
    """Bits and lambda times the squared error of what the payloads decode to."""
    header = replace(header_of(picture, model, quality), tile_log2=log2)
    payloads, latents = zip(*compress_tiles(picture, model, header, effort), strict=True)
    read = tile_reader(header, payloads.__getitem__, model)
    again = [read(number) for number in range(header.tile_count)]
    assert latents_sha256(again) == latents_sha256(latents), "a decoder finds what was meant"
    samples = decoded(header, read, model)
    error = np.square(samples.astype(float) - picture.samples).mean(axis=2).sum()
    return 8 * sum(map(len, payloads)) + model.trade_off(quality) * float(error)


@pytest.mark.parametrize(("name", "quality", "log2"), [("m", 30, 10), ("m", 85, 10), ("s", 55, 6)])
def test_refined_latents_cost_less(name: str, quality: int, log2: int) -> None:
    model, picture = load_model(name), Picture(PHOTOGRAPH)
    plain, some, more = (cost(picture, model, quality, effort, log2) for effort in (0, 1, 4))
    assert some < plain
    assert more < 0.985 * plain
    assert more < some


@pytest.mark.parametrize("shape", [(128, 160, 3), (77, 90, 1)])
def test_the_distortion_is_that_of_decoded_samples(
    tiny: CodecModel, shape: tuple[int, int, int]
) -> None:
    picture = Picture(PHOTOGRAPH[: shape[0], : shape[1], : shape[2]])
    header = header_of(picture, tiny, 50)
    ((_, latents),) = compress_tiles(picture, tiny, header)
    error = np.square(decoded(header, [latents].__getitem__, tiny) - picture.samples.astype(float))
    distortion = Distortion(picture, tiny, header, header.box, latents.in_steps)
    with ThreadPoolExecutor(2) as pool:
        found = distortion.of(latents.in_steps, pool)
    assert found == pytest.approx(tiny.trade_off(50) * error.mean(axis=2).sum(), rel=2e-3)


def test_a_slope_is_that_of_the_distortion(tiny: CodecModel) -> None:
    """Of a tile among others: a little along the gradient changes the distortion by as much."""
    picture = Picture(PHOTOGRAPH[:, :128])
    header = replace(header_of(picture, tiny, 50), tile_log2=6)
    tile = header.tile_box(1)
    outer = surroundings_of(tile, header, tiny)
    y = analyse(picture.seen(), tiny, 50, outer)
    own = y[:, *latents_of(tile).within(latents_of(outer))]
    distortion = Distortion(picture, tiny, header, tile, y)
    with ThreadPoolExecutor(1) as pool, mock.patch.object(distortion, "_whole", new=False):
        slope = distortion.gradient(own, pool)
        step = 0.1 * slope / np.abs(slope).max()
        change = distortion.of(own + step, pool) - distortion.of(own - step, pool)
    assert change == pytest.approx(2 * float((slope * step).sum()), rel=0.02)


def test_latents_that_would_cost_more_stay_as_they_were(tiny: CodecModel) -> None:
    """A step that makes all worse is not taken."""
    with mock.patch.object(Refinement, "_moved", lambda _, symbols, *_more: symbols + 3):
        assert list(payloads(tiny, 1)) == list(payloads(tiny, 0))


def payloads(model: CodecModel, effort: int) -> Iterator[bytes]:
    picture = Picture(PHOTOGRAPH)
    header = replace(header_of(picture, model, 50), tile_log2=6)
    return (payload for payload, _ in compress_tiles(picture, model, header, effort))


def test_bytes_are_the_same_whatever_the_threads(tiny_folder: Path) -> None:
    files = [[*payloads(CodecModel(tiny_folder, threads=n), 2)] for n in (1, 2, 1, 3)]
    assert files[0] != [*payloads(CodecModel(tiny_folder, threads=1), 0)]
    assert all(file == files[0] for file in files)


@settings(max_examples=15)
@given(
    st.sampled_from(FILLS),
    st.tuples(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 3])),
    st.integers(0, 100),
)
def test_any_picture_comes_back_in_its_shape(
    tiny_installed: str, fill: str, shape: tuple[int, int, int], quality: int
) -> None:
    encoded = pellucid.compress(
        filled(fill, *shape), quality=quality, model=tiny_installed, effort=1
    )
    assert unpacked(encoded).shape == shape


def test_what_is_hidden_or_drawn_costs_nothing(tiny: CodecModel) -> None:
    """Alpha's hidden half and lines along the edge have no weight, 16 bits none of the range."""
    hidden = np.dstack([PHOTOGRAPH, np.full(PHOTOGRAPH.shape[:2], 255, np.uint8)])
    hidden[:, 80:, 3] = 0
    framed = PHOTOGRAPH.copy()
    framed[:40] = 7
    deep = PHOTOGRAPH.astype(np.uint16) * 100 + 1000
    for pixels, alpha in ((hidden, True), (framed, False), (deep, False)):
        picture = look_at(pixels, alpha=alpha)
        header = header_of(picture, tiny, 50)
        out = [*compress_tiles(picture, tiny, replace(header, tile_log2=10), 1)]
        distortion = Distortion(picture, tiny, header, header.box, out[0][1].in_steps)
        found = Difference(picture)
        decompress_into(
            found, header, [out[0][1]].__getitem__, tiny, found=picture.range, edges=picture.edges
        )
        with ThreadPoolExecutor(1) as pool:
            error = distortion.of(out[0][1].in_steps, pool)
        scale = (255 / picture.peak) ** 2
        expected = tiny.trade_off(50) * found.total / 3 * scale
        assert error == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("tile", [1024, 64])
def test_what_is_seen_of_a_picture_that_is_mostly_hidden_is_refined(tile: int) -> None:
    """Steps fit the few latents that matter, not the mean over all."""
    alpha = np.zeros(PHOTOGRAPH.shape[:2], np.uint8)
    alpha[30:90, 40:110] = 255
    sprite = np.dstack([PHOTOGRAPH, alpha])
    plain, refined = (
        pellucid.compress(sprite, quality=67, model="s", tune="psnr", tile=tile, effort=effort)
        for effort in (0, 3)
    )
    before, after = (
        np.square(pellucid.decompress(file)[alpha > 0][:, :3] - PHOTOGRAPH[alpha > 0].astype(float))
        for file in (plain, refined)
    )
    assert len(refined) < len(plain)
    assert after.mean() < 0.96 * before.mean()


@pytest.mark.parametrize(("tune", "part"), [("eye", 1 / 4), ("psnr", 1)])
def test_only_for_the_eye_the_aim_lies_between_the_picture_and_what_the_analysis_gave(
    tiny: CodecModel, tune: str, part: float
) -> None:
    """Latents as the analysis gave them are half as far from it as from the picture, or as far."""
    picture = Picture(PHOTOGRAPH[:64, :64])
    header = header_of(picture, tiny, 50)
    ((_, plain),) = compress_tiles(picture, tiny, header)
    y = plain.in_steps
    with ThreadPoolExecutor(1) as pool, mock.patch.object(tiny, "tune", tune):
        distortion = Distortion(picture, tiny, header, header.box, y)
        far = distortion.of(y, pool)
        distortion.aim(y, pool)
        assert distortion.of(y, pool) == pytest.approx(part * far, rel=0.05)


def test_targets_are_met_by_refined_files(tiny_installed: str) -> None:
    for asked in ({"size": 2000}, {"bpp": 0.9}, {"psnr": 18.0}):
        plain, refined = (
            pellucid.compress(PHOTOGRAPH, model=tiny_installed, effort=effort, **asked)
            for effort in (0, 2)
        )
        error = np.square(pellucid.decompress(refined) - PHOTOGRAPH.astype(float)).mean()
        assert len(refined) <= asked.get("size", 0.9 / 8 * PHOTOGRAPH[..., 0].size)
        assert "psnr" not in asked or 10 * np.log10(255**2 / error) >= 18
        assert refined != plain


def test_the_second_quality_is_the_one_that_refining_makes_room_for() -> None:
    tried: list[int] = []

    def refined(quality: int) -> tuple[float, str]:
        tried.append(quality)
        return 0.9 * (100 + 2 * quality), f"refined at {quality}"

    target = Target(200, "bytes")
    found = reach_refined(target, lambda q: (100 + 2 * q, f"plain at {q}"), refined, lambda q, _: q)
    assert found == (61, "refined at 61")
    assert tried == [50, 61]


@pytest.mark.parametrize(
    ("second", "best", "tried"),
    [(0.92, (58, "refined at 58"), [50, 61, 58]), (1.2, (50, "refined at 50"), [50, 61])],
)
def test_a_third_quality_is_tried_where_the_second_misses(
    second: float, best: tuple[int, str], tried: list[int]
) -> None:
    """By what refining changed at the second; what it gains there decides."""
    seen: list[int] = []

    def refined(quality: int) -> tuple[float, str]:
        seen.append(quality)
        return (0.9 if quality == 50 else second) * (100 + 2 * quality), f"refined at {quality}"

    target = Target(200, "bytes")
    found = reach_refined(target, lambda q: (100 + 2 * q, f"plain at {q}"), refined, lambda q, _: q)
    assert found == best
    assert seen == tried


def test_plain_latents_where_refined_ones_miss_the_target() -> None:
    def by(quality: int, item: str) -> float:
        raise AssertionError

    found = reach_refined(
        Target(100, "bytes"), lambda q: (100 + q, "plain"), lambda _: (101, "no"), by
    )
    assert found == (0, "plain")
    target = Target(30, "dB", at_least=True)
    found = reach_refined(target, lambda q: (q, "plain"), lambda _: (29.9, "no"), by)
    assert found == (30, "plain")


def test_of_two_files_that_meet_a_target_the_better_one_is_kept() -> None:
    """The second quality is refined where the first one missed, and may be worse than plain."""

    def refined(quality: int) -> tuple[float, str]:
        return 104 + quality, f"refined at {quality}"

    for plain, best in ((1.0, (60, "plain")), (0.0, (56, "refined at 56"))):
        found = reach_refined(
            Target(160, "bytes"),
            lambda q: (100 + q, "plain"),
            refined,
            lambda _, item, plain=plain: plain if item == "plain" else 0.5,
        )
        assert found == best


def test_progress_moves_within_a_tile_and_can_end_the_work(
    tmp_path: Path, tiny_installed: str
) -> None:
    told: list[float] = []
    pellucid.compress_file(
        PHOTOGRAPH, tmp_path / "a.pel", model=tiny_installed, effort=3, progress=told.append
    )
    assert len(told) > 7
    assert told == sorted(told)
    assert told[-1] == 1

    def interrupt(_done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pellucid.compress_file(
            PHOTOGRAPH, tmp_path / "b.pel", model=tiny_installed, effort=9, progress=interrupt
        )
    assert [path.name for path in tmp_path.iterdir()] == ["a.pel"]


def test_an_interruption_ends_the_tiles_under_way(tiny: CodecModel) -> None:
    picture, steps = Picture(PHOTOGRAPH), []
    header = replace(header_of(picture, tiny, 50), tile_log2=6)
    tiles = compress_tiles(picture, tiny, header, 9, steps.append)
    next(tiles)
    tiles.close()
    assert len(steps) < STEPS[9] * (header.tile_count - 1)


def test_a_model_that_cannot_refine_says_so(tmp_path: Path, tiny_folder: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(tiny_folder, folder)
    (folder / "synthesis_gradient.onnx").unlink()
    pellucid.compress(PHOTOGRAPH, model=folder)
    with pytest.raises(PellucidError, match="choose effort 0, or python -m pellucid"):
        pellucid.compress(PHOTOGRAPH, model=folder, effort=1)


@pytest.mark.parametrize("effort", [-1, 10, 1.5, True, "4", None])
def test_efforts_out_of_range_are_refused(effort: object) -> None:
    with pytest.raises(OptionError, match=f"effort is {effort!r}; it must be a whole number from"):
        pellucid.CompressOptions(effort=effort)


def test_effort_is_of_the_learned_codec() -> None:
    pellucid.CompressOptions(lossless=True, effort=0)
    for exact in ({"lossless": True}, {"max_error": 2}):
        with pytest.raises(OptionError, match=r"effort is 4; .* so leave it out, or lossless"):
            pellucid.CompressOptions(effort=4, **exact)
