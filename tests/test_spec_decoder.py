"""tools/spec_decoder.py, first against other ways to the same numbers, then against pellucid.

The parts are held against `constriction` (the coder), naive loops (the integer convolution), the
networks that training uses (contexts and synthesis) and files written here by the specification.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipped import CODECS
from spec_files import (
    BYTES,
    CONTEXT,
    HIDDEN,
    TRUNK,
    F,
    M,
    Written,
    Z,
    chunk,
    encode,
    random_arrays,
    random_counts,
    save_synthesis,
    spec,
)

# --- the coder ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_coder_agrees_with_constriction(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tables = [random_counts(rng, 2 * reach + 2, seed % 2 == 0) for reach in (0, 1, 2, 7, 40, 255)]
    tables.append(BYTES)
    picks = [tables[i] for i in rng.integers(len(tables), size=rng.integers(0, 400))]
    # Numbers are drawn evenly: many have the count 0, many are escapes.
    pairs = [(counts, int(rng.choice([rng.integers(len(counts)), len(counts) - 1])))
             for counts in picks]  # fmt: skip
    decoder = spec.AnsDecoder(encode(pairs))
    assert [decoder.decode(spec.split_range(counts.tolist())) for counts, _ in pairs] == [
        number for _, number in pairs
    ]
    decoder.finish()


def test_coder_by_hand() -> None:
    decoder = spec.AnsDecoder(struct.pack("<I", 5 * 65536))  # state 0, symbol 5 of 256 equal ones
    assert decoder.decode(spec.BYTE_TABLE) == 5
    decoder.finish()
    spec.AnsDecoder(b"").finish()
    assert all(left == i * 65536 for i, left in enumerate(spec.BYTE_TABLE))


# --- the integer networks -------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "groups"), [(1, 1), (3, 1), (1, 2), (3, 2), (3, 6)])
def test_integer_convolution_agrees_with_loops(k: int, groups: int) -> None:
    rng = np.random.default_rng(k + groups)
    x = rng.integers(-255, 256, (6, 4, 5))
    weight = rng.integers(-127, 128, (12, 6 // groups, k, k), dtype=np.int8)
    bias = rng.integers(-(2**20), 2**20, 12, dtype=np.int32)
    shift = rng.integers(0, 14, 12, dtype=np.uint8)
    expected = np.zeros((12, 4, 5), int)
    for out, row, column in np.ndindex(12, 4, 5):
        total = int(bias[out])
        for taken, a, b in np.ndindex(weight.shape[1:]):
            i, j = row + a - k // 2, column + b - k // 2
            if 0 <= i < 4 and 0 <= j < 5:
                channel = out // (12 // groups) * (6 // groups) + taken
                total += int(weight[out, taken, a, b]) * int(x[channel, i, j])
        expected[out, row, column] = total // 2 ** int(shift[out])  # // rounds down
    arrays = {"a.weight": weight, "a.bias": bias, "a.shift": shift}
    assert np.array_equal(spec.conv(spec.Model(arrays, [], b""), "a", x), expected)


def test_shuffle_agrees_with_loops() -> None:
    x = np.arange(18 * 2 * 3).reshape(18, 2, 3)
    out = spec.shuffle(x, 3)
    assert out.shape == (2, 6, 9)
    for c, i, j, a, b in np.ndindex(2, 2, 3, 3, 3):
        assert out[c, 3 * i + a, 3 * j + b] == x[9 * c + 3 * a + b, i, j]


def test_passes_agree_with_the_training_network() -> None:
    torch = pytest.importorskip("torch")
    from pellucid.nets.codec import Codec, CodecShape
    from pellucid.train.networks import integer_layers

    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    shape = {"hyper_hidden": HIDDEN, "features": F, "prior_hidden": HIDDEN, "context": CONTEXT}
    codec = Codec(CodecShape(TRUNK, M, 1, 1, Z, **shape))
    for layer in [*codec.hyper_decoder.children(), *codec.spatial_prior.children()]:
        torch.nn.init.normal_(layer.weight, std=0.3)
        torch.nn.init.normal_(layer.bias, std=0.3)
    torch.nn.init.normal_(codec.spatial_prior.centre_offset)
    codec.y_offset.set_start(torch.full((11, M), 30.0))
    arrays = random_arrays(rng)
    arrays["y_offset"][:] = 30
    arrays["centre_offset"] = codec.spatial_prior.centre_index().detach().numpy().flatten()
    for name, integers in integer_layers(codec).items():
        for part, array in vars(integers).items():
            arrays[f"{name}.{part}"] = array
    model = spec.Model(arrays, [[]] * 64, b"")
    z = rng.integers(-400, 400, (Z, 2, 3))
    symbols = rng.integers(-50, 50, (M, 8, 12))
    index = np.zeros_like(symbols)

    def take(tables: np.ndarray, where: np.ndarray) -> np.ndarray:
        index[:, where] = tables[:, where]
        return np.where(where, symbols, 0)

    y = spec.latents_of_y(model, 0, z, take)
    with torch.no_grad():
        tensors = (torch.tensor(a[None], dtype=torch.float32) for a in (y / 16, z))
        mean, given = codec.predict(*tensors, torch.zeros(1))
    assert np.array_equal(index, given[0].numpy())
    assert np.array_equal(y - 16 * symbols, 16 * mean[0].numpy())


# --- whole files written here ---------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1, 1), (64, 64), (65, 130), (200, 3)])
def test_latents_of_a_file_written_here(tmp_path: Path, width: int, height: int) -> None:
    written = Written(tmp_path, width, height, seed=width)
    latents = spec.decode_latents(written.file(chunk(b"exif", b"II*\0"), chunk(b"abcd")), tmp_path)
    digest = hashlib.sha256()
    for (z, y, _), tile in zip(written.latents, latents.tiles, strict=True):
        assert np.array_equal(tile.z, z)
        assert np.array_equal(tile.y, y)
        digest.update(struct.pack(f"<{z.size}h", *z.flat) + struct.pack(f"<{y.size}i", *y.flat))
    assert latents.sha256() == digest.hexdigest()
    rows, columns = -(-height // 64) * 4, -(-width // 64) * 4
    assert latents.grid().shape == (M, rows, columns)
    assert np.array_equal(latents.grid()[:, -4:, -4:], written.latents[-1][1])


@pytest.mark.parametrize("colour", [0, 1])
def test_pixels_agree_with_the_training_network(tmp_path: Path, colour: int) -> None:
    net = save_synthesis(tmp_path)
    written = Written(tmp_path, 70, 81, colour)
    expected = net(spec.decode_latents(written.file(), tmp_path).grid())[:, :81, :70] * 255
    expected = expected.clip(0, 255).transpose(1, 2, 0)
    assert expected.std() > 10
    if colour == 0:
        expected = expected.mean(axis=2, keepdims=True)
    pixels = spec.decode_pixels(written.file(), tmp_path)
    assert pixels.shape == (81, 70, 1 + 2 * colour)
    assert np.abs(pixels - expected).max() <= 1.01


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    save_synthesis(tmp_path)
    data = Written(tmp_path, 70, 20).file()
    (tmp_path / "a.pel").write_bytes(data)
    command = [str(tmp_path / "a.pel"), "--model", str(tmp_path)]
    assert spec.main([*command, "--latents", "-o", str(tmp_path / "a.png")]) == 0
    assert capsys.readouterr().out.strip() == spec.decode_latents(data, tmp_path).sha256()
    with Image.open(tmp_path / "a.png") as picture:
        assert np.array_equal(np.asarray(picture), spec.decode_pixels(data, tmp_path))
    (tmp_path / "a.pel").write_bytes(data[:-1])
    assert spec.main(command) == 1
    assert "damaged" in capsys.readouterr().err


def test_refusals(tmp_path: Path) -> None:
    one, four = Written(tmp_path, 8, 8), Written(tmp_path, 65, 65)
    head, good = bytearray(one.head), one.file()

    def changed(offset: int, *values: int) -> bytes:
        return one.file(head=bytes(head[:offset] + bytes(values) + head[offset + len(values) :]))

    flipped = bytearray(good)
    flipped[60] ^= 1
    four.tiles[1], four.tiles[2] = four.tiles[2], four.tiles[1]
    exif = chunk(b"exif", b"MM")
    cases = {
        "not a .pel file": [b"", good[1:], b"\x89PNG\r\n\x1a\n" + good[8:]],
        "newer version": [changed(0, 2), one.file(head=b"\x02")],
        "unknown feature": [changed(9, 4), changed(14, 1), changed(15, 3),
                            changed(16, 1), changed(13, 0), one.file(chunk(b"NEWS"))],
        "over the limits": [changed(1, 0, 0, 1, 0, 0, 0, 1, 0)],
        "unknown model": [changed(34, head[34] ^ 1)],
        "damaged": [good[:-5], good[:20], bytes(flipped), good + b"\0", good + chunk(b"DONE"),
                    changed(0, 0), changed(1, 0), changed(11, 16), changed(17, 101), changed(18, 5),
                    changed(1, 65), four.file(), one.file(exif, exif), one.file(end=exif),
                    one.file(end=exif + chunk(b"DONE")), one.file(chunk(b"TIDX", b"")),
                    one.file(end=chunk(b"DONE", b"x")), good[:8], good[:8] + good[55:]],
    }  # fmt: skip
    for kind, files in cases.items():
        for number, data in enumerate(files):
            with pytest.raises(spec.PelError) as caught:
                spec.decode_latents(data, tmp_path)
            assert caught.value.kind == kind, (kind, number, str(caught.value))


@pytest.mark.parametrize("seed", range(30))
def test_damaged_words_decode_or_are_refused(tmp_path: Path, seed: int) -> None:
    written = Written(tmp_path, 10, 10)
    rng = np.random.default_rng(seed)
    words = bytearray(written.tiles[0])
    words[int(rng.integers(5, len(words)))] ^= int(rng.integers(1, 256))
    written.tiles[0] = bytes(words)
    try:  # the CRC is right, so that the coder sees the change
        shape = spec.decode_latents(written.file(), tmp_path).tiles[0].y.shape
    except spec.PelError as error:
        shape, kind = None, error.kind
    assert shape == (M, 4, 4) or kind == "damaged"


# --- files written by pellucid --------------------------------------------------------------------


def package() -> Any:
    import pellucid

    return pellucid


def model_folder(model_id: bytes) -> Path:
    """The folder of the shipped model with this id."""
    import pellucid

    assert pellucid.__file__
    for path in (Path(pellucid.__file__).parent / "models").rglob("entropy.npz"):
        if spec.read_model(path.parent).model_id == model_id:
            return path.parent
    raise AssertionError(f"no model {model_id.hex()}")


def picture(width: int, height: int, channels: int) -> np.ndarray:
    """Smooth shapes, one edge and some noise."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / (9 + 4 * c)) + np.cos(y / (13 - 2 * c)) for c in range(channels)]
    noise = np.random.default_rng(4).normal(0, 8, (height, width, channels))
    edge = 40 * (x + y > (width + height) / 2)[:, :, None]
    return np.clip(110 + 40 * np.stack(waves, 2) + edge + noise, 0, 255).astype(np.uint8)


# No tile is wider than 4096 samples: the last two have several.
SIZES = [(1, 1, 3), (1, 1, 1), (65, 130, 3), (64, 64, 3), (130, 65, 1), (256, 256, 3),
         (4200, 17, 3), (5, 4100, 1)]  # fmt: skip


@pytest.mark.parametrize("model", CODECS)
@pytest.mark.parametrize(("width", "height", "channels"), SIZES)
def test_agrees_with_pellucid(model: str, width: int, height: int, channels: int) -> None:
    pellucid = package()
    folder = Path(pellucid.__file__).parent / "models" / model
    for quality in (10, 90) if width * height < 2**14 else (50,):
        image = picture(width, height, channels)
        data = pellucid.compress(image, quality=quality, model=folder)
        assert folder == model_folder(spec.read_header(spec.read_chunks(data)[0].payload).model_id)
        latents = spec.decode_latents(data, folder)
        assert latents.sha256() == pellucid.info(data, latents=True).latents_sha256
        assert max(width, height) <= 4096 or len(latents.tiles) > 1
        ours = spec.reconstruct(latents, folder).astype(int)
        theirs = np.asarray(pellucid.decompress(data)).reshape(ours.shape)
        assert np.abs(ours - theirs).max() <= 1
