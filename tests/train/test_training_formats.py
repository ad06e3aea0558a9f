"""bfloat16 beside float32 in a codec's training: the comparison is of what it says it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

torch = pytest.importorskip("torch", exc_type=ImportError)

import torch.nn.functional as F  # noqa: E402
from tools import training_formats  # noqa: E402
from tools.training_formats import EMULATED, TABLE, Emulated, main  # noqa: E402
from torch.overrides import TorchFunctionMode  # noqa: E402

import tiny_model  # noqa: E402 - needs torch
from pellucid.train.checkpoint import write_state  # noqa: E402


class Seen(TorchFunctionMode):
    """Keeps what convolutions inside are given."""

    def __init__(self) -> None:
        super().__init__()
        self.arguments: list[torch.Tensor] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is torch.conv2d:
            self.arguments += [given for given in args if isinstance(given, torch.Tensor)]
        return func(*args, **(kwargs or {}))


def gradients(x: torch.Tensor, weight: torch.Tensor, *, emulated: bool) -> list[torch.Tensor]:
    """Result and gradients of a convolution in bfloat16."""
    leaves = [tensor.clone().requires_grad_() for tensor in (x, weight)]
    if emulated:
        with Emulated(), torch.autocast("cpu", torch.bfloat16):
            out = F.conv2d(leaves[0], leaves[1], padding=1)
    else:
        with torch.autocast("cpu", torch.bfloat16):
            out = F.conv2d(leaves[0], leaves[1], padding=1)
    assert out.dtype == torch.bfloat16
    out.float().square().sum().backward()
    return [out.float().detach(), *(leaf.grad for leaf in leaves)]


def test_the_emulation_is_bfloat16s_arithmetic() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 16, 12, 12, generator=generator)
    weight = torch.randn(8, 16, 3, 3, generator=generator)
    real, ours = gradients(x, weight, emulated=False), gradients(x, weight, emulated=True)
    assert (real[0] == ours[0]).float().mean() > 0.98  # sums in another order
    for one, other in zip(real[1:], ours[1:], strict=True):
        assert (one - other).norm() < 0.01 * one.norm()
    with Seen() as seen, Emulated(), torch.autocast("cpu", torch.bfloat16):
        F.conv2d(x, weight, padding=1)
    assert seen.arguments
    for given in seen.arguments:
        assert given.dtype == torch.float32
        assert torch.equal(given, given.bfloat16().float())
    plain = F.conv2d(x, weight, padding=1)
    assert not torch.equal(plain, ours[0])
    with Emulated():
        assert torch.equal(F.conv2d(x, weight, padding=1), plain), "only under autocast"


def test_rows_of_a_tiny_codec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_formats, "has_bfloat16_units", lambda _device: False)
    monkeypatch.setattr(training_formats, "has_compiler", lambda _device: False)
    monkeypatch.setattr(training_formats, "STEPS_A_TURN", 1)
    monkeypatch.setattr(training_formats, "TURNS", 1)
    rounded = []

    class Watched(Emulated):
        def __torch_function__(self, *given: Any, **more: Any) -> Any:
            found = super().__torch_function__(*given, **more)
            if given[0] is torch.conv2d and found.dtype == torch.bfloat16:
                rounded.append(given[0])
            return found

    monkeypatch.setattr(training_formats, "Emulated", Watched)
    for number in range(2):
        Image.fromarray(tiny_model.synthetic_picture(number)).save(tmp_path / f"{number}.png")
    (tmp_path / "tiny.toml").write_text(tiny_model.TOML)
    with tiny_model.quick():
        trainer = tiny_model.new_trainer()
        tiny_model.ruffle(trainer.average)
        write_state(tmp_path / "start.pt", trainer.averaged())
    words = [str(tmp_path / "tiny.toml"), "--data", str(tmp_path), "--steps", "3"]
    main([*words, "--start", str(tmp_path / "start.pt"), "-o", str(tmp_path / "rows.tsv")])
    speed, plain, half = TABLE.read(tmp_path / "rows.tsv")
    assert speed.megapixels_per_second
    assert [row.format for row in (speed, plain, half)] == ["float32", "float32", EMULATED]
    assert plain.held_out_loss
    assert half.held_out_loss
    assert rounded, "which three decimals of the loss needn't show"
    assert half.held_out_loss == pytest.approx(plain.held_out_loss, rel=3e-3)
