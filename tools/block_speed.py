"""Seconds a megapixel of candidate denoisers of random weights, in ONNX Runtime on the CPU.

    python -m tools.block_speed            # writes results/v0.1/denoise-blocks.tsv

All begin with space to depth and a 3x3 convolution and end with the reverse, as
`pellucid.nets.denoiser` does (the local average is left out), and differ in what lies between.
Blocks are added at the finest level until the multiply-adds a pixel come nearest to a goal, so that
what differs is how fast the machine does the same amount of work. Run it with nothing beside it.

    pair       3x3, ReLU, 3x3                               18 C^2        multiply-adds a position
    separable  1x1, ReLU, 3x3 depthwise, ReLU, 1x1           2 C^2 +  9 C
    inverted   the same, 2 C channels in the middle          4 C^2 + 18 C
    wide       5x5 depthwise, 1x1 to 2 C, ReLU, 1x1          4 C^2 + 25 C
    gated      `pellucid.nets.transforms.DepthConvBlock`     5 C^2 +  9 C
    naf        NAFNet's block, with layer normalisation and channel attention (Chen et al. 2022)
                                                             6 C^2 + 18 C
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from pellucid.evaluate.benches.denoise_tools import BLOCKS, BlockSpeed, blocks
from pellucid.evaluate.macs import macs_per_pixel
from pellucid.evaluate.report import markdown
from pellucid.evaluate.runs import describe_machine
from pellucid.evaluate.speed import interleaved
from pellucid.nets.denoiser import MAPS, SAMPLES, START
from pellucid.runtime.session import Network
from pellucid.train.graph import Graph, shuffle, silu, unshuffle

RESULTS = Path(__file__).resolve().parent.parent / "results" / "v0.1"
EPSILON = 1e-6
MULTIPLE = 16  # of the sides of a picture, for every candidate

Block = Callable[["Net", str, int], str]


class Net:
    """A graph whose convolutions get random weights."""

    def __init__(self) -> None:
        self.graph = Graph("candidate")
        self.node = self.graph.node
        self._random = torch.Generator().manual_seed(1)
        self._count = 0

    def conv(
        self, x: str, inputs: int, outputs: int, size: int, *, group: int = 1, stride: int = 1
    ) -> str:
        """A convolution without bias, of the same size unless it has a stride."""
        shape = (outputs, inputs // group, size, size)
        weight = torch.randn(shape, generator=self._random) / (shape[1] * size**2) ** 0.5
        self._count += 1
        kernel = self.graph.half(f"weight_{self._count}", weight)
        pads = [size // 2 if stride == 1 else 0] * 4
        return self.node("Conv", x, kernel, pads=pads, strides=[stride] * 2, group=group)

    def depthwise(self, x: str, channels: int, size: int) -> str:
        """A convolution of each channel by itself."""
        return self.conv(x, channels, channels, size, group=channels)

    def relu(self, x: str) -> str:
        """What is below 0 becomes 0."""
        return self.node("Relu", x)

    def beside(self, x: str, inner: str) -> str:
        """A skip; what is added is small, so that deep nets of random weights stay finite."""
        return self.node("Add", x, self.node("Mul", inner, self.graph.number(START)))


def pair(net: Net, x: str, channels: int) -> str:
    """Two dense convolutions: what the denoiser is made of."""
    inner = net.relu(net.conv(x, channels, channels, 3))
    return net.beside(x, net.conv(inner, channels, channels, 3))


def separable(net: Net, x: str, channels: int, grow: int = 1) -> str:
    """Two matrix products around one depthwise look at neighbours."""
    middle = grow * channels
    inner = net.relu(net.conv(x, channels, middle, 1))
    inner = net.relu(net.depthwise(inner, middle, 3))
    return net.beside(x, net.conv(inner, middle, channels, 1))


def wide(net: Net, x: str, channels: int) -> str:
    """A wider look, then two matrix products."""
    inner = net.conv(net.depthwise(x, channels, 5), channels, 2 * channels, 1)
    return net.beside(x, net.conv(net.relu(inner), 2 * channels, channels, 1))


def gated(net: Net, x: str, channels: int) -> str:
    """The codec's block."""
    inner = net.depthwise(silu(net.graph, net.conv(x, channels, channels, 1)), channels, 3)
    x = net.beside(x, net.conv(inner, channels, channels, 1))
    gate = silu(net.graph, net.conv(x, channels, channels, 1))
    value = net.conv(x, channels, channels, 1)
    return net.beside(x, net.conv(net.node("Mul", gate, value), channels, channels, 1))


def naf(net: Net, x: str, channels: int) -> str:
    """NAFNet's block; its attention averages the whole picture, which tiles could not."""
    inner = normalised(net, x)
    halves = [net.depthwise(net.conv(inner, channels, channels, 1), channels, 3) for _ in "ab"]
    inner = net.node("Mul", *halves)
    attention = net.conv(net.node("GlobalAveragePool", inner), channels, channels, 1)
    inner = net.node("Mul", inner, attention)
    x = net.beside(x, net.conv(inner, channels, channels, 1))
    inner = normalised(net, x)
    gated = net.node("Mul", *(net.conv(inner, channels, channels, 1) for _ in "ab"))
    return net.beside(x, net.conv(gated, channels, channels, 1))


def normalised(net: Net, x: str) -> str:
    """Layer normalisation over the channels of each position."""
    centred = net.node("Sub", x, net.node("ReduceMean", x, axes=[1]))
    variance = net.node("ReduceMean", net.node("Mul", centred, centred), axes=[1])
    spread = net.node("Sqrt", net.node("Add", variance, net.graph.number(EPSILON)))
    return net.node("Div", centred, spread)


@dataclass(frozen=True)
class Candidate:
    """A network: widths of its levels, finest first, and blocks on the way down and up.

    `stem` is how many samples a position of the finest level covers each way; `goal` the thousands
    of multiply-adds to reach by more blocks there, 0 to leave them.
    """

    name: str
    block: Block
    widths: tuple[int, ...]
    before: tuple[int, ...] = ()
    middle: int = 1
    after: tuple[int, ...] = ()
    stem: int = 2
    goal: float = 0.0

    def graph(self) -> bytes:
        """Its ONNX model: noisy (1, 3, h, w), maps (1, 2, h, w) -> noise (1, 3, h, w)."""
        net = Net()
        noisy = net.graph.input("noisy", [1, SAMPLES, "h", "w"])
        maps = net.graph.input("maps", [1, MAPS, "h", "w"])
        side = [self.stem] * 2
        told = net.node("AveragePool", maps, kernel_shape=side, strides=side)
        x = net.node("Concat", unshuffle(net.graph, noisy, self.stem), told, axis=1)
        x = net.conv(x, SAMPLES * self.stem**2 + MAPS, self.widths[0], 3)
        skips = []
        for (fine, coarse), count in zip(pairwise(self.widths), self.before, strict=True):
            skips.append(self.blocks(net, x, fine, count))
            x = net.conv(skips[-1], fine, coarse, 2, stride=2)
        x = self.blocks(net, x, self.widths[-1], self.middle)
        for level in reversed(range(len(skips))):
            fine, coarse = self.widths[level : level + 2]
            raised = shuffle(net.graph, net.conv(x, coarse, 4 * fine, 1), 2)
            x = self.blocks(net, net.node("Add", skips[level], raised), fine, self.after[level])
        x = net.conv(x, self.widths[0], SAMPLES * self.stem**2, 3)
        net.graph.output(shuffle(net.graph, x, self.stem), "noise")
        return net.graph.model()

    def blocks(self, net: Net, x: str, channels: int, count: int) -> str:
        """`count` blocks in a row."""
        for _ in range(count):
            x = self.block(net, x, channels)
        return x

    def with_blocks(self, count: int) -> Candidate:
        """The same with `count` blocks at the finest level (on the way up, if there is one)."""
        if len(self.widths) == 1:
            return replace(self, middle=count)
        return replace(self, after=(count, *self.after[1:]))


M, S = 18.0, 5.0  # goals in thousands of multiply-adds, near the shipped shapes
inverted = partial(separable, grow=2)
OF_M = Candidate("pair, 32/48/64 at 1/2, 1/4, 1/8: m", pair, (32, 48, 64), (1, 0), 1, (2, 0))
OF_S = Candidate("pair, 16/32/48 at 1/2, 1/4, 1/8: s", pair, (16, 32, 48), (1, 0), 1, (2, 0))
CANDIDATES = (
    OF_M,
    Candidate("pair, 16/80/64, most at 1/4", pair, (16, 80, 64), (0, 1), 1, (1, 0), goal=M),
    Candidate("pair, 40 at 1/2", pair, (40,), goal=M),
    Candidate("pair, 80 at 1/4", pair, (80,), stem=4, goal=M),
    Candidate("separable, 64 at 1/2", separable, (64,), goal=M),
    Candidate("inverted, 64 at 1/2", inverted, (64,), goal=M),
    Candidate("inverted, 128 at 1/4", inverted, (128,), stem=4, goal=M),
    Candidate("wide, 64 at 1/2", wide, (64,), goal=M),
    Candidate("wide, 128 at 1/4", wide, (128,), stem=4, goal=M),
    Candidate("gated, 64 at 1/2", gated, (64,), goal=M),
    Candidate("naf, 64 at 1/2", naf, (64,), goal=M),
    Candidate("naf, 128 at 1/4", naf, (128,), stem=4, goal=M),
    OF_S,
    Candidate("pair, 32 at 1/2", pair, (32,), goal=S),
    Candidate("pair, 48 at 1/4", pair, (48,), stem=4, goal=S),
    Candidate("inverted, 32 at 1/2", inverted, (32,), goal=S),
    Candidate("naf, 32 at 1/2", naf, (32,), goal=S),
)


def write(candidate: Candidate, folder: Path) -> tuple[Path, float]:
    """A candidate's file, and its thousands of multiply-adds a pixel."""
    path = folder / "candidate.onnx"
    path.write_bytes(candidate.graph())
    return path, macs_per_pixel(path) / 1e3


def sized(candidate: Candidate, folder: Path) -> Candidate:
    """With as many blocks as its goal asks for; each adds the same."""
    if not candidate.goal:
        return candidate
    one, two = (write(candidate.with_blocks(count), folder)[1] for count in (1, 2))
    return candidate.with_blocks(max(1, round(1 + (candidate.goal - one) / (two - one))))


def measure(
    candidates: Sequence[Candidate], *, side: int, threads: int, repeats: int
) -> list[BlockSpeed]:
    """Interleaved medians of all on one random picture, on one thread and on `threads`."""
    random = np.random.default_rng(1)
    inputs = {
        "noisy": random.random((1, SAMPLES, side, side), np.float32),
        "maps": np.full((1, MAPS, side, side), 0.1, np.float32),
    }
    cost: dict[str, float] = {}
    tasks: dict[str, Callable[[], object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for candidate in candidates:
            path, cost[candidate.name] = write(sized(candidate, Path(folder)), Path(folder))
            for count in {1, threads}:
                network = Network(path, count)
                tasks[f"{candidate.name} {count}"] = partial(network, **inputs)
    times = interleaved(tasks, repeats=repeats)
    seconds = {name: found.median for name, found in times.items()}
    scale = 1e6 / side**2
    return [
        BlockSpeed(
            name=name,
            kmac=round(kmac, 2),
            one_thread=round(scale * seconds[f"{name} 1"], 4),
            threads=threads,
            seconds=round(scale * seconds[f"{name} {threads}"], 4),
            gflops=round(2 * kmac / (scale * seconds[f"{name} {threads}"]), 1),
            repeats=repeats,
            side=side,
            version=f"onnxruntime {onnxruntime.__version__} on {describe_machine()['processor']}",
        )
        for name, kmac in cost.items()
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--side", type=int, default=512, help=f"a multiple of {MULTIPLE}")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("-o", "--out", type=Path, default=RESULTS / BLOCKS.file)
    options = parser.parse_args()
    if options.side < MULTIPLE or options.side % MULTIPLE:
        parser.error(f"--side is {options.side}; it must be a multiple of {MULTIPLE}")
    rows = measure(CANDIDATES, side=options.side, threads=options.threads, repeats=options.repeats)
    BLOCKS.write(options.out, rows)
    print(markdown(blocks(rows)))
    print(f"\nwrote {options.out}")


if __name__ == "__main__":
    main()
