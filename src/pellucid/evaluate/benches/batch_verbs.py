"""Verbs of `bench batch`, which workers import: one does nothing, one copies, others are real.

They stand on the public functions, as those of `pellucid batch` do.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pellucid
from pellucid.errors import PellucidError
from pellucid.evaluate.pictures import SUFFIXES
from pellucid.scale.items import Made, Verb
from pellucid.scale.prints import prints_to_compress, prints_to_denoise

ANY_SIZE = pellucid.Limits(max_pixels=1 << 40)


def nothing(_source: Path, _target: Path | None) -> Made:
    """The verb that does nothing."""
    return Made()


def copied(source: Path, target: Path | None) -> Made:
    """The verb that copies."""
    assert target is not None
    shutil.copyfile(source, target)
    return Made()


def compressed(
    options: pellucid.CompressOptions, check: bool, source: Path, target: Path | None
) -> Made:
    """`pellucid batch compress`; with `check` what it made is decoded and compared."""
    assert target is not None
    pellucid.compress_to(source, target, options)
    if check and (problems := pellucid.compare(target, source).problems):
        raise PellucidError("; ".join(problems))
    return Made()


def denoised(source: Path, target: Path | None) -> Made:
    """`pellucid batch denoise`."""
    assert target is not None
    pellucid.denoise_file(source, target)
    return Made()


def with_suffix(suffix: str, place: str) -> str:
    """The place of an output."""
    return f"{place}{suffix}"


def verb_of(name: str) -> Verb:
    """The verb of a way."""
    if name == "denoise":
        prints = partial(prints_to_denoise, pellucid.DenoiseOptions().model)
        return Verb(name, "", denoised, partial(with_suffix, ".png"), SUFFIXES, prints)
    if name in ("nothing", "copied"):
        output = None if name == "nothing" else partial(with_suffix, ".copy")
        work = nothing if name == "nothing" else copied
        return Verb(name, "", work, output, SUFFIXES, dict)
    options = options_of(name)
    to_pel = partial(compressed, options, name == "transcode")
    prints = partial(prints_to_compress, options)
    return Verb(name, "", to_pel, partial(with_suffix, ".pel"), SUFFIXES, prints)


def options_of(name: str) -> pellucid.CompressOptions:
    """What a verb that makes .pel files compresses with."""
    given: dict[str, dict[str, Any]] = {
        "compress s": {"model": "s"},
        "lossless": {"lossless": True},
    }
    return pellucid.CompressOptions(limits=ANY_SIZE, **given.get(name, {}))
