"""The gradient of a synthesis as an ONNX graph, against PyTorch's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)
onnx = pytest.importorskip("onnx", exc_type=ImportError)

import tiny_model  # noqa: E402 - needs torch
from pellucid.nets.codec import Codec  # noqa: E402
from pellucid.runtime import Network  # noqa: E402
from pellucid.train import networks  # noqa: E402
from pellucid.train.synthesis_gradient import FILE, main, synthesis_gradient  # noqa: E402

MODELS = Path(networks.__file__).parents[1] / "models"


@pytest.fixture(scope="module")
def codec() -> Codec:
    torch.manual_seed(1)
    codec = Codec(tiny_model.SHAPE)
    tiny_model.ruffle(codec)
    for parameter in codec.parameters():  # as they are stored, in half precision
        parameter.data = parameter.data.half().float()
    leave = codec.synthesis.leave
    leave.weight.data = (255 * leave.weight.data).half().float() / 255
    leave.bias.data = (255 * (leave.bias.data + 0.5)).half().float() / 255 - 0.5
    return codec.requires_grad_(False)


@pytest.mark.parametrize("grey", [0, 1])
@pytest.mark.parametrize("weighted", [True, False])
def test_it_is_that_of_autograd(codec: Codec, grey: int, weighted: bool) -> None:
    y = (0.3 * torch.randn(1, 40, 5, 7)).requires_grad_(True)
    scale = torch.rand(1, 16, 1, 1) + 0.5
    target = 255 * torch.rand(1, 3, 80, 112)
    weight = torch.rand(1, 1, 80, 112) if weighted else torch.ones(1, 1, 1, 1)

    samples = 255 * codec.synthesis(y, scale)
    samples = samples + (samples.clamp(0, 255) - samples).detach()
    assert ((samples < 0) | (samples > 255)).float().mean() < 0.9
    error = samples - target
    error = error.mean(dim=1, keepdim=True).expand_as(error) if grey else error
    loss = (weight * error.square()).sum()
    loss.backward()

    def blocks(x: torch.Tensor) -> np.ndarray:
        return torch.nn.functional.pixel_unshuffle(x, 8).numpy()

    weights = blocks(weight.expand_as(target)) if weighted else weight.numpy()
    found = Network(synthesis_gradient(networks.synthesis(codec)), 1)(
        y=y.detach().numpy(),
        scale=scale.numpy(),
        target=blocks(target),
        weight=weights,
        grey=np.full((1, 1, 1, 1), grey, np.float32),
    )
    assert found[0].item() == pytest.approx(loss.item(), rel=1e-4)
    difference = np.abs(found[1] - y.grad.numpy()).max()
    assert difference < 1e-4 * np.abs(y.grad.numpy()).max()


@pytest.mark.parametrize("name", ["m", "s"])
def test_the_shipped_ones_are_of_the_shipped_synthesis(name: str, tmp_path: Path) -> None:
    """The command makes them anew; and no weight is stored twice."""
    synthesis = (MODELS / name / "synthesis.onnx").read_bytes()
    (tmp_path / "synthesis.onnx").write_bytes(synthesis)
    main([str(tmp_path)])
    made = (tmp_path / FILE).read_bytes()
    assert made == (MODELS / name / FILE).read_bytes()
    assert len(made) < len(synthesis) + 20_000
