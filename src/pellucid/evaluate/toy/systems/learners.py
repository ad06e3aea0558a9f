"""Random forest and support vectors behind one face: (N, F) features -> (N,) numbers.

Both learn in rounds while there is time: the forest some trees a round, the support vectors anew
on twice as many samples, until the next doubling would take longer than what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require
from pellucid.evaluate.toy.systems.base import Budget, Clock

Features = NDArray[np.floating]  # (N, F)
Values = NDArray[np.floating]  # (N,)

FOREST_SAMPLES, TREES, TREES_A_ROUND = 60_000, 40, 5
FIRST_VECTORS, VECTOR_ROUNDS = 250, 4  # so at most 2000, as each costs time at every sample
WIDTH = 0.05  # the kernel's gamma times features; 0.2 and 1 were worse on CIFAR-10's patches
GROWTH = 6.0  # of the time for twice as many samples; between square and cube


class Learner(Protocol):
    """A regressor. `most` is how many samples are worth giving it."""

    name: str
    most: int

    @property
    def version(self) -> str:
        """Library and fixed options."""

    def fit(self, features: Features, values: Values, budget: Budget) -> str:
        """Learn; says from how much."""

    def predict(self, features: Features) -> NDArray[np.float64]:
        """(N,) guesses, the same every time."""

    @property
    def model_bytes(self) -> int:
        """What it keeps, in memory."""


@dataclass
class Forest:
    """scikit-learn's random forest; prediction in one thread, so that sums have one order."""

    library: Any
    sklearn: Any
    threads: int
    name: str = "forest"
    most: int = FOREST_SAMPLES
    model: Any = None

    @property
    def version(self) -> str:
        return f"scikit-learn {self.sklearn.__version__}, at most {TREES} trees, leaves of 5"

    def fit(self, features: Features, values: Values, budget: Budget) -> str:
        clock = Clock()
        self.model = self.library.RandomForestRegressor(
            n_estimators=0,
            warm_start=True,
            min_samples_leaf=5,
            max_features=1 / 3,
            n_jobs=self.threads,
            random_state=budget.seed,
        )
        rounds = 0
        while rounds < budget.ceiling(TREES // TREES_A_ROUND) and (
            not rounds or clock.seconds < budget.seconds
        ):
            rounds += 1
            self.model.set_params(n_estimators=rounds * TREES_A_ROUND)
            self.model.fit(features, values)
        self.model.set_params(n_jobs=1)
        return f"{rounds * TREES_A_ROUND} trees on {len(values)} samples"

    def predict(self, features: Features) -> NDArray[np.float64]:
        return np.asarray(self.model.predict(features), np.float64)

    @property
    def model_bytes(self) -> int:
        return int(
            sum(tree.tree_.__getstate__()["nodes"].nbytes for tree in self.model.estimators_)
        )


@dataclass
class Vectors:
    """scikit-learn's support vector regression with a Gaussian kernel; one thread."""

    library: Any
    sklearn: Any
    scaling: Callable[[], Any]
    name: str = "svr"
    most: int = FIRST_VECTORS << (VECTOR_ROUNDS - 1)
    model: Any = None
    scaler: Any = None
    unit: float = 1.0

    @property
    def version(self) -> str:
        options = f"RBF kernel, gamma {WIDTH:g} / features, C 1, at most {self.most} samples"
        return f"scikit-learn {self.sklearn.__version__}, {options}"

    def fit(self, features: Features, values: Values, budget: Budget) -> str:
        clock = Clock()
        self.scaler = self.scaling().fit(features)
        self.unit = max(float(np.std(values)), 1e-6)
        scaled, targets = self.scaler.transform(features), values / self.unit
        used, last, before = 0, 0.0, clock.seconds
        for turn in range(budget.ceiling(VECTOR_ROUNDS)):
            if used == len(values) or (used and before + GROWTH * last > budget.seconds):
                break
            used = min(FIRST_VECTORS << turn, len(values))
            self.model = self.library.SVR(C=1.0, epsilon=0.1, gamma=WIDTH / features.shape[1])
            self.model.fit(scaled[:used], targets[:used])
            last, before = clock.seconds - before, clock.seconds
        return f"{used} samples, {len(self.model.support_)} support vectors"

    def predict(self, features: Features) -> NDArray[np.float64]:
        guesses = self.model.predict(self.scaler.transform(features))
        return np.asarray(guesses, np.float64) * self.unit

    @property
    def model_bytes(self) -> int:
        return int(self.model.support_vectors_.nbytes + self.model.dual_coef_.nbytes)


def make_forest(threads: int) -> Learner:
    """The forest, which learns with `threads` threads; MissingExtraError without scikit-learn."""
    return Forest(require("sklearn.ensemble", "scikit-learn"), require("sklearn"), threads)


def make_vectors(_threads: int) -> Learner:
    """The support vectors; MissingExtraError without scikit-learn."""
    scaling = require("sklearn.preprocessing", "scikit-learn").StandardScaler
    return Vectors(require("sklearn.svm", "scikit-learn"), require("sklearn"), scaling)
