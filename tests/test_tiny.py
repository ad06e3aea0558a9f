"""The whole flow in seconds: train, stop, go on, export, compress, decompress; train, denoise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid.errors import InputError, OptionError
from pellucid.train.checkpoint import read_state, write_state
from pictures import unpacked

torch = pytest.importorskip("torch", exc_type=ImportError)
pytest.importorskip("onnx", exc_type=ImportError)

from PIL import Image  # noqa: E402

import tiny_denoiser  # noqa: E402 - needs torch
import tiny_model  # noqa: E402
from pellucid.train.run import (  # noqa: E402
    RunOptions,
    choose_device,
    train_model,
)


def test_train_stop_resume_export_compress_decompress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = tmp_path / "runs" / "tiny.pt"
    stopped = tiny_model.new_trainer()
    tiny_model.train(stopped, 4, of=8)
    write_state(checkpoint, stopped.state())

    resumed = tiny_model.new_trainer()
    resumed.restore(read_state(checkpoint, resumed.device), checkpoint)
    assert resumed.progress == stopped.progress
    tiny_model.train(resumed, 4, of=8)
    straight = tiny_model.new_trainer()
    tiny_model.train(straight, 8, of=8)
    for part in ("net", "average"):
        ours, theirs = getattr(resumed, part).state_dict(), getattr(straight, part).state_dict()
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs), part

    folder = tiny_model.export(resumed, tmp_path / "models")
    monkeypatch.setenv("PELLUCID_MODELS", str(folder.parent))
    assert len(bytes.fromhex(pellucid.models()["tiny"])) == 16
    check_files(folder, tmp_path)


def check_files(folder: Path, tmp_path: Path) -> None:
    picture = tiny_model.synthetic_picture(9, 120, 200)
    data = pellucid.compress(picture, quality=70, model="tiny")
    assert data == pellucid.compress(picture, quality=70, model=str(folder))
    path = tmp_path / "picture.pel"
    path.write_bytes(data)

    decoded = unpacked(path)
    assert (decoded.shape, decoded.dtype) == (picture.shape, np.uint8)
    error = np.square(decoded.astype(float) - picture).mean()
    assert 10 * np.log10(255**2 / error) > 20
    about = pellucid.info(path, latents=True)
    assert (about.width, about.height, about.channels) == (200, 120, 3)
    assert (about.quality, about.model_name, about.file_bytes) == (70, "tiny", len(data))
    assert about.latents_sha256 == pellucid.info(data, latents=True).latents_sha256
    assert pellucid.verify(path).sound


def test_one_command_from_recipe_and_folder_to_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.toml").write_text(tiny_model.TOML)
    (tmp_path / "pictures").mkdir()
    for seed in range(2):
        Image.fromarray(tiny_model.synthetic_picture(seed, 256, 520)).save(
            tmp_path / "pictures" / f"{seed}.png"
        )
    lines: list[str] = []
    options = RunOptions(tmp_path / "pictures", 0.002, tmp_path / "out", device="cpu")
    with tiny_model.quick():
        folder = train_model(tmp_path / "tiny.toml", options, lines.append)
    assert {path.name for path in folder.iterdir()} == {
        *("analysis.onnx", "hyper_analysis.onnx", "hyper_decoder.onnx", "spatial_prior.onnx"),
        *("synthesis.onnx", "synthesis_gradient.onnx"),
        *("entropy.npz", "gains.npz", "card.json"),
    }
    monkeypatch.setenv("PELLUCID_MODELS", str(folder.parent))
    data = pellucid.compress(np.zeros((8, 8, 1), np.uint8), model="tiny")
    assert unpacked(data).shape == (8, 8, 1)

    before = lines.copy()
    resume = RunOptions(options.data, 0.002, options.output, device="cpu", resume=True)
    with tiny_model.quick():
        train_model(tmp_path / "tiny.toml", resume, lines.append)
    assert any("resumed at step" in line for line in lines[len(before) :])
    assert lines[-1] == before[-1], "nothing was left to train, so the model is the same"


def test_one_command_from_recipe_and_folder_to_a_denoiser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.toml").write_text(tiny_denoiser.TOML)
    (tmp_path / "pictures").mkdir()
    clean = tiny_model.synthetic_picture(0, 256, 520)
    Image.fromarray(clean).save(tmp_path / "pictures" / "0.png")
    lines: list[str] = []
    options = RunOptions(tmp_path / "pictures", 0.005, tmp_path / "out", device="cpu", threads=1)
    with tiny_denoiser.quick():
        folder = train_model(tmp_path / "tiny.toml", options, lines.append)
    assert folder == tmp_path / "out" / "denoise-tiny"
    assert {path.name for path in folder.iterdir()} == {"denoiser.onnx", "card.json"}
    monkeypatch.setenv("PELLUCID_MODELS", str(folder.parent))
    identity = pellucid.denoisers()["tiny"]
    assert lines[-1] == f"model {identity} in {folder}"
    assert "tiny" not in pellucid.models()
    noisy = np.random.default_rng(1).normal(clean, 40).astype(np.float32)
    result = pellucid.denoise(noisy, sigma=40, model="tiny")
    assert 0 < np.abs(result - noisy).mean() < 40

    resume = RunOptions(options.data, 0.005, options.output, device="cpu", threads=1, resume=True)
    with tiny_denoiser.quick():
        train_model(tmp_path / "tiny.toml", resume, lines.append)
    assert lines[-1] == f"model {identity} in {folder}", "nothing was left to train"


def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path) -> None:
    trainer = tiny_model.new_trainer()
    write_state(tmp_path / "tiny.pt", trainer.state())
    state = torch.load(tmp_path / "tiny.pt", weights_only=True)
    torch.save({**state, "shape": {**state["shape"], "trunk": 99}}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="shape"):
        trainer.restore(read_state(tmp_path / "other.pt", trainer.device), tmp_path / "other.pt")


def test_an_unknown_device_and_too_few_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="tpu"):
        choose_device("tpu")
    (tmp_path / "tiny.toml").write_text(tiny_model.TOML)
    Image.fromarray(tiny_model.synthetic_picture(0, 256, 256)).save(tmp_path / "one.png")
    options = RunOptions(tmp_path / "one.png", 0.001, tmp_path / "out", device="cpu")
    with pytest.raises(InputError, match="two are the least"):
        train_model(tmp_path / "tiny.toml", options, lambda _: None)
