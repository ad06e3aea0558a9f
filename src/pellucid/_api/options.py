"""What `compress` and `decompress` can be asked for: one frozen dataclass a verb, checked once."""

from __future__ import annotations

import operator
import os
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from pellucid.bitstream import DEFAULT_LIMITS, Header, Limits, check_limits
from pellucid.bitstream.limits import is_number
from pellucid.errors import OptionError
from pellucid.pixels import Box
from pellucid.pixels.reduced import SCALES, whole_squares

DEFAULT_MODEL = "m"
DEFAULT_QUALITY = 60
GUIDE, PICTURE = "guide", "picture"

Region = tuple[int, int, int, int]  # x, y, width, height


@dataclass(frozen=True, kw_only=True)
class CompressOptions:
    """The options of `pellucid.compress`, which says what each means.

    Raises:
        OptionError: a value is out of range or of another type, two of them exclude each other, or
            there is no such model.
    """

    quality: int | None = None
    bpp: float | None = None
    size: int | None = None
    psnr: float | None = None
    lossless: bool = False
    max_error: float | None = None
    nodata: float | None = None
    guide: Any = field(default=None, compare=False)  # arrays are neither equal nor hashed
    model: str | os.PathLike[str] = DEFAULT_MODEL
    metadata: bool = True
    limits: Limits = DEFAULT_LIMITS
    page: int | None = None

    def __post_init__(self) -> None:
        check_flags(lossless=self.lossless, metadata=self.metadata)
        check_limits(self.limits)
        check_max_error(self.lossless, self.max_error)
        check_targets(self)
        if self.page is not None and not (is_whole(self.page) and self.page >= 0):
            raise OptionError(f"page is {self.page!r}; it must be a whole number from 0")
        if not isinstance(self.model, str | os.PathLike):
            raise OptionError(
                f"model is {self.model!r}; it must be the name of an installed model, or the path "
                "of a model's folder"
            )
        if self.bound is None:
            check_learned(self)
        if self.nodata is not None and not is_number(self.nodata):
            raise OptionError(f"nodata is {self.nodata!r}; it must be a number")

    @property
    def bound(self) -> float | None:
        """The largest error of a sample: 0 for lossless; None for the learned codec."""
        if self.max_error is None:
            return 0 if self.lossless else None
        whole = self.max_error == int(self.max_error)
        return int(self.max_error) if whole else float(self.max_error)


@dataclass(frozen=True, kw_only=True)
class DecompressOptions:
    """The options of `pellucid.decompress`, which says what each means.

    Raises:
        OptionError: a value is out of range or of another type.
    """

    region: Region | None = None
    scale: int = 1
    which: str = PICTURE
    limits: Limits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        check_limits(self.limits)
        if not is_whole(self.scale) or self.scale not in SCALES:
            raise OptionError(
                f"scale is {self.scale!r}; it must be one of {', '.join(map(str, SCALES))}"
            )
        if self.which not in (GUIDE, PICTURE):
            raise OptionError(f"which is {self.which!r}; it must be {PICTURE} or {GUIDE}")
        if self.region is not None:
            try:
                _, _, _, _ = map(operator.index, self.region)
            except (TypeError, ValueError) as error:
                raise OptionError(
                    f"region is {self.region!r}; it must be four whole numbers: x, y, width, height"
                ) from error

    def box(self, header: Header) -> Box:
        """The part of a file's picture that is wanted, in whole squares of `scale` samples.

        Raises OptionError if it isn't all in there.
        """
        if self.region is None:
            return Box(0, 0, header.height, header.width)
        x, y, width, height = map(operator.index, self.region)
        inside = x >= 0 and y >= 0 and x + width <= header.width and y + height <= header.height
        if width < 1 or height < 1 or not inside:
            raise OptionError(
                f"region {x},{y},{width},{height} is not inside the picture of {header.width} x "
                f"{header.height} (x, y, width, height in samples)"
            )
        return whole_squares(Box(y, x, height, width), header.height, header.width, self.scale)


def is_whole(value: object) -> bool:
    """Whether `value` is of a whole number's type."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_flags(**flags: object) -> None:
    """Raise OptionError unless each is True or False."""
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise OptionError(f"{name} is {value!r}; it must be True or False")


def check_max_error(lossless: bool, max_error: float | None) -> None:
    """Raise OptionError for a bound that no samples can have, or two bounds."""
    if max_error is None:
        return
    if not is_number(max_error) or not 0 <= max_error < float("inf"):
        raise OptionError(
            f"max_error is {max_error!r}; it must be a number from 0, in the samples' unit"
        )
    if lossless and max_error:
        raise OptionError(f"lossless means a max_error of 0, and {max_error} was given; choose one")


def check_targets(options: CompressOptions) -> None:
    """Raise OptionError for two targets at once or a value out of range."""
    names = ("quality", "bpp", "size", "psnr")
    given = [name for name in names if getattr(options, name) is not None]
    if options.bound is not None:
        given.append("max_error" if options.bound else "lossless")
    if len(given) > 1:
        raise OptionError(
            "give one of quality, bpp, size, psnr, lossless, max_error; got " + ", ".join(given)
        )
    quality = options.quality
    if quality is not None and not (is_whole(quality) and 0 <= quality <= 100):
        raise OptionError(f"quality is {quality!r}; it must be a whole number from 0 to 100")
    for name in given:
        value = getattr(options, name)
        if name in names[1:] and not (is_number(value) and 0 < value < float("inf")):
            raise OptionError(f"{name} is {value!r}; it must be a number above 0")


def check_learned(options: CompressOptions) -> None:
    """Raise OptionError for what the learned codec doesn't have: a model, a guide, nodata."""
    from pellucid.runtime import CODEC, locate

    if options.guide is not None:
        raise OptionError("a guide goes with lossless or max_error only; give one of these")
    if options.nodata is not None:
        raise OptionError(f"nodata is {options.nodata!r}; it goes with lossless or max_error only")
    locate(os.fspath(options.model), CODEC)
