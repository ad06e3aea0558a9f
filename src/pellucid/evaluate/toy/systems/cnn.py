"""The article's CNN at both jobs: its code as bytes, and what comes out of a noisy picture.

A code is rounded to 2^bits levels and coded with a table for each of its numbers, counted on the
training pictures; the setting is bits. The model itself is not in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder, TableSet
from pellucid.evaluate.toy.systems import keras_models as models
from pellucid.evaluate.toy.systems.base import SINGLE, Budget, Pictures, Samples, Training
from pellucid.evaluate.toy.systems.keras_backend import load_keras, version_of
from pellucid.evaluate.toy.systems.tables import count_symbols, tables_of

BITS = (2.0, 3.0, 4.0, 6.0)
SAMPLES_A_NUMBER = 12  # of the picture for each number of the code, when compressing
SAMPLES_A_NUMBER_NOISY = 8  # and when denoising, where no bytes are to be saved
LONGEST = 256  # code; each number has a table of its own
CHUNK = 500


@dataclass
class CnnCodec:
    """A `Compressor`; `keras` is the module."""

    keras: Any
    name: str
    hidden: str
    loss: str
    pooling: str = "max"
    files: tuple[str, ...] = (SINGLE,)
    trained: bool = True
    network: models.Network | None = None
    design: models.Design | None = None
    tables: dict[int, TableSet] = field(default_factory=dict)

    @property
    def version(self) -> str:
        return (
            f"{version_of(self.keras)}, {self.hidden}, {self.loss}, {self.pooling} pooling, a "
            f"number for {SAMPLES_A_NUMBER} samples"
        )

    def settings(self, _files: str) -> tuple[float, ...]:
        return BITS

    def train(self, pictures: Pictures, budget: Budget) -> Training:
        shape = pictures.shape[1:]
        length = min(LONGEST, int(np.prod(shape)) // SAMPLES_A_NUMBER)
        self.design = models.Design(shape, length, self.hidden, self.loss, self.pooling)
        self.network = models.build(self.keras, self.design, budget.seed)
        inputs = models.to_unit(pictures)
        passes = models.fit(self.network.whole, _same(inputs), budget)
        codes = np.concatenate([models.run(self.network.encoder, part) for part in _chunks(inputs)])
        for bits in map(int, BITS):
            symbols = self._symbols(codes, bits)
            index = np.broadcast_to(np.arange(length), symbols.shape)
            reach = _reach(bits)
            counts = count_symbols(symbols.ravel(), index.ravel(), length, reach)
            self.tables[bits] = tables_of(counts, reach)
        what = f"{len(pictures)} pictures, {passes} passes; a code of {length}"
        return Training(what, models.model_bytes(self.network.whole))

    def encode(self, picture: Pictures, setting: float) -> bytes:
        bits = int(setting)
        code = models.run(_ready(self.network).encoder, models.to_unit(picture)[None])
        coder = SymbolEncoder(self.tables[bits])
        coder.put(self._symbols(code, bits)[0], np.arange(code.shape[1]).astype(np.uint8))
        return bytes([bits]) + coder.finish()

    def decode(self, data: bytes, shape: tuple[int, int, int]) -> Pictures:
        bits = data[0]
        coder = SymbolDecoder(data[1:], self.tables[bits])
        symbols = coder.take(np.arange(len(self.tables[bits])).astype(np.uint8))
        coder.finish()
        low, high = self._range
        code = low + (symbols + _reach(bits)) * (high - low) / (2**bits - 1)
        samples = models.run(_ready(self.network).decoder, code[None])[0]
        return np.asarray(np.rint(255 * samples), np.uint8).reshape(shape)

    @property
    def _range(self) -> tuple[float, float]:
        assert self.design is not None
        return self.design.code_range

    def _symbols(self, codes: NDArray[np.float32], bits: int) -> NDArray[np.int32]:
        """Levels 0 .. 2^bits - 1, moved so that they lie around 0."""
        low, high = self._range
        levels = np.rint((codes - low) / (high - low) * (2**bits - 1))
        return np.asarray(levels, np.int32) - np.int32(_reach(bits))


@dataclass
class CnnCleaner:
    """A `Cleaner`: noisy in, clean out; `dense` says whether it has the bottleneck."""

    keras: Any
    name: str
    hidden: str
    loss: str
    dense: bool = True
    pooling: str = "max"
    trained: bool = True
    network: models.Network | None = None

    @property
    def version(self) -> str:
        code = f"a number for {SAMPLES_A_NUMBER_NOISY} samples" if self.dense else "no dense layer"
        return (
            f"{version_of(self.keras)}, {self.hidden}, {self.loss}, {self.pooling} pooling, {code}"
        )

    def train(self, pictures: Pictures, sigma: float, budget: Budget) -> Training:
        shape = pictures.shape[1:]
        length = int(np.prod(shape)) // SAMPLES_A_NUMBER_NOISY if self.dense else None
        design = models.Design(shape, length, self.hidden, self.loss, self.pooling, rounded=False)
        self.network = models.build(self.keras, design, budget.seed)
        clean = models.to_unit(pictures)
        passes = models.fit(self.network.whole, _noisy(clean, sigma / 255, budget.seed), budget)
        what = f"{len(pictures)} pictures, {passes} passes, each with new noise"
        return Training(what, models.model_bytes(self.network.whole))

    def denoise(self, noisy: Samples, _sigma: float) -> Samples:
        clean = models.run(_ready(self.network).whole, models.to_unit(noisy)[None])[0]
        return np.asarray(255 * clean, np.float32)


def make_codec(threads: int, *, name: str, hidden: str = "relu", loss: str = "mse") -> CnnCodec:
    """The codec; MissingExtraError without keras or PyTorch."""
    return CnnCodec(load_keras(threads), name, hidden, loss)


def make_cleaner(
    threads: int, *, name: str, hidden: str = "relu", loss: str = "mse", dense: bool = True
) -> CnnCleaner:
    """The denoiser; MissingExtraError without keras or PyTorch."""
    return CnnCleaner(load_keras(threads), name, hidden, loss, dense)


def _reach(bits: int) -> int:
    return 1 << (bits - 1)


def _ready(network: models.Network | None) -> models.Network:
    if network is None:
        raise ValueError("train it first")
    return network


def _chunks(inputs: models.Batch) -> Iterator[models.Batch]:
    return (inputs[start : start + CHUNK] for start in range(0, len(inputs), CHUNK))


def _same(inputs: models.Batch) -> Iterator[tuple[models.Batch, models.Batch]]:
    while True:
        yield inputs, inputs


def _noisy(
    clean: models.Batch, sigma: float, seed: int
) -> Iterator[tuple[models.Batch, models.Batch]]:
    """Inputs with noise that is new each time, neither clipped nor rounded."""
    draw = np.random.default_rng(seed)
    while True:
        noise = draw.standard_normal(clean.shape, np.float32)
        yield clean + np.float32(sigma) * noise, clean
