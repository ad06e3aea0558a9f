"""The conformance cases that must be refused: how each is made and which error it must raise.

A case is made from a sound file by one change. Those of the container come from files made here,
whose model doesn't exist and whose tiles mean nothing: they stay as they are whatever models come.
Those of the decoder (`decode_cases`) are made from a good case's file.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import NamedTuple

from pellucid.bitstream import SIGNATURE, Header, PelFile, write_chunk, write_file

CONTAINER = "container"  # parsing, `require_supported` or reading all tiles raises it
DECODE = "decode"  # `pellucid.decompress` raises it


class BadCase(NamedTuple):
    """A file, the name of the error class it must raise, at which stage, and what it tests."""

    data: bytes
    error: str
    tests: str
    stage: str = CONTAINER


ONE_HEADER = Header(64, 64, 3, 8, 0, 1, 0, 1, 0, 60, 6, b"no such model :-")
ONE = write_file(ONE_HEADER, {"exif": b"II*\0\x08\0\0\0\0\0"}, [b"words..."])
GRID_HEADER = replace(ONE_HEADER, width=100, height=80)
GRID = write_file(GRID_HEADER, {"xmp": b"<x:xmpmeta/>"}, [b"even"] * 4)  # 2 x 2 tiles
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010800000000") + b"\x3a\x7e\x9b"


def chunks_of(data: bytes) -> list[bytes]:
    """The whole bytes of each chunk of a sound file."""
    return [data[offset : offset + length + 12] for _, offset, length in PelFile.parse(data).chunks]


def file_of(chunks: list[bytes]) -> bytes:
    """A file of whole chunks."""
    return SIGNATURE + b"".join(chunks)


def edited(data: bytes, at: int, *new: bytes, drop: int = 0) -> bytes:
    """The file with `drop` chunks taken out at place `at` and new ones put in."""
    chunks = chunks_of(data)
    chunks[at : at + drop] = new
    return file_of(chunks)


def lying(type_: bytes, payload: bytes, length: int) -> bytes:
    """A chunk that says another length than it has, its CRC right for what it says."""
    start = type_ + struct.pack("<I", length) + payload
    return start + struct.pack("<I", zlib.crc32(start))


def head(offset: int, form: str, *values: int) -> bytes:
    """ONE with a field of its header set, CRC right."""
    payload = bytearray(ONE_HEADER.pack())
    struct.pack_into(form, payload, offset, *values)
    return edited(ONE, 0, write_chunk("HEAD", bytes(payload)), drop=1)


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    """The file with one bit turned over, CRC left alone."""
    out = bytearray(data)
    out[at] ^= 1 << bit
    return bytes(out)


def container_cases() -> dict[str, BadCase]:
    """Everything that can be told without a model."""
    return {**_foreign(), **_future(), **_headers(), **_cut(), **_checksums(), **_chunks()}


def _foreign() -> dict[str, BadCase]:
    error = "NotPelFileError"
    return {
        "empty": BadCase(b"", error, "zero bytes"),
        "png": BadCase(PNG, error, "another format's signature"),
        "text": BadCase(b"This is not a picture.\n", error, "no signature at all"),
        "text_mode": BadCase(ONE.replace(b"\r\n", b"\n"), error, "line ends changed on the way"),
        "seven_bits": BadCase(bytes(b & 0x7F for b in ONE), error, "eighth bit dropped on the way"),
        "signature_bit": BadCase(flipped(ONE, 2), error, "one bit of the signature wrong"),
    }


def _future() -> dict[str, BadCase]:
    newer = edited(ONE, 0, write_chunk("HEAD", b"\2" + bytes(60)), drop=1)
    unknown, chunk = "UnsupportedError", write_chunk("NewC", b"?")
    residual = replace(ONE_HEADER, layers=3).pack()
    two = [write_chunk("HEAD", residual), write_chunk("TIDX", struct.pack("<2I", 5, 5))]
    two += [write_chunk("TILE", bytes(5)), write_chunk("TILE", bytes(4) + b"\1")]
    layers = file_of([*two, write_chunk("DONE", b"")])
    return {
        "newer_version": BadCase(head(0, "<B", 2), "VersionError", "version 2"),
        "newer_version_longer": BadCase(newer, "VersionError", "version 2 with a longer header"),
        "features": BadCase(head(16, "<B", 1), unknown, "an unknown feature bit"),
        "features_pair": BadCase(head(16, "<B", 2), unknown, "a pair in layer 0"),
        "layer_bit": BadCase(head(15, "<B", 0x21), unknown, "an unknown layer bit"),
        "critical_chunk": BadCase(edited(ONE, 1, chunk), unknown, "an unknown critical chunk"),
        "channels_2": BadCase(head(9, "<H", 2), unknown, "valid: 2 channels"),
        "bits_16": BadCase(head(11, "<B", 16), "DamagedFileError", "16 bits without RANG"),
        "signed": BadCase(head(12, "<B", 1), unknown, "valid: signed samples"),
        "colour_none": BadCase(head(13, "<B", 2), unknown, "valid: channels without colour"),
        "alpha": BadCase(head(14, "<B", 1), unknown, "valid: an alpha channel"),
        "residual_layer": BadCase(layers, unknown, "valid: base and lossless residual layers"),
        "unknown_model": BadCase(
            ONE, "UnknownModelError", "a sound file of a model that doesn't exist", DECODE
        ),
    }


def _headers() -> dict[str, BadCase]:
    damaged, limit = "DamagedFileError", "LimitError"
    short = edited(ONE, 0, write_chunk("HEAD", ONE_HEADER.pack()[:-1]), drop=1)
    return {
        "version_0": BadCase(head(0, "<B", 0), damaged, "version 0"),
        "width_0": BadCase(head(1, "<I", 0), damaged, "width 0"),
        "height_0": BadCase(head(5, "<I", 0), damaged, "height 0"),
        "width_max": BadCase(head(1, "<I", 2**32 - 1), damaged, "width beyond the format"),
        "pixels": BadCase(head(1, "<II", 2**24, 2**24), limit, f"2^48 pixels in {len(ONE)} bytes"),
        "pixels_limit": BadCase(head(1, "<II", 2**14 + 1, 2**14), limit, "a column over the limit"),
        "samples_limit": BadCase(
            head(1, "<IIH", 2**14, 2**14, 65535), limit, "2^44 samples, within the limit of pixels"
        ),
        "tiles_limit": BadCase(head(1, "<I", 2**24), limit, "2^18 tiles of 64 x 64"),
        "channels_0": BadCase(head(9, "<H", 0), damaged, "no channels"),
        "bits_9": BadCase(head(11, "<B", 9), damaged, "9 bits a sample"),
        "layers_0": BadCase(head(15, "<B", 0), damaged, "no layers"),
        "quality_101": BadCase(head(17, "<B", 101), damaged, "quality 101"),
        "tile_size_5": BadCase(head(18, "<B", 5), damaged, "tiles of 32 samples"),
        "tile_size_13": BadCase(head(18, "<B", 13), damaged, "tiles of 8192 samples"),
        "head_short": BadCase(short, damaged, "34 bytes of header"),
    }


def _cut() -> dict[str, BadCase]:
    cuts = {
        "signature": 5,
        "after_signature": 8,
        "head": 30,
        "after_head": 55,
        "exif": 70,
        "tile": len(ONE) - 20,
        "done": len(ONE) - 1,
        "before_done": len(ONE) - 12,
    }
    return {
        f"cut_{name}": BadCase(ONE[:at], "DamagedFileError", f"truncated to {at} bytes")
        for name, at in cuts.items()
    }


def _checksums() -> dict[str, BadCase]:
    places = {"head": 20, "exif": 66, "tile": len(ONE) - 20, "done": len(ONE) - 2}
    tile = PelFile.parse(GRID).chunks[4]
    return {
        **{
            f"crc_{name}": BadCase(flipped(ONE, at), "DamagedFileError", f"a bit of {name} wrong")
            for name, at in places.items()
        },
        "crc_version": BadCase(
            flipped(ONE, 16, 1), "DamagedFileError", "a damaged version is damage, not newer"
        ),
        "crc_type": BadCase(
            flipped(ONE, 55, 5), "DamagedFileError", "a damaged type is damage, not unknown"
        ),
        "crc_tile_number": BadCase(
            flipped(GRID, tile.offset + 8), "DamagedFileError", "one tile's number damaged"
        ),
        "crc_length": BadCase(flipped(ONE, 59, 1), "DamagedFileError", "a length damaged"),
    }


def _chunks() -> dict[str, BadCase]:
    one, grid = chunks_of(ONE), chunks_of(GRID)  # HEAD exif TILE DONE; HEAD xmp0 TIDX 4 TILE DONE
    index = write_chunk("TIDX", struct.pack("<4I", 9, 9, 8, 9))
    files = {
        "head_missing": (edited(ONE, 0, drop=1), "no HEAD"),
        "head_doubled": (edited(ONE, 1, one[0]), "two HEAD"),
        "exif_doubled": (edited(ONE, 1, one[1]), "two exif"),
        "exif_late": (file_of([one[0], one[2], one[1], one[3]]), "exif after the tile"),
        "tile_missing": (edited(ONE, 2, drop=1), "no tile"),
        "tile_doubled": (edited(ONE, 2, one[2]), "the only tile twice"),
        "tile_short": (edited(ONE, 2, write_chunk("TILE", b"abcd"), drop=1), "a tile of 4 bytes"),
        "last_tile_missing": (edited(GRID, 6, drop=1), "three tiles of four"),
        "middle_tile_missing": (edited(GRID, 4, drop=1), "a tile left out in the middle"),
        "tiles_swapped": (file_of([*grid[:3], grid[4], grid[3], *grid[5:]]), "tiles misordered"),
        "tile_repeated": (edited(GRID, 4, grid[3], drop=1), "a tile in place of another"),
        "index_missing": (edited(GRID, 2, drop=1), "no TIDX for four tiles"),
        "index_doubled": (edited(GRID, 2, grid[2]), "two TIDX"),
        "index_of_one": (
            edited(ONE, 2, write_chunk("TIDX", struct.pack("<I", 13))),
            "TIDX for a single tile",
        ),
        "index_short": (
            edited(GRID, 2, write_chunk("TIDX", bytes(12)), drop=1),
            "TIDX for three tiles of four",
        ),
        "index_disagrees": (edited(GRID, 2, index, drop=1), "TIDX says another length"),
        "index_not_before_tiles": (edited(GRID, 3, grid[1]), "a chunk between TIDX and the tiles"),
        "length_absurd": (edited(ONE, 1, lying(b"exif", b"", 2**32 - 1)), "a chunk of 4 GiB"),
        "length_overlaps": (
            edited(ONE, 2, lying(b"TILE", b"words", 40), drop=1),
            "a chunk that reaches into the next",
        ),
        "type_foreign": (edited(ONE, 1, lying(b"ex f", b"", 0)), "a type with a space"),
        "done_missing": (edited(ONE, 3, drop=1), "no DONE"),
        "done_full": (edited(ONE, 3, write_chunk("DONE", b"x"), drop=1), "DONE with a payload"),
        "trailing_byte": (ONE + b"\0", "one byte after DONE"),
        "trailing_file": (ONE + ONE, "two files in one"),
    }
    cases = {name: BadCase(data, "DamagedFileError", what) for name, (data, what) in files.items()}
    many = edited(ONE, 1, *[write_chunk("junk", b"")] * 1100)
    cases["chunks_limit"] = BadCase(many, "LimitError", "1100 chunks to be skipped")
    return cases


def decode_cases(good: bytes) -> dict[str, BadCase]:
    """Damage that only the decoder can see: `good` is a good file of one tile, CRCs made right.

    The coder sees words too many, not words that are wrong: those decode to other latents, or run
    out, after which all symbols are a table's first. Only a checksum tells.
    """
    file = PelFile.parse(good)
    words = bytes(file.tile(0))
    noise = [0x9E3779B9 * number % 2**32 | 1 for number in range(1, 2**15)]
    variants = {
        "words_left": (b"\1\0\0\0" + words, "a word is left after the last symbol"),
        "words_zero": (words + bytes(4), "the last word is zero"),
        "words_broken": (words + b"\1", "not a whole number of words"),
        "words_foreign": (struct.pack(f"<{len(noise)}I", *noise), "128 KiB that mean nothing"),
    }
    return {
        name: BadCase(
            write_file(file.header, file.metadata, [tile]), "DamagedFileError", what, DECODE
        )
        for name, (tile, what) in variants.items()
    }
