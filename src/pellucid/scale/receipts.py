"""What is about to be published: written before, so that whatever is cut off is known afterwards.

A receipt is a small JSON file below the target, one a group of pictures. It is removed once the
client has kept its rows. One that is left says of each output whether it is there (by its SHA-256),
still staged, or lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from typing import Any

from pellucid.errors import OutputError, PellucidError
from pellucid.scale.items import Made, Row, State
from pellucid.scale.storage import sha256_of
from pellucid.scale.target import OWN, STAGED, Staged, Target

FOLDER = f"{OWN}/receipts"


class Receipts:
    """Those of a run, below its target."""

    def __init__(self, target: Target, run: str) -> None:
        self._target, self._run = target, run

    def write(self, outputs: Sequence[tuple[Row, Staged]]) -> str:
        """A receipt for outputs that are staged; returns its name."""
        place = f"{FOLDER}/{self._run}-{token_hex(8)}.json"
        told = [{"row": asdict(row), "staged": one.path.name} for row, one in outputs]
        self._target.write(place, json.dumps(told, default=str).encode(), new=True)
        return place

    def left(self) -> list[str]:
        """Names of the receipts of this run that are still there."""
        return [
            name
            for name in self._target.own(FOLDER)
            if name.startswith(f"{FOLDER}/{self._run}-") and name.endswith(".json")
        ]

    def settle(self, name: str) -> list[Row]:
        """The rows of outputs that are there, once those that are still staged are published too.

        Those that are lost are left out: they are done again.
        """
        found = []
        for row, staged in self._read(name):
            if self._target.sha256(row.place) != row.written_sha256:
                self._publish(row, staged)
                if self._target.sha256(row.place) != row.written_sha256:
                    continue
            found.append(row)
        return found

    def _publish(self, row: Row, name: str) -> None:
        """Publish what is staged under a name on this machine, if it's whole."""
        target = self._target
        if not target.local or not name or Path(name).name != name:
            return
        staged = Staged(row.place, Path(target.key(STAGED), name))
        with suppress(PellucidError, FileExistsError):
            if sha256_of(staged.path)[1] == row.written_sha256:
                target.publish(staged, force=False)

    def ours(self, place: str) -> Row | None:
        """The row of what is there, if a receipt says that this run has made it."""
        there = ""
        for name in self.left():
            for row, _ in self._read(name):
                if row.place == place:
                    there = there or self._target.sha256(place)
                    if row.written_sha256 == there:
                        return row
        return None

    def drop(self, names: Sequence[str]) -> None:
        """Remove receipts, whose rows are kept."""
        self._target.remove(list(names))

    def _read(self, name: str) -> Iterator[tuple[Row, str]]:
        """Rows and staged names; nothing of a receipt that is gone or isn't one."""
        with suppress(ValueError, TypeError, KeyError, AttributeError, OutputError):
            told = json.loads(self._target.read(name) or b"[]")
            found = [(row_of(one["row"]), str(one["staged"])) for one in told]
            yield from found


def row_of(kept: dict[str, Any]) -> Row:
    """A row from its JSON."""
    made = kept.pop("made")
    made["remarks"] = tuple(made["remarks"])
    return Row(**kept | {"state": State(kept["state"]), "made": Made(**made)})
