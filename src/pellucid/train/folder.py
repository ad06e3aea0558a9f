"""What every export shares: facts for the model card, and a folder replaced only when whole."""

from __future__ import annotations

import json
import platform
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from pellucid.errors import OutputError
from pellucid.train.trainer import Trainer


def write_model(
    trainer: Trainer,
    folder: Path,
    kind: str,
    identity: bytes,
    files: Mapping[str, bytes],
    **facts: Any,
) -> str:
    """Write a model's files and `card.json`, and return its id; OutputError as `write_folder`.

    The card says where a model comes from, what it may be used for, and how well it did.

    Args:
        kind: `codec`, `denoiser`, `guide` or `analysis`.
        facts: of its kind, such as how far its network reaches, and figures on held-out tiles.
    """
    recipe, progress = trainer.recipe, trainer.progress
    card = {
        "name": recipe.name,
        "id": identity.hex(),
        "kind": kind,
        "licence": "Apache-2.0",
        "recipe": asdict(recipe),
        "parameters": sum(p.numel() for p in trainer.net.parameters()),
        "steps": progress.step,
        "minutes": round(progress.seconds / 60, 1),
        "megapixels": round((progress.pixels + progress.earlier) / 1e6),
        "device": trainer.device.type,
        "machine": f"{platform.machine()}, {torch.get_num_threads()} thread(s)",
        "torch": torch.__version__.split("+")[0],
        "seed": recipe.seed,
        "data": recipe.data,
        **facts,
    }
    text = json.dumps(card, indent=2) + "\n"
    write_folder(folder, {**files, "card.json": text.encode()})
    return identity.hex()


def check_place(folder: Path) -> None:
    """Raise OutputError if something that is no model would be lost where a model is to go."""
    lost = any(folder.iterdir()) if folder.is_dir() else folder.exists()
    if (lost and not (folder / "card.json").is_file()) or folder.resolve() == Path.cwd():
        raise OutputError(
            f"{folder} is no model, and the model would replace it; choose another -o"
        )


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` beside `folder`, then put them in its place.

    Raises OutputError: they can't be written; what was there stays.
    """
    folder = folder.resolve()
    mark = secrets.token_hex(4)  # so that nobody else's folder has the name
    part, old = (folder.with_name(f".{folder.name}-{mark}.{end}") for end in ("part", "old"))
    try:
        part.mkdir(parents=True)
        for name, data in files.items():
            (part / name).write_bytes(data)
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise OutputError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
