"""Which earlier planes an encoder predicts a plane from: those that change where it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolEncoder
from pellucid.exact.known import Reference, Vector
from pellucid.exact.tables import ExactTables

Choice = TypeVar("Choice")
MOST_REFERENCES = 2
LOOKED_BACK = 16  # planes that are tried as references
ALIKE = 0.2  # correlation of two planes' differences from which one helps with the other


def shortest(
    options: Sequence[Choice],
    put: Callable[[SymbolEncoder, Choice], Reference],
    tables: ExactTables,
    worth: Callable[[Choice], float] = lambda _: 1.0,
) -> Choice:
    """The way of putting a plane that takes the fewest bytes, the first of equal ones.

    One that is `worth` 0.97 is taken if it has less than 97 % of the bytes of others.
    """
    if len(options) == 1:
        return options[0]

    def size(choice: Choice) -> float:
        encoder = SymbolEncoder(tables)
        put(encoder, choice)
        return len(encoder.finish()) / worth(choice)

    return min(options, key=size)


def references_for(
    number: int, plane: NDArray[np.int64], others: dict[int, NDArray[Any]], guide: int
) -> list[Sequence[int]]:
    """References worth a try: those most alike, and for a picture with a guide also without it."""
    found = alike(plane, others)
    if number < guide or not guide:
        return [found]
    own = {n: part for n, part in others.items() if n >= guide}
    alone = alike(plane, own) if own else []
    change = across(plane)
    near = list(others)[:guide][-LOOKED_BACK:]
    best = max(near, key=lambda n: likeness(change, across(others[n])))
    options = (found, alone, [*alone[:1], best], [best])
    return [list(option) for option in dict.fromkeys(map(tuple, options))]


def alike(plane: NDArray[np.int64], others: dict[int, NDArray[Any]]) -> Sequence[int]:
    """The planes of `others` that predict `plane` best, two at most."""
    if plane.shape[1] < 3:
        return list(others)[-MOST_REFERENCES:]
    change = across(plane)
    if not change.any():
        return []
    near = list(others)[-LOOKED_BACK:]
    found = {number: likeness(change, across(others[number])) for number in near}
    best = sorted(found, key=lambda n: -found[n])[:MOST_REFERENCES]
    return [number for number in best if found[number] >= ALIKE]


def across(plane: NDArray[Any]) -> Vector:
    """Differences of neighbours in a row, flat."""
    return np.diff(plane.astype(np.float64), axis=1).ravel()


def likeness(one: Vector, other: Vector) -> float:
    """Size of the correlation of two planes' differences."""
    power = float(one @ one) * float(other @ other)
    return abs(float(one @ other)) / power**0.5 if power else 0.0
