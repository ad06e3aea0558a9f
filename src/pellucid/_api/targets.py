"""The learned file that meets a target for size, rate or PSNR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pellucid._api.files import kept_of, metadata_of
from pellucid._api.options import CompressOptions
from pellucid.bitstream import ALPHA, Header, file_length
from pellucid.codec import Picture, Target, compress_tiles, psnr_of, reach_target
from pellucid.pixels import ImageSource
from pellucid.runtime import CodecModel


def best_file(
    picture: Picture,
    net: CodecModel,
    header: Header,
    alpha: list[bytes],
    extras: Mapping[str, bytes],
    source: ImageSource,
    options: CompressOptions,
) -> tuple[int, list[bytes]]:
    """The quality that meets the one target given, and all tiles of its file, `alpha` last.

    Sizes are those of the whole file.
    """
    if options.psnr is not None:
        hint = "; choose a lower PSNR, or bound each sample's error: max_error (--max-error)"
        target = Target(options.psnr, "dB", at_least=True, hint=hint)
        best, tiles = reach_target(
            target, lambda quality: psnr_of(picture, net, replace(header, quality=quality))
        )
        return best, tiles + alpha
    kept = kept_of(metadata_of(source.info), options.metadata)
    pixels, as_rate = header.width * header.height, options.size is None
    wanted, unit = (options.bpp, "bits per pixel") if as_rate else (options.size, "bytes")
    assert wanted is not None
    lengths = [len(tile) for tile in alpha]
    hint = "; choose a larger target, or reduce the picture"
    if alpha:
        others, colours = {name: extras[name] for name in extras if name != ALPHA}, [0] * len(alpha)
        took = file_length({}, colours + lengths, extras) - file_length({}, colours, others)
        share = f"{8 * took / pixels:.6g}" if as_rate else f"{took} bytes"
        hint = f"; alpha, which is kept without loss, takes {share} of it{hint}"
    target = Target(wanted, unit, hint=hint)

    def file_of(quality: int) -> tuple[float, list[bytes]]:
        tiles = [t for t, _ in compress_tiles(picture, net, replace(header, quality=quality))]
        length = file_length(kept, [*map(len, tiles), *lengths], extras)
        return 8 * length / pixels if as_rate else length, tiles

    best, tiles = reach_target(target, file_of)
    return best, tiles + alpha
