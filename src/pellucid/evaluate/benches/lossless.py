"""`bench lossless`: pictures and arrays x codecs x bounds, lossless and error-bounded files.

DIR/lossless-<codec>.tsv   a file for each codec, so that one can be run again alone

Each file is made for real and decoded, and a row is kept only if what came back is within the
bound. Then the codecs take turns to be timed. What a codec can't hold it refuses; the reason is
kept with the command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Self

import numpy as np

from pellucid.errors import InputError
from pellucid.evaluate.bench import Bench, Case, Measurement
from pellucid.evaluate.benches import lossless_tables as tables
from pellucid.evaluate.benches.lossless_tables import ROWS, ExactResult
from pellucid.evaluate.peers.base import Codec, Files, Samples, kind_of
from pellucid.evaluate.peers.exact import EXACT, OWN
from pellucid.evaluate.pictures import SUFFIXES, check_stems, find_pictures
from pellucid.evaluate.plan import BasePlan, Option, Request
from pellucid.evaluate.speed import interleaved
from pellucid.pixels import NPY, open_image

LARGEST_BOUND = 16383  # of pellucid's format
READ = (*SUFFIXES, NPY)
TYPES = ("uint8", "uint16", "int16")
DATA = "Folder of pictures or .npy arrays, or one file. More than once: more sets."
PEERS = (
    "Codecs, comma between: png, webp, jxl, jpeg2000, jpegls, lerc, lerc_zstd, zstd, blosc2; or "
    "all, or none."
)


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Size and speed of lossless and error-bounded files, by pellucid and its peers.

    Pictures of 8 bits, 16-bit grey, transparency; .npy arrays of uint8, uint16 or int16 with any
    number of bands. A codec that can't hold a picture has no row for it; nothing is converted.
    """

    data: Annotated[tuple[Path, ...], Option(DATA)]
    match: Annotated[str, Option("Only files with such names, as '*.depth.png'.")] = "*"
    name: Annotated[str | None, Option("Name of the set.  [default: the folder's]", flag="set")] = (
        None
    )
    bounds: Annotated[
        tuple[int, ...], Option("Largest errors; 0 is lossless.", least=0, most=LARGEST_BOUND)
    ] = (0, 1)
    codecs: Annotated[tuple[str, ...], Option(PEERS, flag="against")] = ("all",)
    images: Annotated[int | None, Option("Only the first N of each set.", least=1)] = None
    threads: Annotated[int, Option("Of every codec.", least=1)] = 2
    repeats: Annotated[int, Option("Runs a timing.", least=1)] = 3
    fresh: Annotated[bool, Option("Forget earlier rows of these codecs and sets.")] = False

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """Lossless and with the smallest bound."""
        return [request.plan(cls, data=(request.pictures,))]

    @property
    def sets(self) -> list[str]:
        """Names of the sets, each once: of a file that of its folder."""
        return list(dict.fromkeys(map(self.set_of, self.data)))

    def set_of(self, source: Path) -> str:
        """The set that a folder or file belongs to."""
        whole = source.resolve()
        return self.name or (whole.name if whole.is_dir() else whole.parent.name)


def cases(plan: Plan) -> list[Case]:
    """Pictures and arrays, set by set and in order of name.

    InputError: no such file, a folder without pictures, or two in a set that differ in the suffix.
    """
    found = []
    for data in plan.sets:
        paths: list[Path] = []
        for source in (source for source in plan.data if plan.set_of(source) == data):
            if source.is_file():
                paths.append(source)
            else:
                paths += find_pictures(source, suffixes=READ, match=plan.match)
        check_stems(paths, f"the set {data}")
        first = sorted(paths)[: plan.images]
        found += [Case(path.stem, partial(load_samples, path), data) for path in first]
    return found


def load_samples(path: Path) -> Samples:
    """A picture or array as (H, W, C) samples, as `pellucid.compress` takes it; InputError if it
    can't be read, would lose something or has samples of another type."""
    with open_image(path) as opened:
        source = opened.without_full_alpha()
        if source.dtype.name not in TYPES:
            raise InputError(f"{path}: samples of type {source.dtype}; give {', '.join(TYPES)}")
        return np.ascontiguousarray(source.read())  # from the file into memory


def code(current: Measurement[Plan, Codec]) -> Iterator[ExactResult]:
    """One picture by each codec that takes it, bound after bound."""
    for bound in current.plan.bounds:
        asked = [codec for codec, keys in current.todo if any(key[-1] == bound for key in keys)]
        yield from _within(
            current, bound, [codec for codec in asked if _takes(current, codec, bound)]
        )


def _takes(current: Measurement[Plan, Codec], codec: Codec, bound: int) -> bool:
    """Whether a codec can hold the picture; if not, the run keeps the reason, once a set."""
    why = codec.refuses(kind_of(current.data), bound)
    refused = current.outcome.facts.setdefault("refused", {}).setdefault(current.case.data, {})
    if why and why not in refused.setdefault(codec.name, []):
        refused[codec.name].append(why)
    return not why


def _within(
    current: Measurement[Plan, Codec], bound: int, codecs: Sequence[Codec]
) -> Iterator[ExactResult]:
    """The rows of one bound: all files made and checked first, then timed in turns."""
    kind, made = kind_of(current.data), list[tuple[Codec, Files, int]]()
    tasks: dict[str, Callable[[], object]] = {}
    for codec in codecs:
        with current.outcome.attempt(f"{current.case.name} by {codec.name} within {bound}"):
            files = codec.encode(current.data, bound)
            worst = largest_error(current.data, codec.decode(files, kind), bound)
            made.append((codec, files, worst))
            tasks[f"encode {codec.name}"] = partial(codec.encode, current.data, bound)
            tasks[f"decode {codec.name}"] = partial(codec.decode, files, kind)
    # All ran once above.
    times = interleaved(tasks, repeats=current.plan.repeats, warmup=0)
    height, width, channels = current.data.shape
    for codec, files, worst in made:
        size = sum(map(len, files))
        yield ExactResult(
            method=codec.name,
            data=current.case.data,
            picture=current.case.name,
            width=width,
            height=height,
            channels=channels,
            dtype=kind.dtype.name,
            bound=bound,
            files=len(files),
            bytes=size,
            bits=round(8 * size / current.data.size, 6),
            worst=worst,
            encode_s=round(times[f"encode {codec.name}"].median, 6),
            decode_s=round(times[f"decode {codec.name}"].median, 6),
            threads=current.plan.threads,
            repeats=current.plan.repeats,
            version=codec.version,
        )


def largest_error(samples: Samples, decoded: Samples, bound: int) -> int:
    """The largest difference of two pictures; ValueError if they differ in kind or by too much."""
    if (decoded.shape, decoded.dtype) != (samples.shape, samples.dtype):
        raise ValueError(
            f"decoded to {decoded.dtype} {decoded.shape}, source is {samples.dtype} {samples.shape}"
        )
    worst = int(np.abs(decoded.astype(np.int32) - samples).max())
    if worst > bound:
        raise ValueError(f"a sample came back {worst} off, the bound is {bound}")
    return worst


BENCH: Bench[Plan, Codec, ExactResult] = Bench(
    name="lossless",
    columns=(ROWS,),
    plan=Plan,
    title="Lossless and error-bounded",
    requested=Plan.requested,
    tables=tables.report,
    sections={"lossless": tables.overview, "lossless-sets": tables.all_sets},
    what=lambda plan: f"lossless and bounded: {', '.join(plan.sets)}",
    cases=cases,
    methods=lambda plan: EXACT.load((*OWN, *plan.codecs), plan.threads),
    wanted=lambda plan, picture, codec: [
        (codec.name, picture.data, picture.name, bound)
        for bound in plan.bounds
        if codec.bounded or not bound
    ],
    measure=code,
    key=lambda row: (row.method, row.data, row.picture, row.bound),
    # Tables of several sets have one version of a codec.
    makes=lambda plan, codec, row: (
        row.method == codec.name and (row.data in plan.sets or row.version != codec.version)
    ),
    usable=lambda plan, codec, row: (
        (row.version, row.threads, row.repeats) == (codec.version, plan.threads, plan.repeats)
    ),
)
