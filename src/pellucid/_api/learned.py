"""The learned layer: colours by the networks, alpha without loss in a layer of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.best import best_file
from pellucid._api.cleaned import Cleaned
from pellucid._api.codings import AlphaTiles, Coding, ColourTiles, tiles_of
from pellucid._api.layer import Damaged, Encoded, Layer, Layout, held, require_held, way_out
from pellucid._api.meter import Told
from pellucid._api.options import DEFAULT_QUALITY, CompressOptions
from pellucid.bitstream import (
    ALPHA,
    ALPHA_LAYER,
    EDGE,
    RANGE,
    Header,
    PelFile,
    SampleRange,
)
from pellucid.bitstream.extras import needs_range
from pellucid.codec import (
    Picture,
    TileReader,
    decompress_into,
    filling_reader,
    header_of,
    latents_sha256,
    look_at,
    tile_reader,
)
from pellucid.codec.decompress import AlphaReader
from pellucid.codec.picture import WHITE
from pellucid.errors import DamagedFileError, InputError, PellucidError
from pellucid.exact import (
    alpha_tiles,
    check_tables,
    decoded_alpha,
    exact_model,
    lost_sample,
    lost_tiles,
)
from pellucid.pixels import Box, ImageSource
from pellucid.pixels.lazy import Sink, parts_of
from pellucid.runtime import CodecModel, device_for, find_model, load_codec

TYPES = ("uint8", "uint16", "int16")


def header_for(samples: ImageSource, net: CodecModel, options: CompressOptions) -> Header:
    """That of a file of these samples, at the quality asked for."""
    quality = DEFAULT_QUALITY if options.quality is None else options.quality
    return header_of(Picture(samples, samples.info.has_alpha), net, quality, tile=options.tile)


def check_source(source: ImageSource, options: CompressOptions, name: str) -> None:
    """Raise what `encode_learned` would for a picture, before any work."""
    check_samples(source, name)
    net = load_codec(options.model_folder)
    header = header_for(source, net, options)
    header.check_limits(options.limits)
    if needs_range(header):
        net.check_deep()  # or the file couldn't be decoded
    if options.effort:
        net.check_refining()
    if options.metadata:
        check_marks(source, name)


def encode_learned(clean: Cleaned, options: CompressOptions, told: Told) -> Encoded:
    """Tiles of colours, then those of alpha; with a target, of the quality that meets it.

    Args:
        clean: of a picture that `check_source` finds nothing wrong with.
        told: is told of parts of the file, 0 to 1, that refining has done.

    Raises what `compress` does.
    """
    source, net = clean.source, load_codec(options.model_folder)
    samples = source if options.keep_noise else source.without_full_alpha()
    header, alpha = header_for(samples, net, options), samples.info.has_alpha
    picture = look_at(samples, alpha=alpha, noise=clean.level)
    extras = extras_of(picture, header) | clean.extras
    if options.bpp is not None or options.size is not None or options.psnr is not None:
        layer = list(alpha_tiles(samples, header)) if alpha else []
        best, colours = best_file(picture, net, header, layer, extras, source, options, told)
        return Encoded(replace(header, quality=best), extras, colours, clean.noise)
    codings: tuple[Coding, ...] = (ColourTiles.of(picture, options),)
    if alpha:
        codings += (AlphaTiles(),)

    def part(done: float) -> None:
        told(done / header.tile_chunks)

    tiles = tiles_of(codings, samples, header, part)
    return Encoded(header, extras, tiles, clean.noise, codings)


class LearnedLayer(Layer):
    """Grey or RGB of 8 or 16 bits, with alpha or without; see `Layer`."""

    @property
    def likely_error(self) -> float | None:
        """In the samples' own unit: of 16 bits it grows with their range."""
        from pellucid.explaining import intervals_of

        found = self._file.sample_range
        try:
            folder = find_model(self._header.model_id).folder
            unit = 1.0 if found is None else found.span / WHITE
            return round(unit * intervals_of(folder).typical_at(self._header.quality), 2)
        except PellucidError:
            return None

    def layout(self, which: str, box: Box | None = None) -> Layout:
        require_held(which, guide=False)
        header, place = self._header, box or self._header.box
        shape = (place.height, place.width, header.channels + header.alpha)
        return Layout(shape, header.dtype, bool(header.alpha), 1)

    def decode_into(self, sink: Sink, box: Box, which: str) -> None:  # noqa: ARG002 - no guide
        device = device_for(self._device, box.size, short=False)
        net = find_model(self._header.model_id, device)
        read, found = self._colours()
        alpha = alpha_reader(self._file, self._damaged)
        if self._damaged is not None:
            read = filling_reader(self._header, read, net, self._damaged)
        edges = self._file.edges
        decompress_into(
            sink, self._header, read, net, region=box, found=found, edges=edges, alpha=alpha
        )

    def readers(self) -> Iterator[Callable[[], Any]]:
        read, _ = self._colours()
        alpha = alpha_reader(self._file)
        for each in (read, alpha):
            if each is not None:
                yield from (partial(each, number) for number in range(self._header.tile_count))

    def sha256(self) -> str:
        """Of the integer latents, and of alpha behind them."""
        numbers = range(self._header.tile_count)
        (read, _), alpha = self._colours(), alpha_reader(self._file)
        planes = () if alpha is None else (alpha(number) for number in numbers)
        return latents_sha256((read(number) for number in numbers), planes)

    def _colours(self) -> tuple[TileReader, SampleRange | None]:
        """What reads the tiles of colours, and their range.

        Where the range is lost, all tiles are, and lie in the middle of the type.
        """
        file, header = self._file, self._header
        if needs_range(header) and file.sample_range is None:
            reason = "chunk RANG, which gives the samples' range, is lost"
            if self._damaged is None:
                raise DamagedFileError(reason)
            middle = int(lost_sample(header.dtype))
            return lost_tiles(header, reason), SampleRange(middle, middle)
        return tile_reader(header, file.tile, find_model(header.model_id)), file.sample_range


def extras_of(picture: Picture, header: Header) -> dict[str, bytes]:
    """The payloads of RANG, ALPH and EDGE that the file of a picture needs."""
    found = {} if picture.range is None else {RANGE: picture.range.pack()}
    if picture.edges is not None:
        found[EDGE] = picture.edges.pack(header)
    return found | ({ALPHA: exact_model()[1]} if picture.alpha else {})


def alpha_reader(file: PelFile, damaged: Damaged | None = None) -> AlphaReader | None:
    """What reads a learned file's alpha; None if it has none.

    With `damaged`, a damaged tile becomes opaque and is noted there, by its number counted on from
    the tiles of colours; else DamagedFileError names it.

    Raises:
        UnknownModelError: alpha was coded with other tables than this version has.
    """
    header, identity = file.header, file.alpha_model
    if not header.has_alpha_layer:
        return None
    if identity is not None:
        check_tables(identity)

    def read(number: int) -> NDArray[Any]:
        place = header.tile_count + number
        name = header.chunk_name(place)
        try:
            if identity is None:
                raise DamagedFileError(f"{name} can't be used: ALPH is lost")
            payload = file.tile(number, layer=ALPHA_LAYER)
            try:
                return decoded_alpha(header, number, payload)
            except DamagedFileError as error:
                raise DamagedFileError(f"{name}: {error}") from error
        except DamagedFileError as error:
            if damaged is None:
                raise
            damaged[place] = str(error)
            tile = header.tile_box(number)
            return np.full((tile.height, tile.width), np.iinfo(header.dtype).max, header.dtype)

    return read


def check_samples(source: ImageSource, name: str) -> None:
    """Raise InputError unless these are grey or RGB of a type that the networks take."""
    info, exact = source.info, "lossless or max_error keep all"
    channels = source.shape[2]
    if info.dicom is not None:
        raise InputError(
            f"{name} is a DICOM file, which can be compressed with lossless or max_error only"
        )
    if info.axes is not None:
        raise InputError(
            f"{name} has pages, {channels} channels in all: choose one, of a TIFF with "
            f"--page N (page=N), from 0; {exact}"
        )
    if source.dtype.name not in TYPES:
        raise InputError(
            f"{name} has samples of type {source.dtype.name}, and with loss only "
            f"{', '.join(TYPES)} can be compressed: {way_out(source.dtype)}"
        )
    if info.bit_depth in range(1, 8):
        raise InputError(
            f"{name} is one with {info.bit_depth} bits a sample, and with loss only 8 or 16 can be "
            "compressed: lossless or max_error keep them, or scale it to 8 bits first"
        )
    if channels - info.has_alpha not in (1, 3):
        said = f"{channels} channels, none of them transparency"
        raise InputError(
            f"{name} has {f'{channels} channels' if info.has_alpha or channels > 4 else said}, and "
            "with loss only grey (1) and RGB (3), with alpha or without, can be compressed: "
            f"{exact}, or take other channels out first"
        )


def check_marks(source: ImageSource, name: str) -> None:
    """InputError if colours of a GeoTIFF have the value that it marks as no data.

    The samples (H, W, C) are looked through up to the first of these.
    """
    mark = held(source.info.nodata, source.dtype)
    if mark is None:
        return
    colours = source.shape[2] - source.info.has_alpha
    for part in parts_of(source.shape):
        if (source[part][..., :colours] == mark).any():
            raise InputError(
                f"{name} is a GeoTIFF whose samples of {mark} mean no data and would come "
                "back as others; use max_error or lossless, or leave out the mark with all "
                "metadata (metadata=False, --no-metadata)"
            )
