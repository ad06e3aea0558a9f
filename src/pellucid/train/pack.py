"""Photographs into shards: one file that travels to a training machine and loads in seconds.

    python -m pellucid.train.pack DIR... -o shard.bin --megabytes 60

A shard is `PELSHARD`, a JSON index with its length before it, and the pictures' own files one
after the other, so nothing is decoded and coded again. With `--megabytes` the pictures are dealt
over as many shards as it takes (`shard-0.bin`, `shard-1.bin`, ..), each a fair mix of all folders.

Test pictures are refused by the SHA-256 of their RGB samples (`evaluate/pictures.py`): whoever
copies Kodak into a training folder gets an error, not a good-looking result.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError, OptionError, OutputError, PellucidError, refusing
from pellucid.evaluate.pictures import sample_hash, test_set_hashes

MAGIC = b"PELSHARD"
SHARD = ".bin"
MOST_INDEX = 64 << 20  # bytes; some million pictures
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"}


class Encoded(NamedTuple):
    """A picture as it lies in a folder or a shard: its name, for messages, and its file's bytes."""

    name: str
    data: bytes


def find_pictures(folders: list[Path]) -> list[Path]:
    """All picture files below `folders`, sorted; a file stands for itself."""
    found = {
        path
        for folder in folders
        for path in ([folder] if folder.is_file() else folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file()
    }
    if not found:
        known = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        raise InputError(f"no pictures in {', '.join(map(str, folders))}; known are {known}")
    return sorted(found)


def open_rgb(data: bytes) -> NDArray[np.uint8]:
    """Encoded picture -> (H, W, 3).

    Raises ValueError for deeper samples, which Pillow would clip.
    """
    with Image.open(io.BytesIO(data)) as picture:
        if picture.mode[0] in "IF":
            raise ValueError(f"its samples have more than 8 bits (mode {picture.mode})")
        return np.asarray(picture.convert("RGB"))


def training_samples(picture: Encoded) -> NDArray[np.uint8]:
    """(H, W, 3) of a picture to train on; InputError if it is damaged or a test picture."""
    with refusing(f"the training picture {picture.name} can't be read, take it out of the folder"):
        rgb = open_rgb(picture.data)
    if name := test_set_hashes().get(sample_hash(rgb)):
        raise InputError(f"{picture.name} is the test picture {name}; it must not be trained on")
    return rgb


def write_shard(paths: list[Path], output: Path) -> int:
    """Write `paths` into one shard; returns its size in bytes."""
    blobs = [path.read_bytes() for path in paths]
    for path, data in zip(paths, blobs, strict=True):
        training_samples(Encoded(str(path), data))
    index = json.dumps([[path.name, len(b)] for path, b in zip(paths, blobs, strict=True)])
    head = MAGIC + len(index).to_bytes(8, "little") + index.encode()
    with refusing(f"cannot write {output}", OutputError):
        return output.write_bytes(head + b"".join(blobs))


def read_shard(path: Path) -> Iterator[Encoded]:
    """The encoded pictures of a shard.

    Raises InputError: the file is no shard, or not a whole one; before any picture is given.
    """
    if not path.is_file():
        raise InputError(f"there is no shard {path}")
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise InputError(f"{path} is not a shard; make one with python -m pellucid.train.pack")
        length = int.from_bytes(file.read(8), "little")
        rest = path.stat().st_size - file.tell() - length
        try:
            index = json.loads(file.read(max(0, min(length, MOST_INDEX))))
            pictures = [(str(name), int(size)) for name, size in index]
        except (ValueError, TypeError):
            pictures = [("", rest + 1)]
        sizes = [size for _, size in pictures]
        if rest < 0 or min(sizes, default=0) < 0 or sum(sizes) != rest:
            raise InputError(f"the shard {path} is cut short or damaged; pack or copy it again")
        for name, size in pictures:
            yield Encoded(f"{name} in {path}", file.read(size))


def deal(paths: list[Path], limit: int) -> list[list[Path]]:
    """Deal shuffled paths into as few hands as fit `limit` bytes each."""
    hands: list[list[Path]] = [[]]
    room = limit
    for path in random.Random(0).sample(paths, len(paths)):
        room -= path.stat().st_size
        if room < 0 and hands[-1]:
            hands.append([])
            room = limit - path.stat().st_size
        hands[-1].append(path)
    return hands


def main(words: Sequence[str] | None = None) -> None:
    """Command line of `python -m pellucid.train.pack`."""
    parser = argparse.ArgumentParser(description="Pack pictures into training shards.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="of pictures")
    several = "if one is not enough, numbers are put before its ending"
    parser.add_argument("-o", "--output", type=Path, required=True, help=f"the shard; {several}")
    parser.add_argument("--megabytes", type=float, default=60.0, help="of a shard; 60 if not said")
    options = parser.parse_args(words)
    try:
        pack(options.folders, options.output, int(options.megabytes * 1e6))
    except PellucidError as error:
        sys.exit(f"error: {error}")


def pack(folders: list[Path], output: Path, limit: int) -> None:
    """Write all pictures of `folders` into shards of at most `limit` bytes.

    Raises:
        OptionError: `output` would not be found as a shard.
        OutputError: it can't be written.
    """
    if output.suffix != SHARD or output.is_dir():
        raise OptionError(f"{output} is no name of a shard, which ends in {SHARD}; choose another")
    hands = deal(find_pictures(folders), limit)
    with refusing(f"cannot make {output.parent}", OutputError):
        output.parent.mkdir(parents=True, exist_ok=True)
    for number, paths in enumerate(hands):
        path = output
        if len(hands) > 1:
            path = output.with_name(f"{output.stem}-{number}{output.suffix}")
        size = write_shard(paths, path)
        sys.stdout.write(f"{path}: {len(paths)} pictures, {size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
