"""The file of a picture that meets a target, by the learned codec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pellucid._api.files import kept_of, metadata_of
from pellucid._api.meter import Told
from pellucid._api.options import CompressOptions
from pellucid.bitstream import ALPHA, Header, file_length
from pellucid.codec import (
    REFINED_TRIES,
    Picture,
    Target,
    compress_tiles,
    psnr_decoded,
    psnr_of,
    reach_refined,
    reach_target,
    tile_reader,
)
from pellucid.pixels import ImageSource
from pellucid.runtime import CodecModel

Probed = tuple[float, list[bytes]]  # a value, and the tiles of colours of a file that has it


def best_file(
    picture: Picture,
    net: CodecModel,
    header: Header,
    alpha: list[bytes],
    extras: Mapping[str, bytes],
    source: ImageSource,
    options: CompressOptions,
    told: Told,
) -> tuple[int, list[bytes]]:
    """The quality that meets the one target given, and all tiles of its file, `alpha` last.

    Sizes are those of the whole file. `told` is as in `encode_learned`.
    """
    lengths = [len(tile) for tile in alpha]
    kept = kept_of(metadata_of(source.info), options.metadata)

    def part(done: float) -> None:
        told(done / header.tile_chunks / REFINED_TRIES)  # so many qualities may be refined

    def probe(quality: int, effort: int = 0) -> Probed:
        at = replace(header, quality=quality)
        if options.psnr is not None:
            return psnr_of(picture, net, at, effort, part)
        tiles = [tile for tile, _ in compress_tiles(picture, net, at, effort, part)]
        length = file_length(kept, [*map(len, tiles), *lengths], extras)
        return length if options.bpp is None else 8 * length / header.box.size, tiles

    def worth(quality: int, tiles: list[bytes]) -> float:
        if options.psnr is not None:
            return -sum(map(len, tiles))
        at = replace(header, quality=quality)
        return psnr_decoded(picture, net, at, tile_reader(at, tiles.__getitem__, net))

    target = target_of(header, lengths, extras, options)
    if options.effort:
        best, tiles = reach_refined(
            target, probe, lambda quality: probe(quality, options.effort), worth
        )
    else:
        best, tiles = reach_target(target, probe)
    return best, tiles + alpha


def target_of(
    header: Header, alpha: list[int], extras: Mapping[str, bytes], options: CompressOptions
) -> Target:
    """The one that the options give; `alpha` are the lengths of its tiles."""
    if options.psnr is not None:
        way = "denoise" if options.denoising else "the model, so that none need be used (--model)"
        hint = f"; choose a lower PSNR, or leave out {way}"
        return Target(options.psnr, "dB", at_least=True, hint=hint)
    hint = "; choose a larger target, or reduce the picture"
    if alpha:
        others, colours = {name: extras[name] for name in extras if name != ALPHA}, [0] * len(alpha)
        took = file_length({}, colours + alpha, extras) - file_length({}, colours, others)
        rate = f"{8 * took / header.box.size:.6g}"
        share = f"{took} bytes" if options.bpp is None else rate
        hint = f"; alpha, which is kept without loss, takes {share} of it{hint}"
    if options.bpp is not None:
        return Target(options.bpp, "bits per pixel", hint=hint)
    assert options.size is not None
    return Target(options.size, "bytes", hint=hint)
