"""Finds models by name or id: those in the package, then those in `PELLUCID_MODELS`.

A codec may come in two tunings, each a model of its own: `m` for PSNR and `m-eye` for the eye. Its
card says which it is, under `tune`.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path

from pellucid.errors import OptionError, UnknownModelError
from pellucid.runtime.denoiser import DenoiserModel
from pellucid.runtime.device import CPU
from pellucid.runtime.guide import GuideModel
from pellucid.runtime.model import CodecModel, read_card, tune_of
from pellucid.runtime.session import thread_count

MODELS_VARIABLE = "PELLUCID_MODELS"
PACKAGED = Path(__file__).parent.parent / "models"
RETIRED = PACKAGED / "retired.json"  # by tools/ship_models.py: id -> name, version, commit
CODEC, DENOISER, GUIDE, ANALYSIS = (
    "codec",
    "denoiser",
    "guide",
    "analysis",
)  # what a card says under `kind`; none is a codec
_by_path: dict[
    str, Path
] = {}  # id -> folder of codecs opened by path, so that what they coded opens


def model_folders(kind: str) -> list[Path]:
    """Folders that hold a model of one kind, in order of search."""
    extra = os.environ.get(MODELS_VARIABLE, "")
    roots = [PACKAGED, *(Path(part) for part in extra.split(os.pathsep) if part)]
    found = [card.parent for root in roots for card in sorted(root.glob("*/card.json"))]
    return [folder for folder in found if model_kind(folder) == kind]


def model_kind(folder: Path) -> str:
    """What the model in `folder` is for."""
    return str(read_card(folder).get("kind", CODEC))


def installed_models(kind: str = CODEC) -> dict[str, str]:
    """Name -> id (hex) of every model that can be used, the first of a name winning."""
    found: dict[str, str] = {}
    for folder in model_folders(kind):
        card = read_card(folder)
        found.setdefault(card["name"], card["id"])
    return found


def load_model(name: str) -> CodecModel:
    """The codec for encoding, by its own name or by a folder's path.

    One that was opened by its path is found by its id from then on, in this process.

    Raises:
        OptionError: there is none of this name.
    """
    return load_codec(locate(name, CODEC))


def load_codec(folder: Path) -> CodecModel:
    """The codec in a folder that `locate` or `locate_tuned` found."""
    identity = read_card(folder)["id"]
    if folder not in model_folders(CODEC):
        folder = _by_path[identity] = folder.resolve()
    return open_model(folder, identity, CPU, thread_count())


def load_denoiser(name: str, device: str = CPU, *, stream: bool = False) -> DenoiserModel:
    """A denoiser, by name or by a folder's path, on a device as `device_for` gives it; `stream` is
    `DenoiserModel`'s.

    Raises:
        OptionError: there is none of this name.
    """
    folder = locate(name, DENOISER)
    return open_denoiser(folder, read_card(folder)["id"], device, thread_count(), stream)


def load_guide(name: str = GUIDE) -> GuideModel:
    """The network that reads a guide, by name or by a folder's path.

    Raises:
        OptionError: there is none of this name.
    """
    folder = locate(name, GUIDE)
    return open_guide(folder, read_card(folder)["id"], thread_count())


def locate(name: str, kind: str) -> Path:
    """The folder of the model `name`, which may be that folder's path."""
    for folder in model_folders(kind):
        if folder == Path(name) or read_card(folder)["name"] == name:
            return folder
    path = Path(name)
    if (path / "card.json").exists():
        if model_kind(path) == kind:
            return path
        raise OptionError(f"the model in {name} is a {model_kind(path)}, not a {kind}")
    known = ", ".join(sorted(installed_models(kind))) or "none"
    noun = "model" if kind == CODEC else kind
    raise OptionError(f"there is no {noun} {name!r}; installed: {known}")


def locate_tuned(name: str, tune: str | None, likely: str) -> Path:
    """The folder of the codec `name`, which may be that folder's path, in the tuning `tune`.

    None is the tuning `likely`, or what there is. `m` tuned for the eye is also called `m-eye`.

    Raises:
        OptionError: there is none of this name, or not in this tuning.
    """
    found: dict[str, Path] = {}
    for folder in model_folders(CODEC):
        card = read_card(folder)
        if name in (card["name"], card["name"].removesuffix(f"-{tune_of(card)}")):
            found.setdefault(tune_of(card), folder)
    if not found:
        folder = locate(name, CODEC)
        found[tune_of(read_card(folder))] = folder
    if tune is None:
        return found.get(likely) or next(iter(found.values()))
    if tune in found:
        return found[tune]
    there = ", ".join(f"{known} ({folder})" for known, folder in found.items())
    raise OptionError(
        f"the model {name} isn't there in the tuning {tune}, but in {there}; leave tune (--tune) "
        f"out, or set {MODELS_VARIABLE} to the folder that holds one"
    )


def find_model(identity: bytes, device: str = CPU) -> CodecModel:
    """The model that a file names, by its 16-byte id, on a device as `device_for` gives it.

    Raises:
        UnknownModelError: it isn't installed.
    """
    if folder := find_folder(identity):
        return open_model(folder, identity.hex(), device, thread_count())
    if retired := json.loads(RETIRED.read_text("utf-8")).get(identity.hex()):
        raise UnknownModelError(
            f"this file was made by a pre-release of pellucid {retired['version']}, with weights "
            f"of {retired['name']} that were never published ({identity.hex()}); pellucid's "
            f"repository reads it at commit {retired['commit'][:12]}: git checkout that, pip "
            "install . and decompress it there, then compress the picture anew"
        )
    raise UnknownModelError(
        f"this file needs the model {identity.hex()}, which is not installed; upgrade pellucid, or "
        f"set {MODELS_VARIABLE} to the folder that holds it"
    )


def find_folder(identity: bytes) -> Path | None:
    """The folder of the codec of this id, if it is installed or was opened by its path."""
    opened = _by_path.get(identity.hex())
    known = [] if opened is None or not (opened / "card.json").exists() else [opened]
    folders = model_folders(CODEC) + known
    return next((each for each in folders if read_card(each)["id"] == identity.hex()), None)


@lru_cache(maxsize=16)
def open_model(folder: Path, identity: str, device: str, threads: int) -> CodecModel:  # noqa: ARG001 (in the key)
    """A codec, loaded once a process, id, device and number of threads."""
    return CodecModel(folder, threads=threads, device=device)


@lru_cache(maxsize=16)
def open_denoiser(
    folder: Path,
    identity: str,  # noqa: ARG001
    device: str,
    threads: int,
    stream: bool,
) -> DenoiserModel:
    """A denoiser, loaded once a process, id, device, number of threads and `stream`."""
    return DenoiserModel(folder, threads=threads, device=device, stream=stream)


@lru_cache(maxsize=16)
def open_guide(folder: Path, identity: str, threads: int) -> GuideModel:  # noqa: ARG001
    """A guide's network, loaded once a process, id and number of threads."""
    return GuideModel(folder, threads=threads)
