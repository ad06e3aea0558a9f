"""Which probability table each symbol takes, and the mean taken off before rounding: integers only.

z (1/64) -> hyper-decoder -> features, means and table indices for all of y        (first pass)
features + symbols of the white squares of a checkerboard -> the same for the black (second pass)

Two passes after He et al. 2021 ("Checkerboard context model"). The second pass has a wide path of
four taps a channel beside the net: a linear prediction of each symbol's mean from its neighbours.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pellucid.nets.integer import IntegerConv2d, clip_activation

CROSS = [[0, 1, 0], [1, 0, 1], [0, 1, 0]]  # the neighbours that the first pass has decoded
INDEX_BITS = 3  # a head's output of 1.0 is 8 table indices
MEAN_BITS = 4  # means are multiples of 1/16 of a quantiser step
CONTEXT_LIMIT = 31  # symbols are clipped to this for the net
CONTEXT_SCALE = 0.25  # and enter it as quarters: 31 * 0.25 * 32 = 248 <= 255
PREDICTOR_BITS = 7
PREDICTOR_MAX_WEIGHT = 127
MAX_SYMBOL = 32767
HYPER_LIMIT = 255  # z is clipped to this for the net


class HyperDecoder(nn.Module):
    """z^ (N, Z, h/4, w/4) integers -> features (N, F, h, w), index and mean heads (N, 2M, h, w)."""

    def __init__(self, hyper_latents: int, hidden: int, features: int, latents: int) -> None:
        super().__init__()
        self.enter = IntegerConv2d(hyper_latents, 4 * hidden, 1, in_bits=0)
        self.mix = IntegerConv2d(hidden, hidden, 3)
        self.leave = IntegerConv2d(hidden, 4 * features, 1)
        self.index = IntegerConv2d(features, latents, 1, out_bits=INDEX_BITS)
        self.mean = IntegerConv2d(features, latents, 1, out_bits=MEAN_BITS)
        for head in (self.index, self.mean):
            start_small(head)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns features, table indices before the quality's offset (in 1/8), means."""
        z = z.clamp(-HYPER_LIMIT, HYPER_LIMIT)
        x = F.pixel_shuffle(clip_activation(self.enter(z)), 2)
        x = clip_activation(self.mix(x))
        features = F.pixel_shuffle(clip_activation(self.leave(x)), 2)
        return features, self.index(features), self.mean(features)


class SpatialPrior(nn.Module):
    """Features and first-pass symbols -> indices and mean corrections for the second pass."""

    def __init__(self, features: int, hidden: int, latents: int, context: int) -> None:
        super().__init__()
        self.context_channels = context
        self.context = IntegerConv2d(context, hidden, 3, mask=CROSS)
        self.features = IntegerConv2d(features, hidden, 1)
        self.mix = IntegerConv2d(hidden, hidden, 1)
        self.index = IntegerConv2d(hidden, latents, 1, out_bits=INDEX_BITS)
        self.mean = IntegerConv2d(hidden, latents, 1, out_bits=MEAN_BITS)
        self.predictor = IntegerConv2d(
            latents,
            latents,
            3,
            in_bits=0,
            out_bits=MEAN_BITS,
            groups=latents,
            max_weight=PREDICTOR_MAX_WEIGHT,
            mask=CROSS,
        )
        for head in (self.index, self.mean):
            start_small(head)
        nn.init.zeros_(self.predictor.weight)
        nn.init.zeros_(self.predictor.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        """`symbols` (N, M, h, w): decoded symbols on the white squares, 0 on the black."""
        near = symbols[:, : self.context_channels].clamp(-CONTEXT_LIMIT, CONTEXT_LIMIT)
        seen = self.context(near * CONTEXT_SCALE) + self.features(features)
        x = clip_activation(self.mix(clip_activation(seen)))
        mean = self.mean(x) + self.predictor(symbols.clamp(-MAX_SYMBOL, MAX_SYMBOL))
        return self.index(x), mean


def start_small(head: IntegerConv2d) -> None:
    """A head starts near zero, so that the quality's offsets alone set the first tables."""
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)  # type: ignore[arg-type]


def checkerboard(like: Tensor) -> Tensor:
    """1 on the white squares (row + column even), which the first pass decodes: (1, 1, h, w)."""
    rows = torch.arange(like.shape[-2], device=like.device)[:, None]
    columns = torch.arange(like.shape[-1], device=like.device)[None, :]
    return ((rows + columns) % 2 == 0).to(like.dtype)[None, None]
