"""What engines and number formats change in pictures, and what time they take.

    python -m tools.engines FOLDER NETWORK... -o results/v0.2/engines.tsv

A network is `denoise-m`, or `m` for the synthesis of that codec. One row for each picture, network,
setting and engine, beside ONNX Runtime in float32: PSNR of the 8-bit results to the clean picture,
and how far they are apart. The setting is the sigma of seeded noise, or the quality. `whole` has
what lies before the first convolution in the short format, too. Seconds are of the network alone,
on all cores, the median of three runs in which the engines take turns.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.codec.compress import analyse
from pellucid.codec.geometry import to_blocks
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.pictures import find_pictures, load_rgb
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.runs import describe_machine
from pellucid.evaluate.speed import interleaved
from pellucid.pixels import Box
from pellucid.runtime import Network, load_denoiser, load_model
from pellucid.runtime.denoiser import FILE
from pellucid.runtime.device import openvino_format
from pellucid.runtime.engine_openvino import FLOAT32, OpenVinoNetwork, compiled, core
from pellucid.runtime.engines import Engine
from pellucid.runtime.session import thread_count

SIGMAS, QUALITIES = (10, 25, 50), (20, 60, 90)
DENOISER = "denoise-"
REPEATS = 3

Samples = NDArray[Any]


@dataclass(frozen=True, slots=True)
class EngineRow:
    """An engine beside ONNX Runtime in float32, whose PSNR and seconds have the suffix `_float32`.

    `within_one` is the part of samples at most one level apart, and `largest` the farthest.
    """

    processor: str
    network: str
    picture: str
    setting: int
    engine: str
    psnr_float32: float
    psnr: float
    within_one: float
    largest: int
    seconds_float32: float
    seconds: float


TABLE = Rows(EngineRow)


class Case(NamedTuple):
    """What a network is shown, and how its output becomes 8-bit samples as `clean` has them."""

    setting: int
    clean: Samples
    shown: dict[str, NDArray[np.float32]]
    output: str
    levels: Callable[[Samples], Samples]


class Whole:
    """A network in OpenVINO, all of it in the short format."""

    def __init__(self, source: Path, threads: int, form: str) -> None:
        self._request = compiled(core().read_model(source), threads, form).create_infer_request()

    def __call__(self, *names: str, **inputs: NDArray[np.float32]) -> list[Samples]:
        self._request.infer(inputs, share_inputs=True)
        return [self._request.get_tensor(name).data.copy() for name in names]


def engines_of(source: Path) -> dict[str, Any]:
    """All engines for a network, by name; float32 in ONNX Runtime comes first."""
    threads, form = thread_count(), openvino_format()
    found: list[Engine] = [Network(source, threads), OpenVinoNetwork(source, threads, FLOAT32)]
    if form is None:
        return {engine.engine: engine for engine in found}
    found.append(OpenVinoNetwork(source, threads, form))
    named = {engine.engine: engine for engine in found}
    return {**named, f"{found[-1].engine} whole": Whole(source, threads, form)}


def denoiser_cases(clean: Samples, seed: int) -> Iterator[Case]:
    """The picture with noise, at each sigma."""
    planes = clean.transpose(2, 0, 1)[None].astype(np.float32)
    for sigma in SIGMAS:
        draws = np.random.default_rng((seed, sigma)).standard_normal(planes.shape)
        noisy = np.asarray(to_levels(planes + sigma * draws) / np.float32(255), np.float32)
        maps = np.zeros((1, 2, *clean.shape[:2]), np.float32)
        maps[:, 0] = sigma / 255

        def levels(noise: Samples, noisy: Samples = noisy) -> Samples:
            return to_levels(255 * (noisy - noise)).astype(np.uint8)

        yield Case(
            sigma, clean.transpose(2, 0, 1)[None], {"noisy": noisy, "maps": maps}, "noise", levels
        )


def synthesis_cases(clean: Samples, name: str) -> Iterator[Case]:
    """The latents of the picture, rounded, at each quality."""
    model, target = load_model(name), to_blocks(clean).astype(np.uint8)
    for quality in QUALITIES:
        y = np.rint(analyse(clean, model, quality, Box.whole(clean.shape)))[None]
        scale = model.vector("synthesis_scale", quality)
        shown = {"y": y * model.vector("inverse_gain", quality), "scale": scale}
        yield Case(
            quality, target, shown, "samples", lambda found: to_levels(found).astype(np.uint8)
        )


def to_levels(samples: Samples) -> Samples:
    """Rounded to 0 to 255."""
    return np.clip(np.rint(samples), 0, 255)


def rows_of(network: str, pictures: list[Path]) -> Iterator[EngineRow]:
    """All rows of one network."""
    denoises = network.startswith(DENOISER)
    if denoises:
        source = load_denoiser(network.removeprefix(DENOISER)).folder / FILE
    else:
        source = load_model(network).folder / "synthesis.onnx"
    engines, processor = engines_of(source), describe_machine()["processor"]
    for seed, path in enumerate(pictures):
        clean = load_rgb(path)
        cases = denoiser_cases(clean, seed) if denoises else synthesis_cases(clean, network)
        for case in cases:
            tasks = {
                name: partial(engine, case.output, **case.shown) for name, engine in engines.items()
            }
            made = {name: case.levels(task()[0]) for name, task in tasks.items()}
            taken = interleaved(tasks, repeats=REPEATS, warmup=0)
            exact, *others = engines
            for name in others:
                apart = np.abs(made[name].astype(int) - made[exact].astype(int))
                yield EngineRow(
                    processor,
                    network,
                    path.name,
                    case.setting,
                    name,
                    round(psnr(case.clean, made[exact]), 4),
                    round(psnr(case.clean, made[name]), 4),
                    round(float(np.mean(apart <= 1)), 6),
                    int(apart.max()),
                    round(taken[exact].median, 4),
                    round(taken[name].median, 4),
                )


def summary(rows: list[EngineRow]) -> Iterator[str]:
    """Means over the pictures, a line for each network, setting and engine."""
    for key in dict.fromkeys((row.network, row.setting, row.engine) for row in rows):
        part = [row for row in rows if (row.network, row.setting, row.engine) == key]
        lost = np.mean([row.psnr - row.psnr_float32 for row in part])
        within = [row.within_one for row in part]
        ratio = np.median([row.seconds / row.seconds_float32 for row in part])
        largest = max(row.largest for row in part)
        yield (
            f"{' '.join(map(str, key))}: {lost:+.4f} dB, within one level {np.mean(within):.5f}, "
            f"at least {min(within):.5f}, largest {largest}, time {ratio:.2f}"
        )


def main() -> None:
    """Add the rows to the file and print their means."""
    parser = argparse.ArgumentParser(prog="python -m tools.engines", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks", nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    pictures = find_pictures(options.folder)
    for network in options.networks:
        TABLE.append(options.output, list(rows_of(network, pictures)))
    print("\n".join(summary(TABLE.read(options.output))))


if __name__ == "__main__":
    main()
