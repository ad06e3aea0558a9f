"""Tables of the model: its inputs, verbs, stages, and archives of up to 10^9 photographs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.batch_cells import short
from pellucid.evaluate.benches.batch_model import PRICES, Costs, Fixed, Verb, costs_of
from pellucid.evaluate.benches.batch_rows import WAYS, Found
from pellucid.evaluate.speed import spread_of
from pellucid.evaluate.table import Table

ARCHIVES, CREWS = (10**6, 10**8, 10**9), (10, 100, 1000)
CREW = 100  # workers of the table of verbs
REASONS = {
    "scheduler": (
        "a scheduler is one process with one thread, and each task passes through it several times"
    ),
    "client": (
        "the client lists sources, keeps the manifest, and sends and gathers every task in one "
        "Python process"
    ),
    "manifest": "one SQLite file takes rows from one process, and waits for the disk",
    "listing": "one client reads the listing, page after page",
}


def parts(folder: Path) -> list[Part]:
    """Inputs, verbs, stages, archives; nothing if a row lacks."""
    found = Found(folder)
    costs = costs_of(found)
    if costs is None:
        return []
    verbs = [
        Verb(way, spread_of([run.each for run in some]).median, costs)
        for way in WAYS["picture"]
        if (some := found.of("picture", way))
    ]
    first = next((verb for verb in verbs if verb.name == "compress"), None)
    if first is None:
        return []
    size = found.of("picture", "compress")[0].megapixels
    return [
        f"Photographs of {size:.0f} megapixels, workers of one core. What the model takes:",
        inputs(costs),
        f"By verb, and for a million photographs on {CREW} workers:",
        by_verb(verbs),
        f"What there is one of, for `compress` ({first.seconds:.3g} s a photograph), with as many "
        "workers as it keeps busy:",
        by_stage(first),
        limit(first),
        "`compress`, hours and USD:",
        by_archive(first),
        *grows(first),
    ]


def inputs(costs: Costs) -> Table:
    """What is measured, and what is assumed."""
    asked = f"{costs.puts:.3g} PUT, {costs.gets:.3g} GET or HEAD, {costs.lists:.3g} LIST"
    body = [
        [
            "a worker beyond the loop, a picture",
            f"{1e3 * costs.overhead:.3g} ms",
            "batch-speed.tsv",
        ],
        *(
            [f"{name}, a picture and a task", in_ms(one), "batch-no-op.tsv, batch-single.tsv"]
            for name, one in (("client", costs.client), ("scheduler", costs.scheduler))
        ),
        ["rows recorded a second", f"{costs.recorded:,.0f}", "batch-manifest.tsv"],
        ["bytes of the manifest, a picture", f"{costs.row:.0f}", "batch-manifest.tsv"],
        ["keys listed a second, by the client's CPU", f"{costs.listed:,.0f}", "batch-listing.tsv"],
        ["requests to S3, a picture", asked, "batch-requests.tsv"],
        ["a core for an hour", f"{PRICES.core:g} USD", "assumed: half an m7g.large, June 2026"],
        ["1000 PUT or LIST", f"{1000 * PRICES.put:g} USD", "assumed: S3 Standard, us-east-1"],
        ["1000 GET or HEAD", f"{1000 * PRICES.get:g} USD", "assumed: the same"],
        ["a photograph", f"{PRICES.photograph / 1e6:g} MB", "assumed"],
        ["network inside a region", "no cost, no limit", "assumed"],
    ]
    return Table(["input", "value", "from"], body, text=True)


def in_ms(one: Fixed) -> str:
    """Both costs."""
    return f"{1e3 * one.picture:.3g} ms and {1e3 * one.task:.3g} ms"


def by_verb(verbs: Sequence[Verb]) -> Table:
    """What each takes."""
    return Table.of(
        verbs,
        {
            "verb": lambda verb: verb.name,
            "core seconds a photograph": lambda verb: f"{verb.seconds:.3g}",
            "photographs a task": lambda verb: str(verb.group(CREW)),
            "hours": lambda verb: short(verb.hours(10**6, CREW)),
            "USD": lambda verb: short(verb.money(10**6, CREW)),
            "of it requests": lambda verb: short(1e6 * verb.costs.requests),
            "linear up to workers": lambda verb: f"{verb.busy:,.0f}",
            "then bound by": lambda verb: verb.narrowest(verb.busy)[0],
        },
    )


def by_stage(verb: Verb) -> Table:
    """Rates, and the workers that each keeps busy."""
    stages = sorted(verb.costs.stages(verb.group(verb.busy)).items(), key=lambda stage: stage[1])
    body = [[name, f"{many:,.0f}", f"{many * verb.worker:,.0f}"] for name, many in stages]
    return Table(["stage", "photographs a second", "workers it keeps busy"], body)


def limit(verb: Verb) -> str:
    """Where it stops being linear, and why."""
    name, most = verb.narrowest(verb.busy)
    data = most * PRICES.photograph / 1e9
    return (
        f"More than {verb.busy:,.0f} workers are no faster: with {verb.group(verb.busy)} "
        f"photographs a task the {name} is at its limit of {most:,.0f} a second, as "
        f"{REASONS[name]}. Workers then read {data:.1f} GB a second. Beyond that, cut the archive "
        "into parts with a manifest each, and run as many batches with a scheduler each."
    )


def by_archive(verb: Verb) -> Table:
    """Hours and USD, by photographs and workers."""

    def cell(pictures: int, workers: int) -> str:
        hours, money = verb.hours(pictures, workers), verb.money(pictures, workers)
        return f"{short(hours)} h, {short(money)}{'' if workers <= verb.busy else ' *'}"

    head = ["photographs", *(f"{workers:,} workers" for workers in CREWS), "manifest"]
    body = [
        [f"{n:,}", *(cell(n, workers) for workers in CREWS), f"{n * verb.costs.row / 1e9:,.3g} GB"]
        for n in ARCHIVES
    ]
    return Table(head, body)


def grows(verb: Verb) -> list[Part]:
    """What the table's marks mean, and what grows with the number of pictures."""
    few, many = verb.costs.memory
    marked = any(workers > verb.busy for workers in CREWS)
    said = (
        f"The client took {few.peak_mb:.0f} MB of memory for {few.pictures:,} files and "
        f"{many.peak_mb:.0f} MB for {many.pictures:,}. What grows is its manifest, on its disk: "
        f"the sizes above are {verb.costs.row:.0f} bytes a picture, computed, not tried."
    )
    return ["\\* More workers than are kept busy." if marked else "", said]
