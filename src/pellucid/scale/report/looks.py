"""Pictures to look at: a few of a run, each where its source and output differ most.

Some are chosen at random, some because they are likely the worst: the fewest bits a pixel, the
least saved, the largest. What can't be shown is a line that says why, and never costs the report.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from pellucid.errors import PellucidError, first_line
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.outputs.target import Target
from pellucid.scale.report.crops import Crops, crops_of
from pellucid.scale.report.figures import DONE, PIXELS
from pellucid.scale.report.parts import cut, paragraph, percent, size_text
from pellucid.scale.storage import fetched

__all__ = ["COMPRESSING", "LOOKED_AT", "looks_body"]

COMPRESSING = ("compress", "transcode")
LOOKED_AT = (*COMPRESSING, "denoise")
MOST, EACH = 8, 2  # pictures, and of a kind
FETCHED = 1 << 28  # bytes of the largest file that is fetched for this
ROOM = 1_500_000  # characters of the page that may be pictures
SEED = 20240229
SIDES = ("Source", "Output")
CHOSEN = f"SELECT url, output, size, written {DONE} AND written > 0 AND size BETWEEN 1 AND ?"


@dataclass(frozen=True)
class Chosen:
    """A picture to look at, and why; bytes before and after."""

    url: str
    output: str
    before: int
    after: int
    why: str


def choose(manifest: Manifest, most_bytes: int = FETCHED) -> list[Chosen]:
    """At most `MOST` pictures that are DONE, one of each kind first; the same for the same rows."""
    kinds = [("at random", _at_random(manifest, most_bytes))]
    if manifest.about["verb"] in COMPRESSING:
        rate = f"AND {PIXELS} > 0 ORDER BY 1.0 * written / ({PIXELS})"
        kinds.append(("fewest bits a pixel", _first(manifest, rate, most_bytes)))
        saved = "ORDER BY 1.0 * written / size DESC"
        kinds.append(("saved least", _first(manifest, saved, most_bytes)))
    kinds.append(("largest source", _first(manifest, "ORDER BY size DESC", most_bytes)))
    found: dict[str, Chosen] = {}
    for _ in range(EACH):
        for why, rows in kinds:
            row = next((row for row in rows if row[0] not in found), None)
            if row is not None:
                found[row[0]] = Chosen(row[0], row[1], row[2], row[3], why)
    return list(found.values())[:MOST]


def _first(manifest: Manifest, order: str, most: int) -> list[Any]:
    return manifest.ask(f"{CHOSEN} {order} LIMIT {MOST}", most)


def _at_random(manifest: Manifest, most: int) -> list[Any]:
    """Those next to places in the table that are drawn, so that not all of it must be read."""
    ((last,),) = manifest.ask("SELECT coalesce(max(id), 0) FROM picture")
    drawn = random.Random(SEED)
    places = [drawn.randint(1, last) for _ in range(MOST)] if last else []
    question = f"{CHOSEN} AND id >= ? ORDER BY id LIMIT 1"
    return [row for place in places for row in manifest.ask(question, most, place)]


def looks_body(manifest: Manifest) -> str:
    """Their crops side by side, as many as the page has room for; "" if there are none."""
    target, room, parts = manifest.about["target"], ROOM, []
    with tempfile.TemporaryDirectory(prefix="pellucid-") as folder:
        for chosen in choose(manifest):
            shown = look_at(chosen, target, Path(folder))
            room -= sum(map(len, shown.sides)) if isinstance(shown, Crops) else len(shown)
            if room < 0:
                break
            parts.append(_item(chosen, shown))
    if not parts:
        return ""
    said = (
        "Source and output side by side, sample for sample, where they differ most (of large "
        "pictures, in five parts). Some pictures are chosen at random, some as likely the worst."
    )
    return f'{paragraph(said)}<ul class="looks">{"".join(parts)}</ul>'


def look_at(chosen: Chosen, target: str, folder: Path) -> Crops | str:
    """Both sides of a picture, or why they can't be shown."""
    folders = [folder / side for side in SIDES]
    try:
        for one in folders:  # as copies of both may have the same name
            one.mkdir(exist_ok=True)
        output = Target(target).name(chosen.output)
        with (
            fetched(chosen.url, folders[0], chosen.before) as source,
            fetched(output, folders[1], chosen.after) as made,
        ):
            return crops_of(source, made)
    except PellucidError as error:
        return first_line(error)
    except Exception as error:  # noqa: BLE001 - whatever is wrong here, a run has its report
        return f"{type(error).__name__}: {first_line(error)}"


def _item(chosen: Chosen, shown: Crops | str) -> str:
    sizes = f"{size_text(chosen.before)} to {size_text(chosen.after)}"
    about = f"{chosen.why}: {sizes}, {percent(chosen.after, chosen.before)}"
    name = f"<bdi><code>{escape(cut(chosen.url))}</code></bdi>"
    if isinstance(shown, str):
        return f"<li>{name}{paragraph(f'{about}. It can’t be shown: {shown}')}</li>"
    width, height = shown.size
    alt = f"a part of {escape(cut(chosen.url))}"
    figures = "".join(
        f'<figure><img src="{uri}" width="{width}" height="{height}" alt="{side}: {alt}">'
        f"<figcaption>{side}</figcaption></figure>"
        for uri, side in zip(shown.sides, SIDES, strict=True)
    )
    differ = f"at most {shown.most} of 255 apart here" if shown.most else "the same samples here"
    x, y = shown.place
    return (
        f'<li>{name}<div class="sides">{figures}</div>'
        f"{paragraph(f'{about}; from {x}, {y} on, {differ}.', soft=True)}</li>"
    )
