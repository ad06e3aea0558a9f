"""Random forest and support vectors of scikit-learn: (N, F) features -> (N,) numbers.

Both learn in rounds while there is time: the forest some trees a round, the support vectors anew
on twice as many samples, until the next doubling would take longer than what is left. Without
scikit-learn they raise MissingExtraError.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import using
from pellucid.evaluate.peers.toy_base import Budget, Pictures

Features = NDArray[np.floating]  # (N, F)
Values = NDArray[np.floating]  # (N,)
Around = Callable[[Pictures, np.random.Generator], tuple[Features, Values]]

A_PICTURE = 10  # samples of each, at least
FOREST_SAMPLES, TREES, TREES_A_ROUND = 60_000, 40, 5
FIRST_VECTORS, VECTOR_ROUNDS = 250, 4  # so at most 2000, as each costs time at every sample
MOST_VECTORS = FIRST_VECTORS << (VECTOR_ROUNDS - 1)
WIDTH = 0.05  # the kernel's gamma times features; 0.2 and 1 were worse on CIFAR-10's patches
GROWTH = 6.0  # of the time for twice as many samples; between square and cube


@dataclass(frozen=True)
class Fitted:
    """What was learnt, from what and how large; `predict` gives the same every time."""

    predict: Callable[[Features], Values]
    learnt: str
    size: int


@dataclass(frozen=True)
class Learner:
    """A regressor. `most` is how many samples are worth giving it."""

    version: str
    threading: str
    most: int
    fit: Callable[[Features, Values, Budget], Fitted]

    def learn(self, pictures: Pictures, around: Around, budget: Budget) -> Fitted:
        """Fit on samples drawn evenly from pictures, mixed.

        Args:
            around: a picture to (N, F) features and (N,) what to guess.
        """
        draw = np.random.default_rng(budget.seed)
        few = pictures[: -(-self.most // A_PICTURE)]
        parts = []
        for picture in few:
            features, values = around(picture, draw)
            chosen = draw.permutation(len(values))[: -(-self.most // len(few))]
            parts.append((features[chosen], values[chosen]))
        features, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        mixed = draw.permutation(len(values))[: self.most]
        fitted = self.fit(features[mixed], values[mixed], budget)
        return replace(fitted, learnt=f"{fitted.learnt} of {len(few)} pictures")


def forest(threads: int) -> Learner:
    """Learns with `threads` threads and predicts with one, so that sums have one order."""
    ensemble, library = require("sklearn.ensemble", "scikit-learn"), require("sklearn")

    def fit(features: Features, values: Values, budget: Budget) -> Fitted:
        model = ensemble.RandomForestRegressor(
            n_estimators=0,
            warm_start=True,
            min_samples_leaf=5,
            max_features=1 / 3,
            n_jobs=threads,
            random_state=budget.seed,
        )
        for turn in budget.turns(TREES // TREES_A_ROUND):
            model.set_params(n_estimators=TREES_A_ROUND * (turn + 1)).fit(features, values)
        model.set_params(n_jobs=1)
        size = sum(tree.tree_.__getstate__()["nodes"].nbytes for tree in model.estimators_)
        learnt = f"{len(model.estimators_)} trees on {len(values)} samples"
        return Fitted(model.predict, learnt, int(size))

    version = f"scikit-learn {library.__version__}, at most {TREES} trees, leaves of 5"
    return Learner(version, f"{using(threads)} to learn, one to run", FOREST_SAMPLES, fit)


def vectors(_threads: int) -> Learner:
    """Support vector regression with a Gaussian kernel."""
    scaling = require("sklearn.preprocessing", "scikit-learn").StandardScaler
    svm, library = require("sklearn.svm", "scikit-learn"), require("sklearn")

    def fit(features: Features, values: Values, budget: Budget) -> Fitted:
        scaler, unit = scaling().fit(features), max(float(np.std(values)), 1e-6)
        scaled, targets = scaler.transform(features), values / unit
        model: Any = None
        used, last, start = 0, 0.0, time.perf_counter()
        for turn in budget.turns(VECTOR_ROUNDS):
            begin = time.perf_counter()
            if used == len(values) or (used and begin - start + GROWTH * last > budget.seconds):
                break
            used = min(FIRST_VECTORS << turn, len(values))
            model = svm.SVR(C=1.0, epsilon=0.1, gamma=WIDTH / features.shape[1])
            model.fit(scaled[:used], targets[:used])
            last = time.perf_counter() - begin
        learnt = f"{used} samples, {len(model.support_)} support vectors"
        size = int(model.support_vectors_.nbytes + model.dual_coef_.nbytes)
        return Fitted(lambda found: model.predict(scaler.transform(found)) * unit, learnt, size)

    options = f"RBF kernel, gamma {WIDTH:g} / features, C 1, at most {MOST_VECTORS} samples"
    version = f"scikit-learn {library.__version__}, {options}"
    return Learner(version, "one thread", MOST_VECTORS, fit)


LEARNERS = {"forest": forest, "svr": vectors}
