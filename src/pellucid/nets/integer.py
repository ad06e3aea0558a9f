"""Convolutions whose weights, activations and sums are integers, so that every machine agrees.

A float that differs in its last bit chooses another probability table, and a stream is lost. Here
integers are carried in floats and no sum reaches 2^24, so float32 holds each one exactly and any
kernel, thread count or layout gives the same result (idea: Ballé et al. 2019, "Integer networks
for data compression with latent-variable models"; here with power-of-two scales only).

    x_int = x * 2^in_bits                        integer activation, usually 0..255
    w_int = round(w * 2^t)                       |w_int| <= 63, t per output channel
    b_int = round(b * 2^(t + in_bits))           |b_int| <= 2^22 by the choice of t
    acc   = conv(x_int, w_int) + b_int           |acc| < 2^24, proven at export
    y_int = floor(acc / 2^s + 1/2)               s = t + in_bits - out_bits >= 0
    y_int = clip(y_int, 0, 255)                  hidden layers only

Training works on the values x = x_int / 2^in_bits. Powers of two only move the exponent, so the
float network computes the same numbers as the integer one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from pellucid.errors import PellucidError
from pellucid.nets.rate import round_through

MAX_WEIGHT = 63
MAX_ACTIVATION = 255
ACTIVATION_BITS = 5  # hidden activations are multiples of 1/32 in 0..255/32
MAX_SHIFT = 12
ACCUMULATOR_LIMIT = 2**24
MAX_BIAS = 2**22  # above it weights get a coarser grid, so that there is room for their sums


@dataclass(frozen=True)
class IntegerLayer:
    """What a reader needs to run one layer: integers only.

    Attributes:
        weight: (out, in/groups, kh, kw) int8.
        bias: (out,) int32; the 2^(s-1) that rounds is already in it.
        shift: (out,) uint8, the s of `acc / 2^s`.
    """

    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]

    def sums(self, max_input: int) -> NDArray[np.int64]:
        """Largest |acc| by output channel, (out,), for inputs up to `max_input`; below 2^24."""
        taps = np.abs(self.weight.astype(np.int64)).sum(axis=(1, 2, 3))
        return np.asarray(taps * max_input + np.abs(self.bias.astype(np.int64)))

    def outputs(self, max_input: int) -> NDArray[np.int64]:
        """Bound of |acc / 2^s|, floored, by output channel, (out,)."""
        return np.asarray((self.sums(max_input) >> self.shift.astype(np.int64)) + 1)


class IntegerConv2d(nn.Conv2d):
    """A convolution trained as the integers it will be shipped as.

    Args:
        in_bits, out_bits: binary places of the input and the output integers.
        mask: (kh, kw) zeros switch taps off for good.

    `reach` (out,) multiplies weights and bias in training alone: a channel whose outputs must
    spread wide gets there in fewer steps.
    """

    bias: nn.Parameter
    tap_mask: Tensor
    reach: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        in_bits: int = ACTIVATION_BITS,
        out_bits: int = ACTIVATION_BITS,
        groups: int = 1,
        max_weight: int = MAX_WEIGHT,
        mask: list[list[int]] | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, padding=kernel_size // 2, groups=groups
        )
        self.in_bits, self.out_bits, self.max_weight = in_bits, out_bits, max_weight
        taps = mask or [[1] * kernel_size] * kernel_size
        self.register_buffer("tap_mask", torch.tensor(taps, dtype=torch.float32))
        self.register_buffer("reach", torch.ones(out_channels))

    def _on_grid(self) -> tuple[Tensor, Tensor, Tensor]:
        """Weights and bias on their grids, and t per output channel, the finest that fits both."""
        wanted = self.weight * self.tap_mask * self.reach.view(-1, 1, 1, 1)
        peak = wanted.detach().abs().amax(dim=(1, 2, 3)).clamp_min(1e-6)
        finest = torch.floor(torch.log2(self.max_weight / peak))
        offset = self.bias * self.reach
        room = offset.detach().abs().clamp_min(1e-6) * 2.0**self.in_bits
        finest = torch.minimum(finest, torch.floor(torch.log2(MAX_BIAS / room)))
        t = finest.clamp(min=self.out_bits - self.in_bits, max=MAX_SHIFT)
        step = torch.exp2(-t)
        grid = round_through(wanted / step.view(-1, 1, 1, 1))
        weight = grid.clamp(-self.max_weight, self.max_weight) * step.view(-1, 1, 1, 1)
        bias_step = step * 2.0**-self.in_bits
        bias = round_through(offset / bias_step) * bias_step
        return weight, bias, t

    def forward(self, x: Tensor, *, inner: bool = False) -> Tensor:
        """Output on its grid, multiples of 2^-out_bits, not clipped: (N, out, H, W).

        `inner`: without padding and at every second row and column, from the first that has all
        its neighbours on.
        """
        weight, bias, _ = self._on_grid()
        padding, stride = ((0, 0), 2) if inner else (self.padding, 1)
        sums = F.conv2d(x, weight, bias, stride=stride, padding=padding, groups=self.groups)
        scale = 2.0**self.out_bits
        return round_through(sums * scale) / scale

    def export(self) -> IntegerLayer:
        """The integers of this layer.

        Raises PellucidError for weights that are no finite numbers, and a bias beyond all grids.
        """
        with torch.no_grad():
            weight, bias, t = self._on_grid()
            shift = t + self.in_bits - self.out_bits
            rounding = torch.where(shift > 0, torch.exp2(shift - 1), torch.zeros_like(shift))
            bias_int = bias * torch.exp2(t + self.in_bits) + rounding
            weight_int = weight * torch.exp2(t).view(-1, 1, 1, 1)
            if not (weight_int.isfinite().all() and (bias_int.abs() < ACCUMULATOR_LIMIT).all()):
                weights, biases = self.weight.abs().max(), self.bias.abs().max()
                raise PellucidError(
                    f"an integer layer has weights up to {weights:g} and biases up to {biases:g}, "
                    "which no integers below 2^24 hold: the training diverged, so start it anew "
                    "from a checkpoint before that, with a smaller rate"
                )
            return IntegerLayer(
                weight=weight_int.round().to(torch.int8).cpu().numpy(),
                bias=bias_int.round().to(torch.int32).cpu().numpy(),
                shift=shift.to(torch.uint8).cpu().numpy(),
            )


def clip_activation(x: Tensor) -> Tensor:
    """ReLU with the upper end of an unsigned 8-bit integer: 0..255/32."""
    return x.clamp(0, MAX_ACTIVATION / 2.0**ACTIVATION_BITS)
