"""The bytes of a .pel file -> header, metadata and tile payloads, all views of the given bytes.

`docs/format.md`, sections 1 to 4 and 9. `PelFile.parse` checks the frame of the whole file (every
length, order and count, and every CRC but the tiles') without copying anything; a tile's CRC is
checked when the tile is asked for, so that one damaged tile costs that tile only.
`PelFile.salvage` takes a file whose frame is broken too, and says what it has lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from mmap import mmap

from pellucid.bitstream.chunk import Chunk, check_crc, crc_damage, payload_of, read_chunk
from pellucid.bitstream.edges import EDGE, Edges
from pellucid.bitstream.extras import ALPHA, FLOAT_MAP, KEPT, RANGE, Kept, SampleRange
from pellucid.bitstream.header import EXACT, FLOAT, KEPT_NOISE, LEARNED, SOURCE_LAYER, Header
from pellucid.bitstream.limits import (
    DECODED_TILE_LOG2,
    DEFAULT_LIMITS,
    MIN_TILE_LOG2,
    MODEL_ID_BYTES,
    SIGNATURE,
    Limits,
)
from pellucid.bitstream.losses import losses_of
from pellucid.bitstream.noise import NOISE, NOISE_VERSION, NoiseModel, noise_problem
from pellucid.bitstream.salvage import Salvage
from pellucid.bitstream.scan import Scan
from pellucid.bitstream.writer import METADATA_CHUNKS, TILE_START
from pellucid.bitstream.zip_records import LOCAL_MARK
from pellucid.errors import (
    DamagedFileError,
    NotPelFileError,
    OptionError,
    UnsupportedError,
)

DECODED_TILES = tuple(range(MIN_TILE_LOG2, DECODED_TILE_LOG2 + 1))


@dataclass(frozen=True, slots=True)
class PelFile:
    """A file whose frame is sound. `header` is checked; `chunks` are (type, offset, length).

    A salvaged file lacks what it has lost: `damage` says what is wrong beside the tiles, one
    message a place, and `lost_metadata` names the kinds of metadata (exif, icc, xmp, axes).
    """

    header: Header
    chunks: tuple[Chunk, ...]
    _data: memoryview = field(repr=False)
    _single: dict[str, Chunk] = field(repr=False)
    _tiles: tuple[Chunk | str, ...] = field(repr=False)  # or why it is lost
    damage: tuple[str, ...] = ()
    lost_metadata: tuple[str, ...] = ()

    @classmethod
    def parse(
        cls, data: bytes | bytearray | memoryview | mmap, *, limits: Limits = DEFAULT_LIMITS
    ) -> PelFile:
        """Return the file in `data`, which must not change while the result is used.

        Raises NotPelFileError, VersionError, UnsupportedError (features or critical chunks that
        this version doesn't know), LimitError, or DamagedFileError naming the chunk and offset.
        """
        view = memoryview(data).toreadonly().cast("B")
        chunk, header = _read_head(view, limits)
        scan = Scan(view, chunk, header, limits)
        while chunk.type != "DONE":
            chunk = read_chunk(view, chunk.end)
            scan.take(chunk)
        scan.finish(chunk.end)
        return cls(header, tuple(scan.chunks), view, scan.single, tuple(scan.tiles))

    @classmethod
    def salvage(
        cls, data: bytes | bytearray | memoryview | mmap, *, limits: Limits = DEFAULT_LIMITS
    ) -> PelFile:
        """Return what is whole of a file that may be damaged anywhere behind its HEAD.

        A file with a sound frame is read as `parse` reads it. Raises DamagedFileError only for the
        signature and HEAD, without which nothing can be told; else what `parse` raises.
        """
        try:
            return cls.parse(data, limits=limits)
        except DamagedFileError as error:
            reason = str(error)
        view = memoryview(data).toreadonly().cast("B")
        head, header = _read_head(view, limits)
        found = Salvage(view, head, header, limits)
        found.walk()
        tiles, metadata, damage = losses_of(found)
        if not damage and not any(isinstance(tile, str) for tile in tiles):
            damage = (reason,)  # nothing is lost: chunks that stand where they must not
        chunks = sorted([*found.single.values(), *found.tiles.values()], key=lambda c: c.offset)
        return cls(header, tuple(chunks), view, found.single, tiles, damage, metadata)

    @property
    def metadata(self) -> dict[str, bytes]:
        """The metadata by kind (exif, icc, xmp, axes, dicom), each copied when it is asked for."""
        return {
            name: bytes(payload_of(self._data, self._single[type_]))
            for name, type_ in METADATA_CHUNKS.items()
            if type_ in self._single
        }

    def _payload(self, type_: str) -> memoryview | None:
        chunk = self._single.get(type_)
        return None if chunk is None else payload_of(self._data, chunk)

    @property
    def float_map(self) -> memoryview | None:
        """Section 12's payload, if the file has one that is whole."""
        return self._payload(FLOAT_MAP)

    @property
    def sample_range(self) -> SampleRange | None:
        """What the samples of a learned file of 16 bits lie in, if the file has it whole."""
        payload = self._payload(RANGE)
        return None if payload is None else SampleRange.unpack(payload)

    @property
    def edges(self) -> Edges | None:
        """The lines of one colour along the edges of a learned file's picture, if it has them."""
        payload = self._payload(EDGE)
        return None if payload is None else Edges.unpack(self.header, payload)

    @property
    def alpha_model(self) -> bytes | None:
        """The id of the tables of an alpha layer, if the file has it whole."""
        payload = self._payload(ALPHA)
        return None if payload is None else bytes(payload)

    @property
    def kept(self) -> Kept | None:
        """The tables and the bound of a source layer, if the file has them whole."""
        payload = self._payload(KEPT)
        return None if payload is None else Kept.unpack(payload)

    @property
    def source(self) -> PelFile:
        """The source layer of a file that has one, as a file of that layer alone."""
        identity = bytes(MODEL_ID_BYTES) if self.kept is None else self.kept.model_id
        header = replace(self.header, layers=KEPT_NOISE, model_id=identity)
        start = self.header.layer_numbers.index(SOURCE_LAYER) * header.tile_count
        return replace(self, header=header, _tiles=self._tiles[start:])

    @property
    def noise(self) -> NoiseModel | None:
        """The noise that was taken off before coding, if the file says.

        Raises DamagedFileError if the chunk is wrong, which matters to nothing else, and
        UnsupportedError if it is newer.
        """
        payload = self._payload(NOISE)
        if payload is None:
            return None
        problem = noise_problem(self.header, payload)
        if problem is None:
            return NoiseModel.unpack(payload)
        if payload and payload[0] > NOISE_VERSION:
            raise UnsupportedError(
                f"chunk {NOISE} {problem}: decode without grain, or update pellucid: pip install "
                "-U pellucid"
            )
        raise DamagedFileError(f"chunk {NOISE} {problem}; decode without grain, or get it again")

    def tile(self, number: int, *, layer: int = 0) -> memoryview:
        """Return a view of a tile's payload (section 7), its checksum checked.

        Raises OptionError if the file has no such tile, DamagedFileError if it is damaged.
        """
        self.header.check_tile_number(number)
        layers = self.header.layer_numbers
        if layer not in layers:
            raise OptionError(f"the file has no layer {layer}: its layers are {layers}")
        place = layers.index(layer) * self.header.tile_count + number
        chunk = self._tiles[place]
        name = self.header.chunk_name(place) + (f", layer {layer}" if layer else "")
        if isinstance(chunk, str):
            raise DamagedFileError(f"{name} is lost: {chunk}; get the file again")
        damage = crc_damage(self._data, chunk)
        if damage is not None:
            raise DamagedFileError(f"{name}: {damage}")
        return payload_of(self._data, chunk)[TILE_START.size :]


def require_supported(header: Header) -> None:
    """Raise UnsupportedError for a valid file of a kind that this version doesn't decode."""
    if header.layers in LEARNED:
        wanted = {
            "channels": (1, 3),
            "bit_depth": (8, 16),
            "sample_type": (0,) if header.bit_depth == 8 else (0, 1),
            "colour": (0,) if header.channels == 1 else (1,),
            "alpha": (int(header.has_alpha_layer),),
            "features": (0,),
            "tile_log2": DECODED_TILES,
        }
    elif header.sample_type == FLOAT:
        wanted = {
            "layers": EXACT,
            "bit_depth": (16, 32),
            "alpha": (0,),
            "features": (0,),
            "tile_log2": DECODED_TILES,
        }
    else:
        wanted = {
            "layers": (*LEARNED, *EXACT),
            "bit_depth": (8, 16) if header.sample_type == 0 else (16,),
            "sample_type": (0, 1),
            "tile_log2": DECODED_TILES,
        }
    for name, values in wanted.items():
        value = getattr(header, name)
        if value not in values:
            known = " or ".join(str(known) for known in values)
            raise UnsupportedError(
                f"the file is sound, but {name} = {value} is not supported yet: this pellucid "
                f"decodes {known}; update it: pip install -U pellucid"
            )


def _read_head(data: memoryview, limits: Limits) -> tuple[Chunk, Header]:
    """Return the first chunk and what it says, all of it checked."""
    _check_signature(data)
    chunk = read_chunk(data, len(SIGNATURE))
    check_crc(data, chunk)
    if chunk.type != "HEAD":
        raise DamagedFileError(f"the first chunk is {chunk.type}, not HEAD; get the file again")
    header = Header.unpack(payload_of(data, chunk))
    header.check_limits(limits)
    return chunk, header


def _check_signature(data: memoryview) -> None:
    start = bytes(data[: len(SIGNATURE)])
    if start == SIGNATURE:
        return
    if not start:
        raise NotPelFileError("this is not a .pel file: it is empty (0 bytes)")
    if len(start) >= 4 and SIGNATURE.startswith(start):
        raise DamagedFileError(
            f"the file is truncated: it ends after {len(start)} bytes, inside the signature; get "
            "the whole file again"
        )
    hint = ""
    if start.startswith(LOCAL_MARK):
        hint = "; if it is a sequence (.pels), pellucid.open_sequence reads it"
    if start[1:4] == SIGNATURE[1:4]:
        hint = ", although it nearly does: a transfer as text may have changed it, get it as binary"
    raise NotPelFileError(
        f"this is not a .pel file: it begins with {start.hex(' ')}, not {SIGNATURE.hex(' ')}{hint}"
    )
