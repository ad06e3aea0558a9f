"""A recipe: everything about a training run that isn't the data or the machine.

A TOML file under `recipes/` holds only what differs from the defaults here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from pellucid.errors import OptionError, refusing, require
from pellucid.nets.codec import CodecShape
from pellucid.nets.denoiser import DenoiserShape
from pellucid.train.data import TILE
from pellucid.train.degrade import Mixture

OBJECTIVES = ("mse", "eye")
ANALYSIS_OBJECTIVES = ("latents", "rate")
MULTIPLE = 64  # of the sides that a codec takes
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class TrainingRecipe:
    """What every training has.

    Attributes:
        name: of the model, and so of the folder that it is exported to.
        data: what it is trained on, in words, for the model card.
        patch, batch: side and number of crops of a step; `last_patch` replaces `patch` for the
            last `last_part` of the time, with as many fewer crops.
        rate: highest learning rate.
        warmup: part of the time until it is reached.
        ema: decay of the moving average of the weights.
        clip: largest norm of the gradients.
    """

    prefix: ClassVar[str] = ""
    name: str
    data: str = "not stated"
    patch: int = 128
    batch: int = 8
    last_patch: int = 192
    last_part: float = 0.15
    rate: float = 1e-3
    warmup: float = 0.02
    ema: float = 0.999
    clip: float = 1.0
    seed: int = 1

    @property
    def label(self) -> str:
        """Name of the model's folder and checkpoint."""
        return self.prefix + self.name

    def check_crops(self, multiple: int) -> None:
        """Raise OptionError unless a step's crops can be cut from tiles and go through the net."""
        require(self.batch >= 1, "batch", self.batch, "1 or more")
        what = f"a multiple of {multiple} and {TILE} at most"
        for name, side in (("patch", self.patch), ("last_patch", self.last_patch)):
            require(0 < side <= TILE and not side % multiple, name, side, what)


@dataclass(frozen=True)
class CodecRecipe(TrainingRecipe):
    """Settings of one codec's training.

    Attributes:
        low_lambda, high_lambda: weight of the distortion at quality 0 and 100, for pixels in
            0-255 and bits per pixel.
        linear_rate: learning rate of the layers started from principal components, relative.
        objective: the distortion, `mse` or `eye` (`pellucid.train.codec_trainer`).
        eye: of `eye`, the weight of what people see; 0 to 1.
    """

    shape: CodecShape = field(default_factory=CodecShape)
    low_lambda: float = 0.0002
    high_lambda: float = 0.25
    linear_rate: float = 0.1
    objective: str = "mse"
    eye: float = 0.7

    def __post_init__(self) -> None:
        known = f"one of {', '.join(OBJECTIVES)}"
        require(self.objective in OBJECTIVES, "objective", self.objective, known)
        require(0 <= self.eye <= 1, "eye", self.eye, "a weight from 0 to 1")
        self.check_crops(MULTIPLE)


@dataclass(frozen=True)
class DenoiserRecipe(TrainingRecipe):
    """Settings of one denoiser's training.

    Attributes:
        texture: part of the training tiles that is used, those with the most detail.
        bfloat16: convolutions in half the bits, where the hardware is faster so.
        rate: of Muon, for all layers but the last.
        last_rate: highest learning rate of Adam, for the last layer.
    """

    prefix: ClassVar[str] = "denoise-"
    shape: DenoiserShape = field(default_factory=DenoiserShape)
    mixture: Mixture = field(default_factory=Mixture)
    texture: float = 0.7
    bfloat16: bool = True
    patch: int = 64
    batch: int = 16
    last_patch: int = 96
    last_part: float = 0.2
    rate: float = 1e-2
    last_rate: float = 8e-3

    def __post_init__(self) -> None:
        self.check_crops(self.shape.multiple)


@dataclass(frozen=True)
class AnalysisRecipe(TrainingRecipe):
    """Settings of the training of a denoising analysis.

    Attributes:
        codec: it is for: an installed model's name or a model's folder.
        cleaning: blocks in front of those of the codec's analysis.
        objective: `latents` or `rate` (`pellucid.train.analysis_trainer`).
        known_rate: learning rate of the layers that come from the codec, relative.
    """

    prefix: ClassVar[str] = "analysis-"
    codec: str = "m"
    cleaning: int = 4
    mixture: Mixture = field(default_factory=Mixture)
    objective: str = "rate"
    known_rate: float = 0.3

    def __post_init__(self) -> None:
        known = f"one of {', '.join(ANALYSIS_OBJECTIVES)}"
        require(self.objective in ANALYSIS_OBJECTIVES, "objective", self.objective, known)
        require(self.cleaning >= 0, "cleaning", self.cleaning, "0 or more")
        self.check_crops(MULTIPLE)

    @property
    def shape(self) -> AnalysisShape:
        """What a checkpoint must have in common with the recipe."""
        return AnalysisShape(self.codec, self.cleaning)


@dataclass(frozen=True)
class AnalysisShape:
    """Of which codec an analysis is, and its blocks beyond that."""

    codec: str
    cleaning: int


Recipe = CodecRecipe | DenoiserRecipe | AnalysisRecipe
KINDS: dict[str, type[Recipe]] = {
    "codec": CodecRecipe,
    "denoiser": DenoiserRecipe,
    "analysis": AnalysisRecipe,
}


def load_recipe(path: Path) -> Recipe:
    """Read a recipe; its `kind` is `codec` if it names none.

    Raises:
        InputError: the file can't be read or isn't TOML.
        OptionError: an unknown key, a value of the wrong kind, or no plain name.
    """
    table = read_table(path)
    if not isinstance(table.get("name"), str):
        raise OptionError(f'{path} has no name; add a line such as name = "m"')
    if not NAME.fullmatch(table["name"]):
        raise OptionError(
            f"{path}: the name {table['name']!r} must be a plain one: letters, digits, - and _"
        )
    kind = KINDS.get(table.pop("kind", "codec"))
    if kind is None:
        raise OptionError(f"{path}: the kind must be one of {', '.join(KINDS)}")
    recipe: Recipe = made_from(kind, table, path)
    return recipe


def read_table(path: Path) -> dict[str, Any]:
    """A TOML file; InputError if it can't be read."""
    with refusing(f"the file {path} can't be read"):
        return tomllib.loads(path.read_text("utf-8"))


def made_from(kind: Any, table: Any, path: Path) -> Any:
    """The dataclass `kind` of a table that gives fields values like their defaults.

    A field without a default is a recipe's name, which is checked elsewhere.
    """
    if not isinstance(table, dict):
        raise OptionError(f"{path}: {table!r} stands where a table must")
    known = {field.name: field for field in fields(kind)}
    values = {}
    for key, value in table.items():
        if key not in known:
            raise OptionError(f"{path}: unknown key {key!r}; known: {', '.join(sorted(known))}")
        default, part = known[key].default, known[key].default_factory
        if isinstance(part, type):
            values[key] = made_from(part, value, path)
        else:
            fine = default is MISSING or alike(value, default)
            require(fine, f"{path}: {key}", value, f"like {default!r}")
            values[key] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


def alike(value: Any, default: Any) -> bool:
    """Whether a value from TOML is of the kind of a default."""
    if isinstance(default, tuple):
        return isinstance(value, list) and all(alike(item, default[0]) for item in value)
    return type(value) is type(default) or (type(value), type(default)) == (int, float)
