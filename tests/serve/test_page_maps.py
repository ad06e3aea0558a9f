"""Maps over a picture, and the same picture in other formats, without a browser."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.bitstream import Limits
from pellucid.errors import OptionError
from pellucid.pixels import ImageInfo, ImageSource, open_image
from pellucid.serve.page import make, overlays, peers
from pellucid.serve.page.settings import Settings

LIMITS = Limits()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_peers_are_the_best_of_no_more_bytes(photo, mode):
    with open_image(photo) as opened:
        image = Image.fromarray(opened.read()).convert(mode)
    samples = np.asarray(image).reshape(120, 160, -1)
    source = ImageSource(samples, ImageInfo.of(samples))
    pel = pellucid.compress(samples, quality=70, model="s")
    for name in ("webp", "avif"):
        data = peers.best(name, source, pel)
        assert 0.8 * len(pel) < len(data) <= len(pel)
        assert peers.decoded(data, samples.shape[2]).shape == samples.shape
        figures = peers.figures_of(source, data)
        assert figures["bytes"] == len(data)
        assert 20 < figures["psnr"] < 50
        assert peers.best(name, source, pellucid.compress(samples[:1, :1], lossless=True)) == b""


def test_peers_say_what_they_cant_hold(photo):
    deep = np.zeros((16, 16, 3), np.uint16)
    with pytest.raises(OptionError, match="8-bit"):
        peers.best("webp", ImageSource(deep, ImageInfo.of(deep)), b"")
    assert peers.figures_of(ImageSource(deep, ImageInfo.of(deep)), b"")["bytes"] is None


def test_maps_sum_to_the_bits_and_show_what_was_changed(photo):
    samples, about = make.read(photo, LIMITS)
    source = ImageSource(samples, about.info)
    made = make.make(source, None, Settings(model="s", quality=50), LIMITS)
    args = (source, made.samples, made.pel, LIMITS)
    bits = overlays.map_of("bits", *args)
    total = pellucid.explain(made.pel).bits.latents.sum()
    assert bits.values.sum() * bits.step**2 == pytest.approx(total)
    change = overlays.map_of("change", *args)
    assert change.values.max() == np.abs(samples.astype(int) - made.samples).max()
    noise = overlays.map_of("noise", *args)
    assert noise.values.shape == samples.shape[:2]
    assert not change.even
    assert overlays.Map(np.zeros((2, 2)), 1, "").even
    same = overlays.map_of("change", source, samples, made.pel, LIMITS)
    assert (overlays.drawn(same, samples.shape)[1], same.even) == (0, True)
    for found in (bits, change, noise):
        shades, most = overlays.drawn(found, samples.shape)
        assert shades.shape == samples.shape
        assert most > 0
    exact = pellucid.compress(samples, lossless=True)
    tiles = overlays.map_of("bits", source, samples, exact, LIMITS)
    assert tiles.values.sum() * samples[..., 0].size == pytest.approx(8 * len(exact), rel=0.05)
    with pytest.raises(OptionError, match="no file"):
        overlays.map_of("bits", source, made.samples, None, LIMITS)


def test_maps_of_samples_that_are_no_numbers_are_numbers():
    samples = np.random.default_rng(0).normal(100, 9, (64, 64, 1)).astype(np.float32)
    samples[:9], samples[9:12] = np.nan, np.inf
    source = ImageSource(samples, ImageInfo.of(samples))
    for kind in ("change", "noise"):
        found = overlays.map_of(kind, source, samples.copy(), None, LIMITS)
        assert np.isfinite(overlays.drawn(found, samples.shape)[1])
    assert found.values.shape == (64, 64)


def test_a_few_samples_beyond_the_brightest_shade_are_no_part_of_the_scale():
    values = np.zeros((100, 100))
    values[0, :5] = 7
    assert overlays.drawn(overlays.Map(values, 1, ""), values.shape)[1] == 7
    values[50:] = 3
    assert overlays.drawn(overlays.Map(values, 1, ""), values.shape)[1] == 3
