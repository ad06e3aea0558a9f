"""What `compress` may be asked for, and the quality that meets a target."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING

from pellucid.bitstream import ALPHA, file_length
from pellucid.errors import OptionError

if TYPE_CHECKING:
    from pellucid.codec import Picture
    from pellucid.runtime import CodecModel


def check_options(
    *,
    quality: int | None,
    bpp: float | None,
    size: int | None,
    psnr: float | None,
    max_error: float | None = None,
) -> None:
    """Raise OptionError for two targets at once or a value out of range."""
    options = {"quality": quality, "bpp": bpp, "size": size, "psnr": psnr}
    given = {name: value for name, value in options.items() if value is not None}
    if max_error is not None:
        given["max_error" if max_error else "lossless"] = max_error
    if len(given) > 1:
        raise OptionError(
            "give one of quality, bpp, size, psnr, lossless, max_error; got " + ", ".join(given)
        )
    if quality is not None and not (isinstance(quality, Integral) and 0 <= quality <= 100):
        raise OptionError(f"quality is {quality!r}; it must be a whole number from 0 to 100")
    for name in ("bpp", "size", "psnr"):
        value = given.get(name)
        if value is not None and not (isinstance(value, Real) and 0 < value < float("inf")):
            raise OptionError(f"{name} is {value!r}; it must be a number above 0")


def bytes_of_alpha(tiles: list[int], extras: Mapping[str, bytes]) -> int:
    """Bytes of a file that are there for alpha, with tiles of these lengths beside as many others.

    0 without alpha.
    """
    colours, others = [0] * len(tiles), {name: extras[name] for name in extras if name != ALPHA}
    return file_length({}, colours + tiles, extras) - file_length({}, colours, others)


def quality_for(
    picture: Picture,
    net: CodecModel,
    metadata: Mapping[str, bytes],
    *,
    bpp: float | None,
    size: int | None,
    psnr: float | None,
) -> int:
    """The quality that meets the one target given; sizes are those of the whole file."""
    from pellucid._api.alpha import alpha_tiles, extras_of
    from pellucid.codec import Target, compress_tiles, header_of, reach_target
    from pellucid.codec.score import psnr_of

    count = picture.samples.shape[0] * picture.samples.shape[1]
    if psnr is not None:
        hint = "; choose a lower PSNR, or bound each sample's error: max_error (--max-error)"
        target = Target(psnr, "dB", at_least=True, hint=hint)
        return reach_target(target, lambda quality: psnr_of(picture, net, quality))

    header = header_of(picture, net, 0)
    alpha = [len(tile) for tile in alpha_tiles(picture, header)]
    extras = extras_of(picture, header)

    def file_bytes(quality: int) -> int:
        tiles = [len(payload) for payload, _ in compress_tiles(picture, net, quality)]
        return file_length(metadata, tiles + alpha, extras)

    hint = "; choose a larger target, or reduce the picture"
    whole = bytes_of_alpha(alpha, extras)
    if size is not None:
        took = f"; alpha, which is kept without loss, takes {whole} bytes of it" if alpha else ""
        return reach_target(Target(size, "bytes", hint=took + hint), file_bytes)
    assert bpp is not None
    took = f"; alpha, which is kept without loss, takes {8 * whole / count:.6g} of it"
    target = Target(bpp, "bits a pixel", hint=(took if alpha else "") + hint)
    return reach_target(target, lambda quality: 8 * file_bytes(quality) / count)
