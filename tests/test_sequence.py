"""Sequences from Python: what is written comes back, by number and time, whatever ends it."""

from __future__ import annotations

import errno
import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.bitstream.sequence_writer import SequenceOut
from pellucid.errors import (
    DamagedFileError,
    InputError,
    NotPelFileError,
    OptionError,
    OutputError,
    PellucidError,
)

LOSSLESS = pellucid.CompressOptions(lossless=True)
TICKS = (0, 3003, 9000, 9001)  # of 1/90000 s


def pictures(shape: tuple[int, ...] = (9, 11, 3), dtype: str = "uint8", count: int = 4) -> Any:
    samples = np.random.default_rng(5).integers(0, 255, (count, *shape))
    return samples.astype(dtype)


def write(path: Path, frames: Any, options: Any = LOSSLESS, **more: Any) -> None:
    with pellucid.write_sequence(path, options, **more) as out:
        for frame in frames:
            out.add(frame)
        assert out.frames == len(frames)


def write_at(path: Path, ticks: tuple[Any, ...]) -> None:
    with pellucid.write_sequence(path, LOSSLESS) as out:
        for frame, time in zip(pictures(), ticks, strict=False):
            out.add(frame, time)


def write_and_raise(path: Path, error: type[BaseException], **more: Any) -> None:
    """Nine frames, and then an error in the block."""
    with pellucid.write_sequence(path, LOSSLESS, **more) as out:
        for frame in pictures(count=9):
            out.add(frame)
        raise error("stopped")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Four lossless frames at times of their own, and sound."""
    path = tmp_path / "clip.pels"
    with pellucid.write_sequence(path, LOSSLESS, time_base=Fraction(1, 90000)) as out:
        out.attach("streams.mka", b"sound")
        for frame, ticks in zip(pictures(), TICKS, strict=True):
            out.add(frame, ticks, duration=1)
    return path


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((9, 11), "uint8"),
        ((9, 11, 3), "uint8"),
        ((9, 11, 4), "uint8"),
        ((1, 1, 3), "uint16"),
        ((9, 11, 2), "uint16"),
        ((9, 11), "int16"),
        ((9, 11, 7), "uint16"),
        ((9, 11), "float32"),
    ],
)
def test_every_kind_comes_back(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    frames = pictures(shape, dtype)
    write(tmp_path / "a.pels", frames)
    with pellucid.open_sequence(tmp_path / "a.pels") as found:
        assert (found.about.dtype, len(found)) == (dtype, 4)
        assert found.about.shape == (*shape, 1)[:3]
        for picture, frame in zip(found, frames, strict=True):
            assert picture.dtype == frame.dtype
            assert np.array_equal(picture, frame)
        assert np.array_equal(found[-1], frames[3])
        assert [frame.number for frame in found.frames(1, None, 2)] == [1, 3]
        assert [frame.number for frame in found.frames(step=-1)] == [3, 2, 1, 0]
        for number in (4, -5):
            with pytest.raises(IndexError):
                found[number]


def test_frames_are_those_of_compress_whatever_the_threads(
    tmp_path: Path, tiny_installed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = pictures((70, 90, 3))
    options = pellucid.CompressOptions(quality=40, model=tiny_installed)
    expected = [pellucid.compress(each, quality=40, model=tiny_installed) for each in frames]
    made = []
    for threads in ("1", "3"):
        monkeypatch.setenv("PELLUCID_THREADS", threads)
        write(tmp_path / threads, frames, options, rate=25)
        made.append((tmp_path / threads).read_bytes())
        with pellucid.open_sequence(tmp_path / threads) as found:
            assert [found.pel(number) for number in range(4)] == expected
            for picture, data in zip(found, expected, strict=True):
                assert np.array_equal(picture, pellucid.decompress(data))
    assert made[0] == made[1]


def test_a_picture_may_change_once_it_is_given(tmp_path: Path) -> None:
    frames = pictures()
    buffer = np.empty_like(frames[0])
    with pellucid.write_sequence(tmp_path / "a.pels", LOSSLESS) as out:
        for frame in frames:
            buffer[...] = frame
            out.add(buffer)
    with pellucid.open_sequence(tmp_path / "a.pels") as found:
        assert all(np.array_equal(*pair) for pair in zip(found, frames, strict=True))


def test_times(clip: Path) -> None:
    with pellucid.open_sequence(clip) as found:
        assert found.timestamps == TICKS
        assert found.seconds(2) == Fraction(1, 10)
        assert found.about.rate is None
        for seconds, number in ((-1, 0), (0, 0), (0.0333, 0), (0.1, 2), (Fraction(9001, 90000), 3)):
            assert found.frame_at(seconds) == number
        assert found.frame_at(1e9) == 3
        assert found.read_attached("streams.mka") == b"sound"
        frame = next(found.frames(1))
        assert (frame.timestamp, frame.duration, frame.damage) == (3003, 1, ())


def test_what_is_attached_is_read_where_it_lies(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).bytes(5_000_000)
    (tmp_path / "sound").write_bytes(sound)
    with pellucid.write_sequence(tmp_path / "a.pels", LOSSLESS) as out:
        out.attach("streams.mka", tmp_path / "sound")
        out.attach("empty", b"")
        out.add(pictures()[0])
    with pellucid.open_sequence(tmp_path / "a.pels") as found:
        tracemalloc.start()
        try:
            file = found.open_attached("streams.mka")
            assert file.read(9) == sound[:9]
            assert file.seek(-7, os.SEEK_END) == len(sound) - 7
            assert file.read() == sound[-7:]
            assert tracemalloc.get_traced_memory()[1] < 2_500_000
        finally:
            tracemalloc.stop()
        assert file.read() == b""  # and not what follows it in the file
        assert file.seek(len(sound) + 5) == len(sound) + 5
        assert file.read(5) == b""
        file.seek(1_000_000)
        other = found.open_attached("streams.mka")
        assert (file.read(5), other.read()) == (sound[1_000_000:1_000_005], sound)
        file.seek(-5, os.SEEK_CUR)
        assert file.tell() == 1_000_000
        assert not file.writable()
        with pytest.raises(ValueError, match="before the file's first"):
            file.seek(-1)
        other.close()
        assert file.read(1) == sound[1_000_000:1_000_001]
        assert found.open_attached("empty").read() == b""
        with pytest.raises(OptionError, match="isn't attached"):
            found.open_attached("x")
        assert found.verify().sound
    data = (tmp_path / "a.pels").read_bytes().replace(sound[-9:], bytes(9))
    for keep_going in (False, True):
        with pellucid.open_sequence(BytesIO(data), keep_going=keep_going) as found:
            for read in (found.open_attached, found.read_attached):
                with pytest.raises(DamagedFileError, match=r"streams.mka is damaged: its CRC-32"):
                    read("streams.mka")
            assert "streams.mka is damaged" in found.verify().other[0]


def test_times_by_the_rate(tmp_path: Path) -> None:
    film = Fraction(24000, 1001)
    write(tmp_path / "a", pictures(), rate=film, tags={"title": "Ä"}, rotation=90)
    write(tmp_path / "b", pictures(), rate=film, time_base=Fraction(1, 1000))
    with pellucid.open_sequence(tmp_path / "a") as found:
        assert found.timestamps == (0, 1, 2, 3)
        assert found.seconds(3) == 3 / film
        assert (found.about.rate, found.about.rotation) == (film, 90)
        assert found.about.tags == {"title": "Ä"}
        assert found.info().seconds == pytest.approx(float(4 / film))
    with pellucid.open_sequence(tmp_path / "b") as found:
        assert found.timestamps == (0, 42, 83, 125)


def test_info_and_verify(clip: Path) -> None:
    with pellucid.open_sequence(clip) as found:
        about, result = found.info(), found.verify()
        assert (about.frames, about.missing, about.attached) == (4, 0, {"streams.mka": 5})
        assert about.file_bytes == clip.stat().st_size
        assert about.frame_bytes == tuple(len(found.pel(number)) for number in range(4))
        assert about.bits_per_pixel == pytest.approx(8 * sum(about.frame_bytes) / (4 * 99))
        assert about.first == pellucid.info(found.pel(0))
    assert result.sound
    assert result.total == 4
    assert not result.messages


def damaged(path: Path, *numbers: int) -> Path:
    """The sequence with a byte of these frames changed, in a tile."""
    data = bytearray(path.read_bytes())
    with pellucid.open_sequence(path) as found:
        places = [data.index(found.pel(number)) for number in numbers]
        for place, number in zip(places, numbers, strict=True):
            data[place + len(found.pel(number)) - 30] ^= 1
    bad = path.with_name("bad.pels")
    bad.write_bytes(data)
    return bad


def test_a_damaged_frame(clip: Path) -> None:
    frames = pictures()
    with pellucid.open_sequence(damaged(clip, 2)) as found:
        assert np.array_equal(found[3], frames[3])
        for call in (lambda: found[2], lambda: list(found), lambda: found.pel(2)):
            with pytest.raises(DamagedFileError, match="frame 2 is damaged"):
                call()
        assert list(found.verify().frames) == [2]
    with pellucid.open_sequence(damaged(clip, 2), keep_going=True) as found:
        made = list(found.frames())
        assert [bool(frame.damage) for frame in made] == [False, False, True, False]
        assert made[2].picture.shape == frames[2].shape  # grey
        assert made[2].timestamp == TICKS[2]
        assert not found.verify().sound
        assert not found.damage


def test_a_sequence_cut_short(clip: Path) -> None:
    with pellucid.open_sequence(clip) as found:
        place = clip.read_bytes().index(found.pel(2))
    clip.write_bytes(clip.read_bytes()[: place + 20])
    with pytest.raises(DamagedFileError, match="keep_going"):
        pellucid.open_sequence(clip)
    with pellucid.open_sequence(clip, keep_going=True) as found:
        assert len(found) == 2
        assert found.damage
        assert all(np.array_equal(*pair) for pair in zip(found, pictures()[:2], strict=True))
        assert found.timestamps == TICKS[:2]
        assert found.read_attached("streams.mka") == b"sound"


def test_lost_facts_and_frames(clip: Path) -> None:
    data = clip.read_bytes()
    with pellucid.open_sequence(clip) as found:
        one = found.pel(1)
    data = data.replace(b'"rotation": 0', b'"rotation": 9').replace(one, bytes(len(one)))
    with pellucid.open_sequence(BytesIO(data), keep_going=True) as found:
        assert (found.about.shape, found.about.rate) == ((9, 11, 3), None)
        assert "rate and tags are lost" in found.damage[0]
        assert [frame.picture is None for frame in found.frames()] == [False, True, False, False]
        with pytest.raises(DamagedFileError):
            found[1]
        with pytest.raises(DamagedFileError):
            list(found)
        assert found.info().first is not None


def test_a_frame_of_another_size_in_a_file(tmp_path: Path) -> None:
    """Which only another writer makes."""
    about = pellucid.SequenceAbout(width=11, height=9, channels=3, dtype="uint8")
    file = BytesIO()
    out = SequenceOut(file, about)
    for number, shape in enumerate(((9, 11, 3), (9, 12, 3))):
        out.frame(pellucid.compress(pictures(shape)[0], lossless=True), number, 1)
    out.finish()
    with pellucid.open_sequence(file) as found:
        found[0]
        with pytest.raises(DamagedFileError, match="frame 1: it is 12 x 9, 3 channels"):
            found[1]
        assert list(found.verify().frames) == [1]


def test_frames_of_other_sizes_are_refused(tmp_path: Path) -> None:
    for other in ((9, 12, 3), (9, 11), (9, 11, 4)):
        frames = [*pictures(), pictures(other)[0]]
        with pytest.raises(InputError, match=r"frame 4 is .*one size and type"):
            write(tmp_path / "a", frames)
    with pytest.raises(InputError, match=r"frame 4 is .* uint16"):
        write(tmp_path / "a", [*pictures(), pictures(dtype="uint16")[0]])
    with pytest.raises(PellucidError, match="frame 1: "):
        write(tmp_path / "a", [pictures()[0], np.zeros((9, 11, 3))])
    assert not os.listdir(tmp_path)


def test_wrong_options(tmp_path: Path) -> None:
    path = tmp_path / "a.pels"
    wrong = [
        {"rate": 0},
        {"rate": 29.97},
        {"rate": True},
        {"time_base": 0.1},
        {"rotation": 45},
        {"tags": {"a": 1}},
    ]
    for options in wrong:
        with pytest.raises(OptionError, match=next(iter(options))):
            pellucid.write_sequence(path, **options)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="looks like a picture"):
        pellucid.write_sequence(tmp_path / "a.png")
    with pytest.raises(OutputError, match="does not exist"):
        pellucid.write_sequence(tmp_path / "b" / "a.pels")
    for ticks in ((5, 5), (5, 4), (0.5,), (2**63,)):
        with pytest.raises(OptionError):
            write_at(path, ticks)
    with pytest.raises(OutputError, match="no frame"):
        write(path, [])
    assert not os.listdir(tmp_path)


def test_a_sequence_without_its_block(tmp_path: Path) -> None:
    out = pellucid.write_sequence(tmp_path / "a.pels", LOSSLESS)
    for call in (lambda: out.add(pictures()[0]), lambda: out.attach("a", b"")):
        with pytest.raises(OptionError, match=r"a\.pels isn't being written: .*within the block"):
            call()
    assert not os.listdir(tmp_path)
    with out:
        out.add(pictures()[0])
    with pytest.raises(OptionError, match="within the block"):
        out.add(pictures()[1])
    with pellucid.open_sequence(tmp_path / "a.pels") as found:
        assert len(found) == 1


def test_what_is_no_sequence(tmp_path: Path) -> None:
    picture = tmp_path / "a.pel"
    picture.write_bytes(pellucid.compress(pictures()[0], lossless=True))
    write(tmp_path / "a.pels", pictures())
    assert pellucid.is_sequence(tmp_path / "a.pels")
    assert not pellucid.is_sequence(picture)
    assert not pellucid.is_sequence(tmp_path / "missing")
    if hasattr(os, "mkfifo"):  # opening it would wait for who writes
        os.mkfifo(tmp_path / "pipe")
        assert not pellucid.is_sequence(tmp_path / "pipe")
    with pytest.raises(NotPelFileError, match="one picture"):
        pellucid.open_sequence(picture)
    with pytest.raises(InputError, match="no such file"):
        pellucid.open_sequence(tmp_path / "missing")
    with pytest.raises(NotPelFileError, match="open_sequence"):
        pellucid.decompress(tmp_path / "a.pels")
    with pytest.raises(OptionError, match="--frame"):
        pellucid.explain(tmp_path / "a.pels")
    with pytest.raises(InputError, match="sequence"):
        pellucid.compress(tmp_path / "a.pels")


def test_nothing_is_overwritten_unasked(clip: Path) -> None:
    before = clip.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        pellucid.write_sequence(clip, LOSSLESS)
    with pytest.raises(KeyError):
        write_and_raise(clip, KeyError, force=True)
    assert clip.read_bytes() == before
    write(clip, pictures(count=2), force=True)
    with pellucid.open_sequence(clip) as found:
        assert len(found) == 2
    assert os.listdir(clip.parent) == [clip.name]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, OSError])
def test_what_was_done_is_kept_if_asked_for(tmp_path: Path, error: type[BaseException]) -> None:
    frames = pictures(count=9)
    for partial in (False, True):
        with pytest.raises(error) as caught:
            write_and_raise(tmp_path / "a", error, partial=partial)
        assert str(caught.value) == "stopped"
        assert os.listdir(tmp_path) == (["a"] if partial else [])
    with pellucid.open_sequence(tmp_path / "a") as found:
        assert len(found) >= 6  # at most 2 for each of the threads, here one, were under way
        for picture, frame in zip(found, frames, strict=False):
            assert np.array_equal(picture, frame)
        assert found.verify().sound


def test_a_broken_frame_ends_it_with_those_before(tmp_path: Path) -> None:
    frames = [*pictures(), np.zeros((9, 11, 3), complex), *pictures()]
    with pytest.raises(PellucidError, match="frame 4: "):
        write(tmp_path / "a", frames, partial=True)
    with pellucid.open_sequence(tmp_path / "a") as found:
        assert len(found) == 4


class Disk:
    """A new file with room for so many bytes; `raw` is it, as that of a file with a buffer."""

    def __init__(self, file: Any, room: int) -> None:
        self._file, self._room = file, room

    @property
    def raw(self) -> Disk:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file.raw, name)

    def write(self, data: Any) -> int:
        left = self._room - self._file.raw.tell()
        if left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(self._file.raw.write(bytes(data)[:left]))


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, partial: bool, share: float
) -> None:
    from pellucid._api import sequence_writer

    frames = pictures(count=6)
    write(tmp_path / "whole", frames)
    room = int(share * (tmp_path / "whole").stat().st_size)
    new_file = sequence_writer.new_file

    @contextmanager
    def small(*args: Any, **options: Any) -> Iterator[Disk]:
        with new_file(*args, **options) as file:
            yield Disk(file, room)

    monkeypatch.setattr(sequence_writer, "new_file", small)
    with pytest.raises(OutputError, match="No space left"):
        write(tmp_path / "a", frames, partial=partial)
    assert sorted(os.listdir(tmp_path)) == (["a", "whole"] if partial else ["whole"])
    if partial:
        with pellucid.open_sequence(tmp_path / "a", keep_going=True) as found:
            assert len(found) >= int(6 * share) - 1
            assert all(np.array_equal(*pair) for pair in zip(found, frames, strict=False))


def test_frames_to_pictures(clip: Path, tmp_path: Path) -> None:
    frames = pictures()
    with pellucid.open_sequence(clip) as found:
        made = pellucid.save_frames(found, tmp_path / "all", suffix=".npy")
        assert (made.written, made.total, made.damage) == (4, 4, ())
        for number in range(4):
            assert np.array_equal(np.load(tmp_path / f"all/{number:08}.npy"), frames[number])
        with pytest.raises(OutputError, match="exists already"):
            pellucid.save_frames(found, tmp_path / "all", suffix=".npy")
        pellucid.save_frames(found, tmp_path / "all", suffix=".npy", force=True)
        (tmp_path / "all" / "mine").touch()
        with pytest.raises(OutputError, match="other things"):
            pellucid.save_frames(found, tmp_path / "all", suffix=".npy", force=True)
        pellucid.save_frames(found, tmp_path / "f_%02d.npy")
        assert np.array_equal(np.load(tmp_path / "f_03.npy"), frames[3])
        (tmp_path / "g_2.npy").touch()
        with pytest.raises(OutputError, match=r"g_2\.npy exists"):
            pellucid.save_frames(found, tmp_path / "g_%d.npy")
        assert not (tmp_path / "g_0.npy").exists()
        for name in ("x.png", "x_%d_%d.png", "x_%d%%.png", "x_%d%s.png"):
            with pytest.raises(OptionError):
                pellucid.save_frames(found, tmp_path / name)
        pellucid.save_frame(found, 2, tmp_path / "two.pel")
        assert (tmp_path / "two.pel").read_bytes() == found.pel(2)
        with pytest.raises(OptionError, match="there is no frame 4"):
            pellucid.save_frame(found, 4, tmp_path / "four.png")
    options = pellucid.DecompressOptions(region=(1, 2, 3, 4))
    with pellucid.open_sequence(clip, options) as found:
        pellucid.save_frame(found, 1, tmp_path / "part.npy")
        assert np.array_equal(np.load(tmp_path / "part.npy"), frames[1][2:6, 1:4])
        assert np.array_equal(found[1], frames[1][2:6, 1:4])


def test_damaged_frames_to_pictures(clip: Path, tmp_path: Path) -> None:
    bad = damaged(clip, 1)
    with (
        pellucid.open_sequence(bad) as found,
        pytest.raises(DamagedFileError, match="frame 1 is damaged"),
    ):
        pellucid.save_frames(found, tmp_path / "all")
    assert not (tmp_path / "all").exists()
    with pellucid.open_sequence(bad, keep_going=True) as found:
        made = pellucid.save_frames(found, tmp_path / "all")
    assert made.written == 4
    assert any("frame 1" in said for said in made.damage)
