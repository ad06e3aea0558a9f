"""Weights that a new run starts from, also with more blocks than they have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)

import tiny_model  # noqa: E402 - needs torch
from pellucid.errors import InputError  # noqa: E402
from pellucid.nets.denoiser import DenoiserShape  # noqa: E402
from pellucid.train import checkpoint  # noqa: E402
from pellucid.train.codec_trainer import CodecTrainer  # noqa: E402
from pellucid.train.denoiser_trainer import DenoiserTrainer  # noqa: E402
from pellucid.train.recipe import DenoiserRecipe  # noqa: E402


def test_weights_start_a_net_with_more_blocks(tmp_path: Path) -> None:
    small = tiny_model.new_trainer()
    tiny_model.train(small, 2)
    tiny_model.ruffle(small.average)
    checkpoint.save_weights(tmp_path / "weights.pt", small)
    shape = small.recipe.shape
    more = {
        "analysis_blocks": shape.analysis_blocks + 1,
        "synthesis_blocks": shape.synthesis_blocks + 1,
    }
    recipe = replace(small.recipe, shape=replace(shape, **more))
    large = CodecTrainer(recipe, tiny_model.synthetic_tiles(2), torch.device("cpu"))
    checkpoint.load_weights(tmp_path / "weights.pt", large)
    small.average.load_state_dict(
        {n: v.half().float() for n, v in small.average.state_dict().items()}
    )
    x, quality = torch.rand(1, 3, 64, 64), torch.tensor([50.0])
    with torch.no_grad():
        assert torch.allclose(large.codec.encode(x, quality), small.average.encode(x, quality))
        y = torch.rand(1, shape.latents, 4, 4)
        assert torch.allclose(large.codec.decode(y, quality), small.average.decode(y, quality))
    wide = replace(recipe, shape=replace(shape, trunk=shape.trunk + 4))
    other = CodecTrainer(wide, tiny_model.synthetic_tiles(2), torch.device("cpu"))
    with pytest.raises(InputError, match="another net"):
        checkpoint.load_weights(tmp_path / "weights.pt", other)
    (tmp_path / "weights.pt").write_bytes(b"cut off")
    with pytest.raises(InputError, match="can't be read"):
        checkpoint.load_weights(tmp_path / "weights.pt", small)


def test_weights_start_a_denoiser_with_more_blocks(tmp_path: Path) -> None:
    tiles = tiny_model.synthetic_tiles(2)
    recipe = DenoiserRecipe("tiny", shape=DenoiserShape((4, 4), (1,), 1, (0,)))
    small = DenoiserTrainer(recipe, tiles, torch.device("cpu"))
    torch.nn.init.normal_(small.average.leave.weight, std=0.1)
    checkpoint.save_weights(tmp_path / "weights.pt", small)
    more = replace(recipe, shape=DenoiserShape((4, 4), (2,), 2, (1,)))
    large = DenoiserTrainer(more, tiles, torch.device("cpu"))
    checkpoint.load_weights(tmp_path / "weights.pt", large)
    known = {n: v.half().float() for n, v in small.average.state_dict().items()}
    small.average.load_state_dict(known)
    noisy, maps = torch.rand(1, 3, 32, 32), torch.rand(1, 2, 32, 32)
    with torch.no_grad():
        out = small.average(noisy, maps)
        assert not torch.allclose(out, noisy)
        for net in (large.net, large.average):
            assert torch.allclose(net(noisy, maps), out, atol=1e-6)
    checkpoint.save_weights(tmp_path / "large.pt", large)
    with pytest.raises(InputError, match="another net"):
        checkpoint.load_weights(tmp_path / "large.pt", small)


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    trainer = tiny_model.new_trainer()
    checkpoint.save_checkpoint(tmp_path / "run.pt", trainer)
    checkpoint.load_checkpoint(tmp_path / "run.pt", trainer)
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    state["codec"] = state.pop("net")
    torch.save(state, tmp_path / "old.pt")
    with pytest.raises(InputError, match="no checkpoint of this version, it lacks net; start anew"):
        checkpoint.load_checkpoint(tmp_path / "old.pt", trainer)
