"""A denoiser's network in the form that is fastest in OpenVINO; what it computes stays.

Its file is written for ONNX Runtime, whose convolutions hold channels in blocks. OpenVINO's hold
them last, as pictures have them, and whatever isn't a convolution costs more than one. So here

- samples come and go with channels last; their mean is taken off before they are rounded;
- the noise level maps come at half size, as nothing of them is used but means of 2x2;
- the mean of 8x8 samples is a convolution, and a shuffle a transposed one;
- what is added to the last convolution is part of it, as that of more channels.

Parts are found by their operators and weights, whatever their names.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SIDE = 2  # of the samples that are channels of one place
SHUFFLE = ("Transpose", "Reshape", "Reshape", "Transpose", "Reshape", "Squeeze", "Transpose")
LAST, FIRST = np.array([0, 2, 3, 1]), np.array([0, 3, 1, 2])  # where channels go to


class Ends(NamedTuple):
    """What a denoiser begins and ends with."""

    noisy: Any
    maps: Any
    average: Any  # pool of the samples
    halving: Any  # pool of the maps
    leave: Any  # the last convolution, 3x3
    offset: Any  # that of the maps which is added, 1x1


def without_blocks(model: Any) -> Any:
    """The network without pools of 1x1, which are there for ONNX Runtime's blocks of channels."""
    for node in model.get_ordered_ops():
        if kind(node) == "AvgPool" and kernel(node) == [1, 1]:
            node.output(0).replace(node.input_value(0))
    return model


def channels_last(model: Any, library: Any) -> Any | None:
    """A denoiser without blocks made anew; None, and `model` stays, if it isn't one of ours.

    Its inputs are noisy (1, H, 3 W), mean (1, 1, 3 W), which is taken off that, and maps
    (1, 2, H / 2, W / 2). It gives the noise (1, H, 3 W).
    """
    ends = ends_of(model)
    if ends is None:
        return None
    ops, shape = library.opset13, library.PartialShape
    shapes = {"noisy": [1, -1, -1], "mean": [1, 1, -1], "maps": [1, 2, -1, -1]}
    given = [ops.parameter(shape(sides), library.Type.f32) for sides in shapes.values()]
    for name, one in zip(shapes, given, strict=True):
        one.output(0).set_names({name})
    noisy, mean, maps = given
    samples = ops.reshape(ops.subtract(noisy, mean), np.array([0, 0, -1, 3]), special_zero=True)
    samples = ops.transpose(samples, FIRST)
    side = kernel(ends.average)[0]
    mean_of = np.zeros((3, 3, side, side), np.float32)
    mean_of[range(3), range(3)] = side**-2
    ends.average.output(0).replace(convolved(ops, samples, mean_of, stride=side).output(0))
    ends.halving.output(0).replace(maps.output(0))
    ends.noisy.output(0).replace(samples.output(0))
    for node in model.get_ordered_ops():
        if (convolution := shuffled(node)) is not None:
            node.output(0).replace(raised(ops, convolution).output(0))
    noise = in_rows(ops, left(ops, ends))
    noise.output(0).set_names({"noise"})
    return library.Model([ops.result(noise)], given, "denoiser")


def ends_of(model: Any) -> Ends | None:
    """Where a denoiser begins and ends, None if this is none."""
    given = {one.get_friendly_name(): one for one in model.get_parameters()}
    if set(given) != {"noisy", "maps"} or len(model.get_results()) != 1:
        return None
    noisy, maps = given["noisy"], given["maps"]
    pools = [node for node in (*after(noisy), *after(maps)) if kind(node) == "AvgPool"]
    added = chain(model.get_results()[0], "Result", "Identity", "Transpose")
    if len(pools) != 2 or added is None or kind(added) != "Add":
        return None
    average, halving = pools
    leave, offset = before(added), before(added, 1)
    fits = (
        (kind(leave), kind(offset)) == ("Convolution", "Convolution")
        and sorted(map(kind, after(noisy))) == ["AvgPool", "Convolution"]
        and [*map(kind, after(maps))] == ["AvgPool"]
        and before(offset).get_name() == halving.get_name()
        and weights(leave).shape[::2] == (3 * SIDE**2, 3)
        and weights(offset).shape[2:] == (1, 1)
        and kernel(halving) == [SIDE, SIDE]
    )
    return Ends(noisy, maps, average, halving, leave, offset) if fits else None


def shuffled(node: Any) -> Any | None:
    """The convolution whose channels the steps up to `node` shuffle in rows."""
    found = chain(node, *SHUFFLE)
    return found if found is not None and kind(found) == "Convolution" else None


def raised(ops: Any, convolution: Any) -> Any:
    """A convolution of 1x1 and the shuffle after it, as one that gives all places at once."""
    kernels = weights(convolution)[..., 0, 0].reshape(SIDE, SIDE, -1, weights(convolution).shape[1])
    return ops.convolution_backprop_data(
        convolution.input_value(0),
        ops.constant(np.ascontiguousarray(kernels.transpose(3, 2, 0, 1))),
        [SIDE, SIDE],
        pads_begin=[0, 0],
        pads_end=[0, 0],
        dilations=[1, 1],
    )


def left(ops: Any, ends: Ends) -> Any:
    """The last convolution with what is added to it."""
    both = ops.concat([ends.leave.input_value(0), ends.offset.input_value(0)], 1)
    around = np.pad(weights(ends.offset), ((0, 0), (0, 0), (1, 1), (1, 1)))
    return convolved(ops, both, np.concatenate([weights(ends.leave), around], 1), pad=1)


def in_rows(ops: Any, places: Any) -> Any:
    """Channels (1, 12, h, w), the rows of 2x2 samples of three, as samples (1, 2 h, 6 w)."""
    rows = ops.reshape(
        ops.transpose(places, LAST), np.array([0, 0, 0, SIDE, 3 * SIDE]), special_zero=True
    )
    rows = ops.transpose(rows, np.array([0, 1, 3, 2, 4]))
    height = ops.gather(ops.shape_of(places), np.array([2]), np.array(0))
    height = ops.multiply(height, np.array([SIDE]))
    shape = ops.concat([np.array([1]), height, np.array([-1])], 0)
    return ops.reshape(rows, shape, special_zero=False)


def convolved(
    ops: Any, x: Any, kernels: NDArray[np.float32], *, stride: int = 1, pad: int = 0
) -> Any:
    """A convolution of `x`, the same down and across."""
    return ops.convolution(
        x, ops.constant(kernels), [stride] * 2, [pad] * 2, [pad] * 2, dilations=[1, 1]
    )


def weights(convolution: Any) -> NDArray[np.float32]:
    """Those of a convolution, which may be stored in fewer bits."""
    node = before(convolution, 1)
    node = before(node) if kind(node) == "Convert" else node
    return np.asarray(node.data, np.float32)


def chain(node: Any, *kinds: str) -> Any | None:
    """What comes before nodes of these kinds, of which the last is `node`."""
    for one in kinds:
        if kind(node) != one:
            return None
        node = before(node)
    return node


def kind(node: Any) -> str:
    """The name of a node's operator."""
    name: str = node.get_type_name()
    return name


def kernel(pool: Any) -> list[int]:
    """Height and width of what a pool takes in."""
    return list(pool.get_attributes()["kernel"])


def before(node: Any, place: int = 0) -> Any:
    """The node that gives an input."""
    return node.input_value(place).get_node()


def after(node: Any) -> list[Any]:
    """The nodes that take a node's first output."""
    return [each.get_node() for each in node.output(0).get_target_inputs()]
