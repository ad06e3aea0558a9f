"""A denoiser in memory: one network and how far its windows must overlap."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import PellucidError
from pellucid.runtime.device import CPU
from pellucid.runtime.engines import NOISE, Engine, network_on, picture
from pellucid.runtime.identity import network_id
from pellucid.runtime.model import read_card
from pellucid.runtime.session import thread_count

FILE = "denoiser.onnx"
SIDE = 2  # of the samples whose noise the network gives as the channels of one place


class DenoiserModel:
    """The files of one denoiser's folder; the network is loaded when first used.

    It runs on `device`, as `device_for` gives it, or in ONNX Runtime where that isn't as good.

    Attributes:
        multiple: sides of what the network takes are multiples of this.
        reach: samples around one that can change its result, at most.

    Raises:
        PellucidError: a file is missing or broken, or isn't what its card says.
    """

    def __init__(self, folder: Path, *, threads: int | None = None, device: str = CPU) -> None:
        self.folder, self.device = folder, device
        self.threads = threads or thread_count()
        self.card = read_card(folder)
        self.name: str = self.card["name"]
        try:
            self.multiple, self.reach = int(self.card["multiple"]), int(self.card["reach"])
            data = (folder / FILE).read_bytes()
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise PellucidError(f"the denoiser in {folder} can't be read: {error!r}") from error
        self.id = network_id(data)
        if self.id.hex() != self.card["id"]:
            raise PellucidError(f"the model in {folder} was altered: reinstall pellucid")

    def noise(self, noisy: NDArray[np.float32], maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """noisy (1, 3, H, W), maps (1, 2, H, W) -> the noise to take off (1, 3, H, W)."""
        (noise,) = self._network(noisy=noisy, maps=maps)
        return joined(noise) if noise.shape != noisy.shape else noise  # version 0.1 joined its own

    @property
    def engine(self) -> str:
        """What computes, and in which numbers, such as "openvino bfloat16"."""
        return self._network.engine

    @cached_property
    def _network(self) -> Engine:
        return network_on(self.device, self.folder / FILE, self.threads, levels)


def levels(network: Engine) -> NDArray[np.float32]:
    """What a denoiser makes of the picture that engines are tried with."""
    noisy = picture()
    maps = np.zeros((1, 2, *noisy.shape[2:]), np.float32)
    maps[:, 0] = NOISE
    (noise,) = network(noisy=noisy, maps=maps)
    noise = joined(noise) if noise.shape != noisy.shape else noise
    return np.asarray(np.clip(np.rint(255 * (noisy - noise)), 0, 255), np.float32)


def joined(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network gives, (1, h, w, 12), as samples (1, 3, 2h, 2w); their channels lie last.

    The 12 are the rows of 2 x 2 samples of three channels each.
    """
    _, height, width, channels = places.shape
    rows = places.reshape(height, width, SIDE, channels // SIDE).transpose(0, 2, 1, 3)
    samples = rows.reshape(1, SIDE * height, SIDE * width, channels // SIDE**2)
    return samples.transpose(0, 3, 1, 2)


def parted(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse of `joined`."""
    _, channels, height, width = samples.shape
    rows = samples.transpose(0, 2, 3, 1).reshape(height // SIDE, SIDE, width // SIDE, -1)
    return rows.transpose(0, 2, 1, 3).reshape(1, *rows.shape[::2], SIDE**2 * channels)
