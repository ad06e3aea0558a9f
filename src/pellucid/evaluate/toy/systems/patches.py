"""A denoiser around a learned guess: the clean sample in the middle of a noisy patch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pellucid.evaluate.toy.systems.base import Budget, Pictures, Samples, Training
from pellucid.evaluate.toy.systems.learners import Learner, make_forest, make_vectors

SIDE, OTHER_SIDE = 5, 3  # of the patch, and of those in the other colours
A_PICTURE = 10  # samples of each, at least

Features = NDArray[np.float32]


@dataclass
class PatchCleaner:
    """A `Cleaner` around a `Learner`; one for all colours, each patch with its own in front."""

    learner: Learner
    trained: bool = True

    @property
    def name(self) -> str:
        return self.learner.name

    @property
    def version(self) -> str:
        return f"{self.learner.version}, patches of {SIDE}x{SIDE}"

    def train(self, pictures: Pictures, sigma: float, budget: Budget) -> Training:
        draw = np.random.default_rng(budget.seed)
        few = pictures[: -(-self.learner.most // A_PICTURE)]
        features, values = [], []
        for picture in few:
            clean = picture.astype(np.float32)
            noise = draw.standard_normal(clean.shape, np.float32)
            around, mean = patches_of(clean + np.float32(sigma) * noise)
            chosen = draw.permutation(len(mean))[: -(-self.learner.most // len(few))]
            wanted = clean.transpose(2, 0, 1).ravel() - mean
            features.append(around[chosen])
            values.append(wanted[chosen])
        mixed = draw.permutation(sum(map(len, values)))[: self.learner.most]
        what = self.learner.fit(
            np.concatenate(features)[mixed], np.concatenate(values)[mixed], budget
        )
        return Training(f"{what} of {len(few)} pictures", self.learner.model_bytes)

    def denoise(self, noisy: Samples, _sigma: float) -> Samples:
        height, width, channels = noisy.shape
        features, mean = patches_of(noisy)
        clean = (mean + self.learner.predict(features)).astype(np.float32)
        return clean.reshape(channels, height, width).transpose(1, 2, 0)


def patches_of(noisy: Samples) -> tuple[Features, NDArray[np.float32]]:
    """Patches of (H, W, C) samples, one colour after the other.

    Returns:
        (C * H * W, F) features: the patch less its mean, those of the other colours less theirs,
        and the mean; and (C * H * W,) these means.
    """
    channels = noisy.shape[2]
    wide = [_around(noisy[..., channel], SIDE) for channel in range(channels)]
    means = [patch.mean(axis=1, keepdims=True) for patch in wide]
    thin = [_around(noisy[..., channel], OTHER_SIDE) for channel in range(channels)]
    rows = []
    for channel in range(channels):
        others = [(channel + turn) % channels for turn in range(1, channels)]
        rows.append(
            np.hstack(
                [
                    wide[channel] - means[channel],
                    *(thin[other] - means[other] for other in others),
                    means[channel] / 4,
                ]
            )
        )
    return np.concatenate(rows), np.concatenate(means)[:, 0]


def make_forest_cleaner(threads: int) -> PatchCleaner:
    """The denoiser with a random forest."""
    return PatchCleaner(make_forest(threads))


def make_svr_cleaner(threads: int) -> PatchCleaner:
    """The denoiser with support vectors."""
    return PatchCleaner(make_vectors(threads))


def _around(plane: NDArray[np.float32], side: int) -> Features:
    """(H, W) to (H * W, side * side), mirrored at the edges."""
    padded = np.pad(plane, side // 2, "reflect")
    return sliding_window_view(padded, (side, side)).reshape(plane.size, side * side)
