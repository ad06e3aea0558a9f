"""The transpose of each kind of layer: from a pull on its result to the pulls on what went in.

A function takes the pull (1, C, h, w), the values that went in, and the layer's options as ONNX
names them; it returns one pull for each value that depends on the picture, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Options = dict[str, Any]
Values = list[NDArray[Any]]


def convolution(pull: Floats, values: Values, options: Options) -> list[Floats]:
    """Each tap of the kernel takes its share back to where it came from."""
    x, kernel = values[:2]
    stride = options.get("strides", [1, 1])[0]
    top, left, bottom, right = options.get("pads", [0] * 4)
    height, width = x.shape[2:]
    out = np.zeros((x.shape[1], height + top + bottom, width + left + right), np.float32)
    rows, columns = pull.shape[2:]
    flat = pull[0].reshape(pull.shape[1], -1)
    for down in range(kernel.shape[2]):
        for along in range(kernel.shape[3]):
            share = (kernel[:, :, down, along].T @ flat).reshape(-1, rows, columns)
            into = out[:, down : down + stride * rows : stride]
            into[:, :, along : along + stride * columns : stride] += share
    return [out[None, :, top : top + height, left : left + width]]


def relu(pull: Floats, values: Values, options: Options) -> list[Floats]:  # noqa: ARG001
    """What was cut to 0 takes nothing back."""
    return [pull * (values[0] > 0)]


def add(pull: Floats, values: Values, options: Options) -> list[Floats]:  # noqa: ARG001
    """Both take all of it."""
    return [pull, pull]


def subtract(pull: Floats, values: Values, options: Options) -> list[Floats]:  # noqa: ARG001
    """The second takes the negative."""
    return [pull, -pull]


def concatenate(pull: Floats, values: Values, options: Options) -> list[Floats]:  # noqa: ARG001
    """Channels go back to whom they came from."""
    ends = np.cumsum([value.shape[1] for value in values])[:-1]
    return np.split(pull, ends, axis=1)


def average_pool(pull: Floats, values: Values, options: Options) -> list[Floats]:
    """All samples of a block take the same share; what the last block left out takes none."""
    side = options["kernel_shape"][0]
    wide = pull.repeat(side, axis=2).repeat(side, axis=3) / np.float32(side * side)
    height, width = values[0].shape[2:]
    below, beyond = height - wide.shape[2], width - wide.shape[3]
    return [np.pad(wide, ((0, 0), (0, 0), (0, below), (0, beyond)))]


def resize(pull: Floats, values: Values, options: Options) -> list[Floats]:  # noqa: ARG001
    """Linear interpolation by whole factors, positions at the middle of samples."""
    rows = interpolation(values[0].shape[2], pull.shape[2])
    columns = interpolation(values[0].shape[3], pull.shape[3])
    return [np.einsum("nchw,hi,wj->ncij", pull, rows, columns, optimize=True)]


def interpolation(count: int, wanted: int) -> Floats:
    """(wanted, count): how much each of `count` samples gives to each of `wanted`."""
    place = np.clip((np.arange(wanted) + 0.5) * count / wanted - 0.5, 0, count - 1)
    low = np.minimum(place.astype(int), max(0, count - 2))
    matrix = np.zeros((wanted, count), np.float32)
    share = (place - low).astype(np.float32)
    matrix[np.arange(wanted), low] += 1 - share
    matrix[np.arange(wanted), np.minimum(low + 1, count - 1)] += share
    return matrix


def depth_to_space(pull: Floats, values: Values, options: Options) -> list[Floats]:
    """Samples of a square become channels again."""
    side, channels = options["blocksize"], pull.shape[1]
    height, width = values[0].shape[2:]
    grid = pull.reshape(channels, height, side, width, side)
    back = grid.transpose(0, 2, 4, 1, 3) if crd(options) else grid.transpose(2, 4, 0, 1, 3)
    return [np.ascontiguousarray(back).reshape(values[0].shape)]


def space_to_depth(pull: Floats, values: Values, options: Options) -> list[Floats]:
    """Channels become samples of a square again."""
    side, channels = options["blocksize"], values[0].shape[1]
    height, width = pull.shape[2:]
    grid = pull.reshape(side, side, channels, height, width).transpose(2, 3, 0, 4, 1)
    return [np.ascontiguousarray(grid).reshape(values[0].shape)]


def crd(options: Options) -> bool:
    """Whether a square's samples are the inner ones of the channels."""
    return bool(options.get("mode", b"DCR") == b"CRD")


def same(pull: Floats, values: Values, options: Options) -> list[Floats]:  # noqa: ARG001
    """Nothing was done."""
    return [pull]


TRANSPOSES: dict[str, Callable[[Floats, Values, Options], list[Floats]]] = {
    "Add": add,
    "AveragePool": average_pool,
    "Concat": concatenate,
    "Conv": convolution,
    "DepthToSpace": depth_to_space,
    "Identity": same,
    "Relu": relu,
    "Resize": resize,
    "SpaceToDepth": space_to_depth,
    "Sub": subtract,
}
