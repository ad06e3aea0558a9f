"""Engines: each gives what ONNX Runtime gives in float32, or isn't used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pellucid.errors import PellucidError
from pellucid.runtime import (
    CodecModel,
    Network,
    device,
    engines,
)
from pellucid.runtime.denoiser import FILE, levels, noise_by
from pellucid.runtime.engine_openvino import FLOAT32, SHORT, OpenVinoNetwork
from pellucid.runtime.store import PACKAGED

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="OpenVINO has no package for this system"
)
NETWORK = PACKAGED / "denoise-s" / FILE
EXACT = "onnxruntime float32"


def seen(height: int, width: int, sigma: float = 20) -> dict[str, NDArray[np.float32]]:
    """What a denoiser is shown: a bright noisy picture."""
    draws = np.random.default_rng(height).standard_normal((1, 3, height, width))
    shades = 0.7 + 0.2 * np.sin(np.arange(width) / 9)
    maps = np.zeros((1, 2, height, width), np.float32)
    maps[:, 0] = sigma / 255
    return {"noisy": np.asarray(shades + sigma / 255 * draws, np.float32), "maps": maps}


def form_here() -> str:
    """The short format of this processor; float32 has one, too, where there is none."""
    return device.openvino_format() or FLOAT32


@needs_openvino
@pytest.mark.parametrize("short", [False, True])
def test_openvino_gives_what_onnx_runtime_gives(short: bool) -> None:
    network = OpenVinoNetwork(NETWORK, 1, form_here() if short else FLOAT32)
    exact = Network(NETWORK, 1)
    assert network.outputs == exact.outputs
    for shape in ((64, 96), (128, 64), (64, 96), (8, 8)):
        shown = seen(*shape)
        found, right = noise_by(network, **shown), noise_by(exact, **shown)
        assert found.dtype == np.float32
        tolerance = 1.5 if short and form_here() in SHORT else 0.01  # levels
        np.testing.assert_allclose(255 * found, 255 * right, rtol=0, atol=tolerance)


@needs_openvino
def test_a_bright_picture_is_rounded_little() -> None:
    """Bfloat16 would lose half a level of it, and loses a third of that with the mean off."""
    shown = seen(96, 96, sigma=2)
    right, network = (
        noise_by(Network(NETWORK, 1), **shown),
        OpenVinoNetwork(NETWORK, 1, form_here()),
    )
    lost = 255 * np.sqrt(np.mean((noise_by(network, **shown) - right) ** 2))
    rows = shown["noisy"].transpose(0, 2, 3, 1).reshape(1, 96, -1)
    no_mean = np.zeros((1, 1, 3 * 96), np.float32)
    (found,) = network(noisy=rows, mean=no_mean, maps=shown["maps"][..., ::2, ::2])
    as_it_is = found.reshape(1, 96, 96, 3).transpose(0, 3, 1, 2)
    assert lost < 0.2
    assert not network.short or lost < 0.6 * 255 * np.sqrt(np.mean((as_it_is - right) ** 2))


@needs_openvino
@pytest.mark.parametrize("by_shape", [False, True])
def test_openvino_takes_several_threads_at_once(by_shape: bool) -> None:
    network = OpenVinoNetwork(NETWORK, 2, form_here(), by_shape=by_shape)
    pictures = [seen(32 + 8 * k, 40) for k in range(8)]
    alone = [noise_by(network, **shown) for shown in pictures]
    kept = [found.copy() for found in alone]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda shown: noise_by(network, **shown), pictures * 3))
    for place, found in enumerate(together):
        np.testing.assert_array_equal(found, kept[place % 8])
    np.testing.assert_array_equal(alone[0], kept[0])  # what was given isn't written to again


class Wrong(Network):
    """An engine whose results are two levels off."""

    engine = "wrong"

    def __init__(
        self, source: Path, threads: int, form: str = FLOAT32, *, by_shape: bool = False
    ) -> None:
        super().__init__(source, threads, spinning=not by_shape)
        self.engine = f"wrong {form}"
        self.off = form != FLOAT32

    def __call__(self, *names: str, **inputs: NDArray[np.float32]) -> list[NDArray[Any]]:
        return [found + 2 / 255 * self.off for found in super().__call__(*names, **inputs)]


class Broken(Network):
    """An engine that fails when it is used."""

    def __call__(self, *names: str, **inputs: NDArray[np.float32]) -> list[NDArray[Any]]:
        raise RuntimeError("no memory on the card")


def test_an_engine_that_is_wrong_or_fails_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def engine_on(device: str) -> str:
        return engines.network_on(device, NETWORK, 1, levels).engine

    assert engine_on("cpu") == EXACT
    monkeypatch.setattr(engines, "OpenVinoNetwork", Wrong)
    monkeypatch.setattr(engines, "openvino_format", lambda: None)
    assert engine_on("openvino") == f"wrong {FLOAT32}"
    monkeypatch.setattr(engines, "openvino_format", lambda: "BF16")
    assert engine_on("openvino") == EXACT
    monkeypatch.setattr(engines, "CudaNetwork", Broken)
    assert engine_on("cuda") == EXACT
    with pytest.raises(PellucidError, match="can't be loaded"):
        engines.network_on("cuda", PACKAGED / "m" / "card.json", 1, levels)


def test_a_synthesis_is_tried_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the model itself makes of the picture; all else stays on the processor."""
    shown, off = [], 0

    class Card(Network):
        engine = "a card"

        def __call__(self, *names: str, **inputs: NDArray[np.float32]) -> list[NDArray[Any]]:
            (found,) = super().__call__(*names, **inputs)
            shown.append(found)
            return [found + np.uint8(off)]

    monkeypatch.setattr(engines, "CudaNetwork", Card)
    for off, engine in ((0, "a card"), (3, EXACT)):  # noqa: B007 (Card's)
        model = CodecModel(PACKAGED / "m", device="cuda", threads=1)
        assert model.synthesis.engine == engine
        assert type(model.analysis) is type(model.hyper_synthesis) is Network
    picture = 255 * engines.picture().reshape(3, 32, 8, 32, 8).transpose(0, 2, 4, 1, 3)
    error = shown[0].astype(float) - picture.reshape(shown[0].shape)
    assert np.sqrt(np.mean(error**2)) < 25  # the noise, which is coded in part


def test_numbers_that_are_none_are_wrong() -> None:
    right = np.full(1000, 7, np.float32)
    assert engines.agrees(right + 1, right)
    assert engines.agrees(np.where(np.arange(1000) < 1, 200, right), right)
    assert not engines.agrees(np.where(np.arange(1000) < 2, 200, right), right)
    assert not engines.agrees(right * np.nan, right)
    assert not engines.agrees(np.zeros(1000, np.uint8), np.full(1000, 255, np.uint8))
