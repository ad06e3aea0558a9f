"""The networks: the start as a transform, integer layers, gradients through rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictures import photograph

torch = pytest.importorskip("torch", exc_type=ImportError)
pytest.importorskip("onnx", exc_type=ImportError)

from pellucid.errors import PellucidError  # noqa: E402 - needs torch
from pellucid.nets.codec import Codec, CodecShape  # noqa: E402
from pellucid.nets.entropy_model import (  # noqa: E402
    CROSS,
    around_black,
    black_squares,
    on_black,
    white_squares,
)
from pellucid.nets.integer import IntegerConv2d, IntegerLayer, clip_activation  # noqa: E402
from pellucid.nets.rate import TABLES, add_noise, bits, index_of, round_through, scale_of  # noqa: E402
from pellucid.train.data import random_crops  # noqa: E402
from pellucid.train.export import prove_bounds  # noqa: E402
from pellucid.train.klt import principal_components, start_from_klt  # noqa: E402
from pellucid.train.networks import integer_layers  # noqa: E402


def crops(count: int, seed: int) -> torch.Tensor:
    tiles = np.stack([photograph(left=left, top=top) for left in (0, 250) for top in (0, 250)])
    planes = torch.from_numpy(tiles).permute(0, 3, 1, 2)
    return random_crops(planes, count, 128, torch.Generator().manual_seed(seed))


def test_the_start_is_a_transform_that_loses_little() -> None:
    torch.set_num_threads(1)
    codec = Codec(CodecShape(latents=320))
    start_from_klt(codec, crops(60, 0), 0.0002, 0.25)
    ones = torch.ones(1, codec.shape.trunk, 1, 1)
    x = crops(40, 1)
    with torch.no_grad():
        decoded = codec.synthesis(codec.analysis(x, ones), ones)
        psnr = -10 * torch.log10((decoded - x).square().mean(dim=(1, 2, 3)))
        assert psnr.mean() > 38
        quality = torch.full((len(x),), 80.0)
        y = codec.encode(x, quality)
        assert torch.allclose(codec.decode(y, quality), decoded, atol=1e-4), "gains cancel"
        # Near-orthonormal: noise of a variance in y is noise of about that variance in x.
        noise = torch.randn_like(y) * 0.1
        spread = codec.synthesis(codec.analysis(x, ones) + noise, ones) - decoded
        energy = spread.square().sum() / noise.square().sum()
        assert energy == pytest.approx(1, abs=0.02)
        decoded, _, _ = codec(x, quality)
        assert -10 * torch.log10((decoded - x).square().mean()) > 28


def test_principal_components_are_orthonormal_and_sorted() -> None:
    rows = torch.randn(500, 12) @ torch.randn(12, 12)
    basis, spread = principal_components(rows, 8)
    assert torch.allclose(basis @ basis.T, torch.eye(8), atol=1e-5)
    assert (spread.diff() <= 0).all()
    assert torch.allclose((rows @ basis.T).square().mean(0).sqrt(), spread, rtol=1e-3)


# --- integers -------------------------------------------------------------------------------------


def in_integers(layer: IntegerLayer, x: np.ndarray) -> np.ndarray:
    """The convolution of docs/format.md section 5, in int64, tap by tap."""
    out, taken, k, _ = layer.weight.shape
    groups = x.shape[0] // taken
    height, width = x.shape[1:]
    padded = np.pad(x, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    total = np.zeros((out, height, width), np.int64) + layer.bias[:, None, None]
    for o in range(out):
        start = (o * groups // out) * taken
        for i in range(taken):
            for r in range(k):
                for c in range(k):
                    tap = int(layer.weight[o, i, r, c])
                    total[o] += tap * padded[start + i, r : r + height, c : c + width]
    return total >> layer.shift.astype(np.int64)[:, None, None]


@settings(max_examples=25)
@given(st.integers(0, 2**31), st.sampled_from(["1", "3", "depthwise", "entry"]), st.data())
def test_exported_integers_compute_what_training_saw(
    seed: int, kind: str, data: st.DataObject
) -> None:
    torch.manual_seed(seed)
    size = 1 if kind in ("1", "entry") else 3
    options = {"groups": 6} if kind == "depthwise" else {}
    in_bits = 0 if kind in ("depthwise", "entry") else 5
    out_bits = data.draw(st.sampled_from([3, 4, 5]))
    layer = IntegerConv2d(6, 6, size, in_bits=in_bits, out_bits=out_bits, **options)
    with torch.no_grad():
        layer.weight *= 10.0 ** data.draw(st.integers(-3, 1))
        layer.bias *= 10.0 ** data.draw(st.integers(-2, 2))
        layer.reach.copy_(1 + 5 * torch.rand(6))
        low = -255 if in_bits == 0 else 0
        x = torch.randint(low, 256, (1, 6, 4, 5))
        seen = layer(x.float() / 2**in_bits)[0] * 2**out_bits
    exported = layer.export()
    assert np.abs(exported.weight.astype(int)).max() <= 63
    assert exported.shift.max() < 32
    assert exported.sums(255).max() < 2**24
    assert (seen.numpy() == in_integers(exported, x[0].numpy())).all()
    reached = np.abs(seen.numpy()).max(axis=(1, 2))
    assert (reached <= exported.outputs(255)).all()


@pytest.mark.parametrize("bias", [200.0, 1e4, 1e5])
def test_a_large_bias_takes_a_coarser_grid(bias: float) -> None:
    """Weights that are tiny beside it would ask for a grid on which it has no room."""
    layer = IntegerConv2d(6, 6, 1)
    with torch.no_grad():
        layer.weight *= 1e-3
        layer.bias.fill_(bias)
        x = torch.randint(0, 256, (1, 6, 4, 5))
        seen = layer(x.float() / 32)[0] * 32
    exported = layer.export()
    assert exported.sums(255).max() < 2**24
    assert np.abs(seen.numpy() / (32 * bias) - 1).max() < 0.01
    assert (seen.numpy() == in_integers(exported, x[0].numpy())).all()


@pytest.mark.parametrize(
    ("weight", "bias"), [(0.1, 1e6), (0.1, -1e12), (float("nan"), 0.0), (0.1, float("inf"))]
)
def test_what_no_integers_hold_is_refused(weight: float, bias: float) -> None:
    """Before, such a bias wrapped around to another one."""
    layer = IntegerConv2d(2, 2, 1)
    with torch.no_grad():
        layer.weight.fill_(weight)
        layer.bias.fill_(bias)
    with pytest.raises(PellucidError, match=r"no integers below 2\^24 hold"):
        layer.export()


def broken(names: list[str], value: int, bias: int = 0, shift: int = 0) -> dict[str, IntegerLayer]:
    """Integer layers of a small codec, some of them replaced."""
    layers = integer_layers(Codec(CodecShape(16, 24, 1, 1, 8, 8, 16, 16, 12)))
    prove_bounds(layers)
    for name in names:
        weight = np.full_like(layers[name].weight, value)
        size = len(weight)
        layers[name] = IntegerLayer(
            weight, np.full(size, bias, np.int32), np.full(size, shift, np.uint8)
        )
    return layers


@pytest.mark.parametrize(
    ("names", "value", "bias", "message"),
    [
        (["hyper.mix"], 0, 2**24, "hyper.mix may reach 16777216"),
        (["prior.predictor"], 127, 0, "prior.predictor may reach"),
        (["prior.context", "prior.features"], 0, 2**23, "prior.context . prior.features may"),
        (["hyper.mean", "prior.mean"], 0, 2**23, "hyper.mean . prior.mean . prior.predictor"),
        (["hyper.mean"], 0, -(2**24) + 2**18, "hyper.mean . prior.diagonal may reach"),
    ],
)
def test_sums_that_may_reach_2_24_are_refused(
    names: list[str], value: int, bias: int, message: str
) -> None:
    layers = broken(names, value, bias)
    with pytest.raises(PellucidError, match=message):
        prove_bounds(layers)


def test_black_squares_alone_give_what_all_would() -> None:
    torch.manual_seed(0)
    x = torch.randint(0, 256, (2, 4, 6, 10)).float() / 32
    black = 1 - sum(white_squares(x))
    for size, groups in ((3, 1), (3, 4)):
        layer = IntegerConv2d(4, 4, size, groups=groups, mask=CROSS)
        assert torch.equal(on_black(layer(around_black(x), inner=True)), layer(x) * black)
    point = IntegerConv2d(4, 5, 1)
    assert torch.equal(on_black(point(black_squares(x))), point(x) * black)


# --- training -------------------------------------------------------------------------------------


def test_gradients_pass_rounding() -> None:
    x = torch.tensor([-1.5, -0.5, 0.2, 0.5, 2.7], requires_grad=True)
    rounded = round_through(x)
    assert rounded.tolist() == [-1, 0, 0, 1, 3], "halves go up, as in the integer layers"
    (rounded * torch.arange(5)).sum().backward()
    assert x.grad.tolist() == [0, 1, 2, 3, 4]
    noise = add_noise(torch.zeros(10_000))
    assert -0.5 <= noise.min() < -0.49 < 0.49 < noise.max() <= 0.5


def test_gradients_pass_integer_layers() -> None:
    torch.manual_seed(0)
    layer = IntegerConv2d(4, 3, 3, mask=[[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    x = torch.randint(0, 256, (2, 4, 6, 6)).float().div(32).requires_grad_()
    layer(x).sum().backward()
    weight, _, _ = layer._on_grid()
    expected = torch.nn.grad.conv2d_input(x.shape, weight, torch.ones(2, 3, 6, 6), padding=1)
    assert torch.allclose(x.grad, expected, atol=1e-5)
    assert layer.weight.grad[:, :, 0, 1].abs().min() > 0
    assert layer.weight.grad[:, :, 1, 1].abs().max() == 0, "masked taps learn nothing"
    assert layer.bias.grad.tolist() == [72, 72, 72]
    assert clip_activation(torch.tensor([-1.0, 3, 99])).tolist() == [0, 3, 255 / 32]


def test_every_parameter_learns() -> None:
    import tiny_model

    trainer = tiny_model.new_trainer()
    tiny_model.ruffle(trainer.net)
    with torch.no_grad():
        trainer.net.hyper_analysis.leave.weight.mul_(30)  # z is not all 0
    tiny_model.train(trainer, 1)
    idle = [n for n, p in trainer.net.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_bits_are_those_of_a_logistic() -> None:
    index = torch.arange(TABLES).float()
    symbols = torch.arange(-400, 401).float()[:, None]
    total = torch.exp2(-bits(symbols, index)).sum(0)
    narrow = scale_of(index) < 30
    assert torch.allclose(total[narrow], torch.ones(int(narrow.sum())), atol=2e-3)
    assert (bits(symbols, index) == bits(-symbols, index)).all()
    spread = scale_of(index) * np.pi / 3**0.5
    assert torch.allclose(index_of(spread), index, atol=1e-3)
