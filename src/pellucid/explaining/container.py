"""What a file holds beside payloads, in bytes."""

from __future__ import annotations

from pellucid.bitstream import PelFile


def container_bytes(file: PelFile) -> dict[str, int]:
    """Bytes of a file's parts other than the tiles' payloads, by chunk type."""
    parts = {"signature": file.chunks[0].offset}
    for chunk in file.chunks:
        size = chunk.end - chunk.offset
        name = f"{chunk.type} frames" if chunk.type == "TILE" else chunk.type
        parts[name] = parts.get(name, 0) + size
    payloads = (payload_bytes(file, layer) for layer in file.header.layer_numbers)
    parts["TILE frames"] -= sum(payloads)
    return parts


def payload_bytes(file: PelFile, layer: int) -> int:
    """Bytes of the payloads of a layer."""
    return sum(len(file.tile(n, layer=layer)) for n in range(file.header.tile_count))
