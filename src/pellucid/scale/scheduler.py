"""A Dask scheduler and its workers may be of other machines: which pellucid they have, if any.

They are asked by a function of the standard library, as what is of pellucid can't be unpacked
where there is none. A scheduler needs it, too, since it unpacks each task.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pydoc import locate
from typing import TYPE_CHECKING

from distributed import CancelledError
from distributed.client import ClosedClientError

import pellucid
from pellucid.errors import PellucidError, refusing

if TYPE_CHECKING:
    from distributed import Client

VERSION = "pellucid.__version__"
GO_ON = "what was done is kept, and --resume goes on"


def check_scheduler(client: Client) -> None:
    """Raise PellucidError unless the scheduler has this version of pellucid."""
    with refusing("the scheduler can't load pellucid", PellucidError):
        found = client.run_on_scheduler(locate, VERSION)
    if found != pellucid.__version__:
        raise PellucidError(
            f"the scheduler has {f'pellucid {found}' if found else 'no pellucid'}, and here it is "
            f"{pellucid.__version__}: it needs the same, as tasks go through it"
        )


def versions_of_workers(client: Client) -> dict[str, str | None]:
    """Address of each worker -> its version of pellucid, None where there is none."""
    found: dict[str, str | None] = client.run(locate, VERSION, on_error="ignore")
    return found


@contextmanager
def reaching() -> Iterator[None]:
    """The scheduler is asked something in the block; PellucidError if it can't be reached."""
    try:
        yield
    except (OSError, CancelledError, ClosedClientError) as error:
        raise PellucidError(f"the connection to the scheduler is lost; {GO_ON}") from error
