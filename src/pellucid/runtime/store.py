"""Finds models by name or id: those in the package, then those in `PELLUCID_MODELS`."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from pellucid.errors import OptionError, UnknownModelError
from pellucid.runtime.model import CodecModel, read_card

MODELS_VARIABLE = "PELLUCID_MODELS"
PACKAGED = Path(__file__).parent.parent / "models"


def model_folders() -> list[Path]:
    """Folders that hold a model, in order of search."""
    extra = os.environ.get(MODELS_VARIABLE, "")
    roots = [PACKAGED, *(Path(part) for part in extra.split(os.pathsep) if part)]
    return [card.parent for root in roots for card in sorted(root.glob("*/card.json"))]


def installed_models() -> dict[str, str]:
    """Name -> id (hex) of every model that can be used, the first of a name winning."""
    found: dict[str, str] = {}
    for folder in model_folders():
        card = read_card(folder)
        found.setdefault(card["name"], card["id"])
    return found


def load_model(name: str) -> CodecModel:
    """The model for encoding, by name or by a folder's path.

    Raises:
        OptionError: there is none of this name.
    """
    for folder in model_folders():
        if folder == Path(name) or read_card(folder)["name"] == name:
            return open_model(folder)
    if (Path(name) / "card.json").exists():
        return open_model(Path(name))
    known = ", ".join(sorted(installed_models())) or "none"
    raise OptionError(f"there is no model {name!r}; installed: {known}")


def find_model(identity: bytes) -> CodecModel:
    """The model that a file names, by its 16-byte id.

    Raises:
        UnknownModelError: it isn't installed.
    """
    for folder in model_folders():
        if read_card(folder)["id"] == identity.hex():
            return open_model(folder)
    raise UnknownModelError(
        f"this file needs the model {identity.hex()}, which is not installed; upgrade pellucid, or "
        f"set {MODELS_VARIABLE} to the folder that holds it"
    )


@lru_cache(maxsize=8)
def open_model(folder: Path) -> CodecModel:
    """A model, loaded once a process."""
    return CodecModel(folder)
