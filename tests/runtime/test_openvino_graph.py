"""A denoiser made anew for OpenVINO: the same results, and others stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pellucid.runtime import Network
from pellucid.runtime.denoiser import FILE, joined, noise_by, parted
from pellucid.runtime.engine_openvino import FLOAT32, KEPT, OpenVinoNetwork, core, library
from pellucid.runtime.openvino_graph import channels_last, kind, without_blocks
from pellucid.runtime.store import PACKAGED

pytest.importorskip("openvino", reason="OpenVINO has no package for this system")
DENOISERS = [PACKAGED / f"denoise-{name}" / FILE for name in ("xs", "s", "m")]
DARK, BRIGHT = 0.1, 0.8


def seen(height: int, width: int) -> dict[str, NDArray[np.float32]]:
    """Colours apart from each other, and noise whose level differs from place to place."""
    draws = np.random.default_rng(height)
    level = draws.uniform(0, 0.1, (1, 2, height // 2, width // 2)).astype(np.float32)
    colour = np.array([DARK, 0.4, BRIGHT]).reshape(1, 3, 1, 1)
    noisy = colour + 0.1 * draws.standard_normal((1, 3, height, width))
    return {"noisy": noisy.astype(np.float32), "maps": level.repeat(2, axis=2).repeat(2, axis=3)}


@pytest.mark.parametrize("by_shape", [False, True])
@pytest.mark.parametrize("source", DENOISERS, ids=lambda path: path.parent.name)
def test_it_computes_the_same(source: Any, by_shape: bool) -> None:
    network, exact = OpenVinoNetwork(source, 2, FLOAT32, by_shape=by_shape), Network(source, 2)
    assert network.packed
    for shape in ((8, 8), (8, 72), (104, 40), (64, 64)):
        shown = seen(*shape)
        found, right = noise_by(network, **shown), noise_by(exact, **shown)
        np.testing.assert_allclose(255 * found, 255 * right, rtol=0, atol=0.01)
    assert np.ptp(right) > 0.05


def test_only_convolutions_and_what_joins_them_are_left() -> None:
    model = channels_last(without_blocks(core().read_model(DENOISERS[1])), library())
    kinds = [kind(node) for node in model.get_ordered_ops()]
    assert not {"AvgPool", "Squeeze"} & set(kinds)
    assert kinds.count("ConvolutionBackpropData") == 2
    assert kinds.count("Transpose") == 3  # of the samples, and two of the noise


@pytest.mark.parametrize("engine", [Network, lambda *args: OpenVinoNetwork(*args, FLOAT32)])
def test_layout_and_size_of_maps_are_of_no_matter(engine: Callable[..., Any]) -> None:
    network, shown = engine(DENOISERS[1], 1), seen(48, 80)
    right = noise_by(network, **shown)
    packed = np.ascontiguousarray(shown["noisy"].transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    half = shown["maps"][:, :, ::2, ::2]
    np.testing.assert_allclose(noise_by(network, packed, half), right, rtol=0, atol=1e-6)


def test_more_shapes_than_are_kept() -> None:
    network = OpenVinoNetwork(DENOISERS[0], 1, FLOAT32, by_shape=True)
    shapes = [(8, 8 * k) for k in range(1, KEPT + 3)]
    first = [noise_by(network, **seen(*shape)) for shape in shapes]
    assert len(network._compiled) == KEPT
    for shape, found in zip(shapes, first, strict=True):
        np.testing.assert_array_equal(noise_by(network, **seen(*shape)), found)


def positive(model: Any) -> None:
    """The noise through a ReLU."""
    (end,) = model.get_results()
    relu = library().opset13.relu(end.input_value(0))
    end.input(0).replace_source_output(relu.output(0))


def renamed(model: Any) -> None:
    """The maps by another name."""
    for one in model.get_parameters():
        one.set_friendly_name(one.get_friendly_name().replace("maps", "levels"))


def straight(model: Any) -> None:
    """The samples used as they are, too."""
    (noisy,) = (one for one in model.get_parameters() if one.get_friendly_name() == "noisy")
    model.add_results([library().opset13.result(library().opset13.relu(noisy))])


@pytest.mark.parametrize("change", [positive, renamed, straight])
def test_another_network_stays(change: Callable[[Any], None]) -> None:
    model = without_blocks(core().read_model(DENOISERS[0]))
    change(model)
    before = [node.get_name() for node in model.get_ordered_ops()]
    assert channels_last(model, library()) is None
    assert [node.get_name() for node in model.get_ordered_ops()] == before


def test_a_network_that_is_no_denoiser_runs_as_it_is() -> None:
    source = PACKAGED / "s" / "synthesis.onnx"
    network, exact = OpenVinoNetwork(source, 1, FLOAT32), Network(source, 1)
    draws = np.random.default_rng(0)
    inputs = {
        one.get_any_name(): draws.integers(
            1, 4, [side.get_length() if side.is_static else 4 for side in one.partial_shape]
        ).astype(np.float32)
        for one in core().read_model(source).inputs
    }
    assert not network.packed
    for found, right in zip(network("samples", **inputs), exact("samples", **inputs), strict=True):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-5 * np.ptp(right))


def test_joined_is_undone() -> None:
    places = np.random.default_rng(0).random((1, 5, 7, 12)).astype(np.float32)
    samples = joined(places)
    np.testing.assert_array_equal(samples[0, :, 2, 5], places[0, 1, 2, 3:6])
    np.testing.assert_array_equal(parted(samples), places)
