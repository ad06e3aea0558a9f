"""From a denoiser's folder back to a net that can be trained: the reverse of `export_denoiser`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from pellucid.errors import PellucidError
from pellucid.nets.denoiser import SAMPLES, STEM, Denoiser, DenoiserShape
from pellucid.runtime import DenoiserModel
from pellucid.train.export_denoiser import FILE


def import_denoiser(folder: Path) -> Denoiser:
    """The net of an installed or trained denoiser, with its weights.

    Raises:
        PellucidError: the folder isn't a denoiser that this version wrote.
    """
    model = DenoiserModel(folder)
    try:
        shape: dict[str, Any] = model.card["recipe"]["shape"]
        net = Denoiser(DenoiserShape(**{k: tuple_of(v) for k, v in shape.items()}))
        graph = onnx.load(folder / FILE).graph
        stored = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
        weights = {name: torch.from_numpy(stored[name].copy()).float() for name in net.state_dict()}
        weights["enter.weight"] = shuffled_inputs(weights["enter.weight"])
        net.load_state_dict(weights)
        net.offset.copy_(torch.from_numpy(stored["offset.weight"].copy()).float())
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise PellucidError(
            f"the denoiser in {folder} can't be trained further: {error}"
        ) from error
    return net


def tuple_of(value: Any) -> Any:
    """JSON's lists are the shape's tuples."""
    return tuple(value) if isinstance(value, list) else value


def shuffled_inputs(weight: Tensor) -> Tensor:
    """Undo `graph.unshuffled_weight` on the picture's inputs."""
    split = SAMPLES * STEM**2
    out, _, *kernel = weight.shape
    grid = weight[:, :split].reshape(out, STEM**2, SAMPLES, *kernel).transpose(1, 2)
    return torch.cat([grid.reshape(out, split, *kernel), weight[:, split:]], dim=1)
