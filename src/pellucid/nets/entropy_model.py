"""Which probability table each symbol takes, and the mean taken off before rounding: integers only.

z (1/64) -> hyper-decoder -> features, means and table indices for all of y

    A B are the white squares of a checkerboard, C the black:        A C A C
        A  takes those                                               C B C B
        B  adds a linear prediction of its means from A              A C A C
        C  takes a network's view of A, B and the features           C B C B

Two-thirds after He et al. 2021 ("Checkerboard context model"); the step from A to B costs next to
nothing and serves the few smooth channels, whose neighbours say most. C has such a wide linear path
beside the net as well.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pellucid.nets.integer import IntegerConv2d, clip_activation
from pellucid.nets.rate import round_through

CROSS = [[0, 1, 0], [1, 0, 1], [0, 1, 0]]  # the white neighbours of a black square
CORNERS = [[1, 0, 1], [0, 0, 0], [1, 0, 1]]  # the A neighbours of a B square
SMOOTH = 32  # channels in which A predicts B
INDEX_BITS = 3  # a head's output of 1.0 is 8 table indices
MEAN_BITS = 4  # means are multiples of 1/16 of a quantiser step
CONTEXT_LIMIT = 31  # quantiser steps, to which what was seen is clipped for the net
CONTEXT_SCALE = 0.25  # and enter it as quarters: 31 * 0.25 * 32 = 248 <= 255
PREDICTOR_MAX_WEIGHT = 127
MAX_SYMBOL = 32767
MAX_SEEN = 32767 / 16  # quantiser steps
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
        start_small(self.index, self.mean)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns features, table indices before the quality's offset (in 1/8), means."""
        z = z.clamp(-HYPER_LIMIT, HYPER_LIMIT)
        x = F.pixel_shuffle(clip_activation(self.enter(z)), 2)
        x = clip_activation(self.mix(x))
        features = F.pixel_shuffle(clip_activation(self.leave(x)), 2)
        return features, self.index(features), self.mean(features)


class SpatialPrior(nn.Module):
    """What decoded symbols say of the ones to come."""

    def __init__(self, features: int, hidden: int, latents: int, context: int) -> None:
        super().__init__()
        self.context_channels = context
        self.context = IntegerConv2d(context, hidden, 3, mask=CROSS)
        self.features = IntegerConv2d(features, hidden, 1)
        self.mix = IntegerConv2d(hidden, hidden, 1)
        self.index = IntegerConv2d(hidden, latents, 1, out_bits=INDEX_BITS)
        self.mean = IntegerConv2d(hidden, latents, 1, out_bits=MEAN_BITS)
        self.predictor = linear_predictor(latents, CROSS, in_bits=MEAN_BITS)
        self.smooth = min(SMOOTH, latents)
        self.diagonal = linear_predictor(self.smooth, CORNERS, in_bits=0)
        self.centre_offset = nn.Parameter(torch.zeros(latents))  # in 10 table indices
        start_small(self.index, self.mean)

    def centre_means(self, symbols: Tensor) -> Tensor:
        """Symbols of A, 0 elsewhere (N, M, h, w) -> mean corrections; they hold at B."""
        near = symbols[:, : self.smooth].clamp(-MAX_SYMBOL, MAX_SYMBOL)
        rest = symbols.shape[1] - self.smooth
        return F.pad(self.diagonal(near), (0, 0, 0, 0, 0, rest))

    def centre_index(self) -> Tensor:
        """What is added to the table index at B, (1, M, 1, 1)."""
        return round_through(10 * self.centre_offset).view(1, -1, 1, 1)

    def forward(self, features: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Index head and mean corrections at C, 0 elsewhere; worked out only there.

        `seen` (N, M, h, w): decoded y less the hyper-decoder's mean at A and B, in 1/16; 0 at C.
        """
        around = around_black(seen)
        near = around[:, : self.context_channels]
        half = near + (torch.floor(near * 8) / 8 - near).detach()
        near = half.clamp(-CONTEXT_LIMIT, CONTEXT_LIMIT) * CONTEXT_SCALE
        here = self.features(black_squares(features))
        hidden = clip_activation(self.context(near, inner=True) + here)
        hidden = clip_activation(self.mix(hidden))
        wide = around.clamp(-MAX_SEEN, MAX_SEEN)
        mean = self.mean(hidden) + self.predictor(wide, inner=True)
        return on_black(self.index(hidden)), on_black(mean)


def linear_predictor(channels: int, mask: list[list[int]], *, in_bits: int) -> IntegerConv2d:
    """Four taps a channel and a wide range, at first nothing."""
    layer = IntegerConv2d(
        channels,
        channels,
        3,
        in_bits=in_bits,
        out_bits=MEAN_BITS,
        groups=channels,
        max_weight=PREDICTOR_MAX_WEIGHT,
        mask=mask,
    )
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def start_small(*heads: IntegerConv2d) -> None:
    """A head starts near zero, so that the quality's offsets alone set the first tables."""
    for head in heads:
        nn.init.normal_(head.weight, std=0.01)
        nn.init.zeros_(head.bias)


def black_squares(x: Tensor) -> Tensor:
    """Those on even rows, then those on odd ones: (N, M, h, w) -> (2 N, M, h/2, w/2)."""
    return torch.cat([x[..., 0::2, 1::2], x[..., 1::2, 0::2]])


def around_black(x: Tensor) -> Tensor:
    """The same squares with all their neighbours: (N, M, h, w) -> (2 N, M, h + 1, w + 1)."""
    return torch.cat([F.pad(x, (0, 1, 1, 0)), F.pad(x, (1, 0, 0, 1))])


def on_black(x: Tensor) -> Tensor:
    """Back to their places, with 0 between: (2 N, M, h/2, w/2) -> (N, M, h, w)."""
    even, odd = x.chunk(2)
    none = torch.zeros_like(even)
    return F.pixel_shuffle(torch.stack([none, even, odd, none], dim=2).flatten(1, 2), 2)


def white_squares(like: Tensor) -> tuple[Tensor, Tensor]:
    """1 on the squares A, and on B: (1, 1, h, w) each."""
    corner = like.new_zeros(1, 1, *like.shape[-2:])
    centre = corner.clone()
    corner[..., ::2, ::2] = 1
    centre[..., 1::2, 1::2] = 1
    return corner, centre
