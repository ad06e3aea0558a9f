"""A shipped codec as PyTorch modules again, to train what goes with it while it stays as it is.

The float networks have the names of their modules' parameters in the ONNX files, and come back as
they are there, in half precision. Integer layers come back as floats that lie on their grids, so
that they compute the same. Offsets of tables were rounded for each quality; between the anchors of
training they may be one off, which only an estimate of the rate sees.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from pellucid.errors import PellucidError, refusing
from pellucid.nets.codec import Codec, CodecShape
from pellucid.nets.integer import IntegerConv2d
from pellucid.nets.rate import ANCHORS, QualityTable
from pellucid.nets.transforms import GROUP, PIXEL_MEAN
from pellucid.runtime import CodecModel
from pellucid.train.graph import WHITE_LEVEL, shuffled_weight
from pellucid.train.networks import HYPER_FACTOR, integer_modules
from pellucid.train.recipe import CodecRecipe

FACTORS = ("gain", "inverse_gain", "analysis_scale", "synthesis_scale")


def import_codec(folder: Path) -> tuple[Codec, CodecRecipe]:
    """The codec in a model's folder, which takes no gradients, and its recipe.

    Raises PellucidError: the folder isn't a codec that this version wrote.
    """
    model = CodecModel(folder)
    with refusing(f"the codec in {folder} can't be trained with", PellucidError):
        known: dict[str, Any] = dict(model.card["recipe"])
        recipe = CodecRecipe(**known | {"shape": CodecShape(**known["shape"])})
        codec = Codec(recipe.shape)
        codec.analysis.load_state_dict(stored_in(folder / "analysis.onnx", leave=GROUP))
        codec.synthesis.load_state_dict(synthesis_weights(folder / "synthesis.onnx"))
        hyper = stored_in(folder / "hyper_analysis.onnx", down=HYPER_FACTOR, leave=HYPER_FACTOR)
        codec.hyper_analysis.load_state_dict(hyper)
        with np.load(folder / "entropy.npz") as entropy, np.load(folder / "gains.npz") as gains:
            take_integers(codec, entropy)
            for name in FACTORS:
                set_rows(getattr(codec, f"log_{name}"), np.log2(gains[name]))
            for name in ("y_offset", "z_index"):
                set_rows(getattr(codec, name), entropy[name])
    return codec.requires_grad_(False).eval(), recipe


def stored_in(path: Path, **unshuffled: int) -> dict[str, Tensor]:
    """The parameters of a float network; those `unshuffled` by a factor in PyTorch's order."""
    found = {
        item.name: torch.from_numpy(numpy_helper.to_array(item).astype(np.float32))
        for item in onnx.load(path).graph.initializer
        if item.name.endswith((".weight", ".bias"))
    }
    for name, factor in unshuffled.items():
        found[f"{name}.weight"] = shuffled_weight(found[f"{name}.weight"], factor)
    for name in [name for name in found if ".widen.gate." in name]:
        value = found.pop(name.replace("gate", "value"))
        found[name.replace("gate.", "")] = torch.cat([found.pop(name), value])
    return found


def synthesis_weights(path: Path) -> dict[str, Tensor]:
    """Those of the synthesis, whose last layer gives 0-1 in training and 0-255 in the file."""
    found = stored_in(path)
    found["leave.weight"] /= WHITE_LEVEL
    found["leave.bias"] = found["leave.bias"] / WHITE_LEVEL - PIXEL_MEAN
    return found


def take_integers(codec: Codec, entropy: Any) -> None:
    """Set the integer layers and what is added to the tables at B."""
    for name, layer in integer_modules(codec).items():
        weight, bias, shift = (entropy[f"{name}.{part}"] for part in ("weight", "bias", "shift"))
        set_integers(layer, weight, bias, shift.astype(np.float64))
    centre = torch.from_numpy(entropy["centre_offset"].astype(np.float32))
    codec.spatial_prior.centre_offset.data.copy_(centre / 10)


def set_integers(
    layer: IntegerConv2d,
    weight: NDArray[np.int8],
    bias: NDArray[np.int32],
    shift: NDArray[np.float64],
) -> None:
    """Floats that `IntegerConv2d` puts back on a grid where they are these integers."""
    t = shift + layer.out_bits - layer.in_bits
    half = np.where(shift > 0, np.exp2(shift - 1), 0)
    layer.reach.fill_(1)
    layer.weight.data.copy_(torch.from_numpy(weight * np.exp2(-t)[:, None, None, None]))
    layer.bias.data.copy_(torch.from_numpy((bias - half) * np.exp2(-t - layer.in_bits)))


def set_rows(table: QualityTable, rows: NDArray[Any]) -> None:
    """Set a table from its rows at qualities 0..100, (101, channels)."""
    step = (len(rows) - 1) // (ANCHORS - 1)
    table.set_start(torch.from_numpy(rows[::step].astype(np.float32)))
    table.learned.data.zero_()
