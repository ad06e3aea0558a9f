"""Writes the graphs of shipped models anew, with the same weights, as an export writes them now.

    python -m tools.renew_graphs src/pellucid/models/denoise-s src/pellucid/models/m

Of a denoiser, and of a codec the networks that compute in floats. Results are the same up to the
rounding of floats, which is tested before anything is written. The id of a denoiser, and that of a
denoising analysis, is the hash of the graph, so cards and intervals get the new one; a codec's id
stays.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pellucid.errors import PellucidError
from pellucid.nets.denoising_analysis import DenoisingAnalysis
from pellucid.nets.transforms import GROUP
from pellucid.runtime import CodecModel, network_id
from pellucid.runtime.denoiser import joined
from pellucid.runtime.model import DENOISING
from pellucid.runtime.session import Network
from pellucid.runtime.store import DENOISER, model_kind
from pellucid.train.export_denoiser import FILE, denoiser_graph, import_denoiser
from pellucid.train.folder import write_folder
from pellucid.train.import_codec import import_codec, stored_in
from pellucid.train.networks import all_networks, denoising_analysis

INTERVALS, CARD = "intervals.npz", "card.json"
FLOATS = ("analysis", "hyper_analysis", "synthesis", "synthesis_gradient")
SIDE = 256  # of what is tried
CLOSE = 1e-5  # of the largest value
QUALITY = 60
Inputs = dict[str, NDArray[np.float32]]


def renew(folder: Path) -> str:
    """Write the networks of a folder anew; says how far from the old ones they are.

    Raises:
        PellucidError: they can't be read back, or the new graphs give something else.
    """
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    if model_kind(folder) == DENOISER:
        files[FILE] = denoiser_graph(import_denoiser(folder).requires_grad_(False))
        far = distance((folder / FILE).read_bytes(), files[FILE], denoiser_inputs())
        identify(files, CARD, files[FILE])
    else:
        far = renew_codec(folder, files)
    if far > CLOSE:
        raise PellucidError(f"the new graphs of {folder} give something else, {far:.2g} away")
    write_folder(folder, files)
    return f"{folder}: {far:.1e} of the largest value apart at most"


def identify(files: dict[str, bytes], card_name: str, graph: bytes) -> None:
    """Give the card, and the intervals beside it, the id of a graph."""
    card = json.loads(files[card_name]) | {"id": network_id(graph).hex()}
    files[card_name] = (json.dumps(card, indent=2) + "\n").encode()
    if INTERVALS in files and card_name == CARD:
        buffer = io.BytesIO()
        with np.load(io.BytesIO(files[INTERVALS])) as parts:
            np.savez_compressed(buffer, **dict(parts) | {"model": np.array(card["id"])})
        files[INTERVALS] = buffer.getvalue()


def renew_codec(folder: Path, files: dict[str, bytes]) -> float:
    """Put a codec's new networks into `files`; how far they are from the old ones."""
    before, (codec, recipe) = dict(files), import_codec(folder)
    made = all_networks(codec)
    files |= {f"{name}.onnx": made[f"{name}.onnx"] for name in FLOATS}
    if DENOISING in files:
        card = DENOISING.replace(".onnx", ".json")
        cleaning = json.loads(files[card])["recipe"]["cleaning"]
        net = DenoisingAnalysis(recipe.shape, cleaning).requires_grad_(False)
        net.load_state_dict(stored_in(folder / DENOISING, leave=GROUP))
        files[DENOISING] = denoising_analysis(net, Network(folder / DENOISING, 1).facts)
        identify(files, card, files[DENOISING])
    tried = codec_inputs(CodecModel(folder))
    return max(
        distance(before[name], files[name], inputs)
        for name, inputs in tried.items()
        if name in files
    )


def codec_inputs(model: CodecModel) -> dict[str, Inputs]:
    """What each network of a codec is tried with: a noisy ramp and what becomes of it."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(60, 190, SIDE // 8, dtype=np.float32)
    blocks = ramp + rng.normal(0, 12, (1, 192, SIDE // 8, SIDE // 8)).astype(np.float32)
    scales = [model.vector(f"{end}_scale", QUALITY) for end in ("analysis", "synthesis")]
    (y,) = model.analysis(blocks=blocks, scale=scales[0])
    steps = np.rint(y * model.vector("gain", QUALITY))
    decoded = {"y": steps * model.vector("inverse_gain", QUALITY), "scale": scales[1]}
    one = np.ones((1, 1, 1, 1), np.float32)
    maps = np.full((1, 2, *blocks.shape[2:]), 12, np.float32)
    analysed = {"blocks": blocks, "scale": scales[0]}
    return {
        "analysis.onnx": analysed,
        "hyper_analysis.onnx": {"y": steps},
        "synthesis.onnx": decoded,
        "synthesis_gradient.onnx": decoded | {"target": blocks, "weight": one, "grey": 0 * one},
        DENOISING: analysed | {"maps": maps},
    }


def denoiser_inputs() -> Inputs:
    """Samples of 0-1 and noise levels of up to 0.3 that a denoiser is tried with."""
    rng = np.random.default_rng(0)
    noisy, maps = (rng.random((1, count, SIDE, SIDE + 80), np.float32) for count in (3, 2))
    return {"noisy": noisy, "maps": np.float32(0.3) * maps}


def distance(one: bytes, other: bytes, inputs: Mapping[str, Any]) -> float:
    """How far apart two networks' results are at most, relative to the largest value."""
    before, after = (Network(data, threads=1)(**inputs) for data in (one, other))
    far = 0.0
    for old, new in zip(before, after, strict=True):
        new = joined(new) if new.ndim == 4 and new.shape != old.shape else new
        apart = np.abs(old.astype(np.float64) - new)
        if old.dtype == np.uint8:  # rounded: a level apart where it lay between two
            apart = np.maximum(apart - 1, 0)
        far = max(far, float(apart.max() / np.abs(old).max()))
    return far


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.renew_graphs", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args().folders:
        with torch.no_grad():
            print(renew(folder))


if __name__ == "__main__":
    main()
