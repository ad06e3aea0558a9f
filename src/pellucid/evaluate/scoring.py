"""Metrics over a batch of decoded pictures, in two processes.

Scoring is far slower than coding, so it's spread over processes; a batch is scored to its end
before the next picture is timed, so that it never runs beside a timed encoder.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from types import TracebackType
from typing import Self

from pellucid.errors import InputError
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.peers.base import Rgb

Scores = dict[str, float | None]


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


def _score_share(reference: Rgb, share: list[Rgb], names: Sequence[str]) -> list[Scores]:
    return [score(reference, decoded, names) for decoded in share]


class Scorer:
    """Scores batches in `processes` workers, or in this process if that's 0."""

    def __init__(self, names: Sequence[str], processes: int = 2) -> None:
        self._names = tuple(names)
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._processes:
            context = multiprocessing.get_context("spawn")  # forking would copy codec threads
            self._pool = ProcessPoolExecutor(self._processes, mp_context=context)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def __call__(self, reference: Rgb, decoded: Sequence[Rgb]) -> list[Scores]:
        """Scores of each decoded picture, in order."""
        if not self._pool:
            return _score_share(reference, list(decoded), self._names)
        # worker k takes every k-th picture; each prepares the reference once
        count = self._processes
        shares = [list(decoded[k::count]) for k in range(count)]
        jobs = [self._pool.submit(_score_share, reference, s, self._names) for s in shares]
        results = [job.result() for job in jobs]
        return [results[i % count][i // count] for i in range(len(decoded))]
