"""How strong the error of a JPEG quality is, for the denoiser's noise level map.

A power of the factor by which the IJG library multiplies its tables. It grows as the error of our
training photographs does, at about half its size; training uses the same numbers, so that the
network knows what to make of them.
"""

from __future__ import annotations

SIGMA_AT_50 = 0.013  # about half the deviation of quality 50's error, samples in 0-1
SIGMA_POWER = 0.47
LEAST_SCALE = 0.02  # that of quality 99
SERVES_AT_50, SERVES_POWER = 1.1, 0.15  # best on training photographs, over the level of training


def table_scale(quality: float) -> float:
    """What a quality (1-100) multiplies the standard's tables by (the IJG library's rule)."""
    return 50 / quality if quality < 50 else 2 - quality / 50


def jpeg_sigma(quality: float) -> float:
    """The level for a quality in training: about half the error's deviation, for samples in 0-1."""
    return float(SIGMA_AT_50 * max(table_scale(quality), LEAST_SCALE) ** SIGMA_POWER)


def jpeg_level(quality: float) -> float:
    """The level that serves best if only the quality is known, for samples in 0-1.

    In training the same strength also stood for milder compression of noisy pictures, so strong
    compression is worth more than its share, and weak compression less.
    """
    serves = SERVES_AT_50 * max(table_scale(quality), LEAST_SCALE) ** SERVES_POWER
    return float(jpeg_sigma(quality) * serves)
