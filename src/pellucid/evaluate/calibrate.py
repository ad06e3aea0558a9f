"""The half-widths of a model, from its errors on pictures that no result is reported on."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid.errors import InputError
from pellucid.evaluate.pictures import (
    find_pictures,
    load_pixels,
    load_rgb,
    middle,
    sample_hash,
    test_set_hashes,
)
from pellucid.explaining.intervals import COVERED, FILE, GROUPS, HASH, Intervals, variation
from pellucid.pixels import write_atomic
from pellucid.runtime import load_denoiser, load_model

if TYPE_CHECKING:
    from pellucid.runtime import CodecModel, DenoiserModel

STEPS: dict[str, tuple[float, ...]] = {
    "denoise": (3, 8, 15, 25, 40, 60),  # sigma, of 255
    "decode": tuple(range(0, 101, 10)),  # quality
}
SQUARE = (256, 256)  # that is looked at in the middle of each picture
FEW = 500  # samples are too few to set a half-width; the next larger group's is taken
EVERY = 5  # samples of a trial; neighbours say the same

Floats = NDArray[np.float32]
Notify = Callable[[str], None]


@dataclass(frozen=True)
class Trial:
    """`result` and `truth` (H, W, C) of 0-255; what `half_widths` is told beside the result."""

    result: Floats
    truth: Floats
    sigma: float
    level: float


def trial(picture: NDArray[np.uint8], task: str, step: float, model: str, seed: int) -> Trial:
    """Denoise a picture with added noise of sigma `step`, or code it at quality `step`."""
    truth = picture.astype(np.float32)
    result: NDArray[Any]
    if task == "decode":
        folder = load_model(model).folder  # as a name alone, `m` is its tuning by default
        data = pellucid.compress(picture, quality=int(step), model=folder)
        result = pellucid.decompress(data)
        return Trial(np.atleast_3d(result).astype(np.float32), truth, 1.0, step)
    noise = np.random.default_rng(seed).normal(0, step, truth.shape)
    noisy = (truth + noise).astype(np.float32)
    result = pellucid.denoise(noisy, sigma=float(step), model=model)
    return Trial(result, truth, float(step), 0.0)


def calibrate(
    pictures: list[Path], task: str, model: str, notify: Notify = lambda _line: None
) -> Intervals:
    """Half-widths that hold `COVERED` of the errors of `model` on the middles of `pictures`.

    Raises:
        InputError: one of the pictures can't be read, or is one that results are reported on.
    """
    hashes = [sample_hash(load_rgb(path)) for path in pictures]
    for path, known in zip(pictures, map(test_set_hashes().get, hashes), strict=True):
        if known:  # coverage there would prove nothing
            raise InputError(
                f"{path} is the test picture {known}; intervals must be made from others"
            )
    squares, found = [middle(load_pixels(path), SQUARE) for path in pictures], []
    for step in STEPS[task]:
        notify(f"{task} {step:g}: {len(pictures)} pictures")
        trials = (trial(one, task, step, model, seed) for seed, one in enumerate(squares))
        found.append([observe(each) for each in trials])
    if task == "denoise":  # errors relative to sigma are alike at all sigma
        found = [[part for parts in found for part in parts]]
    joined = [[np.concatenate(same) for same in zip(*parts, strict=True)] for parts in found]
    errors, fine, coarse = zip(*joined, strict=True)
    marks = np.linspace(0, 1, GROUPS + 1)[1:-1]
    edges = np.stack([np.quantile(np.concatenate(seen), marks) for seen in (fine, coarse)])
    tables = [table(*each, edges) for each in zip(errors, fine, coarse, strict=True)]
    return Intervals(
        levels=np.asarray(STEPS[task] if task == "decode" else (0,), np.float32),
        edges=edges.astype(np.float32),
        widths=np.stack(tables),
        typical=np.asarray([np.quantile(each, COVERED) for each in errors], np.float32),
        model=net_of(task, model).id.hex(),
        pictures=len(pictures),
        seen=np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, HASH),
    )


def net_of(task: str, model: str) -> DenoiserModel | CodecModel:
    """The network that a task uses."""
    return load_denoiser(model) if task == "denoise" else load_model(model)


def observe(each: Trial) -> tuple[Floats, Floats, Floats]:
    """Relative errors of all channels, and the variation beside each: flat, thinned."""
    wrong = np.abs(each.result - each.truth) / np.float32(each.sigma)
    parts = [
        [seen.ravel()[channel::EVERY] for seen in (wrong[rows, :, channel], small, large)]
        for rows, small, large in variation(each.result, each.sigma)
        for channel in range(wrong.shape[2])
    ]
    errors, fine, coarse = (np.concatenate(same) for same in zip(*parts, strict=True))
    return errors, fine, coarse


def table(errors: Floats, fine: Floats, coarse: Floats, edges: Floats) -> Floats:
    """(GROUPS, GROUPS) half-widths; groups of few samples take the nearest's that has many."""
    rows, columns = (np.digitize(seen, e) for seen, e in zip((fine, coarse), edges, strict=True))
    widths = np.full((GROUPS, GROUPS), np.nan)
    for row, column in np.ndindex(GROUPS, GROUPS):
        part = errors[(rows == row) & (columns == column)]
        if len(part) >= FEW:
            # one more sample than there are: the finite-sample correction of conformal prediction
            rank = min(1.0, COVERED * (1 + 1 / len(part)))
            widths[row, column] = np.quantile(part, rank, method="higher")
    known = np.argwhere(~np.isnan(widths))
    for row, column in np.argwhere(np.isnan(widths)):
        distance = np.abs(known - (row, column)).sum(axis=1)
        near = known[distance == distance.min()]
        widths[row, column] = widths[near[:, 0], near[:, 1]].max()
    return widths.astype(np.float32)


def save_intervals(intervals: Intervals, folder: Path) -> Path:
    """Write them beside the model in `folder`."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **asdict(intervals))
    path = folder / FILE
    write_atomic(path, stream.getvalue(), force=True)
    return path


def make_intervals(
    data: Sequence[Path], images: int | None, task: str, model: str, *, notify: Notify
) -> Path:
    """Calibrate a model on the first `images` pictures of folders, beside it; errors as there."""
    pictures = [path for folder in data for path in find_pictures(folder, images)]
    found = calibrate(pictures, task, model, notify)
    return save_intervals(found, net_of(task, model).folder)
