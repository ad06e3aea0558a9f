"""A server for the tests of this folder, a photograph, and its file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.serve import ServerLimits
from served import CHELSEA, Running, png, running


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """One for all tests that need no limits of their own."""
    with running(ServerLimits(request_bytes=2_000_000, pixels=1_000_000)) as found:
        yield found


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A photograph of 160 x 120 as a PNG."""
    return png(np.asarray(Image.open(CHELSEA).convert("RGB"))[60:180, 100:260])


@pytest.fixture(scope="session")
def pel(photo: bytes) -> bytes:
    """The same as a .pel file."""
    return pellucid.compress(photo, model="s")
