"""Puts trained models into the package, in the place of those of the same names.

    python -m tools.ship_models shipped/m shipped/m-eye shipped/s shipped/s-eye
    python -m tools.ship_models shipped/analysis-m shipped/analysis-m-eye

An analysis that leaves noise out goes into the folder of its codec, beside all that is there.

The id of a codec that is replaced goes into `retired.json`, with the commit that has it, so that
files made with it are refused with a message that says what reads them. That is for weights which
were never published: those of a release stay, and newer ones get other names.

Run it where HEAD is on the main branch. What is made of the weights is made anew after it:
recipes/README.md, "Shipping weights".
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pellucid
from pellucid.errors import PellucidError
from pellucid.runtime.model import DENOISING, read_card
from pellucid.runtime.store import ANALYSIS, CODEC, PACKAGED, RETIRED, model_kind
from pellucid.train.folder import check_place, write_folder


def ship(source: Path, models: Path) -> str:
    """Copy a model's folder to that of its name in `models`; says what became of the one there."""
    if model_kind(source) == ANALYSIS:
        return add_analysis(source, models)
    place, card = models / source.name, read_card(source)
    check_place(place)
    was = read_card(place) if place.exists() else card
    if was["id"] != card["id"] and model_kind(place) == CODEC:
        retire(was, place, models / RETIRED.name)
    write_folder(place, {path.name: path.read_bytes() for path in sorted(source.iterdir())})
    return f"{place}: {card['id']}" + (f" instead of {was['id']}" if was != card else "")


def add_analysis(source: Path, models: Path) -> str:
    """Put a denoising analysis, and what it was made of, into its codec's folder.

    Raises:
        PellucidError: the codec isn't there.
    """
    card = read_card(source)
    for place in sorted(path.parent for path in models.glob("*/card.json")):
        if read_card(place)["id"] == card["codec"]:
            files = {path.name: path.read_bytes() for path in sorted(place.iterdir())}
            files[DENOISING] = (source / DENOISING).read_bytes()
            files[Path(DENOISING).with_suffix(".json").name] = (source / "card.json").read_bytes()
            write_folder(place, files)
            return f"{place / DENOISING}: {card['id']}"
    raise PellucidError(f"{source} is of the codec {card['codec']}, which isn't in {models}")


def retire(card: Mapping[str, str], place: Path, listing: Path) -> None:
    """Note that the commit HEAD has the codec of `card` in the folder `place`.

    Raises:
        PellucidError: it hasn't, so that nobody could check it out from there.
    """
    commit = git("rev-parse", "HEAD", at=place)
    kept = json.loads(git("show", f"{commit}:./card.json", at=place))
    if kept["id"] != card["id"]:
        raise PellucidError(f"HEAD has {kept['id']} in {place}, not {card['id']}; commit first")
    known = json.loads(listing.read_text("utf-8"))
    known[card["id"]] = {
        "name": card["name"],
        "version": pellucid.__version__,
        "commit": commit,
    }
    listing.write_text(json.dumps(known, indent=2) + "\n", "utf-8")


def git(*words: str, at: Path) -> str:
    """What git says in a folder; PellucidError with its reason if it fails."""
    told = subprocess.run(["git", *words], cwd=at, capture_output=True, text=True, check=False)
    if told.returncode:
        raise PellucidError(f"git {' '.join(words)}: {told.stderr.strip()}")
    return told.stdout.strip()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.ship_models", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--models", type=Path, default=PACKAGED, help="default: the package's")
    options = parser.parse_args()
    for folder in options.folders:
        print(ship(folder, options.models))


if __name__ == "__main__":
    main()
