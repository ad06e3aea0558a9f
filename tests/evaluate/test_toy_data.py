"""Sets of small pictures: what is read, and that hostile files are refused without harm."""

from __future__ import annotations

import gzip
import pickle
import pickletools
import struct
import tracemalloc
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import InputError, LimitError
from pellucid.evaluate.benches.toy_data import find_sets, from_arrays
from pellucid.evaluate.benches.toy_files import read_idx, read_npz, read_pickle

DRAW = np.random.default_rng(7)
COLOUR = DRAW.integers(0, 256, (24, 32, 32, 3), np.uint8)
GREY = DRAW.integers(0, 256, (24, 28, 28, 1), np.uint8)


def idx_of(pictures: np.ndarray, count: int | None = None) -> bytes:
    size = len(pictures) if count is None else count
    return struct.pack(">4I", 0x803, size, *pictures.shape[1:3]) + pictures.tobytes()


def pickle_of(pictures: np.ndarray) -> bytes:
    """As CIFAR's own, planes after each other, written by Python 2: its strings are our bytes."""
    rows = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2).reshape(len(pictures), -1))
    data = bytearray(pickle.dumps({b"data": rows, b"labels": [0] * len(rows)}, 3))
    data[1] = 2
    for instruction, _, place in pickletools.genops(bytes(data)):
        if instruction.name in ("BINBYTES", "SHORT_BINBYTES"):
            data[place] = {"B": ord("T"), "C": ord("U")}[instruction.code]
    return bytes(data)


class Call:
    """Pickles as a call of something that a reader must not call."""

    def __reduce__(self):
        return (print, ("called",))


def test_idx_files(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_of(GREY))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_of(GREY[::-1]))
    (found,) = find_sets([tmp_path], train=20, held_out=12)
    assert found.name == "mnist"
    assert np.array_equal(found.train, GREY[:20])
    assert np.array_equal(found.held_out, GREY[::-1][:10]), "a multiple of ten"
    (tmp_path / "x.gz").write_bytes(gzip.compress(idx_of(GREY)))
    assert np.array_equal(read_idx(tmp_path / "x.gz", 3), GREY[:3])


def test_npz_as_keras_keeps_mnist(tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=GREY[..., 0], x_test=GREY[::-1, ..., 0], y_train=np.zeros(24))
    (found,) = find_sets([tmp_path], train=20, held_out=12)
    assert found.name == "mnist"
    assert np.array_equal(found.train, GREY[:20])
    assert np.array_equal(found.held_out, GREY[::-1][:10])
    with pytest.raises(InputError, match="no array x_other; x_train and x_test"):
        read_npz(path, "x_other", 3)


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 28, 28)), np.zeros((4, 28), np.uint8), np.zeros((4, 28, 999), np.uint8)],
)
def test_npz_of_no_pictures(tmp_path, array):
    np.savez(tmp_path / "mnist.npz", x_train=array)
    with pytest.raises(InputError, match="pictures are uint8"):
        read_npz(tmp_path / "mnist.npz", "x_train", 4)


def test_npz_that_lies_or_is_cut_off(tmp_path):
    path = tmp_path / "mnist.npz"
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118)
    text = "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000, 28, 28)}".ljust(118)
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        file.writestr("x_train.npy", head + text.encode() + bytes(784))
    tracemalloc.start()
    with pytest.raises(InputError, match="cut off: 784 bytes"):
        read_npz(path, "x_train", 10**9)
    assert tracemalloc.get_traced_memory()[1] < 4e6
    tracemalloc.stop()
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError):
            read_npz(path, "x_train", 1)


def test_pickles(tmp_path):
    for number in (1, 2):
        (tmp_path / f"data_batch_{number}").write_bytes(pickle_of(COLOUR[12 * number - 12 :][:12]))
    (found,) = find_sets([tmp_path], train=100, held_out=10)
    assert np.array_equal(found.train, COLOUR[:14])
    assert np.array_equal(found.held_out, COLOUR[14:])
    (tmp_path / "test_batch").write_bytes(pickle_of(COLOUR[::-1]))
    (found,) = find_sets([tmp_path], train=100, held_out=10)
    assert len(found.train) == 24
    assert np.array_equal(found.held_out, COLOUR[::-1][:10])


def test_sprites_and_folders_inside(tmp_path):
    folder = tmp_path / "cifar10"
    folder.mkdir()
    for number, part in enumerate((COLOUR[:10], COLOUR[10:])):
        Image.fromarray(part.reshape(len(part), 1024, 3)).save(folder / f"cifar10_{number}.png")
    (tmp_path / "other").mkdir()
    (found,) = find_sets([tmp_path], train=100, held_out=10)
    assert np.array_equal(np.concatenate([found.train, found.held_out]), COLOUR)
    Image.fromarray(COLOUR[0]).save(folder / "cifar_wrong.png")
    with pytest.raises(InputError, match="1024 wide"):
        find_sets([folder], train=100, held_out=10)


def test_a_folder_for_each_class(tmp_path):
    for name, height in (("cat", 40), ("dog", 90)):
        (tmp_path / name).mkdir()
        for number in range(3):
            flat = np.full((height, 64, 3), 40 * number + height, np.uint8)
            Image.fromarray(flat).save(tmp_path / name / f"{number}.png")
    (tmp_path / "cat" / "broken.png").write_bytes(b"no picture")
    (found,) = find_sets([tmp_path], train=100, held_out=2)
    assert found.name == tmp_path.name
    assert found.shape == (32, 32, 3)
    assert [int(picture[0, 0, 0]) for picture in found.train] == [40, 90, 80, 130]
    assert [int(picture[0, 0, 0]) for picture in found.held_out] == [120, 170]


def test_arrays_as_of_keras():
    found = from_arrays("mnist", GREY[..., 0], GREY[:10, ..., 0], train=100, held_out=10)
    assert found.shape == (28, 28, 1)
    assert len(from_arrays("x", COLOUR, train=100, held_out=10).train) == 14
    halves = from_arrays("x", COLOUR, train=100, held_out=100)
    assert len(halves.train) == 12, "half at least is to learn from"
    for wrong in (GREY.astype(float), GREY[:0], GREY[:, :15], GREY[..., [0, 0]], GREY[0]):
        with pytest.raises(InputError, match=r"must be uint8 of the shape"):
            from_arrays("x", wrong, wrong, train=100, held_out=10)
    with pytest.raises(InputError, match="alike"):
        from_arrays("x", GREY, COLOUR, train=100, held_out=10)
    with pytest.raises(InputError, match="two are the least"):
        from_arrays("x", GREY[:1], train=100, held_out=1)


def test_folders_that_are_no_sets(tmp_path):
    with pytest.raises(InputError, match="isn't a folder"):
        find_sets([tmp_path / "none"], train=1, held_out=1)
    with pytest.raises(InputError, match="looked for train-images"):
        find_sets([tmp_path], train=1, held_out=1)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data_batch_1").write_bytes(pickle_of(COLOUR))
    with pytest.raises(InputError, match="two sets are called 'cifar10'"):
        find_sets([tmp_path], train=10, held_out=10)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3])
def test_an_array_is_all_that_a_pickle_may_make(tmp_path, capsys, protocol):
    path = tmp_path / "data_batch_1"
    for value in (Call(), {b"data": Call()}, {b"data": np.array([Call()])}):
        path.write_bytes(pickle.dumps(value, protocol))
        with pytest.raises(InputError, match="can't be read as one of CIFAR's pickles"):
            read_pickle(path, 10)
    assert "called" not in capsys.readouterr().out


def test_what_a_pickle_claims_is_not_believed(tmp_path):
    path = tmp_path / "data_batch_1"
    rows = COLOUR.reshape(24, -1)
    for value, message in (
        ([1, 2], "no array called data"),
        ({b"data": 3}, "no array called data"),
        ({b"data": rows.astype(np.uint16)}, "type"),
        ({b"data": rows[:, :3071].copy()}, "shape"),
        ({b"data": rows.reshape(24, 32, 96)}, "shape"),
        ({b"data": np.asfortranarray(rows)}, "C order"),
    ):
        path.write_bytes(pickle.dumps(value, 3))
        with pytest.raises(InputError, match=message):
            read_pickle(path, 10)
    # a memo slot and strings whose claimed size would be allocated before anything is read
    huge = struct.pack("<I", 0x7FFFFFFF)
    for code in (b"\x80\x02}r" + huge, b"\x80\x02T" + huge, b"\x80\x03B" + huge):
        path.write_bytes(code + b".")
        tracemalloc.start()
        try:
            with pytest.raises(InputError, match="CIFAR's pickles"):
                read_pickle(path, 10)
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()
    with pytest.raises(InputError, match="can't be read"):
        read_pickle(tmp_path / "none", 1)


def test_idx_sizes_are_not_believed(tmp_path):
    path = tmp_path / "x"
    for data, message in (
        (b"", "must begin with 0x00000803"),
        (struct.pack(">4I", 0x801, 1, 28, 28), "must begin"),
        (struct.pack(">4I", 0x803, 0, 28, 28), "0 pictures"),
        (struct.pack(">4I", 0x803, 9, 28, 1 << 31), "2147483648x28"),
        (struct.pack(">4I", 0x803, (1 << 32) - 1, 64, 64), "cut off: 0 bytes"),
        (gzip.compress(idx_of(GREY))[:-900], "can't be read as an idx file"),
        (gzip.compress(idx_of(GREY)[:5000]), "cut off"),
        (b"\x1f\x8bnonsense", "can't be read"),
    ):
        path.write_bytes(data)
        tracemalloc.start()
        try:
            with pytest.raises(InputError, match=message):
                read_idx(path, 10**9)
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("kind", ["idx", "gz", "pickle"])
def test_mutated_files_read_or_are_refused(tmp_path, kind):
    sound = {
        "idx": idx_of(GREY[:4]),
        "gz": gzip.compress(idx_of(GREY[:4]), mtime=0),
        "pickle": pickle_of(COLOUR[:2]),
    }[kind]
    read = read_pickle if kind == "pickle" else read_idx
    # where the structure is: headers and, in a pickle, everything but the samples
    weak = [place for _, _, place in pickletools.genops(sound)] if kind == "pickle" else range(40)
    path, draw, outcomes = tmp_path / "x", np.random.default_rng(3), set()
    for _ in range(200):
        data = bytearray(sound)
        for _ in range(draw.integers(1, 4)):
            place = int(draw.choice(weak)) + int(draw.integers(0, 3))
            if draw.random() < 0.7:
                data[min(place, len(data) - 1)] = draw.integers(0, 256)
            elif draw.random() < 0.5:
                del data[place : place + int(draw.integers(1, 9))]
            else:
                data[place:place] = draw.bytes(int(draw.integers(1, 9)))
        path.write_bytes(bytes(data))
        try:
            found = read(path, 100)
            assert found.dtype == np.uint8
            assert found.ndim == 4
            outcomes.add("read")
        except (InputError, LimitError):
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
