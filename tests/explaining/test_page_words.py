"""What a reader of the page is told: units, what was asked for, and no map that says nothing."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

import pellucid
from pellucid.explaining.page import page_of
from pellucid.explaining.page.parts import CSS
from pictures import photograph


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return photograph(96, 112, top=100, left=100)


def text_of(page: str) -> str:
    """What is read, without pictures and tags, spaces made one."""
    body = page.partition("</style>")[2].partition("<script>")[0]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def alts(page: str) -> list[str]:
    return re.findall(r'alt="([^"]*)"', page)


def test_deep_samples_are_counted_in_their_own_unit(picture):
    rng = np.random.default_rng(0)
    deep = picture[..., :1].astype(float) * 200 + rng.normal(0, 3000, (*picture.shape[:2], 1))
    samples = np.clip(deep, 0, 65535).astype(np.uint16)
    found = pellucid.explain(samples, task="denoise", model="s", sigma=3000.0, pixel=(50, 40))
    page = page_of(found, "x", "1")
    text = text_of(page)
    assert "noise, as given sigma 3,000 of 65,535" in text
    assert "strength 1 of 1" in text
    assert "weights sum to 1.0" in text or "weights sum to 0.9" in text  # one number: it is grey
    assert not re.search(r"\de[+-]\d", text)
    assert re.search(r"± [\d,]+ of 65,535", text)
    assert all(alts(page))
    assert len(set(alts(page))) == len(alts(page))


def test_floats_have_a_unit_of_their_own(picture):
    samples = (picture / 255).astype(np.float32)
    found = pellucid.explain(samples, task="denoise", model="s", sigma=0.1)
    assert "sigma 0.1 in the samples' unit" in text_of(page_of(found, "x", "1"))


def test_measured_noise_is_said_to_be(picture):
    noisy = picture + np.random.default_rng(0).normal(0, 20, picture.shape)
    noisy = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    text = text_of(page_of(pellucid.explain(noisy, task="denoise", model="s"), "x", "1"))
    assert re.search(r"noise, as measured sigma \d+(\.\d+)? of 255", text)
    assert "of the blocks of 16 x 16 pixels have noise left" in text


def test_a_coded_picture_has_no_noise_left(picture):
    found = pellucid.explain(picture, task="compress", quality=40, model="s")
    page = page_of(found, "x", "1")
    text = text_of(page)
    assert "quality 40 of 100" in text
    assert "noise left" not in text
    assert "coded by themselves" in text
    assert "latents y" in text
    assert "A bar for " in text
    assert "container: header" in text
    assert "HEAD" not in text
    assert all(alts(page))


@pytest.mark.parametrize("tiles", [1, 2])
def test_a_map_of_tiles_is_for_more_than_one(tiles, picture):
    samples = picture if tiles == 1 else np.tile(picture, (6, 1, 1))
    found = pellucid.explain(pellucid.compress(samples, max_error=3))
    assert found.bits.tiles.size == tiles
    page = page_of(found, "x.pel", "1")
    assert ("Map of bytes by tile" in page) == (tiles > 1)
    assert ("The picture is one tile." in page) == (tiles == 1)
    assert "largest error 3 of 255" in text_of(page)
    assert "Every sample is within 3 of 255 of what it was." in text_of(page)


def test_two_pictures_keep_their_shape():
    """Without it, height and width of the file would squeeze them where the page is wider."""
    assert re.search(r"\.pair img \{[^}]*height: auto", CSS)
    assert re.search(r"figure img \{[^}]*height: auto", CSS)


def test_kinds_of_layers_are_explained(picture):
    found = pellucid.explain(picture, task="denoise", model="s", sigma=20.0, layers=["all"])
    text = text_of(page_of(found, "x", "1"))
    assert "(convolution)" in text
    assert "(activation: what is below 0 becomes 0)" in text
    unnamed = {name.split("_")[0] for name in found.layers if f"{name} (" not in text}
    assert not unnamed
