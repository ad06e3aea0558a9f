"""A recipe: everything about a training run that isn't the data or the machine.

A TOML file under `recipes/` holds only what differs from the defaults here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pellucid.errors import InputError, OptionError
from pellucid.nets.codec import CodecShape


@dataclass(frozen=True)
class CodecRecipe:
    """Settings of one codec's training.

    Attributes:
        name: of the model; the export goes to `models/<name>`.
        low_lambda, high_lambda: weight of the distortion at quality 0 and 100, for pixels in
            0-255 and bits per pixel.
        balance: the loss of a sample is divided by lambda^balance, which evens out the pull of
            high and low rates.
        patch, batch: side and number of crops of a step; `last_patch` replaces `patch` for the
            last `last_part` of the time, with as many fewer crops.
        linear_rate: learning rate of the layers started from principal components, relative.
    """

    name: str
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
        OptionError: an unknown key, or no name.
    """
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"the recipe {path} can't be read: {error}") from error
    if not isinstance(table.get("name"), str):
        raise OptionError(f'{path} has no name; add a line such as name = "m"')
    shape = checked(CodecShape, table.pop("shape", {}), path)
    return CodecRecipe(shape=CodecShape(**shape), **checked(CodecRecipe, table, path))


def checked(kind: type, table: dict[str, Any], path: Path) -> dict[str, Any]:
    """`table`, if all its keys are fields of the dataclass `kind`."""
    known = {f.name for f in fields(kind)}
    for key in table:
        if key not in known:
            raise OptionError(f"{path}: unknown key {key!r}; known: {', '.join(sorted(known))}")
    return table
