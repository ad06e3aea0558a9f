"""Devices: which is chosen, what it gives for a picture, and that none of them changes a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import pellucid
from pellucid.errors import MissingExtraError, OptionError
from pellucid.runtime import (
    DenoiserModel,
    Network,
    device,
    engine_cuda,
    engine_openvino,
    engines,
)
from pellucid.runtime.engine_openvino import FLOAT32
from pellucid.runtime.store import load_denoiser
from program import call

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="OpenVINO has no package for this system"
)
ENGINES = {"cpu": "onnxruntime float32", "openvino": "openvino"}


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("PELLUCID_DEVICE")
    found = (device.cuda_problem, device.openvino_format, engine_openvino.library)
    yield
    for each in found:  # those that a test replaced told lies
        each.cache_clear()


@pytest.mark.parametrize(
    ("asked", "pixels", "short", "card", "form", "chosen"),
    [
        ("auto", 1e6, True, True, "BF16", "cpu"),
        ("auto", 1e9, True, True, "BF16", "cuda"),
        ("auto", 1e9, False, True, "BF16", "cuda"),
        ("auto", 1e9, True, False, "BF16", "openvino"),
        ("auto", float("inf"), True, False, "FP16", "openvino"),
        ("auto", 1e9, False, False, "BF16", "cpu"),
        ("auto", 1e9, True, False, None, "cpu"),
        ("cpu", 1e9, True, True, "BF16", "cpu"),
        ("cuda", 9, False, True, None, "cuda"),
    ],
)
def test_what_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    pixels: float,
    short: bool,
    card: bool,
    form: str | None,
    chosen: str,
) -> None:
    monkeypatch.setattr(device, "cuda_problem", lambda: "" if card else "there is none")
    monkeypatch.setattr(device, "openvino_format", lambda: form)
    assert device.device_for(asked, pixels, short=short) == chosen
    monkeypatch.setenv("PELLUCID_DEVICE", asked)
    assert device.device_for("auto", pixels, short=short) == chosen
    assert device.device_for("cpu", pixels, short=short) == "cpu"  # what is named goes before


@needs_openvino
def test_openvino_is_for_short_numbers_only() -> None:
    assert device.device_for("openvino", 9, short=True) == "openvino"
    assert device.device_for("openvino", 9, short=False) == "cpu"


@pytest.mark.parametrize("name", ["gpu", "", "CPU", None, 3])
def test_a_device_that_is_none(name: Any) -> None:
    for make in (pellucid.DenoiseOptions, pellucid.DecompressOptions):
        with pytest.raises(OptionError, match="must be auto, cpu, openvino or cuda"):
            make(device=name)


def test_the_variable_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_DEVICE", "tpu")
    with pytest.raises(OptionError, match="PELLUCID_DEVICE is 'tpu'"):
        pellucid.denoise(np.zeros((9, 9), np.uint8), sigma=3, model="s")


def test_a_card_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_cuda, "providers_there", lambda: ["CPUExecutionProvider"])
    with pytest.raises(OptionError, match=r"CPUExecutionProvider only.*onnxruntime-gpu"):
        pellucid.DenoiseOptions(device="cuda")


def test_a_card_that_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime then goes on without it, and says so in its log only."""
    monkeypatch.setattr(engine_cuda, "providers_there", lambda: [engine_cuda.PROVIDER])
    monkeypatch.setattr(engine_cuda, "PROVIDER", "CUDAExecutionProvider")
    given: list[Any] = []

    def without_card(self: Network, source: Path, threads: int, providers: list[Any]) -> None:
        given.extend(providers)
        init(self, source, threads)

    init = Network.__init__
    monkeypatch.setattr(Network, "__init__", without_card)
    assert device.fastest(short=False) == "cpu"
    with pytest.raises(OptionError, match="can't load CUDA"):
        pellucid.DecompressOptions(device="cuda")
    (name, options), rest = given[:2]
    assert (name, rest) == ("CUDAExecutionProvider", "CPUExecutionProvider")
    assert options["use_tf32"] == "0"


def test_openvino_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "openvino"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openvino", None)
    for each in (device.openvino_format, engine_openvino.library, engine_openvino.core):
        each.cache_clear()
    monkeypatch.setattr(device, "cuda_problem", lambda: "there is none")
    assert device.device_for("auto", 1e9, short=True) == "cpu"
    with pytest.raises(MissingExtraError, match=r"pip install 'pellucid\[fast\]'"):
        pellucid.denoise(np.zeros((9, 9), np.uint8), device="openvino")


def photo(side: int = 96) -> NDArray[np.uint8]:
    y, x = np.mgrid[:side, :side]
    shades = np.stack([x + y, 2 * x, 255 - x - y], axis=2) / 2 + 20 * (x // 8 % 2)[..., None]
    noise = np.random.default_rng(3).normal(0, 14, shades.shape)
    return np.clip(np.rint(shades + noise), 0, 255).astype(np.uint8)


@needs_openvino
def test_denoising_in_openvino() -> None:
    picture = photo()
    on = {name: pellucid.denoise(picture, sigma=14, device=name) for name in ENGINES}
    assert engines.agrees(on["openvino"], on["cpu"])
    assert not np.array_equal(on["openvino"], on["cpu"]) or device.openvino_format() is None
    deep = picture.astype(np.uint16) * 257
    on = {name: pellucid.denoise(deep, sigma=14 * 257, device=name) for name in ENGINES}
    np.testing.assert_array_equal(on["openvino"], on["cpu"])


@needs_openvino
def test_large_pictures_and_small_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(device, "cuda_problem", lambda: "there is none")
    form = device.openvino_format() or FLOAT32
    monkeypatch.setattr(device, "openvino_format", lambda: form)
    Image.fromarray(photo()).save(tmp_path / "in.png")

    def engine() -> str | None:
        to = tmp_path / "out.png"
        return pellucid.denoise_file(tmp_path / "in.png", to, sigma=14.0, force=True).engine

    assert engine() == ENGINES["cpu"]
    monkeypatch.setattr(device, "WORTH", 96 * 96)
    assert (engine() or "").startswith("openvino")
    unchanged = pellucid.denoise_file(tmp_path / "in.png", tmp_path / "same.png", sigma=0.0)
    assert unchanged.engine is None


@needs_openvino
def test_the_command_says_what_ran(tmp_path: Path) -> None:
    Image.fromarray(photo(32)).save(tmp_path / "in.png")
    for name, engine in ENGINES.items():
        done = call("denoise", tmp_path / "in.png", "--force", "--json", "--device", name)
        assert json.loads(done.stdout)["engine"].startswith(engine)
    wrong = call("denoise", tmp_path / "in.png", "--device", "tpu")
    assert wrong.returncode == 2
    assert "device is 'tpu'" in wrong.stderr


@needs_openvino
@pytest.mark.parametrize(
    "options",
    [{}, {"denoise": 1.0}, {"denoise": 1.0, "psnr": 30.0}, {"denoise": 1.0, "model": "s"}],
    ids=["plain", "by-analysis", "by-denoiser-and-target", "by-denoiser"],
)
def test_the_device_changes_no_file(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    """What decides bits runs in float32 on the processor: same bytes, same latents."""
    files, hashes, decoded = [], [], []
    cards = [] if device.cuda_problem() else ["cuda"]
    for name in ("cpu", "openvino", *cards):
        monkeypatch.setenv("PELLUCID_DEVICE", name)
        files.append(pellucid.compress(photo(), **options))
        hashes.append(pellucid.info(files[0], latents=True).latents_sha256)
        decoded.append(pellucid.decompress(files[0], device=name))
    assert len(set(files)) == len(set(hashes)) == 1
    assert all(engines.agrees(found, decoded[0]) for found in decoded)


def test_models_of_two_devices_are_two() -> None:
    one, other = load_denoiser("s"), load_denoiser("s", "openvino")
    assert isinstance(one, DenoiserModel)
    assert one is load_denoiser("s", "cpu") is not other
