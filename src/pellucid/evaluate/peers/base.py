"""What benches ask of the codecs and denoisers they compare with, and what a registry is.

A peer is its name, its version, what it does with threads, and functions. To add one: a maker in a
file of its own or beside its kin, and a line in a registry, as in `lossy`. The contract tests
in `tests/evaluate` then run it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OptionError, PellucidError

Rgb = NDArray[np.uint8]  # (H, W, 3)
Samples = NDArray[Any]  # (H, W, C)
Floats = NDArray[np.float32]  # (H, W, C), C 1 or 3, black 0 and white 255, not clipped
Files = tuple[bytes, ...]  # one, or one for each band

OWN_PREFIX = "pellucid-"  # followed by the model's name
JOINT = "-joint"  # ends the name of a codec of ours that denoises as it compresses
BEHIND = "+"  # DENOISER+CODEC: the codec gets what the denoiser leaves
GREY, RGB = 1, 3
ONE_THREAD = "one thread both ways: the library offers no choice"


class Kind(NamedTuple):
    """Shape (H, W, C) and type of a picture: all that a decoder may be told beside the bytes."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def channels(self) -> int:
        """How many."""
        return self.shape[2]


def kind_of(samples: Samples) -> Kind:
    """Shape and type of (H, W, C) samples."""
    return Kind(samples.shape, samples.dtype)


@dataclass(frozen=True)
class Codec:
    """A codec at one fixed configuration, with one number to set.

    Attributes:
        name: short, stable, as in the rows and on the command line.
        version: libraries, their versions and fixed options: rows with another text are stale.
        threading: how many threads each side really uses, and what becomes of several bands.
        encode: (H, W, C) samples and a setting to whole files in memory.
        decode: those files and the kind of the samples back to (H, W, C).
        settings: lossy: the points of a sweep, from the smallest file to the biggest, about 0.1 to
            2 bits per pixel on photographs. Without them the setting is the largest error that is
            allowed, 0 for lossless.
        bounded: whether such a bound may be more than 0.
        refuses: why it can't hold such samples at a setting; empty if it can. Nothing is
            converted.
    """

    name: str
    version: str
    threading: str
    encode: Callable[[Samples, float], Files]
    decode: Callable[[Files, Kind], Samples]
    settings: tuple[float, ...] = ()
    bounded: bool = False
    refuses: Callable[[Kind, float], str] = lambda _kind, _setting: ""


def in_parts(
    encode: Callable[[Samples, float], bytes],
    decode: Callable[[bytes, Kind], Samples],
    together: Callable[[Kind], bool] = lambda _kind: True,
) -> dict[str, Any]:
    """`encode` and `decode` of a `Codec` that packs all bands into one file, or each into its own.

    Args:
        encode: a part, which is (H, W) for one band and else (H, W, C), and a setting to a file.
        decode: a file and the kind of the part to its samples, in that order or shape.
        together: whether pictures of a kind are one part.
    """

    def pack(samples: Samples, setting: float) -> Files:
        kind = kind_of(samples)
        whole = together(kind) and kind.channels > 1
        parts = [samples] if whole else np.moveaxis(samples, 2, 0)
        return tuple(bytes(encode(np.ascontiguousarray(part), setting)) for part in parts)

    def unpack(files: Files, kind: Kind) -> Samples:
        part = Kind((*kind.shape[:2], kind.channels // len(files)), kind.dtype)
        found = [np.asarray(decode(file, part)) for file in files]
        if wrong := [
            one.shape for one in found if one.shape[:2] != part.shape[:2] and one.ndim > 1
        ]:
            raise ValueError(f"decoded to {wrong[0]}, source is {kind.shape}")
        parts = [one.reshape(part.shape) for one in found]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)

    return {"encode": pack, "decode": unpack}


@dataclass(frozen=True)
class NoiseGiven:
    """What a denoiser is told about the noise of one picture.

    Attributes:
        sigma: standard deviation of the noise in the samples' unit; None: it must find out itself.
        line: (slope, offset) with variance = slope * sample + offset; for those that take it.
        bits: 8 or 16 where the samples were integers so wide; None for real numbers.
    """

    sigma: float | None = None
    line: tuple[float, float] | None = None
    bits: int | None = None


@dataclass(frozen=True)
class Denoiser:
    """A denoiser at one fixed configuration.

    Attributes:
        name: short, stable, as in the rows and on the command line.
        version: libraries, their versions and fixed options: rows with another text are stale.
        run: samples and what it needs to know (sigma, the line, or all of `NoiseGiven`) to samples
            of the same height and width.
        threading: how many threads it really uses.
        channels: which of 1 and 3 it takes.
        needs: what it must be told; `nothing`: it can measure the noise itself.
        kmac: thousands of multiply-adds a pixel of its network; None where that says nothing.
    """

    name: str
    version: str
    run: Callable[[Floats, Any], NDArray[np.floating]]
    threading: str = "one thread"
    channels: tuple[int, ...] = (GREY, RGB)
    needs: Literal["sigma", "line", "nothing"] = "sigma"
    kmac: float | None = None

    def denoise(self, noisy: Floats, given: NoiseGiven) -> Floats:
        """(H, W, C) to the same shape and type, black 0 and white 255; need not be clipped.

        Raises:
            ValueError: what it needs isn't given, or it gave another number of samples.
        """
        told = {"sigma": given.sigma, "line": given.line, "nothing": given}[self.needs]
        if told is None:
            what = "slope and offset of the variance" if self.needs == "line" else "sigma"
            raise ValueError(f"{self.name} must be told {what}")
        return np.asarray(self.run(noisy, told), np.float32).reshape(noisy.shape)


def using(threads: int) -> str:
    """What `threading` says of a library that takes a number of threads."""
    return "one thread" if threads == 1 else f"{threads} threads"


class Named(NamedTuple):
    """A method of which a bench knows no more than rows and reports say."""

    name: str
    version: str
    threading: str = "one thread"


Peer = TypeVar("Peer")
Maker = Callable[[int], Peer]  # of a number of threads


@dataclass
class Registry(Generic[Peer]):
    """All peers of one sort.

    Attributes:
        what: one is called, in messages.
        makers: name -> what makes it; raises a PellucidError if it can't be had.
        labels: name -> how tables call it, in their order; of pellucid's it follows from the name.
        groups: name of several -> their names; `all` (the others than pellucid's) and `none` are
            there without being said.
        own: model of pellucid -> what makes it, for names that `makers` doesn't have.
    """

    what: str
    makers: dict[str, Maker[Peer]]
    labels: dict[str, str]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: Callable[[str], Maker[Peer]] | None = None

    @classmethod
    def of(cls, what: str, peers: Mapping[str, tuple[str, Maker[Peer]]], **more: Any) -> Self:
        """From name -> label and maker."""
        makers = {name: maker for name, (_, maker) in peers.items()}
        return cls(what, makers, {name: label for name, (label, _) in peers.items()}, **more)

    @property
    def others(self) -> tuple[str, ...]:
        """Those that aren't pellucid's."""
        return tuple(name for name in self.makers if not is_own(name))

    def expand(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names and groups of them to names of peers, each once; OptionError for unknown ones."""
        groups = {"all": self.others, "none": (), **self.groups}
        found = dict.fromkeys(member for name in names for member in groups.get(name, (name,)))
        for name in found:
            self._maker(name)
        return tuple(found)

    def make(self, name: str, threads: int) -> Peer:
        """One peer; MissingExtraError if its library isn't installed, OptionError if there is none
        of that name or `threads` is below 1."""
        if threads < 1:
            raise OptionError(f"threads must be at least 1, got {threads}")
        return self._maker(name)(threads)

    def load(self, names: Iterable[str], threads: int) -> tuple[list[Peer], dict[str, str]]:
        """All peers that can be had, and for the others the reason why not; OptionError for an
        unknown name."""
        found, missing = [], {}
        for name in self.expand(names):
            try:
                found.append(self.make(name, threads))
            except PellucidError as error:
                missing[name] = str(error)
        return found, missing

    def _maker(self, name: str) -> Maker[Peer]:
        if name in self.makers:
            return self.makers[name]
        if self.own and is_own(name):
            return self.own(model_of(name))
        there = ", ".join(dict.fromkeys(["all", "none", *self.groups, *self.others]))
        raise OptionError(f"no {self.what} called {name!r}; there are: {there}")

    def label(self, name: str) -> str:
        """How tables call a peer."""
        return self.labels.get(name, name.replace("-", " ", 1) if is_own(name) else name)

    def listed(self, said: Mapping[str, str], methods: Mapping[str, Mapping[str, Any]]) -> str:
        """As Markdown, what is said of each peer, and what it did with threads where it's known."""
        notes = {name: f"; {facts['threading']}" for name, facts in methods.items()}
        lines = (f"- {self.label(n)}: {said[n]}{notes.get(n, '')}" for n in self.in_order(said))
        return "\n".join(lines)

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Names, each once, as tables list them; those that have no label come first, but
        `pellucid-m-eye` behind `pellucid-m`."""
        order = list(self.labels)

        def place(name: str) -> int:
            ends = [at for at, known in enumerate(order) if f"{name}-".startswith(f"{known}-")]
            return max(ends, default=-1)

        return sorted(set(names), key=lambda name: (place(name), name))


def own_names(models: Iterable[str]) -> list[str]:
    """Names of pellucid's models as peers; `none` is none."""
    return [OWN_PREFIX + model for model in models if model != "none"]


def is_own(name: str) -> bool:
    """Whether it's one of pellucid's."""
    return f"{name}-".startswith(OWN_PREFIX)


def model_of(name: str) -> str:
    """`pellucid-m` -> `m`."""
    return name.removeprefix(OWN_PREFIX)
