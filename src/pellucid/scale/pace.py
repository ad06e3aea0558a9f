"""How many pictures a task should have: about a second of work, and more where workers are many."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.scale.items import Row, State

AHEAD = 2  # groups for each worker: one that it does, and one that waits there
GROUP_S, LARGEST_S = 1.0, 10.0  # of work in a group
LONGEST_S = 20.0  # of a group, after which no further picture is begun
TASKS = 100  # a second, at which groups begin to grow: each takes a client a millisecond or two
MOST = 500  # pictures in a group


def group_size(seconds: float, workers: int) -> int:
    """Pictures in a group, if each takes so many seconds."""
    wanted = min(LARGEST_S, max(GROUP_S, workers / TASKS))
    return min(MOST, max(1, int(wanted / max(seconds, 1e-6))))


class Pace:
    """How many pictures a group should have, from how long those before took."""

    def __init__(self) -> None:
        self._mean: float | None = None

    def learn(self, rows: Sequence[Row]) -> None:
        """Weigh rows in, the last ones more; what was only passed over says nothing."""
        worked = [row.seconds for row in rows if row.state in (State.DONE, State.KEPT)]
        if worked:
            mean = sum(worked) / len(worked)
            self._mean = mean if self._mean is None else 0.7 * self._mean + 0.3 * mean

    def number(self, waiting: int | None, workers: int) -> int:
        """Of pictures in the next group; `waiting` is how many there are, if that is known.

        The last groups get smaller, so that no worker is left with a large one.
        """
        if self._mean is None:
            return 1
        number = group_size(self._mean, workers)
        if waiting is not None:
            number = min(number, max(1, waiting // (2 * AHEAD * max(1, workers))))
        return number
