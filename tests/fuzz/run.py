"""Ten thousand damaged files: what they raise, how long it takes, how much memory it costs.

    python -m tests.fuzz.run --tries 10000 --seconds 600 [--seed 0] [--container-only | --pillow]

Reports the tries by outcome and the peak memory of the process; writes each input that fails to
`runs/fuzz/` and ends with status 1 if there is one, or if memory grew by more than the limit.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from .fuzz_pillow import pillow_input, pillow_seeds
from .fuzz_reader import container_seeds, decodable_seeds, exact_seeds, one_input
from .mutate import mutate

FAILURES = Path("runs/fuzz")
MAX_PEAK_MIB = 300

Target = Callable[[bytes], str]  # any bytes -> the name of what came of them


@dataclass
class Report:
    """What came of the tries: how often each outcome, in how many seconds, at what peak memory.

    `dearest`: the highest cost of a try, in the unit of what `run` measures it by.
    """

    tries: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest_s: float = 0.0
    dearest: int = 0
    peak_mib_before: float = 0.0
    peak_mib: float = 0.0


def peak_mib() -> float:
    """Return the highest resident memory of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def run(
    *,
    tries: int,
    seconds: float = math.inf,
    seed: int = 0,
    decode: bool = True,
    failures: Path | None = None,
    files: tuple[bytes, ...] = (),
    cost: Callable[[Callable[[], None]], int] | None = None,
    target: Target | None = None,
) -> Report:
    """Feed up to `tries` mutations, for at most `seconds`, to the target; each seed in turn.

    The seeds are `files`, by default all there are. `cost` runs a try and says what it cost.
    """
    files = files or container_seeds() + (decodable_seeds() + exact_seeds() if decode else ())
    target = target or partial(one_input, decode=decode)
    for file in files:
        target(file)  # loads what is loaded once
    report = Report(peak_mib_before=peak_mib())
    start = last = time.perf_counter()
    while report.tries < tries and last - start < seconds:
        file = files[report.tries % len(files)]
        data = mutate(file, seed + report.tries)
        attempt = partial(_one_try, report, data, target, failures)
        if cost is None:
            attempt()
        else:
            report.dearest = max(report.dearest, cost(attempt))
        now = time.perf_counter()
        report.slowest_s = max(report.slowest_s, now - last)
        last = now
    report.seconds = last - start
    report.peak_mib = peak_mib()
    return report


def _one_try(report: Report, data: bytes, target: Target, failures: Path | None) -> None:
    try:
        report.outcomes[target(data)] += 1
    except Exception as error:  # noqa: BLE001  what fails is reported, with its input
        report.outcomes[f"FAILED {type(error).__name__}"] += 1
        report.failures.append(f"try {report.tries}: {''.join(traceback.format_exc())}")
        if failures is not None:
            failures.mkdir(parents=True, exist_ok=True)
            (failures / f"{report.tries}.pel").write_bytes(data)
    report.tries += 1


def main() -> int:
    """Run by the command line's options and print the report as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--tries", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--container-only", action="store_true", help="don't decode pictures")
    parser.add_argument("--exact-only", action="store_true", help="start from exact layers alone")
    parser.add_argument("--pillow", action="store_true", help="open them with Pillow")
    parser.add_argument("--max-peak-mib", type=float, default=MAX_PEAK_MIB)
    options = parser.parse_args()
    files = exact_seeds() if options.exact_only else pillow_seeds() if options.pillow else ()
    report = run(
        tries=options.tries,
        seconds=options.seconds,
        seed=options.seed,
        decode=not options.container_only,
        failures=FAILURES,
        files=files,
        target=pillow_input if options.pillow else None,
    )
    shown = {**vars(report), "outcomes": dict(report.outcomes.most_common())}
    sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    return 1 if report.failures or report.peak_mib > options.max_peak_mib else 0


if __name__ == "__main__":
    sys.exit(main())
