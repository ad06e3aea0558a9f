"""What the library remarks on pictures, as warnings of a kind of its own, for the program to tell.

All other warnings are meant for programmers; `__main__.py` silences them.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pellucid.errors import PellucidWarning

_work = threading.local()  # `remarks`: on the file that this thread works on


@contextmanager
def remarks_told(say: Callable[[str], None]) -> Iterator[None]:
    """While the block lasts remarks are kept for the file that they are made on, or else said."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def tell(*warning: Any, **place: Any) -> None:
            message, category, *_ = warning
            if not issubclass(category, PellucidWarning):
                show(*warning, **place)
            elif hasattr(_work, "remarks"):
                _work.remarks.append(str(message))
            else:
                say(str(message))

        warnings.simplefilter("always", PellucidWarning)
        warnings.showwarning = tell
        yield


@contextmanager
def remarks_of_file() -> Iterator[list[str]]:
    """A list that gets what is remarked by this thread while the block lasts."""
    _work.remarks = []
    try:
        yield _work.remarks
    finally:
        del _work.remarks
