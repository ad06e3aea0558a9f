"""The article's CNN at both jobs: its code as bytes, and what comes out of a noisy picture.

A code is rounded to 2^bits levels and coded with a table for each of its numbers, counted on the
training pictures; the setting is bits. The model itself is not in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder, TableSet
from pellucid.evaluate.peers.base import using
from pellucid.evaluate.peers.toy_base import (
    COMPRESS,
    DENOISE,
    SINGLE,
    Budget,
    Cleaner,
    Coder,
    Pictures,
    Samples,
    Shape,
    System,
    Training,
    count_symbols,
    tables_of,
)
from pellucid.evaluate.peers.toy_keras import (
    Batch,
    Design,
    Network,
    build,
    fit,
    load_keras,
    model_bytes,
    run,
    to_unit,
    version_of,
)

BITS = (2.0, 3.0, 4.0, 6.0)
SAMPLES_A_NUMBER = 12  # of the picture for each number of the code, when compressing
SAMPLES_A_NUMBER_NOISY = 8  # and when denoising, where no bytes are to be saved
LONGEST = 256  # code; each number has a table of its own
CHUNK = 500


def coder(threads: int, *, name: str, hidden: str = "relu", loss: str = "mse") -> System[Coder]:
    """The codec; MissingExtraError without keras or PyTorch."""
    keras = load_keras(threads)

    def train(pictures: Pictures, budget: Budget) -> Coder:
        shape = pictures.shape[1:]
        length = min(LONGEST, int(np.prod(shape)) // SAMPLES_A_NUMBER)
        design = Design(shape, length, hidden, loss)
        network = build(keras, design, budget.seed)
        inputs = to_unit(pictures)
        passes = fit(network.whole, lambda: (inputs, inputs), budget)
        starts = range(0, len(inputs), CHUNK)
        codes = np.concatenate([run(network.encoder, inputs[at : at + CHUNK]) for at in starts])
        codec = _Codec(network, design.code_range, {})
        for bits in map(int, BITS):
            codec.tables[bits] = codec.counted(codes, bits)
        what = f"{len(pictures)} pictures, {passes} passes; a code of {length}"
        training = Training(what, model_bytes(network.whole))
        return Coder(codec.encode, codec.decode, training)

    return System(
        task=COMPRESS,
        name=name,
        version=f"{version_of(keras)}, {hidden}, {loss}, max pooling, a number for "
        f"{SAMPLES_A_NUMBER} samples",
        train=train,
        settings={SINGLE: BITS},
        threading=using(threads),
    )


def cleaner(
    threads: int, *, name: str, hidden: str = "relu", loss: str = "mse", dense: bool = True
) -> System[Cleaner]:
    """The denoiser, noisy in and clean out; `dense` says whether it has the bottleneck.

    Raises:
        MissingExtraError: keras or PyTorch isn't installed.
    """
    keras = load_keras(threads)

    def train(pictures: Pictures, budget: Budget) -> Cleaner:
        shape, draw = pictures.shape[1:], np.random.default_rng(budget.seed)
        length = int(np.prod(shape)) // SAMPLES_A_NUMBER_NOISY if dense else None
        network = build(keras, Design(shape, length, hidden, loss, rounded=False), budget.seed)
        clean = to_unit(pictures)

        def noisy() -> tuple[Batch, Batch]:
            noise = draw.standard_normal(clean.shape, np.float32)
            return clean + np.float32(budget.sigma / 255) * noise, clean

        def denoise(samples: Samples, _sigma: float) -> Samples:
            return np.asarray(255 * run(network.whole, to_unit(samples)[None])[0], np.float32)

        passes = fit(network.whole, noisy, budget)
        what = f"{len(pictures)} pictures, {passes} passes, each with new noise"
        return Cleaner(denoise, Training(what, model_bytes(network.whole)))

    code = f"a number for {SAMPLES_A_NUMBER_NOISY} samples" if dense else "no dense layer"
    return System(
        task=DENOISE,
        name=name,
        version=f"{version_of(keras)}, {hidden}, {loss}, max pooling, {code}",
        train=train,
        threading=using(threads),
    )


@dataclass(frozen=True)
class _Codec:
    """A network, the least and the largest number of its code, and bits -> tables of its levels."""

    network: Network
    code_range: tuple[float, float]
    tables: dict[int, TableSet]

    def encode(self, picture: Pictures, setting: float) -> bytes:
        bits = int(setting)
        code = run(self.network.encoder, to_unit(picture)[None])
        coder = SymbolEncoder(self.tables[bits])
        coder.put(self._symbols(code, bits)[0], np.arange(code.shape[1]).astype(np.uint8))
        return bytes([bits]) + coder.finish()

    def decode(self, data: bytes, shape: Shape) -> Pictures:
        bits, (low, high) = data[0], self.code_range
        coder = SymbolDecoder(data[1:], self.tables[bits])
        symbols = coder.take(np.arange(len(self.tables[bits])).astype(np.uint8))
        coder.finish()
        code = low + (symbols + _reach(bits)) * (high - low) / (2**bits - 1)
        samples = run(self.network.decoder, code[None])[0]
        return np.asarray(np.rint(255 * samples), np.uint8).reshape(shape)

    def counted(self, codes: NDArray[np.float32], bits: int) -> TableSet:
        """A table for each number of (N, L) codes."""
        symbols = self._symbols(codes, bits)
        length, reach = symbols.shape[1], _reach(bits)
        index = np.broadcast_to(np.arange(length), symbols.shape)
        return tables_of(count_symbols(symbols.ravel(), index.ravel(), length, reach), reach)

    def _symbols(self, codes: NDArray[np.float32], bits: int) -> NDArray[np.int32]:
        """Levels 0 .. 2^bits - 1, moved so that they lie around 0."""
        low, high = self.code_range
        levels = np.rint((codes - low) / (high - low) * (2**bits - 1))
        return np.asarray(levels, np.int32) - np.int32(_reach(bits))


def _reach(bits: int) -> int:
    return 1 << (bits - 1)
