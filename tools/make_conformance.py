"""Writes conformance/v1: files that every later version must decode, and files it must refuse.

    python -m tools.make_conformance [--bad-only] [-o DIR]

    good/<case>/input.png  file.pel  expected.png  case.json        (learned layer)
    good/<case>/input.npy  file.pel  expected.npy  case.json        (exact layers, and deep_*: the
                                                                     learned one, alpha and 16 bits)
    good/<case>/source.npy in addition                              (kept_*: the source within a
                                                                     bound, beside a learned base)
    bad/<case>.pel  and bad/cases.json: the error of each
    sequences/<case>.pels  and cases.json: their frames
    README.md: a table of all cases

A released case is never made anew: an existing good case is kept, unless its model isn't installed
any more, as happens to weights that were never published. The layout is that of numcodecs'
fixtures, the bounds are those of libjxl's conformance suite.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from tools.bad_files import DECODE, BadCase, container_cases, decode_cases
from tools.deep_cases import DeepCase, deep_bad_cases, deep_cases
from tools.exact_cases import ExactCase, exact_bad_cases, exact_cases
from tools.kept_cases import kept_bad_cases, kept_cases
from tools.sequence_cases import write_sequences

import pellucid
from pellucid.bitstream import NOISE, PelFile, write_file
from pellucid.pixels import ImageInfo, open_sink
from pellucid.runtime.model import read_card
from pellucid.runtime.store import CODEC, PACKAGED, model_kind

Samples = NDArray[np.uint8]  # height x width x channels
Case = TypeVar("Case")
MODEL = "m"  # of the cases that don't say another
FOLDER = Path(__file__).resolve().parent.parent / "conformance" / "v1"
BOUNDS = {"peak": 1, "rms": 0.1}  # levels: synthesis is in floating point, see format.md section 8
EXIF = bytes.fromhex("49492a00080000000100120103000100000006000000" + "00000000")  # orientation 6
XMP = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


class GoodCase(NamedTuple):
    """A picture, the options it is compressed with and what the case tests."""

    picture: Samples
    quality: int
    tests: str
    exif: bytes | None = None
    xmp: bytes | None = None
    tile: int | None = None
    model: str = MODEL


def scene(width: int, height: int, channels: int, *, grain: float = 4.0) -> Samples:
    """A made picture with slopes, edges, a fine pattern and grain; the same on every machine."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    wave = 128 + 60 * np.sin(x / 23) + 50 * np.cos(y / 17 + x / 61)
    disc = (x - width / 2) ** 2 + (y - height / 3) ** 2 < (min(width, height) / 4) ** 2
    stripes = ((x // 3 + y // 5) % 2 == 0) & (x > 2 * width / 3)
    noise = np.random.Generator(np.random.PCG64(7)).integers(-8, 9, (height, width, channels))
    planes = [np.where(disc, 220 - 40 * c, wave - 15 * c) + 25 * stripes for c in range(channels)]
    picture = np.stack(planes, axis=-1) + noise * (grain / 8)
    levels: Samples = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return levels


def good_cases() -> dict[str, Callable[[], GoodCase]]:
    """All good cases, made when called."""
    folders = [card.parent for card in sorted(PACKAGED.glob("*/card.json"))]
    codecs = [folder.name for folder in folders if model_kind(folder) == CODEC]
    white = np.full((40, 50, 3), 255, np.uint8)
    chaos = np.random.Generator(np.random.PCG64(3)).integers(0, 256, (64, 64, 3), np.uint8)
    return {
        "rgb": lambda: GoodCase(scene(192, 128, 3), 60, "a plain picture"),
        "grey": lambda: GoodCase(scene(130, 70, 1), 60, "one channel"),
        "pixel": lambda: GoodCase(scene(1, 1, 3), 60, "1 x 1"),
        "pixel_grey": lambda: GoodCase(scene(1, 1, 1), 60, "1 x 1, one channel"),
        "row": lambda: GoodCase(scene(131, 1, 3), 50, "one row"),
        "column": lambda: GoodCase(scene(1, 131, 3), 50, "one column"),
        "block": lambda: GoodCase(scene(64, 64, 3), 60, "exactly one block of padding, so none"),
        "block_more": lambda: GoodCase(scene(65, 63, 3), 60, "a sample over and one under a block"),
        "quality_0": lambda: GoodCase(scene(96, 96, 3), 0, "lowest quality"),
        "quality_100": lambda: GoodCase(scene(96, 96, 3), 100, "highest quality"),
        "white": lambda: GoodCase(white, 60, "nothing but white"),
        "chaos": lambda: GoodCase(chaos, 100, "noise at the highest quality: escapes"),
        "metadata": lambda: GoodCase(
            scene(48, 32, 3), 60, "EXIF with an orientation, and XMP", EXIF, XMP
        ),
        "tiles": lambda: GoodCase(
            scene(1100, 1040, 3, grain=0), 30, "four tiles, no seams", tile=1024
        ),
        "tiles_grey": lambda: GoodCase(
            scene(2060, 20, 1), 40, "a row of tiles, one channel", tile=1024
        ),
        **{f"model_{name}": partial(model_case, name) for name in codecs if name != MODEL},
    }


def model_case(name: str) -> GoodCase:
    """The case of a codec model beside `MODEL`."""
    return GoodCase(scene(192, 128, 3), 60, f"the model {name}", model=name)


def is_made(folder: Path) -> bool:
    """Whether a good case is there that can be decoded."""
    path = folder / "case.json"
    if not path.exists():
        return False
    known = [read_card(card.parent)["id"] for card in PACKAGED.glob("*/card.json")]
    return json.loads(path.read_text("utf-8"))["model"]["id"] in known


def write_png(path: Path, samples: Samples, about: ImageInfo) -> None:
    """Write samples (H, W, C), with the metadata in `about`."""
    height, width, channels = samples.shape
    with open_sink(path, (height, width, channels), samples.dtype, about, force=True) as out:
        out[:, :] = samples


def write_good(name: str, case: GoodCase, folder: Path) -> None:
    """Write the four files of a good case."""
    folder.mkdir(parents=True, exist_ok=True)
    height, width, channels = case.picture.shape
    about = ImageInfo(width, height, channels, exif=case.exif, xmp=case.xmp)
    write_png(folder / "input.png", case.picture, about)
    options: dict[str, Any] = {
        "quality": case.quality,
        "model": PACKAGED / case.model,
        "tile": case.tile,
    }
    data = pellucid.compress(folder / "input.png", **options)
    if data != pellucid.compress(folder / "input.png", **options):
        raise RuntimeError(f"{name}: compressing twice gave different bytes")
    (folder / "file.pel").write_bytes(data)
    decoded = pellucid.decompress(data).reshape(case.picture.shape)
    write_png(folder / "expected.png", decoded, about)
    info = pellucid.info(data, latents=True)
    metadata = PelFile.parse(data).metadata
    write_json(
        folder / "case.json",
        {
            **learned_facts(case, info),
            "shape": [height, width, channels],
            "latents_sha256": info.latents_sha256,
            "bounds": BOUNDS,
            "metadata": {kind: payload.hex() for kind, payload in metadata.items()},
        },
    )


def write_exact(name: str, case: ExactCase, folder: Path) -> None:
    """Write the files of a good case of exact layers; without loss, all is in `input.npy`."""
    folder.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"max_error": case.max_error, "nodata": case.nodata}
    if case.guide is not None:
        options["guide"] = case.guide
        np.save(folder / "guide.npy", case.guide)
    data = with_more(pellucid.compress(case.picture, **options), case)
    decoded = pellucid.decompress(data).reshape(case.picture.shape)
    known = np.isfinite(case.picture)
    off = np.abs(decoded[known].astype(np.float64) - case.picture[known].astype(np.float64)).max()
    again = with_more(pellucid.compress(case.picture, **options), case)
    if off > case.max_error or data != again:
        raise RuntimeError(f"{name}: {off} off, or compressing twice gave different bytes")
    if case.guide is not None:
        guide = pellucid.decompress(data, which="guide").reshape(case.guide.shape)
        if guide.dtype != case.guide.dtype or not np.array_equal(guide, case.guide):
            raise RuntimeError(f"{name}: the guide came back changed")
    (folder / "file.pel").write_bytes(data)
    np.save(folder / "input.npy", case.picture)
    if case.max_error:
        np.save(folder / "expected.npy", decoded)
    if case.noise is not None:
        np.save(folder / "grain.npy", pellucid.decompress(data, grain=1).reshape(decoded.shape))
    info = pellucid.info(data, latents=True)
    write_json(
        folder / "case.json",
        {
            "tests": case.tests,
            "made_by": f"pellucid {pellucid.__version__}",
            "model": {"name": info.model_name, "id": info.model_id},
            "max_error": case.max_error,
            "shape": list(case.picture.shape),
            "dtype": case.picture.dtype.name,
            "latents_sha256": info.latents_sha256,
            "metadata": {"axes": case.axes.hex()} if case.axes else {},
        },
    )


def write_deep(name: str, case: DeepCase, folder: Path) -> None:
    """Write the files of a good case of the learned layer with alpha, 16 bits or a source."""
    folder.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {
        "quality": case.quality,
        "model": PACKAGED / MODEL,
        "tile": case.tile,
        **({} if case.kept is None else {"keep_noise": True, "max_error": case.kept}),
    }
    data = pellucid.compress(case.picture, **options)
    decoded = pellucid.decompress(data).reshape(case.picture.shape)
    info = pellucid.info(data, latents=True)
    if data != pellucid.compress(case.picture, **options):
        raise RuntimeError(f"{name}: compressing twice gave different bytes")
    if info.alpha and not np.array_equal(decoded[..., -1], case.picture[..., -1]):
        raise RuntimeError(f"{name}: alpha came back changed")
    (folder / "file.pel").write_bytes(data)
    np.save(folder / "input.npy", case.picture)
    np.save(folder / "expected.npy", decoded)
    if case.kept is not None:
        write_source(name, case, data, folder)
    low, high = info.sample_range or (0, 255)
    peak = max(1.0, (high - low) / 255)  # as section 8 has it
    write_json(
        folder / "case.json",
        {
            **learned_facts(case, info),
            "shape": list(case.picture.shape),
            "dtype": case.picture.dtype.name,
            "latents_sha256": info.latents_sha256,
            "bounds": {"peak": peak, "rms": peak / 10},
            "metadata": {},
            **({} if case.kept is None else {"source_error": case.kept}),
        },
    )


def write_source(name: str, case: DeepCase, data: bytes, folder: Path) -> None:
    """Write the source that a file gives back, if it isn't the input; check its bound."""
    source = pellucid.decompress(data, which="source").reshape(case.picture.shape)
    off = np.abs(source.astype(np.int64) - case.picture).max()
    if source.dtype != case.picture.dtype or off > (case.kept or 0):
        raise RuntimeError(f"{name}: the source came back {off} off, as {source.dtype}")
    if case.kept:
        np.save(folder / "source.npy", source)


def learned_facts(case: GoodCase | DeepCase, info: pellucid.FileInfo) -> dict[str, Any]:
    """What the case of a learned file begins with."""
    return {
        "tests": case.tests,
        "made_by": f"pellucid {pellucid.__version__}",
        "model": {"name": info.model_name, "id": info.model_id},
        "quality": case.quality,
    }


def with_more(data: bytes, case: ExactCase) -> bytes:
    """An exact file with the chunks axes and nois that a case has."""
    if not case.axes and case.noise is None:
        return data
    file = PelFile.parse(data)
    (layer,) = file.header.layer_numbers
    tiles = [bytes(file.tile(number, layer=layer)) for number in range(file.header.tile_count)]
    metadata = {"axes": case.axes} if case.axes else {}
    extras = {} if case.noise is None else {NOISE: case.noise.pack()}
    return write_file(file.header, metadata, tiles, extras=extras)


def write_bad(cases: dict[str, BadCase], folder: Path) -> None:
    """Write bad files and note them in cases.json, beside those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    listing = folder / "cases.json"
    known = json.loads(listing.read_text("utf-8")) if listing.exists() else {}
    for name, case in cases.items():
        (folder / f"{name}.pel").write_bytes(case.data)
        known[name] = {"error": case.error, "stage": case.stage, "tests": case.tests}
    write_json(listing, dict(sorted(known.items())))


def must_raise(cases: dict[str, BadCase]) -> None:
    """Make sure that the decoder refuses each case as it says."""
    for name, case in cases.items():
        try:
            pellucid.decompress(case.data)
        except pellucid.PellucidError as error:
            if type(error).__name__ == case.error:
                continue
            raise RuntimeError(f"{name}: {type(error).__name__}, not {case.error}") from error
        raise RuntimeError(f"{name}: decoded, but should raise {case.error}")


def write_readme(folder: Path) -> None:
    """Write the table of all cases that are there into README.md, below its introduction."""
    lines = ["", "## Good", "", "| case | tests | quality or bound | bytes |", "|---|---|---|---|"]
    for path in sorted((folder / "good").glob("*/case.json")):
        case = json.loads(path.read_text("utf-8"))
        size = (path.parent / "file.pel").stat().st_size
        fidelity = case.get("quality", f"± {case['max_error']}" if "max_error" in case else None)
        lines.append(f"| `{path.parent.name}` | {case['tests']} | {fidelity} | {size} |")
    lines += ["", "## Bad", "", "| case | tests | error | stage |", "|---|---|---|---|"]
    bad = json.loads((folder / "bad" / "cases.json").read_text("utf-8"))
    for name, case in bad.items():
        lines.append(f"| `{name}` | {case['tests']} | `{case['error']}` | {case['stage']} |")
    readme = folder / "README.md"
    introduction = readme.read_text("utf-8").split("\n## Good\n")[0].rstrip("\n")
    readme.write_text("\n".join([introduction, *lines]) + "\n", "utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_cases(
    cases: dict[str, Callable[[], Case]], write: Callable[[str, Case, Path], None], good: Path
) -> None:
    """Make those that aren't there, or whose model isn't, and say so."""
    for name, make in cases.items():
        folder = good / name
        if not is_made(folder):
            write(name, make(), folder)
            print(f"good/{name}: {(folder / 'file.pel').stat().st_size} bytes")


def main() -> int:
    """Make what is asked for and say what was made."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.make_conformance", description="Write conformance/v1."
    )
    parser.add_argument("--bad-only", action="store_true", help="only what needs no model")
    parser.add_argument("-o", "--output", type=Path, default=FOLDER, help="with a README.md")
    options = parser.parse_args()
    output: Path = options.output
    made = container_cases()
    if not options.bad_only:
        write_cases(good_cases(), write_good, output / "good")
        write_cases(exact_cases(), write_exact, output / "good")
        deep = deep_cases() | kept_cases()
        write_cases(deep, write_deep, output / "good")
        sound = (output / "good" / "block" / "file.pel").read_bytes()
        files = {name: (output / "good" / name / "file.pel").read_bytes() for name in deep}
        decoded = decode_cases(sound) | exact_bad_cases() | deep_bad_cases(files)
        decoded |= kept_bad_cases(files)
        must_raise(decoded)
        made |= decoded
        write_sequences(output / "sequences")
    write_bad(made, output / "bad")
    write_readme(output)
    print(f"bad: {len(made)} cases, {sum(case.stage == DECODE for case in made.values())} decoded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
