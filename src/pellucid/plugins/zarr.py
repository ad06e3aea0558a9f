"""The codec `pellucid` of Zarr version 3: arrays -> bytes, found by its entry point.

    zarr.create_array(..., serializer=PellucidCodec(max_error=2), compressors=None)

What is read of a chunk is decoded tile by tile, also within shards. Other codecs behind it would
make that impossible and save nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from pellucid.errors import MissingExtraError, OptionError
from pellucid.plugins.chunks import ChunkOptions

try:
    from zarr.abc.codec import ArrayBytesCodec, ArrayBytesCodecPartialDecodeMixin
except ImportError as error:
    raise MissingExtraError("zarr", "science") from error

if TYPE_CHECKING:
    import numpy as np

__all__ = ["PellucidCodec"]

NAME = "pellucid"


class PellucidCodec(ChunkOptions, ArrayBytesCodec, ArrayBytesCodecPartialDecodeMixin):
    """Chunks as .pel files; the arguments are those of `ChunkOptions`.

    Raises OptionError for an argument that is out of range, and when an array is made InputError
    for chunks that can't be coded.
    """

    is_fixed_size = False

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """From the codec's entry in `zarr.json`; OptionError for an option that isn't known."""
        if data.get("name") != NAME:
            raise OptionError(f"a codec is {data.get('name')!r}; this one is {NAME}")
        return cls.of(data.get("configuration") or {})

    def to_dict(self) -> dict[str, Any]:
        """The entry in `zarr.json`."""
        return {"name": NAME, "configuration": self.configuration}

    def evolve_from_array_spec(self, array_spec: Any) -> Self:
        """The same with letters for all axes, so that `zarr.json` has them.

        Raises what `validate` does for the type of samples: chunks of shards aren't validated.
        """
        found = self.with_axes(array_spec.shape)
        found.check((1,) * len(array_spec.shape), native(array_spec.dtype))
        return found

    def validate(self, *, shape: tuple[int, ...], dtype: Any, chunk_grid: Any) -> None:
        """InputError or OptionError if chunks of such an array can't be coded."""
        self.check(getattr(chunk_grid, "chunk_shape", shape), native(dtype))

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: Any) -> int:
        """NotImplementedError: it depends on the samples."""
        raise NotImplementedError

    async def _encode_single(self, chunk_data: Any, chunk_spec: Any) -> Any:
        chunk, fill = chunk_data.as_numpy_array(), chunk_spec.fill_value
        data = await asyncio.to_thread(self.pack, chunk, fill)
        return chunk_spec.prototype.buffer.from_bytes(data)

    async def _decode_single(self, chunk_data: Any, chunk_spec: Any) -> Any:
        return await self._decoded(chunk_data, (), chunk_spec)

    async def _decode_partial_single(
        self, byte_getter: Any, selection: Any, chunk_spec: Any
    ) -> Any:
        found = await byte_getter.get(prototype=chunk_spec.prototype)
        parts = selection if isinstance(selection, tuple) else (selection,)
        return None if found is None else await self._decoded(found, parts, chunk_spec)

    async def _decoded(self, data: Any, selection: tuple[Any, ...], chunk_spec: Any) -> Any:
        shape, dtype = chunk_spec.shape, native(chunk_spec.dtype)
        samples = await asyncio.to_thread(self.unpack, data.to_bytes(), shape, dtype, selection)
        return chunk_spec.prototype.nd_buffer.from_ndarray_like(samples)


def native(dtype: Any) -> np.dtype[Any]:
    """NumPy's type of one of Zarr's, which before version 3.1 were NumPy's."""
    found: np.dtype[Any] = dtype.to_native_dtype() if hasattr(dtype, "to_native_dtype") else dtype
    return found
