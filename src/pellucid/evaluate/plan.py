"""What a bench is told: fields that say what the command line offers and what is in range.

A field that is an option has the type `Annotated[T, Option("Its help.")]`; T is `str`, `int`,
`float`, `bool` or `Path`, one of these or None, or a tuple of any number of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from inspect import get_annotations
from operator import ge, gt, le
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar, get_args, get_origin, get_type_hints

from pellucid.errors import OptionError

P = TypeVar("P", bound="BasePlan")

FIRST = ("data", "out")  # in the help of every bench
PARTS = "Benches to run, comma between; a quick run takes those of them that are quick."
ENDS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("least", "at least", ge),
    ("over", "more than", gt),
    ("most", "at most", le),
)


@dataclass(frozen=True)
class Option:
    """An option of a bench.

    Attributes:
        help: one sentence or two.
        flag: if it isn't that of the field's name; without dashes.
        least, most, over: range of numbers; `over` itself is outside.
        choices: the words that there are.
        each: given more than once; other tuples are written with commas between.
        name, kind, many, default: of the field; type of one value, whether there may be several;
            the default is MISSING if it must be given.
    """

    help: str
    flag: str = ""
    least: float | None = None
    most: float | None = None
    over: float | None = None
    choices: Sequence[str] = ()
    each: bool = False
    name: str = ""
    kind: type = str
    many: bool = False
    default: Any = None

    @property
    def word(self) -> str:
        """The flag on the command line."""
        return "--" + (self.flag or self.name).replace("_", "-")

    def check(self, value: Any) -> None:
        """OptionError for a value, or one of several, that is out of range or no choice."""
        if self.many and self.kind in (int, float) and self.default and not value:
            shown = ",".join(f"{one:g}" for one in self.default)
            raise OptionError(f"no {self.name}; give some, such as {self.word} {shown}")
        ends = [(words, getattr(self, name), within) for name, words, within in ENDS]
        ends = [end for end in ends if end[1] is not None]
        for one in value if self.many else [value] if value is not None else []:
            if self.choices and one not in self.choices:
                what, there = self.name.removesuffix("s"), ", ".join(self.choices)
                raise OptionError(f"no {what} called {one!r}; there are: {there}")
            if not all(within(one, end) for _, end, within in ends):
                wanted = " and ".join(f"{words} {end:g}" for words, end, _ in ends)
                raise OptionError(f"{self.name} must be {wanted}, got {one:g}")


def options_of(plan: type[BasePlan | Request]) -> list[Option]:
    """The options of a plan: data and out, its own, and those of every bench."""
    types = get_type_hints(plan, include_extras=True)
    defaults = {field.name: field.default for field in fields(plan)}
    order = [*FIRST, *(name for one in plan.__mro__ for name in get_annotations(one))]
    found = []
    for name in dict.fromkeys(order):
        for option in getattr(types.get(name), "__metadata__", ()):
            hint = types[name].__origin__
            kind, *_ = get_args(hint) or (hint,)  # of a tuple, or of one that may be None
            more = {"kind": kind, "many": get_origin(hint) is tuple, "default": defaults[name]}
            found.append(replace(option, name=name, **more))
    return found


@dataclass(frozen=True, kw_only=True)
class BasePlan:
    """What every bench is told; what its docstring says is the help of its command.

    Fields with an `Option` are options of the command, `command` are its words.
    """

    out: Annotated[Path, Option("Folder for the rows.")]
    threads: Annotated[int, Option("Of every method.", least=1)] = 2
    fresh: Annotated[bool, Option("Forget earlier rows.")] = False
    command: str = ""

    def check(self) -> None:
        """Raise OptionError for a number that is out of range, or a word that isn't known."""
        for option in options_of(type(self)):
            option.check(getattr(self, option.name))

    def settled(self) -> Self:
        """The plan of a command, with what `quick` means spelt out."""
        return self


@dataclass(frozen=True, kw_only=True)
class Request:
    """All benches on one folder of pictures, and OUT/report.html with all their rows.

    With --quick and no --data on photographs that scikit-image ships. Without --quick it takes
    hours on a set such as Kodak's, BM3D most of them; rows are written as they come, and the same
    command goes on where an earlier one stopped. Large mosaics need photographs of 1024 x 1024 or
    more and the extra science; what can't be had is left out, and said.

    Needs the extra: pip install 'pellucid[bench]'.
    """

    data: Annotated[Path | None, Option("Folder of clean pictures; with --quick not needed.")] = (
        None
    )
    out: Annotated[Path, Option("Folder for everything.")]
    parts: Annotated[tuple[str, ...], Option(PARTS)] = ("all",)
    toy: Annotated[Path | None, Option("Sets of small pictures, as bench toy takes.")] = None
    models: Annotated[tuple[str, ...], Option("pellucid's own.")] = ("m", "s")
    threads: Annotated[int, Option("Of every method.", least=1)] = 2
    quick: Annotated[bool, Option("About a minute: two small pictures, few peers, PSNR.")] = False
    command: str = ""

    @property
    def pictures(self) -> Path:
        """A folder; that of a quick run is beside its rows."""
        return self.out / "pictures" if self.quick or self.data is None else self.data

    def plan(self, kind: type[P], **more: Any) -> P:
        """A plan that goes with it."""
        return kind(out=self.out, threads=self.threads, command=self.command, **more)
