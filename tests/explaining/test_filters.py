"""The filter at a pixel is exact: it gives what the network gives, and its transposes are right."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.errors import OptionError, PellucidError
from pellucid.explaining import OpenNetwork, filter_at
from pellucid.explaining.network import TRANSPOSES, interpolation
from pellucid.runtime import Network, load_denoiser, load_model
from pellucid.runtime.denoiser import FILE
from pictures import photograph

onnx = pytest.importorskip("onnx")
SIGMA = 20.0


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(0)
    clean = photograph(120, 104).astype(np.float32)
    noisy = (clean + rng.normal(0, SIGMA, clean.shape)).astype(np.float32)
    maps = np.zeros((2, 120, 104), np.float32)
    maps[0] = SIGMA
    return noisy, maps


def denoised(net, noisy, maps):
    planes = np.ascontiguousarray(noisy.transpose(2, 0, 1))[None]
    return noisy - net.noise(planes, maps[None])[0].transpose(1, 2, 0)


@pytest.mark.parametrize("name", ["m", "s"])
@pytest.mark.parametrize("place", [(0, 0), (50, 60), (103, 119), (7, 90)])
def test_filter_gives_what_the_network_gives(scene, name, place):
    net = load_denoiser(name)
    x, y = place
    result = denoised(net, *scene)
    for channel in range(3):
        found = filter_at(net, *scene, x, y, channel=channel)
        assert found.value == pytest.approx(float(result[y, x, channel]), abs=2e-3)
    assert found.effective > 1
    assert found.radius >= 0


def test_filter_is_the_derivative(scene):
    """Moving one sample by little moves the result by its weight."""
    net = load_denoiser("s")
    noisy, maps = scene
    found = filter_at(net, noisy, maps, 50, 60)
    base = denoised(net, noisy, maps)[60, 50, 1]
    for down, along, channel in ((0, 0, 1), (0, 1, 1), (-1, 0, 0), (2, -1, 2)):
        moved = noisy.copy()
        moved[60 + down, 50 + along, channel] += 0.05
        change = (denoised(net, moved, maps)[60, 50, 1] - base) / 0.05
        weight = found.weights[60 + down - found.top, 50 + along - found.left, channel]
        assert change == pytest.approx(float(weight), abs=2e-3)


def test_grey_filter_is_of_the_mean(scene):
    noisy, maps = scene
    grey = noisy[..., :1]
    net = load_denoiser("m")
    found = filter_at(net, grey, maps, 30, 31)
    whole = denoised(net, np.repeat(grey, 3, axis=2), maps)
    assert found.value == pytest.approx(float(whole[31, 30].mean()), abs=2e-3)


def test_flat_places_average_more_than_edges():
    picture = np.zeros((160, 160, 3), np.float32)
    picture[:, 80:] = 200
    picture += np.random.default_rng(0).normal(0, SIGMA, picture.shape).astype(np.float32)
    maps = np.zeros((2, 160, 160), np.float32)
    maps[0] = SIGMA
    net = load_denoiser("m")
    flat, edge = (filter_at(net, picture, maps, x, 80) for x in (30, 80))
    assert flat.effective > 1.5 * edge.effective
    beyond = edge.weights[:, : 79 - edge.left, 1]  # the other side of the edge hardly counts
    assert abs(float(beyond.sum())) < 0.2


def test_layers_by_name(scene):
    net = load_denoiser("s")
    network = OpenNetwork(net.folder / FILE)
    kinds = set(network.layers.values())
    assert {"Conv", "Relu", "AveragePool", "Add"} <= kinds
    assert "Cast" not in kinds
    noisy, maps = scene
    inputs = {"noisy": np.ascontiguousarray(noisy.transpose(2, 0, 1))[None], "maps": maps[None]}
    names = [n for n, kind in network.layers.items() if kind == "Relu"]
    for values in network.results(inputs, names).values():
        assert values.min() == 0
        assert values.max() > 0
    with pytest.raises(OptionError, match=r"no layer 'Conv_x'; it has .*Conv"):
        network.results(inputs, ["Conv_x"])


def test_pixel_outside_is_refused(scene):
    with pytest.raises(OptionError, match="pixel 104,0 is not inside the picture of 104 x 120"):
        filter_at(load_denoiser("m"), *scene, 104, 0)


def test_broken_network_is_named(tmp_path):
    path = tmp_path / "x.onnx"
    path.write_bytes(b"\xff\xff\xff no network")
    with pytest.raises(PellucidError, match=r"x\.onnx can't be read"):
        OpenNetwork(path)


def test_without_onnx_the_pip_line_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(PellucidError, match=r"pip install 'pellucid\[explain\]'"):
        OpenNetwork(tmp_path / "x.onnx")


CASES = {
    "Add": ([(1, 2, 4, 6)] * 2, {}),
    "Sub": ([(1, 2, 4, 6)] * 2, {}),
    "Concat": ([(1, 2, 4, 6), (1, 3, 4, 6)], {"axis": 1}),
    "Conv": ([(1, 3, 8, 6), (5, 3, 3, 3)], {"pads": [1, 1, 1, 1], "strides": [1, 1]}),
    "Conv stride": ([(1, 3, 8, 6), (4, 3, 2, 2)], {"pads": [0] * 4, "strides": [2, 2]}),
    "AveragePool": ([(1, 2, 8, 6)], {"kernel_shape": [2, 2], "strides": [2, 2]}),
    "DepthToSpace": ([(1, 8, 3, 4)], {"blocksize": 2, "mode": "CRD"}),
    "DepthToSpace DCR": ([(1, 8, 3, 4)], {"blocksize": 2, "mode": "DCR"}),
    "SpaceToDepth": ([(1, 2, 6, 4)], {"blocksize": 2}),
    "Relu": ([(1, 2, 4, 6)], {}),
    "Identity": ([(1, 2, 4, 6)], {}),
}


@pytest.mark.parametrize("case", CASES)
def test_transposes(case):
    """<pull, layer(x)> = <transpose(pull), x> for layers that are linear."""
    shapes, options = CASES[case]
    kind = case.split()[0]
    rng = np.random.default_rng(1)
    values = [rng.random(shape).astype(np.float32) for shape in shapes]
    names = [f"x{n}" for n in range(len(values))]
    node = onnx.helper.make_node(kind, names, ["y"], **options)
    infos = [
        onnx.helper.make_tensor_value_info(n, 1, s) for n, s in zip(names, shapes, strict=True)
    ]
    out = onnx.ValueInfoProto(name="y")
    out.type.tensor_type.elem_type = 1
    graph = onnx.helper.make_graph([node], "one", infos, [out])
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    (result,) = Network(model.SerializeToString(), 1)(**dict(zip(names, values, strict=True)))
    pull = rng.random(result.shape).astype(np.float32)
    told = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    back = TRANSPOSES[kind](pull, values, told)
    inputs = values[:1] if kind == "Conv" else values
    total = sum(float((b * v).sum()) for b, v in zip(back, inputs, strict=True))
    assert total == pytest.approx(float((pull * result).sum()), rel=1e-4)


def test_interpolation_matches_the_runtime():
    rows = interpolation(3, 12)
    assert rows.sum(axis=1) == pytest.approx(1)
    assert rows[0, 0] == 1
    assert rows[-1, -1] == 1
    assert rows[3, :2] == pytest.approx([0.625, 0.375])  # (3 + 0.5) / 4 - 0.5 = 0.375
    assert interpolation(1, 4) == pytest.approx(1)


def test_a_kind_that_is_not_known():
    network = OpenNetwork(load_model("s").folder / "analysis.onnx")
    channels = load_model("s").vector("analysis_scale", 50).shape[1]
    given = {
        "blocks": np.zeros((1, 192, 8, 8), np.float32),
        "scale": np.ones((1, channels, 1, 1), np.float32),
    }
    last = list(network.layers)[-1]
    pull = np.ones_like(network.results(given, [last])[last])
    with pytest.raises(PellucidError, match="can't be gone back through; known are Add"):
        network.gradient(given, pull)
