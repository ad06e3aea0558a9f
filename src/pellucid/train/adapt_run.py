"""One command to tune a denoiser: a folder of noisy pictures -> a model's folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch

from pellucid.errors import InputError
from pellucid.nets.denoiser import Denoiser
from pellucid.runtime import load_denoiser
from pellucid.train.adapt import AdaptSettings, AdaptTrainer, adapt, helped
from pellucid.train.adapt_data import Shots, load_shots
from pellucid.train.export_denoiser import FILE, denoiser_card, denoiser_graph
from pellucid.train.folder import write_model
from pellucid.train.import_denoiser import import_denoiser
from pellucid.train.pack import find_pictures

SETTINGS = AdaptSettings()


@dataclass(frozen=True)
class AdaptOptions:
    """Options of `pellucid adapt`.

    Attributes:
        source: a noisy picture, or a folder of them.
        minutes: to tune for.
        model: name or folder of the denoiser to start from.
        repeats: every folder in `source` holds shots of one scene.
        threads: of PyTorch; None leaves its choice.
    """

    source: Path
    minutes: float = 2.0
    model: str = "m"
    repeats: bool = False
    threads: int | None = None


@dataclass(frozen=True)
class Adapted:
    """The model's folder, and the loss before and after on rows that were kept from learning."""

    folder: Path
    before: float
    after: float

    @property
    def better(self) -> bool:
        """Whether tuning helped; if not, the model is the one it started from."""
        return helped(self.before, self.after)


def adapt_denoiser(
    options: AdaptOptions,
    folder: Path,
    report: Callable[[str], None],
    *,
    settings: AdaptSettings = SETTINGS,
) -> Adapted:
    """Tune a denoiser on noisy pictures and write it to `folder`.

    Raises:
        InputError: no picture, or one that can't be learned from.
    """
    if options.threads:
        torch.set_num_threads(options.threads)
    prior = load_denoiser(options.model)
    scenes = find_scenes(options.source, repeats=options.repeats)
    trainer = AdaptTrainer(settings, import_denoiser(prior.folder), scenes)
    kind = "repeats" if options.repeats else "single shots"
    report(f"{len(scenes)} scene(s), {kind}; starting from {prior.name}")
    before, after = adapt(trainer, options.minutes, report)
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
