"""The network that reads a guide, in memory."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import PellucidError
from pellucid.runtime.identity import network_id
from pellucid.runtime.model import read_card
from pellucid.runtime.session import Network, thread_count

FILE = "guide.onnx"


class GuideModel:
    """The files of a guide's network; it is loaded when first used.

    Attributes:
        reach: samples around one that can change its result, at most.

    Raises:
        PellucidError: a file is missing or broken, or isn't what its card says.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self.folder = folder
        self.threads = threads or thread_count()
        self.card = read_card(folder)
        try:
            self.reach = int(self.card["reach"])
            data = (folder / FILE).read_bytes()
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise PellucidError(f"the guide model in {folder} can't be read: {error!r}") from error
        if network_id(data).hex() != self.card["id"]:
            raise PellucidError(f"the model in {folder} was altered: reinstall pellucid")

    def correction(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, 8, H, W) -> (1, 1, H, W) what to put back, in units of the noise."""
        (found,) = self._network(planes=planes)
        return found

    @cached_property
    def _network(self) -> Network:
        return Network(self.folder / FILE, self.threads)
