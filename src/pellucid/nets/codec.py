"""The codec as training sees it: transforms, gains and entropy model joined.

              gain                                           1 / gain
    x -> g_a -> y ---*--> y_s --round--> symbols --+ mean--> y^_s ---*--> g_s -> x^
                          |                 ^ table index, mean
                          h_a -> z -round-> z^ -> integer hyper-decoder, spatial prior

Rounding: noise in the rate terms, straight-through everywhere else (`pellucid.nets.rate`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pellucid.nets.entropy_model import HyperDecoder, SpatialPrior, white_squares
from pellucid.nets.rate import TABLES, QualityTable, add_noise, bits, round_through
from pellucid.nets.transforms import Analysis, HyperAnalysis, Synthesis


@dataclass(frozen=True)
class CodecShape:
    """Widths and depths of a codec. Cost of the decoder grows with trunk^2 * synthesis_blocks."""

    trunk: int = 128
    latents: int = 256
    analysis_blocks: int = 4
    synthesis_blocks: int = 4
    hyper_latents: int = 64
    hyper_hidden: int = 64
    features: int = 96
    prior_hidden: int = 128
    context: int = 128


class Codec(nn.Module):
    """A variable-rate transform codec with an integer entropy model."""

    def __init__(self, shape: CodecShape) -> None:
        super().__init__()
        self.shape = shape
        self.analysis = Analysis(shape.trunk, shape.latents, shape.analysis_blocks)
        self.synthesis = Synthesis(shape.trunk, shape.latents, shape.synthesis_blocks)
        self.hyper_analysis = HyperAnalysis(shape.latents, shape.prior_hidden, shape.hyper_latents)
        self.hyper_decoder = HyperDecoder(
            shape.hyper_latents, shape.hyper_hidden, shape.features, shape.latents
        )
        self.spatial_prior = SpatialPrior(
            shape.features, shape.prior_hidden, shape.latents, shape.context
        )
        self.log_gain = QualityTable(shape.latents)
        self.log_inverse_gain = QualityTable(shape.latents)
        self.log_analysis_scale = QualityTable(shape.trunk)
        self.log_synthesis_scale = QualityTable(shape.trunk)
        self.y_offset = QualityTable(shape.latents, rate=10.0)
        self.z_index = QualityTable(shape.hyper_latents, rate=10.0)

    def encode(self, x: Tensor, quality: Tensor) -> Tensor:
        """x (N, 3, H, W) -> y in quantiser steps (N, M, H/16, W/16)."""
        y = self.analysis(x, torch.exp2(self.log_analysis_scale(quality)))
        steps: Tensor = y * torch.exp2(self.log_gain(quality))
        return steps

    def decode(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        """Quantised y in quantiser steps -> x^."""
        y = y_hat * torch.exp2(self.log_inverse_gain(quality))
        decoded: Tensor = self.synthesis(y, torch.exp2(self.log_synthesis_scale(quality)))
        return decoded

    def forward(self, x: Tensor, quality: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (N, 3, H, W) in 0-1 with H, W multiples of 64; quality (N,) in 0..100.

        Returns x^ (N, 3, H, W), and bits per picture (N,) for y and for z.
        """
        return self.code(self.encode(x, quality), quality)

    def code(self, y: Tensor, quality: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What `forward` returns, of y in quantiser steps, whatever made it."""
        z = self.hyper_analysis(y)
        z_bits = bits(add_noise(z), round_index(self.z_index(quality)))
        mean, index = self.predict(y, round_through(z), quality)
        residual = y - mean
        y_bits = bits(add_noise(residual), index)
        decoded = self.decode(round_through(residual) + mean, quality)
        return decoded, y_bits.sum(dim=(1, 2, 3)), z_bits.sum(dim=(1, 2, 3))

    def predict(self, y: Tensor, z_hat: Tensor, quality: Tensor) -> tuple[Tensor, Tensor]:
        """What z^ and the symbols decoded before it say of every symbol of y.

        Returns means in quantiser steps and table indices, both (N, M, h, w).
        """
        features, head1, mean1 = self.hyper_decoder(z_hat)
        corner, centre = white_squares(y)
        white = corner + centre

        symbols = round_through(y - mean1) * corner
        mean = mean1 + self.spatial_prior.centre_means(symbols) * centre
        seen = (round_through(y - mean) + mean - mean1) * white
        head2, correction = self.spatial_prior(features, seen)
        mean = mean + correction

        index = 8 * (head1 * white + head2) + round_through(self.y_offset(quality))
        return mean, round_index(index + self.spatial_prior.centre_index() * centre)


def round_index(index: Tensor) -> Tensor:
    """Nearest table, gradient straight through; the ends clip."""
    return round_through(index.clamp(0, TABLES - 1))
