"""The article's network, in Keras, with an end that can give a picture.

Articles on "image compression with a CNN" stack convolution, pooling, flattening and dense layers
and end in a softmax over ten classes, trained with cross-entropy. Such a network names a class: ten
numbers that sum to 1 have no room for a picture. Here the same layers are the first half of an
autoencoder: the dense layer is the code, and a dense and a transposed convolution lead back to
samples of 0..1. Cross-entropy is then that of each sample, taken as the probability of white.

Before the code's sigmoid stands a batch normalisation: without it every code comes out alike, and
the network learns the mean picture and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate.toy.systems.base import Budget, Clock, Samples

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

    shape: tuple[int, int, int]
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


def fit(model: Any, passes: Iterator[tuple[Batch, Batch]], budget: Budget) -> int:
    """Train on one pair of inputs and targets after the other while there is time; how many."""
    clock = Clock()
    done = 0
    while done < budget.ceiling(MAX_PASSES) and (not done or clock.seconds < budget.seconds):
        inputs, targets = next(passes)
        model.fit(inputs, targets, batch_size=BATCH, epochs=1, verbose=0)
        done += 1
    return done


def run(model: Any, inputs: NDArray[np.floating]) -> Batch:
    """The result of a batch, as an array."""
    result = model(np.asarray(inputs, np.float32), training=False)
    return np.asarray(result.detach().cpu().numpy(), np.float32)


def to_unit(samples: NDArray[np.uint8] | Samples) -> Batch:
    """Samples of 0..255 to 0..1."""
    return np.asarray(samples, np.float32) / np.float32(255)


def model_bytes(model: Any) -> int:
    """What its weights take, as float32."""
    return 4 * int(model.count_params())
