"""A server for the tests of this folder, a photograph, and its file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import pellucid
from browser import chromium
from paged import visited
from pellucid.serve import ServerLimits
from served import CHELSEA, Running, png, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """One for all tests that need no limits of their own."""
    with running(ServerLimits(request_bytes=2_000_000, pixels=1_000_000)) as found:
        yield found


@pytest.fixture(scope="session")
def page_server() -> Iterator[Running]:
    """One with the page, for pictures of up to a million pixels."""
    with running(ServerLimits(request_bytes=4_000_000, pixels=1_000_000), page=True) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium. It is gone after the module, as others run loops of their own."""
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser, page_server: Running) -> Iterator[Page]:
    """The page, in a context of its own."""
    with visited(browser, page_server.url) as found:
        yield found


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A photograph of 160 x 120 as a PNG."""
    return png(np.asarray(Image.open(CHELSEA).convert("RGB"))[60:180, 100:260])


@pytest.fixture(scope="session")
def pel(photo: bytes) -> bytes:
    """The same as a .pel file."""
    return pellucid.compress(photo, model="s")
