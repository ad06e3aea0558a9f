"""The demo's second part: noise onto the photograph, and off again."""

from __future__ import annotations

import time
from collections.abc import Callable

import click
import numpy as np
from numpy.typing import NDArray

from pellucid.cli._demo_picture import Panel

SIGMA, SEED = 25, 0
MODEL = "m"

Keep = Callable[[str, NDArray[np.uint8]], object]


def show_denoising(picture: NDArray[np.uint8], keep: Keep) -> list[Panel]:
    """Add noise to `picture` (H, W, 3), take it off, say how well; returns what to show.

    `keep` writes a picture to a file of a name without suffix.
    """
    from pellucid import _api
    from pellucid.evaluate.metrics import psnr

    noisy = with_noise(picture)
    _api.denoise(noisy[:64, :64], sigma=SIGMA, model=MODEL)  # loads the model, as for the codec
    start = time.perf_counter()
    noise = _api.noise_level(noisy)
    clean = _api.denoise(noisy, sigma=noise, model=MODEL)
    seconds = time.perf_counter() - start
    before, after = psnr(picture, noisy), psnr(picture, clean)
    keep("noisy", noisy)
    keep("denoised", clean)
    click.echo(
        f"\nWith noise of standard deviation {SIGMA} added: {before:.2f} dB. Measured as "
        f"{noise.sigma:.1f} and taken off: {after:.2f} dB, in {seconds:.2f} s."
    )
    return [
        Panel(f"noise added: {before:.2f} dB", noisy),
        Panel(f"denoised by pellucid: {after:.2f} dB", clean),
    ]


def with_noise(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with Gaussian noise, always the same, as 8-bit samples."""
    noise = np.random.default_rng(SEED).normal(0, SIGMA, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)
