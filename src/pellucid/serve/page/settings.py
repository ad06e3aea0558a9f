"""What a person has chosen on the page: one frozen value, which is also the key of its result."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

import pellucid
from pellucid.bitstream import Limits
from pellucid.denoising import DenoiseOptions
from pellucid.errors import OptionError

__all__ = [
    "AUTO",
    "FileKind",
    "Overlay",
    "Peer",
    "Region",
    "Settings",
    "compress_options",
    "denoise_options",
    "names",
]

FileKind = Literal["pel", "png", "jpg"]
Overlay = Literal["bits", "noise", "change"]
Peer = Literal["webp", "avif"]
Region = tuple[int, int, int, int]  # x, y, width, height, as the picture is shown

AUTO = "auto"  # of models: `m`, or none where a file without loss is better


class Settings(BaseModel):
    """The page's controls; those that don't belong to the task and its aim are left alone.

    `task` is what is done: the file is shown as it is (`open`), compressed or denoised. `part` is
    how much of the noise `denoise` leaves out, where that is `part`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Literal["open", "compress", "denoise"] = "compress"
    aim: Literal["quality", "size", "max_error", "lossless"] = "quality"
    quality: int = Field(60, ge=0, le=100)
    size: int = Field(100_000, ge=1, le=1 << 40)
    max_error: float = Field(2, ge=0, le=1e18)
    tune: Literal["eye", "psnr"] = "eye"
    model: str = Field(AUTO, max_length=100)
    effort: int = Field(0, ge=0, le=9)
    denoise: Literal["off", "auto", "part"] = "off"
    part: float = Field(1, ge=0, le=1)
    strength: float = Field(1, ge=0, le=1)
    denoiser: str = Field("m", max_length=100)


def names() -> dict[str, list[str]]:
    """The models that can be chosen: of the codec, whatever their tuning, and denoisers."""
    codecs = {name.removesuffix("-eye").removesuffix("-psnr") for name in pellucid.models()}
    return {"models": [AUTO, *sorted(codecs)], "denoisers": sorted(pellucid.denoisers())}


def compress_options(chosen: Settings, limits: Limits) -> pellucid.CompressOptions:
    """Those of `compress`; OptionError for a model that isn't installed."""
    check_name(chosen.model, names()["models"])
    if chosen.aim in ("lossless", "max_error"):
        bound = chosen.max_error if chosen.aim == "max_error" else 0
        return pellucid.CompressOptions(max_error=bound, limits=limits)
    return pellucid.CompressOptions(
        quality=chosen.quality if chosen.aim == "quality" else None,
        size=chosen.size if chosen.aim == "size" else None,
        model=None if chosen.model == AUTO else chosen.model,
        tune=chosen.tune,
        effort=chosen.effort,
        denoise=chosen.part if chosen.denoise == "part" else chosen.denoise,
        limits=limits,
    )


def denoise_options(chosen: Settings, limits: Limits) -> DenoiseOptions:
    """Those of `denoise`, which also measures; OptionError as above."""
    check_name(chosen.denoiser, names()["denoisers"])
    return DenoiseOptions(
        strength=chosen.strength, model=chosen.denoiser, limits=limits, measure=True
    )


def check_name(name: str, known: list[str]) -> None:
    """A model is one of those installed, never a path of the server."""
    if name not in known:
        raise OptionError(f"model is {name!r}; it must be one of {', '.join(known)}")
