"""What the library remarks on pictures, as warnings of a kind of its own, for the program to tell.

All other warnings are meant for programmers; `__main__.py` silences them.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pellucid.errors import PictureWarning

_work = threading.local()  # `remarks`: on the file that this thread works on


@contextmanager
def remarks_kept() -> Iterator[None]:
    """While the block lasts remarks are kept for the files that they are made on."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def keep(*warning: Any, **place: Any) -> None:
            message, category, *_ = warning
            if issubclass(category, PictureWarning) and hasattr(_work, "remarks"):
                _work.remarks.append(str(message))
            else:
                show(*warning, **place)

        warnings.simplefilter("always", PictureWarning)
        warnings.showwarning = keep
        yield


@contextmanager
def remarks_of_file() -> Iterator[list[str]]:
    """A list that gets what is remarked by this thread while the block lasts."""
    _work.remarks = []
    try:
        yield _work.remarks
    finally:
        del _work.remarks
