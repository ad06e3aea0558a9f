"""Floats that are whole numbers in disguise: the offset and step that give each of them exactly.

Multiples of a power of 2 are found from the bits. Others are fitted over ever more of the values,
and round numbers near what fits are tried: a tenth, a 255th, a step that somebody typed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Lattice = tuple[float, float]  # offset and step

DIGITS = range(1, 13)  # of a decimal step that is tried


def lattice_of(values: Doubles | None, dtype: np.dtype[Any], top: int) -> Lattice | None:
    """(offset, step) that give ascending `values` exactly with numbers 0 .. `top`."""
    if values is None:
        return None
    if values.size < 2:
        return float(values[0]) if values.size else 0.0, 1.0
    for offset, step in chain(binary_lattice(values), guessed_lattices(values, dtype, top)):
        numbers = np.rint((values - offset) / step)
        if numbers[0] >= 0 and numbers[-1] <= top:
            with np.errstate(over="ignore"):
                if np.array_equal((offset + step * numbers).astype(dtype), values):
                    return offset, step
    return None


def binary_lattice(values: Doubles) -> Iterator[Lattice]:
    """The coarsest lattice of whole multiples of a power of 2."""
    mantissa, exponent = np.frexp(values[values != 0])
    whole = (mantissa * 2.0**24).astype(np.int64)  # a float32 has 24 bits
    least = int((exponent - 24 + np.log2((whole & -whole).astype(np.float64)).astype(int)).min())
    if max(abs(values[0]), abs(values[-1])) < 2.0 ** min(least + 62, 1000):
        steps = np.ldexp(values - values[0], -least)
        if steps[-1] < 2.0**62:
            yield float(values[0]), math.ldexp(int(np.gcd.reduce(steps.astype(np.int64))), least)


def guessed_lattices(values: Doubles, dtype: np.dtype[Any], top: int) -> Iterator[Lattice]:
    """Lattices that come near: of the step that fits, and of round steps and fractions near it.

    A step leaves a small range of offsets, or none.
    """
    gaps = np.diff(values)
    if values[-1] - values[0] > 2.0 * top * gaps.min():
        return
    fitted = fit_step(values, float(np.median(gaps[gaps < 1.5 * gaps.min()])))
    if fitted <= 0:
        return
    steps = [fitted, float(np.float32(fitted)), 1 / max(1.0, round(1 / fitted))]
    steps += [float(f"{fitted:.{digits}g}") for digits in DIGITS]
    half = np.spacing(np.abs(values).astype(dtype)).astype(np.float64) / 2
    for step in dict.fromkeys(steps):
        if step > 0:
            left = values - step * np.rint((values - values[0]) / step)
            low, high = float((left - half).max()), float((left + half).min())
            if low <= high:
                yield math.floor(high / step) * step, step  # 0 is one of its values, if it can be
                yield roundest(low, high), step


def roundest(low: float, high: float) -> float:
    """The number of the fewest digits between two."""
    middle = (low + high) / 2
    short = (float(f"{middle:.{digits}g}") for digits in DIGITS)
    return next((number for number in short if low <= number <= high), middle)


def fit_step(values: Doubles, step: float) -> float:
    """A step near `step`, found over ever more of the ascending values."""
    reach, away = 16.0, values - values[0]
    while True:
        near = away[: int(np.searchsorted(away, reach * step, side="right"))]
        numbers = np.rint(near / step)
        if numbers[-1] > 0:
            centred = numbers - numbers.mean()
            step = float(centred @ near / (centred @ centred))
        if near.size == away.size or step <= 0:
            return step
        reach *= 4
