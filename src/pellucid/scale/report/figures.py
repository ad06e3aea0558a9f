"""What a report says, asked of the manifest: sums, and the first few of a kind, never all rows."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from pellucid.scale.items import State
from pellucid.scale.manifest.manifest import Manifest

KINDS = 20  # of sources, errors or remarks that are shown
EXAMPLES = 5  # of an error
TOP = 10  # of a list
DISTINCT = 10_000  # remarks that are told apart
PAGE = 5000

DONE = f"FROM picture WHERE state = {State.DONE.value}"
FAILED = f"FROM picture WHERE state = {State.FAILED.value}"
_BASE = "rtrim(place, replace(place, '.', ''))"  # up to the last full stop
SUFFIX = f"lower(substr(place, length({_BASE})))"
# Files without a suffix, or whose folder has the only full stop, are of no kind.
KIND = f"CASE WHEN {_BASE} = '' OR instr({SUFFIX}, '/') THEN '' ELSE {SUFFIX} END"
STEPS = tuple(1 << bits for bits in range(14, 33, 2))  # 16 KiB, then four times as much
_WHEN = " ".join(f"WHEN size < {step} THEN {n}" for n, step in enumerate(STEPS))
CLASS = f"CASE {_WHEN} ELSE {len(STEPS)} END"
PIXELS = "json_extract(fields, '$.width') * json_extract(fields, '$.height')"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Sums:
    """Sources of one kind, and what became of them: bytes before and after."""

    name: str
    pictures: int
    before: int
    after: int


@dataclass(frozen=True)
class Picture:
    """One that is named: bytes before and after, and how long it took."""

    url: str
    before: int
    after: int
    seconds: float
    message: str = ""


def by_kind(manifest: Manifest) -> list[Sums]:
    """What is DONE by the suffix of its source, the most bytes first; the rest as one."""
    found = _sums(manifest, KIND, f"sum(size) DESC LIMIT {KINDS}")
    named = [replace(one, name=one.name or "no suffix") for one in found]
    ((pictures, before, after),) = manifest.ask(
        f"SELECT count(*), coalesce(sum(size), 0), coalesce(sum(written), 0) {DONE}"
    )
    rest = Sums(
        "others",
        pictures - sum(one.pictures for one in named),
        before - sum(one.before for one in named),
        after - sum(one.after for one in named),
    )
    return [*named, rest] if rest.pictures else named


def by_size(manifest: Manifest) -> list[Sums]:
    """What is DONE by the size of its source, in steps of four."""
    found = _sums(manifest, CLASS, "1")
    return [replace(one, name=class_name(int(one.name))) for one in found]


def class_name(number: int) -> str:
    """What a class of sizes is called."""
    low, high = ([0, *STEPS][number], [*STEPS, 0][number])
    if not low:
        return f"under {_step(high)}"
    return f"{_step(low)} to {_step(high)}" if high else f"{_step(low)} and more"


def _step(size: int) -> str:
    power = (size.bit_length() - 1) // 10
    return f"{size >> 10 * power} {('KiB', 'MiB', 'GiB')[power - 1]}"


def _sums(manifest: Manifest, name: str, order: str) -> list[Sums]:
    found = manifest.ask(
        f"SELECT {name}, count(*), coalesce(sum(size), 0), coalesce(sum(written), 0) "
        f"{DONE} GROUP BY 1 ORDER BY {order}"
    )
    return [Sums(str(one), *numbers) for one, *numbers in found]


def bits_a_pixel(manifest: Manifest) -> float | None:
    """Bits of all outputs by pixels of their pictures; None where the verb doesn't say how many."""
    ((size, pixels),) = manifest.ask(
        f"SELECT sum(written), sum({PIXELS}) {DONE} AND {PIXELS} > 0 AND written > 0"
    )
    return 8 * size / pixels if pixels else None


def slowest(manifest: Manifest) -> list[Picture]:
    """Those that took longest."""
    return _pictures(manifest, f"FROM picture WHERE seconds > 0 ORDER BY seconds DESC LIMIT {TOP}")


def saved_least(manifest: Manifest) -> list[Picture]:
    """Those whose output is the largest part of its source, or larger than it."""
    order = f"ORDER BY 1.0 * written / size DESC LIMIT {TOP}"
    return _pictures(manifest, f"{DONE} AND size > 0 AND written > 0 {order}")


def damaged(manifest: Manifest) -> list[Picture]:
    """Some of those that are done, but lack what their source had lost."""
    found = _pictures(manifest, f"FROM picture WHERE damaged LIMIT {TOP}", "remarks")
    return [replace(one, message="; ".join(json.loads(one.message or "[]"))) for one in found]


def failures(manifest: Manifest, error: str) -> list[Picture]:
    """Some of those that failed with this error."""
    return _pictures(manifest, f"{FAILED} AND error = ? LIMIT {EXAMPLES}", "message", error)


def _pictures(manifest: Manifest, chosen: str, said: str = "''", *values: Any) -> list[Picture]:
    rows = manifest.ask(
        f"SELECT url, coalesce(size, 0), coalesce(written, 0), coalesce(seconds, 0.0), "
        f"coalesce({said}, '') {chosen}",
        *values,
    )
    return [Picture(*row) for row in rows]


def remarks(manifest: Manifest) -> tuple[list[tuple[str, int]], int]:
    """Remarks and how many pictures have them, the most frequent first, and how many are not shown.

    Those that differ in numbers alone are one.
    """
    counted: Counter[str] = Counter()
    left_out = 0
    for _, text in manifest.pages(
        "SELECT id, remarks FROM picture WHERE id > ? AND remarks IS NOT NULL "
        f"ORDER BY id LIMIT {PAGE}"
    ):
        for remark in {_NUMBER.sub("N", remark) for remark in json.loads(text)}:
            if remark in counted or len(counted) < DISTINCT:
                counted[remark] += 1
            else:
                left_out += 1
    shown = counted.most_common(KINDS)
    return shown, left_out + counted.total() - sum(number for _, number in shown)


def makers(manifest: Manifest) -> tuple[list[str], list[str]]:
    """Versions of pellucid, and models, that did it."""
    rows = manifest.ask("SELECT DISTINCT version, models FROM doer ORDER BY 1, 2 LIMIT 100")
    versions, models = ({row[n] for row in rows} - {""} for n in (0, 1))
    return sorted(versions), sorted(models)
