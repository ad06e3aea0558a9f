"""Shards, training tiles, and test pictures that must not get in."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", exc_type=ImportError)

from pellucid.errors import InputError, OptionError, OutputError  # noqa: E402 - needs torch
from pellucid.train import pack  # noqa: E402
from pellucid.train.data import (  # noqa: E402
    cut_tiles,
    encoded_pictures,
    grid,
    load_split,
    load_tiles,
    random_crops,
)


def picture(seed: int, height: int = 40, width: int = 50) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def save(path: Path, samples: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(samples).save(path)
    return path


def test_training_refuses_test_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = picture(7, 256, 256)
    monkeypatch.setattr(pack, "test_set_hashes", lambda: {pack.sample_hash(secret): "set/01"})
    with pytest.raises(InputError, match=r"p\.png is the test picture set/01"):
        load_tiles([encoded(secret)])


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    whole = save(tmp_path / "in" / "a.png", picture(1, 256, 256)).read_bytes()
    for name, data in {"b.png": whole[:3000], "c.jpg": b"no picture"}.items():
        (tmp_path / "in" / name).write_bytes(data)
        with pytest.raises(InputError, match=f"{name} can't be read, take it out"):
            load_tiles(encoded_pictures(tmp_path / "in"))
        with pytest.raises(InputError, match=f"{name} can't be read, take it out"):
            pack.write_shard(pack.find_pictures([tmp_path / "in"]), tmp_path / "s.bin")
        (tmp_path / "in" / name).unlink()


def test_a_shard_gives_back_its_pictures(tmp_path: Path) -> None:
    paths = [save(tmp_path / f"{seed}.png", picture(seed)) for seed in range(3)]
    size = pack.write_shard(paths, tmp_path / "shard.bin")
    assert size == (tmp_path / "shard.bin").stat().st_size
    packed = list(pack.read_shard(tmp_path / "shard.bin"))
    assert [one.data for one in packed] == [path.read_bytes() for path in paths]
    assert packed[1].name == f"1.png in {tmp_path / 'shard.bin'}"
    assert list(encoded_pictures(tmp_path / "shard.bin")) == packed
    assert list(encoded_pictures(tmp_path)) == packed, "shards first"


def test_what_is_no_shard_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"something else")
    with pytest.raises(InputError, match="not a shard"):
        list(pack.read_shard(tmp_path / "x.bin"))
    with pytest.raises(InputError, match="there is no shard"):
        list(pack.read_shard(tmp_path / "y.bin"))


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(InputError, match="no pictures in"):
        pack.find_pictures([tmp_path])


@pytest.mark.parametrize("name", ["copy.png", "copy.bmp", "deep/er/copy.webp"])
def test_a_test_picture_is_refused_under_any_name_and_lossless_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    secret = picture(1)
    monkeypatch.setattr(pack, "test_set_hashes", lambda: {pack.sample_hash(secret): "set/01"})
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(secret).save(tmp_path / name, lossless=True)
    save(tmp_path / "fine.png", picture(2))
    with pytest.raises(InputError, match=r"test picture set/01; it must not be trained on"):
        pack.write_shard(pack.find_pictures([tmp_path]), tmp_path / "shard.bin")
    assert not (tmp_path / "shard.bin").exists()


def test_the_list_of_test_pictures_is_there() -> None:
    known = pack.test_set_hashes()
    names = set(known.values())
    assert {f"kodak24/kodim{number:02}.png" for number in range(1, 25)} <= names
    assert len([name for name in names if name.startswith("cbsd68/")]) == 68
    assert len([name for name in names if name.startswith("set12/")]) == 12
    assert all(len(bytes.fromhex(key)) == 32 for key in known)


def test_hashes_tell_shape_and_samples_apart() -> None:
    samples = picture(3)
    turned = samples.transpose(1, 0, 2)
    hashes = {pack.sample_hash(s) for s in (samples, turned, samples[::-1], samples ^ 1)}
    assert len(hashes) == 4
    assert pack.sample_hash(samples[:, ::-1][:, ::-1]) == pack.sample_hash(samples)


def test_hands_hold_every_picture_and_fit(tmp_path: Path) -> None:
    rng = random.Random(1)
    paths = [tmp_path / str(number) for number in range(30)]
    for path in paths:
        path.write_bytes(bytes(rng.randint(1, 100)))
    hands = pack.deal(paths, 200)
    assert sorted(path for hand in hands for path in hand) == sorted(paths)
    assert all(sum(path.stat().st_size for path in hand) <= 200 for hand in hands)
    assert pack.deal(paths, 200) == hands, "the same every time"


def test_pack_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(4):
        save(tmp_path / "in" / f"{seed}.png", picture(seed))
    pack.main([str(tmp_path / "in"), "-o", str(tmp_path / "s.bin"), "--megabytes", "0.01"])
    shards = sorted(tmp_path.glob("s-*.bin"))
    assert sum(len(list(pack.read_shard(shard))) for shard in shards) == 4
    assert len(capsys.readouterr().out.splitlines()) == len(shards) > 1


@pytest.mark.parametrize("name", ["shard", "shard.bin.tmp", "folder.bin"])
def test_a_name_that_would_not_be_found_is_refused(tmp_path: Path, name: str) -> None:
    save(tmp_path / "in" / "a.png", picture(1))
    (tmp_path / "folder.bin").mkdir()
    with pytest.raises(OptionError, match=r"is no name of a shard, which ends in \.bin"):
        pack.pack([tmp_path / "in"], tmp_path / name, 10**6)
    with pytest.raises(OutputError, match="cannot make"):
        pack.pack([tmp_path / "in"], tmp_path / "in" / "a.png" / "shard.bin", 10**6)


def test_deep_samples_are_not_clipped_in_silence() -> None:
    deep = np.arange(256 * 256, dtype=np.uint16).reshape(256, 256)
    with pytest.raises(InputError, match=r"p\.png can't be read.* more than 8 bits"):
        load_tiles([encoded(deep)])


def encoded(samples: np.ndarray) -> pack.Encoded:
    buffer = io.BytesIO()
    Image.fromarray(samples).save(buffer, "PNG")
    return pack.Encoded("p.png", buffer.getvalue())


def test_tiles_are_cut_from_full_and_reduced_pictures() -> None:
    samples = picture(5, 600, 530)
    tiles = list(grid(samples))
    assert [tile.shape for tile in tiles] == [(256, 256, 3)] * 9, "they overlap and cover all"
    assert np.array_equal(tiles[-1], samples[-256:, -256:])
    assert list(grid(samples[:255])) == []
    cut = cut_tiles(encoded(samples))
    assert len(cut) >= 5, "and one at least from the reduced one"
    loaded = load_tiles([encoded(samples)] * 3, limit=2)
    assert loaded.shape[1:] == (3, 256, 256)
    assert loaded.dtype == torch.uint8
    assert len(loaded) < len(load_tiles([encoded(samples)] * 3))
    with pytest.raises(InputError, match="training tile"):
        load_tiles([encoded(samples[:100])])


def test_pictures_smaller_than_a_tile_are_counted() -> None:
    pictures = [encoded(picture(seed, 256, 300)) for seed in range(4)]
    tiles = load_split([*pictures, encoded(picture(9, 255, 300))])
    assert tiles.left_out == 1
    assert str(tiles).endswith("held out, left out as too small: 1")
    assert "small" not in str(load_split(pictures))


def test_crops_are_parts_of_tiles_turned_and_flipped() -> None:
    tile = torch.arange(256 * 256).reshape(256, 256).remainder(251).to(torch.uint8)
    tiles = tile.expand(2, 3, 256, 256)
    crops = random_crops(tiles, 40, 16, torch.Generator().manual_seed(0))
    assert crops.shape == (40, 3, 16, 16)
    assert 0 <= crops.min() < crops.max() <= 1
    across = (crops[:, 0, 3, 4] - crops[:, 0, 3, 3]).mul(255).round()
    assert len(set(across.abs().tolist())) > 1, "some are turned"
    again = random_crops(tiles, 40, 16, torch.Generator().manual_seed(0))
    assert torch.equal(crops, again)
