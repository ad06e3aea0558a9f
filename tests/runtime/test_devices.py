"""Devices: which is chosen, what each gives, and that none of them changes a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import pellucid
from pellucid.errors import MissingExtraError, OptionError, PellucidError
from pellucid.runtime import DenoiserModel, Network, device, engine_cuda, engine_openvino, engines
from pellucid.runtime.denoiser import FILE, levels
from pellucid.runtime.engine_openvino import FLOAT32, SHORT, OpenVinoNetwork
from pellucid.runtime.store import PACKAGED, load_denoiser
from program import call

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="OpenVINO has no package for this system"
)
NETWORK = PACKAGED / "denoise-s" / FILE
NOISE = {"cpu": "onnxruntime float32", "openvino": "openvino"}


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("PELLUCID_DEVICE")
    found = (device.cuda_problem, device.openvino_format, engine_openvino.library)
    yield
    for each in found:  # those that a test replaced told lies
        each.cache_clear()


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
        (found,), (right,) = network("noise", **shown), exact(**shown)
        assert found.dtype == np.float32
        tolerance = 1.5 if short and form_here() in SHORT else 0.01  # levels
        np.testing.assert_allclose(255 * found, 255 * right, rtol=0, atol=tolerance)


@needs_openvino
def test_the_picture_is_not_rounded_to_a_short_format() -> None:
    """Of bright samples bfloat16 would lose half a level; the layers lose a tenth of that here."""
    shown = seen(96, 96, sigma=2)
    (found,), (right,) = (
        OpenVinoNetwork(NETWORK, 1, form_here())(**shown),
        Network(NETWORK, 1)(**shown),
    )
    assert 255 * np.sqrt(np.mean((found - right) ** 2)) < 0.06


@needs_openvino
def test_openvino_takes_several_threads_at_once() -> None:
    network = OpenVinoNetwork(NETWORK, 2, form_here())
    pictures = [seen(32 + 8 * k, 40) for k in range(8)]
    alone = [network(**shown)[0] for shown in pictures]
    kept = [found.copy() for found in alone]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda shown: network(**shown)[0], pictures * 3))
    for place, found in enumerate(together):
        np.testing.assert_array_equal(found, kept[place % 8])
    np.testing.assert_array_equal(alone[0], kept[0])  # what was given isn't written to again


class Wrong(Network):
    """An engine whose results are two levels off."""

    engine = "wrong"

    def __init__(self, source: Path, threads: int, form: str = FLOAT32) -> None:
        super().__init__(source, threads)
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

    assert engine_on("cpu") == NOISE["cpu"]
    monkeypatch.setattr(engines, "OpenVinoNetwork", Wrong)
    monkeypatch.setattr(engines, "openvino_format", lambda: "BF16")
    assert engine_on("openvino") == f"wrong {FLOAT32}"
    monkeypatch.setattr(engines, "FLOAT32", "FP16")
    assert engine_on("openvino") == NOISE["cpu"]
    monkeypatch.setattr(engines, "CudaNetwork", Broken)
    assert engine_on("cuda") == NOISE["cpu"]
    with pytest.raises(PellucidError, match="can't be loaded"):
        engines.network_on("cuda", PACKAGED / "m" / "card.json", 1, levels)


def test_numbers_that_are_none_are_wrong() -> None:
    right = np.full(1000, 7, np.float32)
    assert engines.agrees(right + 1, right)
    assert engines.agrees(np.where(np.arange(1000) < 1, 200, right), right)
    assert not engines.agrees(np.where(np.arange(1000) < 2, 200, right), right)
    assert not engines.agrees(right * np.nan, right)
    assert not engines.agrees(np.zeros(1000, np.uint8), np.full(1000, 255, np.uint8))


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
    on = {name: pellucid.denoise(picture, sigma=14, device=name) for name in NOISE}
    assert engines.agrees(on["openvino"], on["cpu"])
    assert not np.array_equal(on["openvino"], on["cpu"]) or form_here() not in SHORT
    deep = picture.astype(np.uint16) * 257
    on = {name: pellucid.denoise(deep, sigma=14 * 257, device=name) for name in NOISE}
    np.testing.assert_array_equal(on["openvino"], on["cpu"])


@needs_openvino
def test_large_pictures_and_small_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(device, "cuda_problem", lambda: "there is none")
    form = form_here()
    monkeypatch.setattr(device, "openvino_format", lambda: form)
    Image.fromarray(photo()).save(tmp_path / "in.png")

    def engine() -> str | None:
        to = tmp_path / "out.png"
        return pellucid.denoise_file(tmp_path / "in.png", to, sigma=14.0, force=True).engine

    assert engine() == NOISE["cpu"]
    monkeypatch.setattr(device, "WORTH", 96 * 96)
    assert (engine() or "").startswith("openvino")
    unchanged = pellucid.denoise_file(tmp_path / "in.png", tmp_path / "same.png", sigma=0.0)
    assert unchanged.engine is None


@needs_openvino
def test_the_command_says_what_ran(tmp_path: Path) -> None:
    Image.fromarray(photo(32)).save(tmp_path / "in.png")
    for name, engine in NOISE.items():
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
