"""Checkpoints: dicts that a trainer gives and takes, written whole or not at all, by one run.

A checkpoint (`Trainer.state`) holds everything (weights, average, optimisers, random state) and
continues a run as if it had never stopped. *Weights* (`Trainer.averaged`) hold the average alone in
half precision, small enough to keep in the repository; a new run can start from them, also with
more blocks than they have, because an untrained block does nothing.

A second run on a file would silently overwrite the first one's. The operating system holds the lock
against that and lets go of it when a process ends, however that ends, so a lock file that a killed
run left behind is no obstacle. It says which process holds it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from pellucid.errors import InputError, OutputError, PellucidError, first_line, refusing

# Parameters of blocks, which weights may lack; without its closing layer a block does nothing.
ADDED = re.compile(r"\.rest\.|^(before\.\d+|middle|after\.\d+)\.\d+\.(first|second)\.weight$")
CLOSING = "second.weight"
KEPT = {"shape", "net", "average", "optimisers", "noise", "progress"}  # in every checkpoint


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Put a new file in the place of an old one, which stays until the new one is whole.

    Raises:
        PellucidError: a weight of the average is no finite number.
        OutputError: the file can't be written.
    """
    if broken := [name for name, value in state["average"].items() if not value.isfinite().all()]:
        raise PellucidError(
            f"the training diverged, {broken[0]} is no longer finite; {path} is not written: go on "
            "from what is there with a smaller rate"
        )
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:  # PyTorch's own writer raises RuntimeError
        part.unlink(missing_ok=True)
        kept = ", which is as it was before" if path.exists() else ""
        raise OutputError(f"cannot write {path}{kept}: {error}") from error


def read_state(path: Path, device: torch.device) -> dict[str, Any]:
    """The contents of a checkpoint or of weights; InputError if it is damaged."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, UnpicklingError) as error:
        reason = first_line(error).split(".")[0]
        raise InputError(f"the checkpoint {path} can't be read: {reason}") from error
    if not isinstance(state, dict):
        raise InputError(f"{path} is no checkpoint, it holds a {type(state).__name__}")
    return state


def check_state(path: Path, state: dict[str, Any], *, shape: dict[str, Any], schedule: str) -> None:
    """Raise InputError unless `state` is a checkpoint of a net of `shape` and of this schedule."""
    if missing := sorted(KEPT - state.keys()):
        raise InputError(
            f"{path} is no checkpoint of this version, it lacks {', '.join(missing)}; start anew "
            "with --force"
        )
    if state["shape"] != shape:
        raise InputError(f"{path} holds a net of shape {state['shape']}, not the recipe's")
    if (kind := state.get("schedule", schedule)) != schedule:
        raise InputError(
            f"the run in {path} has the schedule {kind}, not {schedule}; go on with "
            f"--schedule {kind}, or start a new run from it with --start"
        )


def average_in(path: Path, state: dict[str, Any]) -> dict[str, Tensor]:
    """The averaged weights of a checkpoint or of weights, float32; InputError if there are none."""
    if "average" not in state:
        raise InputError(f"{path} holds no weights of this project")
    return {name: value.float() for name, value in state["average"].items()}


def take_weights(path: Path, net: nn.Module, weights: dict[str, Tensor]) -> None:
    """Load `weights`, which `path` holds, into `net`; blocks that they lack do nothing.

    Raises InputError: they are of a net with other widths, or with more blocks.
    """
    known = net.state_dict()
    missing = [name for name in known if name not in weights]
    foreign = [n for n, v in weights.items() if n not in known or v.shape != known[n].shape]
    foreign += [name for name in missing if not ADDED.search(name)]
    if foreign:
        raise InputError(
            f"{path} is of another net than the recipe's [shape] makes; it differs in {foreign[0]}"
        )
    idle = {name: torch.zeros_like(known[name]) for name in missing if name.endswith(CLOSING)}
    net.load_state_dict(weights | idle, strict=False)


@contextmanager
def only_run(output: Path) -> Iterator[None]:
    """Hold the file `output` for this process by a hidden file beside it; makes their folder.

    Raises OutputError: another process holds it, or the folder can't be written to.
    """
    path = output.with_name(f".{output.name}.lock")
    file = lock(path, output)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()  # not on Windows, where it is still open
        os.close(file)


def take(file: int) -> None:
    """Lock an open file, or raise OSError at once if another process has it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file, 1 << 20, os.SEEK_SET)  # far behind the text, which stays readable
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock(path: Path, output: Path) -> int:
    """Make and lock the file `path`; returns its descriptor, which must stay open."""
    while True:
        with refusing(f"cannot write to {path.parent}", OutputError):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            take(file)
        except OSError as error:
            holder = os.read(file, 20).decode(errors="replace") or "unknown"
            os.close(file)
            raise OutputError(
                f"another run, process {holder}, writes {output}; wait for its end, or choose "
                "another -o"
            ) from error
        if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
            os.ftruncate(file, 0)
            os.write(file, str(os.getpid()).encode())
            return file
        os.close(file)  # the run before has just ended and removed it
