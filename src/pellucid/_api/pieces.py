"""One large picture coded by many processes, on any machines: plan, pieces, join.

    plan_pieces   once: all that is decided of the picture as a whole
    code_piece    each piece, in any process that can open the picture: its tiles, to a file
    join_pieces   once: the files of all pieces to the .pel file, without the picture

The .pel file is byte for byte that of `compress_to`, which decides and codes by the same functions.
All processes must be of one version of pellucid.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pellucid._api.cleaned import cleaned, removal_of
from pellucid._api.codec import Picture
from pellucid._api.codings import Coding, tiles_of
from pellucid._api.exact import encode_exact
from pellucid._api.files import check_pel_name, kept_of, metadata_of, name_of
from pellucid._api.layer import Encoded
from pellucid._api.learned import check_source
from pellucid._api.lossy import encode_lossy
from pellucid._api.on_disk import result_of, size_of
from pellucid._api.options import CompressOptions
from pellucid._api.results import CompressResult
from pellucid.bitstream import Header, write_stream
from pellucid.bitstream.piece import Piece, open_piece, tiles_in_pieces, write_piece
from pellucid.denoising import NoiseEstimate
from pellucid.errors import InputError, OptionError, is_whole, require
from pellucid.pixels import Box, ImageSource, open_image, tiles_under
from pellucid.pixels.atomic import new_file
from pellucid.pixels.windows import WINDOW, is_large


@dataclass(frozen=True)
class Plan:
    """How a picture is coded in pieces; it is pickled, and of kilobytes but for metadata.

    Attributes:
        id: a hash of all that decides the file, so that a plan made again has the same.
        metadata: that the file keeps, by kind.
        codings: of the layers, in the file's order.
        noise: that is left out, if any is.
        source_bytes: of the picture's file; None if it is no single file.
        pieces: how many there are.
    """

    id: bytes
    options: CompressOptions
    header: Header
    extras: Mapping[str, bytes]
    metadata: Mapping[str, bytes]
    codings: tuple[Coding, ...]
    noise: NoiseEstimate | None
    source_bytes: int | None
    pieces: int

    def numbers(self, piece: int) -> list[int]:
        """Those of a piece's tiles, in the order in which they are coded.

        Pieces are whole units, about as many each, in the order of the rows.
        """
        header, side = self.header, unit_of(self.header)
        rows, columns = units_of(header)
        first, last = (rows * columns * end // self.pieces for end in (piece, piece + 1))
        shape, found = (header.height, header.width), list[int]()
        for unit in range(first, last):
            row, column = divmod(unit, columns)
            box = Box(row * side, column * side, side, side)
            found += (number for number, _ in tiles_under(box, shape, header.tile_size))
        return found

    def places(self, piece: int) -> list[int]:
        """Those of its tiles among the file's, of all layers."""
        numbers, count = self.numbers(piece), self.header.tile_count
        return [layer * count + number for layer in range(len(self.codings)) for number in numbers]


def unit_of(header: Header) -> int:
    """Samples a side of what isn't divided: of large pictures what networks see at once."""
    shape = (header.height, header.width)
    return max(header.tile_size, WINDOW) if is_large(shape) else header.tile_size


def units_of(header: Header) -> tuple[int, int]:
    """How many of them there are, one below the other and side by side."""
    side = unit_of(header)
    return -(-header.height // side), -(-header.width // side)


def plan_pieces(
    source: Picture, options: CompressOptions, pieces: int, *, stamp: str = ""
) -> Plan | None:
    """Decide all that concerns the picture as a whole, as `compress_to` does.

    Args:
        source: what `compress` takes.
        pieces: how many there are to be, from 1; there are fewer if the picture has fewer parts.
        stamp: by which the caller tells the picture from others, such as a hash. Plans with another
            one take no pieces of each other.

    None if pieces are of no use: the picture is one part; the whole file is made anyway to find it
    (a target of `bpp`, `size` or `psnr`); its denoiser goes first, as there is more noise than the
    codec itself leaves out, or with `effort`; or it has a `guide`.

    Raises what `compress` does.
    """
    require(is_whole(pieces) and pieces >= 1, "pieces", pieces, "a whole number from 1")
    targets = (options.bpp, options.size, options.psnr, options.guide)
    if any(one is not None for one in targets):
        return None
    with open_image(source, page=options.page, max_pixels=options.limits.max_pixels) as opened:
        made = encoded(opened, options, name_of(source))
        kept = kept_of(metadata_of(opened.info), options.metadata)
    if made is None:
        return None
    units = math.prod(units_of(made.header))
    if units < 2:
        return None
    header, codings, size = made.header, made.codings, size_of(source)
    count = min(int(pieces), units)
    decided = (options, header, dict(made.extras), codings, size, count, stamp)
    digest = hashlib.sha256(repr(decided).encode())
    for name in sorted(kept):
        digest.update(name.encode() + hashlib.sha256(kept[name]).digest())
    return Plan(
        id=digest.digest(),
        options=options,
        header=header,
        extras=made.extras,
        metadata=kept,
        codings=codings,
        noise=made.noise,
        source_bytes=size,
        pieces=count,
    )


def encoded(source: ImageSource, options: CompressOptions, name: str) -> Encoded | None:
    """The file of a picture, of which no tile is made yet; None if its denoiser would go first."""
    if options.bound is not None:
        return encode_exact(source, options, options.bound, None)
    check_source(source, options, name)
    removal = removal_of(source, options)
    if removal is not None and removal.level is None:
        return None
    return encode_lossy(source, cleaned(source, removal), options, lambda _: None)


def code_piece(source: Picture, plan: Plan, piece: int, target: str | os.PathLike[str]) -> None:
    """Code the tiles of a piece, numbered from 0, to a file that appears whole or not at all.

    Memory is bounded as in `compress_to`, by rows of the piece.

    Args:
        source: the picture that was planned, by whatever name it has here.

    Raises:
        InputError: the picture isn't the one that was planned, or can't be read.
        OptionError: there is no such piece.
        UnknownModelError: the model isn't the plan's.
        OutputError: `target` exists, or can't be written.
    """
    fine = is_whole(piece) and 0 <= piece < plan.pieces
    require(fine, "piece", piece, f"a whole number from 0 to {plan.pieces - 1}")
    options, places = plan.options, plan.places(piece)
    opened = open_image(source, page=options.page, max_pixels=options.limits.max_pixels)
    with opened as image, new_file(target) as out:
        samples = planned(plan, image, size_of(source), name_of(source))
        numbers = plan.numbers(piece)
        tiles = tiles_of(plan.codings, samples, plan.header, lambda _: None, numbers)
        write_piece(out, plan.id, piece, zip(places, tiles, strict=True))


def planned(plan: Plan, image: ImageSource, size: int | None, name: str) -> ImageSource:
    """The samples that the file is of; InputError if the picture isn't that of the plan."""
    header = plan.header
    shape = (header.height, header.width, header.channels + header.alpha)
    for samples in (image, image.without_full_alpha()):
        if (samples.shape, samples.dtype, size) == (shape, header.dtype, plan.source_bytes):
            return samples
    raise InputError(
        f"{name} isn't the picture that was planned: it has {image.dtype} of {image.shape} in "
        f"{size} bytes, and the plan {header.dtype} of {shape} in {plan.source_bytes}; plan it anew"
    )


def join_pieces(
    plan: Plan, pieces: Sequence[str | os.PathLike[str]], target: str | os.PathLike[str]
) -> CompressResult:
    """Make the .pel file of the pieces' files, in any order; the picture isn't needed any more.

    One tile is in memory at a time.

    Raises:
        OptionError: a piece is missing, given twice, or one of another plan; or the target is named
            like another kind of picture.
        DamagedFileError: a piece is damaged. InputError: one can't be read.
        OutputError: `target` exists, or can't be written. Then there is no new file.
    """
    check_pel_name(target)
    found = [(piece, plan.places(piece.number)) for piece in checked(plan, pieces)]
    count = plan.header.tile_chunks
    with new_file(target) as out:
        write_stream(
            out,
            plan.header,
            plan.metadata,
            tiles_in_pieces(found, count),
            extras=plan.extras,
            limits=plan.options.limits,
        )
    return result_of(target, plan.options, plan.noise, plan.source_bytes)


def checked(plan: Plan, paths: Sequence[str | os.PathLike[str]]) -> Iterator[Piece]:
    """All pieces of a plan, each once; OptionError if these files aren't."""
    found: dict[int, Piece] = {}
    for path in paths:
        piece = open_piece(Path(path))
        if piece.plan != plan.id or piece.number >= plan.pieces:
            raise OptionError(
                f"{path} is a piece of another picture, or of other options; code the pieces again "
                "by this plan"
            )
        if piece.number in found:
            raise OptionError(
                f"{path} is piece {piece.number}, and so is {found[piece.number].path}; give each "
                "piece once"
            )
        found[piece.number] = piece
    missing = [number for number in range(plan.pieces) if number not in found]
    if missing:
        raise OptionError(
            f"of the {plan.pieces} pieces {len(missing)} are missing, the first is number "
            f"{missing[0]}; give all of them"
        )
    return iter(found.values())
