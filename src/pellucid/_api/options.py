"""What `compress` and `decompress` can be asked for: one frozen dataclass a verb, checked once."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from pellucid.bitstream import DECODED_TILES, DEFAULT_LIMITS, Header, Limits, check_limits
from pellucid.bitstream.limits import is_number
from pellucid.denoising.options import check_named
from pellucid.errors import OptionError, is_whole, require
from pellucid.pixels import Box
from pellucid.pixels.reduced import SCALES

DEFAULT_MODEL = "m"
DEFAULT_QUALITY = 60
DEFAULT_TUNE = "eye"
MOST_EFFORT = 9
OFF, AUTO = "off", "auto"
MOST = 1e18  # of a target
GUIDE, PICTURE, SOURCE = "guide", "picture", "source"

TILES = tuple(1 << log2 for log2 in DECODED_TILES)  # samples a side

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
    model: str | os.PathLike[str] | None = None
    tune: str | None = None
    effort: int = 0
    metadata: bool = True
    limits: Limits = DEFAULT_LIMITS
    page: int | None = None
    tile: int | None = None
    denoise: str | float = OFF
    keep_noise: bool = False

    def __post_init__(self) -> None:
        for name in ("lossless", "metadata", "keep_noise"):
            flag = getattr(self, name)
            require(isinstance(flag, bool), name, flag, "True or False")
        part = is_number(self.denoise) and 0 <= self.denoise <= 1  # type: ignore[operator]
        word = isinstance(self.denoise, str) and self.denoise in (OFF, AUTO)
        require(part or word, "denoise", self.denoise, f"{OFF}, {AUTO} or 0 to 1")
        check_limits(self.limits)
        check_targets(self)
        page = self.page
        require(
            page is None or (is_whole(page) and page >= 0), "page", page, "a whole number from 0"
        )
        tile, sides = self.tile, f"one of {', '.join(map(str, TILES))}"
        require(tile is None or (is_whole(tile) and tile in TILES), "tile", tile, sides)
        names = "the name of an installed model, or the path of a model's folder"
        require(isinstance(self.model, str | os.PathLike | None), "model", self.model, names)
        whole = f"a whole number from 0 to {MOST_EFFORT}"
        require(
            is_whole(self.effort) and 0 <= self.effort <= MOST_EFFORT, "effort", self.effort, whole
        )
        if self.bound is None:
            check_learned(self)
        for name, idle in (("tune", None), ("effort", 0), ("denoise", OFF)):
            value = getattr(self, name)
            if self.bound is not None and value not in (idle, 0):
                raise OptionError(
                    f"{name} is {value!r}; it is of the learned codec, so leave it out, or "
                    "lossless and max_error"
                )
        require(self.nodata is None or is_number(self.nodata), "nodata", self.nodata, "a number")

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """The options among the arguments of a function that has them all."""
        return cls(**{option.name: arguments[option.name] for option in fields(cls)})

    @property
    def model_folder(self) -> Path:
        """That of the model, in the tuning asked for or else in that which serves the target."""
        from pellucid.runtime import PSNR, locate_tuned

        likely = DEFAULT_TUNE if self.psnr is None else PSNR
        return locate_tuned(
            os.fspath(DEFAULT_MODEL if self.model is None else self.model), self.tune, likely
        )

    @property
    def bound(self) -> float | None:
        """The largest error of a sample: 0 for lossless; None for the learned codec."""
        learned = self.keep_noise or (self.max_error is None and not self.lossless)
        return None if learned else self.source_bound

    @property
    def denoise_auto(self) -> bool:
        """Whether `auto` holds, which is what a kept source goes with unless a part is named."""
        return self.denoise == AUTO or (self.denoise == OFF and self.keep_noise)

    @property
    def denoising(self) -> float:
        """How much of the noise is left out, 0 to 1."""
        return float(self.denoise_auto) if isinstance(self.denoise, str) else float(self.denoise)

    @property
    def source_bound(self) -> float:
        """The largest error of a sample of what is coded exactly: the picture, or its source."""
        if self.max_error is None:
            return 0
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
    grain: float = 0.0
    limits: Limits = DEFAULT_LIMITS
    device: str = AUTO

    def __post_init__(self) -> None:
        check_limits(self.limits)
        check_named(self.device)
        fine = is_number(self.grain) and 0 <= self.grain <= 1
        require(fine, "grain", self.grain, "a number from 0, none, to 1, all of the noise")
        scales = f"one of {', '.join(map(str, SCALES))}"
        require(is_whole(self.scale) and self.scale in SCALES, "scale", self.scale, scales)
        parts = (PICTURE, GUIDE, SOURCE)
        require(self.which in parts, "which", self.which, f"{PICTURE}, {GUIDE} or {SOURCE}")
        if self.grain and self.which != PICTURE:
            raise OptionError(f"the {self.which} has its own noise; leave grain or which out")
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
            return header.box
        box = Box.of_region([operator.index(number) for number in self.region])
        if min(box.height, box.width) < 1 or box.overlap(header.box) != box:
            raise OptionError(
                f"region {','.join(map(str, box.region))} is not inside the picture of "
                f"{header.width} x {header.height} (x, y, width, height in samples)"
            )
        return box.aligned(self.scale).overlap(header.box)


def check_targets(options: CompressOptions) -> None:
    """Raise OptionError for two targets at once, or a value out of range."""
    bound, quality = options.max_error, options.quality
    fine = bound is None or (is_number(bound) and 0 <= bound < float("inf"))
    require(fine, "max_error", bound, "a number from 0, in the samples' unit")
    if options.lossless and bound:
        raise OptionError(f"lossless means a max_error of 0, and {bound} was given; choose one")
    if options.keep_noise and options.lossless:
        raise OptionError("keep_noise keeps the source without loss already; leave lossless out")
    if options.keep_noise and options.denoise == 0:
        raise OptionError(
            "keep_noise is for a picture that is denoised, and denoise is 0; give "
            "more, or leave keep_noise out"
        )
    names = ("quality", "bpp", "size", "psnr")
    given = [name for name in names if getattr(options, name) is not None]
    if options.bound is not None:
        given.append("max_error" if options.bound else "lossless")
    if len(given) > 1:
        raise OptionError(
            "give one of quality, bpp, size, psnr, lossless, max_error; got " + ", ".join(given)
        )
    fine = quality is None or (is_whole(quality) and 0 <= quality <= 100)
    require(fine, "quality", quality, "a whole number from 0 to 100")
    for name in names[1:]:
        value = getattr(options, name)
        fine = value is None or (is_number(value) and 0 < value < MOST)
        require(fine, name, value, f"a number above 0 and below {MOST:.0e}")


def check_learned(options: CompressOptions) -> None:
    """Raise OptionError for what the learned codec doesn't have: a model, a guide, nodata."""
    from pellucid.runtime import EYE, PSNR

    where = "lossless or max_error only" + " and not with keep_noise" * options.keep_noise
    if options.guide is not None:
        raise OptionError(f"a guide goes with {where}; give one of these, or no guide")
    if options.nodata is not None:
        raise OptionError(f"nodata is {options.nodata!r}; it goes with {where}")
    require(options.tune in (None, EYE, PSNR), "tune", options.tune, f"{EYE} or {PSNR}")
    _ = options.model_folder
