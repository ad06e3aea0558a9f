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
FEW = 16  # one sample in so many, down and across, tells the mean of all


class DenoiserModel:
    """The files of one denoiser's folder; the network is loaded when first used.

    It runs on `device`, as `device_for` gives it, or in ONNX Runtime where that isn't as good.

    Args:
        stream: it will see frames of one size, while the next one is prepared on other threads.

    Attributes:
        multiple: sides of what the network takes are multiples of this.
        reach: samples around one that can change its result, at most.

    Raises:
        PellucidError: a file is missing or broken, or isn't what its card says.
    """

    def __init__(
        self,
        folder: Path,
        *,
        threads: int | None = None,
        device: str = CPU,
        stream: bool = False,
    ) -> None:
        self.folder, self.device, self._stream = folder, device, stream
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
        """The noise to take off.

        Args:
            noisy: (1, 3, H, W), planar or packed.
            maps: (1, 2, H, W), or at half size (1, 2, H / 2, W / 2).

        Returns (1, 3, H, W), as a view of packed samples.
        """
        return noise_by(self._network, noisy, maps)

    @property
    def engine(self) -> str:
        """What computes, and in which numbers, such as "openvino bfloat16"."""
        return self._network.engine

    @cached_property
    def _network(self) -> Engine:
        return network_on(
            self.device, self.folder / FILE, self.threads, levels, stream=self._stream
        )


def levels(network: Engine) -> NDArray[np.float32]:
    """What a denoiser makes of the picture that engines are tried with."""
    noisy = picture()
    maps = np.zeros((1, 2, *noisy.shape[2:]), np.float32)
    maps[:, 0] = NOISE
    noise = noise_by(network, noisy, maps)
    return np.asarray(np.clip(np.rint(255 * (noisy - noise)), 0, 255), np.float32)


def noise_by(
    network: Engine, noisy: NDArray[np.float32], maps: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What `DenoiserModel.noise` gives, by a network on any engine.

    It takes the local mean off first, so the mean of all may be off before; short numbers are finer
    near 0.
    """
    if network.packed:
        height, width = noisy.shape[2:]
        rows = np.ascontiguousarray(noisy.transpose(0, 2, 3, 1)).reshape(1, height, -1)
        mean = np.tile(some(noisy).mean(axis=(2, 3)), width)[:, None]
        (noise,) = network(noisy=rows, mean=mean, maps=at_half(maps, noisy))
        return noise.reshape(1, height, width, -1).transpose(0, 3, 1, 2)
    noisy, maps = np.ascontiguousarray(noisy), at_full(maps, noisy)
    if network.short:
        noisy = noisy - some(noisy).mean(axis=(2, 3), keepdims=True)
    (noise,) = network(noisy=noisy, maps=maps)
    return joined(noise) if noise.shape != noisy.shape else noise  # version 0.1 joined its own


def some(noisy: NDArray[np.float32]) -> NDArray[np.float32]:
    """As many samples as the mean of all takes."""
    return noisy[..., ::FEW, ::FEW]


def at_half(maps: NDArray[np.float32], noisy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of 2 x 2, if they are at each sample."""
    if maps.shape[2:] != noisy.shape[2:]:
        return maps
    rows = maps[:, :, ::SIDE] + maps[:, :, 1::SIDE]
    return np.asarray((rows[..., ::SIDE] + rows[..., 1::SIDE]) * np.float32(SIDE**-2))


def at_full(maps: NDArray[np.float32], noisy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Maps at each sample, if they are at half size."""
    if maps.shape[2:] == noisy.shape[2:]:
        return maps
    return maps.repeat(SIDE, axis=3).repeat(SIDE, axis=2)


def joined(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network gives, (1, h, w, 12), as samples (1, 3, 2h, 2w); their channels lie last.

    The 12 are the rows of 2 x 2 samples of three channels each.
    """
    _, height, width, channels = places.shape
    row = np.dtype((np.void, places.itemsize * channels // SIDE))  # moved as one, which is faster
    rows = places.reshape(height, width, SIDE, -1).view(row)[..., 0].transpose(0, 2, 1)
    samples = np.ascontiguousarray(rows).view(places.dtype)
    return samples.reshape(1, SIDE * height, SIDE * width, -1).transpose(0, 3, 1, 2)


def parted(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse of `joined`."""
    _, channels, height, width = samples.shape
    rows = samples.transpose(0, 2, 3, 1).reshape(height // SIDE, SIDE, width // SIDE, -1)
    return rows.transpose(0, 2, 1, 3).reshape(1, *rows.shape[::2], SIDE**2 * channels)
