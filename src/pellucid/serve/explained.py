"""An explanation as an answer: a page for people, figures as JSON, or arrays as NumPy's .npz."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid.explaining.page import page_of

LISTED = 64  # numbers of an array, up to which JSON has them


def write_explanation(found: pellucid.Explanation, answer: Path) -> None:
    """Write it in the format of the suffix: .html, .json or .npz."""
    if answer.suffix == ".html":
        text = page_of(found, "Explanation", pellucid.__version__)
        answer.write_text(text, "utf-8", "replace")
    elif answer.suffix == ".json":
        answer.write_text(json.dumps(figures(found), allow_nan=False), "utf-8")
    else:
        with answer.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **dict(arrays(found)))


def figures(value: Any) -> Any:
    """What JSON can hold of a result: short arrays as lists, of others the shape, no NaN."""
    if is_dataclass(value):
        return {field.name: figures(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        return value.tolist() if value.size <= LISTED else {"shape": list(value.shape)}
    if isinstance(value, dict):
        return {str(name): figures(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [figures(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def arrays(value: Any, name: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """All arrays of a result, each by the names that lead to it, with dots between."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from arrays(getattr(value, field.name), f"{name}.{field.name}".lstrip("."))
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from arrays(one, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from arrays(one, f"{name}.{number}")
