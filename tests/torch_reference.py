"""The integer networks of a model in PyTorch, from `entropy.npz` alone: another way to the bits."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.runtime import CodecModel


class TorchNetworks:
    """`hyper_synthesis`, `diagonal` and `context_model` as `docs/format.md` section 5 words them.

    float32 shows that the sums are exact there; float64 has room for more.
    """

    def __init__(self, model: CodecModel, dtype: torch.dtype, *, channels_last: bool) -> None:
        self._arrays, self._dtype = np.load(model.folder / "entropy.npz"), dtype
        self._format = torch.channels_last if channels_last else torch.contiguous_format

    def _tensor(self, array: np.ndarray) -> Tensor:
        tensor = torch.from_numpy(np.asarray(array, np.float64)).to(self._dtype)
        return tensor.contiguous(memory_format=self._format) if tensor.ndim == 4 else tensor

    def _conv(self, layer: str, x: Tensor) -> Tensor:
        arrays = {part: self._arrays[f"{layer}.{part}"] for part in ("weight", "bias", "shift")}
        weight = self._tensor(arrays["weight"])
        groups = x.shape[1] // weight.shape[1]
        pad = weight.shape[2] // 2
        total = F.conv2d(x, weight, self._tensor(arrays["bias"]), padding=pad, groups=groups)
        return torch.floor(total / self._tensor(2.0 ** arrays["shift"])[:, None, None])

    def hyper_synthesis(self, *, z: np.ndarray) -> list[np.ndarray]:
        """z -> features, index head, mean."""
        x = self._conv("hyper.enter", self._tensor(z).clamp(-255, 255))
        x = self._conv("hyper.mix", F.pixel_shuffle(x.clamp(0, 255), 2))
        x = self._conv("hyper.leave", x.clamp(0, 255))
        features = F.pixel_shuffle(x.clamp(0, 255), 2)
        heads = [self._conv("hyper.index", features), self._conv("hyper.mean", features)]
        return [part.float().numpy() for part in (features, *heads)]

    def diagonal(self, corners: np.ndarray) -> np.ndarray:
        """Symbols at even rows and columns (C, h/2, w/2) -> values at odd ones: a whole plane."""
        channels, height, width = corners.shape
        plane = np.zeros((1, channels, 2 * height, 2 * width))
        plane[0, :, 0::2, 0::2] = corners
        values = self._conv("prior.diagonal", self._tensor(plane))
        return values[0, :, 1::2, 1::2].numpy().astype(np.int32)

    def context_model(self, *, seen: np.ndarray, features: np.ndarray) -> list[np.ndarray]:
        """What was decoded, less its first means, and features -> index head, mean correction."""
        given = self._tensor(seen)
        near = given[:, : int(self._arrays["context"])]
        near = torch.floor(near / 2).clamp(-248, 248)
        x = self._conv("prior.context", near)
        x = (x + self._conv("prior.features", self._tensor(features))).clamp(0, 255)
        x = self._conv("prior.mix", x).clamp(0, 255)
        mean = self._conv("prior.mean", x) + self._conv(
            "prior.predictor", given.clamp(-32767, 32767)
        )
        return [part.float().numpy() for part in (self._conv("prior.index", x), mean)]


def with_torch(
    model: CodecModel, dtype: torch.dtype = torch.float32, *, channels_last: bool = False
) -> CodecModel:
    """`model` with its integer networks run by PyTorch."""
    torch.set_num_threads(1)  # the planes are small
    networks: Any = TorchNetworks(model, dtype, channels_last=channels_last)
    clone = copy.copy(model)
    clone.__dict__["hyper_synthesis"] = networks.hyper_synthesis
    clone.__dict__["context_model"] = networks.context_model
    diagonal: Any = partial(networks.diagonal)
    diagonal.weight = model.diagonal.weight
    clone.diagonal = diagonal
    return clone
