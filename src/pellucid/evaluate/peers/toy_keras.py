"""The article's network, in Keras, with an end that can give a picture.

Articles on "image compression with a CNN" stack convolution, pooling, flattening and dense layers
and end in a softmax over ten classes, trained with cross-entropy. Such a network names a class: ten
numbers that sum to 1 have no room for a picture. Here the same layers are the first half of an
autoencoder: the dense layer is the code, and a dense and a transposed convolution lead back to
samples of 0..1. Cross-entropy is then that of each sample, taken as the probability of white.

Before the code's sigmoid stands a batch normalisation: without it every code comes out alike, and
the network learns the mean picture and no more.

Keras runs on PyTorch. It picks its backend, and makes a folder for its settings, when it is
imported; so both variables are set for that moment, the folder to a temporary one.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import MissingExtraError, OptionError
from pellucid.evaluate.peers.toy_base import Budget, Shape

BACKEND = "torch"
EXTRAS = "bench,train"  # keras itself is in the one, its backend in the other
FILTERS, KERNEL, POOL = 32, 3, 2
BATCH = 32
MAX_PASSES = 400
MOMENTUM = 0.9  # of the normalisation; few steps must do
STEPS = 15  # of the code, whose rounding training imitates with noise
LOSSES = {"mse": "mse", "bce": "binary_crossentropy"}
HIDDEN = ("relu", "sigmoid", "tanh")
POOLING = ("max", "average")

Batch = NDArray[np.float32]  # (N, H, W, C), 0 black and 1 white


@dataclass(frozen=True)
class Design:
    """What a user may choose.

    `code` is the length of the dense bottleneck, None for a network without one: convolution,
    pooling, convolution, transposed convolution. The code ends in a sigmoid, or in tanh if the
    hidden layers do.
    """

    shape: Shape
    code: int | None
    hidden: str = "relu"
    loss: str = "mse"
    pooling: str = "max"
    rounded: bool = True

    @property
    def code_range(self) -> tuple[float, float]:
        """The least and the largest number of a code."""
        return (-1.0, 1.0) if self.hidden == "tanh" else (0.0, 1.0)


@dataclass(frozen=True)
class Network:
    """`whole` is compiled, for fit and evaluate; `encoder` and `decoder` are its halves."""

    whole: Any
    encoder: Any
    decoder: Any


def build(keras: Any, design: Design, seed: int) -> Network:
    """An autoencoder, compiled with Adam and the loss of `design`."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    height, width, channels = design.shape
    small = (height // POOL, width // POOL, FILTERS)
    pooling = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[design.pooling]

    def convolution() -> Any:
        return layers.Conv2D(FILTERS, KERNEL, padding="same", activation=design.hidden)

    first = [layers.Input(design.shape), convolution(), pooling(POOL)]
    if design.code is None:
        encoder = keras.Sequential([*first, convolution()])
        entry = [layers.Input(small)]
    else:
        low, high = design.code_range
        end = "tanh" if design.hidden == "tanh" else "sigmoid"
        spread = layers.BatchNormalization(momentum=MOMENTUM)
        code = [layers.Flatten(), layers.Dense(design.code), spread, layers.Activation(end)]
        encoder = keras.Sequential([*first, *code])
        rounding = layers.GaussianNoise((high - low) / STEPS / 12**0.5)  # acts in training only
        entry = [
            layers.Input((design.code,)),
            *([rounding] if design.rounded else []),
            layers.Dense(int(np.prod(small)), design.hidden),
            layers.Reshape(small),
        ]
    back = layers.Conv2DTranspose(
        FILTERS, KERNEL, strides=POOL, padding="same", activation=design.hidden
    )
    last = layers.Conv2D(channels, KERNEL, padding="same", activation="sigmoid")
    decoder = keras.Sequential([*entry, back, last])
    whole = keras.Sequential([encoder, decoder])
    whole.compile(optimizer=keras.optimizers.Adam(1e-3), loss=LOSSES[design.loss])
    return Network(whole, encoder, decoder)


def fit(model: Any, batch: Callable[[], tuple[Batch, Batch]], budget: Budget) -> int:
    """Train on what `batch` gives as inputs and targets, anew each pass, while there is time.

    Returns:
        How many passes that were.
    """
    done = 0
    for _ in budget.turns(MAX_PASSES):
        inputs, targets = batch()
        model.fit(inputs, targets, batch_size=BATCH, epochs=1, verbose=0)
        done += 1
    return done


def run(model: Any, inputs: NDArray[np.floating]) -> Batch:
    """The result of a batch, as an array."""
    result = model(np.asarray(inputs, np.float32), training=False)
    return np.asarray(result.detach().cpu().numpy(), np.float32)


def to_unit(samples: NDArray[Any]) -> Batch:
    """Samples of 0..255 to 0..1."""
    return np.asarray(samples, np.float32) / np.float32(255)


def model_bytes(model: Any) -> int:
    """What its weights take, as float32."""
    return 4 * int(model.count_params())


def load_keras(threads: int) -> Any:
    """The module keras, with `threads` threads for PyTorch below it.

    Raises:
        MissingExtraError: keras or PyTorch isn't installed.
        OptionError: keras was imported before, with another backend.
    """
    for package in (BACKEND, "keras"):
        try:
            if sys.modules.get(package) is None:
                with _own_settings():
                    importlib.import_module(package)
        except ImportError as error:
            raise MissingExtraError(package, EXTRAS) from error
    keras: Any = sys.modules["keras"]
    if (found := keras.backend.backend()) != BACKEND:
        raise OptionError(
            f"keras was imported with the backend {found!r}; set KERAS_BACKEND={BACKEND} before"
        )
    sys.modules[BACKEND].set_num_threads(threads)
    return keras


def version_of(keras: Any) -> str:
    """Keras and its backend."""
    return f"keras {keras.__version__}, torch {sys.modules[BACKEND].__version__}"


@contextmanager
def _own_settings() -> Iterator[None]:
    names = ("KERAS_BACKEND", "KERAS_HOME")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(zip(names, (BACKEND, folder), strict=True))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
