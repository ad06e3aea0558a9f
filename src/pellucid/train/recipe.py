"""A recipe: everything about a training run that isn't the data or the machine.

A TOML file under `recipes/` holds only what differs from the defaults here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pellucid.errors import InputError, OptionError
from pellucid.nets.codec import CodecShape

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class CodecRecipe:
    """Settings of one codec's training.

    Attributes:
        name: of the model, and so of the folder that it is exported to.
        data: what it is trained on, in words, for the model card.
        low_lambda, high_lambda: weight of the distortion at quality 0 and 100, for pixels in
            0-255 and bits per pixel.
        balance: the loss of a sample is divided by lambda^balance, which evens out the pull of
            high and low rates.
        patch, batch: side and number of crops of a step; `last_patch` replaces `patch` for the
            last `last_part` of the time, with as many fewer crops.
        linear_rate: learning rate of the layers started from principal components, relative.
    """

    name: str
    data: str = "not stated"
    shape: CodecShape = field(default_factory=CodecShape)
    low_lambda: float = 0.0002
    high_lambda: float = 0.25
    balance: float = 0.5
    patch: int = 128
    batch: int = 8
    last_patch: int = 192
    last_part: float = 0.15
    rate: float = 1e-3
    linear_rate: float = 0.1
    warmup: float = 0.02
    ema: float = 0.999
    clip: float = 1.0
    seed: int = 1


def load_recipe(path: Path) -> CodecRecipe:
    """Read a recipe.

    Raises:
        InputError: the file can't be read or isn't TOML.
        OptionError: an unknown key, a value of the wrong kind, or no plain name.
    """
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"the recipe {path} can't be read: {error}") from error
    if not isinstance(table.get("name"), str):
        raise OptionError(f'{path} has no name; add a line such as name = "m"')
    if not NAME.fullmatch(table["name"]):
        raise OptionError(
            f"{path}: the name {table['name']!r} must be a plain one: letters, digits, - and _"
        )
    shape = checked(CodecShape, table.pop("shape", {}), path)
    return CodecRecipe(shape=CodecShape(**shape), **checked(CodecRecipe, table, path))


def checked(kind: type, table: Any, path: Path) -> dict[str, Any]:
    """`table`, if it sets fields of the dataclass `kind` to values like their defaults."""
    if not isinstance(table, dict):
        raise OptionError(f"{path}: {table!r} stands where a table must")
    known = {field.name: field.default for field in fields(kind)}
    for key, value in table.items():
        if key not in known:
            raise OptionError(f"{path}: unknown key {key!r}; known: {', '.join(sorted(known))}")
        if key == "name":  # checked on its own, and has no default
            continue
        wanted = (int, float) if isinstance(known[key], float) else type(known[key])
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise OptionError(f"{path}: {key} is {value!r}; it must be like {known[key]!r}")
    return table
