"""Denoisers that version 0.1 wrote, such as those adapted with it, still work and train further."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tools.renew_graphs import denoiser_inputs, distance, renew  # noqa: E402

import tiny_denoiser as tiny  # noqa: E402
from pellucid.explaining import filter_at  # noqa: E402
from pellucid.nets.denoiser import Denoiser  # noqa: E402
from pellucid.runtime import DenoiserModel, network_id  # noqa: E402
from pellucid.train.export_denoiser import FILE, SPLIT, blocks, import_denoiser  # noqa: E402
from pellucid.train.graph import Graph, shuffle, unshuffle, unshuffled_weight  # noqa: E402


def older_graph(net: Denoiser) -> bytes:
    """The graph of a `tiny` denoiser as version 0.1 wrote it."""
    graph = Graph("denoiser", net)
    noisy, maps = graph.input("noisy", [1, 3, "h", "w"]), graph.input("maps", [1, 2, "h", "w"])
    places = unshuffle(graph, noisy, 2)
    average = graph.node("AveragePool", noisy, kernel_shape=[8, 8], strides=[8, 8])
    scales = graph.constant("average_scales", np.array([1, 1, 4, 4], np.float32))
    options = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    average = graph.node("Resize", average, "", scales, **options)
    halved = graph.node("Sub", places, graph.node("Concat", *[average] * 4, axis=1))
    level = graph.node("AveragePool", maps, kernel_shape=[2, 2], strides=[2, 2])
    weight = net.enter.weight
    parts = unshuffled_weight(weight[:, :SPLIT], 2), weight[:, SPLIT:]
    x = graph.node("Concat", halved, level, axis=1)
    x = graph.convolution("enter", x, weight=torch.cat(parts, dim=1))
    skip = blocks(graph, "before.0", net.before[0], x)
    x = blocks(graph, "middle", net.middle, graph.convolution("down.0", skip))
    x = graph.node("Add", skip, shuffle(graph, graph.convolution("up.0", x), 2))
    noise = graph.convolution("leave", blocks(graph, "after.0", net.after[0], x))
    kernel = graph.half("offset.weight", net.offset)
    shift = graph.node("Conv", level, kernel, pads=[0] * 4, strides=[1, 1])
    graph.output(shuffle(graph, graph.node("Add", noise, shift), 2), "noise")
    return graph.model()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A tiny denoiser as this version writes it, and as version 0.1 did."""
    folder = tiny.build(tmp_path)
    older = tmp_path / "older"
    older.mkdir()
    data = older_graph(import_denoiser(folder).requires_grad_(False))
    (older / FILE).write_bytes(data)
    card = (folder / "card.json").read_text()
    (older / "card.json").write_text(
        card.replace(DenoiserModel(folder).id.hex(), network_id(data).hex())
    )
    return folder, older


def test_it_gives_the_same(folders: tuple[Path, Path]) -> None:
    graphs = [(folder / FILE).read_bytes() for folder in folders[::-1]]
    assert distance(*graphs, denoiser_inputs()) < 1e-5


def test_it_is_read_back_for_more_training(folders: tuple[Path, Path]) -> None:
    ours, theirs = (import_denoiser(folder).state_dict() for folder in folders)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_its_filters_are_the_same(folders: tuple[Path, Path]) -> None:
    rng = np.random.default_rng(1)
    picture, maps = rng.random((96, 80, 3), np.float32), np.full((2, 96, 80), 0.1, np.float32)
    ours, theirs = (
        filter_at(DenoiserModel(folder, threads=1), picture, maps, 41, 50) for folder in folders
    )
    assert ours.value == pytest.approx(theirs.value, abs=1e-4)
    assert np.allclose(ours.weights, theirs.weights, atol=1e-4)


def test_it_is_written_anew_as_this_version_does(folders: tuple[Path, Path]) -> None:
    ours, theirs = folders
    renew(theirs)
    assert DenoiserModel(ours).id == DenoiserModel(theirs).id
    assert (ours / FILE).read_bytes() == (theirs / FILE).read_bytes()
