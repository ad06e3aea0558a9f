"""A codec model in memory: its networks, tables and gains."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import TableSet
from pellucid.errors import PellucidError
from pellucid.runtime.device import CPU
from pellucid.runtime.engines import SIDE, Engine, network_on, picture
from pellucid.runtime.identity import model_id
from pellucid.runtime.kernel import DiagonalKernel
from pellucid.runtime.session import Network, is_alone, thread_count

DIAGONAL = ("prior.diagonal.weight", "prior.diagonal.bias", "prior.diagonal.shift")
ENTROPY_ARRAYS = ("tables", "reach", "skip", "y_offset", "centre_offset", "z_index", *DIAGONAL)
DENOISING = "denoising_analysis.onnx"
TRIED = 60  # quality at which engines are tried
EYE, PSNR = "eye", "psnr"  # what a codec may be tuned for, as its card says
GAIN_ARRAYS = (
    "gain",
    "inverse_gain",
    "analysis_scale",
    "synthesis_scale",
    "analysis_halo",
    "halo",
)


class CodecModel:
    """The files of one model folder, each loaded when first used, the synthesis on `device`.

    Raises:
        PellucidError: a file is missing or broken, or the folder's id is not what its card says.
    """

    def __init__(self, folder: Path, *, threads: int | None = None, device: str = CPU) -> None:
        self.folder, self.device = folder, device
        self.threads = threads or thread_count()
        self._networks: dict[tuple[str, int], Network] = {}
        self._loading = Lock()
        self.card = read_card(folder)
        self._entropy = read_arrays(folder / "entropy.npz", ENTROPY_ARRAYS)
        self._gains = read_arrays(folder / "gains.npz", GAIN_ARRAYS)
        self.id = model_id(self._entropy)
        if self.id.hex() != self.card["id"]:
            raise PellucidError(f"the model in {folder} was altered: reinstall pellucid")
        self.name: str = self.card["name"]
        self.tune = tune_of(self.card)
        self.tables = TableSet(self._entropy["tables"], self._entropy["reach"])
        self.skip = int(self._entropy["skip"])
        self.y_offset = self._entropy["y_offset"].astype(np.float32)
        self.centre_offset = self._entropy["centre_offset"].astype(np.float32)
        self.diagonal = DiagonalKernel(*(self._entropy[name] for name in DIAGONAL))
        self.z_index: NDArray[np.uint8] = self._entropy["z_index"]
        self.latents = self.y_offset.shape[1]
        self.hyper_latents = self.z_index.shape[1]
        self.halo = int(self._gains["halo"])
        self.analysis_halo = int(self._gains["analysis_halo"])

    def vector(self, name: str, quality: int) -> NDArray[np.float32]:
        """A row of `gains.npz` as (1, channels, 1, 1)."""
        row: NDArray[np.float32] = self._gains[name][quality]
        return row[None, :, None, None]

    @property
    def analysis(self) -> Network:
        """Samples as 8x8 blocks -> y. One thread: callers run several windows at once."""
        return self._network("analysis", 1)

    @property
    def can_denoise(self) -> bool:
        """Whether there is an analysis that leaves noise out."""
        return (self.folder / DENOISING).exists()

    @property
    def denoising_analysis(self) -> Network:
        """Noisy samples as 8x8 blocks, and noise level maps -> y of the clean.

        Raises PellucidError if the folder has none, or one of another codec.
        """
        network = self._network("denoising_analysis")
        if network.facts.get("codec") != self.id.hex():
            raise PellucidError(
                f"{self.folder / DENOISING} is of another codec than the folder's: compress with "
                "denoise off, or put the network trained for it there"
            )
        return network

    @cached_property
    def denoising_halo(self) -> int:
        """Latents around a window that change its y, as `analysis_halo`."""
        return int(self.denoising_analysis.facts["halo"])

    @property
    def hyper_analysis(self) -> Network:
        """y in steps -> z."""
        return self._network("hyper_analysis", 1)

    @property
    def hyper_synthesis(self) -> Network:
        """z -> features, index head, mean."""
        return self._network("hyper_decoder")

    @property
    def context_model(self) -> Network:
        """Decoded white squares and features -> index head, mean correction."""
        return self._network("spatial_prior")

    @cached_property
    def synthesis(self) -> Engine:
        """y -> `blocks`, 8-bit, and `samples`, unrounded. One thread, like `analysis`."""
        return network_on(self.device, self.folder / "synthesis.onnx", 1, self._levels)

    @property
    def synthesis_gradient(self) -> Network:
        """y -> `loss` and `gradient` of a distortion. One thread, like `analysis`.

        Raises PellucidError if the folder has no such network.
        """
        if not (self.folder / "synthesis_gradient.onnx").exists():
            raise PellucidError(
                f"the model in {self.folder} can't refine latents, as it was exported by an older "
                "pellucid: choose effort 0, or python -m pellucid.train.synthesis_gradient "
                f"{self.folder} adds what it takes"
            )
        return self._network("synthesis_gradient", 1)

    def check_refining(self) -> None:
        """Raise PellucidError if the folder lacks what refining latents takes."""
        _ = self.synthesis_gradient, self.trade_off(0)

    def trade_off(self, quality: int) -> float:
        """Lambda, in bits per squared error of a pixel (0-255), the mean over its colours.

        Of the recipe it was trained by: log-spaced from quality 0 to 100. Raises PellucidError if
        the card has none.
        """
        try:
            low, high = (float(self.card["recipe"][f"{end}_lambda"]) for end in ("low", "high"))
            return low * float((high / low) ** (quality / 100))
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise PellucidError(
                f"the card of the model in {self.folder} has no recipe with low_lambda and "
                "high_lambda, which refining latents takes: choose effort 0"
            ) from error

    def check_deep(self) -> None:
        """Raise PellucidError if the synthesis gives no more than 8 bits."""
        if "samples" not in self.synthesis.outputs:
            raise PellucidError(
                f"the model in {self.folder} gives 8 bits only, as it was exported by an older "
                f"pellucid: python -m pellucid.train.second_output {self.folder} adds the rest"
            )

    def _levels(self, synthesis: Engine) -> NDArray[np.uint8]:
        """What a synthesis makes of the picture that engines are tried with, coded."""
        grid = 255 * picture().reshape(3, -1, 8, SIDE // 8, 8)
        blocks = np.ascontiguousarray(grid.transpose(0, 2, 4, 1, 3)).reshape(1, 192, SIDE // 8, -1)
        vector = partial(self.vector, quality=TRIED)
        (y,) = self.analysis(blocks=blocks, scale=vector("analysis_scale"))
        y = np.rint(y * vector("gain")) * vector("inverse_gain")
        (found,) = synthesis("blocks", y=y, scale=vector("synthesis_scale"))
        return found

    def _network(self, name: str, threads: int | None = None) -> Network:
        """Loaded once; where others work beside it (`alone`) another one, of a single thread."""
        wanted = name, threads or (1 if is_alone() else self.threads)
        with self._loading:
            if wanted not in self._networks:
                self._networks[wanted] = Network(self.folder / f"{name}.onnx", wanted[1])
            return self._networks[wanted]


def read_card(folder: Path) -> Mapping[str, Any]:
    """A model's `card.json`, which has a name and an id (hex); read again if the file changes."""
    path = folder / "card.json"
    try:
        state = path.stat()
    except OSError as error:
        raise PellucidError(f"the model card {path} can't be read: {error!r}") from error
    return card_in(path, state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=64)
def card_in(path: Path, *_state: int) -> Mapping[str, Any]:
    """What the file says in this state."""
    try:
        card: dict[str, Any] = json.loads(path.read_text("utf-8"))
        missing = [name for name in ("name", "id") if not isinstance(card[name], str)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PellucidError(f"the model card {path} can't be read: {error!r}") from error
    if missing:
        raise PellucidError(f"the model card {path} has no text under {missing[0]!r}")
    return MappingProxyType(card)


def tune_of(card: Mapping[str, Any]) -> str:
    """What a codec is tuned for; cards that don't say are of those for PSNR."""
    return str(card.get("tune", PSNR))


def read_arrays(path: Path, required: Sequence[str]) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz, without pickles; those `required` must be among them."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise PellucidError(f"the model file {path} can't be read: {error}") from error
    if missing := [name for name in required if name not in arrays]:
        raise PellucidError(f"the model file {path} lacks {', '.join(missing)}")
    return arrays
