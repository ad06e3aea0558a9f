"""Pieces: whoever codes them, in whatever order, the file is that of `compress_to`."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import pellucid
from pellucid import CompressOptions
from pellucid._api import pieces as api
from pellucid._api.pieces import Plan, code_piece, join_pieces, plan_pieces
from pellucid.bitstream.piece import open_piece, tiles_in_pieces, write_piece
from pellucid.errors import (
    DamagedFileError,
    InputError,
    LimitError,
    OptionError,
    OutputError,
    PellucidError,
    UnknownModelError,
)
from pictures import photograph
from test_lossy import drawing
from test_tiles import mosaic

RANDOM = np.random.default_rng(5)
PHOTO = photograph(203, 331)
NOISY = np.clip(PHOTO + RANDOM.normal(0, 12, PHOTO.shape), 0, 255).astype(np.uint8)
RAMP = np.broadcast_to(np.arange(331), (203, 331))
FRAMED = np.pad(PHOTO[:190, :320], ((6, 0), (0, 5), (0, 0)))
SHAPES = np.clip(RAMP - 40, 0, 255).astype(np.uint8)  # hidden at the left, visible at the right
SMALL = PHOTO[:100, :100]
BANDS = (np.repeat(SMALL, 2, axis=2)[..., :5] * np.arange(1, 6)).astype(np.int16) - 900
FLOATS = np.where(RAMP[:100, :100, None] == 7, np.nan, SMALL / 7)[..., :2].astype(np.float32)

EXACT: dict[str, Any] = {"lossless": True, "tile": 64}
LEARNED: dict[str, Any] = {"quality": 50, "model": "s", "tile": 64}
KINDS: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "RGB": (PHOTO, LEARNED),
    "grey": (PHOTO[..., 0], LEARNED),
    "frame": (FRAMED, LEARNED),
    "16 bits": (PHOTO.astype(np.uint16) * 181, LEARNED),
    "signed": (PHOTO[..., :1].astype(np.int16) * 100 - 9000, LEARNED),
    "alpha": (np.dstack([PHOTO, SHAPES]), LEARNED),
    "deep alpha": (np.dstack([PHOTO[..., 0], SHAPES]).astype(np.uint16) * 200, LEARNED),
    "effort": (PHOTO[:100, :150], {**LEARNED, "effort": 1}),
    "drawing": (drawing(70, 130), {"tile": 64}),  # which becomes exact
    "near": (PHOTO, {"quality": 97, "tile": 128}),
    "denoised": (NOISY, {"quality": 70, "tile": 64, "denoise": "auto"}),
    "denoised deep": (NOISY.astype(np.uint16) * 99, {"tile": 128, "denoise": 1}),
    "kept": (NOISY, {"tile": 128, "keep_noise": True, "max_error": 2}),
    "lossless": (SMALL, {"lossless": True, "tile": 64}),
    "lossless alpha": (np.dstack([SMALL, SHAPES[:100, 20:120]]), {"lossless": True, "tile": 64}),
    "bands": (BANDS, {"lossless": True, "tile": 64}),
    "bounded": (BANDS[..., :4], {"max_error": 3, "nodata": -900, "tile": 64}),
    "half": (SMALL.astype(np.float16), {"lossless": True, "tile": 64}),
    "floats": (FLOATS, {"lossless": True, "tile": 64}),
    "bounded floats": (FLOATS, {"max_error": 0.1, "tile": 64}),
}
SIGNS = {"frame": "EDGE", "16 bits": "RANG", "alpha": "ALPH", "kept": "KEPT", "floats": "FMAP"}


@pytest.fixture(scope="module")
def others() -> Iterator[ProcessPoolExecutor]:
    """Two other processes."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan, list[Path]]:
    """A picture, its plan in three pieces, and these; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    np.save(folder / "a.npy", SMALL)
    return folder / "a.npy", *coded(folder / "a.npy", folder, 3, **EXACT)


def coded(source: Any, folder: Path, pieces: int, **options: Any) -> tuple[Plan, list[Path]]:
    """The plan of a picture, and its pieces."""
    plan = plan_pieces(source, CompressOptions(**options), pieces)
    assert plan is not None
    paths = [folder / f"{number} of {pieces}" for number in range(plan.pieces)]
    for number, path in enumerate(paths):
        code_piece(source, plan, number, path)
    return plan, paths


# --- the same bytes -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_is_that_of_one_process(
    kind: str, tmp_path: Path, others: ProcessPoolExecutor
) -> None:
    picture, given_options = KINDS[kind]
    source, options = tmp_path / "a.npy", CompressOptions(**given_options)
    np.save(source, picture)
    one = pellucid.compress_file(source, tmp_path / "one.pel", **given_options)
    wanted = (tmp_path / "one.pel").read_bytes()
    assert SIGNS.get(kind, "TILE") in one.info.bytes_by_part
    assert (one.info.max_error is None) == (one.info.quality < 100)
    assert (kind == "drawing") <= (one.info.max_error == 0)
    assert (one.noise is not None) == (kind in ("denoised", "denoised deep", "kept"))
    for count in (1, 2, 3, 7) if kind in ("RGB", "lossless") else (3, 7):
        plan = plan_pieces(source, options, count)
        assert plan is not None
        assert pickle.loads(pickle.dumps(plan)) == plan
        paths = [tmp_path / f"{number} of {count}" for number in range(plan.pieces)]
        order = random.Random(count).sample(range(plan.pieces), plan.pieces)
        run: Callable[..., Any] = others.submit if count == 7 else lambda f, *a: f(*a)
        done = [run(code_piece, source, plan, number, paths[number]) for number in order]
        if count == 7:
            assert [task.result() for task in done] == [None] * len(order)
        found = join_pieces(plan, [paths[number] for number in order], tmp_path / f"{count}.pel")
        assert (tmp_path / f"{count}.pel").read_bytes() == wanted
        assert found == one
        pieces = {number for at in range(plan.pieces) for number in plan.numbers(at)}
        assert pieces == set(range(plan.header.tile_count))
        assert sum(len(plan.numbers(at)) for at in range(plan.pieces)) == len(pieces)


@pytest.mark.parametrize("how", [{"denoise": 1}, {"tile": 256}, {"effort": 1, "tile": 1024}])
def test_pieces_of_large_pictures_are_whole_blocks(
    how: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid.pixels.windows.LARGE", 1000)
    picture = mosaic(1100, 1090) if "effort" not in how else mosaic(1040, 40)
    noise = np.random.default_rng(1).normal(0, 9, picture.shape)
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    options = {"quality": 40, "model": "m" if "denoise" in how else "s", **how}
    plan, paths = coded(noisy, tmp_path, 9, **options)
    assert plan.pieces == (4 if "effort" not in how else 2)
    side = plan.header.tile_size
    assert plan.numbers(0) == [
        row * plan.header.columns + column
        for row in range(1024 // side)
        for column in range(min(1024 // side, plan.header.columns))
    ]
    join_pieces(plan, paths, tmp_path / "a.pel")
    assert (tmp_path / "a.pel").read_bytes() == pellucid.compress(noisy, **options)


def test_nothing_is_analysed_for_another_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.pixels.windows.LARGE", 1000)

    class Watched:
        shape, dtype, asked = (1100, 2100, 3), np.dtype(np.uint8), list[Any]()

        def __getitem__(self, key: tuple[slice, slice]) -> np.ndarray:
            self.asked.append(key)
            rows, columns = key
            return np.zeros((rows.stop - rows.start, columns.stop - columns.start, 3), np.uint8)

    source = Watched()
    plan = plan_pieces(source, CompressOptions(quality=5, model="s"), 3)
    assert plan is not None
    source.asked.clear()
    list(api.tiles_of(plan.codings, source, plan.header, lambda _: None, plan.numbers(0)))
    assert max(columns.stop for _, columns in source.asked) <= 2048 + 64
    assert len(source.asked) == 4  # two blocks in halves
    assert max(rows.stop for rows, _ in source.asked) <= 1024 + 64


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("options", [LEARNED, EXACT, {"max_error": 1, "tile": 64}])
def test_metadata_go_with_the_plan(suffix: str, options: dict[str, Any], tmp_path: Path) -> None:
    """And alpha that is full everywhere is no alpha, but where nothing is lost."""
    source = tmp_path / f"a{suffix}"
    picture = np.dstack([SMALL, np.full((100, 100), 255, np.uint8)])
    exif = Image.Exif()
    exif[0x010E] = "a picture"
    Image.fromarray(picture).save(source, exif=exif, icc_profile=b"any")
    pellucid.compress_file(source, tmp_path / "one.pel", **options)
    plan, paths = coded(source, tmp_path, 2, **options)
    source.unlink()
    found = join_pieces(plan, paths, tmp_path / "a.pel").info
    assert (tmp_path / "a.pel").read_bytes() == (tmp_path / "one.pel").read_bytes()
    assert found.metadata.keys() == {"exif", "icc"}
    assert found.alpha is ("quality" not in options)


def test_pages_are_channels_or_chosen(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    source = tmp_path / "a.tif"
    stack = np.moveaxis(BANDS[..., :4], 2, 0)
    tifffile.imwrite(source, stack, photometric="minisblack", tile=(64, 64), compression="zlib")
    for options in ({"lossless": True, "metadata": False}, {"page": 2, "max_error": 4}):
        plan, paths = coded(source, tmp_path, 3, tile=64, **options)
        join_pieces(plan, paths, tmp_path / "a.pel")
        assert (tmp_path / "a.pel").read_bytes() == pellucid.compress(source, tile=64, **options)
        for path in (*paths, tmp_path / "a.pel"):
            path.unlink()


@pytest.mark.slow
def test_a_picture_of_100_megapixels(tmp_path: Path, others: ProcessPoolExecutor) -> None:
    source = tmp_path / "a.npy"
    samples = np.lib.format.open_memmap(source, "w+", np.uint8, (9000, 12000, 3))
    for top in range(0, 9000, 1000):
        samples[top : top + 1000] = mosaic(1000, 12000)
    samples.flush()
    pellucid.compress_file(source, tmp_path / "one.pel", quality=60)
    plan = plan_pieces(source, CompressOptions(quality=60), 5)
    assert plan is not None
    paths = [tmp_path / str(number) for number in range(plan.pieces)]
    done = [others.submit(code_piece, source, plan, at, path) for at, path in enumerate(paths)]
    assert [task.result() for task in done] == [None] * 5
    join_pieces(plan, paths, tmp_path / "a.pel")
    assert (tmp_path / "a.pel").read_bytes() == (tmp_path / "one.pel").read_bytes()


# --- plans ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("picture", "options"),
    [
        (PHOTO, {"quality": 50}),  # one tile
        (PHOTO, {"size": 9000, "tile": 64}),
        (PHOTO, {"bpp": 1.0, "tile": 64}),
        (PHOTO, {"psnr": 30.0, "tile": 64}),
        (PHOTO, {"lossless": True, "guide": PHOTO, "tile": 64}),
        (NOISY, {"quality": 50, "denoise": 1, "effort": 1, "tile": 64}),
        (
            NOISY,
            {"quality": 50, "denoise": 1, "model": "s", "tile": 64},
        ),  # without such an analysis
        (NOISY, {"quality": 50, "keep_noise": True, "effort": 1, "tile": 64}),
    ],
)
def test_what_is_of_no_use_in_pieces(
    picture: np.ndarray, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid._api.cleaned.denoise_into", None)  # it isn't called
    assert plan_pieces(picture, CompressOptions(**options), 3) is None


@pytest.mark.parametrize("pieces", [0, -1, 1.5, True, "2"])
def test_how_many_pieces_there_can_be(pieces: Any) -> None:
    with pytest.raises(OptionError, match=r"pieces is .* whole number from 1"):
        plan_pieces(PHOTO, CompressOptions(lossless=True), pieces)


def test_a_plan_fails_as_compress_does(tmp_path: Path) -> None:
    limits = pellucid.Limits(max_pixels=1000)
    with pytest.raises(LimitError):
        plan_pieces(PHOTO, CompressOptions(limits=limits), 2)
    with pytest.raises(InputError, match="float32"):
        plan_pieces(FLOATS, CompressOptions(), 2)
    with pytest.raises(InputError, match="no such file"):
        plan_pieces(tmp_path / "a.npy", CompressOptions(), 2)


def test_a_plan_made_again_is_the_same(made: tuple[Path, Plan, list[Path]]) -> None:
    source, plan, _ = made
    options = CompressOptions(**EXACT)
    assert plan_pieces(source, options, 3) == plan
    again = [
        plan_pieces(source, options, 2),
        plan_pieces(source, options, 3, stamp="another"),
        plan_pieces(source, replace(options, lossless=False, max_error=1), 3),
        plan_pieces(SMALL, options, 3),  # no file
    ]
    assert len({plan.id, *(other.id for other in again if other)}) == 5


# --- coding ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [-1, 3, 1.0, None])
def test_a_piece_that_the_plan_lacks(
    piece: Any, made: tuple[Path, Plan, list[Path]], tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=r"piece is .* from 0 to 2"):
        code_piece(made[0], made[1], piece, tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_another_picture_is_refused(made: tuple[Path, Plan, list[Path]], tmp_path: Path) -> None:
    for name, other in {"type": SMALL.astype(np.int16), "shape": SMALL[:9]}.items():
        np.save(tmp_path / f"{name}.npy", other)
        with pytest.raises(InputError, match="isn't the picture that was planned"):
            code_piece(tmp_path / f"{name}.npy", made[1], 0, tmp_path / "a")
    np.save(tmp_path / "longer.npy", SMALL)
    with (tmp_path / "longer.npy").open("ab") as file:
        file.write(b"more")
    with pytest.raises(InputError, match="isn't the picture that was planned"):
        code_piece(tmp_path / "longer.npy", made[1], 0, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_another_model_is_refused(tmp_path: Path) -> None:
    plan = plan_pieces(PHOTO, CompressOptions(**LEARNED), 2)
    assert plan is not None
    other = replace(plan, header=replace(plan.header, model_id=bytes(16)))
    with pytest.raises(UnknownModelError, match="same version everywhere"):
        code_piece(PHOTO, other, 0, tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_piece_overwrites_nothing(made: tuple[Path, Plan, list[Path]], tmp_path: Path) -> None:
    source, plan, _ = made
    target = tmp_path / "a"
    target.write_bytes(b"other")
    with pytest.raises(OutputError, match="exists already"):
        code_piece(source, plan, 0, target)
    assert target.read_bytes() == b"other"


# --- joining --------------------------------------------------------------------------------------


def test_pieces_are_given_each_once(made: tuple[Path, Plan, list[Path]], tmp_path: Path) -> None:
    _, plan, (a, b, c) = made
    with pytest.raises(OptionError, match="2 are missing, the first is number 0"):
        join_pieces(plan, [c], tmp_path / "a.pel")
    with pytest.raises(OptionError, match="is piece 1, and so is"):
        join_pieces(plan, [a, b, b, c], tmp_path / "a.pel")
    with pytest.raises(InputError, match="no such file"):
        join_pieces(plan, [a, b, tmp_path / "c"], tmp_path / "a.pel")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("other", [{"max_error": 1}, {"lossless": True, "metadata": False}])
def test_pieces_of_another_plan_are_refused(
    other: dict[str, Any], made: tuple[Path, Plan, list[Path]], tmp_path: Path
) -> None:
    _, plan, (a, b, _) = made
    _, (*_, foreign) = coded(made[0], tmp_path, 3, **{"tile": 64, **other})
    with pytest.raises(OptionError, match="piece of another picture, or of other options"):
        join_pieces(plan, [a, b, foreign], tmp_path / "a.pel")
    assert not (tmp_path / "a.pel").exists()


def test_the_joined_file_overwrites_nothing(
    made: tuple[Path, Plan, list[Path]], tmp_path: Path
) -> None:
    _, plan, paths = made
    target = tmp_path / "a.pel"
    target.write_bytes(b"other")
    with pytest.raises(OutputError, match="exists already"):
        join_pieces(plan, paths, target)
    assert target.read_bytes() == b"other"
    with pytest.raises(OptionError, match="looks like a picture"):
        join_pieces(plan, paths, tmp_path / "a.png")


def test_limits_hold_for_what_is_joined(
    made: tuple[Path, Plan, list[Path]], tmp_path: Path
) -> None:
    _, plan, paths = made
    limits = pellucid.Limits(max_tiles=3)
    strict = replace(plan, options=replace(plan.options, limits=limits))
    with pytest.raises(LimitError, match="4 tiles"):
        join_pieces(strict, paths, tmp_path / "a.pel")
    assert not list(tmp_path.iterdir())


# --- the files of pieces --------------------------------------------------------------------------

PLAN = bytes(range(32))
TILES = {4: b"four", 0: b"", 2: b"two" * 9}


def piece_bytes() -> bytes:
    out = BytesIO()
    write_piece(out, PLAN, 1, TILES.items())
    return out.getvalue()


def read_back(path: Path) -> list[bytes]:
    """The tiles of a file that is to be such a piece, and others beside it."""
    beside = path.with_name("beside")
    with beside.open("wb") as file:
        write_piece(file, PLAN, 0, {1: b"one", 3: b"three"}.items())
    pieces = [(open_piece(path), list(TILES)), (open_piece(beside), [1, 3])]
    assert (pieces[0][0].plan, pieces[0][0].number) == (PLAN, 1)
    return list(tiles_in_pieces(pieces, 5))


WHOLE = piece_bytes()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("piece") / "a.piece"


def test_tiles_come_in_their_order(path: Path) -> None:
    path.write_bytes(WHOLE)
    assert read_back(path) == [b"", b"one", b"two" * 9, b"three", b"four"]


@given(st.data())
def test_whatever_is_changed_is_found(path: Path, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(WHOLE) - 1))
    new = data.draw(st.integers(0, 255).filter(lambda value: value != WHOLE[at]))
    path.write_bytes(WHOLE[:at] + bytes([new]) + WHOLE[at + 1 :])
    with pytest.raises(DamagedFileError, match=r"a\.piece: .* again"):
        read_back(path)


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=40))
def test_whatever_is_cut_off_or_added_is_found(path: Path, left: int, added: bytes) -> None:
    for data in (WHOLE[:left] + added, WHOLE + added + b"1", added + WHOLE[:left]):
        if data != WHOLE:
            path.write_bytes(data)
            with pytest.raises(DamagedFileError, match=r"a\.piece: "):
                read_back(path)


@given(st.binary(max_size=200), st.binary(max_size=80))
def test_any_bytes_are_refused(path: Path, head: bytes, rest: bytes) -> None:
    """Where they begin like a piece, too."""
    start = len(WHOLE) - len(WHOLE.partition(b"TILE")[1] + WHOLE.partition(b"TILE")[2])
    for data in (head, WHOLE[:start] + rest):
        path.write_bytes(data)
        with pytest.raises(PellucidError):
            read_back(path)


@pytest.mark.parametrize(
    "tiles",
    [
        {4: b"four", 0: b""},
        {4: b"four", 2: b"two", 0: b""},
        {4: b"four", 0: b"", 3: b"two"},
        {**TILES, 5: b"more"},
        {},
    ],
)
def test_other_tiles_than_the_plan_s(path: Path, tiles: dict[int, bytes]) -> None:
    with path.open("wb") as file:
        write_piece(file, PLAN, 1, tiles.items())
    with pytest.raises(DamagedFileError, match="code it again"):
        read_back(path)


def test_a_file_that_shrinks_while_it_is_read(path: Path) -> None:
    path.write_bytes(WHOLE)
    tiles = tiles_in_pieces([(open_piece(path), [4, 0, 2])], 5)
    path.write_bytes(WHOLE[:-60])
    with pytest.raises(DamagedFileError):
        list(tiles)
