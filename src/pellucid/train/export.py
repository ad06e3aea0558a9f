"""From a trained codec to the folder the runtime loads: networks, integers, gains, model card.

    analysis.onnx hyper_analysis.onnx hyper_decoder.onnx spatial_prior.onnx synthesis.onnx
    entropy.npz   all that decides bits; its hash is the model's id
    gains.npz     factors by quality, and how far a window must overlap
    card.json     data, steps, minutes, machine, seed, scores, licence

Export proves that no integer sum reaches 2^24, for any input that a valid file can give.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pellucid.errors import PellucidError
from pellucid.nets.codec import Codec
from pellucid.nets.entropy_model import HYPER_LIMIT, MAX_SYMBOL
from pellucid.nets.integer import ACCUMULATOR_LIMIT, MAX_ACTIVATION, IntegerLayer
from pellucid.nets.quality import MAX_QUALITY, QualityTable
from pellucid.nets.rate import TABLES
from pellucid.runtime.identity import model_id
from pellucid.train.codec_trainer import CodecTrainer, validate
from pellucid.train.folder import model_card, write_model
from pellucid.train.networks import all_networks, integer_layers
from pellucid.train.tables import build_tables, count_symbols

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
COUNTING_STEP = 8


def export_codec(
    trainer: CodecTrainer, held_out: Tensor, folder: Path, report: Callable[[str], None]
) -> Path:
    """Write the averaged weights of `trainer` as a model; replaces `folder` only when done."""
    codec = cast(Codec, trainer.average.cpu().eval())
    arrays: dict[str, Any] = entropy_arrays(codec, held_out)
    gains: dict[str, Any] = gain_arrays(codec)
    scores = validate(codec, held_out, trainer.recipe)
    card = model_card(trainer, "codec", model_id(arrays), held_out=scores)
    files = all_networks(codec)
    files |= {"entropy.npz": archive(arrays), "gains.npz": archive(gains)}
    report(f"model {card['id']} in {folder}")
    return write_model(folder, files, card)


def archive(arrays: dict[str, Any]) -> bytes:
    """The bytes of an .npz."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def entropy_arrays(codec: Codec, held_out: Tensor) -> dict[str, NDArray[Any]]:
    """The arrays of `entropy.npz`, as `docs/format.md` section 5 lists them."""
    layers = integer_layers(codec)
    prove_bounds(layers)
    qualities = range(COUNTING_STEP // 2, MAX_QUALITY + 1, COUNTING_STEP)
    tables = build_tables(count_symbols(codec, held_out, qualities))
    z_index = by_quality(codec.z_index, round_to=np.int16)
    centres = codec.spatial_prior.centre_index().detach().flatten().cpu()
    arrays: dict[str, NDArray[Any]] = {
        "tables": tables.counts,
        "reach": tables.reach,
        "skip": np.array(tables.skip, np.uint8),
        "y_offset": by_quality(codec.y_offset, round_to=np.int16),
        "z_index": np.clip(z_index, 0, TABLES - 1).astype(np.uint8),
        "centre_offset": centres.numpy().astype(np.int16),
        "context": np.array(codec.shape.context, np.uint16),
    }
    for name, layer in layers.items():
        arrays |= {f"{name}.{part}": array for part, array in vars(layer).items()}
    return arrays


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
def by_quality(table: QualityTable, *, round_to: type | None = None) -> NDArray[Any]:
    """A table at qualities 0..100, (101, channels): float32, or rounded half up."""
    rows = table.cpu()(torch.arange(MAX_QUALITY + 1).float())[:, :, 0, 0]
    if round_to is None:
        return np.asarray(rows.numpy(), np.float32)
    return torch.floor(rows + 0.5).numpy().astype(round_to)


def gain_arrays(codec: Codec) -> dict[str, NDArray[Any]]:
    """The arrays of `gains.npz`: factors by quality and the overlap of windows in latents."""
    shape = codec.shape
    return {
        "gain": np.exp2(by_quality(codec.log_gain)),
        "inverse_gain": np.exp2(by_quality(codec.log_inverse_gain)),
        "analysis_scale": np.exp2(by_quality(codec.log_analysis_scale)),
        "synthesis_scale": np.exp2(by_quality(codec.log_synthesis_scale)),
        "analysis_halo": np.array((shape.analysis_blocks + 1) // 2, np.uint8),
        "halo": np.array((shape.synthesis_blocks + 1) // 2, np.uint8),
    }
