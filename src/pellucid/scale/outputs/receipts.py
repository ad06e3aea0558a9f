"""What is about to be published: written before, so that whatever is cut off is known afterwards.

A receipt is a small JSON file below the target, one a group of pictures. It is removed once the
client has kept its rows. One that is left says of each output whether it is there (by its SHA-256),
still staged, or lost.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from typing import Any

from pellucid.errors import OutputError, PellucidError
from pellucid.scale.items import Made, Row, State
from pellucid.scale.outputs.target import RECEIPTS, STAGED, Staged, StrangeError, Target
from pellucid.scale.storage import sha256_of


class Receipts:
    """Those of a run, below its target."""

    def __init__(self, target: Target, run: str) -> None:
        self._target, self._run = target, run

    def write(self, outputs: Sequence[tuple[Row, Staged]]) -> str:
        """A receipt for outputs that are staged; returns its name."""
        place = f"{RECEIPTS}/{self._run}-{token_hex(8)}.json"
        told = [{"row": asdict(row), "staged": one.path.name} for row, one in outputs]
        self._target.write(place, json.dumps(told, default=str).encode(), new=True)
        return place

    def left(self) -> list[str]:
        """Names of the receipts of this run that are still there."""
        return [
            name
            for name in self._target.own(RECEIPTS)
            if name.startswith(f"{RECEIPTS}/{self._run}-") and name.endswith(".json")
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

    def number(self, name: str) -> int:
        """Of outputs that a receipt speaks of."""
        return len(self._read(name))

    def _publish(self, row: Row, name: str) -> None:
        """Publish what is staged under a name on this machine, if it's whole."""
        target = self._target
        if not target.local or not name or Path(name).name != name:
            return
        staged = Staged(row.place, Path(target.key(STAGED), name))
        with suppress(PellucidError, FileExistsError, ValueError):  # a name with NUL
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

    def _read(self, name: str) -> list[tuple[Row, str]]:
        """Rows and staged names; nothing of a receipt that is gone, or isn't one of a batch.

        Raises OutputError if it can't be read.
        """
        try:
            data = self._target.read(name) or b"[]"
        except StrangeError:
            return []
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError, OutputError):
            told = json.loads(data)
            found = [(row_of(one["row"]), str(one["staged"])) for one in told]
            for row, _ in found:
                self._target.output_key(row.place)
            return found
        return []


def row_of(kept: dict[str, Any]) -> Row:
    """The row of an output from its JSON; raises ValueError, TypeError or KeyError if it's none."""
    made = Made(**kept["made"] | {"remarks": tuple(kept["made"]["remarks"])})
    row = Row(**kept | {"state": State(kept["state"]), "made": made})
    fine: list[bool] = [
        row.state == State.DONE,
        bool(row.written_sha256),
        all(isinstance(one, str) for one in (row.url, row.place, row.sha256, row.written_sha256)),
        all(isinstance(one, int) for one in (row.size, row.written, made.damaged)),
        isinstance(row.seconds, int | float),
        isinstance(made.fields, dict),
        all(isinstance(one, str) for one in made.remarks),
    ]
    if not all(fine):
        raise ValueError(f"no row of an output: {kept}")
    return row
