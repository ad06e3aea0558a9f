"""Metrics over a batch of decoded pictures, in two processes.

Scoring is far slower than coding, so it's spread over processes; a batch is scored to its end
before the next picture is timed, so that it never runs beside a timed encoder.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial

from pellucid.errors import InputError
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.peers.base import Rgb

Scores = dict[str, float | None]
Scorer = Callable[[Rgb, Sequence[Rgb]], list[Scores]]


def score(reference: Rgb, decoded: Rgb, names: Sequence[str]) -> Scores:
    """The named metrics, rounded as they're kept; None where the picture is too small for one.

    Raises:
        MissingExtraError: the library of a metric isn't installed.
    """
    scores: Scores = {}
    for name in names:
        metric = METRICS[name]
        try:
            scores[name] = round(metric.function(reference, decoded), metric.decimals)
        except InputError:
            scores[name] = None
    return scores


def _score_share(reference: Rgb, names: Sequence[str], share: Sequence[Rgb]) -> list[Scores]:
    return [score(reference, decoded, names) for decoded in share]


@contextmanager
def scorer(names: Sequence[str], processes: int = 2) -> Iterator[Scorer]:
    """Scores of pictures beside a reference, in order; by workers or, if they are 0, right here."""
    if not processes:
        yield lambda reference, decoded: _score_share(reference, names, decoded)
        return
    context = multiprocessing.get_context("spawn")  # forking would copy codec threads
    with ProcessPoolExecutor(processes, mp_context=context) as pool:

        def scored(reference: Rgb, decoded: Sequence[Rgb]) -> list[Scores]:
            # worker k takes every k-th picture; each prepares the reference once
            shares = [decoded[k::processes] for k in range(processes)]
            found = [*pool.map(partial(_score_share, reference, names), shares)]
            return [found[i % processes][i // processes] for i in range(len(decoded))]

        yield scored
