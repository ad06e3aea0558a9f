"""A codec model in memory: its networks, tables and gains."""

from __future__ import annotations

import json
import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import TableSet
from pellucid.errors import PellucidError
from pellucid.runtime.identity import model_id
from pellucid.runtime.session import Network, thread_count


class CodecModel:
    """The files of one model folder, each loaded when first used.

    Raises:
        PellucidError: a file is missing or broken, or the folder's id is not what its card says.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self.folder = folder
        self.threads = threads or thread_count()
        self.card: dict[str, Any] = json.loads((folder / "card.json").read_text("utf-8"))
        self._entropy = read_arrays(folder / "entropy.npz")
        self._gains = read_arrays(folder / "gains.npz")
        self.id = model_id(self._entropy)
        if self.id.hex() != self.card["id"]:
            raise PellucidError(f"the model in {folder} was altered: reinstall pellucid")
        self.name: str = self.card["name"]
        self.tables = TableSet(self._entropy["tables"], self._entropy["reach"])
        self.skip = int(self._entropy["skip"])
        self.y_offset = self._entropy["y_offset"].astype(np.float32)
        self.z_index: NDArray[np.uint8] = self._entropy["z_index"]
        self.symbol_costs = magnitude_costs(self._entropy["tables"], self._entropy["reach"])
        self.latents = self.y_offset.shape[1]
        self.hyper_latents = self.z_index.shape[1]
        self.halo = int(self._gains["halo"])
        self.analysis_halo = int(self._gains["analysis_halo"])

    def vector(self, name: str, quality: int) -> NDArray[np.float32]:
        """A row of `gains.npz` as (1, channels, 1, 1)."""
        row: NDArray[np.float32] = self._gains[name][quality]
        return row[None, :, None, None]

    def entropy_array(self, name: str) -> NDArray[Any]:
        """One array of `entropy.npz`."""
        return self._entropy[name]

    @cached_property
    def analysis(self) -> Network:
        """Samples as 8x8 blocks -> y."""
        return self._network("analysis")

    @cached_property
    def hyper_analysis(self) -> Network:
        """y in steps -> z."""
        return self._network("hyper_analysis")

    @cached_property
    def hyper_decoder(self) -> Network:
        """z -> features, index head, mean."""
        return self._network("hyper_decoder")

    @cached_property
    def spatial_prior(self) -> Network:
        """First-pass symbols and features -> index head, mean correction."""
        return self._network("spatial_prior")

    @cached_property
    def synthesis(self) -> Network:
        """y -> samples as 8x8 blocks."""
        return self._network("synthesis")

    def _network(self, name: str) -> Network:
        return Network(self.folder / f"{name}.onnx", self.threads)


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz, without pickles."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise PellucidError(f"the model file {path} can't be read: {error}") from error


def magnitude_costs(
    counts: NDArray[np.uint32], reach: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Bits of the magnitudes 0, 1, .. under each table, (T, largest reach + 2).

    Beyond a table's reach all cost what its escape costs.
    """
    bits = -np.log2(np.maximum(counts, 2**-8) / 2**16)
    costs = np.empty((len(reach), int(reach.max()) + 2), np.float32)
    for table, a in enumerate(reach.tolist()):
        costs[table, : a + 1] = bits[table, a : 2 * a + 1]
        costs[table, a + 1 :] = bits[table, 2 * a + 1] + 16
    return costs
