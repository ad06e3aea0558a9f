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
    pixels = header.width * header.height
    lengths = [len(tile) for tile in alpha]
    whole = bytes_of_alpha(lengths, extras)
    took = "; alpha, which is kept without loss, takes {} of it" if alpha else ""
    hint = "; choose a larger target, or reduce the picture"
    if options.size is not None:
        target = Target(options.size, "bytes", hint=took.format(f"{whole} bytes") + hint)
    else:
        assert options.bpp is not None
        target = Target(
            options.bpp, "bits per pixel", hint=took.format(f"{8 * whole / pixels:.6g}") + hint
        )

    def file_of(quality: int) -> tuple[float, list[bytes]]:
        tiles = [t for t, _ in compress_tiles(picture, net, replace(header, quality=quality))]
        length = file_length(kept, [*map(len, tiles), *lengths], extras)
        return length if options.size is not None else 8 * length / pixels, tiles

    best, tiles = reach_target(target, file_of)
    return best, tiles + alpha


def bytes_of_alpha(tiles: list[int], extras: Mapping[str, bytes]) -> int:
    """Bytes of a file that are there for alpha, with tiles of these lengths beside as many others.

    0 without alpha.
    """
    colours, others = [0] * len(tiles), {name: extras[name] for name in extras if name != ALPHA}
    return file_length({}, colours + tiles, extras) - file_length({}, colours, others)
