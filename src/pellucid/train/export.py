"""From a trained codec to the folder the runtime loads: networks, integers, gains, model card.

    analysis.onnx hyper_analysis.onnx hyper_decoder.onnx spatial_prior.onnx synthesis.onnx
    entropy.npz   all that decides bits; its hash is the model's id
    gains.npz     factors by quality, and how far a window must overlap
    card.json     data, steps, minutes, machine, seed, scores, licence

Export proves that no integer sum reaches 2^24, for any input that a valid file can give.

Probability tables are made from counts. Training assumes logistic shapes; export counts the symbols
of held-out pictures for every index and mixes a logistic of the index's scale in, so that rare
indices keep a sane shape. The tables are symmetric, because the networks are not asked to predict
skew.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pellucid.entropy.tables import COUNT_TOTAL
from pellucid.errors import PellucidError
from pellucid.nets.codec import Codec, round_index
from pellucid.nets.entropy_model import HYPER_LIMIT, MAX_SYMBOL
from pellucid.nets.integer import ACCUMULATOR_LIMIT, MAX_ACTIVATION, IntegerLayer
from pellucid.nets.rate import MAX_QUALITY, TABLES, QualityTable, round_through, scale_of
from pellucid.runtime.identity import model_id
from pellucid.runtime.model import EYE, PSNR
from pellucid.train.codec_trainer import CodecTrainer, validate
from pellucid.train.folder import write_model
from pellucid.train.networks import all_networks, integer_layers

LARGEST_INPUT = {
    "hyper.enter": HYPER_LIMIT,
    "prior.diagonal": MAX_SYMBOL,
    "prior.predictor": MAX_SYMBOL,
}
ADDED = [
    ("prior.context", "prior.features"),
    ("hyper.mean", "prior.diagonal"),
    ("hyper.mean", "prior.mean", "prior.predictor"),
]
LARGEST_Y = 16 * MAX_SYMBOL  # what a symbol adds to a mean
COUNTING_STEP = 8  # of the qualities that symbols are counted at
WIDEST = 255  # largest reach of a table: the file stores it in a byte
EDGE = WIDEST + 1  # histograms count this and all beyond in one cell
TAIL = 14.0  # a table reaches this many logistic scales
PRIOR_WEIGHT = 500.0  # counts the logistic shape is worth
RARE = 0.03  # tables whose symbols are non-zero less often are skipped: docs/models.md

Arrays = dict[str, NDArray[Any]]


def export_codec(
    trainer: CodecTrainer, held_out: Tensor, folder: Path, report: Callable[[str], None]
) -> Path:
    """Write the averaged weights of `trainer` as a model; replaces `folder` only when done."""
    codec = trainer.average.cpu().eval()
    arrays = entropy_arrays(codec, held_out)
    scores = validate(codec, held_out, trainer.recipe)
    files = all_networks(codec)
    for name, values in (("entropy.npz", arrays), ("gains.npz", gain_arrays(codec))):
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **values)
        files[name] = buffer.getvalue()
    tune = EYE if trainer.recipe.objective == "eye" else PSNR
    facts = {"tune": tune, "held_out": scores}
    identity = write_model(trainer, folder, "codec", model_id(arrays), files, **facts)
    report(f"model {identity} in {folder}")
    return folder


def entropy_arrays(codec: Codec, held_out: Tensor) -> Arrays:
    """The arrays of `entropy.npz`, as `docs/format.md` section 5 lists them."""
    layers = integer_layers(codec)
    prove_bounds(layers)
    qualities = range(COUNTING_STEP // 2, MAX_QUALITY + 1, COUNTING_STEP)
    y_offset, z_index = (
        np.floor(by_quality(table) + np.float32(0.5)) for table in (codec.y_offset, codec.z_index)
    )
    centres = codec.spatial_prior.centre_index().detach().flatten().cpu()
    arrays: Arrays = {
        **build_tables(count_symbols(codec, held_out, qualities)),
        "y_offset": y_offset.astype(np.int16),
        "z_index": np.clip(z_index, 0, TABLES - 1).astype(np.uint8),
        "centre_offset": centres.numpy().astype(np.int16),
        "context": np.array(codec.shape.context, np.uint16),
    }
    for name, layer in layers.items():
        arrays |= {f"{name}.{part}": array for part, array in vars(layer).items()}
    return arrays


def gain_arrays(codec: Codec) -> Arrays:
    """The arrays of `gains.npz`: factors by quality and the overlap of windows in latents."""
    return {
        "gain": np.exp2(by_quality(codec.log_gain)),
        "inverse_gain": np.exp2(by_quality(codec.log_inverse_gain)),
        "analysis_scale": np.exp2(by_quality(codec.log_analysis_scale)),
        "synthesis_scale": np.exp2(by_quality(codec.log_synthesis_scale)),
        "analysis_halo": np.array((codec.shape.analysis_blocks + 1) // 2, np.uint8),
        "halo": np.array((codec.shape.synthesis_blocks + 1) // 2, np.uint8),
    }


@torch.no_grad()
def by_quality(table: QualityTable) -> NDArray[np.float32]:
    """A table at qualities 0..100, (101, channels)."""
    rows = table.cpu()(torch.arange(MAX_QUALITY + 1).float())[:, :, 0, 0]
    return np.asarray(rows.numpy(), np.float32)


def prove_bounds(layers: dict[str, IntegerLayer]) -> None:
    """Raise unless every sum in and of layers stays below 2^24 for all valid inputs."""
    largest = {name: LARGEST_INPUT.get(name, MAX_ACTIVATION) for name in layers}
    bounds = {name: int(layer.sums(largest[name]).max()) for name, layer in layers.items()}
    for names in ADDED:
        total = np.zeros(len(layers[names[0]].bias), np.int64)
        for name in names:
            outputs = layers[name].outputs(largest[name])
            total[: len(outputs)] += outputs  # of `prior.diagonal`, the first channels
        bounds[" + ".join(names)] = int(total.max()) + LARGEST_Y
    for name, bound in bounds.items():
        if bound >= ACCUMULATOR_LIMIT:
            raise PellucidError(f"sums of {name} may reach {bound}, not below 2^24")


@torch.no_grad()
def count_symbols(codec: Codec, tiles: Tensor, qualities: Iterable[int]) -> NDArray[np.int64]:
    """Histogram of symbols by table index over `tiles` (n, 3, 256, 256) uint8: (T, 513).

    Of z and of y, as the file would hold them without optimisation.
    """
    device = next(codec.parameters()).device
    width = 2 * EDGE + 1
    histogram = np.zeros(TABLES * width, np.int64)
    for quality in qualities:
        for batch in tiles.split(8):
            given = torch.full((len(batch),), float(quality), device=device)
            y = codec.encode(batch.to(device).float() / 255, given)
            z = round_through(codec.hyper_analysis(y))
            mean, y_index = codec.predict(y, z, given)
            z_index = round_index(codec.z_index(given)).expand_as(z)
            for symbol, index in ((z, z_index), (round_through(y - mean), y_index)):
                cell = index * width + symbol.clamp(-EDGE, EDGE) + EDGE
                cells = cell.long().flatten().cpu().numpy()
                histogram += np.bincount(cells, minlength=histogram.size)
    return histogram.reshape(TABLES, width)


def build_tables(histogram: NDArray[np.int64]) -> Arrays:
    """Counts of symbols -EDGE..EDGE (the ends: and beyond) by index -> tables that sum to 2^16."""
    scales = scale_of(torch.arange(TABLES, dtype=torch.float64)).numpy()
    reaches = np.clip(np.ceil(TAIL * scales + 1), 2, WIDEST).astype(np.uint8)
    counts = np.zeros((TABLES, 2 * int(reaches.max()) + 2), np.uint32)
    skip = 0
    for table, (scale, reach) in enumerate(zip(scales, reaches.tolist(), strict=True)):
        row = histogram[table] + histogram[table][::-1]
        inside = row[EDGE - reach : EDGE + reach + 1].astype(np.float64)
        seen = np.append(inside, row.sum() - inside.sum())
        mixed = seen + PRIOR_WEIGHT * logistic(scale, reach)
        scaled = np.floor(mixed / mixed.sum() * COUNT_TOTAL).astype(np.uint32)
        scaled[reach] += COUNT_TOTAL - scaled.sum()  # to symbol 0, which keeps symmetry
        counts[table, : len(scaled)] = scaled
        if table == skip and 1 - mixed[reach] / mixed.sum() < RARE:
            skip = table + 1
    return {"tables": counts, "reach": reaches, "skip": np.array(skip, np.uint8)}


def logistic(scale: float, reach: int) -> NDArray[np.float64]:
    """Probabilities of -reach..reach and of what lies beyond, (2 reach + 2,)."""
    edges = (np.arange(-reach, reach + 2) - 0.5) / scale
    inside = np.diff(1 / (1 + np.exp(-np.clip(edges, -60, 60))))
    return np.append(inside, max(1 - inside.sum(), 1e-9))
