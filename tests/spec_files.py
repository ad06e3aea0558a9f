"""What the tests of tools/spec_decoder.py share: the module itself and files written by hand.

The files follow docs/format.md and hold random latents of a small random model, so that every path
of the format is taken, escapes and skipped symbols included, without a trained model.
"""

from __future__ import annotations

import importlib.util
import struct
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import constriction
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


def load(name: str) -> Any:
    """A module of tools/, which is in no package that tests can import."""
    found = importlib.util.spec_from_file_location(f"tools.{name}", ROOT / f"tools/{name}.py")
    assert found is not None
    assert found.loader is not None
    module = sys.modules[f"tools.{name}"] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


spec = load("spec_decoder")
spec_exact = load("spec_exact")
spec_alpha = load("spec_alpha")
spec_kept = load("spec_kept")
spec_sequence = load("spec_sequence")

# Channels of a model too small for pictures.
M, Z, HIDDEN, F, CONTEXT, SMOOTH, TRUNK = 6, 3, 4, 5, 4, 5, 8
BYTES = np.full(256, 256)


def encode(pairs: list[tuple[np.ndarray, int]]) -> bytes:
    """The words of (counts, number of the symbol) pairs, given in decoding order."""
    coder = constriction.stream.stack.AnsCoder()
    for counts, number in reversed(pairs):
        table = constriction.stream.model.Categorical(counts / 65536, perfect=False)
        coder.encode_reverse(np.array([number], np.int32), table)
    return coder.get_compressed().astype("<u4").tobytes()


def random_counts(rng: np.random.Generator, n: int, sparse: bool) -> np.ndarray:
    """n counts of sum 2^16; in a sparse table most of them are 0."""
    weights = rng.random(n) ** 4 * (rng.random(n) < 0.3 if sparse else 1)
    weights[rng.integers(n)] += 0.1
    return rng.multinomial(65536, weights / weights.sum())


def random_arrays(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """entropy.npz of a small random model."""
    reach = np.array([0, 0, 1, 1, 2, 3, 5], np.uint8)
    tables = np.zeros((len(reach), 12), np.uint32)
    for table, a in zip(tables, reach, strict=True):
        table[: 2 * a + 2] = random_counts(rng, 2 * int(a) + 2, False)
    arrays = {
        "tables": tables,
        "reach": reach,
        "skip": np.uint8(2),
        "y_offset": rng.integers(1, 5, (101, M), dtype=np.int16),
        "z_index": rng.integers(0, 7, (101, Z), dtype=np.uint8),
        "centre_offset": rng.integers(-4, 5, M).astype(np.int16),
        "context": np.uint16(CONTEXT),
    }
    layers = {
        "hyper.enter": (4 * HIDDEN, Z, 1, 1), "hyper.mix": (HIDDEN, HIDDEN, 3, 5),
        "hyper.leave": (4 * F, HIDDEN, 1, 5), "hyper.index": (M, F, 1, 12),
        "hyper.mean": (M, F, 1, 9), "prior.context": (HIDDEN, CONTEXT, 3, 5),
        "prior.features": (HIDDEN, F, 1, 5), "prior.mix": (HIDDEN, HIDDEN, 1, 5),
        "prior.index": (M, HIDDEN, 1, 11), "prior.mean": (M, HIDDEN, 1, 9),
        "prior.predictor": (M, 1, 3, 3), "prior.diagonal": (SMOOTH, 1, 3, 3),
    }  # fmt: skip
    for name, (out, taken, k, shift) in layers.items():
        arrays[f"{name}.weight"] = rng.integers(-63, 64, (out, taken, k, k), dtype=np.int8)
        arrays[f"{name}.bias"] = rng.integers(-500, 2000, out, dtype=np.int32)
        arrays[f"{name}.shift"] = np.full(out, shift, np.uint8)
    return {name: np.asarray(array) for name, array in arrays.items()}


def chunk(name: bytes, payload: bytes = b"") -> bytes:
    body = name + struct.pack("<I", len(payload)) + payload
    return body + struct.pack("<I", zlib.crc32(body))


def part_pairs(
    arrays: dict[str, np.ndarray], symbols: np.ndarray, index: np.ndarray, coded: np.ndarray
) -> list[tuple[np.ndarray, int]]:
    """One part of a tile's payload as pairs for `encode`."""
    pairs, escapes = [], []
    for table, at in sorted((int(index[at]), at) for at in np.ndindex(index.shape) if coded[at]):
        reach, value = int(arrays["reach"][table]), int(symbols[at])
        escaped = abs(value) > reach
        counts = arrays["tables"][table, : 2 * reach + 2]
        pairs.append((counts, 2 * reach + 1 if escaped else value + reach))
        if escaped:
            escapes += [(BYTES, (value & 0xFFFF) >> 8), (BYTES, value & 0xFF)]
    return pairs + escapes


class Written:
    """A file of random latents for the model in `folder`, and the latents."""

    def __init__(self, folder: Path, width: int, height: int, colour: int = 1, seed: int = 0):
        self.rng = np.random.default_rng(seed)
        self.arrays = random_arrays(np.random.default_rng(7))
        np.savez(folder / "entropy.npz", **self.arrays)
        self.model = spec.read_model(folder)
        self.quality = 35
        self.head = struct.pack(
            "<BIIHBBBBBBBB16s", 1, width, height, 1 + 2 * colour, 8, 0, colour, 0, 1, 0,
            self.quality, 6, self.model.model_id,
        )  # fmt: skip
        columns, rows = -(-width // 64), -(-height // 64)
        self.latents = [self.tile() for _ in range(columns * rows)]
        self.tiles = [
            struct.pack("<IB", n, 0) + encode(pairs) for n, (_, _, pairs) in enumerate(self.latents)
        ]

    def values(self, shape: tuple[int, ...]) -> np.ndarray:
        """Small numbers and, now and then, any that 16 bits can hold."""
        large = self.rng.integers(-32767, 32768, shape)
        return np.where(self.rng.random(shape) < 0.02, large, self.rng.integers(-3, 4, shape))

    def tile(self) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, int]]]:
        """z, y_int and the pairs of one tile of 4 x 4 latents."""
        z, y = self.values((Z, 1, 1)), self.values((M, 4, 4))
        z_index = np.asarray(self.arrays["z_index"][self.quality])[:, None, None]
        pairs = part_pairs(self.arrays, z, z_index, np.ones(z.shape, bool))

        def take(index: np.ndarray, where: np.ndarray) -> np.ndarray:
            coded = where & (index >= 2)
            pairs.extend(part_pairs(self.arrays, y, index, coded))
            return np.where(coded, y, 0)

        return z, spec.latents_of_y(self.model, self.quality, z, take), pairs

    def file(self, *between: bytes, head: bytes | None = None, end: bytes = b"") -> bytes:
        index = b"".join(struct.pack("<I", len(tile)) for tile in self.tiles)
        chunks = [chunk(b"HEAD", head or self.head), *between]
        chunks += [chunk(b"TIDX", index)] if len(self.tiles) > 1 else []
        chunks += [chunk(b"TILE", tile) for tile in self.tiles]
        return spec.SIGNATURE + b"".join(chunks) + (end or chunk(b"DONE"))


def save_synthesis(folder: Path) -> Any:
    """gains.npz and synthesis.onnx beside a random entropy.npz; returns the network they hold."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    from pellucid.nets.transforms import Synthesis
    from pellucid.train import networks

    torch.manual_seed(2)
    net = Synthesis(TRUNK, M, 3)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
        parameter.data = parameter.data.half().float()  # as an export stores them
    net.leave.weight.data = (255 * net.leave.weight).half().float() / 255
    net.leave.bias.data = (255 * (net.leave.bias + 0.5)).half().float() / 255 - 0.5
    with torch.no_grad():
        (folder / "synthesis.onnx").write_bytes(networks.synthesis(SimpleNamespace(synthesis=net)))
    rng = np.random.default_rng(3)
    gains = rng.uniform(1e-4, 0.002, (101, M)).astype(np.float32)
    scale = rng.uniform(0.5, 2, (101, TRUNK)).astype(np.float32)
    np.savez(folder / "gains.npz", inverse_gain=gains, synthesis_scale=scale, halo=4)
    return lambda y: net(
        torch.tensor((y / 16 * gains[35][:, None, None])[None], dtype=torch.float32),
        torch.tensor(scale[35][None, :, None, None]),
    ).detach()[0].numpy()  # fmt: skip
