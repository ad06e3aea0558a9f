"""A request or a .pel file -> its layer; of a picture with loss `lossy.py` chooses."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, BinaryIO

from pellucid._api.cleaned import cleaned, removal_of
from pellucid._api.exact import ExactLayer, encode_exact
from pellucid._api.files import kept_of, metadata_of, name_of
from pellucid._api.kept import JoinedLayer
from pellucid._api.layer import Damaged, Layer
from pellucid._api.learned import LearnedLayer, check_source
from pellucid._api.lossy import encode_lossy
from pellucid._api.meter import Meter, Progress
from pellucid._api.options import AUTO, CompressOptions
from pellucid.bitstream import EXACT, PelFile, write_stream
from pellucid.denoising import NoiseEstimate
from pellucid.pixels import open_image

DENOISING = 0.5  # of the time is the denoiser's, where that goes first,
REFINING = 0.02  # and where latents are refined after it


def encode(
    out: BinaryIO, image: Any, options: CompressOptions, *, progress: Progress | None = None
) -> NoiseEstimate | None:
    """Write the file of a picture, in memory or in parts; raises what `compress` does.

    Returns the noise that was left out, if any was.
    """
    limits, most = options.limits, options.limits.max_pixels
    meter = Meter(progress, first=REFINING if options.effort else DENOISING)
    with ExitStack() as opened:
        source = opened.enter_context(open_image(image, page=options.page, max_pixels=most))
        if options.bound is None:
            check_source(source, options, name_of(image))
            clean = cleaned(source, removal_of(source, options), told=meter.before)
            made = encode_lossy(source, clean, options, meter.add)
        else:
            guide = None
            if options.guide is not None:
                guide = opened.enter_context(open_image(options.guide, max_pixels=most))
            made = encode_exact(source, options, options.bound, guide)
        kept = kept_of(metadata_of(source.info), options.metadata)
        told = meter.count_off(made.tiles, made.header.tile_chunks)
        write_stream(out, made.header, kept, told, extras=made.extras, limits=limits)
    return made.noise


def open_layer(file: PelFile, damaged: Damaged | None = None, device: str = AUTO) -> Layer:
    """The layer of a parsed file; `damaged` and `device` are what `Layer` takes."""
    if file.header.has_source_layer:
        return JoinedLayer(file, damaged, device)
    return (ExactLayer if file.header.layers in EXACT else LearnedLayer)(file, damaged, device)
