"""One command to tune a denoiser: a folder of noisy pictures -> a model's folder.

Pictures are prepared just as `denoise --sigma auto` does. One is enough; repeats are shots of one
scene, each with its own noise.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import torch

from pellucid.denoising.invalid import fill_invalid, finite_pixels
from pellucid.denoising.measure import measure
from pellucid.denoising.plan import noise_level_maps, plan_for
from pellucid.denoising.samples import check_type, split_alpha
from pellucid.errors import InputError
from pellucid.nets.denoiser import Denoiser
from pellucid.pixels import Box, open_image
from pellucid.runtime import load_denoiser
from pellucid.train.adapt import AdaptSettings, AdaptTrainer, Shots, adapt, helped
from pellucid.train.export_denoiser import FILE, denoiser_card, denoiser_graph, import_denoiser
from pellucid.train.folder import write_model
from pellucid.train.pack import find_pictures

SETTINGS = AdaptSettings()
LEAST_SIDE = 64  # samples; smaller pictures have too little to learn from


class Adapted(NamedTuple):
    """The model's folder, and the loss before and after on rows that were kept from learning."""

    folder: Path
    before: float
    after: float

    @property
    def better(self) -> bool:
        """Whether tuning helped; if not, the model is the one it started from."""
        return helped(self.before, self.after)


def adapt_denoiser(
    source: Path,
    folder: Path,
    report: Callable[[str], None],
    *,
    minutes: float = 2.0,
    model: str = "m",
    repeats: bool = False,
    threads: int | None = None,
    settings: AdaptSettings = SETTINGS,
) -> Adapted:
    """Tune a denoiser on a noisy picture, or a folder of them, and write it to `folder`.

    Args:
        model: name or folder of the denoiser to start from.
        repeats: every folder in `source` holds shots of one scene.
        threads: of PyTorch; None leaves its choice.

    Raises:
        InputError: no picture, or one that can't be learned from.
    """
    if threads:
        torch.set_num_threads(threads)
    prior = load_denoiser(model)
    scenes = find_scenes(source, repeats=repeats)
    trainer = AdaptTrainer(settings, import_denoiser(prior.folder), scenes)
    kind = "repeats" if repeats else "single shots"
    report(f"{len(scenes)} scene(s), {kind}; starting from {prior.name}")
    before, after = adapt(trainer, minutes, report)
    net = cast(Denoiser, trainer.average)
    data = denoiser_graph(net)
    licence = "yours, on top of the prior's Apache-2.0"
    loss = {"before": round(before, 5), "after": round(after, 5)}
    card = denoiser_card(trainer, net, data, licence=licence, prior=prior.id.hex(), loss=loss)
    card["recipe"] = prior.card["recipe"]  # whose shape the network has
    write_model(folder, {FILE: data}, card)
    return Adapted(folder, before, after)


def find_scenes(source: Path, *, repeats: bool) -> list[Shots]:
    """The scenes under `source`; with `repeats`, one for every folder that holds pictures.

    A file is taken whatever its name ends in: reading it says what it is.
    """
    if repeats and source.is_file():
        raise InputError(f"{source} is one picture; repeats need a folder of each scene's shots")
    paths = [source] if source.is_file() else find_pictures([source])
    if not repeats:
        return [load_shots([path]) for path in paths]
    groups: dict[Path, list[Path]] = {}
    for path in paths:
        groups.setdefault(path.parent, []).append(path)
    for parent, shots in groups.items():
        if len(shots) < 2:
            raise InputError(f"{parent} holds one picture; repeats need two or more of each scene")
    return [load_shots(shots) for shots in groups.values()]


def load_shots(paths: list[Path]) -> Shots:
    """Shots of one scene (often one), with maps and stabilised as the first one's noise asks for.

    Raises:
        InputError: a picture can't be read, is too small, or differs in size from the others.
    """
    pictures = []
    for path in paths:
        with open_image(path) as image:
            samples = image.read()
        if min(samples.shape[:2]) < LEAST_SIDE:
            raise InputError(
                f"{path} of {samples.shape[1]} x {samples.shape[0]} is too small to learn from; "
                f"{LEAST_SIDE} samples a side are the least"
            )
        check_type(samples.dtype)
        pictures.append(split_alpha(samples)[0])
    first = pictures[0]
    plan = plan_for(measure(first), eight_bits=first.dtype == np.uint8)
    maps = noise_level_maps(plan, 1.0, Box.whole(first.shape))
    if not maps.any():
        raise InputError(
            f"{paths[0]} has no noise that could be measured; there is nothing to learn"
        )
    shown = []
    for path, colour in zip(paths, pictures, strict=True):
        if colour.shape != first.shape:
            raise InputError(f"{path} and {paths[0]} are not shots of one scene: sizes differ")
        values = fill_invalid(colour.astype(np.float32), finite_pixels(colour))
        stable = plan.stabiliser.forward(values) if plan.stabiliser else values
        shown.append(stable.transpose(2, 0, 1))
    unit = float(np.abs(shown[0]).max()) or 1.0
    planes = torch.from_numpy(np.stack(shown).astype(np.float32) / np.float32(unit))
    return Shots(planes.expand(-1, 3, -1, -1).contiguous(), torch.from_numpy(maps / unit))
