"""A person's browser, opened on a page of a server that is about to start."""

from __future__ import annotations

import threading
import webbrowser

OPEN_S = 1.0  # from the socket to the server behind it


def open_soon(url: str) -> None:
    """Open a page, once the server behind its socket is likely there."""
    timer = threading.Timer(OPEN_S, webbrowser.open, (url,))
    timer.daemon = True
    timer.start()
