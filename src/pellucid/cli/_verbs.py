"""Verbs of a batch: what a command does with one file, for any worker, and between places.

Nothing that a run makes lies beside its source. So an output has its source's whole name and, where
the kind changes, a suffix behind it: `a.jpg.pel`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pellucid
from pellucid.cli._batch import Report, Work
from pellucid.cli._jobs import Job
from pellucid.cli.compress import report_of as report_of_pel
from pellucid.cli.compress import work_of as work_to_compress
from pellucid.cli.decompress import Wanted
from pellucid.cli.decompress import work_of as work_to_decompress
from pellucid.cli.denoise import options_of as options_to_denoise
from pellucid.cli.denoise import suffix_of as suffix_of_clean
from pellucid.cli.denoise import work_of as work_to_denoise
from pellucid.cli.verify import work_of as work_to_verify
from pellucid.errors import InputError
from pellucid.scale.items import InPieces, Made, Verb
from pellucid.scale.prints import prints_to_compress, prints_to_decode, prints_to_denoise

PEL, SEQUENCE = ".pel", ".pels"


def verb_to_compress(words: str, **wanted: Any) -> Verb:
    """`pellucid compress`, by its options; raises OptionError."""
    asked = pellucid.CompressOptions(**wanted)
    outputs, work = work_to_compress(asked)
    return Verb(
        "compress",
        words,
        partial(made_by, work),
        pel_of,
        outputs.sources,
        partial(prints_to_compress, asked),
        InPieces(partial(same_for_all, asked), made_of_result),
    )


def verb_to_denoise(words: str, **wanted: Any) -> Verb:
    """`pellucid denoise`, by its options; raises OptionError."""
    asked = options_to_denoise(**wanted)
    outputs, work = work_to_denoise(asked)
    prints = partial(prints_to_denoise, asked.model)
    return Verb("denoise", words, partial(made_by, work), clean_of, outputs.sources, prints)


def verb_to_decompress(words: str, **wanted: Any) -> Verb:
    """`pellucid decompress`, by its options; raises OptionError."""
    asked = Wanted.of(**wanted)
    _, work = work_to_decompress(asked)
    if asked.frame is None:
        work = partial(unless_sequence, work)
    suffixes = (PEL,) if asked.frame is None else (SEQUENCE,)
    output = partial(picture_of, asked.suffix)
    return Verb("decompress", words, partial(made_by, work), output, suffixes, prints_to_decode)


def verb_to_verify(words: str, **wanted: Any) -> Verb:
    """`pellucid verify`, by its options."""
    work = partial(made_by, work_to_verify(**wanted))
    return Verb("verify", words, work, None, (PEL, SEQUENCE), prints_to_decode)


def made_by(work: Work, source: Path, target: Path | None) -> Made:
    """What a command says of one file, for a row."""
    return made_of(work(Job(source, Path(source.name), target), lambda _done: None))


def made_of(report: Report) -> Made:
    """A command's report, but for its line."""
    return Made(report.fields, report.remarks, report.damaged)


def same_for_all(asked: pellucid.CompressOptions, _source: Path) -> pellucid.CompressOptions:
    """The options, whatever the picture."""
    return asked


def made_of_result(_source: Path, _target: Path, made: pellucid.CompressResult) -> Made:
    """What came of a picture that several workers compressed."""
    return made_of(report_of_pel(made))


def unless_sequence(work: Work, job: Job, part: Callable[[float], None]) -> Any:
    """The work, but InputError for a sequence: it would become a folder of pictures."""
    if pellucid.is_sequence(job.source):
        raise InputError(
            f"{job.source} is a sequence, and an output of a batch is one file: take a frame of "
            "each with --frame, or all frames with pellucid decompress"
        )
    return work(job, part)


def pel_of(place: str) -> str:
    """The place of what is made of a picture: its .pel file."""
    return f"{place}{PEL}"


def clean_of(place: str) -> str:
    """The place of a picture without its noise; its own where it keeps its format."""
    suffix = suffix_of_clean(Path(place))
    return place if place.endswith(suffix) else f"{place}{suffix}"


def picture_of(suffix: str, place: str) -> str:
    """The place of the picture of a .pel file."""
    return str(PurePosixPath(place).with_suffix(suffix))
