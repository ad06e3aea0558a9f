"""The article's network at both jobs, in Keras, with an end that can give a picture.

Articles on "image compression with a CNN" stack convolution, pooling, flattening and dense layers
and end in a softmax over ten classes, trained with cross-entropy. Such a network names a class: ten
numbers that sum to 1 have no room for a picture. Here the same layers are the first half of an
autoencoder: the dense layer is the code, and a dense and a transposed convolution lead back to
samples of 0..1. Cross-entropy is then that of each sample, taken as the probability of white.

Before the code's sigmoid stands a batch normalisation: without it every code comes out alike, and
the network learns the mean picture and no more.

In a file the code is rounded to 2^bits levels and coded with a table for each of its numbers,
counted on the training pictures; the setting is bits. The model itself is not in the file.

Keras runs on PyTorch. It picks its backend, and makes a folder for its settings, when it is
imported; so both variables are set for that moment, the folder to a temporary one.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder, TableSet
from pellucid.errors import MissingExtraError, OptionError
from pellucid.evaluate.peers.base import using
from pellucid.evaluate.peers.toy_base import (
    SIGMA,
    Budget,
    Coder,
    Pictures,
    Samples,
    Shape,
    System,
    ToyDenoiser,
    tables_of,
)

BACKEND = "torch"
EXTRAS = "bench,train"  # keras itself is in the one, its backend in the other
FILTERS, KERNEL, POOL = 32, 3, 2
BATCH = 32
MAX_PASSES = 400
MOMENTUM = 0.9  # of the normalisation; few steps must do
STEPS = 15  # of the code, whose rounding training imitates with noise
LOSSES = {"mse": "mse", "bce": "binary_crossentropy"}
BITS = (2.0, 3.0, 4.0, 6.0)
SAMPLES_A_NUMBER = 12  # of the picture for each number of the code, when compressing
SAMPLES_A_NUMBER_NOISY = 8  # and when denoising, where no bytes are to be saved
LONGEST = 256  # code; each number has a table of its own
CHUNK = 500

FLAT = "cnn_flat"  # has no bottleneck
KINDS = {
    "cnn": ("relu", "mse"),
    "cnn_bce": ("relu", "bce"),
    "cnn_sigmoid": ("sigmoid", "mse"),
    "cnn_tanh": ("tanh", "mse"),
    FLAT: ("relu", "mse"),
}

Batch = NDArray[np.float32]  # (N, H, W, C), 0 black and 1 white
Design = tuple[str, str]  # hidden layers: relu, sigmoid or tanh; the loss: mse or bce


def coder(name: str, threads: int) -> System:
    """The codec; MissingExtraError without keras or PyTorch."""
    keras, kind = load_keras(threads), KINDS[name]
    low, high = code_range(kind)

    def train(pictures: Pictures, budget: Budget) -> Coder:
        length = min(LONGEST, int(np.prod(pictures.shape[1:])) // SAMPLES_A_NUMBER)
        network = build(keras, pictures.shape[1:], length, kind, seed=budget.seed)
        encoder, decoder = network.layers
        inputs = to_unit(pictures)
        passes = fit(network, lambda: (inputs, inputs), budget)
        starts = range(0, len(inputs), CHUNK)
        codes = np.concatenate([run(encoder, inputs[at : at + CHUNK]) for at in starts])
        numbers = np.arange(length).astype(np.uint8)  # each has a table
        tables: dict[int, TableSet] = {}

        def symbols_of(codes: Batch, bits: int) -> NDArray[np.int32]:
            """Levels 0 .. 2^bits - 1, moved so that they lie around 0."""
            levels = np.rint((codes - low) / (high - low) * (2**bits - 1))
            return np.asarray(levels, np.int32) - np.int32(2 ** (bits - 1))

        def encode(picture: Pictures, setting: float) -> bytes:
            bits = int(setting)
            packer = SymbolEncoder(tables[bits])
            packer.put(symbols_of(run(encoder, to_unit(picture)[None]), bits)[0], numbers)
            return bytes([bits]) + packer.finish()

        def decode(data: bytes, shape: Shape) -> Pictures:
            bits = data[0]
            packer = SymbolDecoder(data[1:], tables[bits])
            levels = packer.take(numbers) + 2 ** (bits - 1)
            packer.finish()
            code = low + levels * (high - low) / (2**bits - 1)
            return np.asarray(np.rint(255 * run(decoder, code[None])[0]), np.uint8).reshape(shape)

        for bits in map(int, BITS):
            symbols, every = symbols_of(codes, bits), np.tile(numbers, len(codes))
            tables[bits] = tables_of(symbols.ravel(), every, length, 2 ** (bits - 1))
        learnt = f"{len(pictures)} pictures, {passes} passes; a code of {length}"
        return Coder(encode, decode, learnt, 4 * network.count_params())

    return System(
        task="compress",
        name=name,
        version=version_of(keras, kind, f"a number for {SAMPLES_A_NUMBER} samples"),
        train=train,
        settings={"single": BITS},
        threading=using(threads),
    )


def denoiser(name: str, threads: int) -> System:
    """The denoiser, noisy in and clean out; MissingExtraError without keras or PyTorch."""
    keras, kind, dense = load_keras(threads), KINDS[name], name != FLAT

    def train(pictures: Pictures, budget: Budget) -> ToyDenoiser:
        shape, draw = pictures.shape[1:], np.random.default_rng(budget.seed)
        length = int(np.prod(shape)) // SAMPLES_A_NUMBER_NOISY if dense else None
        network = build(keras, shape, length, kind, rounded=False, seed=budget.seed)
        clean = to_unit(pictures)

        def noisy() -> tuple[Batch, Batch]:
            noise = draw.standard_normal(clean.shape, np.float32)
            return clean + np.float32(SIGMA / 255) * noise, clean

        def denoise(samples: Samples, _sigma: float) -> Samples:
            return np.asarray(255 * run(network, to_unit(samples)[None])[0], np.float32)

        passes = fit(network, noisy, budget)
        learnt = f"{len(pictures)} pictures, {passes} passes, each with new noise"
        return ToyDenoiser(denoise, learnt, 4 * network.count_params())

    code = f"a number for {SAMPLES_A_NUMBER_NOISY} samples" if dense else "no dense layer"
    return System(
        task="denoise",
        name=name,
        version=version_of(keras, kind, code),
        train=train,
        threading=using(threads),
    )


def code_range(kind: Design) -> tuple[float, float]:
    """The least and the largest number of a code, which ends in tanh if the hidden layers do."""
    return (-1.0, 1.0) if kind[0] == "tanh" else (0.0, 1.0)


def build(
    keras: Any,
    shape: Shape,
    code: int | None,
    kind: Design,
    *,
    rounded: bool = True,
    seed: int,
) -> Any:
    """An autoencoder, compiled with Adam; its two layers are encoder and decoder.

    Args:
        code: the length of the dense bottleneck, None for a network without one: convolution,
            pooling, convolution, transposed convolution.
        rounded: whether the code will be.
    """
    keras.utils.set_random_seed(seed)
    layers, (hidden, loss) = keras.layers, kind
    small = (shape[0] // POOL, shape[1] // POOL, FILTERS)

    def convolution() -> Any:
        return layers.Conv2D(FILTERS, KERNEL, padding="same", activation=hidden)

    first = [layers.Input(shape), convolution(), layers.MaxPooling2D(POOL)]
    if code is None:
        encoder = keras.Sequential([*first, convolution()])
        entry = [layers.Input(small)]
    else:
        low, high = code_range(kind)
        spread = layers.BatchNormalization(momentum=MOMENTUM)
        end = layers.Activation("tanh" if hidden == "tanh" else "sigmoid")
        encoder = keras.Sequential([*first, layers.Flatten(), layers.Dense(code), spread, end])
        rounding = layers.GaussianNoise((high - low) / STEPS / 12**0.5)  # acts in training only
        entry = [
            layers.Input((code,)),
            *([rounding] if rounded else []),
            layers.Dense(int(np.prod(small)), hidden),
            layers.Reshape(small),
        ]
    back = layers.Conv2DTranspose(FILTERS, KERNEL, strides=POOL, padding="same", activation=hidden)
    last = layers.Conv2D(shape[2], KERNEL, padding="same", activation="sigmoid")
    whole = keras.Sequential([encoder, keras.Sequential([*entry, back, last])])
    whole.compile(optimizer=keras.optimizers.Adam(1e-3), loss=LOSSES[loss])
    return whole


def fit(model: Any, batch: Callable[[], tuple[Batch, Batch]], budget: Budget) -> int:
    """Train on what `batch` gives, anew each pass, while there is time: for how many passes."""
    passes = 0
    for _ in budget.turns(MAX_PASSES):
        model.fit(*batch(), batch_size=BATCH, epochs=1, verbose=0)
        passes += 1
    return passes


def run(model: Any, inputs: NDArray[np.floating]) -> Batch:
    """The result of a batch, as an array."""
    result = model(np.asarray(inputs, np.float32), training=False)
    return np.asarray(result.detach().cpu().numpy(), np.float32)


def to_unit(samples: NDArray[Any]) -> Batch:
    """Samples of 0..255 to 0..1."""
    return np.asarray(samples, np.float32) / np.float32(255)


def load_keras(threads: int) -> Any:
    """The module keras, with `threads` threads for PyTorch below it.

    Raises:
        MissingExtraError: keras or PyTorch isn't installed.
        OptionError: keras was imported before, with another backend.
    """
    for package in (BACKEND, "keras"):
        try:
            if sys.modules.get(package) is None:
                _import_with_own_settings(package)
        except ImportError as error:
            raise MissingExtraError(package, EXTRAS) from error
    keras: Any = sys.modules["keras"]
    if (found := keras.backend.backend()) != BACKEND:
        raise OptionError(
            f"keras was imported with the backend {found!r}; set KERAS_BACKEND={BACKEND} before"
        )
    sys.modules[BACKEND].set_num_threads(threads)
    return keras


def _import_with_own_settings(package: str) -> None:
    with TemporaryDirectory() as folder:
        own = {"KERAS_BACKEND": BACKEND, "KERAS_HOME": folder}
        before = {name: os.environ[name] for name in own if name in os.environ}
        os.environ.update(own)
        try:
            importlib.import_module(package)
        finally:
            for name in own:
                del os.environ[name]
            os.environ.update(before)


def version_of(keras: Any, kind: Design, code: str) -> str:
    """Keras, its backend, and what the network is made of."""
    made = f"keras {keras.__version__}, torch {sys.modules[BACKEND].__version__}"
    return f"{made}, {', '.join(kind)}, max pooling, {code}"
