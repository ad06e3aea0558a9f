"""The fuzz target: any bytes give a picture or one of pellucid's errors, nothing else.

The tolerant reader gets the same bytes: where it finds a header, damage must be no error any more.

`one_input` is used by the tests, by `run.py` (mutations by seed) and by `libfuzzer.py` (mutations
by coverage, with atheris); it needs neither.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pellucid
from pellucid.bitstream import (
    ALPHA,
    BASE_AND_ALPHA,
    KEPT,
    KEPT_NOISE,
    NOISE,
    RANGE,
    Header,
    Kept,
    NoiseModel,
    PelFile,
    SampleRange,
    write_file,
)
from pellucid.bitstream.sequence import SequenceFile
from pellucid.bitstream.sequence_about import SequenceAbout
from pellucid.bitstream.sequence_writer import SequenceOut
from pellucid.errors import DamagedFileError, PellucidError

from .mutate import RawChunk, join, split

# A file of 84 bytes may rightly say that it is a picture of 2^28 pixels, all alike. Decoding that
# takes memory and time by right; bigger pictures than this are parsed only.
MAX_DECODED_PIXELS, MAX_DECODED_SAMPLES = 2**14, 3 * 2**14
MAX_FRAMES = 8  # of a sequence that are looked at
MAX_SALVAGED_TILES = 2**8  # looked at, of up to 2^16 that a header may claim


def one_input(data: bytes, *, decode: bool = True) -> str:
    """Read `data` as a .pel file and, if it is a small picture, decode it.

    Returns the name of the error class, or "parsed" or "decoded". Whatever else is raised is a
    failure. What begins as a sequence does is read as one.
    """
    if data.startswith(b"PK"):
        return sequence_input(data, decode=decode)
    salvage_input(data, decode=decode)
    try:
        file = PelFile.parse(data)
        for layer in file.header.layer_numbers:
            for number in range(file.header.tile_count):
                file.tile(number, layer=layer)
        b"".join(file.metadata.values())
        header = file.header
        if not decode or too_large(header):
            return "parsed"
        check_shape(pellucid.decompress(data), header)
        if header.has_source_layer:
            check_shape(pellucid.decompress(data, which="source"), header)
        with suppress(PellucidError):  # there is no noise model, or a wrong one
            check_shape(pellucid.decompress(data, grain=1), header)
    except PellucidError as error:
        return type(error).__name__
    return "decoded"


def check_shape(picture: Any, header: Header) -> None:
    """One channel has no axis of its own."""
    channels = header.channels + header.alpha
    assert picture.shape == (header.height, header.width, channels)[: 3 - (channels == 1)]


def too_large(header: Header) -> bool:
    """Whether the picture is parsed only."""
    pixels = header.width * header.height
    samples = pixels * (header.channels + header.alpha)
    return pixels > MAX_DECODED_PIXELS or samples > MAX_DECODED_SAMPLES


def salvage_input(data: bytes, *, decode: bool) -> None:
    """Read and decode what is whole of `data`; DamagedFileError is a failure behind the header."""
    try:
        file = PelFile.salvage(data)
    except PellucidError:
        return
    for number in range(min(file.header.tile_count, MAX_SALVAGED_TILES)):
        for layer in file.header.layer_numbers:
            with suppress(DamagedFileError):
                file.tile(number, layer=layer)
    b"".join(file.metadata.values())
    if not decode or too_large(file.header):
        return
    try:
        picture = pellucid.salvage(data).picture
        if file.header.has_source_layer:
            check_shape(pellucid.salvage(data, which="source").picture, file.header)
    except DamagedFileError as error:
        raise AssertionError("damage stopped the tolerant reader") from error
    except PellucidError:
        return
    check_shape(picture, file.header)


def sequence_input(data: bytes, *, decode: bool) -> str:
    """Read `data` as a sequence, and as a damaged one, which must give what the other gives."""
    strict: dict[int, bytes] = {}
    outcome = "parsed"
    try:
        file = SequenceFile.open(BytesIO(data))
        for number in range(min(len(file.frames), MAX_FRAMES)):
            with suppress(DamagedFileError):
                strict[number] = file.read(number)
        for name in file.attached:
            with suppress(DamagedFileError):
                file.read_attached(name)
    except PellucidError as error:
        outcome = type(error).__name__
    with suppress(PellucidError), pellucid.open_sequence(BytesIO(data), keep_going=True) as found:
        assert all(found.pel(number) == strict[number] for number in strict)
        first = found.info().first
        if decode and first is not None and first.width * first.height <= MAX_DECODED_PIXELS:
            for frame in found.frames(stop=MAX_FRAMES):
                assert (frame.picture is None) <= bool(frame.damage)
            outcome = "decoded" if outcome == "parsed" else outcome
    return outcome


@cache
def container_seeds() -> tuple[bytes, ...]:
    """Files whose frame is sound and whose tiles and models mean nothing."""
    one = Header(64, 64, 3, 8, 0, 1, 0, 1, 0, 60, 6, bytes(range(16)))
    grid = Header(150, 100, 1, 8, 0, 0, 0, 1, 0, 5, 6, b"\xff" * 16)
    metadata = {"exif": b"II*\0" + bytes(20), "icc": bytes(range(128)), "xmp": b"<x:xmpmeta/>"}
    words = [bytes([7 * n % 251]) * (4 * n) for n in range(grid.tile_count)]
    deep = replace(grid, bit_depth=16, sample_type=1)
    both = replace(deep, alpha=1, layers=BASE_AND_ALPHA)
    extras = {RANGE: SampleRange(-5, 2000).pack(), ALPHA: bytes(16)}
    kept = replace(both, layers=BASE_AND_ALPHA | KEPT_NOISE)
    all_extras = {**extras, KEPT: Kept(bytes(16), 9).pack()}
    noise = NoiseModel(5, 99, 40, 7, 0, 255, ((20, 90, 250),) * 3)
    return (
        write_file(one, {}, [b"\1\2\3\4" * 8]),
        write_file(one, metadata, [b""], extras={NOISE: noise.pack()}),
        write_file(grid, metadata, words),
        write_file(deep, {}, words, extras={RANGE: extras[RANGE]}),
        write_file(both, metadata, words + words[::-1], extras=extras),
        write_file(kept, metadata, words + words[::-1] + words, extras=all_extras),
    )


@cache
def decodable_seeds() -> tuple[bytes, ...]:
    """Files of tiny pictures that decode; none where there is no codec or no model yet."""
    import numpy as np

    import pellucid

    ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    grain = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)
    colour = np.stack([ramp, ramp // 2 + grain // 4, grain], axis=-1)
    pictures = [(colour, 60), (ramp[..., None], 20), (colour[:17, :9], 95), (colour[:1, :1], 50)]
    clear = np.where(ramp > 60, 255, 2 * grain.astype(int) // 9).astype(np.uint8)
    wide = 300 * colour.astype(np.int32) - 30000
    pictures += [(np.dstack([colour, clear]), 60), (wide.astype(np.int16), 40)]
    pictures += [(np.dstack([ramp, clear]).astype(np.uint16)[:20, :31] * 257, 70)]
    with suppress(PellucidError):  # no model is installed
        plain = [pellucid.compress(picture, quality=quality) for picture, quality in pictures]
        kept = [
            pellucid.compress(p[:30, :40], keep_noise=True, max_error=2) for p, _ in pictures[4:6]
        ]
        return (*plain, *kept)
    return ()


@cache
def exact_seeds() -> tuple[bytes, ...]:
    """Files of exact layers: predicted, deflated and stored tiles, of several types and bounds."""
    import numpy as np

    import pellucid

    rng = np.random.default_rng(2)
    y, x = np.mgrid[:40, :52]
    wave = 100 + 60 * np.sin(x / 9) * np.cos(y / 7)
    calm = (wave[..., None] + rng.integers(-2, 3, (40, 52, 3))).astype(np.uint8)
    deep = (200 * calm[..., :1].astype(np.int32) - 20000).astype(np.int16)
    drawing = np.where((x // 8 + y // 8) % 2, 255, 10).astype(np.uint8)
    noise = rng.integers(0, 256, (9, 11, 2), dtype=np.uint8)
    wide = (wave[:3, :26].repeat(21, axis=1) + rng.integers(0, 3, (3, 546))).astype(np.uint16)
    pictures = [(calm, 0), (deep, 0), (drawing, 0), (noise, 0), (calm, 2), (deep, 700), (wide, 1)]
    floats = calm.astype(np.float32) / 255
    marked = np.where(calm > 150, np.float32("nan"), floats)
    pictures += [(floats, 0), (marked, 0.01), (np.sqrt(floats), 0), (floats.astype("f2"), 0)]
    files = [pellucid.compress(picture, max_error=bound) for picture, bound in pictures]
    noise = NoiseModel(12, 60, 0, 5, -9000, 9000, ((9, 200),))
    return (*files, with_noise(files[1], noise))


@cache
def sequence_seeds() -> tuple[bytes, ...]:
    """Sequences of frames that decode, and one of frames that mean nothing."""
    import numpy as np

    grain = np.random.default_rng(3).integers(0, 256, (4, 5, 6), dtype=np.uint8)
    about = SequenceAbout(width=6, height=5, channels=1, dtype="uint8", tags={"title": "fuzz"})
    made = []
    for frames in ([pellucid.compress(each, lossless=True) for each in grain], [b"", b"x", b"y"]):
        file = BytesIO()
        out = SequenceOut(file, about)
        out.attach("streams.mka", b"sound")
        for number, frame in enumerate(frames):
            out.frame(frame, 3600 * number, 3600)
        out.finish()
        made.append(file.getvalue())
    return tuple(made)


def with_noise(data: bytes, model: NoiseModel | bytes) -> bytes:
    """The file with a chunk nois of this model, or payload."""
    head, *others = split(data)
    payload = model if isinstance(model, bytes) else model.pack()
    return join([head, RawChunk(NOISE.encode(), payload), *others])


def seeds() -> tuple[bytes, ...]:
    """Return what mutations start from."""
    return container_seeds() + decodable_seeds() + exact_seeds() + sequence_seeds()


def write_corpus(folder: Path) -> None:
    """Write the seeds as files, as libFuzzer wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / f"seed{number}.pel").write_bytes(seed)
