"""Numbers as the page shows them, and the unit that samples are counted in."""

from __future__ import annotations

from typing import Any

import numpy as np

MINUS = "\N{MINUS SIGN}"
FULL = {"uint8": "of 255", "uint16": "of 65,535"}


def number(value: float, digits: int = 3) -> str:
    """So many digits that count, with an exponent only for the very small and very large."""
    text = f"{abs(value):.{digits}g}"
    if "e" in text and 1 <= abs(value) < 1e7:
        text = f"{float(text):,.0f}"
    return (MINUS if value < 0 else "") + text


def signed(value: float) -> str:
    """Three places and a sign, none for 0."""
    text = f"{value:+.3f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def percent(part: float, places: int = 1) -> str:
    """A part of 1 as a percentage."""
    return f"{100 * part:.{places}f} %"


def unit_of(dtype: np.dtype[Any]) -> str:
    """What is said after a value of samples: of how many, or that it is in their own unit."""
    return FULL.get(dtype.name, "in the samples' unit")
