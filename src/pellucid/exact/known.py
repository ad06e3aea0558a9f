"""What is known around each sample of a pass, as numbers for its predictor and its scale.

base     the mean of the four nearest samples, rounded
terms     differences of all known samples from it; and for each reference plane, which is whole
          already, those of its samples from their own mean
texture    how far these differ, and how far off the reference planes were predicted here
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.exact.lattice import CENTRE, CROSS, Offsets, Pass, Plane, count, padded, shifted

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
NEAREST = 4


@dataclass(frozen=True)
class Reference:
    """A plane as it is known: its samples, and by how much the prediction of each was off.

    Planes that are whole are kept in float32, which holds their numbers too, to save memory.

    In a plane that is being coded, samples not known yet are copies of others, and their errors 0.
    """

    samples: Plane
    missed: Plane


@dataclass(frozen=True)
class Known:
    """All are whole numbers, one column a sample of the pass.

    Attributes:
        base: (n,).
        terms: (t, n).
        texture: (u, n); the last row is 1.
        activity: (n,) how restless the surroundings are, which decides the class.
    """

    base: Vector
    terms: Matrix
    texture: Matrix
    activity: Vector

    def of(self, chosen: NDArray[np.intp]) -> Known:
        """The same of some of the samples."""
        return Known(
            self.base[chosen],
            self.terms[:, chosen],
            self.texture[:, chosen],
            self.activity[chosen],
        )


def known_around(around: Reference, references: Sequence[Reference], step: Pass) -> Known:
    """For a pass over the level of a plane, `around`, of which it knows what it may look at."""
    shape = around.samples.shape
    base, own = differences(padded(around.samples), step, step.own, shape, slice(0, NEAREST))
    missed = neighbours(padded(around.missed), step, step.own, shape)
    apart = np.abs(own)
    near, far = apart[:NEAREST].sum(axis=0), missed.sum(axis=0)
    terms = [own]
    texture = [near, apart.sum(axis=0), missed[:NEAREST].sum(axis=0), far]
    activity = near + 2 * far
    for number, reference in enumerate(references):
        nearest = slice(1, 1 + NEAREST)
        _, other = differences(padded(reference.samples), step, step.other, shape, nearest)
        missed = neighbours(padded(reference.missed), step, CENTRE + CROSS, shape)
        total = missed.sum(axis=0)
        terms.append(other)
        texture += [missed[0], total, np.abs(other[0])]
        if number == 0:
            activity += 2 * total
    texture.append(np.ones(len(base)))
    return Known(base, np.concatenate(terms), np.stack(texture), activity)


def differences(
    around: Plane, step: Pass, offsets: Offsets, shape: tuple[int, int], nearest: slice
) -> tuple[Vector, Matrix]:
    """(rounded mean of the `nearest`, all less it)."""
    samples = neighbours(around, step, offsets, shape)
    base = np.floor((samples[nearest].sum(axis=0) + NEAREST // 2) / NEAREST)
    samples -= base
    return base, samples


def neighbours(around: Plane, step: Pass, offsets: Offsets, shape: tuple[int, int]) -> Matrix:
    """(len(offsets), n): the samples at `offsets` from each of the pass's."""
    rows, columns = count(shape, step)
    out = np.empty((len(offsets), rows, columns))
    for number, offset in enumerate(offsets):
        out[number] = shifted(around, step, offset, shape)
    return out.reshape(len(offsets), rows * columns)
