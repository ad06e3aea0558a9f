"""Writes the graphs of denoisers anew, with the same weights, as an export writes them now.

    python -m tools.renew_graphs src/pellucid/models/denoise-s src/pellucid/models/denoise-m

A denoiser's id is the hash of its graph, so card and intervals get the new one: the results are the
same up to the rounding of floats, which is tested before anything is written.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
from pathlib import Path

import numpy as np

from pellucid.errors import PellucidError
from pellucid.runtime import DenoiserModel, network_id
from pellucid.train.export_denoiser import FILE, denoiser_graph, import_denoiser
from pellucid.train.folder import write_folder

INTERVALS = "intervals.npz"
SIDES = (264, 344)  # of the noise that is tried
CLOSE = 1e-5  # of the range of samples


def renew(folder: Path) -> str:
    """Write the denoiser of a folder anew; says what became of its id.

    Raises:
        PellucidError: it isn't one that can be read back, or the new graph gives something else.
    """
    old, files = DenoiserModel(folder), {p.name: p.read_bytes() for p in folder.iterdir()}
    files[FILE] = denoiser_graph(import_denoiser(folder).requires_grad_(False))
    card = dict(old.card) | {"id": network_id(files[FILE]).hex()}
    files["card.json"] = (json.dumps(card, indent=2) + "\n").encode()
    if INTERVALS in files:
        with np.load(io.BytesIO(files[INTERVALS])) as parts:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **dict(parts) | {"model": np.array(card["id"])})
        files[INTERVALS] = buffer.getvalue()
    with tempfile.TemporaryDirectory() as place:
        write_folder(Path(place) / folder.name, files)
        far = distance(old, DenoiserModel(Path(place) / folder.name))
    if far > CLOSE:
        raise PellucidError(f"the new graph of {folder} gives something else, {far:.2g} away")
    write_folder(folder, files)
    return f"{folder}: {card['id']} instead of {old.id.hex()}, {far:.1e} apart at most"


def distance(one: DenoiserModel, other: DenoiserModel) -> float:
    """How far apart what two denoisers take off is at most, for samples from 0 to 1."""
    rng = np.random.default_rng(0)
    noisy, maps = (rng.random((1, count, *SIDES), np.float32) for count in (3, 2))
    found = [model.noise(noisy=noisy, maps=0.3 * maps) for model in (one, other)]
    return float(np.abs(found[0] - found[1]).max())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.renew_graphs", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args().folders:
        print(renew(folder))


if __name__ == "__main__":
    main()
